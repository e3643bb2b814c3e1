"""Two builds side by side: what grew, what is new and gone, and what may be said while one still runs."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from buildwatch.insight.compare import Comparer, compare
from buildwatch.insight.compare_words import percent, sentences, signed
from buildwatch.insight.comparison import Change, Comparison, Kind, Order, ordered
from buildwatch.insight.reference import WEEK, last_green
from buildwatch.model import Build, Stage, Status, Step
from tests.insight.test_waterfall import NOW, ZERO, builds, stage, step
from tests.insight.test_waterfall import build as raw


def build(number: int, status: str, end: int | None, *stages: Stage, created: int = -6, begin: int | None = 0) -> Build:
    return replace(raw(status, begin, end, *stages, created=created), id=number, number=number)


def lone(status: str, end: int | None, *steps: Step) -> Stage:
    return stage(1, "default", status, 0, end, *steps)


def that() -> Build:
    steps = (
        step(1, "clone", "success", 0, 2),
        step(2, "test", "success", 2, 43),
        step(3, "lint", "success", 43, 50),
        step(4, "notify", "success", 50, 53),
    )
    return build(7, "success", 53, lone("success", 53, *steps))


def this() -> Build:
    steps = (
        step(1, "clone", "success", 0, 3),
        step(2, "test", "success", 3, 85),
        step(3, "lint", "success", 85, 90),
        step(4, "publish", "success", 90, 102),
    )
    return build(9, "success", 102, lone("success", 102, *steps), created=-16)


def told(of: Comparison, order: Order = Order.RUN) -> list[tuple[str, str, float | None]]:
    return [(line.step or line.stage, line.kind.value, line.change.delta) for line in ordered(of, order)]


def test_each_step_is_held_against_the_one_before() -> None:
    of = compare(that(), this(), ZERO + 200)
    assert told(of) == [
        ("clone", "both", 1),
        ("test", "both", 41),
        ("lint", "both", -2),
        ("notify", "gone", None),
        ("publish", "new", None),
    ]
    assert (of.total.delta, of.waited.delta) == (49, 10)
    assert of.total.share == pytest.approx(49 / 53)
    assert [line.growth for line in of.lines] == [1, 41, -2, -3, 12]


def test_what_grew_most_is_first() -> None:
    of = compare(that(), this(), ZERO + 200)
    assert [name for name, _, _ in told(of, Order.GREW)] == ["test", "publish", "clone", "lint", "notify"]
    assert [name for name, _, _ in told(of, Order.LONGEST)] == ["test", "publish", "lint", "clone", "notify"]


def test_it_says_whether_it_is_slower_and_where() -> None:
    assert sentences(compare(that(), this(), ZERO + 200)) == [
        "#9 took 1:42, 0:49 longer than #7 (+92%): test +0:41, publish +0:12 (new)",
        "it waited 0:10 longer to begin",
    ]
    assert sentences(compare(this(), that(), ZERO + 200)) == [
        "#7 took 0:53, 0:49 shorter than #9 (-48%): test -0:41, publish -0:12 (gone)",
        "it waited 0:10 shorter to begin",
    ]
    assert sentences(compare(that(), that(), NOW)) == ["#7 took 0:53, as long as #7"]


def failed() -> Build:
    steps = (step(1, "clone", "success", 0, 2), step(2, "test", "failure", 2, 33), step(3, "lint", "skipped", 33, 33))
    return build(8, "failure", 33, lone("failure", 33, *steps))


def test_of_a_build_that_did_not_go_through_the_steps_are_compared() -> None:
    of = compare(that(), failed(), ZERO + 200)
    assert [(line.step, line.turned) for line in of.lines if line.turned] == [("test", True), ("lint", True)]
    assert sentences(of) == [
        "#8 did not go through (failure); in the 2 steps that ran in both #8 is 0:10 faster than #7: test -0:10",
    ]
    assert [line.growth for line in of.lines] == [0, -10, -7, -3]


def test_of_what_the_other_had_not_it_is_told_apart() -> None:
    longer = build(
        8, "failure", 63, lone("failure", 63, *(failed().stages or ())[0].steps, step(4, "report", "success", 33, 63))
    )
    assert sentences(compare(that(), longer, ZERO + 200))[0].endswith("; beside these: report +0:30 (new)")


def running(test: int, now: int) -> Comparison:
    steps = (step(1, "clone", "success", 0, 6), step(2, "test", "running", test), step(3, "lint", "pending"))
    return compare(that(), build(9, "running", None, lone("running", None, *steps)), ZERO + now)


def test_while_it_runs_only_what_cannot_go_away_any_more_is_told() -> None:
    deltas = [[line.change.delta for line in running(6, now).lines] for now in (7, 40, 47, 48, 60)]
    assert deltas == [
        [4, None, None, None],
        [4, None, None, None],
        [4, None, None, None],
        [4, 1, None, None],
        [4, 13, None, None],
    ]
    assert sentences(running(6, 40)) == [
        "#9 still runs; in the one step that has ended in both #9 is 0:04 slower than #7: clone +0:04",
    ]


def test_steps_that_a_runner_has_yet_to_tell_are_not_gone() -> None:
    early = build(9, "pending", None, stage(1, "default", "pending"), begin=None)
    of = compare(that(), early, NOW)
    assert {line.kind for line in of.lines} == {Kind.AHEAD}
    assert all(line.growth == 0 for line in of.lines)
    assert (of.total.delta, of.waited.delta) == (None, 40)
    assert sentences(of)[0] == "#9 has not begun; no step has ended in both yet"
    assert {line.kind for line in compare(that(), replace(early, stages=None), NOW).lines} == {Kind.AHEAD}


def test_stages_have_lines_of_their_own_and_the_wait_for_runners_is_apart() -> None:
    def of(number: int, wait: int) -> Build:
        return build(
            number,
            "success",
            40 + wait,
            stage(1, "check", "success", 0, 10, step(1, "vet", "success", 0, 10)),
            stage(
                2,
                "ship",
                "success",
                10 + wait,
                40 + wait,
                step(1, "push", "success", 10 + wait, 40 + wait),
                needs=("check",),
            ),
        )

    found = compare(of(7, 2), of(9, 30), ZERO + 100)
    assert [(line.stage, line.step, line.change.delta) for line in found.lines] == [
        ("check", "", 0),
        ("check", "vet", 0),
        ("ship", "", 0),
        ("ship", "push", 0),
    ]
    assert (found.runners.delta, found.idle.delta, found.total.delta) == (28, 28, 28)
    assert [line.step for line in found.steps] == ["vet", "push"]
    assert sentences(found) == [
        "#9 took 1:10, 0:28 longer than #7 (+67%)",
        "it waited 0:28 longer for runners on its way",
    ]


def test_longer_gaps_between_steps_are_told() -> None:
    def of(number: int, gap: int) -> Build:
        steps = (step(1, "a", "success", 0, 10), step(2, "b", "success", 10 + gap, 20 + gap))
        return build(number, "success", 20 + gap, lone("success", 20 + gap, *steps))

    assert sentences(compare(of(7, 2), of(9, 20), NOW)) == [
        "#9 took 0:40, 0:18 longer than #7 (+82%)",
        "nothing ran for 0:18 longer in between",
    ]


def test_a_detached_step_makes_nothing_longer() -> None:
    def of(number: int, end: int) -> Build:
        return build(number, "success", end, lone("success", end, step(1, "db", "success", 0, end, detached=True)))

    line = compare(of(7, 10), of(9, 50), NOW).lines[0]
    assert (line.change.delta, line.growth) == (40, 0)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0:00"), (-0.4, "0:00"), (41, "+0:41"), (-5, "-0:05"), (3661, "+1:01:01")]
)
def test_a_difference_has_a_sign(seconds: float, text: str) -> None:
    assert signed(seconds) == text


@pytest.mark.parametrize(("share", "text"), [(0.25, "+25%"), (-0.08, "-8%"), (11.0, "12x"), (9.999, "11x")])
def test_a_share(share: float, text: str) -> None:
    assert percent(share) == text


# the last green one


def green(
    number: int, event: str = "push", branch: str = "main", days: float = 0, source: str = "", deploy_to: str = ""
) -> Build:
    made = ZERO - round(days * 86400)
    of = Build("ci", "acme/gcd", number, number, Status.SUCCESS, event=event, branch=branch, created=made)
    return replace(of, source=source, deploy_to=deploy_to)


@pytest.mark.parametrize(
    ("of", "builds", "found", "like"),
    [
        (green(9), [green(8, branch="dev"), green(7), green(6)], 7, "main"),
        (green(9), [green(12), green(7, "cron"), green(3)], 3, "main"),
        (green(9), [green(8, branch="dev"), green(7, "cron")], 7, "main"),
        (green(9), [green(8, branch="dev")], 8, "push"),
        (green(9, "cron"), [green(8, "pull_request", source="fix"), green(7)], 7, "main"),
        (green(9, "tag", "v1.2"), [green(8), green(7, "tag", "v1.1")], 7, "tag"),
        (green(9, source="fix"), [green(8, source="other"), green(7, source="fix")], 7, "main"),
        (
            green(9, "promote", deploy_to="live"),
            [green(8, "promote", deploy_to="test"), green(7, "promote", deploy_to="live")],
            7,
            "main",
        ),
    ],
)
def test_the_last_green_one_is_of_the_same_branch_and_kind(
    of: Build, builds: list[Build], found: int, like: str
) -> None:
    reference = last_green(of, builds)
    assert reference is not None
    assert (reference.build.number, reference.of) == (found, like)


def test_there_may_be_none() -> None:
    assert (
        last_green(green(9), [green(8, "cron", branch="dev"), replace(green(7), status=Status.FAILURE), green(10)])
        is None
    )


def test_the_one_of_a_week_before() -> None:
    known = [green(8, days=1), green(7, days=6.9), green(6, days=7.5), green(5, days=20)]
    reference = last_green(green(9), known, WEEK)
    assert reference is not None
    assert reference.build.number == 6
    assert last_green(green(9), known[:2], WEEK) is None


# whatever the builds


@given(builds, builds, st.integers(ZERO - 2000, ZERO + 2000))
def test_any_two_builds_can_be_compared(that: Build, this: Build, now: int) -> None:
    of = compare(that, this, now)
    steps = sum(len(stage.steps) for build in (that, this) for stage in build.stages or ())
    assert len([line for line in of.lines if line.step]) <= steps
    assert all(line.this is not None or line.kind is not Kind.NEW for line in of.lines)
    for order in Order:
        assert set(map(id, ordered(of, order))) <= set(map(id, of.lines))
    growths = [line.growth for line in ordered(of, Order.GREW)]
    assert growths == sorted(growths, reverse=True)
    assert all(sentences(of))


over = builds.map(
    lambda build: replace(build, status=Status.SUCCESS, started=max(build.started, 1), finished=max(build.finished, 1))
)


@given(over, over)
def test_the_other_way_round_what_grew_shrank(that: Build, this: Build) -> None:
    one, other = compare(that, this, NOW), compare(this, that, NOW)
    assert one.total.delta == -(other.total.delta or 0.0)
    assert sum(line.growth for line in one.steps if line.kind is Kind.BOTH) == pytest.approx(
        -sum(line.growth for line in other.steps if line.kind is Kind.BOTH)
    )


@given(over)
def test_a_build_does_not_differ_from_itself(of: Build) -> None:
    same = compare(of, of, NOW)
    assert {line.change.delta or 0.0 for line in same.lines} <= {0.0}
    assert {line.growth for line in same.lines} <= {0.0}
    assert not any(line.turned or line.was for line in same.lines)


@given(over, st.integers(0, 100), st.lists(st.integers(0, 300), min_size=2, max_size=6))
def test_as_time_goes_by_what_runs_only_grows(that: Build, begin: int, moments: list[int]) -> None:
    runs = build(
        9,
        "running",
        None,
        *(
            replace(
                of,
                status=Status.RUNNING,
                started=ZERO,
                stopped=0,
                steps=tuple(replace(one, status=Status.RUNNING, started=ZERO + begin, stopped=0) for one in of.steps),
            )
            for of in that.stages or ()
        ),
    )
    series = [compare(that, runs, ZERO + at) for at in sorted(moments)]
    for before, after in pairwise(series):
        for one, other in zip(before.lines, after.lines, strict=True):
            assert (one.change.this or 0.0) <= (other.change.this or 0.0)
            assert 0 <= (one.change.delta or 0.0) <= (other.change.delta or 0.0)


def told_by(build: Build, now: int) -> Build:
    """The build with no moment after `now`, and with numbers that tell its parts apart."""

    def past(moment: int) -> int:
        return moment if moment <= now else 0

    stages = tuple(
        replace(
            of,
            number=nth,
            created=past(of.created),
            started=past(of.started),
            stopped=past(of.stopped),
            steps=tuple(
                replace(one, number=at, started=past(one.started), stopped=past(one.stopped))
                for at, one in enumerate(of.steps, 1)
            ),
        )
        for nth, of in enumerate(build.stages or (), 1)
    )
    moments = {name: past(getattr(build, name)) for name in ("created", "started", "finished")}
    return replace(build, **moments, stages=stages)


@given(builds, builds, st.lists(st.integers(0, 300), min_size=2, max_size=4))
def test_asked_again_it_tells_what_it_would_tell_for_the_first_time(that: Build, this: Build, later: list[int]) -> None:
    now = ZERO + 1000
    that, this = told_by(that, now), told_by(this, now)
    comparer = Comparer()
    for moment in sorted(now + by for by in later):
        again, first = comparer.compare(that, this, moment), compare(that, this, moment)
        assert [line.change for line in again.lines] == [line.change for line in first.lines]
        assert [line.growth for line in again.steps] == [line.growth for line in first.steps]
        assert (again.total, again.waited, again.runners, again.idle) == (
            first.total,
            first.waited,
            first.runners,
            first.idle,
        )
        for one, other in zip(again.lines, first.lines, strict=True):
            for kept, anew in ((one.that, other.that), (one.this, other.this)):
                assert (kept and (kept.row.done, kept.critical)) == (anew and (anew.row.done, anew.critical))


def test_of_a_build_that_told_of_a_change_nothing_is_kept() -> None:
    steps = (step(1, "clone", "success", 0, 6), step(2, "test", "running", 6))
    early = build(9, "running", None, lone("running", None, *steps))
    late = build(9, "running", None, lone("running", None, steps[0], step(2, "test", "failure", 6, 20)))
    comparer = Comparer()
    assert comparer.compare(that(), early, ZERO + 30).lines[1].change.this == 24
    assert comparer.compare(that(), early, ZERO + 40).lines[1].change.this == 34
    assert comparer.compare(that(), late, ZERO + 41) == compare(that(), late, ZERO + 41)
    assert comparer.compare(that(), early, ZERO + 42) == compare(that(), early, ZERO + 42)


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.booleans(), st.booleans())
def test_an_open_difference_never_turns_round(that: float, this: float, that_open: bool, this_open: bool) -> None:
    delta = Change(that, this, that_open, this_open).delta
    later = Change(that + that_open, this + this_open, that_open, this_open).delta
    if delta:
        assert later is not None
        assert later * delta > 0
        assert abs(later) >= abs(delta)
