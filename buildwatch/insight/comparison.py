"""What comes of holding two builds side by side: each stage and step in both, and the whole. Pure.

`this` is the build one asks about, `that` the one it is held against; all lengths are seconds, and what grew is above
zero. While something still runs a difference is told only once it cannot go away any more: a step that has run longer
than the other did has grown, one that has not may yet. So nothing is negative that will not be, and nothing jumps.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from msgspec import Struct

from buildwatch.insight.waterfall import Row
from buildwatch.model import Build, Status


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


class Line(Struct, frozen=True, gc=False):
    """A stage (`step` is empty) or a step. The names are those in `this`, of what is gone those in `that`.

    `change` is what it took: see `line_of`.
    """

    stage: str
    step: str
    kind: Kind
    that: Side | None
    this: Side | None
    change: Change

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


def line_of(stage: str, step: str, kind: Kind, that: Side | None, this: Side | None) -> Line:
    """The line of a stage or step that is so in both builds."""
    change = Change(
        that.row.took if that else None,
        this.row.took if this else None,
        that is not None and that.open,
        this is not None and this.open,
    )
    return Line(stage, step, kind, that, this, change)


class Comparison(Struct, frozen=True):
    """Two builds, their lines in the order of `this`, and the whole.

    `steps` are the lines of what takes the time: steps, and stages of which none are known; `several` says that stages
    have lines of their own. `total` is from the first to the last of it, `waited` how long nothing of it had begun,
    `runners` how long the stages that decided its length had none, `idle` how long nothing ran in between.
    """

    that: Build
    this: Build
    lines: tuple[Line, ...]
    steps: tuple[Line, ...]
    several: bool
    total: Change
    waited: Change
    runners: Change
    idle: Change

    @property
    def whole(self) -> bool:
        """Whether the totals can be compared: both went through to a green end."""
        return self.that.status == self.this.status == Status.SUCCESS

    @property
    def ended(self) -> list[Line]:
        """The steps that ran to an end in both."""
        told = [line for line in self.steps if line.change.delta is not None and not line.change.open]
        return [line for line in told if not line.detached]


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
