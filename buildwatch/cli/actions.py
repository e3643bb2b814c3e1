"""`buildwatch restart`, `cancel`, `approve`, `decline`, `promote` and `rollback`: what a person has done to a build."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from typing import Final

from buildwatch.cli.errors import UserError
from buildwatch.cli.facts import line
from buildwatch.cli.meant import build_of, find
from buildwatch.cli.output import say
from buildwatch.cli.servers import CANNOT_ASK, connected
from buildwatch.config import Settings
from buildwatch.model import Build
from buildwatch.sources.actions import Action, read_params, unknown_to
from buildwatch.sources.errors import SourceError
from buildwatch.text import clean

_DONE: Final = {"cancel": "is stopped", "approve": "may run", "decline": "is refused"}


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Ask, do it, and tell what came of it; 0."""
    if settings.read_only:
        raise UserError(f"{args.command} is not allowed: read_only is set ({settings.origins['read_only']})")
    return asyncio.run(_run(args, settings))


async def _run(args: argparse.Namespace, settings: Settings) -> int:
    params = given_params(args.param)
    async with connected(settings) as servers:
        meant = await find(servers, args.repo)
        server, address = meant.server, meant.address
        if not (meant.clone or args.command == "restart" or address.latest) and address.number is None:
            raise UserError(f"{args.command} needs a build; expected {address.repo}#12 or {address.repo}@latest")
        build = await build_of(meant, "refuse")
        action = Action(args.command, build, clean(args.target, 200), params)
        if args.command not in server.source.actions:
            raise UserError(unknown_to(server.source, args.command), CANNOT_ASK)
        if action.impossible:
            raise UserError(action.impossible, 1)
        if not args.yes:
            ask_person(action.says(server.source.kind), action.call(server.source.kind))
        try:
            new = await action.run(server.source)
        except SourceError as error:  # not tried again: it may have been done
            raise UserError(str(error), CANNOT_ASK) from None
    say(_as_json(action, new) if args.json else _as_text(action, new))
    return 0


def given_params(words: list[str]) -> dict[str, str]:
    """What was given as `-p KEY=VALUE`. Raises `UserError`."""
    try:
        return read_params(words)
    except ValueError as error:
        raise UserError(clean(str(error), 200)) from None


def ask_person(says: str, call: str) -> None:
    """Have the person at the terminal agree to what will be done, by which call. Raises `UserError` unless they do.

    Where there is no terminal, `--yes` has to say it.
    """
    if sys.stdin is None or not sys.stdin.isatty():
        raise UserError(f"this would {clean(says)}; add --yes to do it without being asked")
    sys.stderr.write(f"{clean(says)}\n  {clean(call)}\ngo on? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise UserError("nothing was done", 1)


def told(new: Build | None) -> str:
    """What came of an action that starts a build."""
    return f"{new.address} is {new.status}" if new else "the server started no build: no pipeline matches"


def _as_text(action: Action, new: Build | None) -> str:
    if action.name in _DONE:
        return f"{action.build.address} {_DONE[action.name]}"
    return told(new)


def _as_json(action: Action, new: Build | None) -> str:
    return json.dumps(
        {
            "action": action.name,
            "server": action.build.server,
            "repo": action.build.repo,
            "build": action.build.number,
            "new": line(new) if new else None,
        }
    )
