"""A waterfall as lines of text: names, bars in time, lengths at the right edge, and the axis below. Pure.

The steps that decided the build's length have thick bars, those that ran beside them thin ones; where all follow each
other all are thick. Dots stand where a stage waited for a runner, or a step for nothing that is known of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from buildwatch.insight.waterfall import Part, Row, Waterfall, bar
from buildwatch.model import Status
from buildwatch.tui.cells import Pieces, fit, right, width_of
from buildwatch.tui.page import Page
from buildwatch.tui.styles import style_of
from buildwatch.words import duration, glyph

BARS_AT_LEAST: Final = 8
"""Below so many cells bars say nothing and are left out."""

USUAL_FROM: Final = 72
"""The width from which on there is room for what a step usually takes."""

TELLING: Final = 0.1
"""By what share a step must differ from the usual for that to be shown, and from what length (seconds) on."""
TELLING_FROM: Final = 5.0


class WaterfallLines:
    """Lays out one waterfall, stressed along `path`. The row of the stage and step that are selected stands out."""

    def __init__(self, of: Waterfall, page: Page, stage: int = 0, step: int = 0, path: Iterable[Row] = ()) -> None:
        self._of = of
        self._page = page
        self._path = {place for row in path for place in ((row.stage, row.step), (row.stage, 0))}
        self._selected = (stage, step)
        self._deep = any(not row.step for row in of.rows)
        self._time = max((width_of(_length(row, page)[0]) for row in of.rows), default=0)
        self._usual = page.width >= USUAL_FROM and any(row.expected for row in of.rows)
        tail = self._time + 2 + (16 if self._usual else 0)
        longest = max((len(self._lead(row)) + 1 + width_of(row.name) for row in of.rows), default=0)
        self._name = min(longest, max(10, page.width * 2 // 5), max(0, page.width - tail))
        bars = page.width - self._name - tail - 2
        drawn = any(row.done or row.last > 0 for row in of.rows)
        self._bars = bars if drawn and bars >= BARS_AT_LEAST else 0

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self._of.rows)

    def lines(self, most: int = 0) -> list[Pieces]:
        """A line for each row; where there are more than `most` (0: any number), those around what matters."""
        rows = self._of.rows
        if not most or len(rows) <= most:
            return [self._row(row) for row in rows]
        start = min(max(0, self._anchor() - most // 2), len(rows) - most)
        lines = [self._row(row) for row in rows[start : start + most]]
        if most >= 3:
            below = len(rows) - start - most
            if start:
                lines[0] = self._more(start + 1, "above")
            if below:
                lines[-1] = self._more(below + 1, "below")
        return lines

    def axis(self) -> list[Pieces]:
        """The line of time and its marks; nothing where there are no bars."""
        if not self._bars or not self._of.rows:
            return []
        begin, line, tick, end = tuple(self._page.glyphs.axis)
        cells = [line] * self._bars
        for quarter in (1, 2, 3) if self._bars >= 16 else ():
            cells[round(quarter * (self._bars - 1) / 4)] = tick
        cells[0], cells[-1] = begin, end
        lead = " " * (self._name + 2)
        heads = right("took", self._time + 2) + right("usual", 9) if self._usual else ""
        return [[(lead + "".join(cells), "rule")], self._page.line([(lead + self._marks() + heads, "dim")])]

    def _marks(self) -> str:
        first, middle, last = duration(0), duration(self._of.scale / 2), duration(self._of.scale)
        at = round((self._bars - 1) / 2) - len(middle) // 2
        if at > len(first) and at + len(middle) < self._bars - len(last) and self._of.scale >= 2:
            first = first.ljust(at) + middle
        return first + right(last, self._bars - len(first))

    def _anchor(self) -> int:
        """Which row matters most: the selected one, else the first that failed, runs, or has not begun."""

        def first(wanted: Iterator[int]) -> int | None:
            return next(wanted, None)

        rows = list(enumerate(self._of.rows))
        for found in (
            first(at for at, row in rows if (row.stage, row.step) == self._selected),
            first(at for at, row in rows if row.step and row.status.failed and not row.ignored),
            first(at for at, row in rows if row.step and row.status == Status.RUNNING),
            first(at for at, row in rows if not row.status.ended),
        ):
            if found is not None:
                return found
        return len(rows) - 1

    def _more(self, count: int, where: str) -> Pieces:
        return self._page.line([(f"{self._page.glyphs.ellipsis} {count} more {where}", "dim")])

    def _lead(self, row: Row) -> str:
        return f"{'  ' if self._deep and row.step else ''}{glyph(row.status, self._page.glyphs)}"

    def _row(self, row: Row) -> Pieces:
        lead = self._lead(row)
        name = fit(f" {row.name}", self._name - len(lead), self._page.glyphs.ellipsis)
        pieces: Pieces = [(lead, _style(row)), (name, self._name_style(row))]
        if self._bars:
            pieces += [(" " + self._page.glyphs.separator, "rule"), *self._drawn(row)]
        length, style = _length(row, self._page)
        room = self._page.width - self._name - (2 + self._bars if self._bars else 0) - (16 if self._usual else 0)
        pieces.append((right(length, room), style))
        if self._usual:
            pieces += _against_usual(row)
        return self._page.line(pieces)

    def _name_style(self, row: Row) -> str:
        if (row.stage, row.step) == self._selected:
            return "head"
        if row.status == Status.RUNNING or (row.status.failed and not row.ignored):
            return "bright"
        return "dim" if row.took is None else "text"

    def _drawn(self, row: Row) -> Pieces:
        """The bars of a row in exactly the cells there are for them."""
        waited, planned, _ = tuple(self._page.glyphs.waterfall)
        cells = [(" ", "text")] * self._bars
        self._shade(cells, row.waited, waited)
        self._shade(cells, row.plan, planned)
        if row.done is not None:
            self._fill(cells, row, row.done)
        return [
            ("".join(text for text, _ in group), style) for style, group in groupby(cells, key=lambda cell: cell[1])
        ]

    def _shade(self, cells: Pieces, part: Part | None, sign: str) -> None:
        if part is None or part.end <= part.begin:
            return
        span = bar(part, self._of.scale, self._bars)
        first = min(len(cells) - 1, (span.left + 1) // 2)
        for at in range(first, max(first + 1, (span.right + 1) // 2)):
            cells[at] = (sign, "dim")

    def _fill(self, cells: Pieces, row: Row, part: Part) -> None:
        glyphs = self._page.glyphs
        thick = not self._path or (row.stage, row.step) in self._path
        run, left_half, right_half = tuple(glyphs.waterfall[-1] + glyphs.halves if thick else glyphs.thin)
        span = bar(part, self._of.scale, self._bars)
        for at in range(span.left // 2, (span.right + 1) // 2):
            has_left, has_right = span.left <= 2 * at, 2 * at + 1 < span.right
            cells[at] = (run if has_left and has_right else left_half if has_left else right_half, _style(row))


def _style(row: Row) -> str:
    """The style of its status; a failure that does not count has none."""
    return "dim" if row.ignored and row.status.failed else style_of(row.status)


def _length(row: Row, page: Page) -> tuple[str, str]:
    """What stands at the right end of a row: how long it ran, is expected to, or why it did not."""
    if row.took is not None:
        strong = row.status == Status.RUNNING or row.status.failed
        return duration(row.took), _style(row) if strong else "text"
    if row.plan is not None and row.status != Status.BLOCKED:
        return (f"~{duration(row.expected)}" if row.expected is not None else ""), "dim"
    return page.cut(row.status, 9), style_of(row.status) if row.status == Status.BLOCKED else "dim"


def _against_usual(row: Row) -> Pieces:
    """What it usually takes, and by how much this one differs, in 16 cells. What is planned tells it already."""
    usual = row.expected
    if usual is None or (row.took is None and row.plan is not None):
        return [(" " * 16, "text")]
    by = (row.took - usual) / usual if row.took is not None and row.status.ended and usual >= TELLING_FROM else 0.0
    told = "" if abs(by) < TELLING else f"{by:+.0%}" if by < 10 else f"{1 + by:.0f}x"
    return [(right(duration(usual), 9), "dim"), (right(told, 7), "blocked" if by > 0 else "dim")]
