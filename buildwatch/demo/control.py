"""Builds made to order, for tests and benchmarks: what no CI server offers over its own API."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any, Literal

import msgspec

from buildwatch.demo import company
from buildwatch.demo.faults import Faults
from buildwatch.demo.life import Life
from buildwatch.demo.listener import Listener
from buildwatch.demo.logs import append
from buildwatch.demo.pipelines import BY_LANGUAGE
from buildwatch.demo.plans import BuildPlan, Outcome, Piece, StagePlan, StepPlan
from buildwatch.demo.state import Build, Origin, Person, Repo, Stage, Status, Step
from buildwatch.demo.templates import Project
from buildwatch.demo.world import World


class NoSuchThing(LookupError):
    """A repo, build, stage or step that is not there; the text says which."""


class StepScript(msgspec.Struct, forbid_unknown_fields=True):
    """A step to order. `log` None means generated output; `hold` keeps it running until released."""

    name: str
    seconds: float = 1.0
    outcome: Outcome = "success"
    exit_code: int = 0
    ignore_failure: bool = False
    detached: bool = False
    always: bool = False
    hold: bool = False
    image: str = ""
    depends_on: tuple[str, ...] = ()
    log: tuple[str, ...] | None = None

    def plan(self) -> StepPlan:
        share = 0.0 if self.hold else self.seconds / max(1, len(self.log or ()))
        said = None if self.log is None else tuple(Piece(i * share, out) for i, out in enumerate(self.log))
        fails = self.outcome == "failure"
        return StepPlan(
            self.name,
            seconds=self.seconds,
            outcome=self.outcome,
            exit_code=self.exit_code or int(fails),
            ignore_failure=self.ignore_failure,
            detached=self.detached,
            always=self.always,
            hold=self.hold,
            image=self.image,
            depends_on=self.depends_on,
            pieces=said,
        )


class StageScript(msgspec.Struct, forbid_unknown_fields=True):
    """A stage to order; `arch` other than `amd64` finds no runner, `error` is the runner's complaint.

    `axis` makes it one of a matrix, on servers that have them.
    """

    steps: tuple[StepScript, ...] = (StepScript("build"),)
    name: str = "default"
    depends_on: tuple[str, ...] = ()
    on_failure: bool = False
    runner: Literal["docker", "exec", "kubernetes"] = "docker"
    arch: str = "amd64"
    error: str = ""
    axis: dict[str, str] = {}

    def plan(self) -> StagePlan:
        return StagePlan(
            self.name,
            tuple(step.plan() for step in self.steps),
            depends_on=self.depends_on,
            runner=self.runner,
            arch=self.arch,
            on_failure=self.on_failure,
            error=self.error,
            axis=tuple(self.axis.items()),
        )


class Script(msgspec.Struct, forbid_unknown_fields=True):
    """A build to order. `unseen` keeps it from every stream; `number` asks for one that was left out."""

    repo: str
    stages: tuple[StageScript, ...] = (StageScript(),)
    event: str = "push"
    branch: str = ""
    commit: str = ""
    message: str = "A scripted build"
    author: str = company.ADMIN.login
    deploy_to: str = ""
    params: dict[str, str] = {}
    error: str = ""
    blocked: bool = False
    unseen: bool = False
    number: int | None = None


class Control:
    """What the control paths do, for use in the same process."""

    def __init__(self, world: World, life: Life, faults: Faults, listener: Listener) -> None:
        self._world = world
        self._life = life
        self._faults = faults
        self._listener = listener

    def change_faults(self, values: dict[str, Any]) -> dict[str, Any]:
        """Set faults and give all. Raises msgspec.ValidationError for what is no fault."""
        self._faults.change(values)
        return self._faults.as_dict()

    def refuse(self) -> None:
        """Close the listening socket and break off what is open, until `accept`."""
        self._listener.refuse()

    async def accept(self) -> None:
        """Listen again, on the same port."""
        await self._listener.open()

    async def outage(self, seconds: float) -> None:
        """Be away for some real seconds."""
        self.refuse()
        await asyncio.sleep(seconds)
        await self.accept()

    def faults(self) -> dict[str, Any]:
        return self._faults.as_dict()

    def add_repo(self, slug: str, *, private: bool = False) -> Repo:
        """One more repo, without builds; streams that are open do not get it."""
        namespace, _, name = slug.partition("/")
        project = Project(namespace, name, "go", BY_LANGUAGE["go"], private=private)
        return self._world.add_repo(project, company.members(project))

    def start(self, script: Script) -> Build:
        """A build that does what the script says."""
        repo = self.repo(script.repo)
        plan = BuildPlan(() if script.error else tuple(stage.plan() for stage in script.stages), error=script.error)
        if script.number is not None and script.number in repo.by_number:
            raise NoSuchThing(f"number {script.number} of {repo.slug} is taken")
        origin = _origin(self._world, repo, script)
        if script.commit:
            origin = replace(origin, after=script.commit)
        build = self._world.create(repo, plan, origin, blocked=script.blocked, number=script.number)
        build.scripted, build.muted = True, script.unseen
        self._world.habits.start(build)
        return build

    def release(
        self,
        build: Build,
        stage: int = 1,
        step: int | None = None,
        *,
        outcome: Outcome = "success",
        exit_code: int = 0,
    ) -> None:
        """End a running step by hand; without a number the first that runs."""
        found = self.stage(build, stage)
        running = [one for one in found.steps if one.status is Status.RUNNING and step in (None, one.number)]
        if not running:
            raise NoSuchThing(f"no such step runs in stage {stage} of {build.repo.slug} #{build.number}")
        code = exit_code or int(outcome == "failure")
        self._world.habits.release(build, found, running[0], outcome, code)

    def say(self, build: Build, stage: int, step: int, texts: list[str]) -> None:
        """Let a running step print pieces, now."""
        append(self._world.seed, build, self.step(build, stage, step), self._world.now, texts)

    def cancel(self, build: Build, *, superseded: bool = False) -> None:
        """Cancel a build without a word, or as a newer push does it, with an event."""
        habits = self._world.habits
        (habits.supersede if superseded else habits.cancel)(build)

    def runners(self, *, up: bool) -> None:
        """Kill all runners, or bring them back."""
        habits = self._world.habits
        (habits.revive_runners if up else habits.kill_runners)()

    def skip_numbers(self, slug: str, count: int) -> None:
        """Leave numbers out, as builds do that the server purged or never kept."""
        self.repo(slug).counter += count

    def pause(self, *, paused: bool) -> None:
        """Start no more builds by themselves, or again."""
        self._life.paused = paused

    def repo(self, slug: str) -> Repo:
        found = self._world.by_slug.get(slug)
        if found is None:
            raise NoSuchThing(f"no such repo: {slug}")
        return found

    def build(self, slug: str, number: int) -> Build:
        found = self.repo(slug).by_number.get(number)
        if found is None:
            raise NoSuchThing(f"no such build: {slug} #{number}")
        return found

    def stage(self, build: Build, number: int) -> Stage:
        found = build.stage(number)
        if found is None:
            raise NoSuchThing(f"no such stage: {build.repo.slug} #{build.number} stage {number}")
        return found

    def step(self, build: Build, stage: int, number: int) -> Step:
        found = build.step(stage, number)
        if found is None:
            raise NoSuchThing(f"no such step: {build.repo.slug} #{build.number} stage {stage} step {number}")
        return found

    def state(self) -> dict[str, Any]:
        """The truth about all builds; `ended_at` and `told_at` are exact unix seconds, null when not yet."""
        return {
            "now": self._world.now,
            "seed": self._world.seed,
            "builds": [
                {
                    "repo": build.repo.slug,
                    "number": build.number,
                    "id": build.id,
                    "status": str(build.status),
                    "version": build.version,
                    "created": build.created,
                    "started": build.started,
                    "finished": build.finished,
                    "ended_at": build.ended or None,
                    "told_at": build.told or None,
                    "unseen": build.muted,
                }
                for build in self._world.builds
            ],
        }


def _origin(world: World, repo: Repo, script: Script) -> Origin:
    branch = script.branch or repo.project.default_branch
    known = {person.login: person for person in company.PEOPLE}
    author = known.get(script.author) or Person(script.author, script.author, f"{script.author}@example.org")
    rng = world.rng(f"script/{repo.slug}/{repo.counter}")
    refs = {"tag": f"refs/tags/{branch}", "pull_request": "refs/pull/7/head"}
    return Origin(
        script.event,
        script.message,
        company.commit(rng),
        refs.get(script.event, f"refs/heads/{branch}"),
        branch,
        branch,
        sender=author.login,
        author=author,
        deploy_to=script.deploy_to,
        params=script.params,
        title=script.message if script.event == "pull_request" else "",
    )
