"""Woodpecker 2 and 3: which call says what.

Endpoints and their behaviour as answered by a real server (3.17), and as in `server/api/*.go` of
woodpecker-ci/woodpecker. Repos are asked for by their numeric id, logs by a step's id; both are kept as they are told.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final, NamedTuple, TypeVar

from buildwatch.model import Build, Repo, Status
from buildwatch.sources.base import Told
from buildwatch.sources.errors import Broken, Denied, Stranger
from buildwatch.sources.http import Http
from buildwatch.sources.slugs import slug_path
from buildwatch.sources.stored import in_parts
from buildwatch.wire import drone1, sse, woodpecker
from buildwatch.wire.drone1 import User
from buildwatch.wire.fields import BadAnswer
from buildwatch.wire.loglines import Piece
from buildwatch.wire.pieces import ListReader

T = TypeVar("T")

SILENCE: Final = 75.0
"""Seconds without a byte after which a stream is dead: the server says `: ping` every 30 s."""

LATE: Final = 2
"""Seconds (of the server's clock) after the end of a step in which its last lines may still come in."""

HELD: Final = 600
"""Seconds after the end of a step in which a log that is not there may still come: an agent hands nothing in as long as
any step on it prints without a pause. Later the log was not kept."""

BUILDS_KEPT: Final = 500
"""Of how many builds the ids of the steps are kept."""


class WoodpeckerSource:
    """One Woodpecker server."""

    kind = "woodpecker"
    global_ids = True
    page_size = 50
    pages = True
    actions = frozenset({"restart", "cancel", "approve", "decline", "promote", "create"})

    def __init__(self, http: Http) -> None:
        self.name = http.address.name
        self.url = http.address.url
        self._http = http
        self._repos: dict[str, Repo] = {}
        self._steps = _Steps()

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
        """As in `GET /api/user`. With a wrong token the server goes on as for anybody: only user routes say 401."""
        return self._read(drone1.read_user, await self._http.get("/api/user"))

    async def repos(self) -> list[tuple[Repo, Build | None]]:
        """All active repos, each with its newest build; before 3.1 that takes a second request."""
        body = await self._http.get("/api/user/repos")
        rows = self._read(lambda data: woodpecker.read_repos(self.name, data), body)
        self._repos |= {repo.slug: repo for repo, _ in rows}
        if all(build is None for _, build in rows) and rows:
            newest = {build.repo: build for build in await self._feed("/api/user/feed", latest="true")}
            rows = [(repo, newest.get(repo.slug)) for repo, _ in rows]
        return rows

    async def recent(self) -> list[Build]:
        """The 50 newest builds over all repos the user may push to."""
        return await self._feed("/api/user/feed")

    async def incomplete(self) -> list[Build]:
        """All builds that are queued or run. For admins."""
        return await self._feed("/api/pipelines")

    async def _feed(self, path: str, **query: str) -> list[Build]:
        slugs = {repo.id: repo.slug for repo in self._repos.values()}
        body = await self._http.get(path, **query)
        return self._read(lambda data: woodpecker.read_feed(self.name, slugs, data), body)

    async def builds(self, slug: str, page: int = 1, size: int = 50) -> list[Build]:
        """A page of builds; `size` is at most 50."""
        body = await self._http.get(await self._pipelines(slug), page=page, perPage=min(size, self.page_size))
        return self._read(lambda data: woodpecker.read_builds(self.name, slug, data), body)

    async def build(self, slug: str, number: int) -> Build:
        """One build with stages and steps."""
        return self._one(slug, await self._http.get(f"{await self._pipelines(slug)}/{number}"))

    @asynccontextmanager
    async def log(self, slug: str, number: int, stage: int, step: int) -> AsyncIterator[AsyncIterator[list[Piece]]]:
        """The stored log. The agent hands the last lines in a second after the step has ended, or much later."""
        known = await self._step(slug, number, step)
        async with self._http.parts(f"/api/repos/{(await self._repo(slug)).id}/logs/{number}/{known.id}") as chunks:
            past = self._http.date - known.stopped if known.stopped else HELD
            if 0 <= past < LATE:
                raise _held_back()
            yield self._stored(chunks, past)

    async def _stored(self, chunks: AsyncIterator[bytes], past: int) -> AsyncIterator[list[Piece]]:
        """The log of a step that ended `past` seconds ago."""
        reader = ListReader(woodpecker.read_log)
        async for pieces in in_parts(chunks, reader, self._read):
            yield pieces
        if reader.null:
            raise _held_back() if 0 <= past < HELD else Denied(f"{self.name} has no log of this step", 404)

    @asynccontextmanager
    async def events(self) -> AsyncIterator[AsyncIterator[list[Told]]]:
        """`GET /api/stream/events`: whole snapshots, nothing replayed, of every public repo and of the user's own.

        Which private repos it tells of is fixed when it opens.
        """
        async with self._http.stream("/api/stream/events", SILENCE) as chunks:
            yield self._events(chunks)

    async def _events(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[list[Told]]:
        async for batch in self._decoded(chunks):
            told = []
            for event in batch:
                try:
                    repo, said = woodpecker.read_event(self.name, event.data)
                except BadAnswer:
                    continue  # one strange event is no reason to miss the next; REST has the truth
                if repo.slug in self._repos:
                    self._steps.learn(said)
                told.append((repo, said.build))
            yield told

    @asynccontextmanager
    async def follow(self, slug: str, number: int, stage: int, step: int) -> AsyncIterator[AsyncIterator[list[Piece]]]:
        """The live log, all of it from its begin. It ends at once for a step that has ended."""
        known = await self._step(slug, number, step)
        path = f"/api/stream/logs/{(await self._repo(slug)).id}/{number}/{known.id}"
        async with self._http.stream(path, SILENCE) as chunks:
            yield self._pieces(chunks, slug, number)

    async def _pieces(self, chunks: AsyncIterator[bytes], slug: str, number: int) -> AsyncIterator[list[Piece]]:
        async for batch in self._decoded(chunks):
            pieces = []
            for event in batch:
                if event.type == "error" and event.data != b"eof":
                    self._steps.forget(slug, number)  # an approval has made all steps anew
                if event.type != "message":
                    break
                try:
                    pieces.append(woodpecker.read_log_event(event.data))
                except BadAnswer:
                    continue
            yield pieces

    async def _decoded(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[list[sse.Event]]:
        """The events in each piece of the wire, until the server says `eof` (2.x: `error`) or the wire ends."""
        decoder = sse.Decoder()
        async for chunk in chunks:
            try:
                events = decoder.feed(chunk)
            except sse.TooLarge:
                raise Broken(f"{self.name} sends an event without end") from None
            yield events
            if any(event.type in ("eof", "error") for event in events):
                return

    async def restart(self, slug: str, number: int, params: Mapping[str, str]) -> Build | None:
        """A new build with `number` as its parent. One whose configuration is broken is made, and answered with 500."""
        try:
            return await self._post(slug, f"{number}", params)
        except Broken as error:
            made = await self._born_broken(slug, number) if error.status == 500 else None
            if made is None:
                raise
            why = made.error or "its configuration is broken"
            said = f"{slug}#{number} cannot be started again: {why}; {made.address} was made and ended at once"
            raise Denied(said, 400) from None

    async def _born_broken(self, slug: str, parent: int) -> Build | None:
        """The newest build, where it is a restart of `parent` that could not be read."""
        newest = next(iter(await self.builds(slug, 1, 1)), None)
        return newest if newest is not None and (newest.parent, newest.status) == (parent, Status.ERROR) else None

    async def cancel(self, slug: str, number: int) -> None:
        """The build is `killed` at once, its stages when their agents have heard of it."""
        await self._http.send("POST", f"{await self._pipelines(slug)}/{number}/cancel")

    async def approve(self, slug: str, number: int) -> None:
        """All stages at once; they are made anew, as are the ids of their steps."""
        await self._answer_blocked(slug, number, "approve")

    async def decline(self, slug: str, number: int) -> None:
        """All stages at once."""
        await self._answer_blocked(slug, number, "decline")

    async def _answer_blocked(self, slug: str, number: int, answer: str) -> None:
        """A build is blocked a moment before its stages are stored; one approved in that moment would never run."""
        build = await self.build(slug, number)
        if build.status != Status.BLOCKED:
            raise Denied(f"{build.address} does not wait for approval (it is {build.status})", 400)
        if not build.stages:
            raise Denied(f"{build.address} is still being set up; try again in a moment", 409)
        await self._http.send("POST", f"{await self._pipelines(slug)}/{number}/{answer}")

    async def promote(self, slug: str, number: int, target: str, params: Mapping[str, str]) -> Build | None:
        """A new build with event `deployment`. 404 where the repo does not allow it."""
        return await self._post(slug, f"{number}", {**params, "event": "deployment", "deploy_to": target})

    async def rollback(self, slug: str, number: int, target: str, params: Mapping[str, str]) -> Build | None:
        """There is no such thing."""
        raise Denied(f"{self.name} runs woodpecker, which knows no rollback", 405)

    async def create(self, slug: str, branch: str, commit: str, params: Mapping[str, str]) -> Build | None:
        """A new build with event `manual`, of a branch's newest commit only."""
        if commit:
            raise Denied(f"{self.name} runs woodpecker, which starts a branch's newest commit and no other", 400)
        wanted = {"branch": branch or (await self._repo(slug)).default_branch, "variables": dict(params)}
        try:
            body = await self._http.send("POST", await self._pipelines(slug), json=wanted)
        except Stranger:  # seen once: the answer is no JSON, and yet the build is made
            newest = await self.builds(slug, 1, 1)
            return next((build for build in newest if build.event == "manual"), None)
        return self._one(slug, body) if body else None

    async def _post(self, slug: str, rest: str, query: Mapping[str, str]) -> Build | None:
        return self._one(slug, await self._http.send("POST", f"{await self._pipelines(slug)}/{rest}", dict(query)))

    def page_of(self, build: Build, stage: int | None = None, step: int | None = None) -> str:
        """`/repos/id/pipeline/number[/step]`, by the repo's name where its id is not known; that leads on to it."""
        repo = self._repos.get(build.repo)
        place = f"repos/{repo.id}" if repo is not None else slug_path(build.repo)
        return f"{self.url.rstrip('/')}/{place}/pipeline/{build.number}{f'/{step}' if step else ''}"

    async def close(self) -> None:
        """Let go of all connections."""
        await self._http.close()

    async def _repo(self, slug: str) -> Repo:
        if slug not in self._repos:
            body = await self._http.get(f"/api/repos/lookup/{slug_path(slug)}")
            self._repos[slug] = self._read(lambda data: woodpecker.read_repo(self.name, data), body)
        return self._repos[slug]

    async def _pipelines(self, slug: str) -> str:
        return f"/api/repos/{(await self._repo(slug)).id}/pipelines"

    async def _step(self, slug: str, number: int, pid: int) -> _Step:
        known = self._steps.get(slug, number, pid)
        if known is None:
            await self.build(slug, number)
            known = self._steps.get(slug, number, pid)
        if known is None:
            raise Denied(f"{slug}#{number} has no step {pid}", 404)
        return known

    def _one(self, slug: str, body: bytes) -> Build:
        told = self._read(lambda data: woodpecker.read_build(self.name, slug, data), body)
        self._steps.learn(told)
        return told.build

    def _read(self, reader: Callable[[bytes], T], body: bytes) -> T:
        try:
            return reader(body)
        except BadAnswer as error:
            raise Broken(f"{self.name} answers with something that is not Woodpecker's: {error}") from None


def _held_back() -> Denied:
    return Denied("the agent has not handed in the log of this step yet; look again in a moment", 409)


class _Step(NamedTuple):
    """What a log is asked for by, and when the step ended: unix seconds, 0 for not yet."""

    id: int
    stopped: int


class _Steps:
    """The steps of the builds told last."""

    def __init__(self) -> None:
        self._of: OrderedDict[tuple[str, int], dict[int, _Step]] = OrderedDict()

    def learn(self, told: woodpecker.Told) -> None:
        """Take in a snapshot. Ids and ends only grow, so an old one changes nothing."""
        key = (told.build.repo, told.build.number)
        known = self._of.setdefault(key, {})
        self._of.move_to_end(key)
        for stage in told.build.stages or ():
            for step in stage.steps:
                said = _Step(told.ids[step.number], step.stopped)
                known[step.number] = max(said, known.get(step.number, said))
        if len(self._of) > BUILDS_KEPT:
            self._of.popitem(last=False)

    def get(self, slug: str, number: int, pid: int) -> _Step | None:
        """A step, if it was told of."""
        return self._of.get((slug, number), {}).get(pid)

    def forget(self, slug: str, number: int) -> None:
        """Have a build's steps told anew."""
        self._of.pop((slug, number), None)
