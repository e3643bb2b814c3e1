"""Where the cursor goes without a key that moves it: at the start, after the newest build, to what a person named."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from buildwatch.config.view import GROUPS
from buildwatch.model import Build, RepoKey, Status
from buildwatch.shown import Shown
from buildwatch.store import Changes
from buildwatch.tui.newest import newest
from buildwatch.tui.order import STANDINGS
from buildwatch.tui.row_cells import Painter
from buildwatch.tui.rows import Kind, Row, author_of, flatten
from buildwatch.tui.viewing import Viewing

if TYPE_CHECKING:
    from buildwatch.tui.left import Place

AT_FIRST: Final = 3
"""So many builds are shown of the repo that is opened at the start: the other repos stay in sight."""

WIDE: Final = 110
"""Columns from which on the selection stands beside the tree instead of under it."""


class Going(Viewing):
    """The part of the board that goes to places."""

    def __init__(self, store: Shown, painter: Painter) -> None:
        super().__init__(store, painter)
        self.follow_newest = False
        self.wanted: Place | None = None
        """Where the cursor was the last time, until it is there or a person has moved it."""
        self._opened_first = False

    def enter(self, row: Row) -> None:
        """Go into a row that has none below it."""
        raise NotImplementedError

    def select_wanted(self) -> None:
        """Put the cursor where it was the last time, unless a person has moved it meanwhile."""
        from buildwatch.tui.left import key

        if self.wanted is None:
            return
        at = self.live.index_of(key(self.wanted))
        if self.live.touched > 0:
            self.wanted = None
        elif at is not None:
            self.wanted = None
            self.live.move_to(at, below=0)

    def open_for(self, changes: Changes) -> None:
        """At the start show something that lives, later, if asked, each build that begins."""
        if not self._opened_first and any(server.listed for server in self.store.servers.values()):
            self._opened_first = True
            under_way = self.live.cursor or self.showing.toggled or self.wanted  # in what was kept
            if not under_way:
                self._open_first()
        elif self.follow_newest:
            born = [move.build for move in changes.moves if move.before is None and move.stage is None]
            if born:
                self.reveal(born[-1])

    def follow(self) -> None:
        """Go to the newest build, and from then on to each that begins; where the cursor is there already, no more."""
        build, row = newest(self.store.confirmed, self.showing, self.painter.times), self.live.row
        there = build is None or (row is not None and row.build == build.key)
        self.follow_newest = not (self.follow_newest and there)
        if self.follow_newest and build is not None and not there:
            self.reveal(build)
        self.show_all()

    def _open_first(self) -> None:
        """Open the uppermost build that runs, if it is on the first screen: nothing is to scroll away at the start."""
        height = self.size.height - 4  # nothing may be laid out yet
        if self.size.width < WIDE:
            height = height * 3 // 5  # the selection takes its room below
        for row in flatten(self.store, self.showing)[: max(1, height - 2)]:
            build = self.store.newest(row.repo) if row.repo is not None else None
            if build is not None and build.status == Status.RUNNING:
                self.showing.more[build.repo_key] = AT_FIRST
                self.reveal(build, below=0)
                return

    def reveal(self, build: Build, below: int = 12) -> None:
        """Open the way to a build, and it, and put the cursor on it, with so many rows `below` it in sight."""
        repo = Row(Kind.REPO, 0, build.server, build.repo_key)
        row = Row(Kind.BUILD, 0, build.server, build.repo_key, build.key)
        for place in (repo, row, Row(Kind.AUTHOR, 0, "", part=author_of(build))):
            self.showing.unfold(place)
        self._open_way(build.server, build.repo)
        self.set_rows()
        at = self.live.index_of(row.key)
        if at is not None:
            self.live.move_to(at, below)

    def to_repo(self, repo: RepoKey) -> None:
        """Put the cursor on a repo."""
        if self.view.filter or self.view.group == "author":  # in which it may not be
            self.choose(replace(self.view, filter="", group=GROUPS[0]))
        self._open_way(*repo)
        self.set_rows()
        at = self.live.index_of(Row(Kind.REPO, 0, repo.server, repo).key)
        if at is not None:
            self.live.move_to(at)
        self.live.focus()
        self.show_all()

    def _open_way(self, server: str, slug: str) -> None:
        """Unfold what a repo stands in."""
        heads = [Row(Kind.SERVER, 0, server), Row(Kind.NAMESPACE, 0, server, part=slug.rpartition("/")[0])]
        heads += [Row(Kind.STANDING, 0, "", part=part) for part in STANDINGS]
        for head in heads:
            self.showing.unfold(head)

    def go_to(self, build: Build, stage: int, step: int) -> bool:
        """Put the cursor on a stage or step of a build and the keys on its log; False where the tree has it not."""
        if self.store.build(build.key) is None:
            return False
        if self.view.filter or self.view.group == "author":  # in which it may not be
            self.choose(replace(self.view, filter="", group=GROUPS[0]))
        self.showing.more[build.repo_key] = max(self.showing.shown, self.store.count(build.repo_key))
        folded = Row(Kind.STAGE, 0, build.server, build.repo_key, build.key, "", stage)
        self.showing.unfold(folded)
        self.reveal(build, below=0)
        row = Row(Kind.STEP if step else Kind.STAGE, 0, build.server, build.repo_key, build.key, "", stage, step)
        at = self.live.index_of(row.key)
        if at is not None:
            self.live.move_to(at)
            self.enter(row)
        self.show_all()
        return True
