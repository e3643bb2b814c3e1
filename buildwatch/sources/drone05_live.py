"""What Drone 0.5 does not tell on its feed, told as if it did.

An event of the feed names a build, not its jobs: so the build is read, one read at a time however many events come. No
event tells of a step: so the log of each job that runs is read as it is written, and each step that begins or ends in
it is an event.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from buildwatch.model import Build, BuildKey, Stage, Status
from buildwatch.sources.base import Told
from buildwatch.sources.ending import end
from buildwatch.sources.errors import SourceError
from buildwatch.wire.drone0 import Line
from buildwatch.wire.drone05 import JobLog

if TYPE_CHECKING:
    from buildwatch.sources.drone05 import Drone05Source

PAST: Final = 0.5
"""Seconds for which what comes of a log is its past: what comes later was just written."""

AGAIN: Final = 2.0
"""Seconds until a log that broke off is opened again, and until one that was not stored yet is read again."""

LOGS_AT_ONCE: Final = 64
"""How many logs are read beside the feed. The steps of more jobs are told when the jobs end."""

Job = tuple[BuildKey, int, int]
"""Which run of which job: the build, its run, the job's number."""


class Live:
    """The feed of one server and the logs beside it, while the feed is open."""

    def __init__(self, source: Drone05Source, feed: AsyncIterator[list[bytes]]) -> None:
        self._source = source
        self._tell: asyncio.Queue[list[Told] | Exception | None] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._again: dict[BuildKey, bool] = {}  # builds being read: whether something came meanwhile
        self._reads: set[asyncio.Task[None]] = set()
        self._follows: dict[Job, asyncio.Task[None]] = {}
        self._pasts: dict[Job, asyncio.Event] = {}  # set once the past of a job that is followed was read
        self._builds: dict[BuildKey, Build] = {}  # those that run, as they were read last
        self._start(partial(self._read_feed, feed))

    async def told(self) -> AsyncIterator[list[Told]]:
        """The events, until the feed ends. Raises what the feed raises."""
        while (batch := await self._tell.get()) is not None:
            if isinstance(batch, Exception):
                raise batch
            yield batch

    async def close(self) -> None:
        """Stop all reading. Whoever waits for the past of a log waits no more."""
        try:
            await end(self._tasks)
        finally:
            for past in self._pasts.values():
                past.set()

    def saw(self, build: Build) -> None:
        """A build was read, for whatever reason: its logs are followed while its jobs run."""
        stages = [stage for stage in build.stages or () if stage.status == Status.RUNNING]
        running = {_job(build, stage): stage for stage in stages}
        for job in [job for job in self._follows if job[0] == build.key and job not in running]:
            self._follows.pop(job).cancel()
            self._pasts.pop(job).set()
        self._builds[build.key] = build
        for job, stage in running.items():
            if job not in self._follows and len(self._follows) < LOGS_AT_ONCE:
                past = self._pasts[job] = asyncio.Event()
                self._follows[job] = self._start(partial(self._follow, build, stage, past))
        if build.status.ended:
            del self._builds[build.key]

    async def past(self, build: Build, stage: Stage) -> None:
        """Wait until the past of a job that is followed was read."""
        past = self._pasts.get(_job(build, stage))
        if past is not None:
            await past.wait()

    def _start(self, work: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        task = asyncio.create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except Exception as error:
            self._tell.put_nowait(error)

    async def _read_feed(self, feed: AsyncIterator[list[bytes]]) -> None:
        async for batch in feed:
            self._tell.put_nowait([])  # it was heard of
            for data in batch:
                told = self._source.event(data)
                if told is not None:
                    self._touch(told)
        if self._reads:
            await asyncio.wait(self._reads, timeout=AGAIN)  # what was told before the end
        self._tell.put_nowait(None)

    def _touch(self, told: Told) -> None:
        key = told[1].key
        if key in self._again:
            self._again[key] = True
        else:
            self._again[key] = False
            reading = self._start(partial(self._read, told))
            self._reads.add(reading)
            reading.add_done_callback(self._reads.discard)

    async def _read(self, told: Told) -> None:
        """Read a build for an event, and again for those that came meanwhile; without an answer the event is told."""
        repo, row = told
        try:
            while True:
                try:
                    build = await self._source.build(row.repo, row.number)
                except SourceError:
                    self._tell.put_nowait([told])
                else:
                    self._tell.put_nowait([(repo, build)])
                    if self._source.lacks_log(build):
                        self._start(partial(self._read_later, build))
                if not self._again[row.key]:
                    return
                self._again[row.key] = False
        finally:
            del self._again[row.key]

    async def _read_later(self, build: Build) -> None:
        """Read a build once more whose last log was not there yet."""
        await asyncio.sleep(AGAIN)
        try:
            again = await self._source.build(build.repo, build.number)
        except SourceError:
            return
        self._tell.put_nowait([(self._source.repo(build.repo), again)])

    async def _follow(self, build: Build, job: Stage, past: asyncio.Event) -> None:
        """Read a job's log until `saw` hears of its end, which nothing in the log tells."""
        log = self._source.job_log(build, job)
        while True:
            try:
                async with self._source.log_socket(build.repo, build.number, job.number) as batches:
                    await self._read_lines(build.key, log, batches, past)
            except SourceError:
                pass  # most often it has just ended, which the feed tells
            past.set()
            await asyncio.sleep(AGAIN)

    async def _read_lines(
        self, key: BuildKey, log: JobLog, batches: AsyncIterator[list[Line]], past: asyncio.Event
    ) -> None:
        """Tell of steps as they move, of those in the past together."""
        loop = asyncio.get_running_loop()
        opened = loop.time()
        timer = loop.call_later(PAST, self._past_is_read, key, past)
        try:
            async for lines in batches:
                new = loop.time() - opened > PAST
                if log.feed(lines, self._source.now() if new else 0) and new:
                    self._tell_steps(key)
        finally:
            timer.cancel()

    def _past_is_read(self, key: BuildKey, past: asyncio.Event) -> None:
        past.set()
        self._tell_steps(key)

    def _tell_steps(self, key: BuildKey) -> None:
        known = self._builds.get(key)
        if known is not None:
            self._tell.put_nowait([(self._source.repo(known.repo), self._source.with_steps(known))])


def _job(build: Build, stage: Stage) -> Job:
    return build.key, build.run, stage.number
