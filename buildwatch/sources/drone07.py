"""Drone 0.6 and 0.7: events and live logs over websockets, one page of builds, a restart under the same number."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from urllib.parse import quote

from buildwatch.model import Build
from buildwatch.sources.base import Told
from buildwatch.sources.drone0 import Drone0Source, pieces_in
from buildwatch.sources.http import Http
from buildwatch.sources.slugs import slug_path
from buildwatch.wire.drone0 import Line, Reader, no_run, pieces_of, read_log_event
from buildwatch.wire.fields import BadAnswer
from buildwatch.wire.loglines import Piece
from buildwatch.wire.procs import with_procs


class Drone07Source(Drone0Source):
    """One Drone 0.6 or 0.7 server."""

    kind = "drone-0.7"
    pages = False
    log_answers_pings = True
    """Whether somebody reads what is sent to the socket of a log."""
    actions = frozenset({"restart", "cancel", "approve", "decline", "promote"})

    def __init__(self, http: Http, reader: Reader | None = None) -> None:
        super().__init__(http, reader or Reader(http.address.name, with_procs, no_run))

    @asynccontextmanager
    async def log(self, slug: str, number: int, stage: int, step: int) -> AsyncIterator[AsyncIterator[list[Piece]]]:
        """The stored log, by the step's name."""
        name = quote(await self._step_name(slug, number, stage, step), safe="")
        async with self._log(f"/api/repos/{slug_path(slug)}/logs/{number}/{stage}/{name}") as batches:
            yield pieces_in(batches)

    @asynccontextmanager
    async def events(self) -> AsyncIterator[AsyncIterator[list[Told]]]:
        """`/ws/feed`: whole snapshots. It says nothing when it opens."""
        async with self._socket("/ws/feed") as batches:
            yield self._events(batches)

    async def _events(self, batches: AsyncIterator[list[bytes]]) -> AsyncIterator[list[Told]]:
        async for batch in batches:
            yield [told for data in batch for told in self._told(data)]

    @asynccontextmanager
    async def follow(self, slug: str, number: int, stage: int, step: int) -> AsyncIterator[AsyncIterator[list[Piece]]]:
        """The live log of a whole stage, from its begin; `Denied` (404) for one that does not run.

        Nothing tells its end: the socket stays open, and silent, for up to a minute. Whoever follows looks at the
        step's status. After a restart of the server it is silent while the stage runs.
        """
        name = await self._step_name(slug, number, stage, step)
        async with self.log_socket(slug, number, stage) as batches:
            yield self._pieces(batches, name)

    async def _pieces(self, batches: AsyncIterator[list[Line]], name: str) -> AsyncIterator[list[Piece]]:
        async for lines in batches:
            yield pieces_of(lines, name)

    @asynccontextmanager
    async def log_socket(self, slug: str, number: int, stage: int) -> AsyncIterator[AsyncIterator[list[Line]]]:
        """The live log of a stage, all its steps together."""
        path = f"/ws/logs/{slug_path(slug)}/{number}/{stage}"
        async with self._socket(path, answers_pings=self.log_answers_pings) as batches:
            yield _lines(batches)

    def _socket(
        self, path: str, *, answers_pings: bool = True
    ) -> AbstractAsyncContextManager[AsyncIterator[list[bytes]]]:
        from buildwatch.sources.websocket import messages  # only where there is one to talk to

        return messages(self._http, path, answers_pings=answers_pings)

    async def promote(self, slug: str, number: int, target: str, params: Mapping[str, str]) -> Build | None:
        """A new build with event `deployment`; without `fork` it would take the old one's place."""
        return await super().promote(slug, number, target, {**params, "fork": "true"})


async def _lines(batches: AsyncIterator[list[bytes]]) -> AsyncIterator[list[Line]]:
    async for batch in batches:
        lines = []
        for data in batch:
            try:
                lines.append(read_log_event(data))
            except BadAnswer:
                continue
        yield lines
