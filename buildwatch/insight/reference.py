"""With which earlier build to compare one, when nobody says. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from buildwatch.model import Build, Status

SOME: Final = 3
"""So many builds make a history."""

WEEK: Final = 7 * 86400
"""Seconds."""


class Reference(NamedTuple):
    """The build to compare with, and in what it is like the other, in words: `main`, `tag`, or nothing."""

    build: Build
    of: str


def last_green(build: Build, builds: Iterable[Build], older: float = 0.0) -> Reference | None:
    """The newest green build before `build` of its repo's `builds` (in any order), `older` seconds before it at least.

    First come those of the same branch, event, source, target and cron, then of the same branch and event, of the same
    branch, of the same event. Of what deploys the same target comes before the same branch.
    """
    before = sorted(
        (other for other in builds if other.id < build.id and other.status == Status.SUCCESS),
        key=lambda other: -other.id,
    )
    greens = [other for other in before if not older or 0 < other.created <= build.created - older]
    for same in _DEPLOYING if build.deploy_to else _TIERS:
        found = next((other for other in greens if same(other) == same(build)), None)
        if found is not None:
            return Reference(found, build.event if found.branch != build.branch else build.branch)
    return None


def greens_like(build: Build, builds: Iterable[Build]) -> list[Build]:
    """The green ones of its repo's `builds` that are most like `build`, newest first, itself aside; some at least."""
    greens = sorted(
        (other for other in builds if other.id != build.id and other.status == Status.SUCCESS),
        key=lambda other: -other.id,
    )
    found: list[Build] = []
    for same in _DEPLOYING if build.deploy_to else _TIERS:
        of_tier = [other for other in greens if same(other) == same(build)]
        found = max(found, of_tier, key=len)
        if len(found) >= SOME:
            break
    return found


_Same = Callable[[Build], tuple[str, ...]]

_TIERS: Final[tuple[_Same, ...]] = (
    lambda build: (build.branch, build.event, build.source, build.deploy_to, build.cron),
    lambda build: (build.branch, build.event),
    lambda build: (build.branch, str(build.event == "pull_request")),  # of these the branch is where they lead
    lambda build: (build.event,),
)

_DEPLOYING: Final[tuple[_Same, ...]] = (
    lambda build: (build.branch, build.event, build.deploy_to),
    lambda build: (build.event, build.deploy_to),
    *_TIERS[1:],
)
