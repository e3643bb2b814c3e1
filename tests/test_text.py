"""Text from outside: nothing of it reaches the terminal as anything but the characters that are seen."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwatch.text import clean, clean_lines, without_unseen

CONTROLS = {"Cc", "Cs", "Zl", "Zp"}
UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
)
SEQUENCES = (
    *(
        "\x1b[31m",
        "\x1b[2J",
        "\x1b]52;c;eA==\x07",
        "\x1b]0;t\x1b\\",
        "\x1bP+q\x1b\\",
        "\x1b(0",
        "\x9b2J",
        "\x9d0;t\x9c",
    ),
    *("\x1b", "\x9b", "\u202e", "\ufe0f", "\u200d", "\u034f", "\U000e0101", "\u3164", "\u2028", "\t", "\r\n", "\x85"),
)

hostile = st.lists(st.one_of(st.text(max_size=8), st.sampled_from(SEQUENCES)), max_size=12).map("".join)


def assert_harmless(text: str) -> None:
    assert not [char for char in text if unicodedata.category(char) in CONTROLS]
    assert not UNSEEN.search(text)


@given(hostile, st.integers(1, 80))
def test_what_comes_out_is_one_harmless_line_of_that_length(text: str, limit: int) -> None:
    shown = clean(text, limit)
    assert_harmless(shown)
    assert len(shown) <= limit


@given(hostile)
def test_cleaning_what_is_clean_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(hostile, st.integers(1, 200))
def test_lines_are_harmless_and_no_longer_than_asked_for(text: str, limit: int) -> None:
    shown = clean_lines(text, limit)
    assert len(shown) <= limit
    assert_harmless(shown.replace("\n", ""))


@given(hostile)
def test_a_log_keeps_its_escape_sequences_and_loses_what_is_invisible(text: str) -> None:
    kept = without_unseen(text)
    assert not UNSEEN.search(kept)
    ours = re.sub("[^\x00-\x7f]", "", text)
    assert re.sub("[^\x00-\x7f]", "", kept) == ours


@pytest.mark.parametrize("text", ["Füße waschen", "修复登录", "naïve – “quoted” …", "emoji 🚀 ok", "a" * 499])
def test_text_that_people_write_stays_as_it_is(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize("unseen", ["\ufe0f", "\u034f", "\u3164", "\u115f", "\U000e0101", "\u180b", "\u17b4", "\uffa0"])
def test_what_counts_as_printable_and_shows_nothing_goes_too(unseen: str) -> None:
    assert clean(f"ma{unseen}ster") == "master"
    assert clean_lines(f"ma{unseen}ster") == "master"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[m", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("a\tb\nc\r\nd\u2028e", "a b c  d e"),
        ("unterminated \x1b]52;c;eA==", "unterminated "),
        ("user\u202egnp.exe", "usergnp.exe"),
        ("\x1b\x1b[0m[31m", "[31m"),
        ("\ud800", ""),
    ],
)
def test_one_line(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_a_cut_is_seen() -> None:
    assert clean("abcdef", 4) == "abc…"


def test_every_kind_of_line_end_ends_a_line() -> None:
    assert clean_lines("a\nb\r\nc\rd\u2028e\n\nf") == "a\nb\nc\nd\ne\n\nf"
