"""Which rows of the screen a log's lines take, for logs far too long to be measured at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate

_BLOCK = 256


class RowMap:
    """Lines to rows and back. A line not yet measured counts as one row.

    Lines are measured in blocks: those that are looked at at once, the others by `measure`, a few at a time. Measuring
    moves the rows below, so hold on to lines, not to rows.
    """

    def __init__(self, height: Callable[[int], int]) -> None:
        """`height` tells how many rows the line of an index takes."""
        self._height = height
        self._wrapped = False
        self._count = 0
        self._blocks: list[list[int] | None] = []  # heights of each block's lines, None where nobody has measured
        self._rows: list[int] = []  # of each block
        self._starts: list[int] | None = [0]  # the first row of each block and the end; None when it must be summed up
        self._next = 0  # blocks before this one are measured

    def reset(self, count: int, *, wrapped: bool) -> None:
        """Forget all measures: there are `count` lines, which take more than a row each only if `wrapped`."""
        self._wrapped = wrapped
        self._count = 0
        self._blocks = []
        self._rows = []
        self._next = 0
        self.change(0, count)

    def change(self, first: int, count: int) -> None:
        """Lines from `first` on are new or different, and there are `count` of them in all."""
        self._count = count
        if not self._wrapped:
            return
        keep = first // _BLOCK
        blocks = -(-count // _BLOCK)
        del self._blocks[keep:], self._rows[keep:]
        self._blocks += [None] * (blocks - keep)
        self._rows += [_BLOCK] * (blocks - keep)
        if blocks > keep:
            self._rows[-1] = count - (blocks - 1) * _BLOCK
        self._next = min(self._next, keep)
        self._starts = None

    @property
    def rows(self) -> int:
        """How many rows all lines take, as far as measured."""
        return self._sums()[-1] if self._wrapped else self._count

    @property
    def measured(self) -> bool:
        """Whether every line is measured."""
        return not self._wrapped or self._next >= len(self._blocks)

    def row_of(self, line: int) -> int:
        """The first row of a line."""
        if not self._wrapped:
            return line
        block, within = divmod(line, _BLOCK)
        heights = self._measure(block)
        return self._sums()[block] + sum(heights[:within])

    def line_at(self, row: int) -> tuple[int, int]:
        """The line that takes a row, and which of its rows (from 0) that is. A row beyond an end is the end's."""
        row = max(0, row)
        if not self._wrapped or not self._count:
            return min(row, max(0, self._count - 1)), 0
        block = min(bisect_right(self._sums(), row), len(self._blocks)) - 1
        while True:
            heights = self._measure(block)
            left = row - self._sums()[block]
            if left < self._rows[block] or block + 1 == len(self._blocks):
                break
            block += 1
        for within, height in enumerate(heights):
            if left < height:
                return block * _BLOCK + within, left
            left -= height
        return self._count - 1, heights[-1] - 1

    def measure(self, enough: Callable[[], bool]) -> None:
        """Measure lines that nobody has looked at yet, until `enough`."""
        while self._next < len(self._blocks):
            self._measure(self._next)
            self._next += 1
            if enough():
                return

    def _measure(self, block: int) -> list[int]:
        heights = self._blocks[block]
        if heights is None:
            first = block * _BLOCK
            heights = [self._height(line) for line in range(first, min(first + _BLOCK, self._count))]
            self._blocks[block] = heights
            self._rows[block] = sum(heights)
            self._starts = None
        return heights

    def _sums(self) -> list[int]:
        if self._starts is None:
            self._starts = [0, *accumulate(self._rows)]
        return self._starts
