"""Moves, time that passes and what is remembered, as occasions."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwatch.model import Build, Stage, Status
from buildwatch.notify.message import End
from buildwatch.notify.occasions import Occasion, build_of, end_of, occasion, overdue, retold
from buildwatch.notify.past import Past
from buildwatch.notify.settings import Kind
from tests.notify.some import NOW, build, end

ENDS = ("success", "failure", "error", "killed", "skipped", "declined")
TURNS = {Kind.BROKEN, Kind.FIXED, Kind.STILL_FAILING, Kind.RECOVERED}


def told(number: int, status: str, *before: End) -> Occasion:
    found = occasion(build(number, status), Past(before), NOW)
    assert found is not None
    return found


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
    found = told(9, status, *ends)
    assert {kind.value for kind in found.kinds & TURNS} == set(turns.split())
    assert found.change == change


def test_the_previous_build_is_that_of_the_next_lower_number_whatever_it_was() -> None:
    standing = told(7, "failure", end(9, "success"), end(3, "failure"), end(5, "skipped")).standing
    assert standing.previous == end(5, "skipped")
    assert standing.judged == standing.broke == end(3, "failure")


def test_a_run_under_the_same_number_follows_the_run_before_it() -> None:
    first = end(7, "failure", run=21)
    found = occasion(build(7, "success", run=22), Past([first]), NOW)
    assert found is not None
    assert (found.change, found.end.run) == ("fixed", 22)
    assert found.standing.previous == first


def test_its_own_end_among_what_is_remembered_changes_nothing() -> None:
    for status in ENDS:
        of = build(7, status)
        for before in ([], [end(3, "failure")], [end(9, "failure"), end(2, "success")]):
            alone, among = occasion(of, Past(before), NOW), occasion(of, Past([*before, end_of(of)]), NOW)
            assert alone is not None
            assert among is not None
            assert (alone.kinds, alone.standing) == (among.kinds, among.standing)


def test_another_end_of_the_same_run_is_another_word() -> None:
    found = occasion(build(7, "failure"), Past(), NOW, replaced="killed")
    assert found is not None
    assert (found.replaced, found.word) == ("killed", "failure for killed")


@pytest.mark.parametrize("status", ["pending", "waiting", "a newer server's word"])
def test_what_is_no_occasion(status: str) -> None:
    assert occasion(build(7, status), Past(), NOW) is None


@pytest.mark.parametrize(("status", "kind"), [("running", "started"), ("blocked", "blocked")])
def test_a_start_and_a_wait_for_approval_are_told(status: str, kind: str) -> None:
    found = occasion(build(7, status), Past(), NOW)
    assert found is not None
    assert (found.kinds, found.change, found.word) == (frozenset({Kind(kind)}), kind, kind)
    assert not found.ended


def test_what_is_remembered_of_an_end_is_the_build_it_was() -> None:
    assert end_of(build_of(end(7, "killed", run=3))) == end(7, "killed", run=3)


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
    slow = occasion(build(7, "success", finished=begun + 101), GREENS, NOW)
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


def of_all(statuses: Mapping[int, str]) -> dict[int, frozenset[Kind]]:
    """What each end is when they are told in the order of their numbers."""
    past, kinds = Past(), {}
    for number, status in sorted(statuses.items()):
        found = occasion(build(number, status), past, NOW)
        assert found is not None
        kinds[number] = found.kinds
        past = past.adding(found.end)
    return kinds


@given(st.lists(st.tuples(st.integers(1, 9), st.sampled_from(ENDS)), min_size=1, max_size=14), st.booleans())
def test_in_whatever_order_ends_are_told_they_come_to_be_the_same(told: list[tuple[int, str]], first: bool) -> None:
    """A number that comes again is another end of the same run. `first`: each is remembered before it is told."""
    past = Past()
    last: dict[int, str] = {}
    kinds: dict[int, frozenset[Kind]] = {}
    for number, status in told:
        replaced = last.get(number, "")
        if status == replaced:
            continue
        last[number] = status
        of = build(number, status)
        if first:
            past = past.adding(end_of(of))
        found = occasion(of, past, NOW, replaced)
        assert found is not None
        previous = found.standing.previous
        assert (previous.number if previous else None) == max((n for n in last if n < number), default=None)
        kinds[number] = found.kinds
        for later in retold(found, NOW, build_of):
            assert later.earlier is not None
            assert later.earlier.kinds == kinds[later.build.number] != later.kinds
            kinds[later.build.number] = later.kinds
        past = past.adding(found.end)
    assert kinds == of_all(last)


def test_what_is_still_to_be_told_by_itself_is_not_told_by_another() -> None:
    late = occasion(build(6, "success"), Past([end(5, "failure"), end(7, "failure")]), NOW)
    assert late is not None
    assert [one.change for one in retold(late, NOW, build_of)] == ["broken"]
    assert list(retold(late, NOW, lambda _: None)) == []


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
