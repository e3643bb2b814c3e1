"""Long lists of lines with a cursor: only what is seen is drawn, and keys move by lines, halves and pages.

Keys are bound by each list itself, under names of its own.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.scroll_view import ScrollView
from textual.strip import Strip

from buildwatch.tui.cells import Pieces
from buildwatch.tui.ink import Inked


class Stepping(ScrollView, Inked):
    """A list of lines with a cursor on one of them."""

    DEFAULT_CSS = """
    Stepping { overflow-x: hidden; scrollbar-size-vertical: 1; scrollbar-gutter: stable; }
    """

    cursor: int = 0

    def pieces(self, at: int) -> Pieces:
        """The line at a place; it is cut or filled to the width there is."""
        raise NotImplementedError

    def move_to(self, at: int, below: int = 0) -> None:
        """Put the cursor on that line, or the nearest there is, with so many `below` it in sight if there is room."""
        raise NotImplementedError

    @property
    def last(self) -> int:
        """The last line."""
        raise NotImplementedError

    # drawing

    @property
    def room(self) -> int:
        """How many cells a line has."""
        return self.scrollable_content_region.width

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        at = y + round(self.scroll_y)
        if at > self.last:
            return Strip.blank(self.room, self.rich_style)
        strip = Strip([Segment(text, self.ink(name)) for text, name in self.pieces(at)])
        if at == self.cursor:
            ground = self.ground("cursor" if self.has_focus else "cursor-away")
            strip = Strip([Segment(text, (style or Style.null()) + ground) for text, style, _ in strip])
            return strip.adjust_cell_length(self.room, ground)
        return strip.adjust_cell_length(self.room, self.ink("text"))

    def repaint_lines(self, places: Iterable[int]) -> None:
        """Draw these lines anew, as far as they are seen."""
        top, height = round(self.scroll_y), self.size.height
        lines = sorted(at - top for at in places if top <= at < top + height)
        if len(lines) > height // 2:
            self.refresh()
        elif lines:
            self.refresh(*(Region(0, line, self.size.width, 1) for line in lines))

    def on_focus(self) -> None:
        """The cursor is drawn stronger."""
        self.repaint_lines([self.cursor])

    def on_blur(self) -> None:
        """The cursor is drawn weaker."""
        self.repaint_lines([self.cursor])

    # moving

    def action_move(self, by: int) -> None:
        """Up and down."""
        self.move_to(self.cursor + by)

    def action_first(self) -> None:
        """To the top."""
        self.move_to(0)

    def action_last(self) -> None:
        """To the end."""
        self.move_to(self.last)

    def action_half(self, direction: int) -> None:
        """Half a screen."""
        self.move_to(self.cursor + direction * max(1, self.size.height // 2))

    def action_page(self, direction: int) -> None:
        """A screen."""
        self.move_to(self.cursor + direction * max(1, self.size.height - 1))

    def _keep_in_sight(self, below: int = 0) -> None:
        top, height = round(self.scroll_y), self.size.height
        last = min(self.cursor + below, self.last, self.cursor + max(0, height - 3))
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, immediate=True, force=True)
        elif height and last >= top + height:
            self.scroll_to(y=last - height + 1, animate=False, immediate=True, force=True)
