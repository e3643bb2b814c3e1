"""When the times on the screen are drawn anew: each second while something runs, else when one of them is another.

Where a log grows about once a second, as those of Drone's runners do, both are painted together: a paint costs more
than what is in it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

SECOND: Final = 1.0
LEEWAY: Final = 0.02  # seconds by which a log may be late to be waited for
EARLIEST: Final = 0.5  # seconds after a tick from which on the next may go along with a log
SOONER: Final = 0.75  # seconds to the next tick, where a log grows too soon after the last: so they draw nearer


class Ticking:
    """Calls `tick` at the right times, at most a second and the leeway apart while something runs."""

    def __init__(self, tick: Callable[[], None]) -> None:
        self._tick = tick
        self._timer: asyncio.TimerHandle | None = None
        self._last = float("-inf")
        self._runs = False
        self._along = False

    def go_on(self, *, runs: bool, else_in: float) -> None:
        """Tick when it is time: soon where something `runs`, else in so many seconds."""
        loop = asyncio.get_running_loop()
        self._runs = runs
        self._set(loop.time() + (SECOND + LEEWAY * self._along if runs else else_in))

    def _set(self, due: float) -> None:
        if self._timer is None or self._timer.when() > due:
            self.stop()
            self._timer = asyncio.get_running_loop().call_at(due, self._now)

    def stop(self) -> None:
        """Tick no more, until it goes on."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _now(self, *, along: bool = False) -> None:
        self.stop()
        self._last, self._along = asyncio.get_running_loop().time(), along
        self._tick()

    def along(self) -> None:
        """Something is painted now: tick with it, if it is nearly time."""
        since = asyncio.get_running_loop().time() - self._last
        if not self._runs or self._timer is None:
            return
        if since >= EARLIEST:
            self._now(along=True)
        else:
            self._set(self._last + SOONER)
