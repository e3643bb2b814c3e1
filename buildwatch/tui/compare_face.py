"""What is on the screen of a comparison: the two builds, what it comes to, the steps, the whole, and the keys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from textual.app import ComposeResult
from textual.containers import Vertical

from buildwatch.insight.compare_words import sentences
from buildwatch.insight.comparison import Comparison, Line, Order
from buildwatch.model import Build
from buildwatch.store import Server
from buildwatch.tui import compare_text, keys
from buildwatch.tui.cells import Pieces
from buildwatch.tui.compare_history import history_lines
from buildwatch.tui.compare_lines import CompareLines
from buildwatch.tui.compare_table import CompareTable
from buildwatch.tui.hints import Foot
from buildwatch.tui.keymap import Keymap
from buildwatch.tui.lines import Lines
from buildwatch.tui.page import Page
from buildwatch.words import Glyphs

LEAST: Final = 20
"""Lines are laid out for so many cells at least; what has no room is cut."""


class Asked(NamedTuple):
    """What is held against what and `why` against that, how it is shown, and what comes of it.

    `that` is None where there is nothing to compare with, `of` while that cannot be told.
    """

    this: Build
    that: Build | None
    why: str
    of: Comparison | None
    order: Order
    changed: bool


class CompareFace(Vertical):
    """Shows a comparison, of its steps only what is seen."""

    def __init__(self, glyphs: Glyphs, keymap: Keymap) -> None:
        super().__init__()
        self._glyphs = glyphs
        self._keymap = keymap
        self._this: Build | None = None
        self._title = Lines(id="compare-title")
        self._head = Lines(id="compare-head")
        self._columns = Lines(id="compare-columns")
        self._table = CompareTable(id="compare-table")
        self._totals = Lines(id="compare-totals")
        self._history = Lines(id="compare-history")
        self._foot = Foot(id="compare-foot")

    def compose(self) -> ComposeResult:
        """From the top to the bottom."""
        yield from (self._title, self._head, self._columns, self._table, self._totals, self._history, self._foot)

    def take_focus(self) -> None:
        """The keys that move are the table's."""
        self._table.focus()

    def show(self, asked: Asked, server: Server | None, builds: Iterable[Build], now: float, *, top: bool) -> None:
        """Draw everything anew, at `now` on the `server`'s clock (unix seconds). `builds` are those of the repo."""
        self._this = asked.this
        page = Page(self.size.width, now, self.size.height, self._glyphs, self._keymap.names)
        self._title.show([compare_text.title_line(asked.this.repo, asked.order, asked.changed, server, page)])
        head = [
            compare_text.build_line("this", asked.this, "", page),
            compare_text.build_line("against", asked.that, asked.why, page),
        ]
        head += [[], *compare_text.said_lines(self._said(asked), page), []]
        self._head.show(head)
        self._show_steps(asked, list(builds), page, self.size.height - len(head) - 4, top)
        self._show_foot()

    def _said(self, asked: Asked) -> list[str]:
        if asked.of is not None:
            return sentences(asked.of)
        if asked.that is not None:
            return ["their steps are being read"]
        choose = self._keymap.first("b", "compare.choose")
        return [f"there is nothing to compare with{f': {choose} chooses another build' if choose else ''}"]

    def _show_steps(self, asked: Asked, builds: list[Build], page: Page, height: int, top: bool) -> None:
        if asked.of is None:
            self._table.show(None)
            self._columns.show([[]])
            self._totals.show([])
            self._history.show([])
            return
        room = Page(max(LEAST, self._table.room - 1), page.now, 0, self._glyphs)
        lines = CompareLines(asked.of, room, asked.order, changed=asked.changed)
        totals: list[Pieces] = [[(" ", "text"), *line] for line in lines.totals()]
        self._table.styles.height = max(1, min(len(lines.lines), height - len(totals)))
        self._table.show(lines, top=top)
        self._columns.show([[(" ", "dim"), *lines.head()]])
        self._totals.show(totals)
        history = history_lines(asked.of, builds, page, height - len(totals) - len(lines.lines) - 1)
        self._history.show([[], *history] if history else [])

    def _show_foot(self) -> None:
        if self._this is None:
            return
        line = self._table.line
        place = _place(line, several=len(self._this.stages or ()) > 1) if line is not None else ""
        address = f"{self._this.address}:{place}" if place else self._this.address
        self._foot.tell(keys.FOOT_COMPARE, self._keymap, address, self.size.width, self._glyphs)

    def on_compare_table_moved(self) -> None:
        """Another address."""
        self._show_foot()


def _place(line: Line, *, several: bool) -> str:
    """What stands after the colon of an address to mean a line."""
    return f"{line.stage}/{line.step}" if line.step and several else line.step
