"""Which steps of a build an address means. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from buildwatch.cli.address import Address, Part
from buildwatch.cli.errors import UserError
from buildwatch.config.errors import near
from buildwatch.model import Build, Stage, Status, Step


@dataclass(frozen=True, slots=True)
class Place:
    """A step in its stage."""

    stage: Stage
    step: Step

    @property
    def key(self) -> tuple[int, int]:
        """The numbers of stage and step."""
        return self.stage.number, self.step.number


@dataclass(frozen=True, slots=True)
class Places:
    """The steps that were meant. `complete` tells that no other will come; `single` that just one was meant."""

    steps: tuple[Place, ...]
    complete: bool
    single: bool


def places(build: Build, address: Address) -> Places:
    """The steps of `build` that are known and that `address` means.

    A lone name is a stage, or else a step of the only stage that has one of that name.
    """
    ended = build.status.ended
    stages = build.stages or ()
    if address.stage is None:
        return Places(_all(stages), complete=ended, single=False)
    named = tuple(stage for stage in stages if _is(stage, address.stage))
    if address.step is not None:
        steps = tuple(place for place in _all(named) if _is(place.step, address.step))
        return Places(steps[:1], complete=ended or bool(steps), single=True)
    if named:
        return Places(_all(named), complete=ended or all(stage.status.ended for stage in named), single=False)
    steps = tuple(place for place in _all(stages) if _is(place.step, address.stage))
    return Places(steps, complete=ended or bool(steps), single=len(steps) == 1)


def no_place(build: Build, address: Address) -> UserError:
    """What to say when a build has no such stage or step."""
    if address.stage is None:
        return UserError(f"{build.address} has no steps{f': {build.error}' if build.error else ''}")
    names = [stage.name for stage in build.stages or ()]
    names += [place.step.name for place in _all(build.stages or ())]
    wrong = address.stage if address.step is None or not names else address.step
    what = f"{address.stage}/{address.step}" if address.step is not None else f"{address.stage}"
    return UserError(f"{build.address} has no stage or step {what}{near(str(wrong), names)}")


def status(build: Build, key: tuple[int, int]) -> Status:
    """What is known of a step. In a build that has ended nothing runs, whatever its stages said last."""
    stage = build.stage(key[0])
    step = stage.step(key[1]) if stage else None
    known = step.status if step else Status.PENDING
    return build.status if build.status.ended and not known.ended else known


def _all(stages: tuple[Stage, ...]) -> tuple[Place, ...]:
    return tuple(Place(stage, step) for stage in stages for step in stage.steps)


def _is(thing: Stage | Step, part: Part) -> bool:
    return thing.number == part if isinstance(part, int) else thing.name == part
