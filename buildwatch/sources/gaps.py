"""Builds that nobody told of, found by their numbers: a repo whose newest is not the next after the last is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from buildwatch.ledger import Ledger, Mark
from buildwatch.model import Build, RepoKey
from buildwatch.sources.base import Source
from buildwatch.sources.reads import Reads
from buildwatch.store import Store

PAGES = 10
"""How many pages of a repo's builds are read at most to get back to a known one."""


class Gaps:
    """The ledgers of one server's repos. `is_news` tells whether a build began after we did, `take` takes one in.

    `marks` are where the ledgers stood when the server was last watched.
    """

    def __init__(
        self,
        source: Source,
        store: Store,
        reads: Reads,
        *,
        is_news: Callable[[Build], bool],
        take: Callable[[Build], None],
        marks: Mapping[str, Mark],
    ) -> None:
        self._source = source
        self._store = store
        self._reads = reads
        self._is_news = is_news
        self._take = take
        self._marks = marks
        self._ledgers: dict[str, Ledger] = {}
        self._ids: dict[
            str, dict[int, int]
        ] = {}  # of the builds above what is accounted for, and the greatest up to it

    def saw(self, build: Build, *, unknown: bool) -> None:
        """Something told of this build, whose id was `unknown` before or not."""
        self._ledger(build).saw(build.number, unknown=unknown and self._is_news(build))
        self._ids[build.repo][build.number] = build.id

    def mark(self, slug: str) -> Mark:
        """Up to where a repo's builds are accounted for."""
        ledger = self._ledgers.get(slug)
        if ledger is None:
            return self._marks.get(slug, Mark(self._source.name, slug, 0, 0))
        ids, cursor = self._ids[slug], ledger.cursor
        upto = max((id for number, id in ids.items() if number <= cursor), default=0)
        self._ids[slug] = {number: id for number, id in ids.items() if number > cursor} | {cursor: upto}
        return Mark(self._source.name, slug, cursor, upto)

    def look(self, newest: Iterable[Build]) -> None:
        """Have the builds read of the repos whose newest one, given here, shows that some are missing."""
        for build in newest:
            ledger = self._ledger(build)
            if ledger.must_read:
                self._reads.want(("repo", build.repo), partial(self._read, build.repo, ledger), at=0.0)

    def _ledger(self, build: Build) -> Ledger:
        """The ledger of a build's repo; one that is opened begins with what already was."""
        ledger = self._ledgers.get(build.repo)
        if ledger is None:
            first = 0 if self._is_news(build) else build.number
            mark = self._marks.get(build.repo, Mark(self._source.name, build.repo, first, 0))
            ledger = self._ledgers[build.repo] = Ledger(mark.number)
            self._ids[build.repo] = {mark.number: mark.build}
        return ledger

    async def _read(self, slug: str, ledger: Ledger) -> None:
        """Read a repo's builds back to a known one; all unknown ones are new."""
        if RepoKey(self._source.name, slug) not in self._store.repos:
            return  # it is gone
        found: list[Build] = []
        for page in range(1, PAGES + 1):
            builds = await self._source.builds(slug, page, self._source.page_size)
            found += builds
            if len(builds) < self._source.page_size or not self._source.pages:
                break
            if any(self._is_history(build, ledger) for build in builds):
                break
        for build in reversed(found):
            if self._is_news(build) or self._store.build(build.key) is not None:
                self._take(build)
        ledger.read(build.number for build in found)

    def _is_history(self, build: Build, ledger: Ledger) -> bool:
        known = self._store.build(build.key) is not None and build.number <= ledger.cursor
        return known or not self._is_news(build)
