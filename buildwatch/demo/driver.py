"""Moves the simulated time along with a clock, and sleeps while nothing is due."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from buildwatch.demo.world import World

Clock = Callable[[], float]
"""Gives the time in unix seconds."""

_SHORTEST_SLEEP = 0.002


class HandClock:
    """A clock that stands until it is moved."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Driver:
    """Lets happen in a world what is due by a clock."""

    def __init__(self, world: World, clock: Clock) -> None:
        self._world = world
        self._clock = clock
        self._earlier = asyncio.Event()
        world.on_plan = self._earlier.set

    def now(self) -> float:
        """The time, after letting happen what is due."""
        self._world.advance(self._clock())
        return self._world.now

    async def run(self) -> None:
        """Follow the clock for ever; idle until the next thing that is planned."""
        while True:
            self._earlier.clear()
            now = self.now()
            due = self._world.next_due
            try:
                async with asyncio.timeout(None if due is None else max(_SHORTEST_SLEEP, due - now)):
                    await self._earlier.wait()
            except TimeoutError:
                continue
