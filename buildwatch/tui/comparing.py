"""The view of two builds side by side. It follows both while they run, and knows no server itself."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from buildwatch.insight.compare import Comparer
from buildwatch.insight.comparison import Comparison, Kind, Line, Order
from buildwatch.insight.reference import WEEK
from buildwatch.model import Build, BuildKey
from buildwatch.store import Changes, Store
from buildwatch.tui import keys
from buildwatch.tui.compare_choice import Choice
from buildwatch.tui.compare_face import Asked, CompareFace
from buildwatch.tui.compare_lines import as_text
from buildwatch.tui.compare_table import CompareTable
from buildwatch.tui.keymap import Keymap
from buildwatch.tui.outside import Outside
from buildwatch.words import Glyphs

if TYPE_CHECKING:
    from buildwatch.tui.build_picker import BuildPicker

HISTORY: Final = 100
"""So many builds of the repo are asked for, to find the last green one among them."""

FRAME: Final = 0.05
"""Seconds between two frames at the least."""

REST: Final = 5
"""So many times as long as a frame took it is until the next one: of what is told in between keys have their turn."""

ASK_AGAIN: Final = 30.0
"""Seconds after which stages that did not come are asked for again."""

Place = tuple[Build, int, int]
"""A build, and the numbers of a stage and a step of it."""


class Comparing(Screen[Place | None]):
    """Gives back the step whose log a person wants to see; None where there is none."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "sort", "order: as they ran, grew most, longest", id="compare.sort"),
        Binding("x", "changed", "only what changed", id="compare.changed"),
        Binding("h,left", "against(1)", "against the build before", id="compare.older"),
        Binding("l,right", "against(-1)", "against the build after", id="compare.newer"),
        Binding("u", "green(0)", "against the last green one", id="compare.green"),
        Binding("w", "green(1)", "against the green one of a week before", id="compare.week"),
        Binding("b,number_sign", "choose", "against a build from a list, or by number", id="compare.choose"),
        Binding("H,shift+left", "this(1)", "compare the build before this one", id="compare.this-older"),
        Binding("L,shift+right", "this(-1)", "compare the build after this one", id="compare.this-newer"),
        Binding("y", "copy", "copy the comparison as text", id="compare.copy"),
        Binding("escape,d", "leave", "back", id="compare.leave"),
    ]

    def __init__(
        self,
        build: Build,
        store: Store,
        outside: Outside,
        glyphs: Glyphs,
        keymap: Keymap,
        *,
        against: Build | None = None,
    ) -> None:
        """`build` is held `against` that one, else the last green one before it, until a person chooses another."""
        super().__init__()
        self._choice = Choice(build, against, store)
        self._repo = build.repo_key
        self._store = store
        self._outside = outside
        self._glyphs = glyphs
        self._keymap = keymap
        self._order = Order.RUN
        self._changed = False
        self._asked: dict[BuildKey, float] = {}  # loop time when its stages were asked for
        self._comparer = Comparer()
        self._of: Comparison | None = None
        self._took = 0.0  # seconds that the last frame took
        self._face = CompareFace(glyphs, keymap)
        self._picker: BuildPicker | None = None
        self._due: asyncio.TimerHandle | None = None

    def compose(self) -> ComposeResult:
        """All of it is the face."""
        yield self._face

    def on_mount(self) -> None:
        """Show what is known, and have the history read for what is not."""
        self._outside.look_back(self._repo, HISTORY)
        self._face.take_focus()
        self.call_after_refresh(self.draw, top=True)

    def on_unmount(self) -> None:
        """No frame is due any more."""
        if self._due is not None:
            self._due.cancel()

    def on_resize(self) -> None:
        """Everything is drawn for another width."""
        self.call_after_refresh(self.draw)

    def tell(self, changes: Changes) -> None:
        """Take note of a change of the store; a frame follows soon."""
        if self._repo in changes.repos or self._repo.server in changes.servers:
            self._draw_in(max(FRAME, REST * self._took))

    def _draw_in(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        if self._due is None or self._due.when() > loop.time() + seconds:
            if self._due is not None:
                self._due.cancel()
            self._due = loop.call_later(seconds, self._frame)

    def _frame(self) -> None:
        self._due = None
        if self.is_attached:
            self.draw()
            if self._picker is not None and self._picker.is_mounted:
                self._picker.look()

    def _learn(self, build: Build) -> bool:
        """Whether its stages are known; has them read where they are not."""
        if build.stages is not None:
            return True
        now = asyncio.get_running_loop().time()
        if now - self._asked.get(build.key, -ASK_AGAIN) >= ASK_AGAIN:
            self._asked[build.key] = now
            self._outside.look_at(build)
        return False

    # what is shown

    def draw(self, *, top: bool = False) -> None:
        """Draw everything anew."""
        time = asyncio.get_running_loop().time
        begin = time()
        this, (that, why) = self._choice.this, self._choice.that
        now = self._outside.now_at(this.server)
        known = self._learn(this)
        known = that is not None and self._learn(that) and known
        self._of = self._comparer.compare(that, this, now) if that is not None and known else None
        asked = Asked(this, that, why, self._of, self._order, self._changed)
        server = self._store.servers.get(this.server)
        self._face.show(asked, server, self._store.builds(self._repo), now, top=top)
        self._took = time() - begin
        if not this.status.ended or (that is not None and not that.status.ended):
            self._draw_in(1.0)

    def commands(self) -> Iterator[SystemCommand]:
        """Every key's action, by name."""
        for binding in self.BINDINGS:
            if isinstance(binding, Binding):
                yield SystemCommand(
                    binding.description,
                    f"key: {keys.of(binding, self._keymap)}",
                    lambda action=binding.action: self.call_later(self.run_action, action),
                )

    # keys

    def action_sort(self) -> None:
        """The next order; what is first in it is what one wants to see."""
        self._order = self._order.next
        self.draw(top=True)

    def action_changed(self) -> None:
        """Only what is not as it was, or everything."""
        self._changed = not self._changed
        self.draw()

    def action_green(self, weeks: int) -> None:
        """Against the last green build, or the last one that is so many weeks older."""
        self._choice.green(float(weeks * WEEK))
        self.draw()

    def action_against(self, by: int) -> None:
        """Against the build before or after the one that it is held against."""
        self._choice.against(by)
        self.draw()

    def action_this(self, by: int) -> None:
        """Compare the build before or after this one instead."""
        self._choice.instead(by)
        self.draw()

    def action_choose(self) -> None:
        """A list of the builds that are known; or a number, whose build is read."""
        from buildwatch.tui.build_picker import BuildPicker

        now = self._outside.now_at(self._repo.server)
        self._picker = BuildPicker(self._choice.others, now, self._glyphs, self._keymap)
        self.app.push_screen(self._picker, self._number)

    def _number(self, number: int | None) -> None:
        self._picker = None
        if number is None:
            return
        if self._choice.number(number):
            self.draw()
        else:
            self.run_worker(self._fetch(number), group="compare", exclusive=True)

    async def _fetch(self, number: int) -> None:
        """Read a build that is not known; it is not for the store, which keeps only the newest ones."""
        from buildwatch.sources.errors import SourceError

        source = self._outside.source(self._repo.server)
        if source is None:
            return
        try:
            build = await source.build(self._repo.slug, number)
        except SourceError as error:
            self.app.notify(f"#{number} cannot be read: {error}", severity="warning", markup=False)
            return
        self._choice.take(build)
        self.draw()

    def action_copy(self) -> None:
        """The comparison as text, as it stands here."""
        if self._of is None:
            self.app.notify("there is nothing to copy yet", severity="warning", timeout=2)
            return
        now = self._outside.now_at(self._repo.server)
        self.app.copy_to_clipboard(as_text(self._of, now, self._glyphs, self._order, changed=self._changed))
        self.app.notify("copied the comparison", timeout=2, markup=False)

    def on_compare_table_enter(self, message: CompareTable.Enter) -> None:
        """To the log of that step: in this build, or where it is gone in the other."""
        if self._of is not None:
            self.dismiss(_place(self._of, message.line))

    def action_leave(self) -> None:
        """Back to where one was."""
        self.dismiss(None)


def _place(of: Comparison, line: Line) -> Place | None:
    """Where a line's log is."""
    side, build = (line.that, of.that) if line.kind in (Kind.GONE, Kind.AHEAD) else (line.this, of.this)
    return (build, side.row.stage, side.row.step) if side is not None else None
