"""The simulated server: its repos, its builds, and its plan of what happens when.

Pure: no clock, no event loop, no wire. Time is unix seconds and moves only in `advance`.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

from buildwatch.demo.faults import Faults
from buildwatch.demo.habits import Drone2Habits, Habits
from buildwatch.demo.state import Build, Origin, Repo, Stage, Status, Step

if TYPE_CHECKING:
    from buildwatch.demo.plans import BuildPlan
    from buildwatch.demo.templates import Project

Action = Callable[[], None]


class World:
    """Everything the server knows. The same seed and the same calls at the same times give the same world.

    `habits` is what its kind of server does with builds.
    `on_publish` is called where a real server tells its event streams about a build, `on_step_end` when a
    live log ends, `on_plan` when something was planned for a time before all that was planned already.
    """

    def __init__(
        self,
        *,
        now: float,
        seed: int = 0,
        faults: Faults | None = None,
        habits: Callable[[World], Habits] = Drone2Habits,
    ) -> None:
        self.now = now
        self.seed = seed
        self.faults = faults or Faults()
        self.repos: list[Repo] = []
        self.by_slug: dict[str, Repo] = {}
        self.builds: list[Build] = []
        self.open: dict[int, Build] = {}
        self.runners_up = True
        self.queue: list[tuple[Build, Stage]] = []
        self.on_publish: Callable[[Build], None] | None = None
        self.on_step_end: Callable[[Step], None] | None = None
        self.on_plan: Action | None = None
        self._plan: list[tuple[float, int, Action]] = []
        self._planned = 0
        self._stage_ids = 0
        self._step_ids = 0
        self.habits = habits(self)

    # Time

    @property
    def seconds(self) -> int:
        """The time as a server writes it down."""
        return int(self.now)

    def at(self, due: float, action: Action) -> None:
        """Do something at a time; a time gone by means as soon as possible."""
        first = not self._plan or due < self._plan[0][0]
        self._planned += 1
        heapq.heappush(self._plan, (due, self._planned, action))
        if first and self.on_plan:
            self.on_plan()

    def after(self, seconds: float, action: Action) -> None:
        self.at(self.now + seconds, action)

    @property
    def next_due(self) -> float | None:
        """When something will happen next."""
        return self._plan[0][0] if self._plan else None

    def advance(self, to: float) -> None:
        """Let everything happen that is due up to a time."""
        while self._plan and self._plan[0][0] <= to:
            due, _, action = heapq.heappop(self._plan)
            self.now = max(self.now, due)
            action()
        self.now = max(self.now, to)

    def rng(self, name: str) -> Random:
        """A source of chance of its own for one purpose, so that purposes do not disturb each other."""
        return Random(f"{self.seed}/{name}")  # noqa: S311 - repeatable, not secret

    # Repos and builds

    def add_repo(self, project: Project, members: dict[str, str]) -> Repo:
        now = self.seconds
        repo = Repo(len(self.repos) + 1, project, created=now, updated=now, members=members)
        self.repos.append(repo)
        self.by_slug[repo.slug] = repo
        return repo

    def create(
        self,
        repo: Repo,
        plan: BuildPlan,
        origin: Origin,
        *,
        blocked: bool = False,
        number: int | None = None,
    ) -> Build:
        """A new build, as a push or a call makes it: nobody is told. Its stages wait for a runner.

        `number` asks for a number that was left out earlier: a late one, with a newer id.
        """
        if number is None:
            repo.counter += 1
            number = repo.counter
        repo.version += 1
        build = Build(len(self.builds) + 1, repo, number, plan, origin, created=self.seconds, enqueued=self.seconds)
        self.builds.append(build)
        repo.builds.append(build)
        repo.by_number[number] = build
        if plan.error:
            build.status, build.error = Status.ERROR, plan.error
            build.started = build.finished = self.seconds
            build.ended = self.now
            return build
        self.open[build.id] = build
        build.stages = [self._stage(build, index, blocked) for index in range(len(plan.stages))]
        return build

    def _stage(self, build: Build, index: int, blocked: bool) -> Stage:
        plan = build.plan.stages[index]
        self._stage_ids += 1
        status = Status.WAITING if plan.depends_on else Status.PENDING
        return Stage(
            self._stage_ids,
            index + 1,
            plan,
            Status.BLOCKED if blocked else status,
            created=self.seconds,
            updated=self.seconds,
        )

    def add_steps(self, stage: Stage) -> None:
        """What the runner does when it has read the stage's configuration."""
        for number, plan in enumerate(stage.plan.steps, 1):
            self._step_ids += 1
            stage.steps.append(Step(self._step_ids, number, plan))

    def add_procs(self, build: Build) -> None:
        """What a server does that knows all steps beforehand: stages and steps in turn, from one count of ids."""
        for stage in build.stages:
            self._stage_ids += 1
            stage.id = self._stage_ids
            for number, plan in enumerate(stage.plan.steps, 1):
                self._stage_ids += 1
                stage.steps.append(Step(self._stage_ids, number, plan))

    def renew(self, build: Build, plan: BuildPlan, origin: Origin) -> None:
        """The same number once more, with stages that have not run."""
        build.plan, build.origin = plan, origin
        build.status, build.error = Status.PENDING, ""
        build.enqueued, build.started, build.finished = self.seconds, 0, 0
        build.ended = build.told = 0.0
        build.stages = [self._stage(build, index, blocked=False) for index in range(len(plan.stages))]
        self.open[build.id] = build

    def close(self, build: Build) -> None:
        """The build has ended; a partly declined one stays open while it has stages that could still run."""
        build.ended = self.now
        if all(stage.status.ended for stage in build.stages):
            self.open.pop(build.id, None)

    # Telling

    def publish(self, build: Build) -> None:
        """Tell the event streams, unless this is a build that nobody hears of."""
        if self.on_publish and not build.muted:
            self.on_publish(build)

    def step_ended(self, step: Step) -> None:
        if self.on_step_end:
            self.on_step_end(step)
