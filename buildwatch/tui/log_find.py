"""Finding things in logs of a million lines a little at a time, so that no key waits for it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import NamedTuple

from buildwatch.insight.digest import is_command
from buildwatch.insight.errors import Level, level_of
from buildwatch.model import LogLine
from buildwatch.wire.ansi import drawn


class Hit(NamedTuple):
    """A place: the line, and the how-manieth of that line's finds (from 0)."""

    line: int
    nth: int


class Finds:
    """What has been found so far, in the order of the lines."""

    def __init__(self) -> None:
        self._lines: list[int] = []
        self._sums: list[int] = []  # finds up to and including that line

    @property
    def lines(self) -> Sequence[int]:
        """The lines that hold any, in order."""
        return self._lines

    def within(self, first: int, last: int) -> int:
        """How many lines from `first` up to but not including `last` hold any."""
        return bisect_left(self._lines, last) - bisect_left(self._lines, first)

    @property
    def total(self) -> int:
        """How many there are."""
        return self._sums[-1] if self._sums else 0

    def add(self, line: int, count: int) -> None:
        """So many in this line, which comes after all others."""
        self._lines.append(line)
        self._sums.append(self.total + count)

    def forget_from(self, line: int) -> None:
        """Forget those from a line on."""
        at = bisect_left(self._lines, line)
        del self._lines[at:], self._sums[at:]

    def ordinal(self, hit: Hit) -> int:
        """The how-manieth of all a find is, from 1; 0 when it is none."""
        at = bisect_left(self._lines, hit.line)
        if at == len(self._lines) or self._lines[at] != hit.line:
            return 0
        return self._before(at) + hit.nth + 1

    def after(self, hit: Hit) -> Hit | None:
        """The next find."""
        at = bisect_left(self._lines, hit.line)
        if at < len(self._lines) and self._lines[at] == hit.line:
            return self._find(self._before(at) + hit.nth + 1)
        return self._find(self._before(at))

    def before(self, hit: Hit) -> Hit | None:
        """The find before."""
        at = bisect_left(self._lines, hit.line)
        if at < len(self._lines) and self._lines[at] == hit.line:
            return self._find(self._before(at) + hit.nth - 1)
        return self._find(self._before(at) - 1)

    def last(self) -> Hit | None:
        """The last find."""
        return self._find(self.total - 1)

    def _before(self, at: int) -> int:
        return self._sums[at - 1] if at else 0

    def _find(self, index: int) -> Hit | None:
        if not 0 <= index < self.total:
            return None
        at = bisect_right(self._sums, index)
        return Hit(self._lines[at], index - self._before(at))


class Scan:
    """A walk over the lines that goes on where it stopped."""

    def __init__(self, look: Callable[[str], tuple[int, int]], kinds: int = 1) -> None:
        """`look` tells for a line's drawn text which kind of find it holds, and how many."""
        self._look = look
        self._seen = 0
        self.finds = tuple(Finds() for _ in range(kinds))

    def done(self, lines: Sequence[LogLine]) -> bool:
        """Whether every line has been looked at."""
        return self._seen >= len(lines)

    def forget_from(self, line: int) -> None:
        """Lines from here on are different: look again."""
        if line < self._seen:
            self._seen = line
            for finds in self.finds:
                finds.forget_from(line)

    def go_on(self, lines: Sequence[LogLine], enough: Callable[[], bool]) -> None:
        """Look at more lines, until `enough`."""
        look = self._look
        while self._seen < len(lines):
            stop = min(self._seen + 64, len(lines))
            for index in range(self._seen, stop):
                kind, count = look(drawn(lines[index].text))
                if count:
                    self.finds[kind].add(index, count)
            self._seen = stop
            if enough():
                return


class Search:
    """A text to look for: capitals matter only where the text has some (smart case)."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._lower = text == text.lower()
        self._pattern = re.compile(re.escape(text), re.IGNORECASE if self._lower else 0)

    def count(self, line: str) -> tuple[int, int]:
        """How often a line has it, as `Scan` asks."""
        if line.isascii() and self.text not in (line.lower() if self._lower else line):
            return 0, 0
        return 0, sum(1 for _ in self._pattern.finditer(line))

    def places(self, line: str) -> list[tuple[int, int]]:
        """Where a line has it: begin and end of each."""
        return [match.span() for match in self._pattern.finditer(line)]


ERRORS, WARNINGS, COMMANDS, MATCHES = range(4)
"""Kinds of finds. The first three are found in one walk."""


def kind_of(line: str) -> tuple[int, int]:
    """Whether a line is a command or tells of an error or a warning, as `Scan` asks."""
    if is_command(line):
        return COMMANDS, 1
    level = level_of(line)
    return (ERRORS if level is Level.ERROR else WARNINGS), int(level is not Level.NONE)


def place_in(old: Sequence[LogLine], new: Sequence[LogLine], top: int) -> tuple[int, int]:
    """How many lines at the begin of `new` are those of `old`, and where the `top` line of `old` is in `new`.

    Lines before it may have come in or gone (what a live log had lost). A line that is nowhere is as good as the first
    one of its time.
    """
    same = _same(old, new)
    if top < same or not new:
        return same, min(top, max(0, len(new) - 1))
    for offset, line in enumerate(old[top : top + 4]):
        following = old[top + offset : top + offset + 3]
        for index in range(same, len(new)):
            if new[index] == line and new[index : index + len(following)] == following:
                return same, max(0, index - offset)
    if not same or top >= len(old):
        return same, 0
    time = old[top].time
    return same, next((index for index in range(same, len(new)) if new[index].time >= time), len(new) - 1)


def _same(old: Sequence[LogLine], new: Sequence[LogLine]) -> int:
    count = min(len(old), len(new))
    for begin in range(0, count, 4096):
        end = min(begin + 4096, count)
        if old[begin:end] != new[begin:end]:
            return next(index for index in range(begin, end) if old[index] != new[index])
    return count
