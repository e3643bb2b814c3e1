"""What Drone 0.5 to 0.8 have in common: which call says what, and what their answers mean.

Endpoints and their behaviour as answered by real servers (0.5.0, 0.7.3, 0.8.6). Unknown paths answer with a web page,
unknown builds with 500 and not a word; a refusal is a line of text, at times with 500 too.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import ClassVar, Final, TypeVar

from msgspec.structs import replace

from buildwatch.merge import merge_build
from buildwatch.model import Build, Repo, Status, Step
from buildwatch.sources.base import Told
from buildwatch.sources.errors import Broken, Denied, Stranger
from buildwatch.sources.http import Http
from buildwatch.sources.slugs import slug_path
from buildwatch.sources.stored import in_parts
from buildwatch.text import clean
from buildwatch.wire import drone1
from buildwatch.wire.drone0 import Line, Reader, read_log
from buildwatch.wire.drone1 import User
from buildwatch.wire.fields import BadAnswer
from buildwatch.wire.loglines import Piece
from buildwatch.wire.pieces import ListReader

T = TypeVar("T")

KEPT: Final = 2000
"""How many builds are kept as they were told last."""

STOPS: Final = 20
"""How often a build that is being stopped is looked at again for what has begun meanwhile."""

STOP_PAUSE: Final = 0.5
"""Seconds between these looks."""


class Drone0Source(ABC):
    """One Drone before 1.0."""

    kind: ClassVar[str]
    pages: ClassVar[bool]
    actions: ClassVar[frozenset[str]]
    global_ids = False
    page_size = 50

    def __init__(self, http: Http, reader: Reader) -> None:
        self.name = http.address.name
        self.url = http.address.url
        self._http = http
        self._reader = reader
        self._repos: dict[str, Repo] = {}
        self._whole: OrderedDict[tuple[str, int], Build] = OrderedDict()

    @property
    def requests(self) -> int:
        """How many requests were sent so far."""
        return self._http.requests

    def now(self) -> int:
        """The server's time, unix seconds; 0 where it has not told it."""
        return self._http.now()

    async def version(self) -> str:
        """As in a header of each answer; 0.8 also tells it in that to `GET /version`."""
        answer = await self._http.peek("/version")
        try:
            said = answer.headers.get("x-drone-version", "") or drone1.read_version(answer.body)
        except BadAnswer:
            raise Stranger(f"{self.name} does not tell its version; is {self.url} really a Drone?") from None
        return clean(said, 40)

    async def user(self) -> User:
        """As in `GET /api/user`. With a wrong token the server goes on as for anybody: only user routes say 401."""
        return self._read(drone1.read_user, await self._http.get("/api/user"))

    async def repos(self) -> list[tuple[Repo, Build | None]]:
        """All active repos, each with its newest build. What else is known of a repo is read when it is first seen."""
        rows = await self._feed("/api/user/feed", latest="true")
        if any(repo.slug not in self._repos for repo, _ in rows):
            body = await self._http.get("/api/user/repos")
            told = {repo.slug: repo for repo in self._read(self._reader.repos, body)}
            self._repos |= {repo.slug: told.get(repo.slug, repo) for repo, _ in rows}
        return [(self._repos[repo.slug], build) for repo, build in rows]

    async def recent(self) -> list[Build]:
        """The 50 newest builds over all repos of the user."""
        return [build for _, build in await self._feed("/api/user/feed") if build is not None]

    async def incomplete(self) -> list[Build]:
        """The builds that are queued or run. For administrators of the site: `Denied` (413) for anybody else."""
        return [build for _, build in await self._feed("/api/builds") if build is not None]

    async def _feed(self, path: str, **query: str) -> list[tuple[Repo, Build | None]]:
        rows = self._read(self._reader.feed, await self._http.get(path, **query))
        return [(repo, build and self._as_known(build)) for repo, build in rows]

    async def builds(self, slug: str, page: int = 1, size: int = 50) -> list[Build]:
        """A page of 50 builds. Before 0.8 there is no other page than the first."""
        if page > 1 and not self.pages:
            return []
        body = await self._http.get(f"/api/repos/{slug_path(slug)}/builds", page=page)
        return [self._as_known(row) for row in self._read(lambda data: self._reader.builds(slug, data), body)]

    async def build(self, slug: str, number: int) -> Build:
        """One build with stages and steps."""
        try:
            body = await self._http.get(f"{_build_path(slug)}/{number}")
        except Broken as error:
            if error.status == 500 and not error.body:
                raise Denied(f"{self.name} knows no {slug}#{number}", 404) from None
            raise
        return self._keep(self._read(lambda data: self._reader.build(slug, data), body))

    @abstractmethod
    def log(
        self, slug: str, number: int, stage: int, step: int
    ) -> AbstractAsyncContextManager[AsyncIterator[list[Piece]]]:
        """The stored log. `Denied` (404) before the step (0.5: the job) has ended, and where it never ran."""

    @asynccontextmanager
    async def _log(self, path: str) -> AsyncIterator[AsyncIterator[list[Line]]]:
        async with self._http.parts(path) as chunks:
            yield in_parts(chunks, ListReader(read_log), self._read)

    @abstractmethod
    def events(self) -> AbstractAsyncContextManager[AsyncIterator[list[Told]]]:
        """The event stream, of every public repo and of the user's own; nothing is replayed.

        Which private repos it tells of is fixed when it opens. With a wrong token it tells of public ones.
        """

    def _told(self, data: bytes) -> list[Told]:
        """One event; nothing for a strange one, which is no reason to miss the next: REST has the truth."""
        try:
            repo, build = self._reader.event(data)
        except BadAnswer:
            return []
        if repo.slug in self._repos:
            self._repos[repo.slug] = repo
            self._keep(build)
        return [(repo, build)]

    @abstractmethod
    def follow(
        self, slug: str, number: int, stage: int, step: int
    ) -> AbstractAsyncContextManager[AsyncIterator[list[Piece]]]:
        """The live log of a running step, picked from that of its stage."""

    async def restart(self, slug: str, number: int, params: Mapping[str, str]) -> Build | None:
        """Run it again: 0.8 as a new build with `number` as its parent, older ones under the same number."""
        return await self._post(slug, number, dict(params))

    async def cancel(self, slug: str, number: int) -> None:
        """Stop each stage that runs, and for ten seconds each that was queued and begins; queued ones cannot be."""
        build = await self.build(slug, number)
        if build.status != Status.RUNNING:
            raise Denied(f"{build.address} is {build.status}; {self.name} runs {self.kind}, which stops what runs", 400)
        await self._stop(build)
        for _ in range(STOPS):
            if build.status.ended or all(stage.status.rank for stage in build.stages or ()):
                return
            await asyncio.sleep(STOP_PAUSE)
            build = await self.build(slug, number)
            if any(stage.status == Status.RUNNING for stage in build.stages or ()):
                await self._stop(build)

    async def _stop(self, build: Build) -> None:
        running = [stage for stage in build.stages or () if stage.status == Status.RUNNING]
        if not running:
            await self._stop_abandoned(build)
        calls = (self._act("DELETE", build.repo, f"{build.number}/{stage.number}") for stage in running)
        answers = await asyncio.gather(*calls, return_exceptions=True)
        refused = [answer for answer in answers if isinstance(answer, Denied)]
        for answer in answers:
            ended_meanwhile = isinstance(answer, Denied) and len(refused) < len(running)
            if isinstance(answer, BaseException) and not ended_meanwhile:
                raise answer

    async def _stop_abandoned(self, build: Build) -> None:
        """Stop a build of which nothing runs any more, and whose agent does not tell its end."""
        raise Denied(f"nothing of {build.address} runs any more: its agent has not told its end", 400)

    async def approve(self, slug: str, number: int) -> None:
        """Let it run. No event tells of it before it is queued."""
        await self._answer_blocked(slug, number, "approve")

    async def decline(self, slug: str, number: int) -> None:
        """Refuse it. No event tells of it."""
        await self._answer_blocked(slug, number, "decline")

    async def _answer_blocked(self, slug: str, number: int, answer: str) -> None:
        """The server's own refusal says `decline` of both."""
        if answer not in self.actions:
            raise self._unknown(answer)
        build = await self.build(slug, number)
        if build.status != Status.BLOCKED:
            raise Denied(f"{build.address} does not wait for approval (it is {build.status})", 400)
        await self._act("POST", slug, f"{number}/{answer}")

    async def promote(self, slug: str, number: int, target: str, params: Mapping[str, str]) -> Build | None:
        """A new build with event `deployment`."""
        return await self._post(slug, number, {**params, "event": "deployment", "deploy_to": target})

    async def rollback(self, slug: str, number: int, target: str, params: Mapping[str, str]) -> Build | None:
        """There is no such thing."""
        raise self._unknown("rollback")

    async def create(self, slug: str, branch: str, commit: str, params: Mapping[str, str]) -> Build | None:
        """There is no such thing."""
        raise self._unknown("create")

    def _unknown(self, action: str) -> Denied:
        return Denied(f"{self.name} runs {self.kind}, which knows no {action}", 405)

    async def _post(self, slug: str, number: int, query: dict[str, str]) -> Build | None:
        try:
            body = await self._act("POST", slug, f"{number}", query)
        except Broken as error:
            refusal = self._never_begun(slug, number, error)
            raise error if refusal is None else refusal from None
        return self._answered(slug, body)

    def _answered(self, slug: str, body: bytes) -> Build:
        """The build that a restart or a deployment answers with."""
        return self._keep(self._read(lambda data: self._reader.build(slug, data), body))

    def _never_begun(self, slug: str, number: int, error: Broken) -> Denied | None:
        """What a 500 with a build in it means: its yaml is broken, and yet it was made, and stays pending for ever."""
        try:
            made = self._reader.row(slug, error.body)
        except BadAnswer:
            return None
        why = made.error or "its configuration is broken"
        stays = f"; {made.address} was made and will never begin" if made.number != number else ""
        return Denied(f"{slug}#{number} cannot be started again: {why}{stays}", 400)

    async def _act(self, method: str, slug: str, rest: str, query: dict[str, str] | None = None) -> bytes:
        """Send what changes something. A 500 with a line of text is a refusal."""
        try:
            return await self._http.send(method, f"{_build_path(slug)}/{rest}", query)
        except Broken as error:
            said = clean(error.body.decode("utf-8", "replace"), 250).strip()
            if error.status == 500 and said and not said.startswith(("{", "<")):
                raise Denied(f"{self.name} says no: {said}", 400) from None
            raise

    def page_of(self, build: Build, stage: int | None = None, step: int | None = None) -> str:
        """`/owner/name/number[/process]`."""
        place = step or stage
        return f"{self.url.rstrip('/')}/{slug_path(build.repo)}/{build.number}{f'/{place}' if place else ''}"

    async def close(self) -> None:
        """Let go of all connections."""
        await self._http.close()

    def _keep(self, build: Build) -> Build:
        """Remember what a build was told to be, where that is the latest; gives back what to tell of it."""
        key = (build.repo, build.number)
        known = self._whole.get(key)
        self._whole[key] = build if known is None else merge_build(known, build)
        self._whole.move_to_end(key)
        if len(self._whole) > KEPT:
            self._whole.popitem(last=False)
        return build

    def _as_known(self, row: Build) -> Build:
        """A row of a list, which says `failure` of a build that was stopped: only its stages tell."""
        known = self._whole.get((row.repo, row.number))
        if known is None or known.status != Status.KILLED or row.status not in (Status.FAILURE, Status.ERROR):
            return row
        return replace(row, status=Status.KILLED) if row.finished == known.finished else row

    async def _step_name(self, slug: str, number: int, stage: int, step: int) -> str:
        """The name of a step, as it was told last. `Denied` for one that there is not."""
        found = _step(self._whole.get((slug, number)), stage, step)
        if found is None:
            found = _step(await self.build(slug, number), stage, step)
        if found is None:
            raise Denied(f"{slug}#{number} has no step {step} in its stage {stage}", 404)
        return found.name

    def _read(self, reader: Callable[[bytes], T], body: bytes) -> T:
        try:
            return reader(body)
        except BadAnswer as error:
            raise Broken(f"{self.name} answers with something that is not Drone's: {error}") from None


async def pieces_in(batches: AsyncIterator[list[Line]]) -> AsyncIterator[list[Piece]]:
    """The pieces of lines that are all of one step."""
    async for lines in batches:
        yield [line.piece for line in lines]


def _step(build: Build | None, stage: int, step: int) -> Step | None:
    found = build.stage(stage) if build is not None else None
    return found.step(step) if found is not None else None


def _build_path(slug: str) -> str:
    return f"/api/repos/{slug_path(slug)}/builds"
