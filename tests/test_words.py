"""Times, ages and signs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from buildwatch.model import Build, Status
from buildwatch.words import ASCII, UNICODE, Glyphs, age, ago, branch_of, duration, glyph

STATUSES = ["blocked", "declined", "error", "failure", "killed", "pending", "running", "skipped", "success", "waiting"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0:00"),
        (0.99, "0:00"),
        (41, "0:41"),
        (725, "12:05"),
        (3599.9, "59:59"),
        (3600, "1:00:00"),
        (90061, "25:01:01"),
        (-5, "0:00"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "short", "long"),
    [
        (-3, "now", "just now"),
        (4.9, "now", "just now"),
        (5, "5s", "5 seconds ago"),
        (59, "59s", "59 seconds ago"),
        (60, "1m", "1 minute ago"),
        (7199, "1h", "1 hour ago"),
        (7200, "2h", "2 hours ago"),
        (86_400, "1d", "1 day ago"),
        (13 * 86_400, "13d", "13 days ago"),
        (14 * 86_400, "2w", "14 days ago"),
        (104 * 7 * 86_400, "1y", "728 days ago"),
    ],
)
def test_ages(seconds: float, short: str, long: str) -> None:
    assert (age(seconds), ago(seconds)) == (short, long)


@given(st.floats(-1e9, 1e11))
def test_ages_are_short_and_nothing_is_negative(seconds: float) -> None:
    assert len(age(seconds)) <= 5
    assert "-" not in age(seconds) + ago(seconds) + duration(seconds)


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_every_status_has_a_sign_one_cell_wide(glyphs: Glyphs) -> None:
    assert sorted(glyphs.status) == STATUSES
    signs = [glyph(Status(word), glyphs) for word in [*STATUSES, "warming_up"]]
    assert {cell_len(sign) for sign in signs} == {1}
    assert len(set(signs)) == len(signs) - 1  # pending and waiting look the same


def test_ascii_is_ascii() -> None:
    for value in (getattr(ASCII, name) for name in Glyphs.__dataclass_fields__):
        assert "".join(value.values() if isinstance(value, dict) else value).isascii()


@pytest.mark.parametrize(
    ("branch", "ref", "shown"),
    [
        ("main", "refs/heads/main", "main"),
        ("", "refs/tags/v1.7.0", "v1.7.0"),
        ("", "refs/heads/main", "main"),
        ("", "refs/pull/7/head", "refs/pull/7/head"),
        ("", "", ""),
    ],
)
def test_what_has_no_branch_is_called_by_its_ref(branch: str, ref: str, shown: str) -> None:
    assert branch_of(Build("ci", "acme/api", 1, 1, Status.SUCCESS, branch=branch, ref=ref)) == shown
