"""Two builds side by side as lines of text: a line a step with what it took in both, and the whole below. Pure.

Behind the numbers two bars share one line, the upper one of the build it is held against, the lower one of this build:
as they ran on one axis of time, or by their lengths where what grew or lasted most comes first. Where lanes ran side by
side a mark before the name says which steps decided the length.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from itertools import groupby
from typing import Final

from buildwatch.insight.compare_words import name, percent, sentences, signed
from buildwatch.insight.comparison import Change, Comparison, Kind, Line, Order, Side, ordered
from buildwatch.insight.waterfall import ROUNDING, SHORTEST, Part, bar, held
from buildwatch.model import Status
from buildwatch.tui.cells import Pieces, fit, right, width_of
from buildwatch.tui.page import Page
from buildwatch.tui.styles import style_of
from buildwatch.words import Glyphs, duration, glyph

BARS_AT_LEAST: Final = 10
"""Below so many cells bars say nothing and are left out."""

ROOM: Final = 7
"""Cells for a length with its sign: what runs for less than an hour moves no column."""

SHARE: Final = 7
"""Cells for the share of growth."""

COPIED: Final = 100
"""Cells that lines have as text."""

TELLING: Final = 0.1
SLOW: Final = 0.2
"""From what share on growth stands out, and from what it is marked."""


class CompareLines:
    """Lays out one comparison in the width of the page; with `changed` only what is not as it was."""

    def __init__(self, of: Comparison, page: Page, order: Order, *, changed: bool = False) -> None:
        self._of = of
        self._page = page
        self._order = order
        self._flat = order is not Order.RUN and of.several  # steps stand without their stages and are called with them
        self.lines: Final = _changed(ordered(of, order)) if changed else list(ordered(of, order))
        self._marked = _lanes(of)
        lengths = [width_of(_took(side, page)) for side in _longest_sides(of.lines)]
        lengths += [len(duration(length)) + 2 for change in _totals(of).values() for length in change[:2] if length]
        self._side = 2 + max(ROOM, len(f"#{of.that.number}"), len(f"#{of.this.number}"), *lengths)
        self._delta = 4 + max([ROOM, *(width_of(_delta(*of, page)[0]) for of in _greatest_changes(of.lines))])
        tail = 2 * self._side + self._delta + SHARE
        room = page.width - tail
        longest = max([16, *(self._lead(line) + width_of("".join(_named(line, self._flat))) for line in self.lines)])
        self._name = max(8, min(longest, max(18, page.width * 3 // 10, room - 60), room))
        bars = page.width - self._name - tail - 2
        self._bars = bars if bars >= BARS_AT_LEAST else 0
        if not self._bars:
            self._name = max(8, room)
        self._scale = self._longest()

    def key(self, at: int) -> Hashable:
        """What stays the same of a line as long as its stage or step does."""
        line = self.lines[at]
        return tuple((side.row.stage, side.row.step) if side else None for side in (line.that, line.this))

    def head(self) -> Pieces:
        """What the columns are."""
        that, this = f"#{self._of.that.number}", f"#{self._of.this.number}"
        pieces: Pieces = [(fit("  step" if self._marked else "step", self._name, ""), "dim")]
        pieces += [(right(that, self._side), "dim"), (right(this, self._side), "dim")]
        pieces.append((right("change", self._delta) + right("%", SHARE), "dim"))
        if self._bars:
            _, upper, lower = tuple(self._page.glyphs.pair)
            end, legend = duration(self._scale), f"  {upper} {that}  {lower} {this}"
            room = self._bars + 2 - len(end)
            pieces.append((fit(legend, room, "") + end if len(legend) < room else legend, "dim"))
        return self._page.line(pieces)

    def row(self, at: int) -> Pieces:
        """One line."""
        line = self.lines[at]
        told, note = _named(line, self._flat)
        mark = ""
        if self._marked:
            decided = line.this is not None and line.this.critical
            mark = f"{self._page.glyphs.halves[0]} " if decided else "  "
        indent = "" if self._flat or not (line.step and self._of.several) else "  "
        text = self._page.cut(mark + indent + told, self._name)
        rest = fit(note, self._name - width_of(text), self._page.glyphs.ellipsis)
        pieces: Pieces = [(text, _name_style(line)), (rest, "dim")]
        pieces += self._cell(line.that, "dim") + self._cell(line.this, "text")
        pieces += self._numbers(line.change, line.kind)
        if self._bars:
            pieces += [("  ", "text"), *self._drawn(line)]
        return self._page.line(pieces)

    def totals(self) -> list[Pieces]:
        """The whole: what it waited, when nothing ran, and what it took."""
        lines = []
        for title, change in _totals(self._of).items():
            if change is not self._of.total and not (change.that or change.this):
                continue
            cells = [duration(length) if length is not None else "" for length in change[:2]]
            strong = change is self._of.total
            pieces: Pieces = [(fit(title, self._name, self._page.glyphs.ellipsis), "bright" if strong else "dim")]
            pieces += [
                (right(cells[0], self._side), "dim"),
                (right(cells[1], self._side), "bright" if strong else "text"),
            ]
            lines.append(self._page.line(pieces + self._numbers(change, Kind.BOTH)))
        return lines

    def _lead(self, line: Line) -> int:
        return 2 * self._marked + (2 if line.step and self._of.several and not self._flat else 0)

    def _cell(self, side: Side | None, style: str) -> Pieces:
        """The sign of a status and how long it ran, or why it did not."""
        text = _took(side, self._page)
        if side is None or not text:
            return [(" " * self._side, "text")]
        sign = glyph(side.row.status, self._page.glyphs)
        gap = " " * max(0, self._side - width_of(text))
        return [(gap, "text"), (sign, style_of(side.row.status)), (text.removeprefix(sign), style)]

    def _numbers(self, change: Change, kind: Kind) -> Pieces:
        told, style = _delta(change, kind, self._page)
        share, delta = change.share, change.delta
        by = percent(share) if share is not None and delta is not None and round(abs(delta)) else ""
        slow = by and share is not None and share >= SLOW and (delta or 0.0) > ROUNDING
        told += " " * (self._of.total.open and not change.open)
        mark = right(f"{self._page.glyphs.slow} " if slow else "", self._delta - width_of(told))
        return [(mark, "blocked"), (told, style), (right(by, SHARE), style)]

    def _longest(self) -> float:
        sides = [side for line in self._of.lines for side in (line.that, line.this) if side is not None]
        if self._order is Order.RUN:
            longest = max([SHORTEST, *(side.row.done.end for side in sides if side.row.done)])
        else:
            longest = max([SHORTEST, *(side.row.took or 0.0 for side in sides)])
        return held(longest) if self._of.total.open else longest

    def _drawn(self, line: Line) -> Pieces:
        """Both bars in exactly the cells there are for them."""
        upper, lower = self._cells(line.that), self._cells(line.this)
        both, that, this = tuple(self._page.glyphs.pair)
        grown = "blocked" if self._order is not Order.RUN and line.growth > ROUNDING else "bright"
        cells = [
            (both, "text") if at in upper and at in lower
            else (that, "dim") if at in upper
            else (this, grown) if at in lower
            else (" ", "text")
            for at in range(self._bars)
        ]  # fmt: skip
        return [("".join(text for text, _ in of), style) for style, of in groupby(cells, key=lambda cell: cell[1])]

    def _cells(self, side: Side | None) -> range:
        """Which cells the bar of a side takes."""
        if side is None or side.row.done is None or side.row.took is None:
            return range(0)
        part = side.row.done if self._order is Order.RUN else Part(0.0, side.row.took)
        span = bar(part, self._scale, self._bars)
        return range(span.left // 2, max(span.left // 2 + 1, round(span.right / 2)))


def as_text(of: Comparison, now: float, glyphs: Glyphs, order: Order, *, changed: bool) -> str:
    """The whole comparison to be pasted elsewhere: which build, what it comes to, and the lines."""
    lines = CompareLines(of, Page(COPIED, now, 0, glyphs), order, changed=changed)
    drawn = [lines.head(), *map(lines.row, range(len(lines.lines))), *lines.totals()]
    texts = ["".join(text for text, _ in line).rstrip() for line in drawn]
    return "\n".join([of.this.address, *sentences(of), "", *texts])


def _longest_sides(lines: Iterable[Line]) -> Iterable[Side]:
    """Those sides of lines that need most room: of each status the one that took longest, and one that took no time."""
    longest: dict[tuple[str, bool], tuple[float, Side]] = {}
    for line in lines:
        for side in (line.that, line.this):
            if side is not None:
                took = side.row.took
                kind, length = (side.row.status, took is None), took or 0.0
                if kind not in longest or length > longest[kind][0]:
                    longest[kind] = length, side
    return [side for _, side in longest.values()]


def _greatest_changes(lines: Iterable[Line]) -> Iterable[tuple[Change, Kind]]:
    """Those changes that need most room: of each kind the greatest one, up and down."""
    greatest: dict[tuple[Kind, bool, bool], tuple[float, Change]] = {}
    for line in lines:
        delta = line.change.delta or 0.0
        kind, length = (line.kind, line.change.open, delta < 0), abs(delta)
        if kind not in greatest or length > greatest[kind][0]:
            greatest[kind] = length, line.change
    return [(change, kind[0]) for kind, (_, change) in greatest.items()]


def _totals(of: Comparison) -> dict[str, Change]:
    return {
        "waited to begin": of.waited,
        "runner waits": of.runners,
        "nothing ran": of.idle,
        "total": of.total,
    }


def _lanes(of: Comparison) -> bool:
    """Whether not all that ran decided the length of this build, so that it has to be told what did."""
    sides = [line.this for line in of.steps if line.this is not None and line.this.row.done is not None]
    return any(not side.critical for side in sides) and any(side.critical for side in sides)


def _changed(lines: Sequence[Line]) -> list[Line]:
    """Those that are not as they were, and the stages that such steps are of."""
    told = [line for line in lines if _is_changed(line)]
    stages = {line.stage for line in told}
    return [line for line in lines if _is_changed(line) or (not line.step and line.stage in stages)]


def _is_changed(line: Line) -> bool:
    if line.kind in (Kind.NEW, Kind.GONE) or line.turned or line.was:
        return True
    return abs(line.change.delta or 0.0) > ROUNDING


def _named(line: Line, flat: bool) -> tuple[str, str]:
    """What a line is called, and what it was and is not any more."""
    told = name(line, flat) if line.step or flat else line.stage
    notes = [
        f"was {line.that.row.status}" if line.turned and line.that else "",
        f"was called {line.was}" if line.was else "",
    ]
    note = ", ".join(filter(None, notes))
    return told, f"  {note}" if note else ""


def _name_style(line: Line) -> str:
    side = line.this or line.that
    if side is not None and side.row.status.failed and line.this is not None and not side.row.ignored:
        return style_of(side.row.status)
    if not line.step:
        return "head"
    if line.kind in (Kind.GONE, Kind.AHEAD):
        return "dim"
    return "bright" if line.kind is Kind.NEW or line.this is None or line.this.critical else "text"


def _took(side: Side | None, page: Page) -> str:
    """The sign of its status with how long it ran, or the status in words; empty for what has not begun."""
    if side is None or (side.row.took is None and side.row.status.rank == 0 and side.row.status != Status.BLOCKED):
        return ""
    sign = glyph(side.row.status, page.glyphs)
    return f"{sign} {duration(side.row.took) if side.row.took is not None else page.cut(side.row.status, 8)}"


def _delta(change: Change, kind: Kind, page: Page) -> tuple[str, str]:
    """By how much it changed, or why that cannot be told, and its style."""
    delta, share = change.delta, change.share
    if kind in (Kind.NEW, Kind.GONE):
        return kind.value, "bright" if kind is Kind.NEW else "dim"
    if kind is Kind.AHEAD:
        return "not yet", "dim"
    if delta is None:
        return "", "dim"
    told = signed(delta) + page.glyphs.ellipsis * change.open
    if abs(delta) <= ROUNDING or (share is not None and abs(share) < TELLING):
        return told, "dim"
    return told, "blocked" if delta > 0 else "text"
