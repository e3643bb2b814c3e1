"""What people do to builds over the API, with the server's own rules and silences.

Nothing here tells the event streams except `supersede` (Drone 2.x, service/canceler).
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from buildwatch.demo import runner
from buildwatch.demo.state import Build, Stage, Status
from buildwatch.demo.templates import Draw, draw

if TYPE_CHECKING:
    from buildwatch.demo.plans import BuildPlan
    from buildwatch.demo.state import Origin, Repo
    from buildwatch.demo.world import World

CANCELLED_EXIT = 130
CLEAN_UP_DELAY = 0.4


class Declined(Exception):
    """A declined build is not started again."""


class NotBlocked(Exception):
    """Only what is blocked can be approved or declined; `status` is what it is instead."""

    def __init__(self, status: Status) -> None:
        super().__init__(status)
        self.status = status


def create(world: World, repo: Repo, plan: BuildPlan, origin: Origin, *, blocked: bool = False) -> Build:
    """A build that runs as soon as a runner takes it, with the faults of being born."""
    faults = world.faults
    number = None
    if faults.hits(faults.number_holes):
        repo.counter += 1
    elif faults.hits(faults.late_numbers):
        number = next((n for n in range(repo.counter, 0, -1) if n not in repo.by_number), None)
    build = world.create(repo, plan, origin, blocked=blocked, number=number)
    build.muted = faults.hits(faults.silent_builds)
    if faults.hits(faults.silent_cancels):
        world.after(1.0 + build.id % 5, partial(world.habits.end_silently, build))
    world.habits.start(build)
    return build


def restart(world: World, build: Build, *, login: str, params: dict[str, str], pace: float) -> Build:
    """The same commit again, under a new number. Raises Declined."""
    if build.status is Status.DECLINED:
        raise Declined
    origin = replace(build.origin, trigger=login, parent=build.number, params=build.origin.params | params)
    return create(world, build.repo, plan_again(world, build, pace), origin)


def plan_again(world: World, build: Build, pace: float, event: str = "") -> BuildPlan:
    """A plan for a build's commit, by default for the same event; a scripted build repeats its script.

    It has no stages when the repo has none for the event.
    """
    if build.scripted:
        return build.plan
    how = Draw(event or build.origin.event, pace=pace, passes=True)
    return draw(build.repo.project, how, world.rng(f"again/{build.id}/{build.repo.counter}"))


def cancel(world: World, build: Build) -> None:
    """End a build by hand. An ended one stays as it is. No event follows, now or later."""
    _stop(world, build, Status.KILLED)
    if world.faults.killed_flips:
        world.after(2.0, partial(_flip, build))


def supersede(world: World, build: Build) -> None:
    """A newer push ends an older build: it counts as skipped, and the streams hear of it."""
    if not build.status.ended:
        _stop(world, build, Status.SKIPPED)
        world.publish(build)


def _flip(build: Build) -> None:
    if build.status is Status.KILLED:
        build.status = Status.FAILURE
        build.version += 1


def _stop(world: World, build: Build, status: Status) -> None:
    if build.status.ended:
        return
    for stage in build.stages:
        if not stage.status.ended:
            _stop_stage(world, stage)
    build.status = status
    build.finished = world.seconds
    build.started = build.started or build.finished
    build.version += 1
    world.close(build)


def _stop_stage(world: World, stage: Stage) -> None:
    ran = stage.status is Status.RUNNING
    stage.status = Status.KILLED if ran else Status.SKIPPED
    stage.started = stage.started or world.seconds
    stage.stopped = world.seconds
    stage.version += 1
    for step in stage.steps:
        if step.status.ended:
            continue
        running = step.status is Status.RUNNING
        step.status = Status.KILLED if running else Status.SKIPPED
        step.exit_code = CANCELLED_EXIT
        step.started = step.started or world.seconds
        step.stopped = world.seconds
        step.version += 1
        if running:
            step.ended = world.now
            step.log_lost = stage.orphaned
            world.step_ended(step)
    if ran and not stage.orphaned:
        world.after(CLEAN_UP_DELAY, partial(_clean_up, stage))


def _clean_up(stage: Stage) -> None:
    """The runner hears of the cancel and sends the ended steps once more."""
    for step in stage.steps:
        if step.status in (Status.SUCCESS, Status.FAILURE):
            step.version += 1


def approve(world: World, build: Build, stage: Stage) -> None:
    """Let one blocked stage run. Raises NotBlocked when it is not blocked.

    A stage whose dependencies have already ended waits for ever: nothing will schedule it any more.
    """
    if stage.status is not Status.BLOCKED:
        raise NotBlocked(stage.status)
    stage.status = Status.WAITING if stage.plan.depends_on else Status.PENDING
    stage.updated = world.seconds
    stage.version += 1
    if stage.status is Status.PENDING:
        runner.schedule(world, build, stage)


def decline(world: World, build: Build, stage: Stage) -> None:
    """Refuse one blocked stage; the build counts as declined at once. Raises NotBlocked when not blocked."""
    if stage.status is not Status.BLOCKED:
        raise NotBlocked(stage.status)
    _decline(world, stage)
    _mark_declined(world, build)


def decline_all(world: World, build: Build) -> None:
    """Refuse all blocked stages. Raises NotBlocked when there is none."""
    blocked = [stage for stage in build.stages if stage.status is Status.BLOCKED]
    if not blocked:
        raise NotBlocked(build.status)
    for stage in blocked:
        _decline(world, stage)
    _mark_declined(world, build)


def _decline(world: World, stage: Stage) -> None:
    stage.status = Status.DECLINED
    stage.updated = world.seconds
    stage.version += 1


def _mark_declined(world: World, build: Build) -> None:
    build.status = Status.DECLINED
    build.version += 1
    world.close(build)
