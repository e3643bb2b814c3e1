"""Live logs: what a runner has sent of a running step, once a second, and its end.

Drone 2.x replays the newest 5,000 entries to a new reader, loses what is beyond 5,000 in one batch, and lets
the end of the step overtake the last batch. A step that does not run gives the end at once.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Callable

from buildwatch.demo import drone2, logs
from buildwatch.demo.state import Build, Status, Step
from buildwatch.demo.streams import END, PING
from buildwatch.demo.world import World

BATCH_SECONDS = 1.0
MOST_ENTRIES = 5000
_TAIL_LOST = 0.33


class LiveLogs:
    """Everybody who follows a log. `now` gives the time after letting happen what is due."""

    def __init__(self, world: World, now: Callable[[], float], ping_after: float) -> None:
        self._world = world
        self._now = now
        self._ping_after = ping_after
        self._waiting: set[asyncio.Event] = set()

    def wake(self) -> None:
        """Let every reader look again: a step ended, or time was moved by hand."""
        for event in self._waiting:
            event.set()

    async def follow(self, build: Build, step: Step) -> AsyncGenerator[bytes]:
        """The bytes of one log stream, up to its end."""
        yield PING
        if not _runs(step):
            yield END
            return
        news = asyncio.Event()
        self._waiting.add(news)
        try:
            sent = max(0, self._flushed(build, step) - MOST_ENTRIES)
            quiet_since = self._now()
            while _runs(step):
                flushed = self._flushed(build, step)
                if flushed > sent:
                    # Keep-alives are written but not flushed: they come with the next entry.
                    pings = int((self._now() - quiet_since) // self._ping_after)
                    yield PING * pings + self._entries(build, step, sent, flushed)
                    sent, quiet_since = flushed, self._now()
                await self._pause(news, step)
            if not self._loses_tail(step):
                yield self._entries(build, step, sent, self._written(build, step, step.ended))
            yield END
        finally:
            self._waiting.discard(news)

    async def _pause(self, news: asyncio.Event, step: Step) -> None:
        """Until the runner's next batch, or until something happened."""
        elapsed = self._now() - step.begun
        rest = BATCH_SECONDS - elapsed % BATCH_SECONDS
        try:
            async with asyncio.timeout(rest + 0.005):
                await news.wait()
        except TimeoutError:
            self._now()
        news.clear()

    def _flushed(self, build: Build, step: Step) -> int:
        """How many pieces the runner has sent: those of whole batches."""
        batches = math.floor((self._now() - step.begun) / BATCH_SECONDS)
        return self._written(build, step, step.begun + batches * BATCH_SECONDS)

    def _written(self, build: Build, step: Step, until: float) -> int:
        return logs.count_until(logs.pieces(self._world.seed, build, step), until - step.begun)

    def _entries(self, build: Build, step: Step, first: int, end: int) -> bytes:
        pieces = logs.pieces(self._world.seed, build, step)[first : min(end, first + MOST_ENTRIES)]
        entries = (drone2.log_entry(pos, piece.out, piece.at) for pos, piece in enumerate(pieces, first))
        return b"".join(b"data: " + drone2.encode(entry) + b"\n\n\n" for entry in entries)

    def _loses_tail(self, step: Step) -> bool:
        ordered = self._world.faults.lose_log_tail
        if ordered is not None:
            return ordered
        return self._world.rng(f"tail/{step.id}").random() < _TAIL_LOST


def _runs(step: Step) -> bool:
    return step.status is Status.RUNNING
