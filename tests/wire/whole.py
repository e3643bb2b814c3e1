"""A log at once."""

from __future__ import annotations

from collections.abc import Iterable

from buildwatch.wire.loglines import LogAssembler, Piece
from buildwatch.wire.loglist import LogLines


def whole(pieces: Iterable[Piece]) -> LogLines:
    """The lines of all these pieces."""
    log = LogAssembler()
    log.feed(pieces)
    return log.lines
