"""What all that lies above the board has in common: keys of its own, which it tells itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.keys import key_to_character
from textual.screen import ModalScreen, ScreenResultType
from textual.widgets import Input

from buildwatch.tui import keys
from buildwatch.tui.hints import Hint, Hints
from buildwatch.tui.keymap import NO_KEY, PLAIN, Keymap


class Dialog(ModalScreen[ScreenResultType]):
    """A question, a list or a text above the board. F1 shows its keys, and a line at its foot the most needed."""

    PLACE: ClassVar[str] = ""
    """What one is at there, as the head of its keys."""

    TYPED: ClassVar[tuple[tuple[str, str], ...]] = ()
    """What can be typed there, and what it means."""

    FOCUSED: ClassVar[list[BindingType]] = []
    """The keys of the widget in it that has the focus."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "explain", "keys of this place", id="dialog.help"),
    ]

    def __init__(self, keymap: Keymap = PLAIN) -> None:
        super().__init__()
        self.keymap = keymap

    @classmethod
    def bindings(cls) -> list[Binding]:
        """All that are in force in it, its own before those it shares with others."""
        of = [cls.FOCUSED, *(vars(base).get("BINDINGS", []) for base in cls.__mro__ if issubclass(base, Dialog))]
        return [binding for some in of for binding in some if isinstance(binding, Binding)]

    def told_keys(self) -> list[tuple[str, str]]:
        """The keys that mean something right now, and what; where one types, what is typed is none."""
        typing = isinstance(self.focused, Input)
        away = {binding for binding in self.FOCUSED if typing and isinstance(binding, Binding)}
        told = []
        for binding in self.bindings():
            given = self.keymap.for_textual.get(binding.id or "", binding.key).split(",")
            free = [key for key in given if key != NO_KEY and (binding.priority or not (typing and _is_typed(key)))]
            if free and binding.show and binding not in away:
                told.append((keys.shown(",".join(free)), binding.description))
        return told

    @property
    def frame(self) -> int:
        """Cells that the frame takes at both sides: the terminal's own colours have no ground to stand out by."""
        return 2 if self.app.native_ansi_color else 0

    def told_words(self) -> Iterable[tuple[str, str]]:
        """What can be typed that the help tells."""
        return self.TYPED

    def hints(self, *own: Hint) -> Hints:
        """The line at the foot: its own keys, and the one that tells all."""
        return Hints(*own, Hint(self.keymap.first("f1", "dialog.help"), "keys", "explain"))

    def action_explain(self) -> None:
        """Its keys, and what can be typed."""
        from buildwatch.tui.help import Help

        told, typed = self.told_keys(), list(self.told_words())
        sections = [(self.PLACE, typed), ("its keys", told)] if typed else [(self.PLACE, told)]
        self.app.push_screen(Help(sections, self.keymap))


def _is_typed(key: str) -> bool:
    """Whether a line to type into takes this key for itself. (Enter it takes, and the dialog hears of it.)"""
    own = {name for binding in Input.BINDINGS if isinstance(binding, Binding) for name in binding.key.split(",")}
    letter = key if len(key) == 1 else key_to_character(key) or "\n"
    return key != "enter" and (letter.isprintable() or key in own)
