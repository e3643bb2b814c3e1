"""The room for lines of text, and how text is laid into it by cells. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from rich.cells import chop_cells

from buildwatch.tui.cells import Pieces, fit, width_of
from buildwatch.tui.key_names import USUAL, KeyNames
from buildwatch.words import UNICODE, Glyphs


@dataclass(frozen=True, slots=True)
class Page:
    """Where lines are laid out: `width` cells, `height` lines (0: as many as it takes), at `now` (unix seconds)."""

    width: int
    now: float
    height: int = 0
    glyphs: Glyphs = UNICODE
    names: KeyNames = USUAL

    def cut(self, text: str, width: int) -> str:
        """`text` in at most `width` cells, with an ellipsis where it is cut."""
        return text if width_of(text) <= width else fit(text, width, self.glyphs.ellipsis)

    def line(self, pieces: Pieces) -> Pieces:
        """`pieces` in at most the width of the page."""
        shown: Pieces = []
        room = self.width
        for text, style in pieces:
            if room <= 0:
                break
            text = self.cut(text, room)
            room -= width_of(text)
            shown.append((text, style))
        return shown

    def spread(self, left: Pieces, right: Pieces) -> Pieces:
        """`left` and `right` at the ends of one line. Where both have no room, `left` is cut."""
        size = sum(width_of(text) for text, _ in right)
        shown = Page(self.width - size - 2, self.now, 0, self.glyphs).line(left)
        gap = self.width - size - sum(width_of(text) for text, _ in shown)
        return self.line([*shown, (" " * gap, "text"), *right])

    def wrap(self, text: str, style: str, most: int = 0) -> list[Pieces]:
        """`text` in lines broken between words, at most `most` (0: all), the last one cut where there is more."""
        lines = _broken(text, max(2, self.width))
        if most and len(lines) > most:
            rest = " ".join(lines[most - 1 :])
            lines = [*lines[: most - 1], rest]
        return [self.line([(line, style)]) for line in lines]

    def listed(self, things: Iterable[str], style: str) -> list[Pieces]:
        """`things` one after the other, in lines broken only between two of them."""
        between = f" {self.glyphs.dot} "
        lines: list[str] = []
        for thing in things:
            if lines and width_of(lines[-1] + between + thing) <= self.width:
                lines[-1] += between + thing
            else:
                lines.append(thing)
        return [self.line([(line, style)]) for line in lines]


_BROKEN_FROM: Final = 8
"""How many cells must be left of a line for a word to be broken there: fewer would look lost."""


def _broken(text: str, width: int) -> list[str]:
    """The words of `text` in lines of at most `width` cells (2 or more); a longer word is broken anywhere."""
    lines: list[str] = []
    line, used = "", 0
    for word in text.split():
        size = width_of(word)
        left = width - used - 1
        if size > width and line and left >= _BROKEN_FROM:
            start = chop_cells(word, left)[0]
            lines.append(f"{line} {start}")
            line, word = "", word[len(start) :]
            size = width_of(word)
        if line and used + 1 + size <= width:
            line, used = f"{line} {word}", used + 1 + size
            continue
        if line:
            lines.append(line)
        *whole, line = chop_cells(word, width) if size > width else [word]
        lines.extend(whole)
        used = width_of(line)
    return [*lines, line] if line else lines
