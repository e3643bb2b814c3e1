"""What Woodpecker 3 does with pipelines, in the order of a recorded server.

It tells of every change: of a new pipeline three times, of a cancelled one as killed before its workflows are.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from buildwatch.demo import actions
from buildwatch.demo.agents import END_DELAY, REPORT_DELAY, Agents, News
from buildwatch.demo.state import FAILED, Build, Stage, Status, Step

STORE_DELAY = 0.03


class WoodpeckerHabits(Agents):
    """Workflows with steps; a workflow may wait for others."""

    def start(self, build: Build) -> None:
        if build.plan.error:
            self._tell(build, News.DONE)
        elif any(stage.status is Status.BLOCKED for stage in build.stages):
            build.status = Status.BLOCKED
            self._add_steps(build, Status.BLOCKED)
            self._tell(build, News.ENQUEUED)
        else:
            build.status = Status.CREATED
            self._add_steps(build, Status.PENDING)
            self._tell(build, News.ENQUEUED)
            self._world.after(STORE_DELAY, partial(self._enqueue, build))

    def _add_steps(self, build: Build, status: Status) -> None:
        for stage in build.stages:
            self._world.add_steps(stage)
            for step in stage.steps:
                step.status = status

    def _enqueue(self, build: Build) -> None:
        if build.status.ended:
            return
        build.status = Status.PENDING
        self._tell(build, News.ENQUEUED)
        self._world.after(STORE_DELAY, partial(self._tell, build, News.ENQUEUED))
        self._hand_out(build)

    def restart(self, build: Build, login: str, pace: float) -> Build | None:
        if build.status is Status.BLOCKED:
            return None
        origin = replace(build.origin, parent=build.number, trigger=login)
        return actions.create(self._world, build.repo, actions.plan_again(self._world, build, pace), origin)

    def approve(self, build: Build, login: str) -> None:
        """Let a blocked pipeline run: its workflows are made anew."""
        build.reviewer, build.reviewed = login, self._world.seconds
        self._world.renew(build, build.plan, build.origin)
        self._add_steps(build, Status.PENDING)
        self._enqueue(build)

    def decline(self, build: Build, login: str) -> None:
        build.reviewer, build.reviewed = login, self._world.seconds
        build.status = Status.DECLINED
        for stage in build.stages:
            stage.status = Status.DECLINED
            for step in stage.steps:
                step.status = Status.DECLINED
        self._world.close(build)
        self._tell(build, News.DONE)

    def cancel(self, build: Build) -> None:
        self.cancel_by(build, "")

    def supersede(self, build: Build) -> None:
        self.cancel_by(build, "")

    def cancel_by(self, build: Build, login: str) -> None:
        """End a pipeline: what has not begun is cancelled at once, the rest when its agent answers."""
        if not build.status.ended:
            self._stop(build, login)
            self._tell(build, News.DONE)
            for stage in build.stages:
                if stage.status is Status.RUNNING:
                    self._world.after(REPORT_DELAY, partial(self._kill_steps, build, stage))

    def end_silently(self, build: Build) -> None:
        if not build.status.ended:
            self._stop(build, "")
            for stage in build.stages:
                stage.orphaned = True

    def _stop(self, build: Build, login: str) -> None:
        ran = any(stage.status is Status.RUNNING for stage in build.stages)
        build.status = Status.KILLED if ran else Status.CANCELED
        build.canceler, build.finished = login, self._world.seconds
        for stage in build.stages:
            for step in stage.steps:
                if not step.status.ended and step.status is not Status.RUNNING:
                    step.status = Status.CANCELED
            if not stage.status.ended and stage.status is not Status.RUNNING:
                stage.status = Status.SKIPPED
        self._world.close(build)

    def _kill_steps(self, build: Build, stage: Stage) -> None:
        if stage.orphaned:
            return
        for step in stage.steps:
            if step.status is Status.RUNNING:
                self._end(step, Status.KILLED, 0)
        self._tell(build, News.STEP, stage)
        self._world.after(END_DELAY, partial(self._kill_stage, build, stage))

    def _kill_stage(self, build: Build, stage: Stage) -> None:
        stage.status, stage.stopped = Status.KILLED, self._world.seconds
        self._world.close(build)
        self._tell(build, News.DONE, stage)

    def _accept(self, build: Build, stage: Stage) -> None:
        if not build.status.ended:
            super()._accept(build, stage)

    def _go_on(self, build: Build, stage: Stage) -> None:
        if not build.status.ended:
            super()._go_on(build, stage)

    def _leave_out(self, build: Build, stage: Stage, step: Step) -> None:
        step.status = Status.SKIPPED
        self._tell(build, News.STEP, stage)

    def _stage_over(self, build: Build, stage: Stage) -> None:
        """Hand out the workflows that waited for this one, or skip them and those that wait for them."""
        failed = any(other.status in FAILED for other in build.stages)
        for other in build.stages:
            needed = [one for one in build.stages if one.plan.name in other.plan.depends_on]
            if other.status is not Status.WAITING or not all(one.status.ended for one in needed):
                continue
            if failed and not other.plan.on_failure:
                other.status = Status.SKIPPED
                for step in other.steps:
                    step.status = Status.SKIPPED
            else:
                other.status = Status.PENDING
                self._hand_out_one(build, other)
