"""A list that is read in parts says the same as all at once."""

from __future__ import annotations

import json
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwatch.model import LogLine
from buildwatch.wire import drone1, woodpecker
from buildwatch.wire.fields import BadAnswer
from buildwatch.wire.loglines import LogAssembler, Piece
from buildwatch.wire.pieces import FIRST, PART, ListReader
from tests.wire.whole import whole

Item = TypeVar("Item")

NASTY = ['},{"pos":1', '"},{"', "\\", '\\"', "}", '},{"out":"x"', "é\n✓", "", "\x1b[31m", "[", "]", '}, {"pos'] * 7


def long(*wanted: str) -> list[dict[str, Any]]:
    """Objects that are long together, with these texts at many places."""
    count = 8 * PART // 40
    return [{"pos": n, "out": wanted[n % len(wanted)] + "x" * (n % 50), "time": n // 100} for n in range(count)]


def in_parts(reader: ListReader[Item], data: bytes, size: int) -> list[list[Item]]:
    """What is read of bytes that come in chunks of a size; the last is what is read at their end."""
    parts = [reader.feed(data[first : first + size]) for first in range(0, len(data), size)]
    return [*(part for part in parts if part), reader.end()]


@pytest.mark.parametrize("size", [1000, 65_536, 10**9], ids=["small", "large", "whole"])
@pytest.mark.parametrize("form", [{}, {"separators": (",", ":")}, {"indent": 1}], ids=["spaces", "tight", "lines"])
def test_a_long_log_is_what_it_says_and_comes_in_parts(form: dict[str, Any], size: int) -> None:
    objects = long(*NASTY)
    parts = in_parts(ListReader(drone1.read_log), json.dumps(objects, **form).encode(), size)
    assert [piece for part in parts for piece in part] == [Piece(of["pos"], of["out"], of["time"]) for of in objects]
    if size < PART:
        assert len(parts) > 5
        assert 0 < len(parts[0]) < 2 * FIRST / 20, "the begin as soon as it is there"


def test_what_makes_no_sense_in_a_long_log_is_read_as_in_a_short_one() -> None:
    odd: list[Any] = [None, {"pos": "x", "out": 3, "extra": [{"out": "no"}, {"out": "neither"}]}, 7]
    objects = [*long("a", '},{"b'), *odd * 2000, *long("c")]
    data = json.dumps(objects).encode()
    parts = in_parts(ListReader(drone1.read_log), data, 5000)
    assert [piece for part in parts for piece in part] == drone1.read_log(data)


@pytest.mark.parametrize("cut", [1, 5, 1000])
def test_a_long_log_that_is_cut_off_is_told_in_the_end(cut: int) -> None:
    reader, data = ListReader(drone1.read_log), json.dumps(long("a")).encode()
    assert reader.feed(data[:-cut])
    with pytest.raises(BadAnswer):
        reader.end()


@pytest.mark.parametrize("data", [b"", b"{", b'{"message":"no"}', b"x" * 2 * FIRST, b'[{"pos":1}] and more'])
def test_what_is_no_list_is_told_in_the_end(data: bytes) -> None:
    reader = ListReader(drone1.read_log)
    assert reader.feed(data) == []
    with pytest.raises(BadAnswer):
        reader.end()


def test_a_list_that_is_null_is_told_from_an_empty_one() -> None:
    for data, null in ((b" null\n", True), (b"[]", False), (b" [ ]\n", False)):
        reader = ListReader(woodpecker.read_log)
        assert reader.feed(data) == reader.end() == []
        assert reader.null is null


def test_a_long_log_of_woodpecker() -> None:
    objects = [{"line": n, "time": n, "data": "YWJj", "type": 0} for n in range(PART // 10)]
    parts = in_parts(ListReader(woodpecker.read_log), json.dumps(objects).encode(), 4096)
    assert len(parts) > 2
    assert [(piece.pos, piece.out) for part in parts for piece in part] == [(n, "abc\n") for n in range(len(objects))]


CHUNKS = st.lists(st.integers(1, 40_000), max_size=40)


@given(CHUNKS, st.sampled_from(NASTY), st.integers(0, 400))
def test_it_does_not_matter_how_the_bytes_come(sizes: list[int], text: str, length: int) -> None:
    objects = [{"pos": n, "out": text + "x" * length, "time": n} for n in range(300)]
    data = json.dumps(objects).encode()
    reader, at, read = ListReader(drone1.read_log), 0, list[Piece]()
    for size in sizes:
        read += reader.feed(data[at : at + size])
        at += size
    assert read + reader.end(data[at:]) == drone1.read_log(data)


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


@given(OUTS, st.lists(st.integers(0, 3), min_size=12, max_size=12), st.integers(1, 12))
def test_pieces_are_the_same_lines_in_whatever_parts_they_come(outs: list[str], gaps: list[int], size: int) -> None:
    pos, pieces = 0, []
    for out, gap in zip(outs, gaps, strict=False):
        pos += gap if gap > 1 else 0
        pieces.append(Piece(pos, out, pos * 2))
        pos += 1
    log, seen = LogAssembler(), list[LogLine]()
    for first in range(0, len(pieces), size):
        same = log.feed(pieces[first : first + size])
        assert seen[:same] == list(log.lines)[:same]
        seen = list(log.lines)
    assert seen == whole(pieces)
