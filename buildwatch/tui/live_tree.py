"""The widget that shows a long list of rows and repaints only those that changed.

Textual's own tree walks every open node at each insertion (a second for 100,000 nodes); here rows are a flat list, a
new one costs a splice, and only what is seen is drawn. What a row looks like is somebody else's business: `draw` is
passed in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message

from buildwatch.tui import keys
from buildwatch.tui.cells import Pieces
from buildwatch.tui.rows import INDENT, Kind, Row, parent_of
from buildwatch.tui.stepping import Stepping

Draw = Callable[[Row, int, bool], Pieces]
"""A row, the width in cells and whether it is open, to pieces of text with the names of their styles."""


class LiveTree(Stepping, can_focus=True):
    """Rows that stand still under the cursor while the world moves."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", "down", show=False, id="tree.down"),
        Binding("k,up", "move(-1)", "up", show=False, id="tree.up"),
        Binding("g,home", "first", "first", show=False, id="tree.first"),
        Binding("G,end", "last", "last", show=False, id="tree.last"),
        Binding("ctrl+d", "half(1)", "half a page down", show=False, id="tree.half-down"),
        Binding("ctrl+u", "half(-1)", "half a page up", show=False, id="tree.half-up"),
        Binding("pagedown,ctrl+f", "page(1)", "a page down", show=False, id="tree.page-down"),
        Binding("pageup,ctrl+b", "page(-1)", "a page up", show=False, id="tree.page-up"),
        Binding("l,right", "into", "open, or go in", show=False, id="tree.into"),
        Binding("h,left", "out", "close, or go out", show=False, id="tree.out"),
        Binding("enter", "enter", "open", show=False, id="tree.enter"),
        Binding("space", "fold", "fold", show=False, id="tree.fold"),
        *keys.VIEWING,
    ]

    @dataclass
    class Toggle(Message):
        """A person wants a row folded or unfolded."""

        row: Row
        open: bool

    @dataclass
    class Enter(Message):
        """A person wants to go into a row that cannot be unfolded."""

        row: Row

    @dataclass
    class Scrolled(Message):
        """Other rows are on the screen."""

    def __init__(
        self, draw: Draw, is_open: Callable[[Row], bool], selected: Callable[[], None], *, id: str | None = None
    ) -> None:
        """`selected` is called when the cursor has come to stand on another row, or what is under it changed.

        At once: a message would be heard after the tree was painted, and what it changes be painted 30 ms later.
        """
        super().__init__(id=id)
        self.rows: list[Row] = []
        self.cursor = 0
        self._draw = draw
        self._is_open = is_open
        self._selected = selected
        self._index: dict[Hashable, int] = {}
        self._just_unfolded: Hashable = None
        self.touched = float("-inf")
        """When a person last did something in here, by the clock of the event loop."""

    # what it shows

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        return self.rows[self.cursor] if self.rows else None

    def index_of(self, key: Hashable) -> int | None:
        """Where the row of that key stands."""
        return self._index.get(key)

    def set_rows(self, rows: list[Row]) -> None:
        """Show these rows. The cursor stays on its thing, on the same line of the screen if that is possible."""
        before, row, offset = self.rows, self.row, self.cursor - round(self.scroll_y)
        seen = 0 <= offset < self.size.height
        self.rows = rows
        self._index = {row.key: at for at, row in enumerate(rows)}
        at = self._still_there(before, row)
        self.cursor = at
        self.virtual_size = Size(self.room, len(rows))
        self.refresh()
        if row is not None and before and self.scroll_y:
            self.scroll_to(y=max(0, at - offset), animate=False, immediate=True, force=True)
        if seen:
            self._keep_in_sight()
        if self.row != row:
            self._selected()

    def _still_there(self, before: list[Row], row: Row | None) -> int:
        """Where the cursor's row is now; where it is gone, the nearest one above it that is left."""
        if row is None:
            return 0
        for old in range(self.cursor, -1, -1):
            at = self._index.get(before[old].key)
            if at is not None:
                return at
        return 0

    def repaint(self, keys: Iterable[Hashable]) -> None:
        """Draw these rows anew, as far as they are seen."""
        self.repaint_lines(at for key in keys if (at := self._index.get(key)) is not None)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Other rows are on the screen."""
        super().watch_scroll_y(old_value, new_value)
        self._touch()
        self.post_message(self.Scrolled())

    def _touch(self) -> None:
        self.touched = asyncio.get_running_loop().time()

    def on_mouse_move(self) -> None:
        """Somebody may be about to click."""
        self._touch()

    def visible_rows(self) -> list[Row]:
        """The rows that are on the screen."""
        top = round(self.scroll_y)
        return self.rows[top : top + self.size.height]

    # drawing

    def pieces(self, at: int) -> Pieces:
        """One row."""
        row = self.rows[at]
        return self._draw(row, self.room, self._is_open(row))

    def on_resize(self) -> None:
        """Lines are drawn for another width now."""
        self.virtual_size = Size(self.room, len(self.rows))
        self._keep_in_sight()
        self.refresh()

    # moving

    def move_to(self, at: int, below: int = 0) -> None:
        """Put the cursor on a row, with as many rows `below` it in sight as there is room for."""
        self._touch()
        if not self.rows:
            return
        at = min(max(at, 0), len(self.rows) - 1)
        if at == self.cursor:
            self._keep_in_sight(below)
            return
        old, self.cursor = self.cursor, at
        self._just_unfolded = None
        self._keep_in_sight(below)
        self.repaint_lines([old, at])
        self._selected()

    @property
    def last(self) -> int:
        """The last line."""
        return len(self.rows) - 1

    def action_into(self) -> None:
        """Unfold a folded row; go down into an open one; enter what has no rows below."""
        row = self.row
        if row is None:
            return
        if row.kind in _LEAVES:
            self.post_message(self.Enter(row))
        elif not self._is_open(row):
            self._toggle(row)
        elif self.cursor + 1 < len(self.rows) and self.rows[self.cursor + 1].depth > row.depth:
            self.move_to(self.cursor + 1)

    def action_out(self) -> None:
        """Fold an open row; from anything else go to what it stands under."""
        row = self.row
        if row is None:
            return
        if row.kind not in _LEAVES and self._is_open(row):
            self._toggle(row)
            return
        self._go_out()

    def action_back(self) -> None:
        """Fold what was unfolded just now; from anything else go to what it stands under, and fold nothing."""
        row = self.row
        if row is not None and row.key == self._just_unfolded and self._is_open(row):
            self._toggle(row)
        else:
            self._go_out()

    def _go_out(self) -> None:
        parent = parent_of(self.rows, self.cursor)
        if parent is not None:
            self.move_to(parent)

    def action_fold(self) -> None:
        """Fold or unfold."""
        row = self.row
        if row is not None and row.kind not in _LEAVES:
            self._toggle(row)

    def _toggle(self, row: Row) -> None:
        unfolds = not self._is_open(row)
        self._just_unfolded = row.key if unfolds else None
        self.post_message(self.Toggle(row, unfolds))

    def action_enter(self) -> None:
        """Fold, unfold, or go in."""
        row = self.row
        if row is None:
            return
        if row.kind in _LEAVES:
            self.post_message(self.Enter(row))
        else:
            self.action_fold()

    def on_click(self, event: events.Click) -> None:
        """A click selects, one on the fold sign folds, a double one opens. Of what brings more rows one is enough."""
        at = event.y + round(self.scroll_y)
        if at >= len(self.rows):
            return
        self.move_to(at)
        row = self.rows[at]
        on_sign = row.kind not in _LEAVES and 0 <= event.x - INDENT * row.depth < INDENT
        if on_sign:
            self.action_fold()
        elif event.chain == 2 or row.kind is Kind.OLDER:
            self.action_enter()


_LEAVES = (Kind.STEP, Kind.OLDER)
"""What has no rows below it."""
