"""The last builds of a repo at a glance: how long each took against the repo's own median, and how it ended. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from math import log2
from statistics import median
from typing import Final, NamedTuple

from buildwatch.insight.eta import ran
from buildwatch.model import Build, Status

STRIP: Final = 12
"""How many builds a strip shows."""

HIGHEST: Final = 7
USUAL: Final = 1
"""The height of a build that took as long as the median."""

STEPS_A_DOUBLING: Final = 2

ROUNDING: Final = 2.0
"""Seconds added to each length before they are compared: whole seconds make short builds jump."""


class Bar(NamedTuple):
    """One build of a strip: its height from 0 to `HIGHEST`, and its status."""

    height: int
    status: Status


def strip(builds: Iterable[Build], count: int = STRIP) -> tuple[Bar, ...]:
    """The strip of a repo's known `builds` (newest first): the last `count` of them as bars, the oldest first.

    What is unfinished or never ran is lowest.
    """
    known = list(builds)
    lengths = [ran(build, 0) if build.status.ended else None for build in known]
    usual = _usual(known, lengths)
    shown = list(zip(known, lengths, strict=True))[:count]
    return tuple(Bar(_height(length, usual), build.status) for build, length in reversed(shown))


def _usual(builds: Iterable[Build], lengths: Iterable[float | None]) -> float:
    """The median length of the green builds; of all that ran, where none is green. Failures end early or late."""
    ended = [(build, length) for build, length in zip(builds, lengths, strict=True) if length is not None]
    green = [length for build, length in ended if build.status == Status.SUCCESS]
    return median(green or [length for _, length in ended] or [0.0])


def _height(length: float | None, usual: float) -> int:
    if length is None:
        return 0
    doublings = log2((length + ROUNDING) / (usual + ROUNDING))
    return min(HIGHEST, max(0, USUAL + round(STEPS_A_DOUBLING * doublings)))
