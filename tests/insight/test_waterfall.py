"""When the parts of a build ran and are expected to run."""

from __future__ import annotations

from math import isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from buildwatch.insight.eta import Expected
from buildwatch.insight.waterfall import Part, Row, Span, Waterfall, bar, queued, waterfall
from buildwatch.model import Build, Stage, Status, Step

ZERO = 1_700_000_000
NOW = ZERO + 40


def at(offset: int | None) -> int:
    """A moment by its distance from the build's begin; None is one that has not come."""
    return 0 if offset is None else ZERO + offset


def step(
    number: int,
    name: str,
    status: str,
    begin: int | None = None,
    end: int | None = None,
    *,
    needs: tuple[str, ...] = (),
    detached: bool = False,
) -> Step:
    return Step(number, name, Status(status), at(begin), at(end), depends_on=needs, detached=detached)


def stage(
    number: int,
    name: str,
    status: str,
    begin: int | None = None,
    end: int | None = None,
    *steps: Step,
    needs: tuple[str, ...] = (),
) -> Stage:
    return Stage(number, name, Status(status), at(0), at(begin), at(end), depends_on=needs, steps=steps)


def build(status: str, begin: int | None, end: int | None, *stages: Stage, created: int = -6) -> Build:
    return Build(
        "ci",
        "acme/gcd",
        9,
        9,
        Status(status),
        created=at(created),
        started=at(begin),
        finished=at(end),
        stages=stages,
    )


def expected(length: float = 0.0, stages: dict[str, float] | None = None, **steps: float) -> Expected:
    """What is expected: of the build, of stages, and of the steps of the stage `linux`."""
    return Expected(length, 3, stages or {}, {("linux", name): took for name, took in steps.items()})


def by_name(of: Waterfall) -> dict[str, Row]:
    return {row.name: row for row in of.rows}


def running() -> Build:
    """A stage of which one step ran, one runs and two have not begun."""
    return build(
        "running",
        0,
        None,
        stage(
            1,
            "linux",
            "running",
            0,
            None,
            step(1, "clone", "success", 0, 4),
            step(2, "test", "running", 4),
            step(3, "build", "pending"),
            step(4, "publish", "pending"),
        ),
    )


def test_steps_stand_where_they_ran_and_are_expected_to_run() -> None:
    drawn = waterfall(running(), expected(60, clone=5, test=46, build=12, publish=8), NOW)
    rows = by_name(drawn)
    assert [row.name for row in drawn.rows] == ["clone", "test", "build", "publish"]
    assert (rows["clone"].done, rows["clone"].plan, rows["clone"].took) == (Part(0, 4), None, 4)
    assert (rows["test"].done, rows["test"].plan, rows["test"].took) == (Part(4, 40), Part(40, 50), 36)
    assert (rows["build"].done, rows["build"].plan, rows["build"].took) == (None, Part(50, 62), None)
    assert rows["publish"].plan == Part(62, 70)
    assert drawn.scale == 75


@pytest.mark.parametrize(
    ("begin", "usual", "scale"),
    [
        (0, None, 40),
        (-1, None, 45),
        (-24, None, 75),
        (0, 60.0, 60),
        (0, 41.0, 41),
        (-1, 40.0, 45),
        (-99_000, None, 100_800),
    ],
)
def test_the_scale_stands_still_while_seconds_tick(begin: int, usual: float | None, scale: float) -> None:
    of = build("running", begin, None, stage(1, "linux", "running", begin, None, step(1, "test", "running", begin)))
    assert waterfall(of, None if usual is None else expected(usual), NOW).scale == scale


def test_without_a_history_only_what_ran_has_a_length() -> None:
    rows = by_name(waterfall(running(), None, NOW))
    assert (rows["test"].done, rows["test"].plan, rows["test"].expected) == (Part(4, 40), None, None)
    assert rows["build"].plan == Part(40, 40)


@pytest.mark.parametrize(("usual", "overdue"), [(30.0, False), (10.0, True)])
def test_beyond_the_expected_what_follows_is_expected_from_now_on(usual: float, overdue: bool) -> None:
    rows = by_name(waterfall(running(), expected(60, test=usual, build=12), NOW))
    assert (rows["test"].plan, rows["test"].overdue) == (None, overdue)
    assert rows["build"].plan == Part(40, 52)


def test_parallel_steps_follow_what_they_depend_on() -> None:
    steps = (
        step(1, "clone", "success", 0, 4),
        step(2, "unit", "running", 4, needs=("clone",)),
        step(3, "lint", "running", 4, needs=("clone",)),
        step(4, "docs", "pending", needs=("lint",)),
        step(5, "publish", "pending", needs=("unit", "lint")),
        step(6, "free", "pending"),
    )
    drawn = waterfall(
        build("running", 0, None, stage(1, "linux", "running", 0, None, *steps)),
        expected(unit=56, lint=46, docs=5, publish=10, free=1),
        NOW,
    )
    rows = by_name(drawn)
    assert rows["unit"].done == rows["lint"].done == Part(4, 40)
    assert rows["docs"].plan == Part(50, 55)
    assert rows["publish"].plan == Part(60, 70)
    assert rows["free"].plan == Part(40, 41)


def test_nothing_waits_for_a_detached_step() -> None:
    steps = (step(1, "database", "running", 1, detached=True), step(2, "test", "pending"))
    of = build("running", 0, None, stage(1, "linux", "running", 0, None, *steps))
    assert by_name(waterfall(of, expected(database=900, test=5), ZERO + 2))["test"].plan == Part(2, 7)


def test_stages_have_a_row_where_there_are_several_and_follow_each_other() -> None:
    of = build(
        "running",
        0,
        None,
        stage(1, "package", "waiting", needs=("unit", "e2e")),
        stage(2, "linux", "success", 2, 12, step(1, "clone", "success", 2, 12)),
        stage(3, "unit", "running", 15, None, step(1, "jest", "running", 15), needs=("linux",)),
        stage(4, "e2e", "pending", None, None, needs=("linux",)),
    )
    drawn = waterfall(of, expected(stages={"package": 10, "unit": 30, "e2e": 50}), NOW)
    rows = by_name(drawn)
    assert [(row.name, row.step) for row in drawn.rows] == [
        ("package", 0),
        ("linux", 0),
        ("clone", 1),
        ("unit", 0),
        ("jest", 1),
        ("e2e", 0),
    ]
    assert (rows["linux"].waited, rows["linux"].done) == (Part(0, 2), Part(2, 12))
    assert (rows["unit"].waited, rows["unit"].done, rows["unit"].plan) == (Part(12, 15), Part(15, 40), Part(40, 45))
    assert (rows["e2e"].waited, rows["e2e"].plan) == (Part(12, 40), Part(40, 90))
    assert (rows["package"].waited, rows["package"].plan) == (None, Part(90, 100))
    assert drawn.scale == 105


def test_where_nobody_tells_what_a_stage_waited_for_it_was_what_ended_before_it() -> None:
    told = build(
        "running",
        0,
        None,
        stage(1, "lint", "success", 0, 10, step(1, "a", "success", 0, 10)),
        stage(2, "unit", "running", 14, None, step(1, "b", "running", 14)),
        stage(3, "ship", "pending"),
    )
    assert {row.name: row.waited for row in waterfall(told, None, NOW).rows if row.waited} == {
        "unit": Part(0, 14),
        "ship": Part(0, 40),
    }
    untold = replace(told, stages=tuple(replace(of, created=0) for of in told.stages or ()))
    assert {row.name: row.waited for row in waterfall(untold, None, NOW).rows if row.waited} == {"unit": Part(10, 14)}


def test_a_stage_is_expected_to_last_until_its_last_step() -> None:
    of = build("running", 0, None, stage(2, "other", "success", 0, 1), *(running().stages or ()))
    row = by_name(waterfall(of, expected(stages={"linux": 45}, test=46, build=12), NOW))["linux"]
    assert (row.done, row.plan) == (Part(0, 40), Part(40, 62))


def test_stages_that_wait_for_each_other_in_a_circle_are_shown_all_the_same() -> None:
    of = build("pending", None, None, stage(1, "a", "waiting", needs=("b",)), stage(2, "b", "waiting", needs=("a",)))
    assert [row.name for row in waterfall(of, None, NOW).rows] == ["a", "b"]


def test_skipped_steps_never_ran() -> None:
    steps = (step(1, "test", "failure", 0, 9), step(2, "build", "skipped", 9, 9), step(3, "tell", "success", 9, 9))
    drawn = waterfall(
        build("failure", 0, 9, stage(1, "linux", "failure", 0, 9, *steps)), expected(60, test=4, build=40), NOW
    )
    rows = by_name(drawn)
    assert (rows["build"].done, rows["build"].plan, rows["build"].took) == (None, None, None)
    assert (rows["tell"].done, rows["tell"].took) == (Part(9, 9), 0)
    assert drawn.scale == 9, "what is over is not stretched to what was expected of it"


def test_clocks_of_runners_differ() -> None:
    steps = (
        step(1, "early", "success", -30, 4),
        step(2, "backwards", "success", 9, 2),
        step(3, "ahead", "running", 500),
    )
    rows = by_name(
        waterfall(build("running", 0, None, stage(1, "linux", "running", -30, None, *steps)), expected(), NOW)
    )
    assert rows["early"].done == Part(0, 4)
    assert rows["backwards"].done == Part(9, 9)
    assert (rows["ahead"].done, rows["ahead"].took) == (Part(500, 500), 0)


def test_a_build_without_its_own_begin_began_with_its_first_stage() -> None:
    of = build(
        "running",
        None,
        None,
        stage(1, "skipped", "skipped", -6, -6),
        stage(2, "linux", "running", 3, None, step(1, "test", "running", 5)),
    )
    drawn = waterfall(of, None, NOW)
    assert by_name(drawn)["test"].done == Part(2, 37)
    assert queued(of, NOW) == 9


def test_what_was_cut_off_by_the_end_of_its_build_does_not_run_on() -> None:
    stale = step(1, "test", "running", 4)
    for of in (
        build("killed", 0, 20, stage(1, "linux", "killed", 0, 20, stale)),
        build("killed", 0, 20, stage(1, "linux", "running", 0, None, stale, step(2, "build", "pending"))),
    ):
        drawn = waterfall(of, expected(test=400, build=9), NOW)
        assert (drawn.rows[0].done, drawn.rows[0].plan) == (Part(4, 20), None)
        assert all(row.plan is None for row in drawn.rows)
        assert drawn.scale == 20


def test_a_stage_of_a_declined_build_that_runs_goes_on() -> None:
    of = build("declined", None, None, stage(1, "linux", "running", 0, None, step(1, "test", "running", 4)))
    assert by_name(waterfall(of, expected(test=46), NOW))["test"].plan == Part(40, 50)


@pytest.mark.parametrize(
    ("of", "waits"),
    [
        (build("pending", None, None), 46.0),
        (build("success", 0, 30), 6.0),
        (build("declined", None, None), 0.0),
        (build("running", -20, None), 0.0),
        (Build("ci", "acme/gcd", 9, 9), 0.0),
    ],
    ids=["waits", "waited", "never ran", "created after it began", "no times"],
)
def test_how_long_a_build_waited_for_a_runner(of: Build, waits: float) -> None:
    assert queued(of, NOW) == waits
    assert waterfall(of, None, NOW).rows == ()


@pytest.mark.parametrize(
    ("part", "span"),
    [
        (Part(0, 50), Span(0, 10)),
        (Part(50, 100), Span(10, 20)),
        (Part(25, 30), Span(5, 6)),
        (Part(0, 0), Span(0, 1)),
        (Part(100, 100), Span(19, 20)),
        (Part(400, 900), Span(19, 20)),
    ],
)
def test_a_bar_is_drawn_in_half_cells(part: Part, span: Span) -> None:
    assert bar(part, 100.0, 10) == span


@given(st.floats(0, 1e12), st.floats(0, 1e12), st.floats(0, 1e12), st.integers(0, 300))
def test_a_bar_stays_inside(begin: float, length: float, scale: float, width: int) -> None:
    span = bar(Part(begin, begin + length), scale, width)
    assert 0 <= span.left <= span.right <= 2 * width
    assert span.left < span.right or width == 0


words = st.sampled_from(
    ["waiting", "blocked", "pending", "running", "success", "failure", "error", "killed", "skipped", "declined", "new"]
).map(Status)
moments = st.just(0) | st.integers(ZERO - 1000, ZERO + 1000) | st.integers(1, 2**40)
names = st.sampled_from(["clone", "test", "build", "linux", "deploy"])
needs = st.lists(names, max_size=3).map(tuple)
steps = st.builds(
    Step,
    number=st.integers(1, 9),
    name=names,
    status=words,
    started=moments,
    stopped=moments,
    detached=st.booleans(),
    depends_on=needs,
)
stages = st.builds(
    Stage,
    number=st.integers(1, 9),
    name=names,
    status=words,
    created=moments,
    started=moments,
    stopped=moments,
    depends_on=needs,
    steps=st.lists(steps, max_size=5).map(tuple),
)
builds = st.builds(
    Build,
    server=st.just("ci"),
    repo=st.just("acme/gcd"),
    id=st.just(9),
    number=st.just(9),
    status=words,
    created=moments,
    started=moments,
    finished=moments,
    stages=st.none() | st.lists(stages, max_size=4).map(tuple),
)
lengths = st.floats(0, 1e6)
expectations = st.none() | st.builds(
    Expected,
    build=lengths,
    greens=st.just(3),
    stages=st.dictionaries(names, lengths),
    steps=st.dictionaries(st.tuples(names, names), lengths),
)


@given(builds, expectations, st.integers(ZERO - 2000, ZERO + 2000))
def test_any_times_make_a_waterfall(of: Build, usual: Expected | None, now: int) -> None:
    drawn = waterfall(of, usual, now)
    assert drawn.scale > 0
    assert isfinite(drawn.scale)
    assert queued(of, now) >= 0
    several = len(of.stages or ()) > 1
    assert len(drawn.rows) == sum(len(stage.steps) + several for stage in of.stages or ())
    for row in drawn.rows:
        assert row.took is None or row.took >= 0
        for part in filter(None, (row.waited, row.done, row.plan)):
            assert 0 <= part.begin <= part.end <= drawn.scale
