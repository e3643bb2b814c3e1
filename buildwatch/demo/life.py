"""The company at work: its history when the server starts, and builds that start by themselves after.

All chance comes from one source per purpose, drawn in the order of simulated time.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from random import Random

from buildwatch.demo import actions, company, origins
from buildwatch.demo.plans import BuildPlan
from buildwatch.demo.state import Build, Origin, Repo, Status
from buildwatch.demo.templates import Draw, Project, draw, hold_back
from buildwatch.demo.world import World

HISTORY_SECONDS = 21 * 86400
FIRST_START = 1.0
BUSY_BUILDS = 5
USUAL_RATE = 0.09
"""Builds started a second when nobody asked for another rate: one in 8 to 15 seconds."""
_YAML_ERROR = "yaml: line 14: mapping values are not allowed in this context"


class Life:
    """Starts builds: `rate` a second, None for the usual, 0 for none. A high rate makes them shorter."""

    def __init__(self, world: World, rate: float | None) -> None:
        self._world = world
        self._rate = USUAL_RATE if rate is None else rate
        self._rng = world.rng("life")
        self._weights = [repo.project.weight for repo in world.repos]
        self._busy = BUSY_BUILDS if rate is None else None
        self.pace = self.pace_of(rate)
        self.paused = False

    @staticmethod
    def pace_of(rate: float | None) -> float:
        """How much shorter than usual steps are, so that not too many builds run at once."""
        return min(1.0, 15 * USUAL_RATE / rate) if rate else 1.0

    def begin(self) -> None:
        """Plan the first start: something is to be seen at once."""
        if self._rate:
            self._world.after(min(FIRST_START, 1 / self._rate), self._start_one)

    def _start_one(self) -> None:
        self._world.after(self._rng.uniform(0.7, 1.35) / self._rate, self._start_one)
        if self.paused or (self._busy is not None and self._running() >= self._busy):
            return
        repo = self._rng.choices(self._world.repos, self._weights)[0]
        something_happens(self._world, repo, self._rng, Draw("", pace=self.pace))

    def _running(self) -> int:
        return sum(build.status is Status.RUNNING for build in self._world.open.values())


def something_happens(world: World, repo: Repo, rng: Random, how: Draw) -> Build:
    """One build of a repo, for one of the usual reasons."""
    origin = _some_origin(repo, rng)
    if origin.event == "push":
        _supersede(world, repo, origin)
    if origin.event in ("push", "pull_request") and rng.random() < 0.012:
        broken = world.create(repo, BuildPlan((), error=_YAML_ERROR), origin)
        world.habits.start(broken)
        return broken
    plan = draw(repo.project, Draw(origin.event, how.age, how.pace), rng)
    return actions.create(world, repo, plan, origin)


def _some_origin(repo: Repo, rng: Random) -> Origin:
    project, kind = repo.project, rng.random()
    if kind < 0.10 and project.targets:
        good = origins.newest_success(repo)
        if good:
            event = "rollback" if rng.random() < 0.15 else "promote"
            login, target = company.author(rng).login, rng.choice(project.targets)
            return origins.deployment(good, event, login, target, {})
    if kind < 0.15:
        return origins.tag(repo, rng)
    if kind < 0.20 and project.crons:
        return origins.cron(repo, project.crons[0], rng) if project.language != "rust" else _push(repo, rng)
    if kind < 0.45:
        return origins.pull_request(project, rng)
    return _push(repo, rng)


def _push(repo: Repo, rng: Random) -> Origin:
    return origins.push(repo.project, rng)


def _supersede(world: World, repo: Repo, origin: Origin) -> None:
    if not repo.project.auto_cancel:
        return
    for build in list(world.open.values()):
        if build.repo is repo and build.origin.ref == origin.ref and build.origin.event == "push":
            world.habits.supersede(build)


def populate(world: World, projects: Sequence[Project], *, now: float, history: int | None, pace: float) -> None:
    """Give a world its repos and let three weeks pass up to `now`; `world` starts at `beginning(now)`."""
    rng = world.rng("history")
    for project in projects:
        world.add_repo(project, company.members(project))
    for repo in world.repos:
        count = history if history is not None else rng.randint(25, 60)
        for begin in sorted(_moments(now, count, rng)):
            age = (begin - world.now) / HISTORY_SECONDS
            world.at(begin, partial(_live_through, world, repo, rng, Draw("", age, pace)))
    if history != 0:
        _plant_scenes(world, now, pace)
    world.advance(now)


def beginning(now: float) -> float:
    """When the history begins, in unix seconds."""
    return now - HISTORY_SECONDS


def _moments(now: float, count: int, rng: Random) -> list[float]:
    """When builds began, mostly in working hours, the last ten minutes left free."""
    moments = []
    for _ in range(count):
        back = rng.uniform(600, HISTORY_SECONDS - 3600)
        hour = (now - back) % 86400 / 3600
        if not 7 <= hour <= 19 and back < HISTORY_SECONDS - 86400 and rng.random() < 0.8:
            back += (hour - rng.uniform(9, 18)) % 24 * 3600
        moments.append(now - min(back, HISTORY_SECONDS - 60))
    return moments


def _live_through(world: World, repo: Repo, rng: Random, how: Draw) -> None:
    build = something_happens(world, repo, rng, how)
    if repo.project.protected and rng.random() < 0.06 and build.origin.event == "push":
        refused = world.create(repo, build.plan, origins.push(repo.project, rng), blocked=True)
        world.habits.start(refused)
        if refused.status is not Status.ERROR:  # there is nothing to refuse where the yaml is bad
            world.habits.decline(refused, company.ADMIN.login)
    if rng.random() < 0.03:
        world.after(rng.uniform(4, 12) * how.pace, partial(world.habits.cancel, build))
    if repo.project.auto_cancel and build.origin.event == "push" and rng.random() < 0.1:
        world.after(rng.uniform(8, 25) * how.pace, partial(_push_again, world, build, rng, how))
    if rng.random() < 0.35:
        world.after(rng.uniform(120, 400), partial(_run_again, world, build, rng, how.pace))


def _push_again(world: World, build: Build, rng: Random, how: Draw) -> None:
    repo = build.repo
    origin = origins.push(repo.project, rng, branch=build.origin.target)
    _supersede(world, repo, origin)
    actions.create(world, repo, draw(repo.project, Draw("push", how.age, how.pace), rng), origin)


def _run_again(world: World, build: Build, rng: Random, pace: float) -> None:
    if build.status is Status.FAILURE:
        login = company.author(rng).login
        world.habits.restart(build, login, pace)


def _plant_scenes(world: World, now: float, pace: float) -> None:
    """What there is to see at once: one build stuck, one waiting for approval, one long under way."""
    rng = world.rng("scenes")
    scenes = {
        "stuck": (now - 3640, _stuck),
        "blocked": (now - 1510, _blocked),
        "long": (now - 205, _long),
        "half done": (now - 14 * pace, _usual),
        "begun": (now - 6 * pace, _usual),
    }
    for repo in world.repos:
        if repo.project.scene:
            when, scene = scenes[repo.project.scene]
            world.at(when, partial(scene, world, repo, rng, pace))


def _stuck(world: World, repo: Repo, rng: Random, pace: float) -> None:
    plan = hold_back(draw(repo.project, Draw("push", pace=pace, passes=True), rng), "arm64")
    actions.create(world, repo, plan, _head(repo.project, rng))


def _blocked(world: World, repo: Repo, rng: Random, pace: float) -> None:
    origin = _head(repo.project, rng)
    plan = draw(repo.project, Draw("push", pace=pace, passes=True), rng)
    actions.create(world, repo, plan, origin, blocked=True)


def _long(world: World, repo: Repo, rng: Random, pace: float) -> None:
    del pace  # the nightly run takes its minutes whatever the others do
    project = repo.project
    origin = origins.cron(repo, "nightly", rng) if project.crons else _head(project, rng)
    actions.create(world, repo, draw(repo.project, Draw("cron", passes=True), rng), origin)


def _head(project: Project, rng: Random) -> Origin:
    return origins.push(project, rng, branch=project.default_branch)


def _usual(world: World, repo: Repo, rng: Random, pace: float) -> None:
    origin = _head(repo.project, rng)
    actions.create(world, repo, draw(repo.project, Draw("push", pace=pace, passes=True), rng), origin)
