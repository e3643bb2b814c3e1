"""The things of the simulated server as they are now: repos, builds, stages, steps. Nothing here decides.

Times named `created`, `started`, `stopped`, `finished`, `updated` are whole unix seconds as a server stores
them; `begun`, `ended` and `told` are exact unix seconds that only the simulation knows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from buildwatch.demo.plans import BuildPlan, Piece, StagePlan, StepPlan
    from buildwatch.demo.templates import Project


class Status(StrEnum):
    """Where a build, stage or step stands. The words on the wire belong to each protocol."""

    CREATED = "created"
    WAITING = "waiting"
    BLOCKED = "blocked"
    PENDING = "pending"
    RUNNING = "running"
    SUCCESS = "success"
    FAILURE = "failure"
    KILLED = "killed"
    ERROR = "error"
    SKIPPED = "skipped"
    DECLINED = "declined"
    CANCELED = "canceled"

    @property
    def ended(self) -> bool:
        return self not in OPEN


OPEN = frozenset({Status.CREATED, Status.WAITING, Status.BLOCKED, Status.PENDING, Status.RUNNING})
FAILED = frozenset({Status.FAILURE, Status.KILLED, Status.ERROR})


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who commits, deploys or signs in."""

    login: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Why a build exists: what happened, to which commit, by whom."""

    event: str
    message: str
    after: str
    ref: str
    source: str
    target: str
    trigger: str = "@hook"
    sender: str = ""
    author: Person | None = None
    author_named_only: bool = False
    before: str = ""
    action: str = ""
    title: str = ""
    source_repo: str = ""
    link: str = ""
    cron: str = ""
    deploy_to: str = ""
    parent: int = 0
    params: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Step:
    """A step of a running or ended stage; `script` is its whole output once somebody asked for it."""

    id: int
    number: int
    plan: StepPlan
    status: Status = Status.PENDING
    exit_code: int = 0
    started: int = 0
    stopped: int = 0
    version: int = 1
    begun: float = 0.0
    ended: float = 0.0
    log_lost: bool = False
    script: list[Piece] | None = None


@dataclass(slots=True, eq=False)
class Stage:
    """A stage; it has no steps until a runner has set it up."""

    id: int
    number: int
    plan: StagePlan
    status: Status
    created: int
    updated: int
    machine: str = ""
    error: str = ""
    exit_code: int = 0
    started: int = 0
    stopped: int = 0
    version: int = 1
    steps: list[Step] = field(default_factory=list)
    orphaned: bool = False
    """Its runner died: nothing more will ever come from it."""


@dataclass(slots=True, eq=False)
class Build:
    """A build; `muted` ones never reach an event stream, `told` is when a stream first said that it ended.

    `enqueued` differs from `created` where a build runs again under its own number. `reviewer` let a gated
    build run or refused it, `canceler` ended it.
    """

    id: int
    repo: Repo
    number: int
    plan: BuildPlan
    origin: Origin
    created: int
    status: Status = Status.PENDING
    error: str = ""
    started: int = 0
    finished: int = 0
    version: int = 1
    stages: list[Stage] = field(default_factory=list)
    scripted: bool = False
    muted: bool = False
    ended: float = 0.0
    told: float = 0.0
    enqueued: int = 0
    updated: int = 0
    reviewer: str = ""
    reviewed: int = 0
    canceler: str = ""

    def stage(self, number: int) -> Stage | None:
        return self.stages[number - 1] if 1 <= number <= len(self.stages) else None

    def step(self, stage: int, step: int) -> Step | None:
        found = self.stage(stage)
        return found.steps[step - 1] if found and 1 <= step <= len(found.steps) else None


@dataclass(slots=True, eq=False)
class Repo:
    """A repository. `builds` is in the order of ids, `by_number` finds one; `members` maps login to rights."""

    id: int
    project: Project
    created: int
    updated: int
    version: int = 2
    counter: int = 0
    builds: list[Build] = field(default_factory=list)
    by_number: dict[int, Build] = field(default_factory=dict)
    members: dict[str, str] = field(default_factory=dict)
    """login to `read`, `write` or `admin`."""

    @property
    def slug(self) -> str:
        return f"{self.project.namespace}/{self.project.name}"
