"""`buildwatch logs`: what the steps of a build printed, or are printing."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from contextlib import aclosing, suppress

from buildwatch.cli.address import Address
from buildwatch.cli.meant import build_of, find
from buildwatch.cli.output import output
from buildwatch.cli.places import Place, Places, no_place, places, status
from buildwatch.cli.servers import Server, ask, connected
from buildwatch.cli.tail import Tail
from buildwatch.cli.watching import following
from buildwatch.config import Settings
from buildwatch.model import Build, Status
from buildwatch.sources.base import Source
from buildwatch.sources.errors import Denied
from buildwatch.sources.follow import LogState, follow, stored
from buildwatch.sources.stored import whole_log
from buildwatch.wire.ansi import plain, safe_sgr
from buildwatch.wire.loglines import LogAssembler

QUIET = 0.5
"""Seconds without anything new after which what a running step printed has come. Runners send once a second."""

LONGEST = 5.0
"""Seconds after which it is enough, whatever still comes."""

FRESH = 15.0
"""Seconds after the end of a step in which its log may still come: it was killed, or the agent holds it back."""

Show = Callable[[str], str]


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print the logs; 0."""
    return asyncio.run(_run(args, settings))


async def _run(args: argparse.Namespace, settings: Settings) -> int:
    show = safe_sgr if output(settings).colour else plain
    async with connected(settings) as servers:
        meant = await find(servers, args.repo)
        server, address = meant.server, meant.address
        build = await build_of(meant, "wait" if args.follow else "branch")
        if args.follow and not build.status.ended:
            await _follow(server, build, address, show)
        else:
            await _print(server, build, address, show)
    return 0


async def _print(server: Server, build: Build, address: Address, show: Show) -> None:
    """What there is now, step by step."""
    chosen = places(build, address)
    if not chosen.steps:
        raise no_place(build, address)
    for place in chosen.steps:
        await _print_one(server, build, place, chosen, show)


async def _print_one(server: Server, build: Build, place: Place, chosen: Places, show: Show) -> None:
    if _has_begun(place.step.status):
        tail = Tail(_label(build, place, chosen), show)
        if not place.step.status.ended:
            tail.take(await _so_far(server.source, build, place))
        elif _may_come(server, place, state := await _stored(server.source, build, place)):
            tail.take(await stored(server.source, build.repo, build.number, *place.key))
        else:
            tail.take(state)


async def _stored(source: Source, build: Build, place: Place) -> LogState:
    """The log of a step that has ended, or why there is none (yet)."""

    async def read() -> LogState:
        try:
            return LogState(await whole_log(source, build.repo, build.number, *place.key), 0, live=False)
        except Denied as error:
            if error.status not in (404, 409):
                raise
            said = str(error) if error.status == 409 else "the server keeps no log of this step"
            return LogState([], 0, live=False, said=said)

    return await ask(read)


def _may_come(server: Server, place: Place, state: LogState) -> bool:
    """Whether a log that is not there is worth another look in a moment."""
    return bool(state.said) and server.now() - place.step.stopped < FRESH


async def _so_far(source: Source, build: Build, place: Place) -> LogState:
    """What a running step has printed: its live log until that falls silent."""
    log = LogAssembler()

    async def read() -> None:
        async with source.follow(build.repo, build.number, *place.key) as batches, asyncio.timeout(QUIET) as limit:
            now = asyncio.get_running_loop().time
            end = now() + LONGEST
            async for pieces in batches:
                log.feed(pieces)
                limit.reschedule(min(end, now() + QUIET))

    with suppress(TimeoutError):
        await ask(read)
    return LogState(log.lines, 0, live=False)


async def _follow(server: Server, build: Build, address: Address, show: Show) -> None:
    """The steps that were meant, side by side, until they and all that may come beside them have ended."""
    try:
        async with asyncio.TaskGroup() as tails, aclosing(following(server, build)) as coming:
            followed = _Followed(server, build, address, show, tails)
            await followed.begin()
            async for known, _ in coming:
                if followed.take(known):
                    break
    except BaseExceptionGroup as group:  # the first says it all: the reader has gone, or the server
        raise group.exceptions[0] from None


class _Followed:
    """A build, and the logs of it that are being followed."""

    def __init__(self, server: Server, build: Build, address: Address, show: Show, tails: asyncio.TaskGroup) -> None:
        self._server = server
        self._build = build
        self._address = address
        self._show = show
        self._tails = tails
        self._begun: set[tuple[int, int]] = set()

    async def begin(self) -> None:
        """What has ended already, in its order, but for logs that are still to come."""
        chosen = places(self._build, self._address)
        for place in chosen.steps:
            if place.step.status.ended and _has_begun(place.step.status):
                label = _label(self._build, place, chosen)
                state = await _stored(self._server.source, self._build, place)
                self._begun.add(place.key)
                if _may_come(self._server, place, state):
                    self._tails.create_task(self._tail(place, label))
                else:
                    Tail(label, self._show).take(state)

    def take(self, build: Build) -> bool:
        """Follow the steps that have begun meanwhile. Whether all that were meant have ended."""
        if build.stages is not None or build.status.ended:
            self._build = build
        chosen = places(self._build, self._address)
        for place in chosen.steps:
            if place.key not in self._begun and _has_begun(place.step.status):
                self._begun.add(place.key)
                self._tails.create_task(self._tail(place, _label(self._build, place, chosen)))
        if chosen.complete and not chosen.steps:
            raise no_place(self._build, self._address)
        return chosen.complete and all(status(self._build, place.key).ended for place in chosen.steps)

    async def _tail(self, place: Place, label: str) -> None:
        build, tail = self._build, Tail(label, self._show)
        source = self._server.source
        log = follow(source, build.repo, build.number, *place.key, status=lambda: status(self._build, place.key))
        async with aclosing(log) as states:
            async for state in states:
                tail.take(state)


def _has_begun(known: Status) -> bool:
    return known.rank > 0 and known != Status.SKIPPED


def _label(build: Build, place: Place, chosen: Places) -> str:
    """What stands before each line where more than one step is printed."""
    if chosen.single:
        return ""
    stage = f"{place.stage.name}/" if len(build.stages or ()) > 1 else ""
    return f"{stage}{place.step.name} | "
