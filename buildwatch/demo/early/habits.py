"""What Drone 0.5, 0.7 and 0.8 do with builds. The order is that of recorded servers."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from buildwatch.demo import actions
from buildwatch.demo.agents import REPORT_DELAY, Agents, News
from buildwatch.demo.state import Build, Stage, Status

if TYPE_CHECKING:
    from buildwatch.demo.early.generations import Generation
    from buildwatch.demo.state import Origin
    from buildwatch.demo.world import World

CANCELLED_EXIT = 137


class EarlyHabits(Agents):
    """Early Drone: all steps are known before anything runs, and those left out stay pending to the end."""

    def __init__(self, world: World, generation: Generation) -> None:
        super().__init__(world)
        self._generation = generation

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

    def _report(self, build: Build, stage: Stage) -> None:
        """The agent has stopped what was cancelled: it says that it failed, and why."""
        if stage.orphaned or stage.status is not Status.KILLED:
            return
        build.status = Status.RUNNING
        stage.error = self._generation.cancel_error
        self._finish(build, stage, Status.FAILURE, self._generation.cancel_exit)
