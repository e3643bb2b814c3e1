"""The keys of the place one is in."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from buildwatch.tui import keys
from buildwatch.tui.cells import Pieces, width_of
from buildwatch.tui.hints import Hint, Hints
from buildwatch.tui.keymap import PLAIN, Keymap
from buildwatch.tui.listing import Listing
from buildwatch.tui.page import Page

Sections = Sequence[tuple[str, Sequence[tuple[str, str]]]]
"""Titles, each with keys (or what can be typed) and what these do."""

COLUMN = 24
"""Cells that keys take at most; what is longer goes on in the next line."""


class Help(Listing[None]):
    """Says it in sections; the key that opened it closes it."""

    WIDEST: ClassVar[int] = 78
    PLACE: ClassVar[str] = "in the help"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter", "leave", "close", id="help.close"),
    ]

    def __init__(self, sections: Sections, keymap: Keymap = PLAIN, *, in_ascii: bool = False) -> None:
        super().__init__("", keymap)
        self._sections = [(title, keys.in_ascii(list(table)) if in_ascii else list(table)) for title, table in sections]

    def rest(self) -> ComposeResult:
        """How to leave it."""
        close, down = keys.shown((*self.keymap.of("help.close"), "escape")[0]), self.keymap.first("j", "list.down")
        up = self.keymap.first("k", "list.up")
        yield Hints(Hint(close, "close", "leave"), Hint(f"{down} {up}".strip(), "scroll", "roll(1)"))

    @property
    def around(self) -> int:
        """There is no head."""
        return super().around - 2

    def lines(self, width: int) -> list[list[Pieces]]:
        """Each section with its keys in two columns."""
        things: list[list[Pieces]] = []
        longest = max((width_of(key) for _, table in self._sections for key, _ in table), default=0)
        column = max(2, min(longest, COLUMN))
        for title, table in self._sections:
            head: list[Pieces] = [*([[]] * bool(things)), [(title, "head")]]
            for key, words in table:
                things.append([*head, *_entry(key, words, column, width)])
                head = []
        return things

    def action_explain(self) -> None:
        """It is shown already; the same key again closes it."""
        self.action_leave()

    def action_leave(self) -> None:
        """Back."""
        self.dismiss(None)


def _entry(key: str, words: str, column: int, width: int) -> list[Pieces]:
    """A key, in a column of so many cells, and what it does, in as many lines as that takes."""
    keys_of = Page(column, 0.0).wrap(key, "text")
    begin = 2 + (column + 2) * bool(key)  # what has no key takes the whole line
    told = Page(max(10, width - begin), 0.0).wrap(words, "dim")
    lines, nothing = list[Pieces](), Pieces()
    for left, right in zip_longest(keys_of, told, fillvalue=nothing):
        used = sum(width_of(text) for text, _ in left)
        lines.append([("  ", "text"), *left, (" " * (begin - 2 - used), "text"), *right])
    return lines
