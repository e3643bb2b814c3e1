"""Two builds side by side: what each stage and step took in both, and what that makes of the whole. Pure.

While one of them runs this is asked again each second. Then only what runs is looked at, however many steps there are:
all else is as it was as long as nobody told of a change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec.structs import replace

from buildwatch.insight.comparison import Change, Comparison, Kind, Line, Side, line_of
from buildwatch.insight.critical import critical_path, idle, waits
from buildwatch.insight.eta import ran
from buildwatch.insight.pairs import StagePair, paired
from buildwatch.insight.waterfall import begin_of, later, placed, queued
from buildwatch.model import Build, Stage, Step


def compare(that: Build, this: Build, now: float) -> Comparison:
    """`this` held against `that` at `now` (unix seconds of their server)."""
    return Comparer().compare(that, this, now)


class Comparer:
    """Compares the same builds again and again. It keeps what it found, and looks again at what can be another now."""

    def __init__(self) -> None:
        self._before: _Sides | None = None
        self._after: _Sides | None = None
        self._of: Comparison | None = None

    def compare(self, that: Build, this: Build, now: float) -> Comparison:
        """`this` held against `that` at `now` (unix seconds of their server)."""
        before, after = self._before, self._after
        if self._of is not None and before and before.is_still(that) and after and after.is_still(this):
            self._of = _later(self._of, before, after, now) if before.open or after.open else self._of
            return self._of
        self._before = before if before and before.is_still(that) and not before.open else _Sides(that, now)
        self._after = after if after and after.is_still(this) and not after.open else _Sides(this, now)
        self._of = _anew(self._before, self._after, now)
        return self._of


def _anew(before: _Sides, after: _Sides, now: float) -> Comparison:
    that, this = before.build, after.build
    several = max(len(that.stages or ()), len(this.stages or ())) > 1
    lines: list[Line] = []
    for pair in paired(that, this):
        name = (pair.this or pair.that or Stage(0, "")).name
        if several or not pair.steps:
            kind = _kind(pair.that, pair.this, not this.status.ended and not this.stages)
            lines.append(line_of(name, "", kind, before.of_stage(pair.that), after.of_stage(pair.this)))
        lines += _step_lines(name, pair, this, before, after)
    return Comparison(
        that,
        this,
        tuple(lines),
        tuple(_steps(lines)),
        any(not line.step for line in lines),
        _total(that, this, now),
        _waited(that, this, now),
        _both(before.runners, after.runners, before, after),
        _both(before.idle, after.idle, before, after),
    )


def _later(of: Comparison, before: _Sides, after: _Sides, now: float) -> Comparison:
    """The same two builds at another moment: what runs grows, and the rest stands."""
    lines = list(of.lines)
    for at, line in enumerate(lines):
        if line.change.open:
            that, this = before.later(line.that, now), after.later(line.this, now)
            lines[at] = line_of(line.stage, line.step, line.kind, that, this)
    return replace(
        of,
        lines=tuple(lines),
        steps=tuple(_steps(lines)),
        total=_total(of.that, of.this, now),
        waited=_waited(of.that, of.this, now),
    )


def _steps(lines: list[Line]) -> Iterator[Line]:
    """The lines of what takes the time: steps, and stages of which none are known."""
    with_steps = {line.stage for line in lines if line.step}
    return (line for line in lines if line.step or line.stage not in with_steps)


def _total(that: Build, this: Build, now: float) -> Change:
    return Change(ran(that, now), ran(this, now), not that.status.ended, not this.status.ended)


def _waited(that: Build, this: Build, now: float) -> Change:
    return Change(queued(that, now), queued(this, now), _waits(that), _waits(this))


def _waits(build: Build) -> bool:
    """Whether it still waits for its first step to begin."""
    return not build.status.ended and not begin_of(build)


def _both(that: float, this: float, before: _Sides, after: _Sides) -> Change:
    return Change(that, this, before.open, after.open)


def _step_lines(name: str, stages: StagePair, this: Build, before: _Sides, after: _Sides) -> Iterable[Line]:
    stage = stages.this
    ahead = not this.status.ended and not (stage.steps or stage.status.ended if stage else this.stages)
    for that_step, this_step in stages.steps:
        yield line_of(
            name,
            (this_step or that_step or Step(0, "")).name,
            _kind(that_step, this_step, ahead),
            before.of_step(stages.that, that_step),
            after.of_step(stages.this, this_step),
        )


def _kind(that: object | None, this: object | None, ahead: bool) -> Kind:
    if this is None:
        return Kind.AHEAD if ahead else Kind.GONE
    return Kind.NEW if that is None else Kind.BOTH


class _Sides:
    """What a build has to say to its side of the lines."""

    def __init__(self, build: Build, now: float) -> None:
        self.build: Final = build
        self.open: Final = not build.status.ended
        self._stands = begin_of(build) > 0 if self.open else 0 < build.finished <= now
        rows = placed(build, None, now)
        path = critical_path(build, rows)
        self._rows = {(row.stage, row.step): row for row in rows}
        self._path = {place for row in path for place in ((row.stage, row.step), (row.stage, 0))}
        self._running: dict[tuple[int, int], tuple[Stage, Stage | Step]] = {}
        self.runners: Final = waits(path)
        self.idle: Final = sum(gap.end - gap.begin for gap in idle(build, rows))

    def is_still(self, build: Build) -> bool:
        """Whether these are the sides of this very build, of which time changes nothing but what runs."""
        return build is self.build and self._stands

    def of_stage(self, stage: Stage | None) -> Side | None:
        """The side of a stage."""
        return self._side(stage, stage, 0, detached=False) if stage is not None else None

    def of_step(self, stage: Stage | None, step: Step | None) -> Side | None:
        """The side of a step of a stage."""
        if stage is None or step is None:
            return None
        return self._side(stage, step, step.number, detached=step.detached)

    def _side(self, stage: Stage, of: Stage | Step, step: int, *, detached: bool) -> Side | None:
        place = stage.number, step
        row = self._rows.get(place)
        if row is None:
            return None
        runs = self.open and row.done is not None and not row.status.ended
        if runs:
            self._running[place] = stage, of
        return Side(row, runs, place in self._path, detached)

    def later(self, side: Side | None, now: float) -> Side | None:
        """A side of this build at another moment."""
        if side is None or not side.open:
            return side
        return side._replace(row=later(self.build, *self._running[side.row.stage, side.row.step], side.row, now))
