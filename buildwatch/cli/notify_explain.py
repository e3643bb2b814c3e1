"""`buildwatch notify --explain REPO#N`: which rules match a build, and why the others do not."""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Iterator

from buildwatch.cli import notify_facts
from buildwatch.cli.mrkdwn_view import preview
from buildwatch.cli.output import Output, output, say
from buildwatch.config import Settings
from buildwatch.model import Status
from buildwatch.notify.load import load_notify
from buildwatch.notify.occasions import Occasion
from buildwatch.notify.rulebook import Rulebook
from buildwatch.notify.rules import Verdict


def run_explain(args: argparse.Namespace, settings: Settings) -> int:
    """Explain `args.explain` (REPO#N); 0 when at least one rule tells of it, else 1. With `args.json` as JSON."""
    notify = load_notify(settings)
    found = asyncio.run(notify_facts.read(settings, args.explain, notify.stuck_after))
    notify_facts.only_end(found, args.explain)
    rulebook, out, told = Rulebook(notify), output(settings), False
    for occasion in found:
        verdicts = rulebook.verdicts(occasion, time.time())
        told |= any(verdict.tells for verdict in verdicts)
        if args.json:
            say(json.dumps(_as_json(occasion, verdicts)))
            continue
        say(
            *_facts(occasion, out),
            *(line for verdict in verdicts for line in _verdict(verdict, rulebook, occasion, out)),
        )
    return 0 if told else 1


def _facts(occasion: Occasion, out: Output) -> Iterator[str]:
    build, standing = occasion.build, occasion.standing
    yield f"{build.address}  {out.status(build.status)}"
    yield f"  {out.dim('it is   ')} {', '.join(sorted(occasion.kinds))}"
    for name, value in (
        ("server", build.server),
        ("branch", build.branch),
        ("event", build.event),
        ("author", " ".join(filter(None, (build.author, f"({build.author_name})" if build.author_name else "")))),
        ("target", build.deploy_to),
    ):
        if value:
            yield f"  {out.dim(f'{name:<8}')} {value}"
    if standing.previous is not None:
        yield f"  {out.dim('previous')} #{standing.previous.number} {standing.previous.status}"
    if standing.judged is not None and standing.judged != standing.previous:
        yield f"  {out.dim('before  ')} #{standing.judged.number} {standing.judged.status}"


def _as_json(occasion: Occasion, verdicts: list[Verdict]) -> dict[str, object]:
    build, previous = occasion.build, occasion.standing.previous
    return {
        "server": build.server,
        "repo": build.repo,
        "number": build.number,
        "status": build.status,
        "is": sorted(occasion.kinds),
        "previous": {"number": previous.number, "status": previous.status} if previous else None,
        "rules": [
            {
                "rule": verdict.rule.name,
                "tells": verdict.tells,
                "destination": verdict.rule.destination,
                "matched": sorted(verdict.matched),
                "why_not": verdict.why_not or verdict.held,
            }
            for verdict in verdicts
        ],
    }


def _verdict(verdict: Verdict, rulebook: Rulebook, occasion: Occasion, out: Output) -> Iterator[str]:
    rule = verdict.rule
    if not verdict.matched:
        yield f"{out.dim(out.glyphs.status['skipped'])} {rule.name}: {verdict.why_not}"
        return
    why = " and ".join(sorted(verdict.matched))
    if verdict.held:
        sign = out.painted(out.glyphs.status["blocked"], Status.BLOCKED)
        yield f"{sign} {rule.name} matches ({why}), but {verdict.held}"
        return
    sign = out.painted(out.glyphs.status["success"], Status.SUCCESS)
    yield f"{sign} {rule.name} tells {rule.destination} ({why})"
    for message in rulebook.tell(occasion, time.time()):
        if message.rule == rule.name:
            yield from (f"    {line}" for line in preview(_text(message.body), colour=out.colour))


def _text(body: object) -> str:
    """The texts of a message, one below the other."""
    if not isinstance(body, dict):
        return ""
    attached = body.get("attachments")
    parts = [body, *(attached if isinstance(attached, list) else [])]
    return "\n".join(str(part["text"]) for part in parts if part.get("text"))
