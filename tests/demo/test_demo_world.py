"""Whatever people and runners do in whatever order, the simulated server stays one that could be real."""

from collections import defaultdict
from itertools import dropwhile
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from buildwatch.demo import actions
from buildwatch.demo.control import Script, StageScript, StepScript
from buildwatch.demo.driver import HandClock
from buildwatch.demo.plans import Outcome
from buildwatch.demo.server import DemoServer
from buildwatch.demo.state import Build, Status

REPO = "acme/storefront"
DOINGS = ("start", "block", "cancel", "supersede", "approve", "decline", "restart", "kill", "revive", "wait")

GOES_ON = (Status.PENDING, Status.RUNNING, Status.DECLINED)

outcomes = st.sampled_from(get_args(Outcome))
doings = st.lists(st.tuples(st.sampled_from(DOINGS), st.integers(0, 5), st.floats(0, 9)), max_size=30)


def script(*, blocked: bool, first: Outcome, second: Outcome) -> Script:
    stages = (
        StageScript((StepScript("clone"), StepScript("test", outcome=first)), "one"),
        StageScript((StepScript("deploy", outcome=second),), "two", depends_on=("one",)),
        StageScript((StepScript("tell"),), "three", depends_on=("two",), on_failure=True),
    )
    return Script(REPO, stages, blocked=blocked)


def do(server: DemoServer, doing: str, which: int, script: Script) -> None:
    world, builds = server.world, server.world.builds
    if doing in ("start", "block") or not builds:
        server.control.start(script)
        return
    if doing in ("kill", "revive"):
        server.control.runners(up=doing == "revive")
        return
    build = builds[which % len(builds)]
    stage = build.stages[which % len(build.stages)]
    try:
        match doing:
            case "cancel" | "supersede":
                server.control.cancel(build, superseded=doing == "supersede")
            case "approve":
                actions.approve(world, build, stage)
            case "decline":
                actions.decline(world, build, stage)
            case "restart":
                actions.restart(world, build, login="dana", params={}, pace=1)
    except (actions.NotBlocked, actions.Declined):
        return


@settings(max_examples=60, deadline=None)
@given(doings, outcomes, outcomes)
def test_nothing_comes_back_to_life(doings: list[tuple[str, int, float]], first: Outcome, second: Outcome) -> None:
    server = DemoServer(clock=HandClock(1_795_433_706.0), history=0, rate=0)
    seen: dict[int, list[tuple[Status, int]]] = defaultdict(list)

    def look(build: Build) -> None:
        seen[build.id].append((build.status, build.version))

    server.world.on_publish = look
    for doing, which, seconds in doings:
        do(server, doing, which, script(blocked=doing == "block", first=first, second=second))
        server.advance(seconds)
        for build in server.world.builds:
            look(build)
    for build in server.world.builds:
        versions = [version for _, version in seen[build.id]]
        assert versions == sorted(versions)
        # A partly declined build may still run and end; any other end is for ever.
        after = dropwhile(lambda status: status in GOES_ON, [status for status, _ in seen[build.id]])
        assert len(set(after)) <= 1
        assert (build.id in server.world.open) == any(not stage.status.ended for stage in build.stages)
        for stage in build.stages:
            assert stage.steps or stage.status is not Status.SUCCESS
            if stage.status.ended and stage.status is not Status.DECLINED:
                assert stage.stopped >= stage.started > 0
                assert all(step.status.ended for step in stage.steps)
