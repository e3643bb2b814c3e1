"""Two builds side by side: what each stage and step took in both, and what that makes of the whole. Pure.

`this` is the build one asks about, `that` the one it is held against; all lengths are seconds, and what grew is above
zero. While something still runs a difference is told only once it cannot go away any more: a step that has run longer
than the other did has grown, one that has not may yet. So nothing is negative that will not be, and nothing jumps.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

from buildwatch.insight.critical import critical_path, idle, waits
from buildwatch.insight.eta import ran
from buildwatch.insight.pairs import StagePair, paired
from buildwatch.insight.waterfall import Row, begin_of, placed, queued
from buildwatch.model import Build, Stage, Status, Step


class Kind(Enum):
    """In which of the two builds a stage or step is."""

    BOTH = "both"
    NEW = "new"
    GONE = "gone"
    AHEAD = "ahead"  # in `that`; `this` has not come so far that it could be told


class Change(NamedTuple):
    """A length in both builds, None where there is none. One that is `open` still grows."""

    that: float | None
    this: float | None
    that_open: bool = False
    this_open: bool = False

    @property
    def open(self) -> bool:
        """Whether the difference is not the last word."""
        return self.that_open or self.this_open

    @property
    def delta(self) -> float | None:
        """By how much it grew; of what is open at least, None while that cannot be told."""
        if self.that is None or self.this is None or (self.that_open and self.this_open):
            return None
        by = self.this - self.that
        if (self.this_open and by <= 0) or (self.that_open and by >= 0):
            return None
        return by

    @property
    def share(self) -> float | None:
        """By what share of `that` it grew (1 is twice as long); None where that says nothing."""
        delta = self.delta
        return delta / self.that if delta is not None and self.that else None


class Side(NamedTuple):
    """A stage or step in one of the builds: its row of the waterfall, and whether it decided the build's length.

    One that is `open` still runs.
    """

    row: Row
    open: bool
    critical: bool
    detached: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A stage (`step` is empty) or a step. The names are those in `this`, of what is gone those in `that`."""

    stage: str
    step: str
    kind: Kind
    that: Side | None
    this: Side | None

    @property
    def change(self) -> Change:
        """What it took."""
        that, this = self.that, self.this
        return Change(
            that.row.took if that else None,
            this.row.took if this else None,
            that is not None and that.open,
            this is not None and this.open,
        )

    @property
    def was(self) -> str:
        """Its other name in `that`; empty where it is the same."""
        if self.that is None or self.this is None or self.that.row.name == self.this.row.name:
            return ""
        return self.that.row.name

    @property
    def turned(self) -> bool:
        """Whether it ended otherwise than before."""
        if self.that is None or self.this is None:
            return False
        before, after = self.that.row.status, self.this.row.status
        return before.ended and after.ended and before != after

    @property
    def detached(self) -> bool:
        """Whether nothing waits for it, in one of the two at least."""
        return any(side.detached for side in (self.that, self.this) if side is not None)

    @property
    def growth(self) -> float:
        """By how many seconds it made the build longer, as far as one step can be told to; less than 0: shorter.

        What did not run before made it longer by all that it took. A detached step makes nothing longer.
        """
        if self.detached:
            return 0.0
        change = self.change
        if change.delta is not None:
            return change.delta
        if change.that is None:
            return change.this or 0.0
        gone = self.kind is Kind.GONE or (self.this is not None and self.this.row.status.ended)
        return -change.that if change.this is None and gone else 0.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two builds, their lines in the order of `this`, and the whole.

    `total` is from the first to the last of it, `waited` how long nothing of it had begun, `runners` how long the
    stages that decided its length had none, `idle` how long nothing ran in between.
    """

    that: Build
    this: Build
    lines: tuple[Line, ...]
    total: Change
    waited: Change
    runners: Change
    idle: Change

    @property
    def steps(self) -> list[Line]:
        """The lines of what takes the time: steps, and stages of which none are known."""
        with_steps = {line.stage for line in self.lines if line.step}
        return [line for line in self.lines if line.step or line.stage not in with_steps]

    @property
    def several(self) -> bool:
        """Whether stages have lines of their own."""
        return any(not line.step for line in self.lines)

    @property
    def whole(self) -> bool:
        """Whether the totals can be compared: both went through to a green end."""
        return self.that.status == self.this.status == Status.SUCCESS

    @property
    def ended(self) -> list[Line]:
        """The steps that ran to an end in both."""
        told = [line for line in self.steps if line.change.delta is not None and not line.change.open]
        return [line for line in told if not line.detached]


def compare(that: Build, this: Build, now: float) -> Comparison:
    """`this` held against `that` at `now` (unix seconds of their server)."""
    before, after = _Sides(that, now), _Sides(this, now)
    several = max(len(that.stages or ()), len(this.stages or ())) > 1
    lines: list[Line] = []
    for pair in paired(that, this):
        name = (pair.this or pair.that or Stage(0, "")).name
        if several or not pair.steps:
            kind = _kind(pair.that, pair.this, not this.status.ended and not this.stages)
            lines.append(Line(name, "", kind, before.of_stage(pair.that), after.of_stage(pair.this)))
        lines += _step_lines(name, pair, this, before, after)
    return Comparison(
        that,
        this,
        tuple(lines),
        Change(ran(that, now), ran(this, now), not that.status.ended, not this.status.ended),
        Change(queued(that, now), queued(this, now), _waits(that), _waits(this)),
        _both(before.runners, after.runners, before, after),
        _both(before.idle, after.idle, before, after),
    )


def _step_lines(name: str, stages: StagePair, this: Build, before: _Sides, after: _Sides) -> Iterable[Line]:
    stage = stages.this
    ahead = not this.status.ended and not (stage.steps or stage.status.ended if stage else this.stages)
    for that_step, this_step in stages.steps:
        yield Line(
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
        self.open: Final = not build.status.ended
        rows = placed(build, None, now)
        path = critical_path(build, rows)
        self._rows = {(row.stage, row.step): row for row in rows}
        self._path = {place for row in path for place in ((row.stage, row.step), (row.stage, 0))}
        self.runners: Final = waits(path)
        self.idle: Final = sum(gap.end - gap.begin for gap in idle(build, rows))

    def of_stage(self, stage: Stage | None) -> Side | None:
        """The side of a stage."""
        return self._side(stage.number, 0, detached=False) if stage is not None else None

    def of_step(self, stage: Stage | None, step: Step | None) -> Side | None:
        """The side of a step of a stage."""
        if stage is None or step is None:
            return None
        return self._side(stage.number, step.number, detached=step.detached)

    def _side(self, stage: int, step: int, *, detached: bool) -> Side | None:
        row = self._rows.get((stage, step))
        if row is None:
            return None
        runs = self.open and row.done is not None and not row.status.ended
        return Side(row, runs, (stage, step) in self._path, detached)


def _both(that: float, this: float, before: _Sides, after: _Sides) -> Change:
    return Change(that, this, before.open, after.open)


def _waits(build: Build) -> bool:
    """Whether it still waits for its first step to begin."""
    return not build.status.ended and not begin_of(build)


class Order(Enum):
    """In which order the lines are shown."""

    RUN = "as they ran"
    GREW = "grew most"
    LONGEST = "longest"

    @property
    def next(self) -> Order:
        """The one after it, from the last the first."""
        all = list(Order)
        return all[(all.index(self) + 1) % len(all)]


def ordered(of: Comparison, order: Order) -> Sequence[Line]:
    """The lines of a comparison; by growth or length only what takes the time, in the order of `this` where equal."""
    if order is Order.RUN:
        return of.lines
    if order is Order.GREW:
        return sorted(of.steps, key=lambda line: -line.growth)
    return sorted(of.steps, key=lambda line: -max(line.change.that or 0.0, line.change.this or 0.0))
