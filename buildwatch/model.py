"""The words of the whole project: server, repo, build, stage, step, and what state each is in.

All are frozen values. Times are whole unix seconds of the *server's* clock, 0 for 'not yet'; text is already safe to
show (`buildwatch.text`). Where generations of Drone differ (procs and stages) the adapters translate; in here there are
only stages and steps. (Structs and not dataclasses: these are made for every event, and a frozen dataclass sets each of
its fields by a call. They hold no cycles, so the collector need not look at them.)
"""

from __future__ import annotations

from typing import ClassVar, Final, NamedTuple

from msgspec import Struct


class Status(str):
    """What state a build, stage or step is in: one of the ten words below, or a newer server's word as it came.

    An unknown word counts as unfinished: it is shown, watched on, and never a crash.
    """

    __slots__ = ()

    WAITING: ClassVar[Status]  # for the stages it depends on
    BLOCKED: ClassVar[Status]  # for a person's approval
    PENDING: ClassVar[Status]  # for a runner
    RUNNING: ClassVar[Status]
    SUCCESS: ClassVar[Status]
    FAILURE: ClassVar[Status]
    ERROR: ClassVar[Status]
    KILLED: ClassVar[Status]
    SKIPPED: ClassVar[Status]
    DECLINED: ClassVar[Status]

    @property
    def ended(self) -> bool:
        """Whether this is an end. The status alone tells: a declined build never gets a `finished` time."""
        return self in _ENDED

    @property
    def failed(self) -> bool:
        """Whether this is a result that somebody has to look at."""
        return self in _FAILED

    @property
    def known(self) -> bool:
        """Whether this is one of the model's own words."""
        return self in _RANK

    @property
    def rank(self) -> int:
        """How far along a run this is: 0 not begun, 1 begun (or unknown), 2 ended. Never falls within one run."""
        return _RANK.get(self, 1)


_ENDED: Final = frozenset({"success", "failure", "error", "killed", "skipped", "declined"})
_FAILED: Final = frozenset({"failure", "error", "killed"})
_RANK: Final = {"waiting": 0, "blocked": 0, "pending": 0, "running": 1} | dict.fromkeys(_ENDED, 2)

for _word in _RANK:
    setattr(Status, _word.upper(), Status(_word))

ENDS: Final = tuple(Status(_word) for _word in sorted(_ENDED))
"""The ways in which something ends."""


class RepoKey(NamedTuple):
    """Which repo: the server's configured name and the repo's `owner/name`."""

    server: str
    slug: str


class BuildKey(NamedTuple):
    """Which build: the server's configured name and the build's id. Not its number: numbers have holes, come late."""

    server: str
    id: int


class Step(Struct, frozen=True, gc=False, omit_defaults=True):
    """One step of a stage.

    `number` counts from 1 within its stage; `ignored` says that a failure of it does not fail the stage.
    """

    number: int
    name: str
    status: Status = Status.PENDING
    started: int = 0
    stopped: int = 0
    exit_code: int = 0
    error: str = ""
    ignored: bool = False
    detached: bool = False
    image: str = ""
    depends_on: tuple[str, ...] = ()
    version: int = 0


class Stage(Struct, frozen=True, gc=False, omit_defaults=True):
    """One stage of a build: what one runner does in one go. `number` counts from 1 within its build."""

    number: int
    name: str
    status: Status = Status.PENDING
    created: int = 0
    started: int = 0
    stopped: int = 0
    exit_code: int = 0
    error: str = ""
    ignored: bool = False
    machine: str = ""
    os: str = ""
    arch: str = ""
    kind: str = ""
    depends_on: tuple[str, ...] = ()
    version: int = 0
    steps: tuple[Step, ...] = ()

    def step(self, number: int) -> Step | None:
        """The step of that number."""
        return next((step for step in self.steps if step.number == number), None)


class Build(Struct, frozen=True, gc=False, omit_defaults=True):
    """One build of a repo.

    `stages` is None where nobody has told them yet (lists of builds come without). `run` tells apart the runs that some
    servers make under one id (greater is later, 0 where it is not told). `version` is the server's count of changes to
    the build's own row, 0 where it does not tell; it says nothing of stages and steps, which have their own.
    """

    server: str
    repo: str
    id: int
    number: int
    status: Status = Status.PENDING
    event: str = ""
    action: str = ""
    branch: str = ""
    source: str = ""
    ref: str = ""
    commit: str = ""
    before: str = ""
    title: str = ""
    message: str = ""
    author: str = ""
    author_name: str = ""
    sender: str = ""
    trigger: str = ""
    cron: str = ""
    deploy_to: str = ""
    parent: int = 0
    link: str = ""
    error: str = ""
    created: int = 0
    started: int = 0
    finished: int = 0
    version: int = 0
    params: tuple[tuple[str, str], ...] = ()
    run: int = 0
    stages: tuple[Stage, ...] | None = None

    @property
    def key(self) -> BuildKey:
        """Its identity."""
        return BuildKey(self.server, self.id)

    @property
    def repo_key(self) -> RepoKey:
        """The identity of its repo."""
        return RepoKey(self.server, self.repo)

    @property
    def address(self) -> str:
        """What a person types to mean this build: `owner/name#number`."""
        return f"{self.repo}#{self.number}"

    def stage(self, number: int) -> Stage | None:
        """The stage of that number."""
        return next((stage for stage in self.stages or () if stage.number == number), None)


class Repo(Struct, frozen=True, gc=False, omit_defaults=True):
    """One repo of a server. `link` is its page at the code host."""

    server: str
    slug: str
    id: int = 0
    default_branch: str = ""
    link: str = ""
    private: bool = False
    active: bool = True
    counter: int = 0

    @property
    def key(self) -> RepoKey:
        """Its identity."""
        return RepoKey(self.server, self.slug)

    @property
    def namespace(self) -> str:
        """The part before the slash: the owner."""
        return self.slug.rpartition("/")[0]

    @property
    def name(self) -> str:
        """The part after the slash."""
        return self.slug.rpartition("/")[2]


class LogLine(NamedTuple):
    """One line of a step's log: seconds since the step began, and the text as it came (not safe to show as it is).

    Where several logs are read as one, `source` says which of them it is of, counted from 0.
    """

    time: int
    text: str
    source: int = 0
