"""What early Drone and its agents do with builds, and when they tell of it.

All steps are known before anything runs. Those that a failure leaves out stay pending until their stage ends.
The order is that of recorded 0.5, 0.7 and 0.8 servers, the delays were measured there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import Enum, auto
from functools import partial
from typing import TYPE_CHECKING

from buildwatch.demo import actions
from buildwatch.demo.runner import ARCHES, ready
from buildwatch.demo.state import FAILED, Build, Stage, Status, Step

if TYPE_CHECKING:
    from buildwatch.demo.early.generations import Generation
    from buildwatch.demo.plans import Outcome
    from buildwatch.demo.state import Origin
    from buildwatch.demo.world import World

QUEUE_DELAY = 0.1
STEP_DELAY = 0.005
END_DELAY = 0.03
REPORT_DELAY = 0.12
"""How long an agent takes to notice that somebody cancelled what it runs."""
CANCELLED_EXIT = 137


class News(Enum):
    """What has just happened to a build."""

    ENQUEUED = auto()
    BEGUN = auto()
    STEP = auto()
    DONE = auto()


Tell = Callable[[Build, News, Stage | None], None]


class Agents:
    """The habits of early Drone. `tell` is called where the event streams hear of a build."""

    def __init__(self, world: World, generation: Generation) -> None:
        self._world = world
        self._generation = generation
        self.tell: Tell | None = None

    # What the server does

    def start(self, build: Build) -> None:
        if build.plan.error:
            return
        if any(stage.status is Status.BLOCKED for stage in build.stages):
            build.status, build.stages = Status.BLOCKED, []
        else:
            self._enqueue(build)

    def restart(self, build: Build, login: str, pace: float) -> Build | None:
        del login  # nothing keeps who pressed the button
        if build.status in (Status.BLOCKED, Status.DECLINED):
            return None
        plan = actions.plan_again(self._world, build, pace)
        if not self._generation.renews:
            return actions.create(self._world, build.repo, plan, replace(build.origin, parent=build.number))
        if not build.status.ended:
            return None
        self._world.renew(build, plan, build.origin)
        self._enqueue(build)
        return build

    def run_again(self, build: Build, origin: Origin, pace: float) -> None:
        """Let a build's own number stand for something else, as a deployment without a fork does."""
        event = "promote" if origin.deploy_to else ""
        self._world.renew(build, actions.plan_again(self._world, build, pace, event), origin)
        self._enqueue(build)

    def approve(self, build: Build, login: str) -> None:
        """Let a blocked build run."""
        build.reviewer, build.reviewed = login, self._world.seconds
        self._world.renew(build, build.plan, build.origin)
        build.enqueued = build.created
        self._enqueue(build)

    def decline(self, build: Build, login: str) -> None:
        build.reviewer, build.reviewed = login, self._world.seconds
        build.status = Status.DECLINED
        self._world.close(build)

    def kill(self, build: Build, stage: Stage) -> None:
        """Cancel one running stage: it counts as killed at once, the rest follows when its agent answers."""
        if stage.status is not Status.RUNNING:
            return
        stage.status, stage.exit_code, stage.stopped = Status.KILLED, CANCELLED_EXIT, self._world.seconds
        if self._generation.jobs and all(other.status.ended for other in build.stages):
            build.status, build.finished = Status.KILLED, self._world.seconds
            self._world.close(build)
        self._world.after(REPORT_DELAY, partial(self._report, build, stage))

    def cancel(self, build: Build) -> None:
        for stage in build.stages:
            self.kill(build, stage)

    def supersede(self, build: Build) -> None:
        """Early Drone lets older builds run."""

    def end_silently(self, build: Build) -> None:
        if not build.status.ended:
            for stage in build.stages:
                stage.orphaned = True
            self.zombie_kill(build)

    def zombie_kill(self, build: Build) -> None:
        """Mark a build and all that is open in it as killed. An agent that still runs it reports later."""
        now = self._world.seconds
        build.status, build.finished = Status.KILLED, now
        for stage in build.stages:
            for step in stage.steps:
                if not step.status.ended:
                    self._end(step, Status.KILLED, CANCELLED_EXIT)
                    step.started = step.started or now
            if not stage.status.ended:
                running = stage.status is Status.RUNNING
                stage.status, stage.exit_code = Status.KILLED, CANCELLED_EXIT
                stage.started, stage.stopped = stage.started or now, now
                if running:
                    self._world.after(REPORT_DELAY, partial(self._report, build, stage))
        self._world.close(build)

    def _enqueue(self, build: Build) -> None:
        self._world.add_procs(build)
        self._tell(build, News.ENQUEUED)
        self._hand_out(build)

    def _hand_out(self, build: Build) -> None:
        for stage in build.stages:
            if stage.status is Status.PENDING:
                self._world.after(QUEUE_DELAY, partial(self._accept, build, stage))

    def _tell(self, build: Build, news: News, stage: Stage | None = None) -> None:
        build.updated = self._world.seconds
        if self.tell and not build.muted:
            self.tell(build, news, stage)

    # What agents do

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
        failed = any(step.status in FAILED and not step.plan.ignore_failure for step in stage.steps)
        coming = False
        for step in stage.steps:
            if step.status is Status.PENDING and (not failed or step.plan.always):
                coming = True
                if ready(stage, step) or (failed and not _foreground(stage)):
                    self._start_step(build, stage, step)
        if not coming and not _foreground(stage):
            self._world.after(END_DELAY, partial(self._end_stage, build, stage))

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
        self._end(step, Status(outcome), CANCELLED_EXIT if outcome == "killed" else exit_code)
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
        broken = [step for step in stage.steps if step.status in FAILED and not step.plan.ignore_failure]
        status = Status.FAILURE if broken else Status.SUCCESS
        self._finish(build, stage, status, broken[0].exit_code if broken else 0)

    def _report(self, build: Build, stage: Stage) -> None:
        """The agent has stopped what was cancelled: it says that it failed, and why."""
        if stage.orphaned or stage.status is not Status.KILLED:
            return
        build.status = Status.RUNNING
        stage.error = self._generation.cancel_error
        self._finish(build, stage, Status.FAILURE, self._generation.cancel_exit)

    def _finish(self, build: Build, stage: Stage, status: Status, exit_code: int) -> None:
        stage.status, stage.exit_code, stage.stopped = status, exit_code, self._world.seconds
        for step in stage.steps:
            if step.status is Status.RUNNING:
                self._end(step, Status.SUCCESS, 0)
            elif step.status is Status.PENDING:
                step.status = Status.SKIPPED
        if all(other.status.ended for other in build.stages):
            states = [other.status for other in build.stages if other.status in FAILED]
            build.status = states[0] if states else Status.SUCCESS
            build.finished = self._world.seconds
            self._world.close(build)
        self._tell(build, News.DONE, stage)


def _foreground(stage: Stage) -> bool:
    """Whether a step runs for which the stage waits."""
    return any(step.status is Status.RUNNING and not step.plan.detached for step in stage.steps)
