"""The line after `:`: one types where to go or what to do, and what can be meant stands above it, the best first."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from buildwatch.tui.cells import Pieces, fit, width_of
from buildwatch.tui.dialog import Dialog
from buildwatch.tui.jumps import Choice
from buildwatch.tui.keymap import Keymap
from buildwatch.tui.lines import Lines
from buildwatch.tui.styles import style_of
from buildwatch.words import ASCII, Glyphs, glyph

SHOWN: Final = 10
"""How many choices are in sight, where there is room for them."""


class JumpLine(Dialog[str | Choice | None]):
    """Gives back what was chosen; the text itself where it is a web address or fits nothing; None for nothing."""

    PLACE: ClassVar[str] = "after the colon"
    TYPED: ClassVar[tuple[tuple[str, str], ...]] = (
        ("gwp", "a repo by some of its letters, in their order"),
        ("gwp#12", "its build by the begin of a number"),
        ("gwp#12:te", "a step of that build by its letters"),
        ("#12", "that build of whichever repo"),
        ("https://ci.../12", "the web address of a build, pasted"),
        ("quit, view mine", "a command; its name is the id of its key"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,ctrl+n", "move(1)", "next", id="jump.next", priority=True),
        Binding("up,ctrl+p", "move(-1)", "previous", id="jump.previous", priority=True),
        Binding("tab", "complete", "take it into the line", id="jump.complete", priority=True),
        Binding("enter", "go", "go there, or do it", id="jump.go", priority=True),
        Binding("escape", "leave", "leave", id="jump.leave", priority=True),
    ]

    def __init__(self, find: Callable[[str], list[Choice]], glyphs: Glyphs, keymap: Keymap) -> None:
        """`find` tells what can be meant."""
        super().__init__(keymap)
        self._find = find
        self._glyphs = glyphs
        self._found: list[Choice] = []
        self._at = 0
        self._looked: str | None = None
        self._lines = Lines(id="choices")
        self.set_class(glyphs is ASCII, "-ascii")

    def compose(self) -> ComposeResult:
        """The choices, and the line below them."""
        with Vertical():
            yield self._lines
            yield Input(
                placeholder=f"repo#build:step, web address or command  {self._told}", id="line", select_on_focus=False
            )

    @property
    def _told(self) -> str:
        """The most needed keys, as many as there is room for in the narrowest terminal."""
        of = self.keymap.first
        told = ((of("tab", "jump.complete"), "complete"), (of("esc", "jump.leave"), "back"))
        return "  ".join(f"{key}: {word}" for key, word in (*told, (of("f1", "dialog.help"), "keys")) if key)

    def on_mount(self) -> None:
        """The keys to the line."""
        self.query_one(Input).focus()
        self._look("")

    def on_key(self, event: events.Key) -> None:
        """What was typed before the line was there is typed into it."""
        if event.is_printable and event.character:
            self.query_one(Input).insert_text_at_cursor(event.character)

    def on_resize(self) -> None:
        """Drawn for another width."""
        self._show()

    def on_input_changed(self, event: Input.Changed) -> None:
        """What can be meant now."""
        self._look(event.value)

    def _look(self, typed: str) -> None:
        if typed == self._looked:
            return
        self._looked = typed
        web = typed.strip().lower().startswith(("http://", "https://"))
        self._found, self._at = [] if web else self._find(typed), 0
        self._show()

    def _show(self) -> None:
        width = self.app.size.width
        top = self._top
        seen = self._found[top : top + self._many]
        room = min(max((width_of(one.text) for one in seen), default=0) + 2, width * 2 // 3)
        shown = enumerate(seen, top)
        lines = [self._line(choice, at == self._at, room, width) for at, choice in shown]
        if not lines and self.query_one(Input).value.strip():
            lines = [
                [("   nothing here is called that; ", "dim"), ("a web address or owner/name#12 is asked for", "dim")]
            ]
        self._lines.show(lines)

    def _line(self, choice: Choice, here: bool, room: int, width: int) -> Pieces:
        sign = glyph(choice.status, self._glyphs) if choice.status is not None else ":" if choice.command else " "
        style = style_of(choice.status) if choice.status is not None else "dim"
        text, rest = fit(choice.text, room, self._glyphs.ellipsis), max(0, width - room - 5)
        mark = f" {self._glyphs.closed} " if here else "   "
        says = fit(choice.says, rest, self._glyphs.ellipsis)
        return [(mark, "accent"), (f"{sign} ", style), (text, "head" if here else "text"), (says, "dim")]

    @property
    def _top(self) -> int:
        """The first of the choices that are in sight."""
        return max(0, min(self._at - self._many // 2, len(self._found) - self._many))

    @property
    def _many(self) -> int:
        """How many choices there is room for, above the line and below its rule."""
        return max(1, min(SHOWN, self.app.size.height - 2))

    @property
    def _choice(self) -> Choice | None:
        return self._found[self._at] if self._found else None

    def on_click(self, event: events.Click) -> None:
        """A click on a choice takes it."""
        at = self._top + event.y
        if event.widget is self._lines and at < len(self._found):
            self.dismiss(self._found[at])

    def on_mouse_scroll_down(self) -> None:
        """The wheel goes through the choices."""
        self.action_move(1)

    def on_mouse_scroll_up(self) -> None:
        """And back."""
        self.action_move(-1)

    def action_move(self, by: int) -> None:
        """Up and down, round the ends."""
        if self._found:
            self._at = (self._at + by) % len(self._found)
            self._show()

    def action_complete(self) -> None:
        """Take the choice into the line, so that one can go on from there; where it is there already, the next one."""
        line = self.query_one(Input)
        self._look(line.value)  # which may not have been told yet
        choice = self._choice
        if choice is None:
            return
        text = choice.text + choice.more
        if line.value == text or (line.value == choice.text and not choice.more):
            self.action_move(1)
            return
        line.value = text
        line.cursor_position = len(text)

    def action_go(self) -> None:
        """There, or what is typed where nothing known is meant; once all that was typed before has arrived."""
        self.call_later(lambda: self.query_one(Input).call_later(self._go))

    def _go(self) -> None:
        if not self.is_current:
            return
        typed = self.query_one(Input).value
        self._look(typed)
        self.dismiss(self._choice or typed.strip() or None)

    def action_leave(self) -> None:
        """Nothing."""
        self.dismiss(None)
