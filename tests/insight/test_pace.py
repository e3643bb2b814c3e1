"""What was slow, and which commits are flaky."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwatch.insight.flaky import Flaky, flaky
from buildwatch.insight.pace import is_slow, pace, percentile
from buildwatch.model import Build, Stage, Status, Step

ZERO = 1_700_000_000


def build(
    id: int, took: int, status: str = "success", *, branch: str = "main", commit: str = "", **fields: object
) -> Build:
    step = Step(1, "test", Status(status), ZERO, ZERO + took // 2)
    stage = Stage(1, "unit", Status(status), started=ZERO, stopped=ZERO + took, steps=(step,))
    return Build(
        "ci",
        "acme/gcd",
        id,
        id,
        Status(status),
        event="push",
        branch=branch,
        commit=commit or f"c{id}",
        started=ZERO,
        finished=ZERO + took,
        stages=(stage,),
    )


GREENS = [
    build(id, took) for id, took in zip(range(20, 9, -1), (50, 52, 54, 56, 58, 60, 62, 64, 66, 68, 70), strict=True)
]


def test_a_fifth_above_what_nine_of_ten_keep_is_slow() -> None:
    usual = pace(build(30, 0), GREENS)
    assert (usual.of(), usual.of("unit"), usual.of("unit", "test")) == (68, 68, 34)
    assert usual.greens == 11
    assert not is_slow(81, usual.of())
    assert is_slow(82, usual.of())
    assert (usual.of("other"), usual.of("unit", "other")) == (None, None)


@pytest.mark.parametrize(
    ("builds", "usual"),
    [
        (GREENS[:2], None),
        ([*GREENS[:3], *(build(id, 900, branch="slow") for id in range(5))], 53.6),
        ([build(40, 900), *GREENS[:3]], 53.6),
        ([build(9, 900, "failure"), *GREENS[:3]], 53.6),
        ([], None),
    ],
    ids=["too few", "own branch", "those before alone", "green ones alone", "none"],
)
def test_with_what_it_is_compared(builds: list[Build], usual: float | None) -> None:
    assert pace(build(30, 0), builds).build == (pytest.approx(usual) if usual else None)


def test_a_second_more_is_not_slow() -> None:
    assert not is_slow(2, 1)
    assert is_slow(3, 1)
    assert not is_slow(None, 1)
    assert not is_slow(9, None)


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0, 1))
def test_a_percentile_lies_within(values: list[float], share: float) -> None:
    assert min(values) <= percentile(values, share) <= max(values) + 1e-6
    assert (percentile(values, 0), percentile(values, 1)) == (min(values), max(values))


def test_a_commit_that_went_green_on_a_restart_is_flaky() -> None:
    known = [
        build(9, 5, "success", commit="c"),
        build(8, 5, "failure", commit="c"),
        build(7, 5, "success", commit="b"),
        build(6, 5, "killed", commit="b"),
        build(5, 5, "failure", commit="a"),
        build(4, 5, "success", commit="a"),
        build(3, 5, "killed", commit="z"),
    ]
    assert flaky(known[0], known) == flaky(known[1], known) == Flaky(8, 9, 1, 3)
    assert flaky(known[0], known[1:]) == Flaky(8, 9, 1, 3), "itself need not be among them"
    assert [flaky(one, known) for one in known[2:]] == [None] * 5
    assert Flaky(8, 9, 1, 4).rate == 0.25


def test_the_same_commit_elsewhere_is_another_thing() -> None:
    red, green = build(1, 5, "failure", commit="c"), build(2, 5, commit="c", branch="release")
    assert flaky(green, [red, green]) is None
    assert flaky(Build("ci", "acme/gcd", 3, 3, Status.SUCCESS), []) is None, "without a commit nothing is known"
