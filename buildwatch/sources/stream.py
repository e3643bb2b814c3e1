"""The event stream of one server: opened, read, and opened again however it ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from random import Random

from buildwatch.sources.backoff import Backoff
from buildwatch.sources.base import Source, Told
from buildwatch.sources.errors import SourceError

SHORT_LIFE = 2.0
"""A stream that lived shorter than this many seconds counts as one that could not be opened."""


class Stream:
    """Keeps one stream open. `opened`, `told` and `ended` hear what happens; nothing else is called from here."""

    def __init__(
        self,
        source: Source,
        random: Random,
        *,
        opened: Callable[[], None],
        told: Callable[[list[Told]], None],
        ended: Callable[[SourceError | None], None],
    ) -> None:
        self.open = False
        self.heard = 0.0  # loop time of its last byte
        self.tried = asyncio.Event()  # set once it was opened, or could not be
        self._source = source
        self._random = random
        self._opened = opened
        self._told = told
        self._ended = ended
        self._reading: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()
        self._allowed = asyncio.Event()
        self._allowed.set()

    async def run(self) -> None:
        """Keep it open until cancelled."""
        backoff = Backoff(self._random)
        loop = asyncio.get_running_loop()
        while True:
            await self._allowed.wait()
            begun = loop.time()
            error = await self._read_once()
            self.open = False
            self.tried.set()
            self._ended(error)
            if error is None and loop.time() - begun >= SHORT_LIFE:
                backoff.succeeded()
                wait = self._random.random() * 0.2
            else:
                wait = backoff.failed(error.retry_after if error else 0.0)
            self._hurry.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._hurry.wait()

    def reopen(self) -> None:
        """Close it and open it anew."""
        if self._reading is not None and self.open:
            self._reading.cancel()

    def hold(self) -> None:
        """Close it, and do not open it before `go_on`."""
        self._allowed.clear()
        if self._reading is not None:
            self._reading.cancel()

    def go_on(self) -> None:
        """Open it again, at once."""
        self._allowed.set()
        self._hurry.set()

    async def _read_once(self) -> SourceError | None:
        """Read it until it ends or is to be closed; what went wrong, if anything did."""
        self._reading = asyncio.create_task(self._read())
        try:
            await asyncio.wait({self._reading})
        finally:
            self._reading.cancel()
            (end,) = await asyncio.gather(self._reading, return_exceptions=True)
        if isinstance(end, SourceError):
            return end
        if isinstance(end, Exception):
            raise end
        return None

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        async with self._source.events() as batches:
            self.open = True
            self.heard = loop.time()
            self.tried.set()
            self._opened()
            async for batch in batches:
                self.heard = loop.time()
                self._told(batch)
