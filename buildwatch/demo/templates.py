"""Pipelines as their authors wrote them, and how a plan for one build is drawn from them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from buildwatch.demo.plans import BuildPlan, StagePlan, StepPlan

if TYPE_CHECKING:
    from random import Random


Axis = tuple[tuple[str, str], ...]
"""One cell of a matrix: names and values."""


@dataclass(frozen=True, slots=True)
class StepTemplate:
    """`on` lists the events that include the step (empty: all); `breaks` is its share of the failures."""

    name: str
    tool: str
    seconds: float
    image: str = ""
    on: tuple[str, ...] = ()
    breaks: int = 0
    needs: tuple[str, ...] = ()
    ignore_failure: bool = False
    detached: bool = False
    always: bool = False


@dataclass(frozen=True, slots=True)
class StageTemplate:
    """A stage with its steps; a stage whose steps are all left out is left out too."""

    name: str
    steps: tuple[StepTemplate, ...]
    needs: tuple[str, ...] = ()
    runner: str = "docker"
    arch: str = "amd64"
    on_failure: bool = False


@dataclass(frozen=True, slots=True)
class Project:
    """A repository of the company and how it behaves.

    `fails` is the share of builds that fail, `flaky` the share that fail at random and pass when run again,
    `slows` the growth of durations over the whole history (0.5: half as long again at its end).
    """

    namespace: str
    name: str
    language: str
    stages: tuple[StageTemplate, ...]
    private: bool = False
    protected: bool = False
    auto_cancel: bool = False
    default_branch: str = "main"
    fails: float = 0.12
    flaky: float = 0.0
    slows: float = 0.0
    crons: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    weight: int = 2
    axes: tuple[Axis, ...] = ()
    """The stages of a matrix: each stage is there once per axis."""
    scene: str = ""
    """What there is to see of the repo when the server starts."""


@dataclass(frozen=True, slots=True)
class Draw:
    """What a plan depends on besides the template: `age` runs from 0 (oldest) to 1 (now), `pace` scales time."""

    event: str
    age: float = 1.0
    pace: float = 1.0
    passes: bool = False


def draw(project: Project, how: Draw, rng: Random) -> BuildPlan:
    """A plan for one build of `project`: which steps, how long each, and which one fails if any does."""
    chosen = [(stage, _included(stage, how.event)) for stage in project.stages]
    chosen = [(stage, steps) for stage, steps in chosen if steps]
    broken = _broken(project, [step for _, steps in chosen for step in steps], how, rng)
    scale = how.pace * (1 + project.slows * how.age)
    names = {stage.name for stage, _ in chosen}
    return BuildPlan(
        tuple(
            StagePlan(
                stage.name,
                tuple(_step(step, scale, step is broken, rng) for step in steps),
                depends_on=tuple(name for name in stage.needs if name in names),
                runner=stage.runner,
                arch=stage.arch,
                on_failure=stage.on_failure,
                axis=axis,
            )
            for stage, steps in chosen
            for axis in project.axes or ((),)
        )
    )


def flat(stages: tuple[StageTemplate, ...]) -> tuple[StageTemplate, ...]:
    """One stage with all steps in turn and one clone, for servers that know no stages but those of a matrix."""
    steps: dict[str, StepTemplate] = {}
    for stage in stages:
        for step in stage.steps:
            taken = step.name in steps and step.tool != "git"
            name = f"{stage.name} {step.name}" if taken else step.name
            steps.setdefault(name, replace(step, name=name, needs=()))
    return (StageTemplate("default", tuple(steps.values())),)


def hold_back(plan: BuildPlan, arch: str) -> BuildPlan:
    """The same plan asking for a platform, for builds that wait for a runner that never comes."""
    return replace(plan, stages=tuple(replace(stage, arch=arch) for stage in plan.stages))


def _included(stage: StageTemplate, event: str) -> list[StepTemplate]:
    kept = [step for step in stage.steps if not step.on or event in step.on]
    return kept if any(step.tool != "git" for step in kept) else []


def _broken(project: Project, steps: list[StepTemplate], how: Draw, rng: Random) -> StepTemplate | None:
    share = project.flaky if how.passes else project.fails + project.flaky
    fails = rng.random() < share
    weights = [step.breaks for step in steps]
    if not fails or not any(weights):
        return None
    return rng.choices(steps, weights)[0]


def _step(step: StepTemplate, scale: float, fails: bool, rng: Random) -> StepPlan:
    if step.ignore_failure:
        fails = fails or rng.random() < 0.3
    seconds = max(0.2, step.seconds * scale * rng.uniform(0.85, 1.2) * (0.7 if fails else 1.0))
    return StepPlan(
        step.name,
        step.tool,
        seconds=round(seconds, 2),
        outcome="failure" if fails else "success",
        exit_code=rng.choice((1, 1, 1, 2)) if fails else 0,
        ignore_failure=step.ignore_failure,
        detached=step.detached,
        always=step.always,
        image=step.image,
        depends_on=step.needs,
    )
