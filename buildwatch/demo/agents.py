"""What the agents of early Drone and of Woodpecker do with builds, and when they tell of it.

All steps are known before anything runs. The order is that of recorded servers, the delays were measured there.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from functools import partial
from typing import TYPE_CHECKING

from buildwatch.demo.runner import ARCHES, ready
from buildwatch.demo.state import FAILED, Build, Stage, Status, Step

if TYPE_CHECKING:
    from buildwatch.demo.plans import Outcome
    from buildwatch.demo.world import World

QUEUE_DELAY = 0.1
STEP_DELAY = 0.005
END_DELAY = 0.03
REPORT_DELAY = 0.12
"""How long an agent takes to notice that somebody cancelled what it runs."""
KILLED_EXIT = 137


class News(Enum):
    """What has just happened to a build."""

    ENQUEUED = auto()
    BEGUN = auto()
    STEP = auto()
    DONE = auto()


Tell = Callable[[Build, News, Stage | None], None]


class Agents:
    """The running of builds whose steps are known beforehand; what a server does with them is its own.

    `tell` is called where the event streams hear of a build.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.tell: Tell | None = None

    def _hand_out(self, build: Build) -> None:
        for stage in build.stages:
            if stage.status is Status.PENDING:
                self._hand_out_one(build, stage)

    def _hand_out_one(self, build: Build, stage: Stage) -> None:
        self._world.after(QUEUE_DELAY, partial(self._accept, build, stage))

    def _tell(self, build: Build, news: News, stage: Stage | None = None) -> None:
        build.updated = self._world.seconds
        if self.tell and not build.muted:
            self.tell(build, news, stage)

    def kill_runners(self) -> None:
        self._world.runners_up = False
        for build in self._world.open.values():
            for stage in build.stages:
                stage.orphaned = stage.orphaned or stage.status is Status.RUNNING

    def revive_runners(self) -> None:
        self._world.runners_up = True
        waiting, self._world.queue = self._world.queue, []
        for build, stage in waiting:
            self._accept(build, stage)

    def release(self, build: Build, stage: Stage, step: Step, outcome: Outcome, exit_code: int) -> None:
        self._end_step(build, stage, step, outcome, exit_code)

    def _accept(self, build: Build, stage: Stage) -> None:
        if stage.status is not Status.PENDING or stage not in build.stages:
            return
        if not self._world.runners_up or stage.plan.arch not in ARCHES:
            self._world.queue.append((build, stage))
            return
        stage.machine = f"agent-{stage.id % 3 + 1}"
        stage.status, stage.started = Status.RUNNING, self._world.seconds
        if build.status is Status.PENDING:
            build.status, build.started = Status.RUNNING, self._world.seconds
        self._tell(build, News.BEGUN, stage)
        if stage.plan.error:
            self._break_off(build, stage)
        else:
            self._world.after(STEP_DELAY, partial(self._go_on, build, stage))

    def _break_off(self, build: Build, stage: Stage) -> None:
        """A container that cannot be started fails the stage; its step counts as a success all the same."""
        if stage.steps:
            stage.steps[0].begun, stage.steps[0].started = self._world.now, self._world.seconds
            self._end(stage.steps[0], Status.SUCCESS, 0)
        stage.error = stage.plan.error
        self._finish(build, stage, Status.FAILURE, 1)

    def _go_on(self, build: Build, stage: Stage) -> None:
        """Start what can start; end the stage when nothing runs and nothing will."""
        if stage.status is not Status.RUNNING or stage.orphaned:
            return
        failed = any(_broken(step) for step in stage.steps)
        waiting = [step for step in stage.steps if step.status is Status.PENDING]
        for step in waiting:
            if failed and not step.plan.always:
                self._leave_out(build, stage, step)
            elif ready(stage, step) or (failed and not _foreground(stage)):
                self._start_step(build, stage, step)
        if not _foreground(stage) and not any(step.plan.always or not failed for step in waiting):
            self._world.after(END_DELAY, partial(self._end_stage, build, stage))

    def _leave_out(self, build: Build, stage: Stage, step: Step) -> None:
        """A step will not run because another failed."""

    def _start_step(self, build: Build, stage: Stage, step: Step) -> None:
        step.status, step.begun, step.started = Status.RUNNING, self._world.now, self._world.seconds
        self._tell(build, News.STEP, stage)
        plan = step.plan
        if not plan.hold and not plan.detached:
            end = partial(self._end_step, build, stage, step, plan.outcome, plan.exit_code)
            self._world.after(plan.seconds, end)

    def _end_step(self, build: Build, stage: Stage, step: Step, outcome: Outcome, exit_code: int) -> None:
        if step.status is not Status.RUNNING or stage.status is not Status.RUNNING or stage.orphaned:
            return
        self._end(step, Status(outcome), KILLED_EXIT if outcome == "killed" else exit_code)
        self._tell(build, News.STEP, stage)
        self._world.after(STEP_DELAY, partial(self._go_on, build, stage))

    def _end(self, step: Step, status: Status, exit_code: int) -> None:
        step.status, step.exit_code, step.stopped = status, exit_code, self._world.seconds
        if step.begun:
            step.ended = self._world.now
            self._world.step_ended(step)

    def _end_stage(self, build: Build, stage: Stage) -> None:
        if stage.status is not Status.RUNNING or stage.orphaned:
            return
        broken = [step for step in stage.steps if _broken(step)]
        status = Status.FAILURE if broken else Status.SUCCESS
        self._finish(build, stage, status, broken[0].exit_code if broken else 0)

    def _finish(self, build: Build, stage: Stage, status: Status, exit_code: int) -> None:
        stage.status, stage.exit_code, stage.stopped = status, exit_code, self._world.seconds
        for step in stage.steps:
            if step.status is Status.RUNNING:
                self._end(step, Status.SUCCESS, 0)
            elif step.status is Status.PENDING:
                step.status = Status.SKIPPED
        self._stage_over(build, stage)
        if all(other.status.ended for other in build.stages):
            states = [other.status for other in build.stages if other.status in FAILED]
            build.status = states[0] if states else Status.SUCCESS
            build.finished = self._world.seconds
            self._world.close(build)
        self._tell(build, News.DONE, stage)

    def _stage_over(self, build: Build, stage: Stage) -> None:
        """A stage has ended: others may wait for that."""


def _broken(step: Step) -> bool:
    return step.status in FAILED and not step.plan.ignore_failure


def _foreground(stage: Stage) -> bool:
    """Whether a step runs for which the stage waits."""
    return any(step.status is Status.RUNNING and not step.plan.detached for step in stage.steps)
