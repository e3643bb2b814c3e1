"""The logs of all steps of a build as one, in the order in which the lines were written.

What has ended is read, what runs is followed, and what begins meanwhile joins in. A few logs at a time: a build can
have a hundred steps.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial

from buildwatch.model import Build, LogLine, Stage, Status, Step
from buildwatch.sources.base import Source
from buildwatch.sources.follow import follow
from buildwatch.wire.loglist import LogLines
from buildwatch.wire.logmerge import LogMerge, Part

PAUSE = 0.3
"""Seconds between two states, in which lines are gathered."""

AT_ONCE = 4
"""How many logs are read at once; those that are followed do not count."""

MANY = 10_000
"""So many lines are not merged in the event loop, where keys would wait for it."""


@dataclass(frozen=True, slots=True)
class Merged:
    """All that the steps of a build have printed.

    Each line's time is seconds since `began` (unix seconds), its source the place of its step in `names`. `said` is a
    sentence where a log could not be read.
    """

    lines: LogLines
    names: tuple[str, ...]
    began: int
    live: bool
    said: str = ""


async def merged(
    source: Source, now: Callable[[], Build], away: Callable[[], bool] = lambda: False
) -> AsyncGenerator[Merged, None]:
    """The merged log as it grows, until the build has ended and all is read; `now` tells the build as it is known,
    `away` whether its server is known not to answer.
    """
    reader = _Reader(source, now, away)
    try:
        told = -1
        while True:
            ended = now().status.ended  # asked first: what had begun by then is read
            over = not reader.begin() and ended
            if reader.changes != told or over:
                told = reader.changes
                yield await reader.state(live=not over)
            if over:
                return
            await asyncio.sleep(PAUSE)
    finally:
        await reader.stop()


_Place = tuple[int, int]
"""A stage's and a step's number."""


@dataclass(slots=True)
class _Log:
    """What is known of a step's log, and how many of its lines are as they were when it was merged last."""

    lines: Sequence[LogLine] = ()
    same: int = 0
    ended: int = 0


class _Reader:
    """The logs that are being read."""

    def __init__(self, source: Source, now: Callable[[], Build], away: Callable[[], bool]) -> None:
        self._source = source
        self._now = now
        self._away = away
        self._logs: dict[_Place, _Log] = {}
        self._merge = LogMerge()
        self._order: list[tuple[_Place, int]] = []  # of the logs as they were merged last: where, and when it began
        self._tasks: dict[_Place, asyncio.Task[None]] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._said = ""
        self.changes = 0

    def begin(self) -> bool:
        """Begin to read what has begun since. Whether anything is being read."""
        for stage in self._now().stages or ():
            for step in stage.steps:
                key = stage.number, step.number
                if key not in self._tasks and step.status.rank > 0 and step.status != Status.SKIPPED:
                    self._tasks[key] = asyncio.create_task(self._read(stage, step))
        return any(not task.done() for task in self._tasks.values())

    async def stop(self) -> None:
        """Read no more."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def state(self, *, live: bool) -> Merged:
        """What there is so far."""
        build = self._now()
        steps = [(stage, step) for stage in build.stages or () for step in stage.steps]
        began = min((step.started for _, step in steps if step.started > 0), default=build.started)
        alone = len(build.stages or ()) == 1
        names = tuple(step.name if alone else f"{stage.name}/{step.name}" for stage, step in steps)
        order = [((stage.number, step.number), max(0, step.started - began)) for stage, step in steps]
        if order[: len(self._order)] != self._order:
            self._merge = LogMerge()
        self._order = order
        parts = [self._part(place, after) for place, after in order]
        if self._merge.ahead(parts) < MANY:
            self._merge.take(parts)
        else:
            await asyncio.to_thread(self._merge.take, parts)
        return Merged(LogLines(self._merge.lines), names, began, live, self._said)

    def _part(self, place: _Place, after: int) -> Part:
        """The log of a step as it is now; what comes from now on is different from it."""
        log = self._logs.get(place)
        if log is None:
            return Part(LogLines(), after, 0, 0)
        part = Part(LogLines(log.lines), after, log.same, log.ended)
        log.same = len(log.lines)
        return part

    async def _read(self, stage: Stage, step: Step) -> None:
        if step.status.ended:
            async with self._turns:
                await self._follow(stage, step)
        else:
            await self._follow(stage, step)

    async def _follow(self, stage: Stage, step: Step) -> None:
        build, key = self._now(), (stage.number, step.number)
        known = partial(self._status, stage, step)
        states = follow(self._source, build.repo, build.number, *key, known, away=self._away)
        async with aclosing(states) as coming:
            async for state in coming:
                log = self._logs.setdefault(key, _Log())
                log.lines, log.same = state.lines, min(log.same, state.same)
                log.ended = state.ended if state.live else len(state.lines)
                self._said = f"{step.name}: {state.said}" if state.said else ""
                self.changes += 1

    def _status(self, stage: Stage, step: Step) -> Status:
        now = self._now().stage(stage.number)
        at = now.step(step.number) if now else None
        return at.status if at else step.status
