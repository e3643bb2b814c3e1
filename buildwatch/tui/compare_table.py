"""The lines of a comparison with a cursor on one of them."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message

from buildwatch.insight.comparison import Line
from buildwatch.tui.cells import Pieces
from buildwatch.tui.compare_lines import CompareLines
from buildwatch.tui.stepping import Stepping


class CompareTable(Stepping, can_focus=True):
    """Shows what `CompareLines` lays out. The cursor stays on its step when the order changes."""

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

    def pieces(self, at: int) -> Pieces:
        """One line."""
        return self._shown.row(at) if self._shown is not None else []

    def move_to(self, at: int, below: int = 0) -> None:
        """Put the cursor on a line."""
        at = max(0, min(at, self.last))
        if at != self.cursor:
            old, self.cursor = self.cursor, at
            self._keep_in_sight(below)
            self.repaint_lines([old, at])
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
        if at > self.last:
            return
        self.action_enter() if at == self.cursor else self.move_to(at)
