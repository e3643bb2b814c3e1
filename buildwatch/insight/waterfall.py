"""When each stage and step of a build ran, and when what has not begun is expected to. Pure.

All places are seconds since the build began, on the server's clock, and never negative: stages run on machines whose
clocks differ, so a step can seem to begin before its build or to end before it began.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import ceil
from typing import Final, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from buildwatch.insight.eta import Expected, progress, ran
from buildwatch.model import Build, Stage, Status, Step

SHORTEST: Final = 1.0
"""The least that a waterfall spans, in seconds: nothing divides by zero."""


ROUNDING: Final = 1.0
"""Servers tell whole seconds, so that a second between two things may be none."""

STUCK_AFTER: Final = 60.0
"""Seconds after which a build that has nothing to run will not get it any more."""

SCALE_STEPS: Final = (1, 5, 15, 30, 60, 300, 900, 1800, 3600, 4 * 3600, 24 * 3600)
"""The steps in which a scale grows whose end nobody knows, in seconds."""


class Part(NamedTuple):
    """A part of the time, in seconds since the build began."""

    begin: float
    end: float


class Row(Struct, frozen=True, gc=False):
    """One line of a waterfall: a stage (`step` is 0), or a step of one.

    `waited` is when it could have run and did not yet (a stage had no runner), `done` when it ran, `plan` when it is
    expected to run from now on; each is None where there is no such time. `took` and `expected` are lengths in seconds,
    None where it never ran and where nothing is expected. `ignored` says that a failure of it does not count.
    """

    stage: int
    step: int
    name: str
    status: Status
    waited: Part | None = None
    done: Part | None = None
    plan: Part | None = None
    took: float | None = None
    expected: float | None = None
    overdue: bool = False
    ignored: bool = False

    @property
    def last(self) -> float:
        """When it is over, as far as anybody knows."""
        last = self.waited.end if self.waited else 0.0
        if self.done and self.done.end > last:
            last = self.done.end
        return self.plan.end if self.plan and self.plan.end > last else last


class Waterfall(Struct, frozen=True):
    """The rows of a build in the order of its stages and steps, and how many seconds they span."""

    rows: tuple[Row, ...]
    scale: float


class Span(NamedTuple):
    """A part of a bar in half cells, from 0; `right` is the first one behind it."""

    left: int
    right: int


def begin_of(build: Build) -> int:
    """When the first of it ran (unix seconds), 0 where nothing did."""
    starts = (stage.started for stage in build.stages or () if stage.status != Status.SKIPPED)
    return build.started if build.started > 0 else min((at for at in starts if at > 0), default=0)


def queued(build: Build, now: float) -> float:
    """For how many seconds it waited before anything of it ran; 0 where it ended without."""
    until = begin_of(build) or (0 if build.status.ended else now)
    return max(0.0, until - build.created) if build.created > 0 else 0.0


def is_stuck(build: Build, now: float) -> bool:
    """Whether it waits for ever, because the server made nothing of it that could run.

    Drone 0.8 does so when a build is started again whose yaml was bad.
    """
    return build.status == Status.PENDING and build.stages == () and queued(build, now) >= STUCK_AFTER


def placed(build: Build, expected: Expected | None, now: float) -> tuple[Row, ...]:
    """All rows of `build` at `now` (unix seconds): each stage's own, also where it is the only one, and its steps'."""
    stages = build.stages or ()
    over = build.status.ended and build.finished > 0
    until = _until(build, now)
    zero = begin_of(build) or until
    rows: list[Row] = []
    ends: dict[str, float] = {}
    stops = sorted(stage.stopped for stage in stages if stage.stopped > 0)
    for stage in _in_order(stages):
        of_stage = _Planner(stage, expected, zero, until, ends, stops, over).rows()
        ends[stage.name] = of_stage[0].last
        rows.extend(of_stage)
    return tuple(sorted(rows, key=lambda row: (row.stage, row.step)))


def later(build: Build, stage: Stage, of: Stage | Step, row: Row, now: float) -> Row:
    """The row of `of` (a stage, or a step of it) in a build that has begun, at another moment; it told of no change."""
    if row.done is None or of.stopped > 0:
        return row
    clock = _clock_of(stage, _until(build, now))
    end = max(row.done.begin, clock - begin_of(build))
    return replace(row, done=Part(row.done.begin, end), took=ran(of, clock))


def waterfall(build: Build, expected: Expected | None, now: float) -> Waterfall:
    """The waterfall of `build` at `now` (unix seconds). A lone stage has no row of its own."""
    rows = placed(build, expected, now)
    shown = tuple(row for row in rows if row.step or len(build.stages or ()) > 1)
    length = max(SHORTEST, ran(build, _until(build, now)) or 0.0, *(row.last for row in rows))
    if not build.status.ended:
        usual = expected.build if expected else 0.0
        length = usual if length <= usual else held(length)
    return Waterfall(shown, length)


def held(length: float) -> float:
    """`length` or somewhat more, so that the scale of what nobody knows the end of does not move with each second."""
    pace = max((step for step in SCALE_STEPS if 4 * step <= length), default=SCALE_STEPS[0])
    return ceil(length / pace) * pace


def _until(build: Build, now: float) -> float:
    """What counts as now: of a build that is over its end."""
    return min(now, build.finished) if build.status.ended and build.finished > 0 else now


def _clock_of(stage: Stage, now: float) -> float:
    """What counts as now in a stage: in one that has ended its end."""
    return min(now, stage.stopped) if stage.status.ended and stage.stopped > 0 else now


def bar(part: Part, scale: float, width: int) -> Span:
    """Where `part` is drawn in `width` cells that span `scale` seconds. At least half a cell, never outside."""
    halves = 2 * width
    if halves <= 0:
        return Span(0, 0)
    left = min(halves - 1, max(0, round(part.begin / max(scale, SHORTEST) * halves)))
    return Span(left, min(halves, max(left + 1, round(part.end / max(scale, SHORTEST) * halves))))


def _in_order(stages: Iterable[Stage]) -> list[Stage]:
    """Each stage after those that it depends on; of those that wait for each other in a circle, the first as it is."""
    left = list(stages)
    names = {stage.name for stage in left}
    ordered: list[Stage] = []
    while left:
        placed = {stage.name for stage in ordered}
        ready = [stage for stage in left if names.isdisjoint({*stage.depends_on} - placed)] or left[:1]
        ordered.extend(ready)
        left = [stage for stage in left if all(stage is not one for one in ready)]
    return ordered


class _Planner:
    """Places one stage and its steps, given when the stages end that it may depend on."""

    def __init__(
        self,
        stage: Stage,
        expected: Expected | None,
        zero: float,
        now: float,
        ends: Mapping[str, float],
        stops: Sequence[int],
        over: bool,
    ) -> None:
        self._stage = stage
        self._expected = expected
        self._zero = zero
        self._open = not (over or stage.status.ended)
        self._clock = _clock_of(stage, now)
        self._now = self._at(self._clock)
        self._free = self._free_from(ends, stops)

    def rows(self) -> list[Row]:
        """The row of the stage, then those of its steps."""
        stage = self._stage
        usual = self._expected.stage(stage.name) if self._expected else None
        head = replace(self._row(0, stage, usual, self._start()), waited=self._waited())
        steps = list(self._steps())
        last = max((step.last for step in steps if step.plan), default=0.0)
        if last > head.last:
            head = replace(head, plan=Part(head.plan.begin if head.plan else head.last, last))
        return [head, *steps]

    def _free_from(self, ends: Mapping[str, float], stops: Sequence[int]) -> float:
        """From when on only a runner was missing. A server that does not tell when a stage was made does not tell what
        it depends on either: it may have waited for what ended last before it began.
        """
        stage = self._stage
        if stage.depends_on or stage.created > 0:
            return max((ends.get(name, 0.0) for name in stage.depends_on), default=0.0)
        if stage.started <= 0:
            return self._now
        before = bisect_right(stops, stage.started + ROUNDING)
        return self._at(stops[before - 1]) if before else 0.0

    def _start(self) -> float:
        """When its steps could run, at the earliest."""
        return self._at(self._stage.started) if self._stage.started > 0 else max(self._free, self._now)

    def _waited(self) -> Part | None:
        stage = self._stage
        if stage.status == Status.SKIPPED or (stage.started <= 0 and not self._open):
            return None
        end = self._at(stage.started) if stage.started > 0 else self._now
        return Part(self._free, end) if end > self._free else None

    def _steps(self) -> Iterator[Row]:
        """By what they depend on, if any of them tells it, else one after the other."""
        graph = any(step.depends_on for step in self._stage.steps)
        ends: dict[str, float] = {}
        start = behind = self._start()
        for step in self._stage.steps:
            free = max((ends.get(name, 0.0) for name in step.depends_on), default=0.0) if graph else behind
            usual = self._expected.step(self._stage.name, step.name) if self._expected else None
            row = self._row(step.number, step, usual, max(free, start))
            ends[step.name] = last = row.last
            if not step.detached and last > behind:
                behind = last
            yield row

    def _row(self, number: int, of: Stage | Step, usual: float | None, free: float) -> Row:
        """The row of a stage or step that could begin from `free` on."""
        ended = of.status.ended
        took = ran(of, self._clock)
        waited = done = plan = None
        late = False
        if took is not None:
            begin = self._at(of.started)
            done = Part(begin, max(begin, self._at(of.stopped) if of.stopped > 0 else self._now))
            if begin - free > ROUNDING:
                waited = Part(free, begin)
        if self._open and not ended:
            if done is None:
                begin = max(free, self._now)
                plan = Part(begin, begin + (usual or 0.0))
            elif usual is not None and done.begin + usual > done.end:
                plan = Part(done.end, done.begin + usual)
            late = progress(of.started, usual, self._clock).overdue
        return Row(self._stage.number, number, of.name, of.status, waited, done, plan, took, usual, late, of.ignored)

    def _at(self, moment: float) -> float:
        return max(0.0, moment - self._zero)
