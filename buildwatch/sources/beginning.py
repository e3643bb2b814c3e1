"""What already was when watching began, which is no change when it becomes known."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Iterable, Mapping

from buildwatch.ledger import Mark
from buildwatch.model import Build
from buildwatch.sources.base import Source, Told


class Beginning:
    """When one server began to be watched: with its first list that has repos.

    `early` holds the events that came before it, and is None afterwards. `synced` is set once all that already ran is
    known: each of `parts` was read. Where it was watched before, `marks` tell by repo up to where: what came after that
    is news, though it was there when we began again.
    """

    def __init__(self, source: Source, parts: Iterable[Hashable], marks: Mapping[str, Mark]) -> None:
        self.synced = asyncio.Event()
        self.early: list[Told] | None = []
        self._source = source
        self._unsynced = set(parts)
        self._marks = marks
        self._watermark = 0  # the greatest build id then, where ids grow over the whole server
        self._first: dict[str, int] = {}  # elsewhere: the greatest of each repo when it was first seen
        self._since: dict[str, int] = {}  # of repos that came later: when they were not there yet

    def begin(self, slugs: Iterable[str], newest: list[Build]) -> None:
        """The first list has come: these repos, and the newest builds of those that have any."""
        if self._source.global_ids:
            before = self._marks.values()
            self._watermark = max(
                (mark.build for mark in before) if before else (build.id for build in newest), default=0
            )
        self._first = dict.fromkeys(slugs, 0) | {build.repo: build.id for build in newest}

    def first_seen(self, build: Build, since: int) -> None:
        """The newest build of a repo that may not have been there before.

        `since` is when it was not, unix seconds of the server, 0 for not known. A repo may come with builds that are
        older: it was made just now, or has been opened to us.
        """
        if build.repo not in self._first:
            self._first[build.repo] = build.id
            if since:
                self._since[build.repo] = since

    def is_news(self, build: Build) -> bool:
        """Whether a build began after we did."""
        mark = self._marks.get(build.repo)
        if mark is not None:
            return build.id > mark.build
        if build.repo in self._since and not self._source.global_ids:
            return build.created >= self._since[build.repo]
        first = self._watermark if self._source.global_ids else self._first.get(build.repo, 0)
        return build.id > first

    def wait_for(self, *parts: Hashable) -> None:
        """There is more to be read until all is known."""
        self._unsynced.update(parts)
        self.synced.clear()

    def synced_with(self, *parts: Hashable) -> None:
        """That was read, or is not needed any more."""
        self._unsynced.difference_update(parts)
        if not self._unsynced:
            self.synced.set()
