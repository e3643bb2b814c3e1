"""Which rows the live tree has: server, namespace or another group, repo, build, stage, step. Pure.

The rows say only what there is and how deep it stands; what a row shows is drawn from the store when it is seen. Unless
a person asks for another order it never depends on what runs: servers as configured, repos by name, builds newest
first, stages and steps by number.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, NamedTuple

from buildwatch.config.view import View
from buildwatch.model import Build, BuildKey, Repo, RepoKey
from buildwatch.store import Known
from buildwatch.tui.filters import Filter
from buildwatch.tui.order import STANDINGS, Order

INDENT: Final = 2
"""How many cells further to the right a row stands than the one it is under; its fold sign takes as many."""

OF_AUTHOR: Final = 10
"""How many builds of an author are shown, until more are asked for."""


class Kind(Enum):
    """What a row stands for."""

    SERVER = "server"
    NAMESPACE = "namespace"
    STANDING = "standing"  # repos of all servers whose newest builds stand alike
    AUTHOR = "author"  # builds of all servers
    REPO = "repo"
    BUILD = "build"
    STAGE = "stage"
    STEP = "step"
    OLDER = "older"  # brings more builds


HEADS: Final = (Kind.SERVER, Kind.NAMESPACE, Kind.STANDING, Kind.AUTHOR)
"""What repos (or an author's builds) stand in."""


class Row(NamedTuple):
    """One row. `key` stays the same as long as the thing does; `part` is a namespace, standing or author.

    What is below the last two is of several servers, so they have none themselves: `server` is empty.
    """

    kind: Kind
    depth: int
    server: str
    repo: RepoKey | None = None
    build: BuildKey | None = None
    part: str = ""
    stage: int = 0
    step: int = 0

    @property
    def key(self) -> Hashable:
        """Identity, for the cursor and the folds."""
        return (self.kind, self.server, self.repo, self.build, self.part, self.stage, self.step)


@dataclass(slots=True)
class Showing:
    """What a person has on show. Repos and builds are folded unless opened, all else is open unless folded.

    What is filtered is to be seen: while there is a filter those of `HEADS` are folded that were folded since
    (`hidden`), whatever was before (`toggled`). `more` tells how many builds of a repo or author are shown, where it is
    not as many as of every other. What is `held` (the row under the cursor) stays where it does not match any more:
    what one is about to act on does not go.
    """

    view: View = field(default_factory=View)
    filter: Filter = field(default_factory=Filter)
    toggled: set[Hashable] = field(default_factory=set)
    hidden: set[Hashable] = field(default_factory=set)
    shown: int = 25
    more: dict[Hashable, int] = field(default_factory=dict)
    pins: set[RepoKey] = field(default_factory=set)
    order: Order = field(default_factory=Order)
    held: Row | None = None

    def choose(self, view: View) -> None:
        """Show this view."""
        if view.filter != self.view.filter:
            self.hidden.clear()
        self.view, self.filter, self.held = view, Filter(view.filter), None

    def is_open(self, row: Row) -> bool:
        """Whether the rows below it are shown."""
        toggled = row.key in self._folds(row)
        return toggled if row.kind in (Kind.REPO, Kind.BUILD) else not toggled

    def toggle(self, row: Row) -> None:
        """Fold or unfold it."""
        self._folds(row).symmetric_difference_update({row.key})

    def unfold(self, row: Row) -> None:
        """Have the rows below it shown."""
        if not self.is_open(row):
            self.toggle(row)

    def _folds(self, row: Row) -> set[Hashable]:
        return self.hidden if self.filter and row.kind in HEADS else self.toggled

    def stands_by(self, store: Known, repo: RepoKey) -> Build | None:
        """The build that a repo's row shows and means: its newest, or that of those whose builds are asked for."""
        newest = store.newest(repo)
        if newest is None or not self.filter.asks_whose:
            return newest
        me, of = store.servers[repo.server].user, store.repos[repo]
        return next((build for build in store.builds(repo) if self.filter.is_theirs(of, build, me)), newest)

    def holds(self, thing: Repo | Build) -> bool:
        """Whether the cursor stands on it, or on a part of it."""
        return self.held is not None and thing.key in (self.held.repo, self.held.build)


def flatten(store: Known, showing: Showing) -> list[Row]:
    """All rows that are shown, from the top."""
    showing.order.begin(showing.view.sort)
    if showing.view.group == "status":
        return list(_by_status(store, showing))
    if showing.view.group == "author":
        return list(_by_author(store, showing))
    return list(_by_server(store, showing))


def _by_server(store: Known, showing: Showing) -> Iterator[Row]:
    several = len(store.servers) > 1
    for name in store.servers:
        head = Row(Kind.SERVER, 0, name)
        if several:
            yield head
        if not several or showing.is_open(head):
            repos = _in_order(store, showing, name)
            if showing.view.group == "namespace":
                yield from _by_namespace(store, showing, name, repos, int(several))
            else:
                yield from _repos(store, showing, repos, int(several))


def _by_namespace(store: Known, showing: Showing, name: str, repos: list[Repo], depth: int) -> Iterator[Row]:
    groups: dict[str, list[Repo]] = {}
    for repo in repos:
        groups.setdefault(repo.namespace, []).append(repo)
    for namespace in sorted(groups, key=lambda namespace: (namespace.lower(), namespace)):
        head = Row(Kind.NAMESPACE, depth, name, part=namespace)
        yield head
        if showing.is_open(head):
            yield from _repos(store, showing, groups[namespace], depth + 1)


def _by_status(store: Known, showing: Showing) -> Iterator[Row]:
    groups: dict[int, list[Repo]] = {}
    for repo in _in_order(store, showing):
        groups.setdefault(showing.order.standing(store, repo), []).append(repo)
    for at in sorted(groups):
        head = Row(Kind.STANDING, 0, "", part=STANDINGS[at])
        yield head
        if showing.is_open(head):
            yield from _repos(store, showing, groups[at], 1)


def _by_author(store: Known, showing: Showing) -> Iterator[Row]:
    groups: dict[str, list[Build]] = {}
    for repo in store.repos.values():
        me = store.servers[repo.server].user
        for build in store.builds(repo.key):
            if not showing.filter or showing.filter.shows(repo, build, me) or showing.holds(build):
                groups.setdefault(author_of(build), []).append(build)
    for author in sorted(groups, key=lambda author: (author.lower(), author)):
        head = Row(Kind.AUTHOR, 0, "", part=author)
        yield head
        if showing.is_open(head):
            most = showing.more.get(author, OF_AUTHOR)
            builds = showing.order.builds(groups[author])
            for build in builds[:most]:
                yield from _with_parts(showing, build, 1)
            if len(builds) > most:
                yield Row(Kind.OLDER, 1, "", part=author)


def author_of(build: Build) -> str:
    """Who is behind a build, as far as its server tells."""
    return build.author or build.author_name or build.sender or build.trigger or "nobody"


def _in_order(store: Known, showing: Showing, server: str | None = None) -> list[Repo]:
    """The repos that are shown, of one server or of all."""
    mine = (repo for repo in store.repos.values() if server in (None, repo.server))
    shown = (repo for repo in mine if is_shown(store, showing, repo))
    return showing.order.repos(store, shown, showing.pins)


def is_shown(store: Known, showing: Showing, repo: Repo) -> bool:
    """Whether the tree has a row for it, where repos have rows."""
    newest, filter = store.newest(repo.key), showing.filter
    if newest is None and not repo.active:
        return False
    if not filter or showing.holds(repo):
        return True
    me = store.servers[repo.server].user
    if newest is None:
        return filter.shows(repo, None, me)
    theirs = (build for build in store.builds(repo.key) if filter.is_theirs(repo, build, me))
    for build in theirs:  # the newest, and where it has not ended the one that ended last
        if filter.shows(repo, build, me):
            return True
        if build.status.ended:
            return False
    return False


def _repos(store: Known, showing: Showing, repos: Iterable[Repo], depth: int) -> Iterator[Row]:
    for repo in repos:
        row = Row(Kind.REPO, depth, repo.server, repo.key)
        yield row
        if showing.is_open(row):
            yield from _of_repo(store, showing, repo, depth + 1)


def _of_repo(store: Known, showing: Showing, repo: Repo, depth: int) -> Iterator[Row]:
    most, filter = showing.more.get(repo.key, showing.shown), showing.filter
    me = store.servers[repo.server].user
    builds = [
        build for build in store.builds(repo.key) if not filter or filter.shows(repo, build, me) or showing.holds(build)
    ]
    for build in builds[:most]:
        yield from _with_parts(showing, build, depth)
    if len(builds) >= most:
        yield Row(Kind.OLDER, depth, repo.server, repo.key)


def _with_parts(showing: Showing, build: Build, depth: int) -> Iterator[Row]:
    row = Row(Kind.BUILD, depth, build.server, build.repo_key, build.key)
    yield row
    if showing.is_open(row):
        yield from of_build(showing, build, depth + 1)


def of_build(showing: Showing, build: Build, depth: int) -> Iterator[Row]:
    """The rows below a build. A lone stage is folded away: its steps stand under the build."""
    stages = build.stages or ()
    alone = len(stages) == 1
    for stage in stages:
        place = Row(Kind.STAGE, depth, build.server, build.repo_key, build.key, stage=stage.number)
        if not alone:
            yield place
        if alone or showing.is_open(place):
            below = depth if alone else depth + 1
            for step in stage.steps:
                yield place._replace(kind=Kind.STEP, depth=below, step=step.number)


def parent_of(rows: list[Row], index: int) -> int | None:
    """The row that `rows[index]` stands under."""
    depth = rows[index].depth
    return next((at for at in range(index - 1, -1, -1) if rows[at].depth < depth), None)
