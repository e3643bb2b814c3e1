"""Which lines of a log are on show: all, those around what was searched for, or all but what is folded away. Pure.

Lines that are left out stand as one row that says how many; folded ones are told of by the command that printed them.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import compress, pairwise, repeat
from operator import gt, sub

Part = tuple[int, int]
"""Lines that follow each other: the first, and one past the last."""

SMALLEST = 3
"""So few lines are not left out: the row that says so would take as much room."""


class Shown:
    """The lines on show, in their order. A *place* counts them from 0; a gap takes one place too."""

    def __init__(self, lines: Sequence[int], gaps: dict[int, int] | None = None, *, everything: bool = False) -> None:
        """`lines` are in order; `gaps` tells of those that stand for a gap how many lines it leaves out."""
        self._lines = lines
        self._gaps = gaps or {}
        self.everything = everything

    def __len__(self) -> int:
        return len(self._lines)

    def line(self, place: int) -> int:
        """The line at a place; of a gap its first."""
        return place if self.everything else self._lines[place]

    def place(self, line: int) -> int:
        """Where a line is; of one that is not on show where the one before it is."""
        return line if self.everything else max(0, bisect_right(self._lines, line) - 1)

    def has(self, line: int) -> bool:
        """Whether a line is on show itself."""
        if self.everything:
            return 0 <= line < len(self._lines)
        at = bisect_left(self._lines, line)
        return at < len(self._lines) and self._lines[at] == line and line not in self._gaps

    def gap(self, line: int) -> int:
        """How many lines are left out from this one on; 0 where it is on show."""
        return self._gaps.get(line, 0)


def everything(count: int) -> Shown:
    """All lines."""
    return Shown(range(count), everything=True)


def parts_of(count: int, parts: Iterable[Part]) -> Shown:
    """Of `count` lines those in `parts`, which are in order and may overlap; gaps too small to matter are shown."""
    lines, gaps, end = array("l"), dict[int, int](), 0
    for first, last in parts:
        end = _skip(lines, gaps, end, first)
        if last > end:
            lines.extend(range(end, min(last, count)))
            end = min(last, count)
    _skip(lines, gaps, end, count)
    return Shown(lines, gaps)


def around(count: int, finds: Sequence[int], context: int) -> Shown:
    """Of `count` lines those with a find (in order), and so many before and after each. Quick for a million finds."""
    lines = array("l", finds)
    if not context:
        return Shown(lines)
    if not lines:
        return parts_of(count, ())
    apart = map(gt, map(sub, lines[1:], lines), repeat(2 * context + 1 + SMALLEST))  # too far to share what is between
    ends = [*compress(range(len(lines)), apart), len(lines) - 1]
    begins = [0, *(end + 1 for end in ends)]
    runs = zip(begins, ends, strict=False)
    return parts_of(count, ((max(0, lines[a] - context), min(count, lines[b] + context + 1)) for a, b in runs))


def folded(count: int, heads: Sequence[int], is_folded: Callable[[int], bool]) -> Shown:
    """Of `count` lines all but those of folded groups. A group is its head and what follows it up to the next."""
    lines, begin = array("l"), 0
    for head, following in pairwise([*heads, count]):
        if is_folded(head):
            lines.extend(range(begin, head + 1))
            begin = following
    lines.extend(range(begin, count))
    return Shown(lines, everything=False)


def _skip(lines: array[int], gaps: dict[int, int], end: int, first: int) -> int:
    """Leave out what is between `end` and `first`, if that is worth it. Where the lines on show end then."""
    if first - end > SMALLEST:
        lines.append(end)
        gaps[end] = first - end
        return first
    lines.extend(range(end, first))
    return max(end, first)
