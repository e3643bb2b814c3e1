"""The board: the live tree, the selection beside or under it, and the lines around them.

Changes of the store are gathered and shown at most every 50 ms, at once when nothing was pending; durations tick once a
second, and only while something runs.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import Container

from buildwatch.config.view import SORTS
from buildwatch.model import Build, Status
from buildwatch.shown import Shown
from buildwatch.store import Changes, Link
from buildwatch.tui import bars, board_text, garbage, keys
from buildwatch.tui.cells import Pieces
from buildwatch.tui.going import WIDE, Going
from buildwatch.tui.hints import Foot
from buildwatch.tui.keymap import PLAIN, Keymap
from buildwatch.tui.lines import Lines
from buildwatch.tui.live_tree import LiveTree
from buildwatch.tui.outside import Outside
from buildwatch.tui.row_cells import AGE, TIME, Painter
from buildwatch.tui.rows import HEADS, OF_AUTHOR, Kind, Row
from buildwatch.tui.ticking import Ticking
from buildwatch.tui.wants import Wants
from buildwatch.words import ASCII, Glyphs

if TYPE_CHECKING:
    from buildwatch.tui.asked import Asked
    from buildwatch.tui.left import Left
    from buildwatch.tui.side import Side

FRAME = 0.05
"""Seconds between two frames at the least."""

SLOWEST = 0.25
"""Seconds between two frames at the most, while there is something to show."""

DWELL = 0.15
"""Seconds that the cursor must rest on a row before anything is asked of a server for it."""

_COUNTED = {str(Status.RUNNING): "running", str(Status.FAILURE): "failed", str(Status.BLOCKED): "blocked"}
"""By the style of a count in the top line, the word that shows what it counts."""


def spacing(cost: float) -> float:
    """Seconds between two frames at the least, where it takes `cost` seconds to find out which rows there are.

    So that a view of all builds of all repos takes a quarter of a processor at most, however much is told.
    """
    return max(FRAME, min(4 * cost, SLOWEST))


class Board(Going):
    """What one sees all day."""

    def __init__(self, shown: Shown, outside: Outside, glyphs: Glyphs, keymap: Keymap = PLAIN) -> None:
        super().__init__(shown, Painter(shown, glyphs, kept=shown))
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]
        self.set_class(glyphs is ASCII, "-ascii")
        self.glyphs = glyphs
        self._keymap = keymap
        self.side: Side | None = None
        self._left: Left | None = None
        self.connected = False  # before that nothing can be asked for
        self._lines = {id: Lines(id=id) for id in ("top", "banner", "title", "empty")}
        self._foot = Foot(id="foot")
        self.asks_log = False
        self.asked: Asked | None = None
        self._outside = outside
        self._pending = Changes()
        self._due = False
        self._last_frame = 0.0
        self._spacing = FRAME
        self._wants = Wants(shown, outside)
        self._dwell: asyncio.TimerHandle | None = None
        self._ticking = Ticking(self._tick)
        self._face = ""
        self._counts = bars.Counts()
        self._doing = ""

    def compose(self) -> ComposeResult:
        """Top line, what is wrong, the tree and the selection, foot."""
        yield self._lines["top"]
        yield self._lines["banner"]
        with Container(id="body"):
            with Container(id="left"):
                yield self._lines["title"]
                yield self._lines["empty"]
                yield self.live
            yield Container(id="no-side")
        yield self._foot

    def on_mount(self) -> None:
        """Show what is known: nothing yet."""
        self.live.focus()
        self._show_lines()

    def furnish(self) -> None:
        """What the first paint does without, since it takes a while to import: the selection and its log."""
        body = self.query_one("#body")
        if self.side is not None or not body.is_attached:  # not attached: the app is being left this very moment
            return
        from buildwatch.tui.side import Side

        self.side = Side(self._outside, self.painter, self.showing, self._keymap.names, self._ticking.along, id="side")
        self.query_one("#no-side").remove()
        body.mount(self.side)
        if self._left is not None:
            self.side.set_class(self._left.facts, "-facts")
            self.side.log_view.look_as(self._left.wrap, self._left.numbers, self._left.times)
            self.set_class(self._left.zoomed, "-zoom")
        self.call_after_refresh(self.show_all)
        garbage.collect_what_comes()

    def begin_as(self, left: Left) -> None:
        """Begin as it was left the last time: the view and the folds now, the selection once it is there."""
        from buildwatch.tui.left import keys, view_of

        self._left, self.wanted, self.follow_newest = left, left.row, left.follows
        self.showing.toggled |= keys(left.toggled)
        view = view_of(left)
        if view is not None and view != self.view:
            self.choose(view)

    def show_told(self, lines: list[Pieces]) -> None:
        """Show what a notifier tells, above the foot."""
        if "told" not in self._lines and lines:
            self._lines["told"] = Lines(id="told")
            self.mount(self._lines["told"], before="#foot")
        if "told" in self._lines:
            self._lines["told"].show(lines)

    @property
    def in_log(self) -> bool:
        """Whether the keys go to the log."""
        return self.side is not None and self.side.has_focus_within

    def on_resize(self) -> None:
        """Everything is drawn for another width."""
        self.call_after_refresh(self.show_all)

    # showing what changed

    def tell(self, changes: Changes) -> None:
        """Take note of a change; a frame follows at once, or when the last one is old enough."""
        self.store.take(changes)
        self._pending.take(changes)
        if changes and not self._due:
            self._due = True
            loop = asyncio.get_running_loop()
            loop.call_at(max(loop.time(), self._last_frame + self._spacing), self._frame)

    def _frame(self) -> None:
        self._due = False
        self._last_frame = asyncio.get_running_loop().time()
        changes, self._pending = self._pending, Changes()
        if not self.is_attached:
            return
        self.painter.forget(changes.repos)
        self._set_times()
        moving = self.view.filter or self.view.sort != SORTS[0] or self.view.group == "status"
        if changes.structure or changes.servers or (moving and changes.moves):
            self.hold_order()
            self.open_for(changes)
            loop = asyncio.get_running_loop()
            began = loop.time()
            self.set_rows()
            self._spacing = spacing(loop.time() - began)
        if changes.servers:
            self.live.refresh()  # what is shown of one may be confirmed now
        self.live.repaint(
            row.key for row in self.live.visible_rows() if row.build in changes.builds or row.repo in changes.repos
        )
        if changes.servers or changes.moves or changes.structure:
            self._show_lines()
        if changes.repos:
            self.live.repaint(self.count_again())
        row = self.live.row
        of_group = row is not None and row.kind in HEADS and changes.repos
        if row is not None and (of_group or row.repo in changes.repos or row.server in changes.servers):
            self.show_side()
        self._tick_when_needed()

    def set_rows(self) -> None:
        """Find out anew which rows there are."""
        super().set_rows()
        self.select_wanted()
        if self.live.rows and self.side is None:
            self.call_after_refresh(self.furnish)
        self._look_back()

    def show_all(self) -> None:
        """Draw everything anew."""
        self._set_times()
        self.set_rows()
        self.live.refresh()
        self._show_lines()
        self.show_side()
        self._tick_when_needed()

    def _show_lines(self) -> None:
        """Top line, banner, title, foot, and the words in place of an empty tree."""
        width, servers = self.size.width, list(self.store.servers.values())
        self._face = self._outside.face()
        self._counts = bars.count(self.store.confirmed)
        self._outside.counted(self._counts)
        self._show_top()
        banner = board_text.banner(servers, width, self.glyphs, self._keymap.names) if self.live.rows else []
        self._lines["banner"].show(banner)
        room = self.live.container_size.width or width
        title = board_text.title(
            self.view, len(self.marks), self.follow_newest, room, self.glyphs, strip=self.painter.has_strip(room - 1)
        )
        self._lines["title"].show([title])
        empty = self._lines["empty"]
        empty.display = not self.live.rows
        asked = any(server.link is not Link.CONNECTING for server in servers)
        bare = asked and not self.live.rows and not self.view.filter
        if bare is not self.has_class("-bare"):
            self.set_class(bare, "-bare")
            self.call_after_refresh(self._show_lines)  # for the width that there is then
        empty.show(
            []
            if self.live.rows
            else board_text.empty(servers, self.showing.filter, room, self.glyphs, self._keymap.names)
        )
        self.show_foot()

    def _show_top(self) -> None:
        servers, heard = list(self.store.servers.values()), self._outside.heard()
        top = bars.top_line(servers, self._counts, heard, time.time(), self._face, self.size.width, self.glyphs)
        self._lines["top"].show([top])

    def action_views(self, saving: bool = False) -> None:
        """All views; where it is `saving`, a name for what is on show."""
        self._outside.ask_views(saving=saving)

    def show_marks(self) -> None:
        """Other builds are marked."""
        self.live.refresh()
        self._show_lines()

    def show_doing(self, words: str) -> None:
        """Show at the foot what no server has answered yet."""
        self._doing = words
        if not self.is_attached:  # what is given up while the app is being left
            return
        self.show_foot()

    def show_foot(self) -> None:
        """The keys of this place, and the address of the selection, or what is under way."""
        build = self.selected_build
        source = self._outside.source(build.server) if build else None
        actions = source.actions if source else None
        table = keys.foot(self.in_log, build.status if build else None, actions, marked=bool(self.marks))
        if not self.live.rows and not self.view.filter:
            table = keys.FOOT_EMPTY
        address = bars.address_of(self.live.row, build)
        doing = f"{self._doing}{self.glyphs.ellipsis}" if self._doing else ""
        self._foot.tell(table, self._keymap, doing or address, self.size.width, self.glyphs, stressed=bool(doing))

    def on_descendant_focus(self) -> None:
        """Another place, other keys."""
        self.show_foot()

    def _set_times(self) -> None:
        self.painter.times = {name: self._outside.now_at(name) for name in self.store.servers}

    # time

    def show_face(self) -> None:
        """Have a look at the clock."""
        if self._outside.face() != self._face:
            self.show_all()

    def _tick_when_needed(self) -> None:
        runs = any(build.status == Status.RUNNING for build in self.store.unfinished())
        now = time.time()
        other_age = bars.next_age(list(self.store.servers.values()), self._outside.heard(), now)
        self._ticking.go_on(runs=runs, else_in=min(60.0 - now % 60, other_age + 0.01))

    def _tick(self) -> None:
        if not self.is_attached:
            return
        self._set_times()
        if self._outside.face() != self._face:
            self.live.refresh()
            self._show_lines()
        else:
            self._show_top()
            self.live.repaint(row.key for row in self.live.visible_rows() if self._runs(row))
        self.show_side()
        self._tick_when_needed()

    def _runs(self, row: Row) -> bool:
        build = self.build_of(row)
        if build is None or build.status != Status.RUNNING or self.painter.is_old(row):
            return False
        stage = build.stage(row.stage) if row.stage else None
        step = stage.step(row.step) if stage and row.step else None
        return (step or stage or build).status == Status.RUNNING

    # the selection

    @property
    def selected_build(self) -> Build | None:
        """The build that actions mean."""
        return self.build_of(self.live.row)

    def show_side(self) -> None:
        """Draw the selection; with it goes the log, unless the cursor is still on its way."""
        if self.side is not None:
            self.side.show(self.live.row, self.selected_build, self.store)
            build = self.selected_build
            if self._dwell is None and build is not None:
                self._wants.details(build)
            if self._dwell is None:
                self.side.rest()

    def selected(self) -> None:
        """The cursor moved: show it now, ask for what is missing once it rests."""
        if not self.is_attached:
            return
        if self.view.filter:
            self.hold_order()  # what it left may have to go
        self.show_foot()
        self.show_side()
        if self._dwell is not None:
            self._dwell.cancel()
        self._dwell = asyncio.get_running_loop().call_later(DWELL, self.rest)

    def rest(self) -> None:
        """The cursor rests on a row."""
        self._dwell = None
        self._look_back()
        self.show_side()

    def _look_back(self) -> None:
        """Have the history of the repos that are seen read, once; of all where an author's builds are looked for.

        And the stages of open builds, where they are old or not there.
        """
        if not self.connected:
            return
        rows = self.live.visible_rows()
        self._wants.histories(list(self.store.repos) if self.view.group == "author" else (row.repo for row in rows))
        for row in rows:
            build = self.store.build(row.build) if row.build is not None and row.kind is Kind.BUILD else None
            if build is not None and self.showing.is_open(row):
                self._wants.stages(build)

    def on_live_tree_scrolled(self) -> None:
        """Other repos are seen now."""
        self._look_back()

    def on_live_tree_toggle(self, message: LiveTree.Toggle) -> None:
        """Fold or unfold."""
        row = message.row
        self.showing.toggle(row)
        build = self.build_of(row)
        if message.open and row.kind is Kind.BUILD and build is not None and build.stages is None:
            self._wants.build(build)
        self.set_rows()
        self.live.repaint([row.key])

    def on_live_tree_enter(self, message: LiveTree.Enter) -> None:
        """Go in."""
        self.enter(message.row)

    def enter(self, row: Row) -> None:
        """Go into a step's log, or bring older builds."""
        more = self.showing.more
        if row.kind is Kind.OLDER:
            if row.repo is not None:
                more[row.repo] = more.get(row.repo, self.showing.shown) + 25
                self._outside.look_back(row.repo, 100)
            else:
                more[row.part] = more.get(row.part, OF_AUTHOR) + 25
            self.set_rows()
        else:
            self.rest()
            if self.has_class("-narrow"):
                self.add_class("-zoom")
            self.focus_log()

    def focus_log(self) -> None:
        """The keys go to the log."""
        if self.side is not None:
            self.side.focus_log()

    def on_click(self, event: events.Click) -> None:
        """A click on a count shows what it counts, on a column's head sorts by it, on the title lists the views."""
        if event.widget is self._lines["top"]:
            word = _COUNTED.get(self._lines["top"].style_at(event.x, event.y))
            if word:
                self.set_filter("" if self.view.filter == word else word)
        elif event.widget is self._lines["title"]:
            left = event.widget.size.width - 1 - event.x  # in cells from the right
            if left <= TIME + AGE:
                sort = "newest" if left <= AGE else "duration"
                self.sort_by(SORTS[0] if self.view.sort == sort else sort)
            else:
                self.action_views()

    # what is typed

    def to_first_match(self) -> None:
        """Put the cursor on the first repo that is shown, unless it already stands on one or within."""
        row = self.live.row
        if row is None or row.repo is None:
            first = next((at for at, other in enumerate(self.live.rows) if other.repo is not None), None)
            if first is not None:
                self.live.move_to(first)

    def ask(self, prompt: str, value: str, entered: Callable[[str], None]) -> None:
        """A line to type into, in place of the foot. What is typed is told by messages, and what is `entered`."""
        from buildwatch.tui.asked import Asked

        if self.asked is not None:
            return
        self.asks_log = self.in_log
        self.asked = Asked(value, prompt, entered)
        self._foot.display = False
        self.mount(self.asked)
        self.set_focus(self.asked)  # at once: what was typed with the same stroke must not become commands

    def answered(self) -> None:
        """The line to type into goes; the keys go back to where they were."""
        if self.asked is None:
            return
        self.asked.remove()
        self.asked = None
        self._foot.display = True
        self.focus_log() if self.asks_log else self.live.focus()
