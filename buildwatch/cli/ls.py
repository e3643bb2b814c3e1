"""`buildwatch ls`: every repo and its newest build."""

from __future__ import annotations

import argparse
import asyncio
import json

from buildwatch.cli.errors import UserError
from buildwatch.cli.facts import line
from buildwatch.cli.output import Output, note, output, say
from buildwatch.cli.servers import CANNOT_ASK, Listed, Server, ask, connected
from buildwatch.cli.together import together
from buildwatch.config import Settings
from buildwatch.merge import settled
from buildwatch.model import Build, Repo, Status
from buildwatch.sources.base import may_be_killed
from buildwatch.sources.errors import SourceError
from buildwatch.sources.reads import AT_ONCE
from buildwatch.words import age, duration

Rows = list[tuple[Server, Repo, Build | None]]


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print the list; 5 when a server could not be asked, after the list of the others, which do not wait for it."""
    return asyncio.run(_run(args, settings))


async def _run(args: argparse.Namespace, settings: Settings) -> int:
    found: dict[int, Rows] = {}
    status = printed = 0
    async with connected(settings) as servers:
        async for answers in together(servers, _listed):
            missing = [answer for answer in answers.values() if isinstance(answer, UserError)]
            found |= {
                at: [(servers[at], repo, build) for repo, build in _shown(answer)]
                for at, answer in answers.items()
                if not isinstance(answer, UserError)
            }
            rows = [row for at in sorted(answers.keys() & found.keys()) for row in found[at]]
            if rows and not args.json:
                say(*_as_text(rows, output(settings), with_server=len(servers) > 1))
            printed += len(rows)
            for error in missing:
                note(str(error))
                status = CANNOT_ASK
    if args.json:
        say(json.dumps([_as_json(repo, build) for at in sorted(found) for _, repo, build in found[at]], indent=2))
    elif not printed and not status:
        note("no repos: the token's owner has none, or the server has not synchronised them yet")
    return status


async def _listed(server: Server) -> Listed:
    """The server's list, and what only the stages of a build tell: whether it waits for a person, or was stopped."""
    rows = await ask(server.source.repos)
    few = asyncio.Semaphore(AT_ONCE)

    async def whole(build: Build | None) -> Build | None:
        if build is None or not (build.status == Status.PENDING or may_be_killed(server.source, build)):
            return build
        async with few:
            try:
                return settled(await server.source.build(build.repo, build.number))
            except SourceError:
                return build  # the list has the truth but for that

    builds = await asyncio.gather(*(whole(build) for _, build in rows))
    return [(repo, build) for (repo, _), build in zip(rows, builds, strict=True)]


def _shown(listed: Listed) -> Listed:
    """A repo that is switched off and was never built is only noise."""
    return [(repo, build) for repo, build in listed if repo.active or build is not None]


def _as_json(repo: Repo, build: Build | None) -> dict[str, object]:
    return {"server": repo.server, "repo": repo.slug, "build": line(build) if build else None}


def _as_text(rows: Rows, out: Output, with_server: bool) -> list[str]:
    return out.table(
        [
            [*([repo.server] if with_server else []), *_cells(repo, build, out, server.now())]
            for server, repo, build in rows
        ],
        right=[column + with_server for column in (2, 3)],
    )


def _cells(repo: Repo, build: Build | None, out: Output, now: float) -> list[str]:
    """What, how it went, how long it took, how old it is, and what it was about."""
    if build is None:
        return [repo.slug, out.dim("never built"), "", "", "", "", "", ""]
    lasted = duration((build.finished or now) - build.started) if build.started else ""
    message = (build.title or build.message).partition("\n")[0]
    about = ": ".join(filter(None, (build.author or build.author_name, message)))
    times = [out.dim(lasted), out.dim(age(now - build.created))]
    return [build.address, out.status(build.status), *times, build.event, build.branch, build.commit[:8], about]
