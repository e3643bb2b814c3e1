"""The output of a whole stage, as agents of early Drone send it: the lines of all its steps, as they come."""

from __future__ import annotations

from operator import attrgetter
from typing import NamedTuple

from buildwatch.demo import logs
from buildwatch.demo.early.generations import Generation
from buildwatch.demo.early.shapes import Json, given
from buildwatch.demo.plans import Piece
from buildwatch.demo.state import Build, Stage, Status, Step

EXIT_CODE = 2
"""The type of the line that tells how a step ended, where steps are nothing but lines."""


class Line(NamedTuple):
    """`came` is in unix seconds, `at` in seconds since the step began."""

    came: float
    step: Step
    pos: int
    at: float
    out: str
    kind: int = 0

    def shape(self) -> Json:
        shape: Json = {"proc": self.step.plan.name}
        given(shape, time=int(self.at), type=self.kind)
        return shape | {"pos": self.pos, "out": self.out}


class StageLog:
    """One reader's way through the output of a stage."""

    def __init__(self, seed: int, generation: Generation, build: Build, stage: Stage) -> None:
        self._seed = seed
        self._generation = generation
        self._build = build
        self._stage = stage
        self._seen: dict[int, int] = {}

    def new(self, now: float) -> list[Line]:
        """What has come since this was last asked, in the order it came."""
        found: list[Line] = []
        for step in self._stage.steps:
            lines = self.lines(step, now)
            found += lines[self._seen.get(step.id, 0) :]
            self._seen[step.id] = len(lines)
        return sorted(found, key=attrgetter("came"))

    def lines(self, step: Step, now: float) -> list[Line]:
        """All that a step has said by a time (unix seconds)."""
        if not step.begun:
            return []
        until = min(now, step.ended or now)
        pieces = logs.pieces(self._seed, self._build, step)
        said: list[Piece] = pieces[: logs.count_until(pieces, until - step.begun)]
        if self._generation.jobs:
            said = logs.joined(said, over=step.status.ended)
        lines = [Line(step.begun + piece.at, step, pos, *piece) for pos, piece in enumerate(said)]
        if self._generation.jobs and step.status.ended and not _stopped(step, self._stage):
            lines.append(Line(step.ended, step, 0, 0.0, str(step.exit_code), EXIT_CODE))
        return lines


def _stopped(step: Step, stage: Stage) -> bool:
    """Whether a step was ended from outside, which leaves no exit code."""
    return step.plan.detached or (bool(stage.error) and step.ended >= stage.stopped)


def is_open(build: Build, stage: Stage) -> bool:
    """Whether an agent still sends output of a stage, or is thought to."""
    return stage.status is Status.RUNNING or (stage.status is Status.KILLED and build.status is Status.RUNNING)
