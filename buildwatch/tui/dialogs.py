"""The questions the app asks: to agree to an action, for a line of text; and the help."""

from __future__ import annotations

from typing import ClassVar

from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Label, Static

from buildwatch.sources.actions import Action, read_params
from buildwatch.tui.hints import Hint, Hints
from buildwatch.tui.keymap import PLAIN, Keymap


class Confirm(ModalScreen[Action | None]):
    """Shows what an action will do and the call it makes; gives it back when a person agrees, else None.

    `kind` is what the server runs. For actions that start a new build a line takes parameters (KEY=VALUE …), for those
    that need one a target.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "leave it", id="confirm.leave"),
        Binding("enter", "agree", "do it", id="confirm.agree"),
        Binding("n", "say(False)", "no", id="confirm.no"),
        Binding("y", "say(True)", "yes", id="confirm.yes"),
    ]

    def __init__(self, action: Action, kind: str, keymap: Keymap = PLAIN) -> None:
        super().__init__()
        self._keymap = keymap
        self._deed = action
        self._kind = kind
        self._asks = _ASKS.get(action.name, ())

    def compose(self) -> ComposeResult:
        """The question, the call, the lines to fill in, the keys."""
        with Vertical():
            yield Label(Text(f"{self._deed.says(self._kind)}?"), classes="question", id="question")
            for field, hint in self._asks:
                yield Input(placeholder=hint, id=field)
            yield Label(Text(self._deed.call(self._kind)), classes="call", id="call")
            yield Label(Text(""), classes="wrong", id="wrong")
            agree, leave = self._keymap.first("enter", "confirm.agree"), self._keymap.first("esc", "confirm.leave")
            if not self._asks:
                agree = " or ".join(filter(None, (self._keymap.first("y", "confirm.yes"), agree)))
            yield Hints(Hint(agree, "do it", "agree"), Hint(leave, "leave it", "leave"))

    def on_mount(self) -> None:
        """Begin where there is something to type."""
        if self._asks:
            self.query_one(f"#{self._asks[0][0]}", Input).focus()

    def on_input_changed(self) -> None:
        """Show the call as it will be."""
        deed = self._filled()
        if isinstance(deed, Action):
            self.query_one("#question", Label).update(Text(f"{deed.says(self._kind)}?"))
            self.query_one("#call", Label).update(Text(deed.call(self._kind)))
        self.query_one("#wrong", Label).update(Text(""))

    def on_input_submitted(self) -> None:
        """Enter in a line means yes."""
        self.action_agree()

    def _filled(self) -> Action | str:
        """The action with what was typed, or a sentence that says what is wrong with it."""
        typed = {field: self.query_one(f"#{field}", Input).value.strip() for field, _ in self._asks}
        try:
            params = read_params(typed.get("params", "").split())
        except ValueError as error:
            return str(error)
        return Action(self._deed.name, self._deed.build, typed.get("target", ""), params)

    def action_agree(self) -> None:
        """Give back the action, if it can be done."""
        deed = self._filled()
        wrong = deed if isinstance(deed, str) else deed.impossible
        if wrong or isinstance(deed, str):
            self.query_one("#wrong", Label).update(Text(wrong))
        else:
            self.dismiss(deed)

    def action_say(self, yes: bool) -> None:
        """Yes or no by one letter, where letters are not there to be typed."""
        if not self._asks:
            self.action_agree() if yes else self.action_leave()

    def action_leave(self) -> None:
        """Do nothing."""
        self.dismiss(None)


_PARAMS = ("params", "parameters, if any: KEY=VALUE KEY=VALUE")
_TARGET = ("target", "target, for example production")
_ASKS = {"restart": (_PARAMS,), "promote": (_TARGET, _PARAMS), "rollback": (_TARGET, _PARAMS)}


_KEYS = 24
"""At most how many columns the help gives to keys; what is longer goes on in the next line."""


class Help(ModalScreen[None]):
    """The keys of the place one is in."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1,enter", "leave", "close", id="help.close")
    ]

    def __init__(self, sections: list[tuple[str, list[tuple[str, str]]]], close: str) -> None:
        """`close` is the key that closes it."""
        super().__init__()
        self._close = close
        self._sections = sections

    def compose(self) -> ComposeResult:
        """Each section with its keys in two columns."""
        with VerticalScroll():
            yield Static(self._table())
            yield Hints(Hint(self._close, "close", "leave"))

    def _table(self) -> Table:
        longest = max((len(key) for _, keys in self._sections for key, _ in keys), default=0)
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(width=min(longest, _KEYS) + 2)
        table.add_column(ratio=1)
        for at, (title, keys) in enumerate(self._sections):
            if at:
                table.add_row()
            table.add_row(Text(title, "bold", no_wrap=True), "")
            for key, words in keys:
                table.add_row(Padding(Text(key), (0, 0, 0, 2)), Text(words, "dim"))
        return table

    def action_leave(self) -> None:
        """Back."""
        self.dismiss(None)
