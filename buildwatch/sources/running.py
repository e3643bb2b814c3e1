"""What runs, or ran again, and is not its repo's newest build: the list of repos does not tell of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress

from msgspec.structs import replace

from buildwatch.model import Build, Status
from buildwatch.sources.base import Source
from buildwatch.sources.beginning import Beginning
from buildwatch.sources.errors import Denied
from buildwatch.sources.intake import Intake
from buildwatch.sources.reads import Reads
from buildwatch.store import Store


class Running:
    """The reads of one server that tell in one request each of builds of many repos."""

    def __init__(self, source: Source, store: Store, reads: Reads, beginning: Beginning, intake: Intake) -> None:
        self._source = source
        self._store = store
        self._reads = reads
        self._beginning = beginning
        self._intake = intake
        self._recent_at = 0  # when the newest builds of all repos were asked for last, by the server's clock

    def want(self) -> None:
        """Read what ran when we began, as far as the server tells it in one request."""
        self._reads.want("recent", self._recent, at=0.0)

    def want_all(self) -> None:
        """The same for admins: all that is queued or runs."""
        self._beginning.wait_for("incomplete")
        self._reads.want("incomplete", self._incomplete, at=0.0)

    def want_again(self) -> None:
        """Where a build can run again under its number, one that is not its repo's newest may, and only events tell."""
        if not self._source.global_ids:
            self._reads.want("recent", self._recent, at=asyncio.get_running_loop().time(), sooner=True)

    async def _recent(self) -> None:
        asked, since = asyncio.get_running_loop().time(), self._recent_at
        recent_at = self._source.now()
        with suppress(Denied):
            recent = await self._source.recent()
            self._take_between(recent, since)
            self._take(recent, asked)
            self._recent_at = recent_at
        self._beginning.synced_with("recent")

    def _take_between(self, builds: Iterable[Build], since: int) -> None:
        """Know of builds of old that began to run again after `since`, when all that ran was read: their ends are told.

        `since` is in unix seconds of the server, 0 for never.
        """
        for build in builds if since and not self._source.global_ids else ():
            known = self._store.build(build.key) is not None or self._beginning.is_news(build)
            if build.repo_key in self._store.repos and not known and build.status.ended and build.started > since:
                self._intake.apply(replace(build, status=Status.RUNNING, finished=0, stages=()), news=False)

    async def _incomplete(self) -> None:
        asked = asyncio.get_running_loop().time()
        with suppress(Denied):  # older servers do not know this call
            self._take(await self._source.incomplete(), asked)
        self._beginning.synced_with("incomplete")

    def _take(self, builds: Iterable[Build], asked: float) -> None:
        for build in builds:
            news = self._beginning.is_news(build)
            known = self._store.build(build.key) is not None
            if build.repo_key in self._store.repos and (news or known or not build.status.ended):
                self._intake.take(build, news=news)
                self._intake.want_if_odd(build, asked)
