"""The logs of all steps of a build as one, in the order in which the lines were written.

What has ended is read, what runs is followed, and what begins meanwhile joins in. A few logs at a time: a build can
have a hundred steps.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from buildwatch.model import Build, LogLine, Stage, Status, Step
from buildwatch.sources.base import Source
from buildwatch.sources.follow import follow

PAUSE = 0.3
"""Seconds between two states, in which lines are gathered."""

AT_ONCE = 4
"""How many logs are read at once; those that are followed do not count."""


@dataclass(frozen=True, slots=True)
class Merged:
    """All that the steps of a build have printed.

    Each line's time is seconds since `began` (unix seconds), its source the place of its step in `names`. `said` is a
    sentence where a log could not be read.
    """

    lines: list[LogLine]
    names: tuple[str, ...]
    began: int
    live: bool
    said: str = ""


async def merged(source: Source, now: Callable[[], Build]) -> AsyncGenerator[Merged, None]:
    """The merged log as it grows, until the build has ended and all is read; `now` tells the build as it is known."""
    reader = _Reader(source, now)
    try:
        told = -1
        while True:
            ended = now().status.ended  # asked first: what had begun by then is read
            over = not reader.begin() and ended
            if reader.changes != told or over:
                told = reader.changes
                yield reader.state(live=not over)
            if over:
                return
            await asyncio.sleep(PAUSE)
    finally:
        await reader.stop()


class _Reader:
    """The logs that are being read."""

    def __init__(self, source: Source, now: Callable[[], Build]) -> None:
        self._source = source
        self._now = now
        self._logs: dict[tuple[int, int], Sequence[LogLine]] = {}
        self._tasks: dict[tuple[int, int], asyncio.Task[None]] = {}
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

    def state(self, *, live: bool) -> Merged:
        """What there is so far."""
        build = self._now()
        steps = [(stage, step) for stage in build.stages or () for step in stage.steps]
        began = min((step.started for _, step in steps if step.started > 0), default=build.started)
        alone = len(build.stages or ()) == 1
        names = tuple(step.name if alone else f"{stage.name}/{step.name}" for stage, step in steps)
        lines = [
            LogLine(max(0, step.started - began) + line.time, line.text, nth)
            for nth, (stage, step) in enumerate(steps)
            for line in self._logs.get((stage.number, step.number), ())
        ]
        lines.sort(key=_time)  # of one second in the order of the steps, and within a step as they came
        return Merged(lines, names, began, live, self._said)

    async def _read(self, stage: Stage, step: Step) -> None:
        if step.status.ended:
            async with self._turns:
                await self._follow(stage, step)
        else:
            await self._follow(stage, step)

    async def _follow(self, stage: Stage, step: Step) -> None:
        build, key = self._now(), (stage.number, step.number)
        log = follow(self._source, build.repo, build.number, *key, lambda: self._status(stage, step))
        async with aclosing(log) as states:
            async for state in states:
                self._logs[key] = state.lines
                self._said = f"{step.name}: {state.said}" if state.said else ""
                self.changes += 1

    def _status(self, stage: Stage, step: Step) -> Status:
        now = self._now().stage(stage.number)
        at = now.step(step.number) if now else None
        return at.status if at else step.status


def _time(line: LogLine) -> int:
    return line.time
