"""Moves, time that passes and what is remembered, as occasions."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwatch.model import Build, Stage, Status
from buildwatch.notify.message import End
from buildwatch.notify.occasions import Occasion, ended, moved, overdue, retold
from buildwatch.notify.past import Past
from buildwatch.notify.settings import Kind
from buildwatch.store import Move
from tests.notify.some import NOW, build, end

ENDS = ("success", "failure", "error", "killed", "skipped", "declined")
TURNS = {Kind.BROKEN, Kind.FIXED, Kind.STILL_FAILING, Kind.RECOVERED}


def told(number: int, status: str, *before: End) -> Occasion:
    occasion = ended(build(number, status), Past(before), NOW)
    assert occasion is not None
    return occasion


@pytest.mark.parametrize("status", ENDS)
def test_each_end_is_its_own_status_and_no_other(status: str) -> None:
    kinds = told(7, status).kinds
    assert {kind for kind in kinds if kind.value in ENDS} == {Kind(status)}
    assert Kind.EVERY in kinds


@pytest.mark.parametrize(
    ("before", "status", "turns", "change"),
    [
        ("", "success", "", ""),
        ("", "failure", "broken", "broken"),
        ("success", "failure", "broken", "broken"),
        ("success", "error", "broken", "broken"),
        ("success", "killed", "", ""),
        ("failure", "failure", "still_failing", "still failing"),
        ("failure", "success", "fixed", "fixed"),
        ("error failure", "success", "fixed recovered", "fixed"),
        ("success success", "success", "", ""),
        ("success killed skipped declined", "failure", "broken", "broken"),
        ("failure killed", "success", "fixed", "fixed"),
        ("failure killed failure skipped", "success", "fixed recovered", "fixed"),
    ],
)
def test_what_an_end_makes_of_those_before_it(before: str, status: str, turns: str, change: str) -> None:
    ends = [end(number, word) for number, word in enumerate(before.split(), 1)]
    occasion = told(9, status, *ends)
    assert {kind.value for kind in occasion.kinds & TURNS} == set(turns.split())
    assert occasion.change == change


def test_the_previous_build_is_that_of_the_next_lower_number_whatever_it_was() -> None:
    standing = told(7, "failure", end(9, "success"), end(3, "failure"), end(5, "skipped")).standing
    assert standing.previous == end(5, "skipped")
    assert standing.judged == standing.broke == end(3, "failure")


def test_a_run_under_the_same_number_follows_the_run_before_it() -> None:
    first = end(7, "failure")
    again = build(7, "success", started=first.started + 500, finished=first.started + 600)
    occasion = ended(again, Past([first]), NOW)
    assert occasion is not None
    assert (occasion.run, occasion.change, occasion.replaced) == (1, "fixed", None)
    assert occasion.standing.previous == first


def test_another_end_of_the_same_run_replaces_it_and_the_same_end_is_nothing_new() -> None:
    killed = end(7, "killed")
    assert ended(build(7, "killed"), Past([killed]), NOW) is None
    occasion = ended(build(7, "failure"), Past([killed]), NOW)
    assert occasion is not None
    assert (occasion.run, occasion.replaced, occasion.word) == (0, killed, "failure for killed")
    unstarted = end(7, "killed", started=0)
    occasion = ended(build(7, "failure"), Past([unstarted]), NOW)
    assert occasion is not None
    assert occasion.run == 0


def test_moves_that_are_no_occasion() -> None:
    running = build(7, "running")
    assert moved(Move(running, "default", None, None, Status.RUNNING), Past(), NOW) is None
    assert moved(Move(running, None, None, None, Status.PENDING), Past(), NOW) is None
    assert moved(Move(running, None, None, None, Status("new word")), Past(), NOW) is None


def test_a_start_and_a_wait_for_approval_are_told() -> None:
    for status, kind in (("running", "started"), ("blocked", "blocked")):
        occasion = moved(Move(build(7, status), None, None, None, Status(status)), Past(), NOW)
        assert occasion is not None
        assert (occasion.kinds, occasion.change, occasion.word) == (frozenset({Kind(kind)}), kind, kind)
        assert not occasion.ended


GREENS = Past([end(number, "success", length=60) for number in range(1, 6)])


def test_a_build_is_slow_by_its_own_history_only() -> None:
    running = build(7, "running")
    begun = running.started

    def kinds(past: Past, after: float) -> list[str]:
        return [min(one.kinds) for one in overdue(running, past, begun + after, NOW, 3600)]

    assert kinds(GREENS, 99) == []
    assert kinds(GREENS, 101) == ["slow"]
    assert kinds(Past(), 3000) == []
    assert kinds(Past([end(1, "success"), end(2, "success")]), 3000) == []
    slow = ended(build(7, "success", finished=begun + 101), GREENS, NOW)
    assert slow is not None
    assert Kind.SLOW in slow.kinds
    assert Kind.SLOW not in told(7, "success", *[end(n, "success") for n in range(1, 6)]).kinds


def test_what_has_not_moved_for_long_is_stuck_and_what_waits_for_a_person_is_not() -> None:
    def kinds(of: Build, after: float, past: Past = GREENS) -> list[str]:
        return [min(one.kinds) for one in overdue(of, past, of.created + after, NOW, 3600)]

    waiting = build(7, "pending", started=0)
    assert kinds(waiting, 3599) == []
    assert kinds(waiting, 3600) == ["stuck"]
    assert kinds(build(7, "blocked", started=0), 9999) == []
    assert kinds(build(7, "success"), 9999) == []
    running = build(7, "running")
    assert kinds(running, 3700) == ["slow", "stuck"]
    moving = build(7, "running", stages=(Stage(1, "a", Status.RUNNING, started=running.started + 3000),))
    assert kinds(moving, 3700) == ["slow"]
    assert kinds(build(7, "running", started=0, created=0), -50) == []


def of_all(statuses: list[str]) -> dict[int, frozenset[Kind]]:
    """What each end is when they are told in the order of their numbers."""
    past, kinds = Past(), {}
    for number, status in enumerate(statuses, 1):
        occasion = ended(build(number, status), past, NOW)
        assert occasion is not None
        kinds[number] = occasion.kinds
        past = past.adding(occasion.end)
    return kinds


@given(st.lists(st.sampled_from(ENDS), min_size=1, max_size=9), st.randoms(use_true_random=False))
def test_in_whatever_order_ends_are_told_they_come_to_be_the_same(statuses: list[str], random: Random) -> None:
    order = list(enumerate(statuses, 1))
    random.shuffle(order)
    past = Past()
    kinds: dict[int, frozenset[Kind]] = {}
    for number, status in order:
        occasion = ended(build(number, status), past, NOW)
        assert occasion is not None
        lower = [other for other in kinds if other < number]
        previous = occasion.standing.previous
        assert (previous.number if previous else None) == max(lower, default=None)
        kinds[number] = occasion.kinds
        for later in retold(occasion, NOW, lambda _: None):
            assert later.earlier is not None
            assert later.earlier.kinds == kinds[later.build.number] != later.kinds
            kinds[later.build.number] = later.kinds
        past = past.adding(occasion.end)
    assert kinds == of_all(statuses)


@given(st.lists(st.booleans(), min_size=1, max_size=30), st.integers(2, 9))
def test_flapping_begins_once_and_only_after_enough_changes(greens: list[bool], changes: int) -> None:
    past = Past()
    states = []
    for number, green in enumerate(greens, 1):
        one = end(number, "success" if green else "failure")
        states.append(past.flapping(one, changes))
        past = past.adding(one)
    for index, state in enumerate(states):
        if state == "begins":
            recent = greens[max(0, index - 9) : index + 1]
            assert sum(a != b for a, b in pairwise(recent)) >= changes
            assert index == 0 or not states[index - 1]
        if state == "goes on":
            assert states[index - 1]


def test_a_line_that_flaps_is_calm_after_four_same_ends() -> None:
    past, states = Past(), []
    words = [*("success", "failure") * 3, "success", "success", "success", "success", "failure"]
    for number, word in enumerate(words, 1):
        states.append(past.flapping(end(number, word), 4))
        past = past.adding(end(number, word))
    assert states == ["", "", "", "", "begins", "goes on", "goes on", "goes on", "goes on", "", ""]
