"""The question before something is done to a build, or a new one is started, with lines to be filled in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Final, NamedTuple

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ScreenResultType
from textual.suggester import SuggestFromList
from textual.widgets import Input, Label

from buildwatch.sources.actions import Deed
from buildwatch.tui.dialog import Dialog
from buildwatch.tui.hints import Hint, Hints
from buildwatch.tui.keymap import PLAIN, Keymap


class Field(NamedTuple):
    """A line to type into: its name, what stands there while it is empty, and an example with what that means."""

    id: str
    hint: str
    told: tuple[str, str]


PARAMS: Final = Field("params", "parameters, if any: KEY=VALUE KEY=VALUE", ("KEY=VALUE", "parameters of the new build"))
TARGET: Final = Field("target", "target, for example production", ("production", "the target"))
BRANCH: Final = Field("branch", "branch, if not the repo's default one", ("main", "the branch"))
COMMIT: Final = Field("commit", "commit, if not the branch's newest", ("8d3f2c1", "the commit, by its whole id"))

_FIELDS: Final = {
    "restart": (PARAMS,),
    "promote": (TARGET, PARAMS),
    "rollback": (TARGET, PARAMS),
    "create": (BRANCH, COMMIT, PARAMS),
}


def fields_of(name: str, kind: str) -> tuple[Field, ...]:
    """What is to be typed for an action on such a server (`Source.kind`)."""
    fields = _FIELDS.get(name, ())
    return tuple(field for field in fields if field is not COMMIT or kind != "woodpecker")  # which takes none


class Asking(Dialog[ScreenResultType]):
    """A question that is answered with yes or no, and lines to type into, if any."""

    PLACE: ClassVar[str] = "where it asks"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "leave it", id="confirm.leave"),
        Binding("enter", "agree", "do it", id="confirm.agree"),
        Binding("n", "say(False)", "no", id="confirm.no"),
        Binding("y", "say(True)", "yes", id="confirm.yes"),
    ]

    fields: tuple[Field, ...] = ()

    def told_words(self) -> Iterable[tuple[str, str]]:
        """What the lines are for."""
        return [field.told for field in self.fields]

    def lines_to_fill(self, branches: Iterable[str] = ()) -> ComposeResult:
        """Those to type into. The `branches` that are known complete what is typed."""
        for field in self.fields:
            known = SuggestFromList(branches) if field is BRANCH else None
            yield Input(placeholder=field.hint, id=field.id, suggester=known)

    def answers(self, *, possible: bool = True) -> Hints:
        """The keys, as far as they mean something."""
        agree, leave = self.keymap.first("enter", "confirm.agree"), self.keymap.first("esc", "confirm.leave")
        if not self.fields:
            agree = " or ".join(filter(None, (self.keymap.first("y", "confirm.yes"), agree)))
        do_it = [Hint(agree, "do it", "agree")] if possible else []
        return self.hints(*do_it, Hint(leave, "leave it", "leave"))

    def typed(self) -> dict[str, str]:
        """What was typed, by the lines' names."""
        return {field.id: self.query_one(f"#{field.id}", Input).value.strip() for field in self.fields}

    def complain(self, sentence: str) -> None:
        """Say what is wrong with what was typed; empty for nothing."""
        self.query_one("#wrong", Label).update(Text(sentence))

    def on_mount(self) -> None:
        """Begin where there is something to type."""
        if self.fields:
            self.query_one(f"#{self.fields[0].id}", Input).focus()

    def on_input_submitted(self) -> None:
        """Enter in a line means yes."""
        self.action_agree()

    def action_agree(self) -> None:
        """Yes, if it can be done."""
        raise NotImplementedError

    def action_say(self, yes: bool) -> None:
        """Yes or no by one letter, where letters are not there to be typed."""
        if not self.fields:
            self.action_agree() if yes else self.action_leave()

    def action_leave(self) -> None:
        """Do nothing."""
        self.dismiss(None)


class Confirm(Asking[Deed | None]):
    """Shows what will be done and by which call; gives it back, with what was typed, when a person agrees, else None.

    `kind` is what the server runs, `branches` are those of the repo that are known.
    """

    def __init__(self, deed: Deed, kind: str, keymap: Keymap = PLAIN, branches: Iterable[str] = ()) -> None:
        super().__init__(keymap)
        self._deed = deed
        self._kind = kind
        self._branches = branches
        self.fields = fields_of(deed.name, kind)

    def compose(self) -> ComposeResult:
        """The question, the call, the lines to fill in, the keys."""
        with Vertical():
            yield Label(Text(f"{self._deed.says(self._kind)}?"), classes="question", id="question")
            yield from self.lines_to_fill(self._branches)
            yield Label(Text(self._deed.call(self._kind)), classes="call", id="call")
            yield Label(Text(""), classes="wrong", id="wrong")
            yield self.answers()

    def on_input_changed(self) -> None:
        """Show the call as it will be."""
        try:
            deed = self._deed.filled(self.typed())
        except ValueError:
            pass  # it is told once it is meant
        else:
            self.query_one("#question", Label).update(Text(f"{deed.says(self._kind)}?"))
            self.query_one("#call", Label).update(Text(deed.call(self._kind)))
        self.complain("")

    def action_agree(self) -> None:
        """Give it back, if it can be done."""
        try:
            deed = self._deed.filled(self.typed())
        except ValueError as error:
            self.complain(str(error))
            return
        if deed.impossible:
            self.complain(deed.impossible)
        else:
            self.dismiss(deed)
