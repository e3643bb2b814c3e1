"""What came before a build: what the outbox remembers, and where that is little, what its server still lists.

A notifier that was just set up remembers nothing, and yet what is red was broken long before.
"""

from __future__ import annotations

import asyncio
from itertools import islice
from typing import Final, Protocol

from buildwatch.model import Build
from buildwatch.notify.message import End
from buildwatch.notify.occasions import end_of
from buildwatch.notify.past import Line, Past, line_of
from buildwatch.sources.base import Source
from buildwatch.sources.errors import SourceError

ENOUGH: Final = 10
"""Of a line of which so many ends are remembered nothing is read."""

PAGE: Final = 100
"""How many builds of a repo are looked at."""

LINES: Final = 500
KEPT: Final = 30
"""Of how many lines what was read is kept, and so many ends of each."""


class Memory(Protocol):
    """What remembers ends: the outbox."""

    def line(self, line: Line) -> list[End]:
        """The remembered ends of a line."""


class Histories:
    """The pasts of all lines. What was read is kept in memory only: the outbox remembers what was told."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._read: dict[Line, list[End]] = {}

    def past(self, build: Build) -> Past:
        """What is known of a build's line."""
        line = line_of(build)
        return Past([*self._read.get(line, ()), *self._memory.line(line)])

    async def read(self, source: Source, build: Build, seconds: float) -> None:
        """Have the server tell of a build's line, once, where too little of it is remembered.

        What cannot be read within that many seconds is done without.
        """
        line = line_of(build)
        if line in self._read or build.number <= 1 or len(self._memory.line(line)) >= ENOUGH:
            return
        try:
            async with asyncio.timeout(seconds):
                listed = await source.builds(build.repo, 1, min(PAGE, source.page_size))
        except (SourceError, TimeoutError):
            return
        while len(self._read) >= LINES:
            del self._read[next(iter(self._read))]
        ended = (one for one in listed if one.status.ended and one.id != build.id and line_of(one) == line)
        self._read[line] = [end_of(one) for one in islice(ended, KEPT)]
