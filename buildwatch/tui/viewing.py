"""What a person chooses to see of the tree: a view, its grouping, order, columns and filter."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Iterator
from dataclasses import replace
from functools import partial
from typing import ClassVar, Final

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen

from buildwatch.config.view import BUILT_IN, COLUMNS, GROUPS, SORTS, View, named
from buildwatch.model import Build, BuildKey, RepoKey
from buildwatch.shown import Shown
from buildwatch.tui.board_text import view_words
from buildwatch.tui.filters import FAILED, MINE, with_or_without
from buildwatch.tui.groups import Tally, tallies
from buildwatch.tui.live_tree import LiveTree
from buildwatch.tui.row_cells import Painter
from buildwatch.tui.rows import HEADS, Kind, Row, Showing, flatten

HOLD: Final = 2.0
"""Seconds after the last key, click or move of the mouse in the tree before things in it change places."""


class Viewing(Screen[None], inherit_bindings=False):
    """The part of the board that decides which rows there are.

    Of the keys that Textual gives any screen it has the one that copies: the tab key is for the other pane.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c,super+c", "screen.copy_text", show=False)]

    def __init__(self, store: Shown, painter: Painter) -> None:
        super().__init__()
        self.store = store
        self.painter = painter
        self.showing = Showing()
        self.views: tuple[View, ...] = BUILT_IN
        """Those that can be chosen by name."""
        self.live = LiveTree(painter.draw, self.showing.is_open, self.selected, id="tree")
        self.marks: dict[BuildKey, None] = {}
        """The builds that the next action is for, in the order in which they were marked."""
        self._marked_last: Hashable = None
        painter.within = self._within
        painter.stands_by = self._stands_by
        painter.marked, painter.pinned = self.marks, self.showing.pins
        self._settling: asyncio.TimerHandle | None = None
        self._tallies: dict[Hashable, Tally] | None = None

    def _within(self, row: Row) -> Tally | None:
        """How what stands in a group is, counted once until it may be different."""
        if self._tallies is None:
            self._tallies = tallies(self.store, self.store.confirmed, self.showing)
        return self._tallies.get(row.key)

    def count_again(self) -> list[Hashable]:
        """What is in groups may be different: the keys of the rows that tell it."""
        self._tallies = None
        return [row.key for row in self.live.visible_rows() if row.kind in HEADS and not self.showing.is_open(row)]

    @property
    def view(self) -> View:
        """What is on show."""
        return self.showing.view

    def choose(self, view: View) -> None:
        """Show this view. The cursor stays on its build or repo, if that is there."""
        row = self.live.row
        self.showing.choose(named(view, self.views))
        self.painter.view = self.showing.view
        self.showing.order.held = False
        self.set_rows()
        if row is not None and self.live.row is not None and self.live.row.key != row.key:
            at = self._place_of(row)
            if at is not None:
                self.live.move_to(at)
        self.show_all()

    def _place_of(self, row: Row) -> int | None:
        """Where a thing stands in another grouping."""
        build = self.build_of(row)
        wanted: tuple[Hashable, ...] = (row.build, build.key if build is not None else None)
        for key in wanted:
            for at, other in enumerate(self.live.rows):
                if key is not None and other.build == key:
                    return at
        return next((at for at, other in enumerate(self.live.rows) if row.repo and other.repo == row.repo), None)

    def set_rows(self) -> None:
        """Find out anew which rows there are."""
        self.painter.fit_names()
        self._tallies = None
        rows = flatten(self.store, self.showing)
        if rows != self.live.rows:
            self.live.set_rows(rows)

    def hold_order(self) -> None:
        """Nothing changes places while a person is at work in the tree; what has to, does soon after."""
        order, view = self.showing.order, self.view
        loop = asyncio.get_running_loop()
        order.held = loop.time() < self.live.touched + HOLD or self.app.screen is not self
        self.showing.held = self.live.row
        moves = view.sort != SORTS[0] or view.group == "status" or view.filter
        if order.held and moves and self._settling is None:
            self._settling = loop.call_later(HOLD, self._settle)

    def _settle(self) -> None:
        self._settling = None
        if self.is_attached:
            self.hold_order()
            self.set_rows()

    def build_of(self, row: Row | None) -> Build | None:
        """The build a row belongs to; of a repo's row the one that it shows."""
        if row is None:
            return None
        if row.build is not None:
            return self.store.build(row.build)
        return self._stands_by(row.repo) if row.repo is not None and row.kind is not Kind.OLDER else None

    def _stands_by(self, repo: RepoKey) -> Build | None:
        return self.showing.stands_by(self.store, repo)

    def show_all(self) -> None:
        """Draw everything anew."""
        raise NotImplementedError

    def selected(self) -> None:
        """The cursor stands on another row."""
        raise NotImplementedError

    # keys

    def set_filter(self, text: str) -> None:
        """Show only what matches."""
        self.choose(replace(self.view, filter=text.strip()))

    def action_failed(self) -> None:
        """Only failed builds, or all again."""
        self.set_filter(with_or_without(self.view.filter, FAILED))

    def action_mine(self) -> None:
        """Only builds of the user whose token it is, or all again."""
        self.set_filter(with_or_without(self.view.filter, MINE))

    def action_group(self) -> None:
        """By the next thing."""
        self.group_by(GROUPS[(GROUPS.index(self.view.group) + 1) % len(GROUPS)])

    def group_by(self, group: str) -> None:
        """One of `GROUPS`."""
        self.choose(replace(self.view, group=group))

    def action_sort(self) -> None:
        """By the next thing."""
        self.sort_by(SORTS[(SORTS.index(self.view.sort) + 1) % len(SORTS)])

    def sort_by(self, sort: str) -> None:
        """One of `SORTS`."""
        self.choose(replace(self.view, sort=sort))

    def toggle_column(self, column: str) -> None:
        """One of `COLUMNS`, there or not."""
        columns = set(self.view.columns) ^ {column}
        self.choose(replace(self.view, columns=tuple(one for one in COLUMNS if one in columns)))

    def action_views(self, saving: bool = False) -> None:
        """All views; where it is `saving`, a name for what is on show."""
        raise NotImplementedError

    def commands(self) -> Iterator[tuple[str, str, Callable[[], None]]]:
        """Each single thing that can be chosen: its name, a word about it, what does it."""
        for view in self.views:
            words = ", ".join(view_words(view)) or "everything"
            yield f"view {view.name}", words, partial(self.choose, view)
        for group in GROUPS:
            yield f"group by {group}", "what stands together", partial(self.group_by, group)
        for sort in SORTS:
            yield f"sort by {sort}", "in which order", partial(self.sort_by, sort)
        for column in COLUMNS:
            is_on = column in self.view.columns
            yield f"column {column}", "hide it" if is_on else "show it", partial(self.toggle_column, column)

    def action_view(self, number: int) -> None:
        """The view of that number, counted from 1."""
        if number <= len(self.views):
            self.choose(self.views[number - 1])
        else:
            self.notify(f"there are {len(self.views)} views", severity="warning", markup=False)

    # marks and pins

    def marked_builds(self) -> list[Build]:
        """The marked builds, as they are now; one that is known no more is marked no more."""
        found = {key: self.store.build(key) for key in self.marks}
        for key in [key for key, build in found.items() if build is None]:
            del self.marks[key]
        return [build for build in found.values() if build is not None]

    def action_mark(self) -> None:
        """Mark the selected build, or no more, and go on to the next row."""
        row, build = self.live.row, self.build_of(self.live.row)
        if row is None or build is None:
            self.notify("there is no build to mark here", severity="warning", timeout=3, markup=False)
            return
        if build.key in self.marks:
            self.unmark(build)
        else:
            self.marks[build.key] = None
        self._marked_last = row.key
        self.live.move_to(self.live.cursor + 1)
        self.show_marks()

    def action_mark_range(self) -> None:
        """Mark the builds of all rows from the one that was marked last to this one."""
        last = self.live.index_of(self._marked_last)
        if last is None:
            self.notify("mark a build first, then go to the last one", severity="warning", timeout=3, markup=False)
            return
        first, end = sorted((last, self.live.cursor))
        for row in self.live.rows[first : end + 1]:
            build = self.build_of(row) if row.kind in (Kind.REPO, Kind.BUILD) else None
            if build is not None:
                self.marks[build.key] = None
        self.show_marks()

    def unmark(self, build: Build) -> None:
        """It is marked no more."""
        self.marks.pop(build.key, None)
        self.show_marks()

    def unmark_all(self) -> None:
        """None is marked."""
        self.marks.clear()
        self._marked_last = None
        self.show_marks()

    def show_marks(self) -> None:
        """Other builds are marked."""
        raise NotImplementedError

    def action_pin(self) -> None:
        """Let the selected repo stand above the others of its group, or no more."""
        row = self.live.row
        if row is None or row.repo is None:
            self.notify("there is no repo to pin here", severity="warning", timeout=3, markup=False)
            return
        self.showing.pins ^= {row.repo}
        self.set_rows()
        self.show_all()
        self.post_message(self.Pinned())

    class Pinned(Message):
        """Other repos are pinned."""
