"""Lines above the board that may be more than there is room for, with keys that scroll them."""

from __future__ import annotations

from itertools import accumulate
from typing import ClassVar, Final

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ScreenResultType
from textual.widget import Widget
from textual.widgets import Label

from buildwatch.tui.cells import Pieces
from buildwatch.tui.dialog import Dialog
from buildwatch.tui.keymap import PLAIN, Keymap
from buildwatch.tui.lines import Lines

EDGES: Final = 6
"""Cells of a list's width that are not its text's."""

AROUND: Final = 7
"""Lines above and below what is listed: the edges, the head, what is out of sight, the keys."""

ROWS: Final = 3
"""Lines that one turn of the mouse wheel goes."""


class Listing(Dialog[ScreenResultType]):
    """A head, lines that can be scrolled, how much is below, keys."""

    WIDEST: ClassVar[int] = 92
    """Cells that it takes at most, as the style sheet says, too."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "roll(1)", "down", id="list.down"),
        Binding("k,up", "roll(-1)", "up", id="list.up"),
        Binding("ctrl+d", "roll(0.5, True)", "half a page down", id="list.half-down"),
        Binding("ctrl+u", "roll(-0.5, True)", "half a page up", id="list.half-up"),
        Binding("pagedown,ctrl+f,space", "roll(1, True)", "a page down", id="list.page-down"),
        Binding("pageup,ctrl+b", "roll(-1, True)", "a page up", id="list.page-up"),
        Binding("g,home", "to_end(False)", "first", id="list.first"),
        Binding("G,end", "to_end(True)", "last", id="list.last"),
    ]

    def __init__(self, head: str, keymap: Keymap = PLAIN) -> None:
        super().__init__(keymap)
        self._head = head
        self._listed = Lines(id="listed")
        self._room = VerticalScroll(self._listed, id="room", can_focus=False)
        self._below = Lines(id="below")
        self._ends: list[int] = []

    def compose(self) -> ComposeResult:
        """From the top."""
        with Vertical():
            if self._head:
                yield Label(Text(self._head), classes="question", id="head")
            yield self._room
            yield self._below
            yield from self.rest()

    def rest(self) -> ComposeResult:
        """What stands below the list: lines to type into, the keys."""
        raise NotImplementedError

    @property
    def around(self) -> int:
        """Lines of the screen that are not the list's."""
        return AROUND + self.frame

    def lines(self, width: int) -> list[list[Pieces]]:
        """What is listed, in so many cells: things of one line or more."""
        raise NotImplementedError

    def called(self, count: int) -> str:
        """What so many of the things that are out of sight are called."""
        del count
        return "more"

    def on_mount(self) -> None:
        """Show it, and have it known what is out of sight."""
        self.draw()
        self.watch(self._room, "scroll_y", self._tell_rest, init=False)

    def on_resize(self) -> None:
        """Other room, other lines."""
        self.draw()

    def draw(self) -> None:
        """Lay the lines out for the screen as it is."""
        width, height = self.app.size
        things = self.lines(max(20, min(self.WIDEST, width * 94 // 100) - EDGES - self.frame))
        lines = [line for thing in things for line in thing]
        self._ends = list(accumulate(map(len, things)))
        self._listed.styles.height = max(1, len(lines))
        room = max(1, height * 9 // 10 - self.around)
        self._room.styles.height = max(1, min(len(lines), room))
        self._below.display = len(lines) > room
        self._listed.show(lines)
        self.call_after_refresh(self._tell_rest)

    def _tell_rest(self) -> None:
        seen = round(self._room.scroll_y) + self._room.size.height
        below = sum(end > seen for end in self._ends)
        self._below.show([[(f"{below} {self.called(below)} below" if below else "the end", "dim")]])

    # keys and the wheel

    def action_roll(self, by: float, pages: bool = False) -> None:
        """Scroll by lines, or by pages; half a page is 0.5."""
        step = round(by * max(1, self._room.size.height - 1)) if pages else round(by)
        self._roll_to(self._room.scroll_y + step)

    def action_to_end(self, last: bool) -> None:
        """To the first line, or the last."""
        self._roll_to(self._room.max_scroll_y if last else 0)

    def _roll_to(self, y: float) -> None:
        self._room.scroll_to(y=y, animate=False, immediate=True, force=True)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel scrolls wherever the mouse is."""
        if not self._in_room(event.widget):
            self.action_roll(ROWS)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """And back."""
        if not self._in_room(event.widget):
            self.action_roll(-ROWS)

    def _in_room(self, widget: Widget | None) -> bool:
        return widget is not None and self._room in widget.ancestors_with_self
