"""What a build is going to do, decided before it starts: stages, steps, how long, and how each ends.

A plan is fixed when the build is created, so what happens later does not depend on who asks what and when.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

Outcome = Literal["success", "failure", "killed"]
"""How a step ends by itself; `killed` is the stage's time limit, which takes the whole stage with it."""

NEUTRAL_EXIT = 78
"""A step that exits with this code succeeds, and the rest of its stage is skipped without a word."""


class Piece(NamedTuple):
    """A piece of a step's output, not a line: `at` is in seconds since the step began."""

    at: float
    out: str


@dataclass(frozen=True, slots=True)
class StepPlan:
    """One step. `hold` keeps it running until it is released by hand; `pieces` None means generated output."""

    name: str
    tool: str = ""
    seconds: float = 1.0
    outcome: Outcome = "success"
    exit_code: int = 0
    ignore_failure: bool = False
    detached: bool = False
    always: bool = False
    hold: bool = False
    image: str = ""
    depends_on: tuple[str, ...] = ()
    pieces: tuple[Piece, ...] | None = None


@dataclass(frozen=True, slots=True)
class StagePlan:
    """One stage. `error` is what the runner finds wrong before any step; `arch` may be one no runner has."""

    name: str
    steps: tuple[StepPlan, ...]
    depends_on: tuple[str, ...] = ()
    runner: str = "docker"
    arch: str = "amd64"
    on_failure: bool = False
    error: str = ""
    axis: tuple[tuple[str, str], ...] = ()
    """What a stage of a matrix has of its own: names and values."""


@dataclass(frozen=True, slots=True)
class BuildPlan:
    """All stages of a build; `error` is a configuration that could not be read, and then there are none."""

    stages: tuple[StagePlan, ...]
    error: str = ""
