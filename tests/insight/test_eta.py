"""What is expected of a build, and how far along it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwatch.insight.eta import GREENS_READ, expect, progress, ran
from buildwatch.model import Build, Stage, Status, Step

ZERO = 1_700_000_000


def build(
    id: int,
    took: int,
    *,
    status: Status = Status.SUCCESS,
    branch: str = "main",
    event: str = "push",
    stages: tuple[Stage, ...] | None = None,
) -> Build:
    started = ZERO + 1000 * id
    return Build(
        server="ci",
        repo="acme/gcd",
        id=id,
        number=id,
        status=status,
        branch=branch,
        event=event,
        created=started - 5,
        started=started,
        finished=started + took if status.ended else 0,
        stages=stages,
    )


def stage(name: str, took: int, *steps: Step, status: Status = Status.SUCCESS) -> Stage:
    return Stage(number=1, name=name, status=status, started=ZERO, stopped=ZERO + took, steps=steps)


def step(name: str, took: int, *, status: Status = Status.SUCCESS, detached: bool = False) -> Step:
    return Step(number=1, name=name, status=status, started=ZERO, stopped=ZERO + took, detached=detached)


RUNNING = build(100, 0, status=Status.RUNNING)


@pytest.mark.parametrize(
    ("builds", "length", "greens"),
    [
        ([build(9, 40), build(8, 60), build(7, 50)], 50, 3),
        ([build(9, 40), build(8, 600, branch="slow"), build(7, 600, event="cron")], 40, 1),
        ([build(9, 600, event="cron"), build(8, 60, branch="dev"), build(7, 80, branch="fix")], 70, 2),
        ([build(9, 600, event="cron"), build(8, 400, event="tag")], 500, 2),
        ([build(9, 4, status=Status.FAILURE), build(8, 60), build(7, 3, status=Status.KILLED)], 60, 1),
        ([build(100, 7), build(99, 60)], 60, 1),
        ([build(99 - n, 10 if n < GREENS_READ else 9999) for n in range(60)], 10, GREENS_READ),
    ],
    ids=["median", "same branch first", "then same event", "then all", "greens only", "not itself", "newest only"],
)
def test_a_build_is_expected_to_take_what_its_like_took(builds: list[Build], length: float, greens: int) -> None:
    told = expect(RUNNING, builds)
    assert told is not None
    assert (told.build, told.greens) == (length, greens)


@pytest.mark.parametrize(
    "builds",
    [
        [],
        [RUNNING],
        [build(9, 50, status=Status.FAILURE), build(8, 0, status=Status.SKIPPED)],
        [Build(server="ci", repo="acme/gcd", id=7, number=7, status=Status.SUCCESS)],
    ],
    ids=["none", "only itself", "none green", "green without times"],
)
def test_without_a_green_build_nothing_is_expected(builds: list[Build]) -> None:
    assert expect(RUNNING, builds) is None


def test_stages_and_steps_are_expected_by_their_names() -> None:
    builds = [
        build(9, 90),
        build(8, 90, stages=(stage("linux", 80, step("test", 40), step("build", 9)),)),
        build(7, 90, stages=(stage("linux", 60, step("test", 20), step("build", 0, status=Status.SKIPPED)),)),
        build(6, 30, status=Status.FAILURE, stages=(stage("linux", 5, step("test", 5), status=Status.FAILURE),)),
    ]
    told = expect(RUNNING, builds)
    assert told is not None
    assert told.stage("linux") == 70
    assert told.step("linux", "test") == 30
    assert told.step("linux", "build") == 9, "a skipped step says nothing of its length"
    assert told.stage("windows") is None
    assert told.step("windows", "test") is None


def test_steps_are_expected_by_other_branches_where_the_own_ones_are_not_known() -> None:
    dev = build(8, 90, branch="dev", stages=(stage("linux", 80, step("test", 40)),))
    told = expect(RUNNING, [build(9, 50), dev])
    assert told is not None
    assert told.build == 50
    assert told.step("linux", "test") == 40


def test_a_detached_step_is_not_expected_to_take_its_stages_time() -> None:
    told = expect(RUNNING, [build(9, 90, stages=(stage("linux", 80, step("database", 80, detached=True)),))])
    assert told is not None
    assert told.step("linux", "database") is None


@pytest.mark.parametrize(
    ("started", "expected", "elapsed", "fraction", "left", "overdue"),
    [
        (ZERO, 60.0, 30, 0.5, 30, False),
        (0, 60.0, 0, 0.0, 60, False),
        (ZERO + 99, 60.0, 0, 0.0, 60, False),
        (ZERO, 30.0, 30, 0.99, 0, False),
        (ZERO, 25.0, 30, 0.99, None, False),
        (ZERO, 10.0, 30, 0.99, None, True),
        (ZERO, 0.0, 30, 0.99, None, True),
        (ZERO, None, 30, None, None, False),
    ],
    ids=["half", "not begun", "clock behind", "just there", "beyond", "overdue", "expected nothing", "no history"],
)
def test_progress(
    started: int, expected: float | None, elapsed: float, fraction: float | None, left: float | None, overdue: bool
) -> None:
    assert progress(started, expected, ZERO + 30) == (elapsed, expected, fraction, left, overdue)


@given(st.integers(0, 2**40), st.none() | st.floats(0, 1e9), st.floats(0, 2**40))
def test_progress_is_never_negative_nor_complete(started: int, expected: float | None, now: float) -> None:
    told = progress(started, expected, now)
    assert told.elapsed >= 0
    assert told.left is None or told.left >= 0
    assert told.fraction is None or 0 <= told.fraction < 1


@pytest.mark.parametrize(
    ("status", "started", "stopped", "length"),
    [
        ("success", ZERO, ZERO + 5, 5),
        ("success", ZERO, ZERO, 0),
        ("running", ZERO, 0, 30),
        ("running", ZERO + 40, 0, 0),
        ("pending", 0, 0, None),
        ("skipped", ZERO, ZERO, None),
        ("declined", 0, 0, None),
        ("killed", ZERO, 0, None),
        ("failure", ZERO + 9, ZERO, 0),
        ("a newer word", ZERO, 0, 30),
    ],
)
def test_how_long_it_ran(status: str, started: int, stopped: int, length: float | None) -> None:
    assert ran(Step(1, "test", Status(status), started, stopped), ZERO + 30) == length
    assert ran(Build("ci", "a/b", 1, 1, Status(status), started=started, finished=stopped), ZERO + 30) == length
