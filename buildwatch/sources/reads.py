"""What is to be read from one server, and when: few requests at once, none twice at once, failed ones repeated."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Hashable
from itertools import count
from random import Random

from buildwatch.sources.backoff import FIRST
from buildwatch.sources.errors import Broken, Busy, Denied, SourceError, Stranger, Unauthorized, Unreachable

AT_ONCE = 4
"""Requests in flight."""

URGENT, SOON, IDLE = 0, 1, 2
"""Which of the reads that are due goes first."""

Job = Callable[[], Awaitable[float | None]]
"""Does one read; gives the loop time when it is due again, or None when it is done with. Raises `SourceError`."""


class Reads:
    """The reads that are due, by key. `failed` and `answered` hear how each one went.

    A read that failed is repeated. Where that is of no use, because the token is not accepted, `failed` holds them all.
    Before the first answer, and while nothing answers or something strange does, one read at a time asks for all.
    """

    def __init__(
        self, random: Random, *, failed: Callable[[Hashable, SourceError], None], answered: Callable[[], None]
    ) -> None:
        self._random = random
        self._failed = failed
        self._answered = answered
        self._due: dict[Hashable, float] = {}
        self._jobs: dict[Hashable, tuple[int, Job]] = {}
        self._timed: list[tuple[float, int, Hashable]] = []
        self._ready: list[tuple[int, int, Hashable]] = []
        self._running: set[Hashable] = set()
        self._again: set[Hashable] = set()
        self._failures: dict[Hashable, int] = {}
        self._order = count()
        self._wake = asyncio.Event()
        self._not_before = 0.0
        self._held = False
        self._answers = False
        self._answered_at = 0.0
        self._away_until = 0.0
        self._there_at = 0.0

    def want(self, key: Hashable, job: Job, *, at: float, priority: int = SOON, sooner: bool = False) -> None:
        """Have `job` done at loop time `at`. One that is planned stays as it is unless `sooner` and `at` is earlier.

        Of those due, lower priorities go first. Wanting (sooner) what is being read right now has it read once more.
        """
        if key in self._running:
            if sooner:
                self._again.add(key)
            return
        planned = self._due.get(key)
        if planned is not None and not (sooner and at < planned):
            return
        self._due[key] = at
        self._jobs[key] = (priority, job)
        heapq.heappush(self._timed, (at, next(self._order), key))
        self._wake.set()

    def sooner(self, key: Hashable, at: float) -> None:
        """Have a planned read done at loop time `at`, if that is earlier; one that is under way goes on as it is."""
        planned = self._due.get(key)
        if planned is not None and at < planned:
            self._due[key] = at
            heapq.heappush(self._timed, (at, next(self._order), key))
            self._wake.set()

    def drop(self, key: Hashable) -> None:
        """Forget a planned read."""
        self._due.pop(key, None)
        self._jobs.pop(key, None)
        self._failures.pop(key, None)
        self._again.discard(key)

    def any(self, kind: str) -> bool:
        """Whether a read is planned or under way whose key is a tuple that begins with that word."""
        return any(isinstance(key, tuple) and key[:1] == (kind,) for key in (*self._jobs, *self._running))

    def hold(self) -> None:
        """Begin no more reads until `go_on`; what is planned stays planned."""
        self._held = True

    def go_on(self) -> None:
        """Begin reads again."""
        self._held = False
        self.is_there()

    def is_there(self, at: float = 0.0) -> None:
        """There is reason to think that the server answers; where it did not, it may be asked again at loop time `at`.

        A read that is under way and fails was asked too early to count.
        """
        self._there_at = asyncio.get_running_loop().time()
        self._away_until = min(self._away_until, at)
        self._wake.set()

    async def run(self) -> None:
        """Do what is wanted, until cancelled. A job that raises anything but `SourceError` has a bug and ends it."""
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            while True:
                self._wake.clear()
                now = loop.time()
                if now >= self._pause_end and not self._held:
                    self._start(now, group)
                await self._sleep(loop)

    @property
    def away(self) -> bool:
        """Whether there has been no answer yet, or no more answers are coming."""
        return not self._answers

    @property
    def _pause_end(self) -> float:
        return max(self._not_before, self._away_until)

    def _start(self, now: float, group: asyncio.TaskGroup) -> None:
        while self._timed and self._timed[0][0] <= now:
            at, order, key = heapq.heappop(self._timed)
            if self._due.get(key) == at:
                heapq.heappush(self._ready, (self._jobs[key][0], order, key))
        while self._ready and len(self._running) < (AT_ONCE if self._answers else 1):
            _, _, key = heapq.heappop(self._ready)
            if key in self._due and key not in self._running:
                del self._due[key]
                self._running.add(key)
                group.create_task(self._do(key, *self._jobs.pop(key)))  # it may be dropped before that begins

    async def _sleep(self, loop: asyncio.AbstractEventLoop) -> None:
        due = self._timed[0][0] if self._timed and not self._held else None
        if self._pause_end > loop.time():
            due = self._pause_end
        wait = None if due is None else max(0.0, due - loop.time())
        try:
            async with asyncio.timeout(wait):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _do(self, key: Hashable, priority: int, job: Job) -> None:
        now = asyncio.get_running_loop().time
        begun, again = now(), None
        try:
            again = await job()
        except SourceError as error:
            pause = self._pause(key, error)
            if begun < self._there_at and isinstance(error, Unreachable | Broken):
                pause = min(pause, FIRST)
            again = now() + pause
            if not isinstance(error, Unreachable | Stranger):
                self._has_answered()
            elif self._answered_at <= begun:
                self._answers, self._away_until = False, again
            self._failed(key, error)
        else:
            self._failures.pop(key, None)
            self._has_answered()
            self._answered()
        finally:
            self._running.discard(key)
            self._wake.set()
        if key in self._again:
            self._again.discard(key)
            again = now()
        if again is not None and key not in self._due:
            self.want(key, job, at=again, priority=priority)

    def _has_answered(self) -> None:
        self._answers, self._answered_at = True, asyncio.get_running_loop().time()
        self._away_until = 0.0

    def _pause(self, key: Hashable, error: SourceError) -> float:
        """Seconds until a failed read is repeated."""
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        if isinstance(error, Busy):
            wait = max(error.retry_after, 1.0)
            self._not_before = asyncio.get_running_loop().time() + wait
            return wait
        if isinstance(error, Denied | Unauthorized):
            return min(10.0 * failures, 60.0)  # an answer, not an accident: no deletion, but neither worth a hurry
        most = 30.0 if isinstance(error, Unreachable) or failures > 4 else 2.0
        grown: float = 0.5 * 2 ** min(failures - 1, 6) + self._random.random()
        return max(error.retry_after, min(most, grown))
