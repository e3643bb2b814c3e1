"""A list of all themes, in which each is on the screen as soon as the cursor stands on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import OptionList

from buildwatch.tui.hints import Hint
from buildwatch.tui.keymap import Keymap
from buildwatch.tui.picker import Names, Picker, stepping
from buildwatch.tui.themes import ThemeError


class ThemeNames(Names):
    """The themes' names."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *stepping("themes", "theme"),
        Binding("enter", "select", "keep this theme", id="themes.keep"),
    ]


class ThemePicker(Picker[str | None]):
    """Gives back the theme that a person wants to keep; None for the one that was there before."""

    PLACE: ClassVar[str] = "among the themes"
    FOCUSED: ClassVar[list[BindingType]] = ThemeNames.BINDINGS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", "back to the theme before", id="themes.leave"),
    ]

    def __init__(self, names: list[str], now: str, show: Callable[[str], None], keymap: Keymap) -> None:
        """`show` puts a theme on the screen or raises `ThemeError`."""
        super().__init__(keymap)
        self._names = names
        self._now = now
        self._show = show

    def names(self) -> Names:
        """The themes' names."""
        return ThemeNames()

    def foot(self) -> Widget:
        """Keep it, or not."""
        keep, back = self.keymap.first("enter", "themes.keep"), self.keymap.first("esc", "themes.leave")
        return self.hints(Hint(keep, "keep", "keep"), Hint(back, "back", "leave"))

    def on_mount(self) -> None:
        """Begin at the theme that is on the screen."""
        self.listed.fill(self._names, self._names.index(self._now) if self._now in self._names else 0)
        self.listed.focus()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Show the theme under the cursor."""
        try:
            self._show(self._names[event.option_index])
        except ThemeError as error:
            self.say(str(error))
        else:
            self.say("")

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Keep it."""
        self.dismiss(self._names[event.option_index])

    def action_keep(self) -> None:
        """Keep the one under the cursor."""
        self.listed.action_select()
