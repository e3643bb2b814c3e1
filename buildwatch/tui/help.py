"""The keys of the place one is in."""

from __future__ import annotations

from collections.abc import Sequence
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

COLUMN = 20
"""Cells of a key."""


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

    def lines(self, width: int) -> list[list[Pieces]]:
        """Each section with its keys in two columns."""
        things: list[list[Pieces]] = []
        for title, table in self._sections:
            head: list[Pieces] = [*([[]] * bool(things)), [(title, "head")]]
            for key, words in table:
                things.append([*head, *_entry(key, words, width)])
                head = []
        return things

    def action_explain(self) -> None:
        """It is shown already; the same key again closes it."""
        self.action_leave()

    def action_leave(self) -> None:
        """Back."""
        self.dismiss(None)


def _entry(key: str, words: str, width: int) -> list[Pieces]:
    """A key and what it does, in as many lines as that takes."""
    size = width_of(key)
    column = 2 if not key else COLUMN if size < COLUMN - 3 else size + 4
    first, *others = Page(max(10, width - column), 0.0).wrap(words, "dim") or [[]]
    begin = f"  {key}" + " " * (column - 2 - size)
    return [[(begin, "text"), *first], *([(" " * column, "text"), *line] for line in others)]
