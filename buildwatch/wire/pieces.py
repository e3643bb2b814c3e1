"""The JSON list of a stored log, read as it comes: its begin at once, and a long one never as a whole. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from buildwatch.wire.fields import BadAnswer

FIRST: Final = 1 << 14
"""Bytes that make the first part: more than a screen of lines."""

PART: Final = 1 << 17
"""Bytes that make a further one, at the least: a millisecond or two of work."""

_BEGIN: Final = re.compile(rb"\s*\[")
_BETWEEN: Final = re.compile(rb'\}\s*,\s*(?=\{\s*"\w)')
"""Between two objects. Never within a string: there a quote ends it, and what follows one is no letter."""

Item = TypeVar("Item")


class ListReader(Generic[Item]):
    """Reads a JSON list of objects in parts, each of them a list of its own."""

    def __init__(self, read: Callable[[bytes], list[Item]]) -> None:
        """`read` reads a whole list; it raises `BadAnswer` for what is not JSON."""
        self._read = read
        self._held = bytearray()  # what came and was not read yet
        self._enough = FIRST
        self._begun = False  # whether the bracket that opens the list is not in `_held` any more
        self.null = False
        """Whether, in the end, there was `null` in place of a list."""

    def feed(self, data: bytes) -> list[Item]:
        """Take bytes in; gives the items that can be read now, in their order."""
        self._held += data
        if len(self._held) < self._enough:
            return []
        begin = 0 if self._begun else _list_begin(self._held)
        cut = None if begin is None else self._last_cut(begin)
        if cut:
            try:
                items = self._read(b"[" + bytes(self._held[begin : cut[0]]) + b"]")
            except BadAnswer:  # a cut within an object: a later one may fit, else the end tells what is wrong
                cut = None
        if not cut:
            self._enough = 2 * len(self._held)
            return []
        del self._held[: cut[1]]
        self._begun, self._enough = True, PART
        return items

    def end(self, data: bytes = b"") -> list[Item]:
        """The items that are left, once all has come, `data` the last of it. Raises `BadAnswer`."""
        held = bytes(self._held) + data
        self._held.clear()
        self.null = not self._begun and held.strip() == b"null"
        return self._read(b"[" + held if self._begun else held)

    def _last_cut(self, first: int) -> tuple[int, int] | None:
        """Where the last place between two objects begins (behind the first of them) and ends."""
        window = 4096
        while True:
            begin = max(first, len(self._held) - window)
            cuts = [(cut.start() + 1, cut.end()) for cut in _BETWEEN.finditer(self._held, begin)]
            if cuts or begin == first:
                return cuts[-1] if cuts else None
            window *= 16


def _list_begin(data: bytearray) -> int | None:
    """What is behind the bracket that opens the list; None where none does."""
    begin = _BEGIN.match(data)
    return begin.end() if begin else None
