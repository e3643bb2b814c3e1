"""How often the same thing broke."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwatch.insight.seen import Failure, Seen, in_words, seen

NOW = datetime(2026, 11, 26, 14, 0, tzinfo=UTC).timestamp()  # a Thursday
HOUR, DAY = 3600, 86400


def test_failures_are_counted_by_their_signatures() -> None:
    known = [Failure(820, 50, "a"), Failure(815, 40, "b"), Failure(812, 30, "a"), Failure(830, 60, "a")]
    assert seen(Failure(835, 70, "a"), known) == Seen(4, 812, 30, 5)
    assert seen(known[0], known) == Seen(3, 812, 30, 4), "itself counts once"
    assert seen(Failure(1, 0, "c"), []) == Seen(1, 1, 0, 1)


@pytest.mark.parametrize(
    ("of", "words"),
    [
        (Seen(4, 812, int(NOW - 2 * DAY), 9), "seen four times since Tuesday, first in #812"),
        (Seen(2, 812, int(NOW - HOUR), 9), "seen twice since 13:00, first in #812"),
        (Seen(3, 8, int(NOW - DAY), 9), "seen three times since Wednesday, first in #8"),
        (Seen(3, 8, int(NOW - 6 * DAY), 9), "seen three times since Friday, first in #8"),
        (Seen(12, 8, int(NOW - 7 * DAY), 19), "seen twelve times since 19 November, first in #8"),
        (Seen(13, 8, int(NOW - 365 * DAY), 19), "seen 13 times since 26 November 2025, first in #8"),
        (Seen(3, 8, 0, 9), "seen three times, first in #8"),
        (Seen(3, 8, int(NOW + DAY), 9), "seen three times since 14:00, first in #8"),
        (Seen(1, 8, int(NOW), 9), "not seen in the 8 other failures"),
        (Seen(1, 8, int(NOW), 2), ""),
        (Seen(1, 8, int(NOW), 1), ""),
    ],
)
def test_in_words(of: Seen, words: str) -> None:
    assert in_words(of, NOW, UTC) == words


def test_the_day_is_that_of_the_reader() -> None:
    late = Seen(2, 8, int(NOW - 15 * HOUR), 3)  # 23:00 the day before in Greenwich, 07:00 today in Perth
    assert in_words(late, NOW, UTC) == "seen twice since Wednesday, first in #8"
    assert in_words(late, NOW, timezone(timedelta(hours=8))) == "seen twice since 07:00, first in #8"


@given(st.lists(st.tuples(st.integers(1, 30), st.sampled_from("abc")), min_size=1))
def test_groups_part_the_failures(pairs: list[tuple[int, str]]) -> None:
    known = list({number: Failure(number, number * 10, letter) for number, letter in pairs}.values())
    groups = {failure.signature: seen(failure, known) for failure in known}
    assert sum(group.times for group in groups.values()) == len(known)
    assert all(group.of == len(known) and group.since == 10 * group.first for group in groups.values())
