"""A list of a repo's builds to choose one from, by its number or by words, or by a number that is not in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input, OptionList

from buildwatch.insight.eta import ran
from buildwatch.model import Build
from buildwatch.tui.hints import Hint
from buildwatch.tui.keymap import Keymap
from buildwatch.tui.page import Page
from buildwatch.tui.picker import Names, Picker
from buildwatch.words import Glyphs, age, branch_of, duration, glyph

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
    return page.cut(f"{head}  {build.event} {branch_of(build)}  {about}".rstrip(), page.width)


def matching(builds: Sequence[Build], typed: str) -> list[Build]:
    """Those that all the words typed are of: their number begins so, or one of their facts has it."""
    words = typed.lower().replace("#", "").split()
    return [build for build in builds if all(_has(build, word) for word in words)]


def _has(build: Build, word: str) -> bool:
    facts = (build.branch, build.event, build.author, build.author_name, build.commit, build.status, build.deploy_to)
    return str(build.number).startswith(word) or any(
        word in fact.lower() for fact in (*facts, build.title, build.message)
    )


class BuildPicker(Picker[int | None]):
    """Gives back the number of a build; None for none."""

    PLACE: ClassVar[str] = "among the builds"
    TYPED: ClassVar[tuple[tuple[str, str], ...]] = (
        ("12", "the build of that number, also one that is not listed"),
        ("main failure", "builds that have all these words: branch, event, author, status, commit, title"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", "next build", id="builds.down"),
        Binding("up", "move(-1)", "previous build", id="builds.up"),
        Binding("pagedown", "page(1)", "a page down", id="builds.page-down"),
        Binding("pageup", "page(-1)", "a page up", id="builds.page-up"),
        Binding("enter", "take", "take this build", id="builds.take"),
        Binding("escape", "leave", "none of them", id="builds.leave"),
    ]

    def __init__(self, builds: Callable[[], Sequence[Build]], now: float, glyphs: Glyphs, keymap: Keymap) -> None:
        """`builds` gives those that are known, in the order in which they are listed."""
        super().__init__(keymap)
        self._builds = builds
        self._now = now
        self._glyphs = glyphs
        self._found: list[Build] = []
        self._moved = False

    def names(self) -> Names:
        """The builds."""
        return Names(id="builds")

    def above(self) -> Iterable[Widget]:
        """A line to type into."""
        return [Input(placeholder="a number, or words: branch, author, status", id="which")]

    def foot(self) -> Widget:
        """Take one, or none."""
        take, leave = self.keymap.first("enter", "builds.take"), self.keymap.first("esc", "builds.leave")
        return self.hints(Hint(take, "compare with it", "take"), Hint(leave, "back", "leave"))

    def on_mount(self) -> None:
        """All builds, and the keys to the line."""
        self.listed.can_focus = False
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
        self._moved = False
        page = Page(max(20, min(WIDTH, self.room) - EDGES), self._now, 0, self._glyphs)
        exact = [at for at, build in enumerate(self._found) if f"{build.number}" == typed.strip().lstrip("#")]
        self.listed.fill([label(build, page) for build in self._found], (exact or [0])[0])
        self.say("")

    def action_move(self, by: int) -> None:
        """Up and down."""
        at = self.listed.highlighted
        if at is not None:
            self._moved = True
            self.listed.highlighted = max(0, min(len(self._found) - 1, at + by))

    def action_page(self, by: int) -> None:
        """A page up or down."""
        self.action_move(by * max(1, self.listed.size.height - 1))

    def action_take(self) -> None:
        """The number that was typed, else the build under the cursor."""
        at, typed = self.listed.highlighted, self.query_one(Input).value.strip().lstrip("#")
        if typed.isdecimal() and int(typed[:15]) > 0 and not self._moved:
            self.dismiss(int(typed[:15]))
        elif at is not None and self._found:
            self.dismiss(self._found[at].number)
        else:
            self.say("no such build is known; type its number")

    def on_input_submitted(self) -> None:
        """Enter in the line takes it too."""
        self.action_take()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A click takes it."""
        self.dismiss(self._found[event.option_index].number)
