"""The green builds like the one that is compared, with how long each took: since when it is slower. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from buildwatch.insight.comparison import Comparison
from buildwatch.insight.eta import ran
from buildwatch.insight.reference import greens_like
from buildwatch.model import Build
from buildwatch.tui.cells import Pieces, right
from buildwatch.tui.page import Page
from buildwatch.tui.styles import style_of
from buildwatch.words import age, duration, glyph

LEAST: Final = 3
"""Builds that there is to be room for, or none are shown."""

LONGEST_BAR: Final = 60
"""Cells."""

SPENT: Final = 42
"""Cells of a line that its bar cannot have."""


def history_lines(of: Comparison, builds: Sequence[Build], page: Page, most: int) -> list[Pieces]:
    """A title and a line for each of the newest of the repo's `builds` that are like this one, in at most `most` lines.

    Both builds of the comparison are among them.
    """
    shown = _shown(of, greens_like(of.this, builds), most - 1)
    if len(shown) < LEAST or most - 1 < LEAST:
        return []
    lengths = {build.key: ran(build, page.now) or 0.0 for build in shown}
    longest = max(1.0, *lengths.values())
    width = max(0, min(LONGEST_BAR, page.width - SPENT))
    number = max(len(f"#{build.number}") for build in shown)
    lines: list[Pieces] = [[(" green builds like this one", "dim")]]
    for build in shown:
        role = "this" if build.key == of.this.key else "against" if build.key == of.that.key else ""
        style = "bright" if role else "dim"
        bar = page.glyphs.waterfall[-1] * round(lengths[build.key] / longest * width)
        when = age(page.now - build.created) if build.created else ""
        line: Pieces = [(f" {f'#{build.number}':<{number}} ", style)]
        line += [(f"{glyph(build.status, page.glyphs)} ", style_of(build.status))]
        line += [(f"{right(duration(lengths[build.key]), 8)}{right(when, 5)}  ", style)]
        lines.append(page.line([*line, (bar, style), (f"  {role}" if role else "", "text")]))
    return lines


def _shown(of: Comparison, like: Sequence[Build], most: int) -> list[Build]:
    """The newest of them, and both that are compared, newest first."""
    both = {of.this.key: of.this, of.that.key: of.that}
    others = [build for build in like if build.key not in both][: max(0, most - len(both))]
    return sorted((*both.values(), *others), key=lambda build: -build.id)
