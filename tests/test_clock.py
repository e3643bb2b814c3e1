"""The server's clock: never ahead of the truth, never running backwards, whatever the network does to the answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwatch.clock import TRUST, ServerClock
from buildwatch.words import duration

answers = st.lists(
    st.tuples(st.floats(0, 30), st.floats(0, 0.9)), min_size=1, max_size=40
)  # seconds since the last one, and how long this one took


@given(st.floats(-1e6, 1e6), answers)
def test_never_ahead_of_the_server_and_at_most_two_seconds_behind(
    offset: float, coming: list[tuple[float, float]]
) -> None:
    clock, ours = ServerClock(), 1_795_420_000.0
    for wait, took in coming:
        ours += wait
        clock.heard(int(ours + offset - took), ours)
        assert -1e-3 <= (ours + offset) - clock.now(ours) < 1 + took + 1e-3


@given(st.floats(-1e6, 1e6), answers)
def test_the_longer_it_runs_the_more_is_shown(offset: float, coming: list[tuple[float, float]]) -> None:
    clock, ours, started, shown = ServerClock(), 1_795_420_000.0, 0, -1
    for wait, took in coming:
        ours += wait
        clock.heard(int(ours + offset - took), ours)
        started = started or int(ours + offset)
        seconds = max(0, int(clock.now(ours) - started))
        assert seconds >= shown
        assert not duration(clock.now(ours) - started).startswith("-")
        shown = seconds


def test_without_a_word_from_the_server_it_is_our_own() -> None:
    assert ServerClock().now(1000.5) == 1000.5


def test_the_longer_it_is_heard_the_closer_it_gets() -> None:
    clock = ServerClock()
    for ours in (100.9, 200.5, 300.05):
        clock.heard(int(ours) + 50, ours)
    assert clock.now(400.0) == pytest.approx(450.0, abs=0.06)


def test_one_strange_answer_changes_nothing() -> None:
    clock = ServerClock()
    clock.heard(1050, 1000.0)
    clock.heard(0, 1001.0)
    clock.heard(9_999_999, 1002.0)
    clock.heard(1053, 1003.0)
    assert clock.now(1003.0) == 1053


def test_a_clock_that_was_set_is_followed_after_three_answers() -> None:
    clock = ServerClock()
    clock.heard(1000, 1000.0)
    for ours in (1010.0, 1020.0, 1030.0):
        assert clock.now(ours) == ours
        clock.heard(int(ours) - 100, ours)
    assert clock.now(1040.0) == 940


@pytest.mark.parametrize("slow", [0.5, 1.0, TRUST])
def test_slow_answers_do_not_set_it_back(slow: float) -> None:
    clock = ServerClock()
    clock.heard(1000, 1000.0)
    for ours in (1010.0, 1020.0, 1030.0, 1040.0):
        clock.heard(int(ours - slow), ours)
        assert clock.now(ours) == ours
