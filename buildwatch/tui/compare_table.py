"""The lines of a comparison with a cursor on one of them."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from buildwatch.insight.comparison import Line
from buildwatch.tui.compare_lines import CompareLines
from buildwatch.tui.ink import Inked
from buildwatch.tui.stepping import Stepping


class CompareTable(Stepping, Inked, can_focus=True):
    """Shows what `CompareLines` lays out. The cursor stays on its step when the order changes."""

    DEFAULT_CSS = """
    CompareTable { overflow-x: hidden; scrollbar-size-vertical: 1; scrollbar-gutter: stable; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", "down", show=False, id="compare.down"),
        Binding("k,up", "move(-1)", "up", show=False, id="compare.up"),
        Binding("g,home", "first", "first", show=False, id="compare.first"),
        Binding("G,end", "last", "last", show=False, id="compare.last"),
        Binding("ctrl+d", "half(1)", "half a page down", show=False, id="compare.half-down"),
        Binding("ctrl+u", "half(-1)", "half a page up", show=False, id="compare.half-up"),
        Binding("pagedown,ctrl+f,space", "page(1)", "a page down", show=False, id="compare.page-down"),
        Binding("pageup,ctrl+b", "page(-1)", "a page up", show=False, id="compare.page-up"),
        Binding("enter", "enter", "the log of this step", show=False, id="compare.enter"),
    ]

    @dataclass
    class Moved(Message):
        """The cursor stands on another line."""

    @dataclass
    class Enter(Message):
        """A person wants to see the log of a step."""

        line: Line

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._shown: CompareLines | None = None
        self.cursor = 0

    @property
    def line(self) -> Line | None:
        """The line under the cursor."""
        lines = self._shown.lines if self._shown is not None else []
        return lines[self.cursor] if self.cursor < len(lines) else None

    @property
    def room(self) -> int:
        """How many cells a line has."""
        return self.scrollable_content_region.width

    def show(self, lines: CompareLines | None, *, top: bool = False) -> None:
        """Show these lines; the cursor stays on its step where that is among them, or goes to the `top`."""
        before = self._shown.key(self.cursor) if self._shown is not None and self.line is not None else None
        self._shown = lines
        self.cursor = 0 if top or lines is None else self._still_there(lines, before)
        self.virtual_size = Size(self.room, self.last + 1)
        self._keep_in_sight()
        self.refresh()

    def _still_there(self, lines: CompareLines, key: Hashable) -> int:
        """Where the cursor's line is now; where it is gone, the place that it had."""
        at = max(0, min(self.cursor, len(lines.lines) - 1))
        if not lines.lines or lines.key(at) == key:
            return at
        return next((other for other in range(len(lines.lines)) if lines.key(other) == key), at)

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        at = y + round(self.scroll_y)
        if self._shown is None or at >= len(self._shown.lines):
            return Strip.blank(self.room, self.rich_style)
        strip = Strip([Segment(text, self.ink(name)) for text, name in self._shown.row(at)])
        if at == self.cursor:
            ground = self.ground("cursor" if self.has_focus else "cursor-away")
            strip = Strip([Segment(text, (style or Style.null()) + ground) for text, style, _ in strip])
            return strip.adjust_cell_length(self.room, ground)
        return strip.adjust_cell_length(self.room, self.ink("text"))

    def move_to(self, at: int, below: int = 0) -> None:
        """Put the cursor on a line."""
        at = max(0, min(at, self.last))
        if at != self.cursor:
            self.cursor = at
            self._keep_in_sight(below)
            self.refresh()
            self.post_message(self.Moved())

    @property
    def last(self) -> int:
        """The last line."""
        return (len(self._shown.lines) if self._shown is not None else 0) - 1

    def action_enter(self) -> None:
        """To the log of the step under the cursor."""
        if self.line is not None:
            self.post_message(self.Enter(self.line))

    def on_click(self, event: events.Click) -> None:
        """One click selects; a click on the selected line opens it."""
        at = event.y + round(self.scroll_y)
        if self._shown is None or at >= len(self._shown.lines):
            return
        self.action_enter() if at == self.cursor else self.move_to(at)
