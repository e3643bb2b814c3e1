"""Two snapshots of one build say the same together in whatever order they come."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from buildwatch.merge import before_last_second, merge_build, settled
from buildwatch.model import Build, Stage, Status, Step

ENDS = (Status.SUCCESS, Status.FAILURE, Status.KILLED, Status.ERROR, Status.SKIPPED)
BEGIN = 1_795_420_000
ROWS = 5  # how many states each row goes through


@st.composite
def steps(draw: st.DrawFn, number: int, versions: tuple[int, ...]) -> Step:
    """A step as it was at some moment: what it is follows from its version, as on a server that counts."""
    version = draw(st.sampled_from(versions))
    end = ENDS[number % len(ENDS)]
    status = (Status.PENDING, Status.PENDING, Status.RUNNING, end, end)[version]
    stopped = BEGIN + 60 if status.ended else 0
    return Step(number, f"step {number}", status, BEGIN * (version > 1), stopped, version=version)


@st.composite
def stages(draw: st.DrawFn, number: int, versions: tuple[int, ...]) -> Stage:
    version = draw(st.sampled_from(versions))
    end = ENDS[number % len(ENDS)]
    status = (Status.BLOCKED, Status.PENDING, Status.RUNNING, end, end)[version]
    numbers = draw(st.sets(st.integers(1, 3)))
    made = tuple(draw(steps(n, versions)) for n in sorted(numbers))
    return Stage(number, f"stage {number}", status, version=version, steps=made)


@st.composite
def snapshots(draw: st.DrawFn, versions: tuple[int, ...] = tuple(range(ROWS))) -> Build:
    version = draw(st.sampled_from(versions))
    status = (Status.PENDING, Status.PENDING, Status.RUNNING, Status.KILLED, Status.FAILURE)[version]
    row = Build(
        "s", "a/b", 7, 3, status, started=BEGIN * (version > 1), finished=BEGIN * (version > 2), version=version
    )
    if draw(st.booleans()):
        return row
    numbers = draw(st.sets(st.integers(1, 3)))
    return settled(replace(row, stages=tuple(draw(stages(n, versions)) for n in sorted(numbers))))


counted = snapshots()
uncounted = st.builds(
    lambda status, stopped, of: replace(
        Build("s", "a/b", 7, 3, status, started=BEGIN),
        stages=None if of is None else (Stage(1, "one", status=of, stopped=stopped),),
    ),
    st.sampled_from((Status.RUNNING, *ENDS)),
    st.integers(0, 3),
    st.sampled_from((None, Status.PENDING, Status.RUNNING, *ENDS)),
)


@given(st.one_of(counted, uncounted))
def test_the_same_again_adds_nothing(build: Build) -> None:
    assert merge_build(build, build) is build
    assert merge_build(build, replace(build)) is build


@given(counted, counted)
def test_two_in_either_order(one: Build, other: Build) -> None:
    together = merge_build(one, other)
    assert together == merge_build(other, one)
    assert merge_build(together, one) is together
    assert merge_build(together, other) is together


@given(counted, counted, counted)
def test_three_in_any_order(one: Build, other: Build, third: Build) -> None:
    merged = {merge_build(merge_build(a, b), c) for a, b, c in permutations((one, other, third))}
    assert len(merged) == 1
    assert merge_build(one, merge_build(other, third)) in merged


@given(st.one_of(st.lists(counted, min_size=2, max_size=8), st.lists(uncounted, min_size=2, max_size=8)))
def test_what_has_ended_never_comes_back_to_life(told: list[Build]) -> None:
    build = told[0]
    for snapshot in told[1:]:
        merged = merge_build(build, snapshot)
        assert merged.status.rank >= build.status.rank
        for stage in build.stages or ():
            now = merged.stage(stage.number)
            assert now is not None
            assert now.status.rank >= stage.status.rank
            for step in stage.steps:
                later = now.step(step.number)
                assert later is not None
                assert later.status.rank >= step.status.rank
        build = merged


def test_each_row_is_compared_by_itself() -> None:
    """A list read early knows that the build ended; an event that was under way longer knows more of the steps."""
    listed = Build("s", "a/b", 7, 3, Status.KILLED, started=BEGIN, finished=BEGIN + 9, version=3)
    event = Build("s", "a/b", 7, 3, Status.RUNNING, started=BEGIN, version=2, stages=(Stage(1, "one", Status.RUNNING),))
    for merged in (merge_build(listed, event), merge_build(event, listed)):
        assert (merged.status, merged.finished) == (Status.KILLED, BEGIN + 9)
        assert merged.stages == event.stages


def test_a_stage_or_step_that_is_not_told_again_stays() -> None:
    both = Build("s", "a/b", 7, 3, stages=(Stage(1, "one", steps=(Step(1, "clone"), Step(2, "test"))), Stage(2, "two")))
    less = Build("s", "a/b", 7, 3, version=1, stages=(Stage(1, "one", version=1, steps=(Step(2, "test", version=1),)),))
    merged = merge_build(both, less)
    assert [(stage.name, len(stage.steps)) for stage in merged.stages or ()] == [("one", 2), ("two", 0)]
    assert merged.version == 1
    assert merge_build(both, replace(both, stages=())).stages == both.stages


def test_a_row_of_a_list_that_tells_no_run_is_of_the_run_that_is_known() -> None:
    known = Build("s", "a/b", 7, 3, Status.RUNNING, started=BEGIN, run=5, stages=(Stage(1, "one", Status.RUNNING),))
    row = Build("s", "a/b", 7, 3, Status.KILLED, started=BEGIN, finished=BEGIN + 9)
    for merged in (merge_build(known, row), merge_build(row, known)):
        assert (merged.status, merged.run, merged.stages) == (Status.KILLED, 5, known.stages)


def test_a_step_that_runs_again_in_the_same_run_goes_back() -> None:
    """A lost agent's build begins again under the same number, its build row untouched."""
    done = Step(1, "test", Status.SUCCESS, started=BEGIN, stopped=BEGIN + 3)
    again = Step(1, "test", Status.RUNNING, started=BEGIN + 600)
    first, second = (
        Build("s", "a/b", 7, 3, Status.RUNNING, started=BEGIN, stages=(Stage(1, "one", steps=(step,)),))
        for step in (done, again)
    )
    assert merge_build(first, second) == second
    assert merge_build(second, first) is second


@pytest.mark.parametrize(("run", "started"), [(2, BEGIN), (0, BEGIN + 100), (2, BEGIN - 50)])
def test_a_later_run_under_the_same_id_replaces_the_earlier_whole(run: int, started: int) -> None:
    first = Build(
        "s", "a/b", 7, 3, Status.FAILURE, started=BEGIN, finished=BEGIN + 9, version=9, run=1, stages=(Stage(1, "old"),)
    )
    again = replace(first, status=Status.RUNNING, finished=0, version=0, stages=(), run=run, started=started)
    assert merge_build(first, again) == again
    assert merge_build(again, first) is again


def test_a_start_that_was_not_known_yet_is_no_other_run() -> None:
    pending = Build("s", "a/b", 7, 3, Status.PENDING, version=1, stages=(Stage(1, "one"),))
    running = Build("s", "a/b", 7, 3, Status.RUNNING, started=BEGIN, version=2)
    for merged in (merge_build(pending, running), merge_build(running, pending)):
        assert (merged.status, merged.stages) == (Status.RUNNING, pending.stages)


@pytest.mark.parametrize(
    ("told", "stages", "shown"),
    [
        ("pending", ("blocked", "waiting"), "blocked"),
        ("pending", ("pending",), "pending"),
        ("blocked", ("pending", "declined"), "pending"),
        ("running", ("success", "blocked"), "running"),
        ("declined", ("declined", "blocked"), "declined"),
    ],
)
def test_what_waits_for_approval_is_told_by_the_stages_alone(told: str, stages: tuple[str, ...], shown: str) -> None:
    made = tuple(Stage(number, "", Status(word)) for number, word in enumerate(stages, 1))
    assert settled(Build("s", "a/b", 7, 3, Status(told), stages=made)).status == shown


def test_without_stages_nobody_knows_whether_it_is_blocked() -> None:
    assert settled(Build("s", "a/b", 7, 3)).status == Status.PENDING


def test_what_was_blocked_and_is_approved_is_blocked_no_more() -> None:
    blocked = settled(Build("s", "a/b", 7, 3, version=1, stages=(Stage(1, "one", Status.BLOCKED, version=1),)))
    assert blocked.status == Status.BLOCKED
    approved = replace(blocked, status=Status.PENDING, stages=(Stage(1, "one", Status.PENDING, version=2),))
    row = replace(blocked, status=Status.PENDING, stages=None)
    assert merge_build(merge_build(blocked, row), approved).status == Status.PENDING
    assert merge_build(merge_build(approved, row), blocked).status == Status.PENDING
    assert merge_build(blocked, row) is blocked


def test_what_was_before_the_last_second() -> None:
    steps = (
        Step(1, "clone", Status.SUCCESS, BEGIN, BEGIN + 3),
        Step(2, "test", Status.SUCCESS, BEGIN + 3, BEGIN + 9),
        Step(3, "pack", Status.RUNNING, BEGIN + 9),
        Step(4, "ship", Status.PENDING),
    )
    waiting = Stage(2, "later", Status.WAITING)
    running = Stage(1, "now", Status.RUNNING, started=BEGIN, steps=steps)
    before = (replace(running, steps=(steps[0], steps[3])), waiting)
    assert before_last_second((running, waiting)) == before
    assert before_last_second((replace(running, status=Status.SUCCESS, stopped=BEGIN + 9), waiting)) == (waiting,)


def test_before_anything_began_all_was_as_it_is() -> None:
    stages = (Stage(1, "now", Status.BLOCKED, steps=(Step(1, "clone"),)),)
    assert before_last_second(stages) == stages
    assert before_last_second(()) == ()
