"""What the event streams are told, against what a real server told: order, statuses, versions, silences."""

from collections.abc import Iterable
from typing import Any

import pytest

from buildwatch.demo import actions
from buildwatch.demo.control import Script, StageScript, StepScript
from buildwatch.demo.server import DemoServer
from buildwatch.demo.state import Build, Status

Row = list[Any]
REPO = "acme/search"


def steps(*names: str, **changes: dict[str, Any]) -> tuple[StepScript, ...]:
    return tuple(StepScript(name, **changes.get(name, {})) for name in names)


def one_stage(*made: StepScript) -> Script:
    return Script(REPO, (StageScript(made, name="default", runner="exec"),))


GCD = ("clone", "setup", "test", "build", "build_image", "run_server", "slack")
WEB = (
    StageScript(steps("clone", "eslint", "prettier", prettier={"outcome": "failure", "ignore_failure": True}), "lint"),
    StageScript(steps("jest", jest={"seconds": 2}), "unit", depends_on=("lint",)),
    StageScript(
        steps("browsers", "report", browsers={"outcome": "failure", "seconds": 2.02}), "e2e", depends_on=("lint",)
    ),
    StageScript(steps("bundle"), "package", depends_on=("unit", "e2e")),
    StageScript(steps("slack"), "notify", depends_on=("package",), on_failure=True),
)


def run(server: DemoServer, script: Script, seconds: float = 60.0) -> Build:
    build = server.control.start(script)
    server.advance(seconds)
    return build


def test_a_build_that_succeeds(quiet: DemoServer, told: list[Row], recorded_events: dict[str, list[Row]]) -> None:
    run(quiet, one_stage(*steps(*GCD, run_server={"detached": True})))
    assert told == recorded_events["push_success"]


def test_a_step_that_fails(quiet: DemoServer, told: list[Row], recorded_events: dict[str, list[Row]]) -> None:
    names = (*GCD[:-1], "deploy", "slack")
    changes: dict[str, dict[str, Any]] = {
        "test": {"outcome": "failure", "exit_code": 3},
        "run_server": {"detached": True},
        "slack": {"always": True},
    }
    run(quiet, one_stage(*steps(*names, **changes)))
    assert told == recorded_events["failure"]


def test_a_newer_push(quiet: DemoServer, told: list[Row], recorded_events: dict[str, list[Row]]) -> None:
    build = run(quiet, one_stage(*steps(*GCD, test={"hold": True}, run_server={"detached": True})), seconds=5)
    quiet.control.cancel(build, superseded=True)
    quiet.advance(5)
    assert told == recorded_events["superseded"]


def test_a_stage_that_takes_too_long(quiet: DemoServer, told: list[Row], recorded_events: dict[str, list[Row]]) -> None:
    made = steps("clone", "eslint", "prettier", eslint={"outcome": "killed", "exit_code": 137})
    build = run(quiet, Script(REPO, (StageScript(made, name="toolong"),)))
    assert told == recorded_events["timeout"]
    assert build.stages[0].exit_code == 137


def test_stages_that_wait_for_each_other(
    quiet: DemoServer, told: list[Row], recorded_events: dict[str, list[Row]]
) -> None:
    run(quiet, Script(REPO, WEB))
    assert told[0] == recorded_events["multistage"][0]
    assert told[-1] == recorded_events["multistage"][-1]
    for stage in range(len(WEB)):
        # Parallel stages merge differently each time, but each goes through the same states.
        assert set(_states(recorded_events["multistage"], stage)) <= set(_states(told, stage))


def _states(rows: Iterable[Row], stage: int) -> list[tuple[str, int]]:
    return [(row[2][stage][1], row[2][stage][2]) for row in rows]


def test_a_build_declined_in_part_goes_on(
    quiet: DemoServer, told: list[Row], recorded_events: dict[str, list[Row]]
) -> None:
    build = quiet.control.start(Script(REPO, WEB, blocked=True))
    actions.decline(quiet.world, build, build.stages[1])
    actions.approve(quiet.world, build, build.stages[0])
    quiet.advance(60)
    assert told == recorded_events["declined"]


def test_nothing_is_told_of_a_birth_or_of_waiting(quiet: DemoServer, told: list[Row]) -> None:
    quiet.control.start(one_stage(*steps("clone")))
    quiet.control.start(Script(REPO, error="yaml: line 5: did not find expected node content"))
    quiet.control.start(Script(REPO, blocked=True))
    quiet.control.start(Script(REPO, (StageScript(arch="arm64"),)))
    assert told == []
    quiet.advance(3600)
    assert {entry[0] for entry in told} == {"running", "success"}
    assert [build.status for build in quiet.world.builds] == [
        Status.SUCCESS, Status.ERROR, Status.PENDING, Status.PENDING,
    ]  # fmt: skip


def test_nothing_is_told_of_a_cancel(quiet: DemoServer, told: list[Row]) -> None:
    build = run(quiet, one_stage(*steps("clone", "test", "build", test={"hold": True})))
    told.clear()
    quiet.control.cancel(build)
    quiet.advance(3600)
    assert told == []
    step = build.stages[0].steps
    assert [(one.status, one.exit_code, one.version) for one in step] == [
        (Status.SUCCESS, 0, 4), (Status.KILLED, 130, 3), (Status.SKIPPED, 130, 2),
    ]  # fmt: skip
    assert (build.status, build.version, build.stages[0].version) == (Status.KILLED, 3, 4)


def test_the_end_of_a_stage_is_told_only_with_the_build(quiet: DemoServer, told: list[Row]) -> None:
    held = StageScript(steps("wait", wait={"hold": True}), "second")
    build = run(quiet, Script(REPO, (StageScript(steps("clone"), "first"), held)))
    assert build.stages[0].status is Status.SUCCESS
    assert told[-1][2][0][1] == "running"
    assert told[-1][2][0][3] == [["clone", "success", 3, 0]]


def test_dependents_approved_too_late_wait_for_ever(quiet: DemoServer) -> None:
    build = quiet.control.start(Script(REPO, WEB, blocked=True))
    actions.approve(quiet.world, build, build.stages[0])
    quiet.advance(60)
    for stage in build.stages[1:]:
        actions.approve(quiet.world, build, stage)
    quiet.advance(3600)
    assert build.status is Status.RUNNING
    assert [stage.status for stage in build.stages] == [Status.SUCCESS, *[Status.WAITING] * 4]


def test_exit_78_skips_the_rest_without_a_word(quiet: DemoServer, told: list[Row]) -> None:
    build = run(quiet, one_stage(*steps("clone", "test", "build", test={"exit_code": 78})))
    assert build.status is Status.SUCCESS
    assert [(step.status, step.version) for step in build.stages[0].steps] == [
        (Status.SUCCESS, 4), (Status.SUCCESS, 4), (Status.SKIPPED, 2),
    ]  # fmt: skip
    assert len(told) == 6


def test_a_dead_runner_leaves_its_builds_running(quiet: DemoServer, told: list[Row]) -> None:
    build = run(quiet, one_stage(*steps("clone", "test", test={"seconds": 30})), seconds=10)
    quiet.control.runners(up=False)
    waiting = quiet.control.start(one_stage(*steps("clone")))
    told.clear()
    quiet.advance(3600)
    assert (build.status, waiting.status, told) == (Status.RUNNING, Status.PENDING, [])
    quiet.control.runners(up=True)
    quiet.advance(60)
    assert (build.status, waiting.status) == (Status.RUNNING, Status.SUCCESS)


def test_times_are_whole_seconds_and_updated_stays(quiet: DemoServer) -> None:
    build = run(quiet, one_stage(*steps("clone", "test", test={"seconds": 20.5})))
    assert build.finished - build.started in (21, 22)
    assert build.ended == pytest.approx(build.finished, abs=1)
    assert build.stages[0].updated == build.stages[0].stopped > build.created
