"""The log's scroll bar, with a mark in each cell in whose lines something was found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from rich.color import Color
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style
from textual.scrollbar import ScrollBarRender

from buildwatch.tui.ink import WholeCells

Mark = tuple[str, Color | None]
"""A sign of one cell, and its colour."""


def with_marks(marks: Callable[[int], Mapping[int, Mark]]) -> type[ScrollBarRender]:
    """A renderer for one scroll bar; `marks` gives for a bar of so many cells those that have a mark."""

    class Marked(WholeCells):
        """The bar of whole cells with its marks over it."""

        def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
            height = options.height or console.height
            found = marks(height)
            cells = [segment for segment in console.render(_Plain(self), options) if segment.text != "\n"]
            for place, cell in enumerate(cells[:height]):
                yield _over(cell, found[place]) if place in found else cell
                yield Segment.line()

    return Marked


class _Plain:
    """A bar as it is without marks."""

    def __init__(self, bar: ScrollBarRender) -> None:
        self._bar = bar

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        return ScrollBarRender.__rich_console__(self._bar, console, options)


def _over(cell: Segment, mark: Mark) -> Segment:
    """A cell of the bar with a mark on it. The bar's handle is drawn reversed, so its ground is its colour."""
    sign, colour = mark
    style = cell.style or Style.null()
    ground = style.color if style.reverse else style.bgcolor
    return Segment(sign, Style(color=colour, bgcolor=ground, bold=True, meta=style.meta))
