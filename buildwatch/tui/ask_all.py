"""The question before one action on several builds, and what is told of it afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Label

from buildwatch.tui.cells import Pieces
from buildwatch.tui.confirm import Asking, fields_of
from buildwatch.tui.hints import Hint
from buildwatch.tui.keymap import Keymap
from buildwatch.tui.listing import Listing
from buildwatch.tui.together import NEEDS_TARGET, Outcome, Share, outcome_lines, question_lines
from buildwatch.words import Glyphs


class ConfirmAll(Asking[list[Share] | None], Listing[list[Share] | None]):
    """Shows all that will happen, server by server; gives it back when a person agrees."""

    def __init__(
        self, name: str, share: Callable[[Mapping[str, str]], list[Share]], keymap: Keymap, glyphs: Glyphs
    ) -> None:
        """`share` tells what is to be done with what was typed. It raises ValueError with a sentence."""
        self._share = share
        self._parts = share({})
        self._glyphs = glyphs
        count = sum(len(part.deeds) for part in self._parts)
        not_done = sum(len(part.not_done) for part in self._parts)
        self._possible = count > 0
        if self._possible and name in NEEDS_TARGET:
            self.fields = fields_of(name, "")
        head = f"{name} {count} build{'s' * (count != 1)}" + f" (and not {not_done} more)" * bool(not_done) + "?"
        Listing.__init__(self, head, keymap)

    @property
    def around(self) -> int:
        """There are lines to fill in, too, and what is wrong with them."""
        return super().around + 2 * len(self.fields) + bool(self.fields)

    def rest(self) -> ComposeResult:
        """The lines to fill in, the keys."""
        yield from self.lines_to_fill()
        if self.fields:
            yield Label(Text(""), classes="wrong", id="wrong")
        yield self.answers(possible=self._possible)

    def lines(self, width: int) -> list[list[Pieces]]:
        """Each build with its call, or why it is not done."""
        return question_lines(self._parts, width, self._glyphs)

    def called(self, count: int) -> str:
        """Builds."""
        return f"more build{'s' * (count != 1)}"

    def on_input_changed(self) -> None:
        """Show the calls as they will be."""
        try:
            self._parts = self._share(self.typed())
        except ValueError:
            pass  # it is told once it is meant
        else:
            self.draw()
        self.complain("")

    def action_agree(self) -> None:
        """Yes, where there is something to do."""
        if not self._possible:
            return
        try:
            self._parts = self._share(self.typed())
        except ValueError as error:
            self.complain(str(error))
            return
        wrong = next((deed.impossible for part in self._parts for deed in part.deeds if deed.impossible), "")
        if wrong:
            self.complain(wrong)
        else:
            self.dismiss(self._parts)


class Told(Listing[None]):
    """What worked and what did not."""

    PLACE: ClassVar[str] = "in the list of what was done"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter", "leave", "close", id="help.close"),
    ]

    def __init__(self, head: str, outcomes: Sequence[Outcome], keymap: Keymap, glyphs: Glyphs) -> None:
        self._outcomes = outcomes
        self._glyphs = glyphs
        super().__init__(head, keymap)

    def rest(self) -> ComposeResult:
        """How to leave it."""
        yield self.hints(Hint(self.keymap.first("esc", "help.close"), "close", "leave"))

    def lines(self, width: int) -> list[list[Pieces]]:
        """Each build with what became of it."""
        return outcome_lines(self._outcomes, width, self._glyphs)

    def called(self, count: int) -> str:
        """Builds."""
        return f"more build{'s' * (count != 1)}"

    def action_leave(self) -> None:
        """Back."""
        self.dismiss(None)
