"""Which builds of a repo were known and are kept no more, in little room: some ten bytes each. Pure."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from typing import Final

from buildwatch.model import ENDS, Build

REMEMBERED: Final = 1000
"""Of how many builds of a repo it is remembered how they ended. Of older ones nothing is news."""

_INDEX: Final = {status: index for index, status in enumerate(ENDS)}


class LetGo:
    """The ended builds of one repo that were let go of: their ids, and how each ended."""

    def __init__(self) -> None:
        self._upto = 0  # whatever has no greater id was known, or is as old as what was
        self._ids = array("q")
        self._ends = bytearray()

    def add(self, build: Build) -> None:
        """That ended build is kept no more."""
        at = self._place(build.id)
        end = _INDEX[build.status]
        if self._holds(build.id, at):
            self._ends[at] = end
            return
        self._ids.insert(at, build.id)
        self._ends.insert(at, end)
        if len(self._ids) > REMEMBERED:
            self._upto = self._ids.pop(0)
            del self._ends[0]

    def knew(self, build: Build) -> bool:
        """Whether it was one of them, or is as old as what is forgotten altogether."""
        return build.id <= self._upto or self._holds(build.id, self._place(build.id))

    def told(self, build: Build) -> bool:
        """Whether it was known to have ended as this snapshot says."""
        if build.id <= self._upto:
            return build.status.ended
        at = self._place(build.id)
        return self._holds(build.id, at) and ENDS[self._ends[at]] == build.status

    def _place(self, id: int) -> int:
        return bisect_left(self._ids, id)

    def _holds(self, id: int, at: int) -> bool:
        return at < len(self._ids) and self._ids[at] == id
