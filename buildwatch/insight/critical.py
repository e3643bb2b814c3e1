"""Which steps decided how long a build took, and when nothing of it ran. Pure.

The critical path is walked backwards from what ended last (or is expected to): from each step to the one that it had to
wait for. Where a server tells what depends on what, that says which could be; where it does not, what ended last before
it began was most likely it. Times are those of a waterfall: seconds since the build began, never negative.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final, NamedTuple

from buildwatch.insight.waterfall import ROUNDING, Part, Row
from buildwatch.model import Build, Stage


class Place(NamedTuple):
    """A stage and a step of it by their numbers; `step` is 0 for a stage of which no steps are known."""

    stage: int
    step: int


class _Leaf(NamedTuple):
    """What ran or will: the greatest is the one that ended last, of those the one that began last."""

    end: float
    begin: float
    order: int
    row: Row

    @property
    def place(self) -> Place:
        return Place(self.row.stage, self.row.step)


def critical_path(build: Build, rows: Iterable[Row]) -> tuple[Row, ...]:
    """Those of the rows of its waterfall that decided its length, in the order of time; of steps only, where known.

    A detached step is none of them: nothing waits for it.
    """
    leaves = _leaves(build, rows)
    if not leaves:
        return ()
    walk = _Walk(build, leaves)
    path = [max(leaves)]
    seen = {path[0].place}
    while (before := walk.before(path[-1])) is not None and before.place not in seen:
        seen.add(before.place)
        path.append(before)
    return tuple(leaf.row for leaf in reversed(path))


def waits(path: Iterable[Row]) -> float:
    """For how many seconds the stages on a critical path had no runner yet, so far: the gaps before they began."""
    told, end, stage = 0.0, 0.0, None
    for row in path:
        if row.done is None:
            break
        if row.stage != stage and row.done.begin - end > ROUNDING:
            told += row.done.begin - end
        end, stage = max(end, row.done.end), row.stage
    return told


def idle(build: Build, rows: Iterable[Row]) -> tuple[Part, ...]:
    """The times between its first and its last step in which none ran, those left out that are mere rounding."""
    gaps: list[Part] = []
    until: float | None = None
    for part in sorted(leaf.row.done for leaf in _leaves(build, rows) if leaf.row.done is not None):
        if until is not None and part.begin - until > ROUNDING:
            gaps.append(Part(until, part.begin))
        until = part.end if until is None else max(until, part.end)
    return tuple(gaps)


def _leaves(build: Build, rows: Iterable[Row]) -> list[_Leaf]:
    """The steps that ran or will, and the stages that did without any such step."""
    detached = {(stage.number, step.number) for stage in build.stages or () for step in stage.steps if step.detached}
    spans = [
        _Leaf((row.plan or first).end, first.begin, order, row)
        for order, row in enumerate(rows)
        if (first := row.done or row.plan) and (row.stage, row.step) not in detached
    ]
    with_steps = {leaf.row.stage for leaf in spans if leaf.row.step}
    return [leaf for leaf in spans if leaf.row.step or leaf.row.stage not in with_steps]


class _Walk:
    """Finds what a step waited for. Each call is for something earlier than the one before."""

    def __init__(self, build: Build, leaves: Iterable[_Leaf]) -> None:
        stages = build.stages or ()
        self._stages: Final = {stage.number: stage for stage in stages}
        self._told = any(stage.depends_on for stage in stages)
        self._needs = {
            (stage.number, step.number): step.depends_on
            for stage in stages
            if any(step.depends_on for step in stage.steps)
            for step in stage.steps
        }
        self._by_end = sorted(leaves)
        self._of_stage: defaultdict[int, list[_Leaf]] = defaultdict(list)
        self._last_of: dict[str, _Leaf] = {}
        self._named: dict[tuple[int, str], _Leaf] = {}
        self._begins: dict[int, float] = {}
        for leaf in self._by_end:  # of two with one name the later one stays
            row = leaf.row
            self._of_stage[row.stage].append(leaf)
            self._named[row.stage, row.name] = leaf
            if row.stage in self._stages:
                self._last_of[self._stages[row.stage].name] = leaf
            self._begins[row.stage] = min(leaf.begin, self._begins.get(row.stage, leaf.begin))

    def before(self, leaf: _Leaf) -> _Leaf | None:
        """What it waited for; None where that was nothing of this build."""
        stage = self._stages.get(leaf.row.stage)
        if stage is None:
            return None
        if leaf.row.step:
            needs = self._needs.get(leaf.place)
            if needs is None:
                found = _latest(self._of_stage[stage.number], leaf)
            else:
                found = max((one for name in needs if (one := self._named.get((stage.number, name)))), default=None)
            if found is not None:
                return found
        return self._before_stage(stage, leaf)

    def _before_stage(self, stage: Stage, leaf: _Leaf) -> _Leaf | None:
        if stage.depends_on:
            return max((one for name in stage.depends_on if (one := self._last_of.get(name))), default=None)
        if self._told or self._begins[stage.number] <= ROUNDING:
            return None
        return _latest(self._by_end, leaf)


def _latest(by_end: list[_Leaf], leaf: _Leaf) -> _Leaf | None:
    """What ended last before `leaf` began. What ended later is taken out: nothing earlier still waited for it."""
    while by_end:
        last = by_end.pop()
        if last.end <= leaf.begin + ROUNDING and last.place != leaf.place:
            return last
    return None
