"""What runners do: take stages, run their steps, end them, and with the last one the build.

The order of the updates, the versions and the places that tell the event streams are those of Drone 2.x
(operator/manager: setup, updater, teardown) and its runners; the delays were measured on a real one.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from buildwatch.demo.plans import NEUTRAL_EXIT
from buildwatch.demo.state import FAILED, Build, Stage, Status, Step

if TYPE_CHECKING:
    from buildwatch.demo.plans import Outcome
    from buildwatch.demo.world import World

QUEUE_DELAY = 0.15
SETUP_DELAY = 0.05
STEP_DELAY = 0.02
END_DELAY = 0.03
ARCHES = ("amd64",)
"""The platforms somebody runs a runner for."""


def start(world: World, build: Build) -> None:
    """Hand the stages that wait for nothing to the runners."""
    for stage in build.stages:
        if stage.status is Status.PENDING:
            schedule(world, build, stage)


def schedule(world: World, build: Build, stage: Stage) -> None:
    world.after(QUEUE_DELAY, partial(_accept, world, build, stage))


def revive(world: World) -> None:
    """Runners are back: they take what waits. What they ran before stays as it is, for ever."""
    world.runners_up = True
    waiting, world.queue = world.queue, []
    for build, stage in waiting:
        schedule(world, build, stage)


def kill_runners(world: World) -> None:
    """All runners are gone at once, and the server does not notice."""
    world.runners_up = False
    for build in world.open.values():
        for stage in build.stages:
            stage.orphaned = stage.orphaned or bool(stage.machine)


def release(world: World, build: Build, stage: Stage, step: Step, outcome: Outcome, exit_code: int) -> None:
    """End a step by hand, whatever its plan says."""
    _end_step(world, build, stage, step, outcome, exit_code)


def _accept(world: World, build: Build, stage: Stage) -> None:
    if stage.status is not Status.PENDING:
        return
    if not world.runners_up or stage.plan.arch not in ARCHES:
        world.queue.append((build, stage))
        return
    stage.machine = f"runner-{stage.plan.runner}-{stage.id % 3 + 1}"
    stage.version += 1
    stage.updated = world.seconds
    world.after(SETUP_DELAY, partial(_set_up, world, build, stage))


def _set_up(world: World, build: Build, stage: Stage) -> None:
    if stage.status is not Status.PENDING or stage.orphaned:
        return
    if stage.plan.error:
        stage.status, stage.error, stage.exit_code = Status.ERROR, stage.plan.error, 255
        stage.started = world.seconds
        _end_stage(world, build, stage)
        return
    world.add_steps(stage)
    stage.status = Status.RUNNING
    stage.started = stage.updated = world.seconds
    stage.version += 1
    if build.status is Status.PENDING:
        build.status, build.started = Status.RUNNING, world.seconds
        build.version += 1
    world.publish(build)
    world.after(STEP_DELAY, partial(_go_on, world, build, stage))


def _go_on(world: World, build: Build, stage: Stage) -> None:
    """Start what can start, skip what cannot, and end the stage when nothing is left."""
    if stage.status is not Status.RUNNING or stage.orphaned:
        return
    failed = any(step.status is Status.FAILURE and not step.plan.ignore_failure for step in stage.steps)
    for step in stage.steps:
        if step.status is Status.PENDING and ready(stage, step):
            if failed and not step.plan.always:
                _skip(world, build, step)
            else:
                _start_step(world, build, stage, step)
    foreground = [step for step in stage.steps if not step.plan.detached]
    if all(step.status.ended for step in foreground):
        world.after(END_DELAY, partial(_finish, world, build, stage))


def ready(stage: Stage, step: Step) -> bool:
    """Steps follow each other, unless the stage says which step needs which."""
    if any(other.plan.depends_on for other in stage.steps):
        needed = [other for other in stage.steps if other.plan.name in step.plan.depends_on]
    else:
        needed = stage.steps[: step.number - 1]
    return all(other.status.ended or _in_background(other) for other in needed)


def _in_background(step: Step) -> bool:
    return step.plan.detached and step.status is Status.RUNNING


def _skip(world: World, build: Build, step: Step) -> None:
    step.status = Status.SKIPPED
    step.started = step.stopped = world.seconds
    step.version += 1
    world.publish(build)


def _start_step(world: World, build: Build, stage: Stage, step: Step) -> None:
    step.status, step.begun = Status.RUNNING, world.now
    step.started = world.seconds
    step.version += 1
    world.publish(build)
    plan = step.plan
    if not plan.hold and not plan.detached:
        end = partial(_end_step, world, build, stage, step, plan.outcome, plan.exit_code)
        world.after(plan.seconds, end)


def _end_step(world: World, build: Build, stage: Stage, step: Step, outcome: Outcome, exit_code: int) -> None:
    if step.status is not Status.RUNNING or stage.orphaned:
        return
    step.status = Status(outcome)
    step.exit_code = exit_code
    step.stopped, step.ended = world.seconds, world.now
    step.version += 1
    world.step_ended(step)
    if outcome == "killed":
        _time_out(world, build, stage, step)
        return
    world.publish(build)
    if outcome == "success" and exit_code == NEUTRAL_EXIT:
        _skip_quietly(world, stage)
    world.after(STEP_DELAY, partial(_go_on, world, build, stage))


def _skip_quietly(world: World, stage: Stage, exit_code: int = 0) -> None:
    for step in stage.steps:
        if step.status is Status.PENDING:
            step.status, step.exit_code = Status.SKIPPED, exit_code
            step.started = step.stopped = world.seconds
            step.version += 1


def _time_out(world: World, build: Build, stage: Stage, step: Step) -> None:
    step.exit_code = stage.exit_code = 137
    _skip_quietly(world, stage)
    stage.status = Status.KILLED
    _end_stage(world, build, stage)


def _finish(world: World, build: Build, stage: Stage) -> None:
    if stage.status is not Status.RUNNING or stage.orphaned:
        return
    failed = False
    for step in stage.steps:
        if step.plan.detached and step.status is Status.RUNNING:
            step.status = Status.SUCCESS
            step.stopped, step.ended = world.seconds, world.now
            world.step_ended(step)
        failed = failed or (step.status is Status.FAILURE and not step.plan.ignore_failure)
    stage.status = Status.FAILURE if failed else Status.SUCCESS
    _end_stage(world, build, stage)


def _end_stage(world: World, build: Build, stage: Stage) -> None:
    stage.stopped = stage.updated = world.seconds
    stage.version += 1
    for step in stage.steps:
        # The runner sends its steps once more, but not those it skipped without running anything.
        if step.status is not Status.SKIPPED or _failed_before(stage):
            step.version += step.status is not Status.KILLED
    _pass_on(world, build, stage)
    if all(other.status.ended for other in build.stages):
        _end_build(world, build)


def _failed_before(stage: Stage) -> bool:
    return any(step.status is Status.FAILURE for step in stage.steps)


def _pass_on(world: World, build: Build, stage: Stage) -> None:
    """Skip or schedule the stages that waited for this one, and for those skipped because of it."""
    done = {stage.plan.name}
    failed = any(other.status in FAILED for other in build.stages)
    for other in build.stages:
        if other.status is not Status.WAITING or not done.intersection(other.plan.depends_on):
            continue
        needed = [one for one in build.stages if one.plan.name in other.plan.depends_on]
        if not all(one.status.ended for one in needed):
            continue
        other.version += 1
        other.updated = world.seconds
        if failed and not other.plan.on_failure:
            other.status = Status.SKIPPED
            other.started = other.stopped = world.seconds
            done.add(other.plan.name)
        else:
            other.status = Status.PENDING
            schedule(world, build, other)


def _end_build(world: World, build: Build) -> None:
    build.status = Status.SUCCESS
    for stage in build.stages:
        if stage.status in FAILED:
            build.status = stage.status
    build.finished = world.seconds
    build.started = build.started or build.finished
    build.version += 1
    world.close(build)
    world.publish(build)
