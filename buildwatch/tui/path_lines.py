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
    """The critical `path` where not all that ran is on it, with its shortest steps left out for want of room; the idle
    time where it is worth a word. At most one line.
    """
    on_it = {(row.stage, row.step) for row in path}
    beside = [row for row in rows if row.step and row.took is not None and (row.stage, row.step) not in on_it]
    nothing = sum(gap.end - gap.begin for gap in gaps)
    told = f"nothing ran for {duration(nothing)}" if nothing >= IDLE_TOLD else ""
    chain = _chain([row for row in path if row.took], page, width_of(told) + 3) if beside else ""
    both = f" {page.glyphs.dot} ".join(filter(None, (chain, told)))
    return [page.line([(both, "dim")])] if both else []


def _chain(path: list[Row], page: Page, taken: int) -> str:
    """As much of the path as there is room for, the longest of its steps at least."""
    between = f" {page.glyphs.into} "
    left = sorted(path, key=lambda row: row.took or 0.0, reverse=True)
    while left:
        kept = set(map(id, left))
        names = [f"{row.name} {duration(row.took or 0.0)}" for row in path if id(row) in kept]
        text = f"decided by {between.join(names)}"
        if len(left) == 1 or width_of(text) + taken <= page.width:
            return text
        left.pop()
    return ""
