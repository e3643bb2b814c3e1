"""A long list is taken apart a little at a time, and says the same as all at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwatch.wire import drone1, woodpecker
from buildwatch.wire.fields import BadAnswer
from buildwatch.wire.loglines import LogAssembler, Piece, whole
from buildwatch.wire.pieces import LONG

NASTY = ['},{"pos":1', '"},{"', "\\", '\\"', "}", '},{"out":"x"', "é\n✓", "", "\x1b[31m", "[", "]", '}, {"pos'] * 7


def long(*wanted: str) -> list[dict[str, Any]]:
    """Objects that are long together, with these texts at many places."""
    count = 2 * LONG // 40
    return [{"pos": n, "out": wanted[n % len(wanted)] + "x" * (n % 50), "time": n // 100} for n in range(count)]


@pytest.mark.parametrize("form", [{}, {"separators": (",", ":")}, {"indent": 1}], ids=["spaces", "tight", "lines"])
def test_a_long_log_is_what_it_says(form: dict[str, Any]) -> None:
    objects = long(*NASTY)
    data = json.dumps(objects, **form).encode()
    read = drone1.read_log(data)
    assert not isinstance(read, list), "it is read a little at a time"
    expected = [Piece(of["pos"], of["out"], of["time"]) for of in objects]
    assert list(read) == expected
    assert list(read) == expected, "more than once"
    assert len(read) == len(expected)
    assert read[5] == expected[5]
    assert read[-3:] == expected[-3:]


def test_what_makes_no_sense_in_a_long_log_is_read_as_in_a_short_one() -> None:
    objects: list[Any] = [*long("a", '},{"b'), None, {"pos": "x", "out": 3, "extra": [{"out": "no"}]}, 7]
    read = list(drone1.read_log(json.dumps(objects).encode()))
    assert read == [Piece(of["pos"], of["out"], of["time"]) for of in objects[:-3]] + [Piece(0, "", 0)]


@pytest.mark.parametrize("cut", [1, 5, 1000])
def test_a_long_log_that_is_cut_off_is_told(cut: int) -> None:
    data = json.dumps(long("a")).encode()
    with pytest.raises(BadAnswer):
        drone1.read_log(data[:-cut])


def test_a_long_log_of_woodpecker() -> None:
    objects = [{"line": n, "time": n, "data": "YWJj", "type": 0} for n in range(LONG // 30)]
    read = woodpecker.read_log(json.dumps(objects).encode())
    assert read is not None
    assert len(read) == len(objects)
    assert {piece.out for piece in read} == {"abc\n"}


OUTS = st.lists(st.sampled_from(["a", "b\n", "\n", "", "c\nd", "e\r", "\rf\n", "\x1b[1Gg", "h\ni\nj\n"]), max_size=12)


@given(OUTS, st.lists(st.integers(0, 3), min_size=12, max_size=12))
def test_a_stored_log_is_what_the_pieces_are_one_by_one(outs: list[str], gaps: list[int]) -> None:
    pos, pieces = 0, []
    for out, gap in zip(outs, gaps, strict=False):
        pos += gap if gap > 1 else 0
        pieces.append(Piece(pos, out, pos * 2))
        pos += 1
    one_by_one = LogAssembler()
    for piece in pieces:
        one_by_one.feed([piece])
    assert whole(pieces) == one_by_one.lines
    assert whole([*pieces[2:], *pieces]) == one_by_one.lines, "out of order and twice"
