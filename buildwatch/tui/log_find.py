"""Finding things in logs of a million lines a little at a time, so that no key waits for it."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from buildwatch.insight.digest import is_command
from buildwatch.insight.errors import Level, levels_of
from buildwatch.wire.ansi import drawn_all
from buildwatch.wire.loglist import LogLines


class Hit(NamedTuple):
    """A place: the line, and the how-manieth of that line's finds (from 0)."""

    line: int
    nth: int


Looked = Iterable[tuple[int, int, int]]
"""What was found in some lines: the line (from 0), which kind of find, and how many."""


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

    def add(self, line: int, count: int) -> None:
        """So many in this line, which comes after all others."""
        self._lines.append(line)
        self._sums.append(self.total + count)

    def add_all(self, first: int, found: Looked) -> None:
        """The same for all that was found in lines that begin with `first`, whatever their kind."""
        total = self.total
        for line, _, count in found:
            total += count
            self._lines.append(first + line)
            self._sums.append(total)

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

    def __init__(self, look: Callable[[str], Looked], kinds: int = 1) -> None:
        """`look` tells what it finds in the raw texts of lines that are joined by line feeds, in their order."""
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
            found = self._look(texts)
            if len(self.finds) == 1:
                self.finds[0].add_all(first, found)
            else:
                for line, kind, count in found:
                    self.finds[kind].add(first + line, count)
            self._seen = first + texts.count("\n") + 1
            if enough():
                return


class Search:
    """A text to look for: capitals matter only where the text has some (smart case)."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._lower = text == text.lower()
        self._pattern = re.compile(re.escape(text), re.IGNORECASE if self._lower else 0)

    def look(self, raw: str) -> Looked:
        """Which lines have it and how often, as `Scan` asks."""
        texts = drawn_all(raw)
        if texts.isascii() and self.text.isascii():
            texts = texts.lower() if self._lower else texts
            if self.text in texts:
                counts = (line.count(self.text) for line in texts.split("\n"))
                return [(line, 0, count) for line, count in enumerate(counts) if count]
        elif self._pattern.search(texts):
            counts = (sum(1 for _ in self._pattern.finditer(line)) for line in texts.split("\n"))
            return [(line, 0, count) for line, count in enumerate(counts) if count]
        return ()

    def places(self, line: str) -> list[tuple[int, int]]:
        """Where a line (drawn) has it: begin and end of each."""
        return [match.span() for match in self._pattern.finditer(line)]


ERRORS, WARNINGS, COMMANDS, MATCHES = range(4)
"""Kinds of finds. The first three are found in one walk."""


def look_for_kinds(raw: str) -> Looked:
    """Which lines are commands or tell of errors and warnings, as `Scan` asks."""
    texts = drawn_all(raw)
    grave = [(line, ERRORS if level is Level.ERROR else WARNINGS, 1) for line, level in levels_of(texts)]
    if texts.startswith("+ ") or "\n+ " in texts:
        commands = [(line, COMMANDS, 1) for line, text in enumerate(texts.split("\n")) if is_command(text)]
        grave = sorted(commands + grave)  # no command is grave
    return grave


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
