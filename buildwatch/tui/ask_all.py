"""The question before one action on several builds, and what is told of it afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Label

from buildwatch.tui.cells import Pieces
from buildwatch.tui.dialogs import Confirm, Help
from buildwatch.tui.hints import Hint, Hints
from buildwatch.tui.keymap import Keymap
from buildwatch.tui.lines import Lines
from buildwatch.tui.together import Outcome, Share, outcome_lines, question_lines
from buildwatch.words import Glyphs

WIDEST = 92
EDGES = 6
"""Cells that a list takes at most, and those of them that are not its text's."""

AROUND = 6
"""Lines above and below what is listed."""


class Listing(ModalScreen[bool]):
    """A head, lines that can be scrolled, keys."""

    def __init__(self, head: str, hints: Sequence[Hint]) -> None:
        super().__init__()
        self._head = head
        self._hints = hints

    def compose(self) -> ComposeResult:
        """From the top."""
        with Vertical():
            yield Label(Text(self._head), classes="question")
            with VerticalScroll():
                yield Lines(id="listed")
            yield Hints(*self._hints)

    def on_mount(self) -> None:
        """The arrows scroll."""
        self.query_one(VerticalScroll).focus()
        self._draw()

    def on_resize(self) -> None:
        """Other room, other lines."""
        self._draw()

    def _draw(self) -> None:
        width, height = self.app.size
        lines = self.lines(max(20, min(WIDEST, width * 94 // 100) - EDGES))
        listed = self.query_one("#listed", Lines)
        listed.styles.height = max(1, len(lines))
        self.query_one(VerticalScroll).styles.height = max(1, min(len(lines), height * 9 // 10 - AROUND))
        listed.show(lines)

    def lines(self, width: int) -> list[Pieces]:
        """What is listed, in so many cells."""
        raise NotImplementedError


class ConfirmAll(Listing):
    """Shows all that will happen, server by server; True when a person agrees."""

    BINDINGS: ClassVar[list[BindingType]] = Confirm.BINDINGS

    def __init__(self, name: str, parts: Sequence[Share], keymap: Keymap, glyphs: Glyphs) -> None:
        self._parts = parts
        self._glyphs = glyphs
        count = sum(len(share.deeds) for share in parts)
        not_done = sum(len(share.not_done) for share in parts)
        head = f"{name} {count} build{'s' * (count != 1)}" + f" (and not {not_done} more)" * bool(not_done) + "?"
        self._possible = count > 0
        yes = Hint(keymap.first("enter", "confirm.agree"), "do it", "agree")
        no = Hint(keymap.first("esc", "confirm.leave"), "leave it", "leave")
        super().__init__(head, [yes, no] if self._possible else [no])

    def lines(self, width: int) -> list[Pieces]:
        """Each build with its call, or why it is not done."""
        return question_lines(self._parts, width, self._glyphs)

    def action_agree(self) -> None:
        """Yes, where there is something to do."""
        if self._possible:
            self.dismiss(True)

    def action_say(self, yes: bool) -> None:
        """Yes or no by one letter."""
        self.action_agree() if yes else self.action_leave()

    def action_leave(self) -> None:
        """Do nothing."""
        self.dismiss(False)


class Told(Listing):
    """What worked and what did not."""

    BINDINGS: ClassVar[list[BindingType]] = Help.BINDINGS

    def __init__(self, head: str, outcomes: Sequence[Outcome], keymap: Keymap, glyphs: Glyphs) -> None:
        self._outcomes = outcomes
        self._glyphs = glyphs
        super().__init__(head, [Hint(keymap.first("esc", "help.close"), "close", "leave")])

    def lines(self, width: int) -> list[Pieces]:
        """Each build with what became of it."""
        return outcome_lines(self._outcomes, width, self._glyphs)

    def action_leave(self) -> None:
        """Back."""
        self.dismiss(True)
