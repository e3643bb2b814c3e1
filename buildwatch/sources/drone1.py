"""Drone 1.x and 2.x: which call says what.

Endpoints and their behaviour as in the router and handlers of drone/drone v2.28.2 (`handler/api/api.go`).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TypeVar

from buildwatch.model import Build, Repo, Stage, Status
from buildwatch.sources.base import Told
from buildwatch.sources.errors import Broken, Denied
from buildwatch.sources.http import Http
from buildwatch.sources.slugs import slug_path
from buildwatch.sources.stored import in_parts
from buildwatch.wire import drone1, sse
from buildwatch.wire.drone1 import User
from buildwatch.wire.fields import BadAnswer
from buildwatch.wire.loglines import Piece
from buildwatch.wire.pieces import ListReader

T = TypeVar("T")


class DroneSource:
    """One Drone 1.x or 2.x server."""

    kind = "drone"
    global_ids = True
    page_size = 100
    pages = True
    actions = frozenset({"restart", "cancel", "approve", "decline", "promote", "rollback", "create"})

    def __init__(self, http: Http) -> None:
        self.name = http.address.name
        self.url = http.address.url
        self._http = http

    @property
    def requests(self) -> int:
        """How many requests were sent so far."""
        return self._http.requests

    def now(self) -> int:
        """The server's time, unix seconds; 0 where it has not told it."""
        return self._http.now()

    async def version(self) -> str:
        """As in `GET /version`."""
        return self._read(drone1.read_version, await self._http.get("/version"))

    async def user(self) -> User:
        """As in `GET /api/user`. A wrong token is 401 only here and where a login is needed (`handler/api/auth`)."""
        return self._read(drone1.read_user, await self._http.get("/api/user"))

    async def repos(self) -> list[tuple[Repo, Build | None]]:
        """All repos, each with its newest build. Only the literal `true` counts."""
        body = await self._http.get("/api/user/repos", latest="true")
        return self._read(lambda data: drone1.read_repos(self.name, data), body)

    async def recent(self) -> list[Build]:
        """The 25 newest builds over all repos."""
        return await self._nested("/api/user/builds")

    async def incomplete(self) -> list[Build]:
        """Up to 50 builds with a stage that is queued or runs. For admins; not in Drone before 1.0 rc."""
        return await self._nested("/api/builds/incomplete")

    async def builds(self, slug: str, page: int = 1, size: int = 100) -> list[Build]:
        """A page of builds; `size` is at most 100 (more counts as 25)."""
        body = await self._http.get(f"{_repo(slug)}/builds", page=page, per_page=size)
        return self._read(lambda data: drone1.read_builds(self.name, slug, data), body)

    async def build(self, slug: str, number: int) -> Build:
        """One build with stages and steps."""
        body = await self._http.get(f"{_repo(slug)}/builds/{number}")
        build = self._one(slug, body)
        if build is None:
            raise Broken(f"{self.name} has nothing to say of {slug}#{number}")
        return build

    @asynccontextmanager
    async def log(self, slug: str, number: int, stage: int, step: int) -> AsyncIterator[AsyncIterator[list[Piece]]]:
        """The stored log, at most 5 MiB of it: its oldest pieces may be missing."""
        async with self._http.parts(f"{_repo(slug)}/builds/{number}/logs/{stage}/{step}") as chunks:
            yield in_parts(chunks, ListReader(drone1.read_log), self._read)

    @asynccontextmanager
    async def events(self) -> AsyncIterator[AsyncIterator[list[Told]]]:
        """`GET /api/stream`: whole snapshots, nothing replayed. Which repos it tells of is fixed when it opens."""
        async with self._http.stream("/api/stream") as chunks:
            yield self._events(chunks)

    async def _events(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[list[Told]]:
        async for batch in self._decoded(chunks):
            told = []
            for data in batch:
                try:
                    told.append(drone1.read_event(self.name, data))
                except BadAnswer:
                    continue  # one strange event is no reason to miss the next; REST has the truth
            yield told

    @asynccontextmanager
    async def follow(self, slug: str, number: int, stage: int, step: int) -> AsyncIterator[AsyncIterator[list[Piece]]]:
        """The live log. It ends at once for a step that has not begun or has ended."""
        async with self._http.stream(f"/api/stream/{slug_path(slug)}/{number}/{stage}/{step}") as chunks:
            yield self._pieces(chunks)

    async def _pieces(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[list[Piece]]:
        async for batch in self._decoded(chunks):
            pieces = []
            for data in batch:
                try:
                    pieces.append(drone1.read_log_event(data))
                except BadAnswer:
                    continue
            yield pieces

    async def _decoded(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[list[bytes]]:
        """The data of the events in each piece of the wire, until the server says `error` (`eof`) or the wire ends."""
        decoder = sse.Decoder()
        async for chunk in chunks:
            try:
                events = decoder.feed(chunk)
            except sse.TooLarge:
                raise Broken(f"{self.name} sends an event without end") from None
            yield [event.data for event in events if event.type == "message"]
            if any(event.type == "error" for event in events):
                return

    async def restart(self, slug: str, number: int, params: Mapping[str, str]) -> Build | None:
        """A new build with `number` as its parent. One that waits for approval starts without it."""
        return await self._post(slug, f"{number}", params)

    async def cancel(self, slug: str, number: int) -> None:
        """Nothing on the stream tells of it, so whoever cancels reads the build again."""
        await self._http.send("DELETE", f"{_repo(slug)}/builds/{number}")

    async def approve(self, slug: str, number: int) -> None:
        """All blocked stages in one go: a stage approved after the one it waits for has ended would wait for ever.

        Before 2.20 an approved stage starts at once, whatever it waits for (`stages/approve.go`): there only the stages
        whose turn it is, and the others later.
        """
        build = await self.build(slug, number)
        stages = _blocked(build)
        if await self._starts_out_of_turn():
            ended = {stage.name for stage in build.stages or () if stage.status.ended}
            stages = [stage for stage in stages if ended.issuperset(stage.depends_on)]
            if not stages:
                raise Denied(f"{build.address} has to wait: what could be approved waits for stages still to end", 400)
        await self._answer(build, stages, "approve")

    async def decline(self, slug: str, number: int) -> None:
        """All blocked stages, one call each: servers before 2.23 have no call for the whole build."""
        build = await self.build(slug, number)
        await self._answer(build, _blocked(build), "decline")

    async def _answer(self, build: Build, stages: list[Stage], answer: str) -> None:
        place = f"{_repo(build.repo)}/builds/{build.number}/{answer}"
        calls = (self._http.send("POST", f"{place}/{stage.number}") for stage in stages)
        for result in await asyncio.gather(*calls, return_exceptions=True):
            if isinstance(result, BaseException):
                raise result

    async def _starts_out_of_turn(self) -> bool:
        numbers = re.match(r"v?(\d{1,4})\.(\d{1,4})", await self.version())
        return numbers is not None and (int(numbers[1]), int(numbers[2])) < (2, 20)

    async def promote(self, slug: str, number: int, target: str, params: Mapping[str, str]) -> Build | None:
        """A new build with event `promote`."""
        return await self._post(slug, f"{number}/promote", {**params, "target": target})

    async def rollback(self, slug: str, number: int, target: str, params: Mapping[str, str]) -> Build | None:
        """A new build with event `rollback`."""
        return await self._post(slug, f"{number}/rollback", {**params, "target": target})

    async def create(self, slug: str, branch: str, commit: str, params: Mapping[str, str]) -> Build | None:
        """A new build with event `custom`. Takes 45 s to fail where the commit has no `.drone.yml`."""
        where = {key: value for key, value in (("branch", branch), ("commit", commit)) if value}
        return await self._post(slug, "", {**params, **where})

    async def _post(self, slug: str, rest: str, query: Mapping[str, str]) -> Build | None:
        path = f"{_repo(slug)}/builds/{rest}".rstrip("/")
        return self._one(slug, await self._http.send("POST", path, dict(query)))

    def page_of(self, build: Build, stage: int | None = None, step: int | None = None) -> str:
        """`/owner/name/number[/stage/step]`, the same in the web pages of 1.x and 2.x."""
        place = f"/{stage}/{step}" if stage and step else ""
        return f"{self.url.rstrip('/')}/{slug_path(build.repo)}/{build.number}{place}"

    async def close(self) -> None:
        """Let go of all connections."""
        await self._http.close()

    async def _nested(self, path: str) -> list[Build]:
        body = await self._http.get(path)
        found = self._read(lambda data: drone1.read_repos(self.name, data), body)
        return [build for _, build in found if build is not None]

    def _one(self, slug: str, body: bytes) -> Build | None:
        return self._read(lambda data: drone1.read_build(self.name, slug, data), body)

    def _read(self, reader: Callable[[bytes], T], body: bytes) -> T:
        try:
            return reader(body)
        except BadAnswer as error:
            raise Broken(f"{self.name} answers with something that is not Drone's: {error}") from None


def _repo(slug: str) -> str:
    return f"/api/repos/{slug_path(slug)}"


def _blocked(build: Build) -> list[Stage]:
    """The stages that wait for approval. Raises `Denied` when there is none."""
    stages = [stage for stage in build.stages or () if stage.status == Status.BLOCKED]
    if not stages:
        raise Denied(f"{build.address} does not wait for approval (it is {build.status})", 400)
    return stages
