"""Drone 0.8: events and live logs as server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import takewhile
from typing import Final

from buildwatch.model import Build
from buildwatch.sources.base import Told
from buildwatch.sources.drone0 import Drone0Source, pieces_in
from buildwatch.sources.errors import Broken
from buildwatch.sources.http import Http
from buildwatch.sources.slugs import slug_path
from buildwatch.wire import sse
from buildwatch.wire.drone0 import Reader, no_run, read_log_event
from buildwatch.wire.fields import BadAnswer
from buildwatch.wire.loglines import Piece
from buildwatch.wire.procs import with_procs

SILENCE: Final = 75.0
"""Seconds without a byte after which a stream is dead: the server says `: ping` after 30 s without an event."""


class Drone08Source(Drone0Source):
    """One Drone 0.8 server."""

    kind = "drone-0.8"
    pages = True
    actions = frozenset({"restart", "cancel", "approve", "decline", "promote"})

    def __init__(self, http: Http) -> None:
        super().__init__(http, Reader(http.address.name, with_procs, no_run))

    @asynccontextmanager
    async def log(self, slug: str, number: int, stage: int, step: int) -> AsyncIterator[AsyncIterator[list[Piece]]]:
        """The stored log, by the step's pid, which no other step of the build has."""
        async with self._log(f"/api/repos/{slug_path(slug)}/logs/{number}/{step}") as batches:
            yield pieces_in(batches)

    @asynccontextmanager
    async def events(self) -> AsyncIterator[AsyncIterator[list[Told]]]:
        """`GET /stream/events`: whole snapshots, also of what happens at once, in no certain order."""
        async with self._http.stream("/stream/events", SILENCE) as chunks:
            yield self._events(chunks)

    async def _events(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[list[Told]]:
        async for batch in self._decoded(chunks):
            yield [told for data in batch for told in self._told(data)]

    @asynccontextmanager
    async def follow(self, slug: str, number: int, stage: int, step: int) -> AsyncIterator[AsyncIterator[list[Piece]]]:
        """The live log of a whole stage, from its begin. It ends at once for one that does not run.

        After a restart of the server it does so while the stage runs: its past is lost, and so is what comes.
        """
        name = await self._step_name(slug, number, stage, step)
        async with self._http.stream(f"/stream/logs/{slug_path(slug)}/{number}/{stage}", SILENCE) as chunks:
            yield self._pieces(chunks, name)

    async def _pieces(self, chunks: AsyncIterator[bytes], name: str) -> AsyncIterator[list[Piece]]:
        async for batch in self._decoded(chunks):
            pieces = []
            for data in batch:
                try:
                    line = read_log_event(data)
                except BadAnswer:
                    continue
                if line.step == name:
                    pieces.append(line.piece)
            yield pieces

    async def _decoded(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[list[bytes]]:
        """The data of the events in each piece of the wire, until the server says `error` or the wire ends.

        An `error` is no fault: `eof`, `stream not found` and the like, for which a read of the build tells the reason.
        """
        decoder = sse.Decoder()
        async for chunk in chunks:
            try:
                events = decoder.feed(chunk)
            except sse.TooLarge:
                raise Broken(f"{self.name} sends an event without end") from None
            data = [event.data for event in takewhile(_goes_on, events)]
            yield data
            if len(data) < len(events):
                return

    async def _stop_abandoned(self, build: Build) -> None:
        """By force, which takes an administrator of the repo. No event tells of it."""
        await self._act("DELETE", build.repo, f"{build.number}")


def _goes_on(event: sse.Event) -> bool:
    return event.type != "error"
