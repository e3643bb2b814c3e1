"""`buildwatch watch`: every change as a line, as it comes."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from contextlib import aclosing
from typing import Final

from buildwatch.cli import moves
from buildwatch.cli.address import Address, parse
from buildwatch.cli.output import note, output, say
from buildwatch.cli.servers import Server, connected, find_build, find_repo, means, no_repo
from buildwatch.cli.watching import Watching, following
from buildwatch.config import Settings
from buildwatch.model import Build
from buildwatch.store import Move

LAST_WORDS: Final = 2.0
"""Seconds that the stages of a build that has ended may take to end too."""

Printer = Callable[[Move], None]


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print changes until interrupted, or until the one build that was asked for has ended."""
    return asyncio.run(_run(args, settings))


async def _run(args: argparse.Namespace, settings: Settings) -> int:
    address = parse(args.repo, [server.url for server in settings.servers]) if args.repo else None
    async with connected(settings) as servers:
        if address is None or (address.number is None and not address.latest):
            chosen = [server for server in servers if address is None or address.server in (None, server.source.url)]
            await _watch_all(chosen, address, _printer(chosen, settings, as_json=args.json))
        else:
            server, slug = await find_repo(servers, address)
            build = await find_build(server, slug, address)
            await _watch_one(server, build, _printer([server], settings, as_json=args.json))
    return 0


async def _watch_all(servers: list[Server], address: Address | None, tell: Printer) -> None:
    """Tell of every build, or of those of one repo, for ever."""
    watched = Watching(servers)
    checked = address is None
    async with aclosing(watched.changes()) as coming:
        async for changes in coming:
            if address is not None and not checked and watched.listed:
                checked = True
                slugs = [repo.slug for repo in watched.store.repos]
                if not any(means(address, slug) for slug in slugs):
                    raise no_repo(address, slugs)
            for move in changes.moves:
                if address is None or means(address, move.build.repo):
                    tell(move)


async def _watch_one(server: Server, build: Build, tell: Printer) -> None:
    """Tell of one build until it has ended."""
    if build.status.ended:
        note(f"{build.address} has already ended ({build.status})")
        return
    try:
        async with asyncio.timeout(None) as limit, aclosing(following(server, build)) as coming:
            async for known, moved in coming:
                for move in moved:
                    tell(move)
                if known.status.ended and all(stage.status.ended for stage in known.stages or ()):
                    return
                if known.status.ended and limit.when() is None:
                    limit.reschedule(asyncio.get_running_loop().time() + LAST_WORDS)
    except TimeoutError:
        return


def _printer(servers: list[Server], settings: Settings, *, as_json: bool) -> Printer:
    clocks = {server.source.name: server for server in servers}
    out = output(settings)

    def tell(move: Move) -> None:
        now = clocks[move.build.server].now()
        say(moves.as_json(move, now) if as_json else moves.as_text(move, now, out, with_server=len(servers) > 1))

    return tell
