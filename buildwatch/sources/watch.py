"""Keeps the store in step with one server: the stream is a hint, what is read is the truth.

The stream is opened, then the state is read; events wait until the first list of repos is in the store. From then on
everything is applied as it comes, since merging does not depend on the order. Beside the stream the list of repos is
read on a beat, a repo's builds where its newest is not the next one (`Ledger`), and each unfinished build that nothing
was heard of for a while. So what no stream tells (creations, cancels, approvals, lost events) is found within one beat.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Hashable, Mapping
from contextlib import suppress
from random import Random

from buildwatch.ledger import Mark
from buildwatch.model import Build, Repo, RepoKey
from buildwatch.sources.backoff import FIRST
from buildwatch.sources.base import Source, Told, may_be_killed
from buildwatch.sources.beginning import Beginning
from buildwatch.sources.connection import Connection
from buildwatch.sources.errors import Denied, SourceError, Stranger, Unauthorized, Unreachable
from buildwatch.sources.intake import Intake
from buildwatch.sources.reads import IDLE, URGENT, Reads
from buildwatch.sources.running import Running
from buildwatch.sources.stream import Stream
from buildwatch.store import DETAILS_KEPT, Changes, Store

LIST_BEAT = 10.0
"""Seconds between reads of the list of repos."""

FIRST_STREAM = 0.5
"""Seconds that the first read waits for the stream, so that nothing falls between the two."""

DEAF = 15.0
"""Seconds without a byte after which an end that only a read told shows that the stream is dead."""


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
        self._intake = Intake(
            source, store, self._reads, self._beginning, tell=tell, ended=self._doubt_stream, marks=marks or {}
        )
        self._running = Running(source, store, self._reads, self._beginning, self._intake)
        self._ahead = 0.0  # of our clock before the loop's, which stands still while the machine sleeps
        self._stream_repos: frozenset[str] = frozenset()
        self._asked_at = float("-inf")  # when it was asked last for the list of repos, loop time
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
        return self._intake.gaps.mark(slug)

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

    def is_there(self) -> None:
        """A request to the server was granted, whoever made it: where it counts as away, see now whether it is back."""
        if self._connection.misses and self._connection.refused is None:
            at = max(asyncio.get_running_loop().time(), self._asked_at + FIRST)
            self._reads.is_there(at)
            self._reads.sooner("list", at)

    def look_at(self, build: Build) -> None:
        """Read this build with its stages as soon as possible."""
        self._intake.want_now(build)

    def look_back(self, repo: RepoKey, builds: int = 25) -> None:
        """Read the latest builds of a repo when there is nothing more urgent."""

        async def job() -> None:
            if repo not in self._store.repos:
                return  # it is gone
            rows = await self.source.builds(repo.slug, 1, builds)
            for build in reversed(rows):
                self._intake.apply(build, news=self._beginning.is_news(build))
            self._tell(Changes(read_back={repo}))
            for build in rows[:DETAILS_KEPT]:
                held = self._store.build(build.key)
                if held is not None and held.status.ended and may_be_killed(self.source, held):
                    self._intake.want(held, at=0.0, priority=IDLE)

        self._reads.want(("history", repo.slug, builds), job, at=0.0, priority=IDLE)

    async def find(self, slug: str, number: int) -> Build | None:
        """Read a build by its number; None where its repo is not in the list, or it is too old to be kept.

        Raises `SourceError`.
        """
        if RepoKey(self.name, slug) not in self._store.repos:
            return None
        build = await self.source.build(slug, number)
        self._intake.take_row(build)
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
        self._intake.take_event(build, self._stream.heard)

    def _resync(self) -> None:
        """Events may have been lost: read what the list of repos tells, and at once what it does not."""
        self._want_list()
        self._running.want_again()
        self._intake.doubt()

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
            self._running.want_all()
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
        self._asked_at = asked
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
                self._intake.take_row(build)
                self._intake.want_if_odd(build, asked)
            self._intake.gaps.look(newest)
        self._intake.want_unlisted()
        if not self._stream.open:
            self._running.want_again()
        self._check_stream()
        return asked + LIST_BEAT

    def _set_repos(self, repos: list[Repo]) -> None:
        watched = self._store.unfinished(self.name)
        self._tell(self._store.set_repos(self.name, repos))
        for build in watched:
            if self._store.build(build.key) is None:
                self._intake.gone(build.key)

    def _no_repos(self) -> None:
        """A list without repos is no begin: a server in trouble sends one, and what it tells later was there before."""
        self._connection.set(listed=True)
        self._beginning.synced_with("list", "recent")

    def _begin(self, newest: list[Build]) -> None:
        """The first list: what is in it already was."""
        self._beginning.begin(self._slugs(), newest)
        for build in newest:
            self._intake.take_row(build)  # some of it is news, where we only begin again
        self._intake.gaps.look(newest)
        early, self._beginning.early = self._beginning.early or [], None
        self._stream_repos = self._slugs()
        self._connection.set(listed=True)
        self._beginning.wait_for("recent")
        for told in early:
            self._on_event(told)
        self._beginning.wait_for(*(build.key for build in self._store.unfinished(self.name)))
        self._beginning.synced_with("list")
        self._running.want()
        if self._connection.server.admin:
            self._running.want_all()

    def _doubt_stream(self) -> None:
        """A stream tells such ends, if it tells anything. One that has been silent for long is dead."""
        if asyncio.get_running_loop().time() - self._stream.heard > DEAF:
            self._stream.reopen()

    def _check_stream(self) -> None:
        """Which repos a stream tells of is fixed when it opens; and what it told while the machine slept is lost."""
        ahead = self._now() - asyncio.get_running_loop().time()
        slept, self._ahead = ahead - self._ahead > LIST_BEAT, ahead
        if slept or not self._slugs() <= self._stream_repos:
            self._stream.reopen()

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
            if isinstance(key, tuple) and key[0] == "build":
                self._intake.denied(key[1])
            return
        self._connection.update(stream_open=self._stream.open, said=str(error))

    def _refuse(self, error: SourceError) -> None:
        """Only a person can mend this: nothing is tried again before `retry`."""
        self._connection.refused = error
        self._reads.hold()
        self._stream.hold()
        self._connection.update(stream_open=False)
