"""A stored log at once."""

from __future__ import annotations

from buildwatch.sources.base import Source
from buildwatch.wire.loglines import Piece


async def log_of(source: Source, slug: str, number: int, stage: int, step: int) -> list[Piece]:
    """All its pieces."""
    async with source.log(slug, number, stage, step) as batches:
        return [piece async for pieces in batches for piece in pieces]
