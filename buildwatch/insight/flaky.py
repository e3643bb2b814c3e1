"""Commits that failed and then went green without a change: the tests, not the change, were wrong. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from buildwatch.model import Build, Status

_Same = tuple[str, str, str, str]


class Flaky(NamedTuple):
    """One commit that went green on a restart: `red` failed and `green` did not (numbers of builds).

    `times` of the last `of` commits did so.
    """

    red: int
    green: int
    times: int
    of: int

    @property
    def rate(self) -> float:
        """The share of commits that did so, 0 to 1."""
        return self.times / self.of


def flaky(build: Build, builds: Iterable[Build]) -> Flaky | None:
    """Whether the commit of `build` failed and then went green, among its repo's `builds` (in any order).

    The same is what has the same commit, branch, event and target. Builds that were stopped say nothing.
    """
    told: dict[_Same, list[Build]] = {}
    for other in sorted((build, *(other for other in builds if other.id != build.id)), key=_id):
        if other.commit and other.status in (Status.SUCCESS, Status.FAILURE, Status.ERROR):
            told.setdefault(_same(other), []).append(other)
    pairs = {same: pair for same, of in told.items() if (pair := _pair(of))}
    pair = pairs.get(_same(build))
    if pair is None or not any(other.id == build.id for other in told[_same(build)]):
        return None
    return Flaky(*pair, len(pairs), len(told))


def _pair(builds: list[Build]) -> tuple[int, int] | None:
    """The first failed build that was followed by a green one, and that."""
    red = next((build for build in builds if build.status != Status.SUCCESS), None)
    if red is None:
        return None
    green = next((build for build in builds if build.id > red.id and build.status == Status.SUCCESS), None)
    return (red.number, green.number) if green else None


def _same(build: Build) -> _Same:
    return build.commit, build.branch, build.event, build.deploy_to


def _id(build: Build) -> int:
    return build.id
