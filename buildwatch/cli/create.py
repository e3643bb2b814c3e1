"""`buildwatch create`: a new build of a branch, without a push."""

from __future__ import annotations

import argparse
import asyncio
import json

from buildwatch.cli.actions import ask_person, given_params, told
from buildwatch.cli.errors import UserError
from buildwatch.cli.facts import line
from buildwatch.cli.meant import find
from buildwatch.cli.output import say
from buildwatch.cli.servers import CANNOT_ASK, ask, connected
from buildwatch.config import Settings
from buildwatch.model import Build
from buildwatch.sources.actions import NewBuild, unknown_to
from buildwatch.sources.errors import SourceError
from buildwatch.text import clean


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Ask, do it, and tell which build it is; 0."""
    if settings.read_only:
        raise UserError(f"create is not allowed: read_only is set ({settings.origins['read_only']})")
    return asyncio.run(_run(args, settings))


async def _run(args: argparse.Namespace, settings: Settings) -> int:
    params = given_params(args.param)
    async with connected(settings) as servers:
        meant = await find(servers, args.repo)
        address, slug, source = meant.address, meant.slug, meant.server.source
        if address.number is not None or address.latest or address.stage is not None:
            raise UserError(f"create makes a new build; expected {slug} alone, or `buildwatch restart {address}`")
        branch = clean(args.branch, 200) or (meant.clone.branch if meant.clone else "")
        commit = clean(args.commit, 200)
        await ask(source.version)  # which actions there are is known once it is known what answers there
        if "create" not in source.actions:
            raise UserError(unknown_to(source, "create"), CANNOT_ASK)
        wanted = NewBuild(source.name, slug, branch, commit, params)
        if not args.yes:
            ask_person(wanted.says(source.kind), wanted.call(source.kind))
        try:
            new = await wanted.run(source)
        except SourceError as error:  # not tried again: it may have been done
            raise UserError(str(error), CANNOT_ASK) from None
    say(_as_json(source.name, slug, new) if args.json else told(new))
    return 0


def _as_json(server: str, slug: str, new: Build | None) -> str:
    return json.dumps(
        {"action": "create", "server": server, "repo": slug, "build": None, "new": line(new) if new else None}
    )
