"""The pieces of a step's output become the same lines however they come."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwatch.model import LogLine
from buildwatch.wire.ansi import plain
from buildwatch.wire.loglines import LogAssembler, Piece, read_piece
from tests.wire.whole import whole


def pieces(*outs: str, start: int = 0) -> list[Piece]:
    return [Piece(start + index, out, index) for index, out in enumerate(outs)]


def texts(lines: Sequence[LogLine]) -> list[str]:
    return [plain(line.text) for line in lines]


@pytest.mark.parametrize(
    ("outs", "expected"),
    [
        ([], []),
        ([""], []),
        (["one\n", "two\n"], ["one", "two"]),
        (["on", "", "e", "\n", "two"], ["one", "two"]),
        (["one\ntwo\nthr", "ee\n\n"], ["one", "two", "three", ""]),
        (["a\r\n", "b\r", "\n", "c\r\r\n"], ["a", "b", "c"]),
        (["\r10%", "\r20%", "\r30%"], ["30%"]),
        (["10%\r20%\r\n", "done\n"], ["20%", "done"]),
        (["10%\r"], ["10%"]),
        (["10%\r", "\x1b[K", "\n"], [""]),
        (["10%\r\x1b[", "32", "m", "\n"], ["10%"]),
        (["\x1b[1G\x1b[0K⠙", "\x1b[1", "G\x1b[0K⠹", "\n"], ["⠹"]),
        (["\n", "\n"], ["", ""]),
        (["one\n", "two\n", "", "three\n"], ["one", "two", "three"]),  # a runner's rest of a write of two lines
    ],
)
def test_pieces_become_lines(outs: list[str], expected: list[str]) -> None:
    assert texts(whole(pieces(*outs))) == expected


def test_a_line_has_the_time_of_its_first_piece() -> None:
    lines = whole([Piece(0, "build", 1), Piece(1, "ing\n", 7), Piece(2, "done\nand", 8), Piece(3, " more", 9)])
    assert lines == [LogLine(1, "building"), LogLine(8, "done"), LogLine(8, "and more")]


def test_the_unended_line_is_seen_and_then_replaced() -> None:
    assembler = LogAssembler()
    assert assembler.feed(pieces("one\nprog")) == 0
    assert texts(assembler.lines) == ["one", "prog"]
    assert assembler.feed(pieces("ress\n", "next", start=1)) == 1
    assert texts(assembler.lines) == ["one", "progress", "next"]
    assert assembler.feed([]) == 2


def test_history_that_comes_again_is_not_doubled() -> None:
    assembler = LogAssembler()
    assembler.feed(pieces("a\n", "b\n", "c"))
    assert assembler.feed(pieces("a\n", "b\n", "c", "d\n")) == 2
    assert texts(assembler.lines) == ["a", "b", "cd"]


def test_a_gap_is_one_marked_line_until_it_is_filled() -> None:
    assembler = LogAssembler()
    assembler.feed([Piece(0, "a\n", 0), Piece(879, "b\n", 4), Piece(880, "c", 4)])
    assert texts(assembler.lines) == ["a", "… 878 pieces missing …", "b", "c"]
    assert assembler.feed([Piece(881, "d\n", 5), Piece(882, "e", 5)]) == 3
    assert texts(assembler.lines) == ["a", "… 878 pieces missing …", "b", "cd", "e"]
    assert assembler.feed(Piece(pos, f"{pos}\n", 2) for pos in range(1, 879)) == 0
    assert texts(assembler.lines) == ["a", *map(str, range(1, 879)), "b", "cd", "e"]


def test_a_log_whose_begin_is_lost_says_so() -> None:
    assert texts(whole(pieces("x\n", start=2082))) == ["… 2082 pieces missing …", "x"]
    assert texts(whole(pieces("x\n", start=1))) == ["… 1 piece missing …", "x"]


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        ({"pos": 3, "out": "x\n", "time": 2}, Piece(3, "x\n", 2)),
        ({"pos": 3, "out": None}, Piece(3, "", 0)),
        ({"pos": "3", "out": 7, "time": 1.5}, Piece(0, "", 0)),
    ],
)
def test_a_piece_is_read_whatever_is_there(of: dict[str, object], expected: Piece) -> None:
    assert read_piece(of) == expected


output = st.lists(st.sampled_from(["a", "bc", "\n", "\r", "\r\n", "\x1b[", "1G", "0m", "31m", "K", "\x1b", "日本", ""]))


def cut(text: str, places: list[int]) -> list[str]:
    edges = sorted({0, len(text), *(place % (len(text) + 1) for place in places)})
    return [text[a:b] for a, b in pairwise(edges)]


@given(output, st.lists(st.integers(0, 200)))
def test_where_output_was_cut_into_pieces_does_not_matter(outs: list[str], places: list[int]) -> None:
    text = "".join(outs)
    once = [line.text for line in whole([Piece(0, text, 0)])]
    assembler = LogAssembler()
    for piece in pieces(*cut(text, places)):
        assembler.feed([piece])
        assembler.lines  # noqa: B018  # looking at the lines must not change what comes of them
    assert texts(assembler.lines) == [plain(line) for line in once]


@given(output, st.lists(st.integers(0, 200)), st.randoms(use_true_random=False), st.booleans())
def test_order_and_repetition_do_not_matter(
    outs: list[str], places: list[int], chance: random.Random, look: bool
) -> None:
    came = pieces(*cut("".join(outs), places))
    expected = whole(came)
    shuffled = came + came[: len(came) // 2]
    chance.shuffle(shuffled)
    assembler = LogAssembler()
    for piece in shuffled:
        known = list(assembler.lines) if look else []
        same = assembler.feed([piece])
        if look:
            assert assembler.lines[:same] == known[:same]
    assert [line.time for line in assembler.lines] == [line.time for line in expected]
    assert texts(assembler.lines) == texts(expected)


def test_a_progress_bar_of_any_length_stays_small() -> None:
    assembler = LogAssembler()
    for pos in range(5_000):
        assembler.feed([Piece(pos, f"\r{pos:040d}", 0)])
        held = len(assembler.lines[-1].text)
        assert held == 40


def test_one_endless_line_is_put_together_once() -> None:
    assembler = LogAssembler()
    for pos in range(50_000):
        assembler.feed([Piece(pos, "x" * 100, 0)])
    assert len(assembler.lines[0].text) == 5_000_000
