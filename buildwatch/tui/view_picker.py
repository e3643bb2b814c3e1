"""The list of all views, to choose one, to save what is on show under a name, and to drop one that was saved."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from buildwatch.config.view import MOST, View, name_fault
from buildwatch.tui import keys
from buildwatch.tui.board_text import view_words
from buildwatch.tui.hints import Hint, Hints
from buildwatch.tui.keeping import Keeping
from buildwatch.tui.keymap import Keymap


class ViewNames(OptionList, inherit_bindings=False):
    """The views, each with its number and what it shows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "cursor_down", "next view", id="views.down"),
        Binding("k,up", "cursor_up", "previous view", id="views.up"),
        Binding("g,home", "first", "first view", id="views.first"),
        Binding("G,end", "last", "last view", id="views.last"),
        Binding("enter", "select", "show this view", id="views.take"),
        Binding("s", "screen.name", "save what is on show under a name", id="views.save"),
        Binding("d,delete", "screen.drop", "drop a view that was saved here", id="views.drop"),
        *keys.NUMBERS,
    ]


class ViewPicker(ModalScreen[View | None]):
    """Gives back the view to show; None for the one that is on show already."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "none of them", id="views.leave"),
    ]

    def __init__(self, now: View, keeping: Keeping, keymap: Keymap, *, saving: bool = False) -> None:
        """`now` is on show. Where it is `saving`, a name can be typed at once."""
        super().__init__()
        self._now = now
        self._keeping = keeping
        self._saving = saving
        self._hints = (
            Hint(keymap.first("enter", "views.take"), "show", "take"),
            Hint(keymap.first("s", "views.save"), "save", "name"),
            Hint(keymap.first("d", "views.drop"), "drop", "drop"),
            Hint(keymap.first("esc", "views.leave"), "back", "leave"),
        )

    def compose(self) -> ComposeResult:
        """The views, a line for a name, what is wrong, the keys."""
        with Vertical():
            yield ViewNames()
            yield Input(placeholder="a name for what is on show now", id="name", max_length=60)
            yield Label(Text(""), classes="wrong", id="wrong")
            yield Hints(*self._hints)

    def on_mount(self) -> None:
        """Begin at the view that is on show, or with a name for it."""
        self.query_one(Input).display = False
        self._show()
        self.query_one(ViewNames).focus()
        if self._saving:
            self.action_name()

    @property
    def _views(self) -> tuple[View, ...]:
        return self._keeping.offered

    def _show(self, at: int | None = None) -> None:
        names = self.query_one(ViewNames)
        views = self._views
        names.clear_options()
        names.add_options(Option(self._label(number, view)) for number, view in enumerate(views, 1))
        begin = next((place for place, view in enumerate(views) if view == self._now), 0) if at is None else at
        names.highlighted = min(begin, len(views) - 1)

    def _label(self, number: int, view: View) -> Text:
        label = Text(f"{number if number < 10 else ' '} {view.name:<25}")
        words = ", ".join(view_words(view)) or "everything"
        return label.append(words + " (saved)" * self._keeping.is_saved(view))

    def _say(self, sentence: str) -> None:
        self.query_one("#wrong", Label).update(Text(sentence))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Show it."""
        self.dismiss(self._views[event.option_index])

    def action_view(self, number: int) -> None:
        """The one of that number."""
        if number <= len(self._views):
            self.dismiss(self._views[number - 1])

    def action_take(self) -> None:
        """Save under the name that was typed, else show the one under the cursor."""
        if self.query_one(Input).has_focus:
            self.on_input_submitted()
        else:
            self.query_one(ViewNames).action_select()

    def action_name(self) -> None:
        """A line for the name."""
        line = self.query_one(Input)
        line.display = True
        line.focus()

    def on_input_changed(self) -> None:
        """What was wrong is being mended."""
        self._say("")

    def on_input_submitted(self) -> None:
        """Save what is on show, and show it under its name."""
        name = self.query_one(Input).value.strip()
        wrong = name_fault(name)
        if wrong:
            self._say(f"the name {wrong}")
        elif len(self._views) >= MOST:
            self._say(f"there are {len(self._views)} views already; drop one first")
        else:
            try:
                self.dismiss(self._keeping.save(self._now, name))
            except OSError as error:
                self._say(f"it cannot be saved ({(error.strerror or 'no reason given').lower()})")

    def action_drop(self) -> None:
        """Keep the one under the cursor no more, if it was saved here."""
        at = self.query_one(ViewNames).highlighted
        view = self._views[at] if at is not None else None
        if view is None or not self._keeping.is_saved(view):
            self._say("only views that were saved here can be dropped")
            return
        try:
            self._keeping.drop(view)
        except OSError as error:
            self._say(f"it cannot be dropped ({(error.strerror or 'no reason given').lower()})")
        self._show(at)

    def action_leave(self) -> None:
        """From the name back to the list, from the list back to the board."""
        line = self.query_one(Input)
        if line.display and not self._saving:
            line.display = False
            self.query_one(ViewNames).focus()
        else:
            self.dismiss(None)
