"""`buildwatch wait`: waits for the end of a build and tells it by the exit status."""

from __future__ import annotations

import argparse
import asyncio
from contextlib import aclosing
from typing import Final

from buildwatch.cli.errors import UserError
from buildwatch.cli.meant import build_of, find
from buildwatch.cli.output import output, say
from buildwatch.cli.servers import TIMED_OUT, Server, connected
from buildwatch.cli.watching import following
from buildwatch.config import Settings
from buildwatch.model import Build, Status
from buildwatch.text import clean
from buildwatch.words import duration

STATUSES: Final = {
    Status.SUCCESS: 0,
    Status.FAILURE: 1,
    Status.ERROR: 1,
    Status.KILLED: 3,
    Status.SKIPPED: 3,
    Status.DECLINED: 3,
}
"""How a build ended → exit status."""


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Wait; the exit status of `STATUSES`, 4 when it took too long, 5 when the server cannot be asked."""
    return asyncio.run(_run(args, settings))


async def _run(args: argparse.Namespace, settings: Settings) -> int:
    known: Build | None = None
    try:
        async with asyncio.timeout(args.timeout), connected(settings) as servers:
            meant = await find(servers, args.repo)
            known = await build_of(meant, "wait")
            build = known if known.status.ended else await _end(meant.server, known)
    except TimeoutError:
        what = (
            f"{known.address} has not ended"
            if known
            else f"nothing was heard of {clean(args.repo or 'the build of what is checked out')}"
        )
        raise UserError(f"{what} within {args.timeout:g} s", TIMED_OUT) from None
    lasted = f" after {duration(build.finished - build.started)}" if build.started and build.finished else ""
    say(f"{build.address}  {output(settings).status(build.status)}{lasted}")
    return STATUSES[build.status]


async def _end(server: Server, build: Build) -> Build:
    """The build once it has ended."""
    async with aclosing(following(server, build)) as coming:
        async for known, _ in coming:
            if known.status.ended:
                return known
    raise AssertionError("it is followed for ever")
