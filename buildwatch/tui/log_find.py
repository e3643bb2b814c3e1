"""Finding things in logs of a million lines a little at a time, so that no key waits for it."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate, repeat
from operator import add
from typing import NamedTuple

from buildwatch.insight.digest import is_command
from buildwatch.insight.errors import Level, levels_of
from buildwatch.tui.log_search import Column
from buildwatch.wire.ansi import drawn_all
from buildwatch.wire.loglist import LogLines


class Hit(NamedTuple):
    """A place: the line, and the how-manieth of that line's finds (from 0)."""

    line: int
    nth: int


class Finds:
    """What has been found so far, in the order of the lines."""

    def __init__(self) -> None:
        self._lines = array("l")
        self._sums = array("l")  # finds up to and including that line

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

    def add(self, first: int, found: Column) -> None:
        """What was found in lines that begin with `first`, which come after all others."""
        lines, counts = found
        sums = accumulate(counts, initial=self.total)
        next(sums)
        self._lines.extend(map(add, lines, repeat(first)))
        self._sums.extend(sums)

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

    def __init__(self, look: Callable[[str], tuple[Column, ...]], kinds: int = 1) -> None:
        """`look` tells of each kind what it finds in the raw texts of lines that are joined by line feeds."""
        self._look = look
        self._seen = 0
        self.finds = tuple(Finds() for _ in range(kinds))

    def done(self, lines: LogLines) -> bool:
        """Whether every line has been looked at."""
        return self._seen >= len(lines)

    def forget_from(self, line: int) -> None:
        """Lines from here on are different: look again."""
        if line < self._seen:
            self._seen = line
            for finds in self.finds:
                finds.forget_from(line)

    def go_on(self, lines: LogLines, enough: Callable[[], bool]) -> None:
        """Look at more lines, until `enough`."""
        for first, texts in lines.texts(self._seen, len(lines)):
            for finds, found in zip(self.finds, self._look(texts), strict=True):
                finds.add(first, found)
            self._seen = first + texts.count("\n") + 1
            if enough():
                return


ERRORS, WARNINGS, COMMANDS, MATCHES = range(4)
"""Kinds of finds. The first three are found in one walk."""


def look_for_kinds(raw: str) -> tuple[Column, Column, Column]:
    """Which lines tell of errors and of warnings, and which are commands, as `Scan` asks."""
    texts = drawn_all(raw)
    levels = levels_of(texts)
    errors = [line for line, level in levels if level is Level.ERROR]
    warnings = [line for line, level in levels if level is not Level.ERROR]
    commands = []
    if texts.startswith("+ ") or "\n+ " in texts:
        commands = [line for line, text in enumerate(texts.split("\n")) if is_command(text)]
    return (errors, [1] * len(errors)), (warnings, [1] * len(warnings)), (commands, [1] * len(commands))


def place_in(old: LogLines, new: LogLines, top: int) -> tuple[int, int]:
    """How many lines at the begin of `new` are those of `old`, and where the `top` line of `old` is in `new`.

    Lines before it may have come in or gone (what a live log had lost). A line that is nowhere is as good as the first
    one of its time.
    """
    same = old.same(new)
    if top < same or not new:
        return same, min(top, max(0, len(new) - 1))
    for offset, line in enumerate(old[top : top + 4]):
        following = old[top + offset : top + offset + 3]
        index = new.find(line, same)
        while index >= 0:
            if new[index : index + len(following)] == following:
                return same, max(0, index - offset)
            index = new.find(line, index + 1)
    if not same or top >= len(old):
        return same, 0
    time = old[top].time
    return same, next((index for index, one in enumerate(new.since(same), same) if one.time >= time), len(new) - 1)
