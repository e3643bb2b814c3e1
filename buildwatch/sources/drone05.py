"""Drone 0.5: as 0.7, with jobs in place of processes and nothing of steps but what the logs of the jobs tell."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final, NamedTuple

from msgspec.structs import replace

from buildwatch.model import Build, Repo, Stage, Status
from buildwatch.sources.base import Told
from buildwatch.sources.drone05_live import PAST, Live
from buildwatch.sources.drone07 import Drone07Source
from buildwatch.sources.errors import Denied, SourceError
from buildwatch.sources.http import Http
from buildwatch.sources.slugs import slug_path
from buildwatch.sources.stored import at_once
from buildwatch.wire.drone0 import Line, Reader
from buildwatch.wire.drone05 import JobLog, ended_lines, run_of, with_jobs
from buildwatch.wire.fields import BadAnswer
from buildwatch.wire.loglines import Piece

LOGS_KEPT: Final = 1000
"""Of how many jobs it is kept what their logs tell of steps."""

LOG_LIMIT: Final = 10.0
"""Seconds in which a live log tells its past, however long it is."""

YOUNG: Final = 2
"""Seconds (of the server's clock) for which a job has no past worth waiting for."""


class Drone05Source(Drone07Source):
    """One Drone 0.5 server."""

    kind = "drone-0.5"
    log_answers_pings = False
    actions = frozenset({"restart", "cancel", "promote"})

    def __init__(self, http: Http) -> None:
        super().__init__(http, Reader(http.address.name, with_jobs, run_of))
        self._logs: OrderedDict[tuple[str, int, int, int], _Job] = OrderedDict()
        self._live: Live | None = None

    async def build(self, slug: str, number: int) -> Build:
        """One build with its jobs and, by their logs, their steps. The log of a job that has ended is read once."""
        build = await super().build(slug, number)
        if self._live is not None and slug in self._repos:
            self._live.saw(build)
        await asyncio.gather(*(self._learn(build, stage) for stage in build.stages or () if stage.started))
        return self.with_steps(build)

    async def _learn(self, build: Build, job: Stage) -> None:
        """Have the log of a job tell what it can by now: of one that has just begun that is nothing."""
        if job.status.ended:
            await self._read_log(build, job)
        elif self._live is not None:
            if self.now() - job.started >= YOUNG:
                await self._live.past(build, job)
        elif job.status == Status.RUNNING:
            await self._glance(build, job)

    async def _read_log(self, build: Build, job: Stage) -> None:
        log, reading = self._job(build, job)
        async with reading:
            if log.whole:
                return
            try:
                log.feed(await self._job_lines(build.repo, build.number, job.number))
            except Denied:
                return  # not there yet, or never: what was told live is all
            log.whole = True

    async def _glance(self, build: Build, job: Stage) -> None:
        """Read the past of a job's log."""
        log = self.job_log(build, job)
        with suppress(TimeoutError, SourceError):
            async with self.log_socket(build.repo, build.number, job.number) as batches, asyncio.timeout(PAST):
                async for lines in batches:
                    log.feed(lines)

    async def _job_lines(self, slug: str, number: int, job: int) -> list[Line]:
        async with self._log(f"/api/repos/{slug_path(slug)}/logs/{number}/{job}") as batches:
            return [line async for lines in batches for line in lines]

    def job_log(self, build: Build, job: Stage) -> JobLog:
        """What is known of the steps of one run of a job."""
        return self._job(build, job).log

    def _job(self, build: Build, job: Stage) -> _Job:
        """Nothing is kept of one that has not begun."""
        if not job.started:
            return _Job(JobLog(0), asyncio.Lock())
        key = (build.repo, build.number, build.run, job.number)
        kept = self._logs.get(key)
        if kept is None:
            kept = self._logs[key] = _Job(JobLog(job.started), asyncio.Lock())
            if len(self._logs) > LOGS_KEPT:
                self._logs.popitem(last=False)
        return kept

    def with_steps(self, build: Build) -> Build:
        """`build` with the steps that the logs have told of so far."""
        stages = tuple(replace(job, steps=self.job_log(build, job).steps(job)) for job in build.stages or ())
        return self._keep(replace(build, stages=stages))

    @asynccontextmanager
    async def log(self, slug: str, number: int, stage: int, step: int) -> AsyncIterator[AsyncIterator[list[Piece]]]:
        """The stored log, picked from that of the job: there once the job has ended. Before, what it printed so far."""
        name = await self._step_name(slug, number, stage, step)
        try:
            lines = await self._job_lines(slug, number, stage)
        except Denied as error:
            lines = await self._printed(slug, number, stage, name)
            if not lines:
                raise error from None
        yield at_once(ended_lines(lines, name))

    async def _printed(self, slug: str, number: int, job: int, step: str) -> list[Line]:
        """The live log of a job as far as the end of a step, which is among what it begins with; nothing without it."""
        lines: list[Line] = []
        with suppress(TimeoutError, SourceError):
            async with self.log_socket(slug, number, job) as batches, asyncio.timeout(LOG_LIMIT):
                async for batch in batches:
                    lines += batch
                    if any(line.ends and line.step == step for line in batch):
                        return lines
        return []

    def page_of(self, build: Build, stage: int | None = None, step: int | None = None) -> str:
        """`/owner/name/number[/job]`: steps have no page of their own."""
        return super().page_of(build, stage)

    @asynccontextmanager
    async def events(self) -> AsyncIterator[AsyncIterator[list[Told]]]:
        """`/ws/feed`, and beside it the log of each job that runs: together they tell what other servers' feeds do."""
        async with self._socket("/ws/feed") as batches:
            live = self._live = Live(self, batches)
            try:
                yield live.told()
            finally:
                self._live = None
                await live.close()

    def event(self, data: bytes) -> Told | None:
        """One event of the feed: a build without jobs. None for a strange one, and of repos that are not ours."""
        try:
            repo, build = self._reader.event_row(data)
        except BadAnswer:
            return None
        if repo.slug not in self._repos:
            return None
        self._repos[repo.slug] = repo
        return repo, self._as_known(build)

    def repo(self, slug: str) -> Repo:
        """What is known of a repo."""
        return self._repos.get(slug) or Repo(self.name, slug)

    def lacks_log(self, build: Build) -> bool:
        """Whether there is a job that has ended and whose log was not there when it was asked for."""
        ended = [stage for stage in build.stages or () if stage.status.ended and stage.started]
        return any(not self.job_log(build, stage).whole for stage in ended)

    def _keep(self, build: Build) -> Build:
        return super()._keep(self._steady(build))

    def _as_known(self, row: Build) -> Build:
        return self._keep(super()._as_known(row))

    def _answered(self, slug: str, body: bytes) -> Build:
        """Without jobs, which are there when the build is read."""
        return self._keep(self._read(lambda data: self._reader.row(slug, data), body))

    def _steady(self, build: Build) -> Build:
        """`build` with the begin that was told first: with each job that begins, the server tells a later one."""
        known = self._whole.get((build.repo, build.number))
        if known is None or not known.started or not build.started:
            return build
        if known.run and build.run:
            same = known.run == build.run
        else:
            same = not known.status.ended or known.finished == build.finished
        return replace(build, started=known.started) if same else build

    async def _pieces(self, batches: AsyncIterator[list[Line]], name: str) -> AsyncIterator[list[Piece]]:
        async for lines in batches:
            yield ended_lines(lines, name)


class _Job(NamedTuple):
    """What is known of a job's steps; held while its stored log is read, which is done once."""

    log: JobLog
    reading: asyncio.Lock
