"""What took longer than it nearly always does, by the repo's own green builds. Pure.

Lengths are seconds. Running long is told while it lasts (`eta`); this is about the length that came of it, and so about
what became slower.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from buildwatch.insight.eta import alike, is_green, ran
from buildwatch.model import Build, Status

SHARE: Final = 0.9
"""A length is compared with the one that so many of the green ones did not exceed."""

SLOWER: Final = 1.2
"""So many times that length is slow: a fifth more."""

ROUNDING: Final = 1.0
"""Servers tell whole seconds, so that a second more may be none."""

LEAST: Final = 3
"""From how many green ones on it can be told."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The lengths (seconds) that nine of ten green builds, stages and steps did not exceed, where that can be told.

    Costs a walk over the repo's builds: keep it until one of them changes.
    """

    build: float | None
    greens: int
    stages: dict[str, float]
    steps: dict[tuple[str, str], float]

    def of(self, stage: str = "", step: str = "") -> float | None:
        """That of a step, a stage, or the build."""
        if step:
            return self.steps.get((stage, step))
        return self.stages.get(stage) if stage else self.build


def pace(build: Build, builds: Iterable[Build]) -> Pace:
    """The pace of the green ones among its repo's `builds` (newest first) that were before `build` and are alike."""
    earlier = alike(build, [other for other in builds if other.id < build.id and is_green(other)])
    lengths = [length for other in earlier if (length := ran(other, 0)) is not None]
    stages: defaultdict[str, list[float]] = defaultdict(list)
    steps: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for other in earlier:
        for stage in other.stages or ():
            if stage.status == Status.SUCCESS and (length := ran(stage, 0)) is not None:
                stages[stage.name].append(length)
            for step in stage.steps:
                if step.status == Status.SUCCESS and not step.detached and (length := ran(step, 0)) is not None:
                    steps[stage.name, step.name].append(length)
    return Pace(
        percentile(lengths, SHARE) if len(lengths) >= LEAST else None,
        len(lengths),
        {name: percentile(of, SHARE) for name, of in stages.items() if len(of) >= LEAST},
        {name: percentile(of, SHARE) for name, of in steps.items() if len(of) >= LEAST},
    )


def is_slow(took: float | None, usual: float | None) -> bool:
    """Whether a length is more than a fifth above what nine of ten did not exceed; False where either is not known."""
    return took is not None and usual is not None and took > SLOWER * usual and took - usual > ROUNDING


def percentile(values: Sequence[float], share: float) -> float:
    """The value that so great a share (0 to 1) of `values` does not exceed; between two of them in proportion."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
