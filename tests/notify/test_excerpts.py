"""The lines of a log that tell why a step failed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from buildwatch.model import LogLine
from buildwatch.notify.excerpts import KEPT, LONGEST, excerpt, plain_log

ROLLOUT = (
    "+ kubectl set image deploy/web",
    "image updated",
    "+ kubectl rollout status deploy/web",
    *(f"Waiting: {number} out of 6 are up" for number in range(6)),
    'error: deployment "web" exceeded its progress deadline',
    "exit status 1",
)


def test_the_command_that_failed_and_the_lines_around_the_error_are_told() -> None:
    assert excerpt(ROLLOUT, 1, 4) == [ROLLOUT[2], *ROLLOUT[-4:-1]]
    assert excerpt(ROLLOUT, 1, 50) == list(ROLLOUT)
    assert excerpt(ROLLOUT, 1, 1) == [ROLLOUT[-2]]


def test_where_nothing_tells_of_an_error_the_last_lines_are_told() -> None:
    quiet = [f"line {number}" for number in range(40)]
    assert excerpt(quiet, 2, 3) == quiet[-3:]
    assert excerpt((), 2, 3) == []


def test_a_log_is_made_plain_and_bounded() -> None:
    raw = [LogLine(0, f"\x1b[31m{number}\x1b[0m\x1b]0;title\x07") for number in range(KEPT + 5)]
    log = plain_log(raw)
    assert len(log) == KEPT
    assert log[-1] == str(KEPT + 4)
    assert excerpt(["x" * 5000], 1, 5) == ["x" * (LONGEST - 1) + "…"]


lines = st.sampled_from(["+ make", "ok", "error: no", "", "FAIL", "Traceback (most recent call last):", "warning: x"])


@given(st.lists(lines, max_size=40), st.integers(1, 50), st.integers(0, 255))
def test_an_excerpt_is_made_of_the_logs_lines_in_their_order(log: list[str], most: int, exit_code: int) -> None:
    shown = excerpt(log, exit_code, most)
    assert len(shown) <= most
    rest = iter(log)
    assert all(line in rest for line in shown)
    assert bool(shown) == bool(log)
