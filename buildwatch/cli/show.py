"""`buildwatch show`: one build with its stages and steps."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Iterator

from buildwatch.cli.facts import whole
from buildwatch.cli.meant import build_of, find
from buildwatch.cli.output import Output, output, say
from buildwatch.cli.servers import Server, connected
from buildwatch.config import Settings
from buildwatch.insight.waterfall import is_stuck
from buildwatch.model import Build, Stage, Step
from buildwatch.words import ago, duration


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print the build; 0."""
    return asyncio.run(_run(args, settings))


async def _run(args: argparse.Namespace, settings: Settings) -> int:
    async with connected(settings) as servers:
        meant = await find(servers, args.repo)
        server, build = meant.server, await build_of(meant, "branch")
    if args.json:
        say(json.dumps({"server": build.server, "repo": build.repo, "build": whole(build)}, indent=2))
    else:
        say(*_as_text(build, server, output(settings)))
    return 0


def _as_text(build: Build, server: Server, out: Output) -> Iterator[str]:
    now = server.now()
    lasted = f" after {_lasted(build.started, build.finished, now)}" if build.started else ""
    yield f"{build.address}  {out.status(build.status)}{lasted}"
    for name, value in _facts(build, now):
        if value:
            yield f"  {out.dim(f'{name:<8}')} {value}"
    yield f"  {out.dim('page    ')} {server.source.page_of(build)}"
    message = (build.message or build.title).splitlines()
    if message:
        yield ""
        yield from (f"  {line}" for line in message)
    if build.stages:
        yield ""
        yield from out.table([row for stage in build.stages for row in _rows(stage, out, now)], right=[2])


def _facts(build: Build, now: float) -> Iterator[tuple[str, str]]:
    """Names and values, the empty ones among them."""
    author = f"{build.author_name} ({build.author})" if build.author_name and build.author else build.author
    yield "server", build.server
    yield "error", build.error
    yield "stuck", "the server made nothing of it that could run, so it will never begin" * is_stuck(build, now)
    yield "event", " ".join(filter(None, (build.event, build.action, build.cron)))
    yield "branch", f"{build.source} to {build.branch}" if build.source not in ("", build.branch) else build.branch
    yield "commit", build.commit
    yield "author", author or build.author_name
    yield "target", build.deploy_to
    yield "parent", f"#{build.parent}" if build.parent else ""
    yield "params", " ".join(f"{key}={value}" for key, value in build.params)
    yield "created", ago(now - build.created) if build.created else ""


def _rows(stage: Stage, out: Output, now: float) -> Iterator[list[str]]:
    lasted = _lasted(stage.started, stage.stopped, now)
    yield [f"  {stage.number}  {stage.name}", out.status(stage.status), lasted, stage.error]
    for step in stage.steps:
        lasted = _lasted(step.started, step.stopped, now)
        yield [f"    {stage.number}/{step.number}  {step.name}", out.status(step.status), lasted, _remark(step)]


def _remark(step: Step) -> str:
    code = f"exit {step.exit_code}" if step.exit_code else ""
    return ", ".join(filter(None, (code, step.error, "ignored" if step.ignored and step.status.failed else "")))


def _lasted(started: int, ended: int, now: float) -> str:
    return duration((ended or now) - started) if started else ""
