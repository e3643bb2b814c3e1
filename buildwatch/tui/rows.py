"""Which rows the live tree has: server, namespace, repo, build, stage, step. Pure.

The rows say only what there is and how deep it stands; what a row shows is drawn from the store when it is seen. The
order never depends on what runs: servers as configured, repos by name, builds newest first, stages and steps by number.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from itertools import groupby
from typing import NamedTuple

from buildwatch.model import Build, BuildKey, Repo, RepoKey
from buildwatch.store import Store
from buildwatch.tui.filters import Filter


class Kind(Enum):
    """What a row stands for."""

    SERVER = "server"
    NAMESPACE = "namespace"
    REPO = "repo"
    BUILD = "build"
    STAGE = "stage"
    STEP = "step"
    OLDER = "older"  # brings more of a repo's builds


class Row(NamedTuple):
    """One row. `key` stays the same as long as the thing does; `part` is a namespace, or stage and step numbers."""

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
class View:
    """What a person chose to see. Repos and builds are folded unless opened, all else is open unless folded."""

    filter: Filter = field(default_factory=Filter)
    toggled: set[Hashable] = field(default_factory=set)
    shown: int = 25
    more: dict[RepoKey, int] = field(default_factory=dict)

    def is_open(self, row: Row) -> bool:
        """Whether the rows below it are shown."""
        toggled = row.key in self.toggled
        return toggled if row.kind in (Kind.REPO, Kind.BUILD) else not toggled


def flatten(store: Store, view: View) -> list[Row]:
    """All rows that are shown, from the top."""
    rows: list[Row] = []
    several = len(store.servers) > 1
    repos = sorted(store.repos.values(), key=lambda repo: (repo.namespace.lower(), repo.name.lower(), repo.slug))
    of_server = {name: [repo for repo in repos if repo.server == name] for name in store.servers}
    for name, its_repos in of_server.items():
        depth = 0
        if several:
            server = Row(Kind.SERVER, 0, name)
            rows.append(server)
            if not view.is_open(server):
                continue
            depth = 1
        rows.extend(_of_server(store, view, name, its_repos, depth))
    return rows


def _of_server(store: Store, view: View, name: str, repos: list[Repo], depth: int) -> Iterator[Row]:
    me = store.servers[name].user
    visible = [repo for repo in repos if _shown(store, view.filter, repo, me)]
    for namespace, group in groupby(visible, key=lambda repo: repo.namespace):
        head = Row(Kind.NAMESPACE, depth, name, part=namespace)
        yield head
        if view.is_open(head):
            for repo in group:
                row = Row(Kind.REPO, depth + 1, name, repo.key)
                yield row
                if view.is_open(row):
                    yield from _of_repo(store, view, repo, me, depth + 2)


def _shown(store: Store, filter: Filter, repo: Repo, me: str) -> bool:
    newest = store.newest(repo.key)
    if newest is None and not repo.active:
        return False
    if not filter:
        return True
    if filter.shows(repo, newest, me):
        return True
    if newest is None or newest.status.ended:
        return False
    ended = next((build for build in store.builds(repo.key) if build.status.ended), None)
    return ended is not None and filter.shows(repo, ended, me)


def _of_repo(store: Store, view: View, repo: Repo, me: str, depth: int) -> Iterator[Row]:
    most = view.more.get(repo.key, view.shown)
    builds = [build for build in store.builds(repo.key) if not view.filter or view.filter.shows(repo, build, me)]
    for build in builds[:most]:
        row = Row(Kind.BUILD, depth, repo.server, repo.key, build.key)
        yield row
        if view.is_open(row):
            yield from of_build(view, build, depth + 1)
    if len(builds) >= most:
        yield Row(Kind.OLDER, depth, repo.server, repo.key)


def of_build(view: View, build: Build, depth: int) -> Iterator[Row]:
    """The rows below a build. A lone stage is folded away: its steps stand under the build."""
    stages = build.stages or ()
    alone = len(stages) == 1
    for stage in stages:
        place = Row(Kind.STAGE, depth, build.server, build.repo_key, build.key, stage=stage.number)
        if not alone:
            yield place
        if alone or view.is_open(place):
            below = depth if alone else depth + 1
            for step in stage.steps:
                yield place._replace(kind=Kind.STEP, depth=below, step=step.number)


def parent_of(rows: list[Row], index: int) -> int | None:
    """The row that `rows[index]` stands under."""
    depth = rows[index].depth
    return next((at for at in range(index - 1, -1, -1) if rows[at].depth < depth), None)
