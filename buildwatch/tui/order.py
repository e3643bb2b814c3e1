"""In which order repos and builds stand, and in which group. Pure.

What a thing is sorted by may change while it is looked at: it starts, it ends, it fails. While an order is held, things
that were placed already stay where they are, so that a list never moves what a person is about to act on; new ones come
to where they belong.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Final

from buildwatch.insight.eta import ran
from buildwatch.model import Build, BuildKey, Repo, RepoKey, Status
from buildwatch.store import Known

STANDINGS: Final = ("failed", "waiting for approval", "running", "queued", "stopped", "succeeded", "no builds")
"""How a build can stand, those first that somebody has to look at."""

Place = tuple[int | str, ...]


def standing(build: Build | None) -> int:
    """How a build stands, as a place in `STANDINGS`."""
    if build is None:
        return 6
    status = build.status
    if status.failed:
        return 0
    if status == Status.BLOCKED:
        return 1
    if not status.ended:
        return 3 if status.rank == 0 else 2
    return 5 if status == Status.SUCCESS else 4


def name_place(repo: Repo) -> Place:
    """By name, without regard to case."""
    return repo.namespace.lower(), repo.name.lower(), repo.slug, repo.server


def _newest(build: Build | None) -> int:
    return -(build.created or build.started) if build is not None else 0


def _longest(build: Build | None) -> int:
    return -int(ran(build, 0) or 0) if build is not None and build.status.ended else 0


_BY: Final[dict[str, Callable[[Build | None], int]]] = {"newest": _newest, "status": standing, "duration": _longest}


class Order:
    """Sorts by one of `config.view.SORTS`. Where `held`, what was placed before keeps its place."""

    def __init__(self) -> None:
        self.held = False
        self._sort = ""
        self._places: dict[RepoKey | BuildKey, tuple[Place, int]] = {}
        self._names: dict[RepoKey, Place] = {}

    def begin(self, sort: str) -> None:
        """All places are to be found anew, but those of an order that is held."""
        if not self.held or sort != self._sort:
            self._places.clear()
        self._sort = sort

    def repos(self, store: Known, repos: Iterable[Repo], pins: Collection[RepoKey]) -> list[Repo]:
        """Those repos in their order, pinned ones first."""
        if self._sort in _BY:
            ordered = sorted(repos, key=lambda repo: self._repo(store, repo)[0])
        else:
            ordered = sorted(repos, key=self._name)
        return sorted(ordered, key=lambda repo: repo.key not in pins) if pins else ordered

    def standing(self, store: Known, repo: Repo) -> int:
        """How its newest build stands, or stood when the order was held."""
        return self._repo(store, repo)[1]

    def builds(self, builds: Iterable[Build]) -> list[Build]:
        """Builds of several repos in their order: by name they stand repo by repo."""
        return sorted(builds, key=self._build)

    def _name(self, repo: Repo) -> Place:
        """`name_place`, worked out once a repo."""
        known = self._names.get(repo.key)
        if known is None:
            known = self._names[repo.key] = name_place(repo)
        return known

    def _repo(self, store: Known, repo: Repo) -> tuple[Place, int]:
        known = self._places.get(repo.key)
        if known is None:
            build = store.newest(repo.key)
            by = _BY.get(self._sort)
            told = build
            if by is _longest and build is not None and not build.status.ended:
                told = next((one for one in store.builds(repo.key) if one.status.ended), None)
            name = self._name(repo)
            place = name if by is None else (by(told), *name)
            known = self._places[repo.key] = place, standing(build)
        return known

    def _build(self, build: Build) -> Place:
        known = self._places.get(build.key)
        if known is None:
            by = _BY.get(self._sort)
            first = build.repo.lower() if by is None else by(build)
            known = self._places[build.key] = (first, _newest(build), -build.id, build.server), 0
        return known[0]
