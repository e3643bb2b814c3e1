"""The stored log of a step: read in parts while it comes, or waited for as a whole."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from typing import Protocol, TypeVar

from buildwatch.sources.base import Source
from buildwatch.wire.loglines import LogAssembler
from buildwatch.wire.loglist import LogLines
from buildwatch.wire.pieces import ListReader

Item = TypeVar("Item")


class Read(Protocol):
    """How a source reads an answer: what `reader` makes of it, and a `SourceError` for its `BadAnswer`."""

    def __call__(self, reader: Callable[[bytes], list[Item]], body: bytes, /) -> list[Item]:
        """What it holds."""


async def in_parts(chunks: AsyncIterator[bytes], reader: ListReader[Item], read: Read) -> AsyncIterator[list[Item]]:
    """The items of a list whose bytes come in `chunks`, as soon as they are there."""
    async for chunk in chunks:
        if items := reader.feed(chunk):
            yield items
    if items := read(reader.end, b""):
        yield items


async def at_once(items: Iterable[Item]) -> AsyncIterator[list[Item]]:
    """All items as the only part, where they are there anyway."""
    yield list(items)


async def whole_log(source: Source, slug: str, number: int, stage: int, step: int) -> LogLines:
    """All lines of a step that has ended. Raises `SourceError`."""
    log = LogAssembler()
    async with source.log(slug, number, stage, step) as batches:
        async for pieces in batches:
            log.feed(pieces)
    return log.lines
