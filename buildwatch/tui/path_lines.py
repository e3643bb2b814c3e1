"""What decided a build's length, in a line below its waterfall: the steps with thick bars, and when none ran. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from buildwatch.insight.waterfall import Part, Row
from buildwatch.tui.cells import Pieces, width_of
from buildwatch.tui.page import Page
from buildwatch.words import duration

IDLE_TOLD: Final = 5.0
"""From how many seconds on it is told that nothing ran."""


def path_lines(path: Sequence[Row], gaps: Sequence[Part], rows: Sequence[Row], page: Page) -> list[Pieces]:
    """The critical `path` where not all that ran is on it, with its shortest steps left out for want of room, a sign
    in their places; the idle time where it is worth a word. At most one line.
    """
    on_it = {(row.stage, row.step) for row in path}
    beside = [row for row in rows if row.step and row.took is not None and (row.stage, row.step) not in on_it]
    nothing = sum(gap.end - gap.begin for gap in gaps)
    told = f"nothing ran for {duration(nothing)}" if nothing >= IDLE_TOLD else ""
    chain = _chain([row for row in path if row.took], page, width_of(told) + 3 if told else 0) if beside else ""
    both = f" {page.glyphs.dot} ".join(filter(None, (chain, told)))
    return [page.line([(both, "dim")])] if both else []


def _chain(path: list[Row], page: Page, taken: int) -> str:
    """As much of the path as there is room for, the longest of its steps at least."""
    lead, between = "decided by ", f" {page.glyphs.into} "
    names = [f"{row.name} {duration(row.took or 0.0)}" for row in path]
    widths = [width_of(name) + width_of(between) for name in names]
    left = sorted(range(len(path)), key=lambda at: path[at].took or 0.0, reverse=True)
    room = page.width - taken - width_of(lead) + width_of(between) - sum(widths)
    while room < 0 and len(left) > 1:
        room += widths[left.pop()]
    while len(left) > 1 and width_of(lead + _joined(names, left, page)) + taken > page.width:
        left.pop()  # for the signs
    text = lead + _joined(names, left, page) if left else ""
    if len(left) == 1 < len(path) and width_of(text) + taken > page.width:
        return f"{lead}{names[left[0]]} {page.glyphs.ellipsis}"  # one sign for all
    return text


def _joined(names: list[str], kept: Sequence[int], page: Page) -> str:
    """The names at those places in their order, with a sign where any are left out."""
    text, after = "", 0
    for at in sorted(kept):
        sign = page.glyphs.ellipsis if at > after else page.glyphs.into if after else ""
        text += f"{' ' * bool(after)}{sign} {names[at]}" if sign else names[at]
        after = at + 1
    return text + f" {page.glyphs.ellipsis}" * (after < len(names))
