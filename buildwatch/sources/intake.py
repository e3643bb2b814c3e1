"""Takes in what is told of one server's builds, and has those read of which nothing, or not enough, was told.

Merging does not depend on the order, so all is taken in as it comes: events, rows of lists, builds that were read. What
is left to decide is which builds are to be read, and when: those whose stages nobody told, and unfinished ones of which
nothing was heard for a while.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial

from msgspec.structs import replace

from buildwatch.ledger import Mark
from buildwatch.merge import before_last_second, is_another_run
from buildwatch.model import Build, BuildKey, Status
from buildwatch.sources.base import Source, may_be_killed
from buildwatch.sources.beginning import Beginning
from buildwatch.sources.gaps import Gaps
from buildwatch.sources.reads import IDLE, SOON, Reads
from buildwatch.store import Changes, Store

BEAT = 10.0
"""Seconds between reads of an unfinished build that nothing else tells of."""

SLOW_BEAT = 30.0
"""Seconds between reads of a running build whose row the list of repos confirms: only its stages may have moved."""

SETTLE = 0.3
"""Seconds to wait before the stages of a build are read: most often an event brings them meanwhile."""

DENIED = 60.0
"""Seconds until a build that the server does not give is asked for again."""


class Intake:
    """What comes in of one server. `tell` hears every change; `ended` that a build has, as a stream should have told.

    `gaps` are the builds that nobody told of; `marks` where they stood when the server was last watched.
    """

    def __init__(
        self,
        source: Source,
        store: Store,
        reads: Reads,
        beginning: Beginning,
        *,
        tell: Callable[[Changes], None],
        ended: Callable[[], None],
        marks: Mapping[str, Mark],
    ) -> None:
        self._source = source
        self._store = store
        self._reads = reads
        self._beginning = beginning
        self._tell = tell
        self._ended = ended
        self.gaps = Gaps(source, store, reads, is_news=beginning.is_news, take=self.take_row, marks=marks)
        self._evidence: dict[BuildKey, float] = {}  # loop time of the last word on an unfinished build

    # what is told

    def take_event(self, build: Build, heard: float) -> None:
        """What the stream told, at loop time `heard`: it is news, whenever the build began."""
        self._evidence[build.key] = heard
        if not self._beginning.is_news(build):
            self._lay_ground(build)
        self.take(build, news=True)

    def take_row(self, build: Build) -> None:
        """What a list tells, or a read."""
        self.take(build, news=self._beginning.is_news(build))

    def take(self, build: Build, *, news: bool) -> None:
        """Take a build in, and have it read where that is needed to know how it stands."""
        if self._store.is_old_news(build):
            return
        before = self._store.build(build.key)
        unknown = before is None
        self.gaps.saw(build, unknown=unknown)
        soon = asyncio.get_running_loop().time() + SETTLE
        fresh = news or before is not None
        ends = before is None or not before.status.ended or is_another_run(before, build)
        doubtful = ends and may_be_killed(self._source, build)
        if fresh and (doubtful or (before is not None and self._lacks_run(before, build))):
            self.want(build, at=0.0, sooner=True)
            return
        moved = self.apply(build, news=news)
        known = self._store.build(build.key)
        if known is None or known.status.ended:
            self._evidence.pop(build.key, None)
            self._beginning.synced_with(build.key)
            stages = known.stages if known is not None else ()
            if known is not None and stages and not all(stage.status.ended for stage in stages):
                if moved:  # they ended with it, which a row of a list does not tell
                    self.want(known, at=soon, sooner=True)
            elif known is not None and fresh and ends and self._may_be_overtaken(known):
                self.want(known, at=soon, sooner=True)
            elif stages is not None:
                self._reads.drop(("build", build.key))
            elif known is not None and fresh and moved:
                self.want(known, at=soon)  # nothing has told of them
            elif known is not None and doubtful:
                self.want(known, at=0.0, priority=IDLE)  # how it ended before we began
        elif unknown or known.stages is None:
            self.want(known, at=soon, sooner=known.stages is None)

    def apply(self, build: Build, *, news: bool) -> bool:
        """Put a build into the store and tell what that changed. Whether it said anything new."""
        changes = self._store.apply(build, news=news)
        if changes:
            self._tell(changes)
        if any(move.step is None and move.stage is None and move.after in _TOLD_ENDS for move in changes.moves):
            self._ended()
        return bool(changes)

    def _lay_ground(self, build: Build) -> None:
        """Take in as history what the first event of a build that already was says of stages and steps that were."""
        known = self._store.build(build.key)
        if known is None:
            if build.status.ended or self._beginning.synced.is_set():
                return  # the first that is heard of it
            known = build
        elif known.stages is not None:
            return
        self.apply(replace(known, stages=before_last_second(build.stages or ())), news=False)

    def _lacks_run(self, held: Build, row: Build) -> bool:
        """Whether a row tells the end of another run under the same number, whose stages are to be told with it."""
        if self._source.global_ids or row.stages is not None or not row.status.ended:
            return False
        return is_another_run(held, row) or (held.stages == () and not held.status.ended)

    def _may_be_overtaken(self, ended: Build) -> bool:
        """Whether its last event may say less than the server knows: before 1.0, of the step that was stopped."""
        return ended.status == Status.KILLED and not self._source.global_ids

    # what is read

    def want(self, build: Build, *, at: float, sooner: bool = False, priority: int = SOON) -> None:
        """Have a build read with its stages at loop time `at`; see `Reads.want`."""
        job = partial(self._read, build.key, build.repo, build.number)
        self._reads.want(("build", build.key), job, at=at, sooner=sooner, priority=priority)

    def want_now(self, build: Build) -> None:
        """Have it read as soon as possible, whatever was heard of it."""
        self._evidence.pop(build.key, None)
        self.want(build, at=0.0, sooner=True)

    def want_if_odd(self, row: Build, asked: float) -> None:
        """Read a build whose row in a list is not what is held, where a list cannot tell an old row from a new run.

        `asked` is the loop time at which the list was: what was heard of the build since may be later than the row.
        """
        held = self._store.build(row.key)
        if (
            self._source.global_ids
            or held is None
            or held.status == row.status
            or held.status.rank == row.status.rank == 0
            or self._evidence.get(row.key, 0.0) > asked
        ):
            return
        self.want_now(held)

    def want_unlisted(self) -> None:
        """Have the unfinished builds read that no list tells of, those of which nothing was heard for a beat."""
        for build in self._store.unfinished(self._source.name):
            if not self._is_newest(build):
                self.want(build, at=self._evidence.get(build.key, 0.0) + BEAT, sooner=True)

    def doubt(self) -> None:
        """Events may have been lost: what was heard counts no more, and what no list tells of is read at once."""
        now = asyncio.get_running_loop().time()
        for build in self._store.unfinished(self._source.name):
            self._evidence.pop(build.key, None)
            if not self._is_newest(build):
                self.want(build, at=now, sooner=True)

    def gone(self, key: BuildKey) -> None:
        """A build is not kept any more: its repo is gone."""
        self._evidence.pop(key, None)
        self._reads.drop(("build", key))
        self._beginning.synced_with(key)

    def denied(self, key: BuildKey) -> None:
        """The server does not give a build: it was purged, or the right to it is gone."""
        self._evidence[key] = asyncio.get_running_loop().time() + DENIED - BEAT

    async def _read(self, key: BuildKey, slug: str, number: int) -> float | None:
        """Read one build, unless something else has told of it meanwhile; when to look again."""
        now = asyncio.get_running_loop().time()
        known = self._store.build(key)
        if known is not None and known.stages is not None and key in self._evidence:
            self._beginning.synced_with(key)
            due = self._evidence[key] + self._beat(known)
            if due > now:
                return due
        build = await self._source.build(slug, number)
        self._evidence[key] = now
        self.take_row(build)
        self._beginning.synced_with(key)
        known = self._store.build(key)
        return now + self._beat(known) if known is not None and not known.status.ended else None

    def _beat(self, build: Build) -> float:
        return SLOW_BEAT if build.status == Status.RUNNING and self._is_newest(build) else BEAT

    def _is_newest(self, build: Build) -> bool:
        newest = self._store.newest(build.repo_key)
        return newest is not None and newest.id == build.id


_TOLD_ENDS = frozenset({Status.SUCCESS, Status.FAILURE})
