"""The list of all that was done on servers from the screen since it is there, the newest first."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from buildwatch.tui.cells import Pieces
from buildwatch.tui.doings import Doing, Doings
from buildwatch.tui.hints import Hint
from buildwatch.tui.keymap import PLAIN, Keymap
from buildwatch.tui.listing import Listing
from buildwatch.tui.page import Page
from buildwatch.words import Glyphs


class ActionLog(Listing[None]):
    """When, what, the exact call, the answer."""

    PLACE: ClassVar[str] = "in the list of all actions"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,semicolon,enter", "leave", "close", id="done.close"),
        Binding("y", "copy", "copy all of it", id="done.copy"),
    ]

    def __init__(self, doings: Doings, glyphs: Glyphs, copy: Callable[[str], None], keymap: Keymap = PLAIN) -> None:
        count = len(doings.all)
        head = f"{count} action{'s' * (count != 1)} since the start, the newest first" if count else "no actions yet"
        super().__init__(head, keymap)
        self._doings = doings
        self._glyphs = glyphs
        self._copy = copy

    def rest(self) -> ComposeResult:
        """How to copy it, and to leave it."""
        copy = Hint(self.keymap.first("y", "done.copy"), "copy", "copy")
        yield self.hints(Hint(self.keymap.first("esc", "done.close"), "close", "leave"), copy)

    def lines(self, width: int) -> list[list[Pieces]]:
        """Each action with its call and answer."""
        if not self._doings.all:
            nothing = "What you have servers do (restart, cancel, approve, ...) is listed here with its answer."
            return [Page(width, 0.0).wrap(nothing, "dim")]
        return [self._thing(doing, width) for doing in self._doings.all]

    def _thing(self, doing: Doing, width: int) -> list[Pieces]:
        g = self._glyphs
        what, call, answer = doing.lines(_when(doing))
        sign, style = (g.status["failure"], "failure") if doing.wrong else (g.status["success"], "success")
        if not doing.answer:
            sign, style = g.status["running"], "running"
        page, inner = Page(width - 2, 0.0, 0, g), Page(width - 4, 0.0, 0, g)
        lines: list[Pieces] = []
        for at, line in enumerate(page.wrap(what, "text")):
            lines.append([(f"{sign} ", style) if at == 0 else ("  ", "text"), *line])
        for text, how in ((call, "dim"), (answer, "failure" if doing.wrong else "text")):
            lines += [[("    ", "text"), *line] for line in inner.wrap(text, how)]
        return lines

    def called(self, count: int) -> str:
        """Actions."""
        return f"more action{'s' * (count != 1)}"

    def action_copy(self) -> None:
        """All of it, as text."""
        self._copy("\n".join("\n    ".join(doing.lines(_when(doing))) for doing in self._doings.all))

    def action_leave(self) -> None:
        """Back."""
        self.dismiss(None)


def _when(doing: Doing) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(doing.at))
