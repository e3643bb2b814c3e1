"""The lines of a log that are kept small are a list of lines all the same."""

from __future__ import annotations

import sys
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwatch.model import LogLine
from buildwatch.wire.loglist import BLOCK, LogLines

LINES = st.builds(LogLine, st.integers(0, 3), st.text(st.characters(blacklist_characters="\n"), max_size=8), st.just(0))


def many(count: int, first: int = 0) -> list[LogLine]:
    return [
        LogLine(number // 300, f"line {number} \x1b[31m✓\x1b[m", number % 3) for number in range(first, first + count)
    ]


def test_it_is_the_list_that_was_put_in() -> None:
    plain = many(3 * BLOCK + 7)
    lines = LogLines(plain)
    assert len(lines) == len(plain)
    assert list(lines) == plain
    assert lines == plain
    assert lines != plain[:-1]
    for at in (0, 1, BLOCK - 1, BLOCK, 3 * BLOCK, len(plain) - 1, -1, -len(plain)):
        assert lines[at] == plain[at]
    for cut in (
        slice(None),
        slice(5, 9),
        slice(BLOCK - 2, 2 * BLOCK + 2),
        slice(-3, None),
        slice(9, 5),
        slice(0, 99, 7),
    ):
        assert lines[cut] == plain[cut]
    for at in (len(plain), -len(plain) - 1):
        with pytest.raises(IndexError):
            lines[at]


def test_another_one_s_blocks_are_shared_and_stay_as_they_are() -> None:
    plain = many(2 * BLOCK + 5)
    one = LogLines(plain)
    other = LogLines()
    other.extend(one)
    other.cut(BLOCK + 3)
    other.append(LogLine(9, "other"))
    assert one == plain
    assert other == [*plain[: BLOCK + 3], LogLine(9, "other")]
    other.extend(one)
    assert other == [*plain[: BLOCK + 3], LogLine(9, "other"), *plain]


def test_what_two_have_in_common_and_where_a_line_is() -> None:
    plain = many(3 * BLOCK + 7)
    one = LogLines(plain)
    assert one.same(LogLines(plain)) == len(plain)
    assert one.same(LogLines(plain[:5])) == 5
    for at in (0, 3, BLOCK, 2 * BLOCK + 9, 3 * BLOCK + 2, len(plain) - 1):
        other = LogLines([*plain[:at], LogLine(7, "other"), *plain[at + 1 :]])
        assert one.same(other) == other.same(one) == at
        assert one.find(plain[at], 0) == one.find(plain[at], at) == at
        assert one.find(plain[at], at + 1) == -1
    assert one.find(LogLine(99, plain[5].text), 0) == -1
    assert list(one.since(BLOCK + 3)) == plain[BLOCK + 3 :]


def test_the_texts_are_given_many_at_a_time() -> None:
    plain = many(2 * BLOCK + 5)
    lines = LogLines(plain)
    for first in (0, 3, BLOCK, 2 * BLOCK + 1):
        got: list[str] = []
        for at, texts in lines.texts(first, len(lines)):
            assert at == first + len(got)
            got += texts.split("\n")
        assert got == [line.text for line in plain[first:]]


def test_texts_that_are_long_are_given_fewer_at_a_time() -> None:
    plain = [LogLine(0, f"{number} " + "x" * (20_000 if number % 2 else 0)) for number in range(BLOCK + 9)]
    lines = LogLines(plain)
    for first in (0, 7, BLOCK + 1):
        got: list[str] = []
        for at, texts in lines.texts(first, len(lines)):
            assert at == first + len(got)
            assert len(texts) < 60_000
            got += texts.split("\n")
        assert got == [line.text for line in plain[first:]]


def test_what_breaks_lines_does_not() -> None:
    lines = LogLines([LogLine(0, "one\ntwo"), LogLine(0, "\ud800")] * BLOCK)
    assert len(lines) == 2 * BLOCK
    assert lines[0].text == "one\x0btwo"
    assert lines[1].text == "\ud800"
    assert len(list(lines)) == 2 * BLOCK


@given(st.lists(st.tuples(st.integers(0, 60), st.lists(LINES, max_size=40)), max_size=12))
def test_it_grows_and_shrinks_as_a_list_does(moves: list[tuple[int, list[LogLine]]]) -> None:
    plain, lines = many(BLOCK), LogLines(many(BLOCK))
    for keep, more in moves:
        count = min(len(plain), BLOCK - 30 + keep)
        del plain[count:]
        lines.cut(count)
        plain += more
        lines.extend(more)
        assert lines == plain
        assert lines[len(plain) // 2 :] == plain[len(plain) // 2 :]


def test_a_line_costs_little_more_than_its_bytes() -> None:
    text = "2026-11-23T12:00:00Z GET /v1/things 200 in 12ms and some more words"
    tracemalloc.start()
    lines = LogLines(LogLine(number // 1000, f"{text} {number}") for number in range(50_000))
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert used / len(lines) < len(text) + 6 + 12
    assert used < sum(sys.getsizeof(line.text) for line in lines)
