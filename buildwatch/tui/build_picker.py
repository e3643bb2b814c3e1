"""A list of a repo's builds to choose one from, by its number or by words, or by a number that is not in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from buildwatch.insight.eta import ran
from buildwatch.model import Build
from buildwatch.tui.hints import Hint, Hints
from buildwatch.tui.keymap import Keymap
from buildwatch.tui.page import Page
from buildwatch.words import Glyphs, age, duration, glyph

MOST = 200
"""So many builds are listed."""


WIDTH = 90
EDGES = 8
"""Cells that the list takes at most, and those of them that are not its text's."""


def label(build: Build, page: Page) -> str:
    """A build in one line: number, status, length, age, event, branch, what it was about."""
    took = ran(build, page.now)
    when = age(page.now - build.created) if build.created else ""
    lasted = duration(took) if took is not None else build.status
    about = build.title or build.message.partition("\n")[0]
    head = f"#{build.number:<5} {glyph(build.status, page.glyphs)} {lasted:>7} {when:>4}"
    return page.cut(f"{head}  {build.event} {build.branch}  {about}".rstrip(), page.width)


def matching(builds: Sequence[Build], typed: str) -> list[Build]:
    """Those that all the words typed are of: their number begins so, or one of their facts has it."""
    words = typed.lower().replace("#", "").split()
    return [build for build in builds if all(_has(build, word) for word in words)]


def _has(build: Build, word: str) -> bool:
    facts = (build.branch, build.event, build.author, build.author_name, build.commit, build.status, build.deploy_to)
    return str(build.number).startswith(word) or any(
        word in fact.lower() for fact in (*facts, build.title, build.message)
    )


class BuildPicker(ModalScreen[int | None]):
    """Gives back the number of a build; None for none."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", "next build", id="builds.down"),
        Binding("up", "move(-1)", "previous build", id="builds.up"),
        Binding("enter", "take", "take this build", id="builds.take"),
        Binding("escape", "leave", "none of them", id="builds.leave"),
    ]

    def __init__(self, builds: Callable[[], Sequence[Build]], now: float, glyphs: Glyphs, keymap: Keymap) -> None:
        """`builds` gives those that are known, in the order in which they are listed."""
        super().__init__()
        self._builds = builds
        self._now = now
        self._glyphs = glyphs
        self._found: list[Build] = []
        self._moved = False
        take, leave = keymap.first("enter", "builds.take"), keymap.first("esc", "builds.leave")
        self._hints = Hint(take, "compare with it", "take"), Hint(leave, "back", "leave")

    def compose(self) -> ComposeResult:
        """A line to type into, the builds, what is wrong, the keys."""
        with Vertical():
            yield Input(placeholder="a number, or words: branch, author, status", id="which")
            yield OptionList(id="builds")
            yield Label(Text(""), classes="wrong", id="wrong")
            yield Hints(*self._hints)

    def on_mount(self) -> None:
        """All builds, and the keys to the line."""
        self.query_one(OptionList).can_focus = False
        self.query_one(Input).focus()
        self._show("")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Only the builds that are meant."""
        self._show(event.value)

    def look(self) -> None:
        """There may be others now."""
        if matching(self._builds(), (typed := self.query_one(Input).value))[:MOST] != self._found and not self._moved:
            self._show(typed)

    def _show(self, typed: str) -> None:
        self._found = matching(self._builds(), typed)[:MOST]
        listed = self.query_one(OptionList)
        self._moved = False
        listed.clear_options()
        room = min(WIDTH, self.app.size.width * 94 // 100) - EDGES
        page = Page(max(20, room), self._now, 0, self._glyphs)
        listed.add_options(Option(Text(label(build, page))) for build in self._found)
        exact = [at for at, build in enumerate(self._found) if f"{build.number}" == typed.strip().lstrip("#")]
        listed.highlighted = (exact or [0])[0] if self._found else None
        self.query_one("#wrong", Label).update(Text(""))

    def action_move(self, by: int) -> None:
        """Up and down."""
        listed = self.query_one(OptionList)
        if listed.highlighted is not None:
            self._moved = True
            listed.highlighted = max(0, min(len(self._found) - 1, listed.highlighted + by))

    def action_take(self) -> None:
        """The number that was typed, else the build under the cursor."""
        at, typed = self.query_one(OptionList).highlighted, self.query_one(Input).value.strip().lstrip("#")
        if typed.isdecimal() and int(typed[:15]) > 0 and not self._moved:
            self.dismiss(int(typed[:15]))
        elif at is not None and self._found:
            self.dismiss(self._found[at].number)
        else:
            self.query_one("#wrong", Label).update(Text("no such build is known; type its number"))

    def on_input_submitted(self) -> None:
        """Enter in the line takes it too."""
        self.action_take()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A click takes it."""
        self.dismiss(self._found[event.option_index].number)

    def action_leave(self) -> None:
        """None of them."""
        self.dismiss(None)
