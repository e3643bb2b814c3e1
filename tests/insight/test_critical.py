"""Which steps decided how long a build took, and when nothing of it ran."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from buildwatch.insight.critical import critical_path, idle, waits
from buildwatch.insight.waterfall import ROUNDING, Part, waterfall
from buildwatch.model import Build, Status, Step
from tests.insight.test_waterfall import NOW, ZERO, build, builds, expected, stage, step


def path(of: Build, **usual: float) -> list[str]:
    drawn = waterfall(of, expected(0.0, None, **usual) if usual else None, NOW)
    return [row.name for row in critical_path(of, drawn.rows)]


def test_steps_that_follow_each_other_are_all_on_it() -> None:
    steps = (step(1, "clone", "success", 0, 4), step(2, "test", "failure", 4, 30), step(3, "build", "skipped", 30, 30))
    assert path(build("failure", 0, 30, stage(1, "linux", "failure", 0, 30, *steps))) == ["clone", "test"]


def test_of_parallel_steps_the_one_is_on_it_that_the_next_had_to_wait_for() -> None:
    steps = (
        step(1, "clone", "success", 0, 4),
        step(2, "unit", "success", 4, 14, needs=("clone",)),
        step(3, "lint", "success", 4, 24, needs=("clone",)),
        step(4, "docs", "success", 4, 27, needs=("clone",)),
        step(5, "publish", "success", 24, 30, needs=("unit", "lint")),
    )
    of = build("success", 0, 30, stage(1, "linux", "success", 0, 30, *steps))
    assert path(of) == ["clone", "lint", "publish"]


def test_where_nothing_is_told_the_times_say_what_was_waited_for() -> None:
    steps = (  # a group of Drone 0.8: unit and lint together
        step(1, "clone", "success", 0, 4),
        step(2, "unit", "success", 4, 24),
        step(3, "lint", "success", 4, 14),
        step(4, "publish", "success", 25, 30),
    )
    assert path(build("success", 0, 30, stage(1, "linux", "success", 0, 30, *steps))) == ["clone", "unit", "publish"]


def test_a_stage_waits_for_the_slowest_of_those_that_it_depends_on() -> None:
    of = build(
        "success",
        0,
        60,
        stage(1, "check", "success", 0, 10, step(1, "vet", "success", 0, 10)),
        stage(2, "fast", "success", 10, 20, step(1, "unit", "success", 10, 20), needs=("check",)),
        stage(3, "slow", "success", 10, 40, step(1, "e2e", "success", 10, 40), needs=("check",)),
        stage(4, "ship", "success", 45, 60, step(1, "push", "success", 45, 60), needs=("fast", "slow")),
        stage(5, "beside", "success", 0, 44, step(1, "scan", "success", 0, 44)),
    )
    assert path(of) == ["vet", "e2e", "push"]


def test_a_stage_without_dependencies_waited_for_the_runner_that_another_had() -> None:
    of = build(
        "success",
        0,
        60,
        stage(1, "amd64", "success", 0, 30, step(1, "a", "success", 0, 30)),
        stage(2, "arm64", "success", 31, 60, step(1, "b", "success", 31, 60)),
    )
    assert path(of) == ["a", "b"]


def test_a_detached_step_decides_nothing() -> None:
    steps = (step(1, "database", "success", 0, 30, detached=True), step(2, "test", "success", 2, 28))
    assert path(build("success", 0, 30, stage(1, "linux", "success", 0, 30, *steps))) == ["test"]


def test_a_stage_of_which_no_steps_are_known_stands_for_itself() -> None:
    of = build("success", 0, 30, stage(1, "a", "success", 0, 9), stage(2, "b", "success", 9, 30, needs=("a",)))
    assert path(of) == ["a", "b"]


def test_of_a_running_build_it_is_what_is_expected_to_decide() -> None:
    steps = (
        step(1, "clone", "success", 0, 4),
        step(2, "unit", "running", 4, needs=("clone",)),
        step(3, "lint", "running", 4, needs=("clone",)),
        step(4, "publish", "pending", needs=("unit", "lint")),
    )
    of = build("running", 0, None, stage(1, "linux", "running", 0, None, *steps))
    assert path(of, unit=80, lint=50, publish=5) == ["clone", "unit", "publish"]
    assert path(of, unit=50, lint=80, publish=5) == ["clone", "lint", "publish"]


def test_what_depends_on_itself_ends_the_walk() -> None:
    steps = (step(1, "a", "success", 0, 9, needs=("b",)), step(2, "b", "success", 9, 30, needs=("a",)))
    assert path(build("success", 0, 30, stage(1, "linux", "success", 0, 30, *steps, needs=("linux",)))) == ["a", "b"]


def test_what_the_stages_on_it_waited_for_runners() -> None:
    of = build(
        "success",
        0,
        60,
        stage(1, "check", "success", 3, 10, step(1, "a", "success", 3, 5), step(2, "vet", "success", 8, 10)),
        stage(2, "slow", "success", 10, 40, step(1, "e2e", "success", 11, 40), needs=("check",)),
        stage(3, "ship", "success", 45, 60, step(1, "push", "success", 47, 60), needs=("slow",)),
    )
    assert waits(critical_path(of, waterfall(of, None, ZERO + 60).rows)) == 3 + 7


def test_gaps_in_which_nothing_ran() -> None:
    of = build(
        "success",
        0,
        90,
        stage(1, "a", "success", 0, 40, step(1, "clone", "success", 0, 4), step(2, "x", "success", 10, 40)),
        stage(2, "b", "success", 2, 90, step(1, "y", "success", 2, 8), step(2, "z", "success", 60, 90)),
        stage(3, "c", "success", 40, 59, step(1, "late", "success", 41, 59)),
    )
    drawn = waterfall(of, None, ZERO + 90)
    assert idle(of, drawn.rows) == (Part(8, 10),)
    waits = {row.name: row.waited for row in drawn.rows if row.waited}
    assert waits == {"b": Part(0, 2), "c": Part(0, 40), "x": Part(4, 10), "z": Part(8, 60)}


@given(builds, st.integers(ZERO - 2000, ZERO + 2000))
def test_any_build_has_a_path_that_ends_last(of: Build, now: int) -> None:
    rows = waterfall(of, None, now).rows
    found = critical_path(of, rows)
    assert len(set(found)) == len(found) <= len(rows)
    assert all(row in rows and (row.done or row.plan) and row.status != Status.SKIPPED for row in found)
    gaps = idle(of, rows)
    assert all(part.end - part.begin > ROUNDING for part in gaps)
    assert all(one.end <= other.begin for one, other in pairwise(gaps))


lengths = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 60)), min_size=1, max_size=12)


@given(lengths)
def test_the_path_of_a_series_and_its_gaps_are_its_whole_length(plan: list[tuple[int, int]]) -> None:
    at, steps = 0, list[Step]()
    for number, (gap, length) in enumerate(plan, 1):
        at += gap if steps else 0
        steps.append(step(number, f"s{number}", "success", at, at + length))
        at += length
    of = build("success", 0, at, stage(1, "linux", "success", 0, at, *steps))
    drawn = waterfall(of, None, ZERO + at)
    assert [row.step for row in critical_path(of, drawn.rows)] == list(range(1, len(plan) + 1))
    told = sum(gap for gap, _ in plan[1:] if gap > ROUNDING)
    assert sum(gap.end - gap.begin for gap in idle(of, drawn.rows)) == told


def test_ten_thousand_steps_are_no_matter() -> None:
    numbers = range(1, 10_001)
    for needs in (lambda n: ("same",), lambda n: (f"s{n - 1}",), lambda n: ()):
        steps = [step(n, f"s{n}", "success", n, n + 1, needs=needs(n)) for n in numbers]
        of = build("success", 0, 10_001, stage(1, "linux", "success", 0, 10_001, *steps))
        found = critical_path(of, waterfall(of, None, ZERO + 10_001).rows)
        assert len(found) == (1 if needs(1) == ("same",) else 10_000)
