"""From what is accounted for to messages in the queue: asks the server for what the rules want to know, and tells.

Occasions are taken in the order in which they were noted; those of a server whose watcher still catches up wait until
it has, and are then told in the order in which they ended.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from buildwatch.model import Build, BuildKey, LogLine
from buildwatch.notify.context import failed_step, with_links
from buildwatch.notify.excerpts import plain_log
from buildwatch.notify.histories import Histories
from buildwatch.notify.message import End, Message
from buildwatch.notify.occasions import Occasion, build_of, occasion, overdue, retold
from buildwatch.notify.outbox import Noted, Outbox
from buildwatch.notify.past import Past
from buildwatch.notify.rulebook import Rulebook
from buildwatch.notify.settings import Kind
from buildwatch.sources.base import Source
from buildwatch.sources.errors import SourceError
from buildwatch.sources.stored import whole_log

ASK_LIMIT: Final = 10.0
"""Seconds that the details of a build may take to come; then it is told without them."""

CATCH_UP: Final = 60.0
"""Seconds after its start for which what a server tells is held, so that it can be put in order."""

RECENT: Final = 200
LINES: Final = 100
"""How many of the builds told last are kept whole, each with so many of its log's last lines."""

TOGETHER: Final = 8
"""Builds of which details are read at once."""


@dataclass(slots=True)
class Place:
    """A server: what it can be asked, its time, and whether all is known that happened while nobody watched."""

    source: Source
    server_now: Callable[[], float]
    caught_up: Callable[[], bool]
    since: float


class Teller:
    """Makes messages of occasions. `wake` is called for each destination that something was put into the queue for."""

    def __init__(
        self,
        outbox: Outbox,
        rulebook: Rulebook,
        places: Mapping[str, Place],
        wake: Callable[[str], None],
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._outbox = outbox
        self._rulebook = rulebook
        self._places = places
        self._wake = wake
        self._now = now
        self._news = asyncio.Event()
        self._histories = Histories(outbox)
        self._recent: dict[tuple[BuildKey, int], tuple[Build, tuple[str, ...]]] = {}
        self._overdue: set[tuple[BuildKey, int, Kind]] = set()
        self._untold = {one.id: (one.build.key, one.build.run) for one in outbox.occasions(limit=-1)}

    def told(self, noted: list[Noted]) -> None:
        """Something new is in the outbox."""
        self._untold |= {one.id: (one.build.key, one.build.run) for one in noted}
        self.counts["noted"] += len(noted)
        self.counts["ended"] += sum(one.after.ended for one in noted)
        self._news.set()

    async def run(self) -> None:
        """Tell until cancelled. What is cancelled in the middle is told by whoever comes next."""
        while True:
            self._news.clear()
            if not await self.once():
                try:
                    async with asyncio.timeout(0.5 if self._holding() else None):
                        await self._news.wait()
                except TimeoutError:
                    continue

    async def once(self) -> int:
        """Tell of what is noted and not held; how many that are."""
        noted = [one for one in self._outbox.occasions(limit=500) if not self._held(one)]
        if any(self._place(one) is not None and not self._watched_long(one) for one in noted):
            noted.sort(
                key=lambda one: (one.build.finished or one.build.started or one.build.created, one.build.id, one.id)
            )
        for begin in range(0, len(noted), TOGETHER):
            batch = noted[begin : begin + TOGETHER]
            await asyncio.gather(*(self._read_past(one.build) for one in batch))
            asked = [self._occasion(one) for one in batch]
            ready = await asyncio.gather(*(self._with_details(one) for one in asked if one is not None))
            details = iter(ready)
            for one, had in zip(batch, asked, strict=True):
                self._put(one, next(details) if had is not None else None)
        return len(noted)

    def time_passes(self, builds: list[Build]) -> None:
        """Tell of builds that take too long; each once."""
        stuck_after = self._rulebook.settings.stuck_after
        for build in builds:
            place = self._places.get(build.server)
            if place is None or not place.caught_up() or not self._rulebook.wants_time(build):
                continue
            past = self._past(build)
            for late in overdue(build, past, place.server_now(), self._now(), stuck_after):
                mark = (build.key, build.run, min(late.kinds))
                if mark not in self._overdue:
                    self._overdue.add(mark)
                    given = with_links(late, place.source.page_of)
                    self._queue(0, self._rulebook.tell(given, self._now()))
        running = {build.key for build in builds}
        self._overdue = {mark for mark in self._overdue if mark[0] in running}

    def _put(self, noted: Noted, given: Occasion | None) -> None:
        messages: list[Message] = []
        now = self._now()
        self._untold.pop(noted.id, None)
        if given is not None:
            if given.ended:
                self._remember(given)
            messages = self._rulebook.tell(given, now)
            for other in retold(given, now, self._found):
                messages += self._rulebook.tell(self._again(other), now)
        self._queue(noted.id, messages)

    def _queue(self, id: int, messages: list[Message]) -> None:
        added = self._outbox.composed(id, messages, self._now())
        self._untold.pop(id, None)
        self.counts["matched"] += len(added)
        for destination in dict.fromkeys(message.destination for message in added):
            self._wake(destination)

    def _occasion(self, noted: Noted) -> Occasion | None:
        return occasion(noted.build, self._past(noted.build), noted.at, noted.replaced)

    def _past(self, build: Build) -> Past:
        return self._histories.past(build)

    def _found(self, end: End) -> Build | None:
        """The build of an end that was told; None where it is still to be told by itself."""
        place = BuildKey(end.server, end.build), end.run
        if place in self._untold.values():
            return None
        return self._recent[place][0] if place in self._recent else build_of(end)

    def _remember(self, given: Occasion) -> None:
        """Keep a build as it was told, should another one change what there is to tell of it."""
        while len(self._recent) >= RECENT:
            del self._recent[next(iter(self._recent))]
        self._recent[given.build.key, given.build.run] = given.build, given.log[-LINES:]

    def _again(self, other: Occasion) -> Occasion:
        """An end that was told already, with its links and its log."""
        _, log = self._recent.get((other.build.key, other.build.run), (None, ()))
        return self._linked(replace(other, log=log))

    def _linked(self, given: Occasion) -> Occasion:
        place = self._places.get(given.build.server)
        return given if place is None else with_links(given, place.source.page_of)

    # what the server is asked

    async def _read_past(self, build: Build) -> None:
        place = self._places.get(build.server)
        if place is not None and self._rulebook.wants_past(build):
            await self._histories.read(place.source, build, ASK_LIMIT)

    async def _with_details(self, given: Occasion) -> Occasion:
        """The occasion with what the rules want of the build; what the server does not give is left out."""
        place = self._places.get(given.build.server)
        wants = self._rulebook.wants(given, self._now())
        if place is not None and (wants.stages or wants.log):
            try:
                async with asyncio.timeout(ASK_LIMIT):
                    given = await _with_stages(place.source, given)
                    if wants.log:
                        given = await _with_log(place.source, given)
            except (SourceError, TimeoutError):
                self.counts["without details"] += 1
        return self._linked(given)

    # catching up

    def _place(self, noted: Noted) -> Place | None:
        return self._places.get(noted.build.server)

    def _held(self, noted: Noted) -> bool:
        place = self._place(noted)
        return place is not None and not place.caught_up() and self._now() - place.since < CATCH_UP

    def _holding(self) -> bool:
        return any(not place.caught_up() and self._now() - place.since < CATCH_UP for place in self._places.values())

    def _watched_long(self, noted: Noted) -> bool:
        place = self._place(noted)
        return place is None or self._now() - place.since > 2 * CATCH_UP


async def _with_stages(source: Source, given: Occasion) -> Occasion:
    """The occasion with the build's stages as they ended. Raises `SourceError`."""
    build = given.build
    if build.stages is None or not all(stage.status.ended for stage in build.stages):
        read = await source.build(build.repo, build.number)
        if read.id == build.id and read.status == build.status:
            return replace(given, build=read)
    return given


async def _with_log(source: Source, given: Occasion) -> Occasion:
    """The occasion with the log of the step that failed. Raises `SourceError`."""
    failed = failed_step(given.build)
    if failed is None:
        return given
    stage, step = failed
    pieces = await _log(source, given.build, stage.number, step.number)
    return replace(given, log=plain_log(pieces))


async def _log(source: Source, build: Build, stage: int, step: int) -> Sequence[LogLine]:
    """The log of a step that has ended; the server may store it a moment later."""
    for pause in (0.5, 1.5, 0.0):
        try:
            return await whole_log(source, build.repo, build.number, stage, step)
        except SourceError:
            if not pause:
                raise
            await asyncio.sleep(pause)
    raise AssertionError
