"""Keeps the store in step with one server: the stream is a hint, what is read is the truth.

The stream is opened, then the state is read; events wait until the first list of repos is in the store. From then on
everything is applied as it comes, since merging does not depend on the order. Beside the stream the list of repos is
read on a beat, a repo's builds where its newest is not the next one (`Ledger`), and each unfinished build that nothing
was heard of for a while. So what no stream tells (creations, cancels, approvals, lost events) is found within one beat.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from random import Random

from msgspec.structs import replace

from buildwatch.ledger import Mark
from buildwatch.merge import before_last_second, is_another_run
from buildwatch.model import Build, BuildKey, Repo, RepoKey, Status
from buildwatch.sources.base import Source, Told, may_be_killed
from buildwatch.sources.beginning import Beginning
from buildwatch.sources.connection import Connection
from buildwatch.sources.errors import Denied, SourceError, Stranger, Unauthorized, Unreachable
from buildwatch.sources.gaps import Gaps
from buildwatch.sources.reads import Reads
from buildwatch.sources.stream import Stream
from buildwatch.store import DETAILS_KEPT, Changes, Store

BEAT = 10.0
"""Seconds between reads of the list of repos, and of an unfinished build that nothing else tells of."""

SLOW_BEAT = 30.0
"""Seconds between reads of a running build whose row the list of repos confirms: only its stages may have moved."""

SETTLE = 0.3
"""Seconds to wait before the stages of a build are read: most often an event brings them meanwhile."""

DENIED = 60.0
"""Seconds until a build that the server does not give is asked for again."""

FIRST_STREAM = 0.5
"""Seconds that the first read waits for the stream, so that nothing falls between the two."""

DEAF = 15.0
"""Seconds without a byte after which an end that only a read told shows that the stream is dead."""

URGENT, SOON, IDLE = 0, 1, 2


class Watcher:
    """One server's keeper. `tell` hears every change, in order; nothing else is called from here.

    `marks` say by repo up to where the server was watched before: what came after that is told as news.
    """

    def __init__(
        self,
        source: Source,
        store: Store,
        tell: Callable[[Changes], None],
        *,
        random: Random | None = None,
        now: Callable[[], float] = time.time,
        marks: Mapping[str, Mark] | None = None,
    ) -> None:
        self.source = source
        self.name = source.name
        self._store = store
        self._tell = tell
        self._now = now
        self._random = random or Random()  # noqa: S311  (spreads requests; nothing secret)
        self._connection = Connection(source, store, tell, now)
        self._reads = Reads(self._random, failed=self._on_failed, answered=self._on_answer)
        self._stream = Stream(source, self._random, opened=self._on_open, told=self._on_told, ended=self._on_stream_end)
        self._beginning = Beginning(source, ("list", "user", "recent"), marks or {})
        self._gaps = Gaps(
            source,
            store,
            self._reads,
            is_news=self._beginning.is_news,
            take=lambda build: self._take(build, news=self._beginning.is_news(build)),
            marks=marks or {},
        )
        self._evidence: dict[BuildKey, float] = {}  # loop time of the last word on an unfinished build
        self._ahead = 0.0  # of our clock before the loop's, which stands still while the machine sleeps
        self._stream_repos: frozenset[str] = frozenset()
        self._recent_at = 0  # when the newest builds of all repos were asked for last, by the server's clock too
        self._listed_at = 0  # when the list of repos was asked for last, unix seconds of the server

    @property
    def heard(self) -> float:
        """When the server was last heard of, unix seconds of our clock; 0 for never."""
        return self._connection.heard

    @property
    def synced(self) -> asyncio.Event:
        """Set once all that already ran at the start is known."""
        return self._beginning.synced

    @property
    def caught_up(self) -> bool:
        """Whether all is known that ran at the start or came since the marks, as far as the server's lists tell it."""
        return self.synced.is_set() and not self._reads.any("repo")

    @property
    def looks_back(self) -> bool:
        """Whether something that `look_back` asked for has not been read yet."""
        return self._reads.any("history")

    def mark(self, slug: str) -> Mark:
        """Up to where a repo's builds are accounted for, so that another watcher can go on from there (`marks`)."""
        return self._gaps.mark(slug)

    async def run(self) -> None:
        """Watch until cancelled."""
        self._ahead = self._now() - asyncio.get_running_loop().time()
        self._reads.want("list", self._list, at=0.0, priority=URGENT)
        self._reads.want("user", self._user, at=0.0)
        self._reads.want("version", self._version, at=0.0)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._stream.run())
            group.create_task(self._reads.run())

    def retry(self) -> None:
        """Try again now: a person says that something was mended."""
        self._connection.refused = None
        self._stream.go_on()
        self._reads.go_on()
        self._reads.want("user", self._user, at=0.0, sooner=True)
        self._resync()

    def look_at(self, build: Build) -> None:
        """Read this build with its stages as soon as possible."""
        self._evidence.pop(build.key, None)
        self._want(build, at=0.0, sooner=True)

    def look_back(self, repo: RepoKey, builds: int = 25) -> None:
        """Read the latest builds of a repo when there is nothing more urgent."""

        async def job() -> None:
            if repo not in self._store.repos:
                return  # it is gone
            rows = await self.source.builds(repo.slug, 1, builds)
            for build in reversed(rows):
                self._apply(build, news=self._beginning.is_news(build))
            self._tell(Changes(read_back={repo}))
            for build in rows[:DETAILS_KEPT]:
                held = self._store.build(build.key)
                if held is not None and held.status.ended and may_be_killed(self.source, held):
                    self._want(held, at=0.0, priority=IDLE)

        self._reads.want(("history", repo.slug, builds), job, at=0.0, priority=IDLE)

    async def find(self, slug: str, number: int) -> Build | None:
        """Read a build by its number; None where its repo is not in the list, or it is too old to be kept.

        Raises `SourceError`.
        """
        if RepoKey(self.name, slug) not in self._store.repos:
            return None
        build = await self.source.build(slug, number)
        self._take(build, news=self._beginning.is_news(build))
        return self._store.build(build.key)

    # the stream

    def _on_open(self) -> None:
        self._reads.is_there()
        if self._beginning.early is None:
            self._stream_repos = self._slugs()
            self._resync()
        self._connection.update(stream_open=True)

    def _on_told(self, batch: list[Told]) -> None:
        self._connection.is_heard()
        for told in batch:
            if self._beginning.early is not None:
                self._beginning.early.append(told)
            else:
                self._on_event(told)

    def _on_stream_end(self, error: SourceError | None) -> None:
        if isinstance(error, Unauthorized):
            self._refuse(error)
        elif self._beginning.early is None:
            if isinstance(error, Unreachable) and not self._connection.server.said:
                self._want_list()  # is it only the stream, or is the server away?
            self._connection.update(stream_open=False, said=str(error or ""))

    def _on_event(self, told: Told) -> None:
        repo, build = told
        if repo.key not in self._store.repos:
            return  # somebody else's public repo: the list says which ones are ours
        self._evidence[build.key] = self._stream.heard
        if not self._beginning.is_news(build):
            self._lay_ground(build)
        self._take(build, news=True)

    def _lay_ground(self, build: Build) -> None:
        """Take in as history what the first event of a build that already was says of stages and steps that were."""
        known = self._store.build(build.key)
        if known is None:
            if build.status.ended or self.synced.is_set():
                return  # the first that is heard of it
            known = build
        elif known.stages is not None:
            return
        self._apply(replace(known, stages=before_last_second(build.stages or ())), news=False)

    def _resync(self) -> None:
        """Events may have been lost: read what the list of repos tells, and at once what it does not."""
        loop_time = asyncio.get_running_loop().time()
        self._want_list()
        self._want_runs_again()
        for build in self._store.unfinished(self.name):
            self._evidence.pop(build.key, None)
            if not self._is_newest(build):
                self._want(build, at=loop_time, sooner=True)

    # what is read

    def _want_list(self) -> None:
        now = asyncio.get_running_loop().time()
        self._reads.want("list", self._list, at=now, priority=URGENT, sooner=True)

    async def _user(self) -> None:
        try:
            user = await self.source.user()
        except Stranger:
            if not self._connection.server.listed:
                raise
            self._beginning.synced_with("user")
            return
        self._connection.set(user=user.login, admin=user.admin)
        if user.admin and self._beginning.early is None:
            self._want_incomplete()
        self._beginning.synced_with("user")

    async def _version(self) -> None:
        try:
            version = await self.source.version()
        except Stranger:
            if not self._connection.server.listed:
                raise
            return  # all the rest is there: it can do without
        self._connection.set(version=version, kind=self.source.kind)

    async def _list(self) -> float:
        loop = asyncio.get_running_loop()
        if self._beginning.early is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stream.tried.wait(), FIRST_STREAM)
            self._beginning.early.clear()  # what came before we ask is in the answer
        asked, since = loop.time(), self._listed_at
        listed_at = self.source.now()
        rows = await self.source.repos()
        self._listed_at = listed_at or self.source.now()
        if self._connection.misses:
            self._stream.go_on()  # it is back
        self._connection.misses = 0
        self._set_repos([repo for repo, _ in rows])
        newest = [build for _, build in rows if build is not None]
        if not self._store.repos and self._beginning.early is not None:
            self._no_repos()
        elif self._beginning.early is not None:
            self._begin(newest)
        else:
            for build in newest:
                self._beginning.first_seen(build, since)
                self._take(build, news=self._beginning.is_news(build))
                self._read_if_odd(build, asked)
            self._gaps.look(newest)
        for build in self._store.unfinished(self.name):
            if not self._is_newest(build):
                self._want(build, at=self._evidence.get(build.key, 0.0) + BEAT, sooner=True)
        if not self._stream.open:
            self._want_runs_again()
        self._check_stream()
        return asked + BEAT

    def _set_repos(self, repos: list[Repo]) -> None:
        watched = self._store.unfinished(self.name)
        self._tell(self._store.set_repos(self.name, repos))
        for build in watched:
            if self._store.build(build.key) is None:  # its repo is gone
                self._evidence.pop(build.key, None)
                self._reads.drop(("build", build.key))
                self._beginning.synced_with(build.key)

    def _no_repos(self) -> None:
        """A list without repos is no begin: a server in trouble sends one, and what it tells later was there before."""
        self._connection.set(listed=True)
        self._beginning.synced_with("list", "recent")

    def _begin(self, newest: list[Build]) -> None:
        """The first list: what is in it already was."""
        self._beginning.begin(self._slugs(), newest)
        for build in newest:
            self._take(build, news=self._beginning.is_news(build))  # some is, where we only begin again
        self._gaps.look(newest)
        early, self._beginning.early = self._beginning.early or [], None
        self._stream_repos = self._slugs()
        self._connection.set(listed=True)
        self._beginning.wait_for("recent")
        for told in early:
            self._on_event(told)
        self._beginning.wait_for(*(build.key for build in self._store.unfinished(self.name)))
        self._beginning.synced_with("list")
        self._reads.want("recent", self._recent, at=0.0)
        if self._connection.server.admin:
            self._want_incomplete()

    def _want_runs_again(self) -> None:
        """Where a build can run again under its number, one that is not its repo's newest may, and only events tell."""
        if not self.source.global_ids:
            self._reads.want("recent", self._recent, at=asyncio.get_running_loop().time(), sooner=True)

    async def _recent(self) -> None:
        """What runs, or ran again, and is not its repo's newest, as far as the server tells it in one request."""
        asked, since = asyncio.get_running_loop().time(), self._recent_at
        recent_at = self.source.now()
        with suppress(Denied):
            recent = await self.source.recent()
            self._take_runs_between(recent, since)
            self._take_running(recent, asked)
            self._recent_at = recent_at
        self._beginning.synced_with("recent")

    def _take_runs_between(self, builds: Iterable[Build], since: int) -> None:
        """Know of builds of old that began to run again after `since`, when all that ran was read: their ends are told.

        `since` is in unix seconds of the server, 0 for never.
        """
        for build in builds if since and not self.source.global_ids else ():
            known = self._store.build(build.key) is not None or self._beginning.is_news(build)
            if build.repo_key in self._store.repos and not known and build.status.ended and build.started > since:
                self._apply(replace(build, status=Status.RUNNING, finished=0), news=False)

    def _want_incomplete(self) -> None:
        self._beginning.wait_for("incomplete")
        self._reads.want("incomplete", self._incomplete, at=0.0)

    async def _incomplete(self) -> None:
        """The same for admins: all that is queued or runs."""
        asked = asyncio.get_running_loop().time()
        with suppress(Denied):  # older servers do not know this call
            self._take_running(await self.source.incomplete(), asked)
        self._beginning.synced_with("incomplete")

    def _take_running(self, builds: Iterable[Build], asked: float) -> None:
        for build in builds:
            news = self._beginning.is_news(build)
            known = self._store.build(build.key) is not None
            if build.repo_key in self._store.repos and (news or known or not build.status.ended):
                self._take(build, news=news)
                self._read_if_odd(build, asked)

    async def _build(self, key: BuildKey, slug: str, number: int) -> float | None:
        """Read one build, unless something else has told of it meanwhile; when to look again."""
        now = asyncio.get_running_loop().time()
        known = self._store.build(key)
        if known is not None and known.stages is not None and key in self._evidence:
            self._beginning.synced_with(key)
            due = self._evidence[key] + self._beat(known)
            if due > now:
                return due
        build = await self.source.build(slug, number)
        self._evidence[key] = now
        self._take(build, news=self._beginning.is_news(build))
        self._beginning.synced_with(key)
        known = self._store.build(key)
        return now + self._beat(known) if known is not None and not known.status.ended else None

    # taking in

    def _take(self, build: Build, *, news: bool) -> None:
        if self._store.is_old_news(build):
            return
        before = self._store.build(build.key)
        unknown = before is None
        self._gaps.saw(build, unknown=unknown)
        soon = asyncio.get_running_loop().time() + SETTLE
        fresh = news or before is not None
        ends = before is None or not before.status.ended or is_another_run(before, build)
        doubtful = ends and may_be_killed(self.source, build)
        if fresh and doubtful:
            self._want(build, at=0.0, sooner=True)
            return
        moved = self._apply(build, news=news)
        known = self._store.build(build.key)
        if known is None or known.status.ended:
            self._evidence.pop(build.key, None)
            self._beginning.synced_with(build.key)
            stages = known.stages if known is not None else ()
            if known is not None and stages and not all(stage.status.ended for stage in stages):
                if moved:  # they ended with it, which a row of a list does not tell
                    self._want(known, at=soon, sooner=True)
            elif known is not None and fresh and ends and self._may_be_overtaken(known):
                self._want(known, at=soon, sooner=True)
            elif stages is not None:
                self._reads.drop(("build", build.key))
            elif known is not None and fresh and moved:
                self._want(known, at=soon)  # nothing has told of them
            elif known is not None and doubtful:
                self._want(known, at=0.0, priority=IDLE)  # how it ended before we began
        elif unknown or known.stages is None:
            self._want(known, at=soon, sooner=known.stages is None)

    def _may_be_overtaken(self, ended: Build) -> bool:
        """Whether its last event may say less than the server knows: before 1.0, of the step that was stopped."""
        return ended.status == Status.KILLED and not self.source.global_ids

    def _read_if_odd(self, row: Build, asked: float) -> None:
        """Read a build whose row in a list is not what is held, where a list cannot tell an old row from a new run.

        `asked` is the loop time at which the list was: what was heard of the build since may be later than the row.
        """
        held = self._store.build(row.key)
        if (
            self.source.global_ids
            or held is None
            or held.status == row.status
            or held.status.rank == row.status.rank == 0
            or self._evidence.get(row.key, 0.0) > asked
        ):
            return
        self._evidence.pop(row.key, None)
        self._want(held, at=0.0, sooner=True)

    def _apply(self, build: Build, *, news: bool) -> bool:
        """Whether it said anything new."""
        changes = self._store.apply(build, news=news)
        if changes:
            self._tell(changes)
        if any(move.step is None and move.stage is None and move.after in _TOLD_ENDS for move in changes.moves):
            self._doubt_stream()
        return bool(changes)

    def _doubt_stream(self) -> None:
        """A stream tells such ends, if it tells anything. One that has been silent for long is dead."""
        if asyncio.get_running_loop().time() - self._stream.heard > DEAF:
            self._stream.reopen()

    def _check_stream(self) -> None:
        """Which repos a stream tells of is fixed when it opens; and what it told while the machine slept is lost."""
        ahead = self._now() - asyncio.get_running_loop().time()
        slept, self._ahead = ahead - self._ahead > BEAT, ahead
        if slept or not self._slugs() <= self._stream_repos:
            self._stream.reopen()

    def _want(self, build: Build, *, at: float, sooner: bool = False, priority: int = SOON) -> None:
        job = partial(self._build, build.key, build.repo, build.number)
        self._reads.want(("build", build.key), job, at=at, sooner=sooner, priority=priority)

    def _beat(self, build: Build) -> float:
        return SLOW_BEAT if build.status == Status.RUNNING and self._is_newest(build) else BEAT

    def _is_newest(self, build: Build) -> bool:
        newest = self._store.newest(build.repo_key)
        return newest is not None and newest.id == build.id

    def _slugs(self) -> frozenset[str]:
        return frozenset(key.slug for key, repo in self._store.repos.items() if key.server == self.name and repo.active)

    # the state of the connection

    def _on_answer(self) -> None:
        self._connection.is_heard()
        self._connection.update(stream_open=self._stream.open)

    def _on_failed(self, key: Hashable, error: SourceError) -> None:
        if isinstance(error, Unauthorized):
            if key in ("list", "user"):
                self._refuse(error)
            else:
                self._reads.want("user", self._user, at=0.0)  # is it the token, or only this one thing?
            return
        if key == "list":
            self._connection.misses += 1
            if self._reads.away and not self._stream.open:
                self._stream.hold()  # one that knocks is enough
        elif isinstance(error, Denied):
            if isinstance(key, tuple) and key[0] == "build":  # it was purged, or the right to it is gone
                self._evidence[key[1]] = asyncio.get_running_loop().time() + DENIED - BEAT
            return
        self._connection.update(stream_open=self._stream.open, said=str(error))

    def _refuse(self, error: SourceError) -> None:
        """Only a person can mend this: nothing is tried again before `retry`."""
        self._connection.refused = error
        self._reads.hold()
        self._stream.hold()
        self._connection.update(stream_open=False)


_TOLD_ENDS = frozenset({Status.SUCCESS, Status.FAILURE})
