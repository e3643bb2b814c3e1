"""A server whose kind is found out when it is first asked for something."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final

from buildwatch.model import Build, Repo
from buildwatch.sources.base import Source, Told
from buildwatch.wire.drone1 import User
from buildwatch.wire.loglines import Piece

MOMENT: Final = 0.3
"""Seconds for which a failure to find it is one for all who ask: what they would hear is the same."""


class AutoSource:
    """Stands for the right source once `find` has told which it is."""

    def __init__(
        self,
        name: str,
        url: str,
        find: Callable[[], Awaitable[Source]],
        requests: Callable[[], int],
        close: Callable[[], Awaitable[None]],
    ) -> None:
        self.name = name
        self.url = url
        self._find = find
        self._requests = requests
        self._close = close
        self._found: Source | None = None
        self._finding: asyncio.Task[Source] | None = None
        self._failed = 0.0

    async def _source(self) -> Source:
        if self._found is not None:
            return self._found
        now = asyncio.get_running_loop().time
        if self._finding is None or (self._finding.done() and now() - self._failed >= MOMENT):
            self._finding = asyncio.ensure_future(self._find())
        finding = self._finding
        known = finding.done()
        try:
            self._found = await asyncio.shield(finding)
        finally:
            if finding.done() and not known:
                self._failed = now()
        return self._found

    @property
    def kind(self) -> str:
        """What it runs, empty while that is not known."""
        return self._found.kind if self._found else ""

    @property
    def global_ids(self) -> bool:
        """As that of the source it stands for."""
        return self._found.global_ids if self._found else True

    @property
    def page_size(self) -> int:
        """As that of the source it stands for."""
        return self._found.page_size if self._found else 100

    @property
    def pages(self) -> bool:
        """As those of the source it stands for."""
        return self._found.pages if self._found else True

    @property
    def actions(self) -> frozenset[str]:
        """As those of the source it stands for; none while that is not known."""
        return self._found.actions if self._found else frozenset()

    @property
    def requests(self) -> int:
        """How many requests were sent so far."""
        return self._requests()

    def now(self) -> int:
        """As the source tells it."""
        return self._found.now() if self._found else 0

    async def version(self) -> str:
        """As the source tells it."""
        return await (await self._source()).version()

    async def user(self) -> User:
        """As the source tells it."""
        return await (await self._source()).user()

    async def repos(self) -> list[tuple[Repo, Build | None]]:
        """As the source tells them."""
        return await (await self._source()).repos()

    async def recent(self) -> list[Build]:
        """As the source tells them."""
        return await (await self._source()).recent()

    async def incomplete(self) -> list[Build]:
        """As the source tells them."""
        return await (await self._source()).incomplete()

    async def builds(self, slug: str, page: int = 1, size: int = 100) -> list[Build]:
        """As the source tells them."""
        return await (await self._source()).builds(slug, page, size)

    async def build(self, slug: str, number: int) -> Build:
        """As the source tells it."""
        return await (await self._source()).build(slug, number)

    @asynccontextmanager
    async def log(self, slug: str, number: int, stage: int, step: int) -> AsyncIterator[AsyncIterator[list[Piece]]]:
        """As the source tells it."""
        async with (await self._source()).log(slug, number, stage, step) as batches:
            yield batches

    @asynccontextmanager
    async def events(self) -> AsyncIterator[AsyncIterator[list[Told]]]:
        """Those of the source."""
        async with (await self._source()).events() as batches:
            yield batches

    @asynccontextmanager
    async def follow(self, slug: str, number: int, stage: int, step: int) -> AsyncIterator[AsyncIterator[list[Piece]]]:
        """As the source follows it."""
        async with (await self._source()).follow(slug, number, stage, step) as batches:
            yield batches

    async def restart(self, slug: str, number: int, params: Mapping[str, str]) -> Build | None:
        """As the source does it."""
        return await (await self._source()).restart(slug, number, params)

    async def cancel(self, slug: str, number: int) -> None:
        """As the source does it."""
        await (await self._source()).cancel(slug, number)

    async def approve(self, slug: str, number: int) -> None:
        """As the source does it."""
        await (await self._source()).approve(slug, number)

    async def decline(self, slug: str, number: int) -> None:
        """As the source does it."""
        await (await self._source()).decline(slug, number)

    async def promote(self, slug: str, number: int, target: str, params: Mapping[str, str]) -> Build | None:
        """As the source does it."""
        return await (await self._source()).promote(slug, number, target, params)

    async def rollback(self, slug: str, number: int, target: str, params: Mapping[str, str]) -> Build | None:
        """As the source does it."""
        return await (await self._source()).rollback(slug, number, target, params)

    async def create(self, slug: str, branch: str, commit: str, params: Mapping[str, str]) -> Build | None:
        """As the source does it."""
        return await (await self._source()).create(slug, branch, commit, params)

    def page_of(self, build: Build, stage: int | None = None, step: int | None = None) -> str:
        """As the source has it; the server's own address while that is not known."""
        return self._found.page_of(build, stage, step) if self._found else self.url

    async def close(self) -> None:
        """Let go of all connections, those of the finding too."""
        if self._finding is not None:
            self._finding.cancel()
        await self._close()
