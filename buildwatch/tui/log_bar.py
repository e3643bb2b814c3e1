"""The log's scroll bar, with a mark in each cell in whose lines something was found.

Textual's own is made and measured as a whole whenever the log grows by a line, which was a third of such a paint; this
one is painted when it looks different.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import ceil
from typing import Any, Final, NamedTuple, Self, cast

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.strip import Strip

from buildwatch.tui.line_cache import LineCache

Mark = tuple[str, Color | None]
"""A sign of one cell, and its colour."""

_ABOVE: Final[dict[str, Any]] = {"@mouse.down": "scroll_up"}
_HANDLE: Final[dict[str, Any]] = {"@mouse.down": "grab"}
_BELOW: Final[dict[str, Any]] = {"@mouse.down": "scroll_down"}
"""What a click does on each part of a bar (textual.scrollbar.ScrollBarRender)."""


class _Look(NamedTuple):
    """What is seen of a bar: its colours, and of each cell what part it is of and which mark it has."""

    style: Style
    cells: tuple[tuple[dict[str, Any] | None, Mark | None], ...]


def handle(height: int, rows: int, seen: int, top: float) -> tuple[int, int]:
    """The first cell of the handle of a bar of so many cells, and the one after its last; none where all is seen.

    `seen` of the `rows` are on the screen, from row `top` on.
    """
    if not (height and 0 < seen < rows):
        return 0, 0
    size = max(1.0, seen * height / rows)
    first = int((height - size) * min(1.0, max(0.0, top / (rows - seen))))
    return first, min(height, first + ceil(size))


class LogBar(ScrollBar):
    """A bar of whole cells; `marks` gives for a bar of so many cells those that have a mark."""

    def __init__(self, marks: Callable[[int], Mapping[int, Mark]], thickness: int) -> None:
        super().__init__(vertical=True, name="vertical", thickness=thickness)
        self._styles_cache = LineCache()
        self._marks = marks
        self._look: _Look | None = None

    def _take(self) -> _Look:
        bar, height = cast(ScrollBarRender, self.render()), self.size.height  # which knows the colours
        first, last = handle(height, bar.virtual_size, bar.window_size, bar.position)
        parts = [_ABOVE] * first + [_HANDLE] * (last - first) + [_BELOW] * (height - last)
        marks = self._marks(height)
        return _Look(
            cast(Style, bar.style), tuple((part if last else None, marks.get(y)) for y, part in enumerate(parts))
        )

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Paint what looks different."""
        if self.is_attached and self.size and not (regions or layout or recompose):
            old, self._look = self._look, self._take()
            if old is not None and old.style == self._look.style and len(old.cells) == len(self._look.cells):
                pairs = enumerate(zip(old.cells, self._look.cells, strict=True))
                changed = [Region(0, y, self.size.width, 1) for y, (before, after) in pairs if before != after]
                return super().refresh(*changed) if changed else self
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def render_line(self, y: int) -> Strip:
        """One cell."""
        if self._look is None or y >= len(self._look.cells):
            self._look = self._take()
        (part, mark), color, ground = self._look.cells[y], self._look.style.color, self._look.style.bgcolor
        if mark is not None:
            style = Style(color=mark[1], bgcolor=color if part is _HANDLE else ground, bold=True, meta=part)
        else:
            style = Style(color=color, reverse=True, meta=part) if part is _HANDLE else Style(bgcolor=ground, meta=part)
        return Strip([Segment((mark[0] if mark else " ") * self.thickness, style)], self.thickness)
