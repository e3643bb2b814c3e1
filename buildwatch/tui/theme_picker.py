"""A list of all themes, in which each is on the screen as soon as the cursor stands on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from buildwatch.tui.hints import Hint, Hints
from buildwatch.tui.keymap import Keymap
from buildwatch.tui.themes import ThemeError


class Names(OptionList, inherit_bindings=False):
    """The themes' names."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "cursor_down", "next theme", id="themes.down"),
        Binding("k,up", "cursor_up", "previous theme", id="themes.up"),
        Binding("g,home", "first", "first theme", id="themes.first"),
        Binding("G,end", "last", "last theme", id="themes.last"),
        Binding("enter", "select", "keep this theme", id="themes.keep"),
    ]


class ThemePicker(ModalScreen[str | None]):
    """Gives back the theme that a person wants to keep; None for the one that was there before."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", "back to the theme before", id="themes.leave"),
    ]

    def __init__(self, names: list[str], now: str, show: Callable[[str], None], keymap: Keymap) -> None:
        """`show` puts a theme on the screen or raises `ThemeError`."""
        super().__init__()
        self._names = names
        self._now = now
        self._show = show
        keep, back = keymap.first("enter", "themes.keep"), keymap.first("esc", "themes.leave")
        self._hints = Hint(keep, "keep", "keep"), Hint(back, "back", "leave")

    def compose(self) -> ComposeResult:
        """The names, what is wrong with the one under the cursor, the keys."""
        with Vertical():
            yield Names(*(Option(Text(name), id=name) for name in self._names))
            yield Label(Text(""), classes="wrong", id="wrong")
            yield Hints(*self._hints)

    def on_mount(self) -> None:
        """Begin at the theme that is on the screen."""
        names = self.query_one(Names)
        if self._now in self._names:
            names.highlighted = self._names.index(self._now)
        names.focus()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Show the theme under the cursor."""
        wrong = self.query_one("#wrong", Label)
        try:
            self._show(self._names[event.option_index])
        except ThemeError as error:
            wrong.update(Text(str(error)))
        else:
            wrong.update(Text(""))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Keep it."""
        self.dismiss(self._names[event.option_index])

    def action_keep(self) -> None:
        """Keep the one under the cursor."""
        self.query_one(Names).action_select()

    def action_leave(self) -> None:
        """Keep nothing."""
        self.dismiss(None)
