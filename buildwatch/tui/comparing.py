"""The view of two builds side by side. It follows both while they run, and knows no server itself."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from buildwatch.insight.compare import Comparison, Kind, Line, Order, compare
from buildwatch.insight.compare_words import sentences
from buildwatch.insight.reference import WEEK
from buildwatch.model import Build, BuildKey
from buildwatch.store import Changes, Store
from buildwatch.tui import compare_text, keys
from buildwatch.tui.compare_choice import Choice
from buildwatch.tui.compare_history import history_lines
from buildwatch.tui.compare_lines import CompareLines
from buildwatch.tui.compare_table import CompareTable
from buildwatch.tui.hints import Foot
from buildwatch.tui.keymap import Keymap
from buildwatch.tui.lines import Lines
from buildwatch.tui.outside import Outside
from buildwatch.tui.page import Page
from buildwatch.words import Glyphs

if TYPE_CHECKING:
    from buildwatch.tui.build_picker import BuildPicker

HISTORY: Final = 100
"""So many builds of the repo are asked for, to find the last green one among them."""

FRAME: Final = 0.05
"""Seconds between two frames at the least."""

ASK_AGAIN: Final = 30.0
"""Seconds after which stages that did not come are asked for again."""

LEAST: Final = 20
"""Lines are laid out for so many cells at least; what has no room is cut."""

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
        self._of: Comparison | None = None
        self._table = CompareTable(id="compare-table")
        self._lines = {
            id: Lines(id=id)
            for id in ("compare-title", "compare-head", "compare-columns", "compare-totals", "compare-history")
        }
        self._foot = Foot(id="compare-foot")
        self._picker: BuildPicker | None = None
        self._due: asyncio.TimerHandle | None = None

    def compose(self) -> ComposeResult:
        """Title, the two builds and what it comes to, the steps, the whole, the keys."""
        for id in ("compare-title", "compare-head", "compare-columns"):
            yield self._lines[id]
        yield self._table
        yield self._lines["compare-totals"]
        yield self._lines["compare-history"]
        yield self._foot

    def on_mount(self) -> None:
        """Show what is known, and have the history read for what is not."""
        self._outside.look_back(self._repo, HISTORY)
        self._table.focus()
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
            self._draw_in(FRAME)

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
        this, (that, why) = self._choice.this, self._choice.that
        now = self._outside.now_at(this.server)
        page = Page(self.size.width, now, self.size.height, self._glyphs, self._keymap.names)
        known = self._learn(this)
        known = that is not None and self._learn(that) and known
        self._of = compare(that, this, now) if that is not None and known else None
        server = self._store.servers.get(this.server)
        title = compare_text.title_line(this.repo, self._order, self._changed, server, page)
        self._lines["compare-title"].show([title])
        head = [
            compare_text.build_line("this", this, "", page),
            compare_text.build_line("against", that, why, page),
        ]
        head += [[], *compare_text.said_lines(self._said(that), page), []]
        self._lines["compare-head"].show(head)
        self._show_table(page, self.size.height - len(head) - 4, top)
        self._show_foot()
        if not this.status.ended or (that is not None and not that.status.ended):
            self._draw_in(1.0)

    def _said(self, that: Build | None) -> list[str]:
        if self._of is not None:
            return sentences(self._of)
        if that is not None:
            return ["their steps are being read"]
        choose = self._keymap.first("b", "compare.choose")
        return [f"there is nothing to compare with{f': {choose} chooses another build' if choose else ''}"]

    def _show_table(self, page: Page, height: int, top: bool) -> None:
        room = Page(max(LEAST, self._table.room - 1), page.now, 0, self._glyphs)
        if self._of is None:
            self._table.show(None)
            self._lines["compare-columns"].show([[]])
            self._lines["compare-totals"].show([])
            self._lines["compare-history"].show([])
            return
        lines = CompareLines(self._of, room, self._order, changed=self._changed)
        totals = [[(" ", "text"), *line] for line in lines.totals()]
        self._table.styles.height = max(1, min(len(lines.lines), height - len(totals)))
        self._table.show(lines, top=top)
        self._lines["compare-columns"].show([[(" ", "dim"), *lines.head()]])
        self._lines["compare-totals"].show(totals)
        left = height - len(totals) - len(lines.lines) - 1
        history = history_lines(self._of, list(self._store.builds(self._repo)), page, left)
        self._lines["compare-history"].show([[], *history] if history else [])

    def _show_foot(self) -> None:
        this, line = self._choice.this, self._table.line
        place = (
            ""
            if line is None
            else f"{line.stage}/{line.step}"
            if line.step and len(this.stages or ()) > 1
            else line.step
        )
        address = f"{this.address}:{place}" if place else this.address
        self._foot.tell(keys.FOOT_COMPARE, self._keymap, address, self.size.width, self._glyphs)

    def on_compare_table_moved(self) -> None:
        """Another address."""
        self._show_foot()

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
        lines = CompareLines(
            self._of,
            Page(100, self._outside.now_at(self._repo.server), 0, self._glyphs),
            self._order,
            changed=self._changed,
        )
        drawn = [lines.head(), *(lines.row(at) for at in range(len(lines.lines))), *lines.totals()]
        texts = ["".join(text for text, _ in line).rstrip() for line in drawn]
        self.app.copy_to_clipboard("\n".join([self._of.this.address, *sentences(self._of), "", *texts]))
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
