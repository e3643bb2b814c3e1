"""A recording as a server: it answers what was known at the moment that is played, and its stream tells what happened.

So all that stands on a `Source` works on a recording as it does on a server: the screen, `watch`, `notify`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

from msgspec.structs import replace

from buildwatch.model import Build, Repo
from buildwatch.recording import Entry, Known, Listed, Playhead, Printed, Watched
from buildwatch.sources.base import Told
from buildwatch.sources.errors import Denied
from buildwatch.sources.stored import at_once
from buildwatch.wire.drone1 import User
from buildwatch.wire.loglines import Piece

LOOK: Final = 0.25
"""Seconds after which is looked at the latest whether the recording goes on, or faster."""

RECENT: Final = 25
"""How many builds `recent` gives."""

_Place = tuple[str, int, int, int]


class ReplaySource:
    """One server of a recording. `now` is our clock, in unix seconds."""

    pages = True
    page_size = 100
    actions: frozenset[str] = frozenset()

    def __init__(self, name: str, entries: Sequence[Entry], head: Playhead, now: Callable[[], float]) -> None:
        self.name = name
        self._entries = [entry for entry in entries if _server_of(entry) == name]
        self._head = head
        self._now = now
        self._next = 0
        self._server = next(entry for entry in self._entries if isinstance(entry, Watched))
        self.url = self._server.url
        self._repos: dict[str, Repo] = {}
        self._builds: dict[str, dict[int, Build]] = {}
        self._logs: dict[_Place, Printed] = {
            (entry.repo, entry.number, entry.stage, entry.step): entry
            for entry in self._entries
            if isinstance(entry, Printed)
        }
        self._told: asyncio.Queue[Told] | None = None
        self.requests = 0

    @property
    def kind(self) -> str:
        """What it ran."""
        return self._server.kind

    @property
    def global_ids(self) -> bool:
        """As it was with the server."""
        return self._server.global_ids

    def time_there(self, ours: float) -> float:
        """What time it was at the server, unix seconds, at what is played when our clock says `ours`."""
        return self._head.at(ours) + self._server.ahead

    def now(self) -> int:
        """The same, at this moment."""
        return int(self.time_there(self._now()))

    async def version(self) -> str:
        """The server's word for its version."""
        self._catch_up()
        return self._server.version

    async def user(self) -> User:
        """Whose token was used."""
        self._catch_up()
        return User(self._server.user, self._server.admin)

    async def repos(self) -> list[tuple[Repo, Build | None]]:
        """The repos that there were, with the newest build of each."""
        self._catch_up()
        self._head.start(self._now())  # what happens from here on is news
        return [(repo, next(iter(self._of(slug)), None)) for slug, repo in self._repos.items()]

    async def recent(self) -> list[Build]:
        """The newest builds of all repos."""
        self._catch_up()
        return sorted(self._all(), key=lambda build: -build.id)[:RECENT]

    async def incomplete(self) -> list[Build]:
        """The builds that had not ended."""
        self._catch_up()
        return [build for build in self._all() if not build.status.ended]

    async def builds(self, slug: str, page: int = 1, size: int = 100) -> list[Build]:
        """A page of a repo's builds, newest first."""
        self._catch_up()
        return self._of(slug)[(page - 1) * size : page * size]

    async def build(self, slug: str, number: int) -> Build:
        """A build with its stages, as far as they are in the recording."""
        self._catch_up()
        for build in self._builds.get(slug, {}).values():
            if build.number == number:
                return build if build.stages is not None else replace(build, stages=())
        raise Denied(f"the recording has no {slug}#{number} yet", 404)

    @asynccontextmanager
    async def log(self, slug: str, number: int, stage: int, step: int) -> AsyncIterator[AsyncIterator[list[Piece]]]:
        """What a step printed, where it was recorded."""
        yield at_once(self._printed(slug, number, stage, step))

    def _printed(self, slug: str, number: int, stage: int, step: int) -> Sequence[Piece]:
        kept = self._logs.get((slug, number, stage, step))
        if kept is None:
            raise Denied("the recording has no log of this step", 410)
        return kept.pieces

    @asynccontextmanager
    async def events(self) -> AsyncIterator[AsyncIterator[list[Told]]]:
        """What happens from now on, when it did."""
        self._catch_up()
        told = self._told = asyncio.Queue()
        try:
            yield self._play(told)
        finally:
            if self._told is told:
                self._told = None

    @asynccontextmanager
    async def follow(self, slug: str, number: int, stage: int, step: int) -> AsyncIterator[AsyncIterator[list[Piece]]]:
        """What a step printed, when it did: each piece has the time since its step began."""
        pieces = self._printed(slug, number, stage, step)
        began = self._began(slug, number, stage, step)
        yield self._print(pieces, began - self._server.ahead)

    async def _play(self, told: asyncio.Queue[Told]) -> AsyncIterator[list[Told]]:
        while True:
            self._catch_up()
            batch = []
            while not told.empty():
                batch.append(told.get_nowait())
            if batch:
                yield batch
            following = self._entries[self._next].at if self._next < len(self._entries) else float("inf")
            await self._until(following)

    async def _print(self, pieces: Sequence[Piece], began: float) -> AsyncIterator[list[Piece]]:
        given = 0
        while given < len(pieces):
            at = self._head.at(self._now())
            due = given
            while due < len(pieces) and began + pieces[due].time <= at:
                due += 1
            if due > given:
                yield list(pieces[given:due])
                given = due
            else:
                await self._until(began + pieces[given].time)

    async def _until(self, at: float) -> None:
        await asyncio.sleep(max(0.01, min(LOOK, self._head.seconds_to(at, self._now()))))

    def _catch_up(self) -> None:
        """Take in what has happened by now."""
        self.requests += 1
        at = self._head.at(self._now())
        while self._next < len(self._entries) and self._entries[self._next].at <= at:
            self._take(self._entries[self._next])
            self._next += 1

    def _take(self, entry: Entry) -> None:
        if isinstance(entry, Watched):
            self._server = entry
        elif isinstance(entry, Listed):
            self._repos = {repo.slug: repo for repo in entry.repos}
        elif isinstance(entry, Known):
            build = entry.build
            self._builds.setdefault(build.repo, {})[build.id] = build
            repo = self._repos.get(build.repo)
            if entry.told and repo is not None and self._told is not None:
                self._told.put_nowait((repo, build))

    def _all(self) -> list[Build]:
        return [replace(build, stages=None) for of in self._builds.values() for build in of.values()]

    def _of(self, slug: str) -> list[Build]:
        """A repo's builds, newest first, as lists tell them: without stages."""
        known = self._builds.get(slug, {})
        return [replace(known[id], stages=None) for id in sorted(known, reverse=True)]

    def _began(self, slug: str, number: int, stage: int, step: int) -> float:
        """When a step began, by the server's clock."""
        for build in self._builds.get(slug, {}).values():
            at = build.stage(stage) if build.number == number else None
            found = at.step(step) if at is not None else None
            if found is not None:
                return found.started
        return 0.0

    def page_of(self, build: Build, stage: int | None = None, step: int | None = None) -> str:
        """Where the code host shows it; the server's own pages are not known here."""
        return build.link or self.url

    # nothing can be done to what is past

    async def restart(self, slug: str, number: int, params: Mapping[str, str]) -> Build | None:
        """Not possible."""
        raise _past()

    async def cancel(self, slug: str, number: int) -> None:
        """Not possible."""
        raise _past()

    async def approve(self, slug: str, number: int) -> None:
        """Not possible."""
        raise _past()

    async def decline(self, slug: str, number: int) -> None:
        """Not possible."""
        raise _past()

    async def promote(self, slug: str, number: int, target: str, params: Mapping[str, str]) -> Build | None:
        """Not possible."""
        raise _past()

    async def rollback(self, slug: str, number: int, target: str, params: Mapping[str, str]) -> Build | None:
        """Not possible."""
        raise _past()

    async def create(self, slug: str, branch: str, commit: str, params: Mapping[str, str]) -> Build | None:
        """Not possible."""
        raise _past()

    async def close(self) -> None:
        """Nothing is open."""


def _past() -> Denied:
    return Denied("a recording is past: nothing can be done to its builds", 405)


def _server_of(entry: Entry) -> str:
    if isinstance(entry, Watched):
        return entry.name
    if isinstance(entry, Known):
        return entry.build.server
    return entry.server if isinstance(entry, Listed | Printed) else ""
