"""Choosing one of a list: what the lists of themes, views and builds have in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ScreenResultType
from textual.widget import Widget
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from buildwatch.tui.dialog import Dialog

WIDTH: Final = 94
"""The part of the screen's width that a list takes at most, in percent, as the style sheet says, too."""


MOST_LINES: Final = 16
"""Lines that a list takes at most."""

AROUND: Final = 7
"""Lines around it: the edges, one to type into, what is wrong, the keys."""


def stepping(place: str, thing: str) -> list[BindingType]:
    """The keys that go through a list; their ids begin with `place`."""
    return [
        Binding("j,down", "cursor_down", f"next {thing}", id=f"{place}.down"),
        Binding("k,up", "cursor_up", f"previous {thing}", id=f"{place}.up"),
        Binding("g,home", "first", f"first {thing}", id=f"{place}.first"),
        Binding("G,end", "last", f"last {thing}", id=f"{place}.last"),
        Binding("pagedown,ctrl+f", "page_down", "a page down", id=f"{place}.page-down"),
        Binding("pageup,ctrl+b", "page_up", "a page up", id=f"{place}.page-up"),
    ]


class Names(OptionList, inherit_bindings=False):
    """What can be chosen, a line each."""

    def fill(self, texts: Iterable[str | Text], at: int | None) -> None:
        """Offer these, with the cursor at one of them."""
        self.clear_options()
        self.add_options(Option(Text(text) if isinstance(text, str) else text) for text in texts)
        self.highlighted = at if self.option_count else None


class Picker(Dialog[ScreenResultType]):
    """A list, what is wrong, the keys."""

    def names(self) -> Names:
        """An empty list; it is made once."""
        raise NotImplementedError

    def above(self) -> Iterable[Widget]:
        """What stands above the list."""
        return ()

    def below(self) -> Iterable[Widget]:
        """What stands between the list and its keys."""
        return ()

    def foot(self) -> Widget:
        """Its keys."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """All of it."""
        with Vertical():
            yield from self.above()
            yield self.names()
            yield from self.below()
            yield Label(Text(""), classes="wrong", id="wrong")
            yield self.foot()

    def on_mount(self) -> None:
        """Have the keys in sight."""
        self._fit()

    def on_resize(self) -> None:
        """Other room."""
        self._fit()

    def _fit(self) -> None:
        room = self.app.size.height * 9 // 10 - AROUND - self.frame
        self.listed.styles.max_height = max(1, min(MOST_LINES, room))

    @property
    def listed(self) -> Names:
        """The list."""
        return self.query_one(Names)

    @property
    def room(self) -> int:
        """Cells of the screen's width that there are for a list at most."""
        return self.app.size.width * WIDTH // 100 - self.frame

    def say(self, sentence: str) -> None:
        """What is wrong; empty for nothing."""
        self.query_one("#wrong", Label).update(Text(sentence))

    def action_leave(self) -> None:
        """None of them."""
        self.dismiss(None)
