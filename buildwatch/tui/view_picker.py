"""The list of all views, to choose one, to save what is on show under a name, and to drop one that was saved."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input, OptionList

from buildwatch.config.view import MOST, View, name_fault
from buildwatch.tui import keys
from buildwatch.tui.board_text import view_words
from buildwatch.tui.hints import Hint
from buildwatch.tui.keeping import Keeping
from buildwatch.tui.keymap import Keymap
from buildwatch.tui.picker import Names, Picker, stepping


class ViewNames(Names):
    """The views, each with its number and what it shows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *stepping("views", "view"),
        Binding("enter", "select", "show this view", id="views.take"),
        Binding("s", "screen.name", "save what is on show under a name", id="views.save"),
        Binding("d,delete", "screen.drop", "drop a view that was saved here", id="views.drop"),
        *keys.NUMBERS,
    ]


class ViewPicker(Picker[View | None]):
    """Gives back the view to show; None for the one that is on show already."""

    PLACE: ClassVar[str] = "among the views"
    FOCUSED: ClassVar[list[BindingType]] = ViewNames.BINDINGS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "none of them", id="views.leave"),
    ]

    def __init__(self, now: View, keeping: Keeping, keymap: Keymap, *, saving: bool = False) -> None:
        """`now` is on show. Where it is `saving`, a name can be typed at once."""
        super().__init__(keymap)
        self._now = now
        self._keeping = keeping
        self._saving = saving

    def told_words(self) -> Iterable[tuple[str, str]]:
        """What the line for a name is for, or the numbers."""
        if self.query_one(Input).has_focus:
            return [("nightly", "the name under which to save what is on show")]
        return [("1 2 3 4 5 6 7 8 9", "a view by its number")]

    def names(self) -> Names:
        """The views."""
        return ViewNames()

    def below(self) -> Iterable[Widget]:
        """A line for a name."""
        return [Input(placeholder="a name for what is on show now", id="name", max_length=60)]

    def foot(self) -> Widget:
        """What can be done with them."""
        of = self.keymap.first
        return self.hints(
            Hint(of("enter", "views.take"), "show", "take"),
            Hint(of("s", "views.save"), "save", "name"),
            Hint(of("d", "views.drop"), "drop", "drop"),
            Hint(of("esc", "views.leave"), "back", "leave"),
        )

    def on_mount(self) -> None:
        """Begin at the view that is on show, or with a name for it."""
        self.query_one(Input).display = False
        self._show()
        if self._saving:
            self.action_name()
        else:
            self.listed.focus()

    @property
    def _views(self) -> tuple[View, ...]:
        return self._keeping.offered

    def _show(self, at: int | None = None) -> None:
        views = self._views
        begin = next((place for place, view in enumerate(views) if view == self._now), 0) if at is None else at
        labels = [self._label(number, view) for number, view in enumerate(views, 1)]
        self.listed.fill(labels, min(begin, len(views) - 1))

    def _label(self, number: int, view: View) -> Text:
        label = Text(f"{number if number < 10 else ' '} {view.name:<25}")
        words = ", ".join(view_words(view)) or "everything"
        mark = " (saved)" if self._keeping.keeps else " (not kept)"
        return label.append(words + mark * self._keeping.is_saved(view))

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
            self.listed.action_select()

    def action_name(self) -> None:
        """A line for the name."""
        line = self.query_one(Input)
        line.display = True
        self.set_focus(line)  # at once: what was typed with the same stroke must not become commands

    def on_input_changed(self) -> None:
        """What was wrong is being mended."""
        self.say("")

    def on_input_submitted(self) -> None:
        """Save what is on show, and show it under its name."""
        name = self.query_one(Input).value.strip()
        wrong = name_fault(name)
        if wrong:
            self.say(f"the name {wrong}")
        elif len(self._views) >= MOST:
            self.say(f"there are {len(self._views)} views already; drop one first")
        else:
            try:
                self.dismiss(self._keeping.save(self._now, name))
            except OSError as error:
                self.say(f"it cannot be saved ({(error.strerror or 'no reason given').lower()})")

    def action_drop(self) -> None:
        """Keep the one under the cursor no more, if it was saved here."""
        at = self.listed.highlighted
        view = self._views[at] if at is not None else None
        if view is None or not self._keeping.is_saved(view):
            self.say("only views that were saved here can be dropped")
            return
        try:
            self._keeping.drop(view)
        except OSError as error:
            self.say(f"it cannot be dropped ({(error.strerror or 'no reason given').lower()})")
        self._show(at)

    def action_leave(self) -> None:
        """From the name back to the list, from the list back to the board."""
        line = self.query_one(Input)
        if line.display and not self._saving:
            line.display = False
            self.listed.focus()
        else:
            self.dismiss(None)
