"""How long things take, and how far along they are, by what the repo's own green builds took. Pure.

Times are unix seconds of the server's clock, lengths are seconds. Nothing here is ever negative.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final, NamedTuple

from buildwatch.model import Build, Stage, Status, Step

GREENS_READ: Final = 20
"""From how many green builds, the newest, an expectation is made."""

OVERDUE_FACTOR: Final = 1.5
OVERDUE_SLACK: Final = 10.0
"""Half of all builds take longer than the median, so only one that takes much longer is overdue: more than the factor
times the expected length, and the slack (seconds)."""

NEARLY: Final = 0.99
"""How far along something is at most that has not ended."""


@dataclass(frozen=True, slots=True)
class Expected:
    """How long a build, its stages and its steps are expected to run (seconds), and from how many green builds.

    `counts` tells the latter of each part (of a stage under its name and ""): of old builds the stages are not known.
    Costs a walk over the repo's builds: keep it until one of them changes.
    """

    build: float
    greens: int
    stages: dict[str, float]
    steps: dict[tuple[str, str], float]
    counts: dict[tuple[str, str], int] = field(default_factory=dict)

    def stage(self, stage: str) -> float | None:
        """The expected length of the stage of that name."""
        return self.stages.get(stage)

    def step(self, stage: str, step: str) -> float | None:
        """The expected length of the step of those names."""
        return self.steps.get((stage, step))


class Progress(NamedTuple):
    """How far along something unfinished is.

    `fraction` (0 until below 1) and `left` are None where nothing is expected; `left` is also None beyond the expected
    length. `overdue` says that it takes much longer than expected.
    """

    elapsed: float
    expected: float | None
    fraction: float | None
    left: float | None
    overdue: bool


def expect(build: Build, builds: Iterable[Build]) -> Expected | None:
    """What to expect of `build`, from its repo's known `builds` (newest first); None without a green one.

    Builds of the same branch and event tell it; where none is green, those of the same event, then all. The stages
    and steps likewise, by the builds whose stages are known.
    """
    greens = [other for other in builds if other.id != build.id and is_green(other)]
    if not greens:
        return None
    like = alike(build, greens)
    lengths = [length for other in like if (length := ran(other, 0)) is not None]
    parts = _parts(alike(build, [other for other in greens if other.stages]))
    stages = {stage: median(of) for (stage, step), of in parts.items() if not step}
    steps = {place: median(of) for place, of in parts.items() if place[1]}
    return Expected(median(lengths), len(lengths), stages, steps, {place: len(of) for place, of in parts.items()})


def model_of(build: Build, builds: Iterable[Build]) -> Build | None:
    """The newest of the green `builds` (newest first) that `expect` goes by; its stages tell those of `build`."""
    return next(iter(alike(build, [other for other in builds if other.id != build.id and is_green(other)])), None)


def progress(started: int, expected: float | None, now: float) -> Progress:
    """How far along something is that began at `started` (0: not yet) and has not ended by `now`."""
    elapsed = max(0.0, now - started) if started > 0 else 0.0
    if expected is None:
        return Progress(elapsed, None, None, None, False)
    left = expected - elapsed if elapsed <= expected else None
    fraction = min(NEARLY, elapsed / max(expected, 1.0))
    return Progress(elapsed, expected, fraction, left, elapsed > OVERDUE_FACTOR * expected + OVERDUE_SLACK)


def ran(thing: Build | Stage | Step, now: float) -> float | None:
    """How long it ran, or has been running by `now`; None where it never ran or nobody told when it ended."""
    if thing.started <= 0 or thing.status == Status.SKIPPED:
        return None
    stopped: float = thing.finished if isinstance(thing, Build) else thing.stopped
    if stopped <= 0:
        if thing.status.ended:
            return None
        stopped = now
    return max(0.0, stopped - thing.started)


def is_green(build: Build) -> bool:
    """Whether it went green and told when it ran."""
    return build.status == Status.SUCCESS and build.started > 0 and build.finished > 0


def alike(build: Build, greens: Sequence[Build]) -> Sequence[Build]:
    """The newest of `greens` that say most of `build`: same branch and event, else same event, else any."""
    event = [other for other in greens if other.event == build.event]
    branch = [other for other in event if other.branch == build.branch]
    return (branch or event or greens)[:GREENS_READ]


def _parts(greens: Iterable[Build]) -> dict[tuple[str, str], list[float]]:
    """The lengths of stages (under their name and "") and steps. A detached step runs as long as its stage does and
    tells nothing.
    """
    parts: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for build in greens:
        for stage in build.stages or ():
            if stage.status == Status.SUCCESS and (length := ran(stage, 0)) is not None:
                parts[stage.name, ""].append(length)
            for step in stage.steps:
                if step.status == Status.SUCCESS and not step.detached and (length := ran(step, 0)) is not None:
                    parts[stage.name, step.name].append(length)
    return parts
