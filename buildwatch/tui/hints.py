"""Keys with what they do, in lines that can be clicked: a click is as good as the key."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate
from typing import Final, NamedTuple

from textual import events

from buildwatch.tui import bars, keys
from buildwatch.tui.cells import Pieces, width_of
from buildwatch.tui.keymap import Keymap
from buildwatch.tui.lines import Lines
from buildwatch.words import ASCII, Glyphs

APART: Final = 5
CLOSE: Final = 2
"""Cells between two of a dialog, where there is room and where there is not."""


class Hint(NamedTuple):
    """A key as it is shown (empty where there is none), what it does, and the screen's action that does it."""

    key: str
    word: str
    action: str


def hint_at(hints: Iterable[tuple[str, str]], x: int, begin: int, between: int, gap: int) -> int | None:
    """Which of these (key, word) is drawn at cell `x`, where the first stands at `begin`, with so many cells between
    a key and its word and a `gap` behind that.
    """
    for at, (key, word) in enumerate(hints):
        end = begin + width_of(key) + between + width_of(word)
        if begin <= x < end:
            return at
        begin = end + gap
    return None


class Foot(Lines):
    """Those of a place, at the bottom of the screen, and the address of what is selected."""

    def tell(
        self,
        table: Iterable[keys.Line],
        keymap: Keymap,
        address: str,
        width: int,
        glyphs: Glyphs,
        *,
        stressed: bool = False,
    ) -> None:
        """Show as many as there is room for. `stressed` is what stands in place of an address and is to be seen."""
        lines = keys.shortest(table, keymap)
        help = next((at for at, (_, _, id) in enumerate(lines) if id == "app.help"), None)
        room = width - 1 - min(width_of(address) + 1, width // 2)
        shown = bars.with_help([bars.hint_size(key, word) for key, word, _ in lines], help, room)
        self._keys = [lines[at] for at in shown]
        told = [(key, word) for key, word, _ in self._keys]
        self._told = keys.in_ascii(told) if glyphs is ASCII else told
        self._room, pieces = bars.bottom_line(self._told, address, width, glyphs, stressed=stressed)
        self.show([pieces])

    async def on_click(self, event: events.Click) -> None:
        """As if the key had been pressed."""
        at = hint_at(self._told, event.x, 1, 1, 2) if event.x < self._room else None
        if at is None:
            return
        found = (active for active in self.screen.active_bindings.values() if active.binding.id == self._keys[at][2])
        if (active := next(found, None)) is not None:
            await self.app.run_action(active.binding.action, active.node)


class Hints(Lines):
    """Those of a dialog, in one line: wide apart where there is room, and as many as there is room for."""

    def __init__(self, *hints: Hint) -> None:
        super().__init__(classes="keys")
        self._hints = [hint for hint in hints if hint.key]
        self._shown: list[Hint] = []
        self._gap = APART

    def on_resize(self) -> None:
        """Show them."""
        widths = [width_of(f"{hint.key}: {hint.word}") for hint in self._hints]
        room = self.size.width
        self._gap = APART if sum(widths) + APART * (len(widths) - 1) <= room else CLOSE
        fits = [end - self._gap <= room for end in accumulate(width + self._gap for width in widths)]
        self._shown = [hint for hint, fit in zip(self._hints, fits, strict=True) if fit]
        pieces: Pieces = [(f"{hint.key}: {hint.word}" + " " * self._gap, "dim") for hint in self._shown]
        self.show([pieces])

    async def on_click(self, event: events.Click) -> None:
        """As if the key had been pressed."""
        at = hint_at(((hint.key, hint.word) for hint in self._shown), event.x, 0, 2, self._gap)
        if at is not None:
            await self.app.run_action(self._shown[at].action, self.screen)
