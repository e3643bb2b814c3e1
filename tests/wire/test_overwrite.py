"""A line in which the cursor went back is shown as a terminal shows it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwatch.wire.ansi import plain
from buildwatch.wire.overwrite import FARTHEST, MOST, REMEMBERED, REMEMBERED_TEXT, as_shown, so_far


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("plain", "plain"),
        ("ended by both\r", "ended by both"),
        ("50%\r100%", "100%"),
        ("downloading\rdone", "doneloading"),
        ("downloading\r\x1b[Kdone", "done"),
        ("downloading\rdone\x1b[K", "done"),
        ("downloading\x1b[2K\rdone", "done"),
        ("abcdef\x1b[3D\x1b[1K", "    ef"),
        ("abc\x08\x08X", "aXc"),
        ("a\x1b[5Gb", "a   b"),
        ("\x1b[1G\x1b[0K⠙\x1b[1G\x1b[0K⠹", "⠹"),
        ("abc\x1b[2Dx\x1b[Cy", "axcy"),
        ("日本\rab", "ab本"),
        ("日本\ra", "a 本"),
        ("abcd\r日", "日cd"),
        ("日\x08\x1b[K", " "),
        ("日本\x1b[4D\x1b[1K", "  本"),
        ("a日本\r日", "日 本"),
        ("x\x1b[31m", "x"),
        ("[1/3] fetch\r[2/3] build\r\x1b[", "[2/3] build"),
    ],
)
def test_as_a_terminal_shows_it(line: str, expected: str) -> None:
    assert plain(as_shown(line)) == expected


def test_letters_keep_the_colour_they_were_written_in() -> None:
    assert as_shown("\x1b[32mgreen\x1b[0m\r\x1b[31mR") == "\x1b[0m\x1b[31mR\x1b[0m\x1b[32mreen\x1b[0m"


def test_a_hostile_move_costs_little() -> None:
    assert len(as_shown("\x1b[99999C" * 3 + "x\r")) <= 3 * FARTHEST + 1
    assert len(as_shown("\r" + "\x1b[1m" * 5_000 + "x")) < 500


def test_a_million_writes_over_each_other_leave_what_a_terminal_would() -> None:
    line = "".join(f"\r{at} of a million" for at in range(1_000_000)) + "\rdone"
    assert as_shown(line) == "done99 of a million"
    coloured = "".join(f"\r\x1b[3{at % 8}m{at} of many\x1b[0m" for at in range(100_000)) + "\rdone\x1b[K"
    assert plain(as_shown(coloured)) == "done"


def test_of_a_longer_line_only_what_was_written_last_is_remembered() -> None:
    assert as_shown("x" * (REMEMBERED + 1) + "\rab") == "ab" + "x" * (REMEMBERED - 1)
    assert as_shown("x" * (REMEMBERED_TEXT + 1) + "\rab") == "ab"
    assert plain(as_shown("é" + "x" * (REMEMBERED + 1) + "\rab" * 2)) == "ab"
    assert len(as_shown("ab\x08" * 3 * MOST)) <= 2 * MOST, "a hostile one is not obeyed for ever"


@given(st.lists(st.text("ab ", max_size=5), max_size=8))
def test_texts_alone_are_written_over_each_other_as_with_colours(texts: list[str]) -> None:
    line = "\r".join(texts)
    assert as_shown(line) == plain(as_shown(f"\x1b[0m{line}"))


MOVES = ("\r", "\x08", "\x1b[K", "\x1b[1K", "\x1b[2K", "\x1b[3G", "\x1b[2C", "\x1b[D", "\x1b[31m", "\x1b[0m")
ROWS = st.lists(st.sampled_from(["a", "bc", "日", *MOVES]), max_size=20)


@given(ROWS, ROWS)
def test_what_is_held_of_an_unended_line_leads_to_the_same(before: list[str], after: list[str]) -> None:
    whole, held = "".join(before + after), so_far("".join(before)) + "".join(after)
    assert plain(as_shown(held)) == plain(as_shown(whole))
