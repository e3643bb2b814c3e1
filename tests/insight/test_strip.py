"""The strip of a repo's last builds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwatch.insight.strip import HIGHEST, STRIP, USUAL, Bar, strip
from buildwatch.model import Build, Status

ZERO = 1_700_000_000


def build(took: int | None, status: str = "success") -> Build:
    started = 0 if took is None else ZERO
    ended = ZERO + took if took is not None and Status(status).ended else 0
    return Build("ci", "acme/gcd", 1, 1, Status(status), started=started, finished=ended)


def heights(*lengths: int) -> list[int]:
    """The heights of builds that took these lengths, oldest first."""
    return [bar.height for bar in strip([build(length) for length in reversed(lengths)])]


def test_the_newest_build_is_at_the_right() -> None:
    assert strip([build(60, "failure"), build(60), build(60, "killed")]) == (
        Bar(USUAL, Status.KILLED),
        Bar(USUAL, Status.SUCCESS),
        Bar(USUAL, Status.FAILURE),
    )


def test_only_the_last_builds_are_shown_but_all_tell_what_is_usual() -> None:
    builds = [build(600)] * STRIP + [build(60)] * 50
    assert [bar.height for bar in strip(builds)] == [HIGHEST] * STRIP
    assert len(strip(builds, 5)) == 5


def test_height_is_the_length_against_the_median() -> None:
    assert heights(100, 100, 100, 100, 100, 50, 10, 200, 400, 5000) == [1, 1, 1, 1, 1, 0, 0, 3, 5, 7]


def test_a_second_more_or_less_does_not_show_in_short_builds() -> None:
    assert heights(5, 6, 5, 4, 5) == [USUAL] * 5


def test_what_ends_early_in_red_does_not_move_what_is_usual() -> None:
    bars = strip([build(2, "failure")] * 8 + [build(100)] * 3)
    assert [bar.height for bar in bars[:3]] == [USUAL] * 3


@pytest.mark.parametrize(
    "odd", [build(None, "pending"), build(40, "running"), build(None, "declined"), build(40, "a newer word")]
)
def test_what_is_unfinished_or_never_ran_is_lowest(odd: Build) -> None:
    assert strip([odd, build(10), build(10)])[-1] == Bar(0, odd.status)


def test_a_repo_without_builds_has_no_strip() -> None:
    assert strip([]) == ()


words = st.sampled_from(["success", "failure", "running", "pending", "declined", "skipped", "newer"])
moments = st.just(0) | st.integers(0, 2**40)


@given(st.lists(st.tuples(words, moments, moments), max_size=30), st.integers(0, 20))
def test_any_history_makes_a_strip(history: list[tuple[str, int, int]], count: int) -> None:
    builds = [Build("ci", "a/b", 1, 1, Status(word), started=begun, finished=end) for word, begun, end in history]
    bars = strip(builds, count)
    assert len(bars) == min(count, len(builds))
    assert all(0 <= bar.height <= HIGHEST for bar in bars)
