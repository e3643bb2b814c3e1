"""Only colours come through; whatever else a log line tells the terminal to do leaves no trace."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwatch.wire.ansi import LONGEST, PLAIN, Spans, Style, drawn, drawn_all, links, plain, safe_sgr, spans

RED = Style(fg=1)

HOSTILE = [
    "\x1b]52;c;cm0gLXJmIH4=\x07",  # clipboard
    "\x1b]0;owned\x07",  # title
    "\x1b]0;owned\x1b\\",
    "\x1b]8;;http://evil.example\x1b\\",  # hyperlink
    "\x1bPtmux;\x1b\x1b]52;c;eA==\x07\x1b\\",  # through tmux
    "\x1b[2J\x1b[1;1H",  # clear, home
    "\x1b[5n\x1b[6n\x1b[c\x1b[>c",  # questions that the terminal answers as if typed
    "\x1b[?1049l\x1b[?25l\x1bc\x1b7\x1b8\x1b(0",  # screen, cursor, reset, character set
    "\x1b[8mhidden\x1b[28m",
    "\x9b2J\x9d0;owned\x9c\x90q\x9c",  # the same as C1
    "\x1b[<35;1;1M\x1b[200~",
    "\x1b[\x1b[\x1b",
    "".join(map(chr, range(32))) + "\x7f" + "".join(map(chr, range(0x80, 0xA0))),
    "\u202egnp.exe\u202c\u2066\u2069\u200f\u061c",  # bidi
    "\u2028\u2029\ufeff\u200b\u2060",
    "a" + "\u0336\u0489" * 400,  # zalgo
    "👩\u200d👩\u200d👧 ❤\ufe0f 🇫🇷",
    "\ud800\udfff",
    "\x1b[38;2;999;1m\x1b[38;5\x1b[48;2;1m\x1b[" + "9" * 5000 + "m\x1b[" + "1;" * 5000 + "m",
    "\x00" * 100 + "\x08" * 100,
]

text = st.text(st.one_of(st.characters(), st.sampled_from("\x1b\x9b\x9d[]m;:0123458\x07\\\t\u202e")), max_size=60)


def joined(line: Spans) -> str:
    return "".join(text for text, _ in line)


def assert_harmless(shown: str) -> None:
    bad = [char for char in shown if unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}]
    assert not bad
    assert not re.search("[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufe0f]", shown)


@pytest.mark.parametrize("raw", HOSTILE)
def test_nothing_hostile_is_left(raw: str) -> None:
    around = f"before{raw}\x07\x1b\\after"
    assert_harmless(joined(spans(around)))
    assert "owned" not in plain(around)
    assert "c;" not in plain(around)
    assert plain(around).startswith("before")
    assert plain(around).endswith("after")


@given(text)
def test_whatever_comes_only_text_goes_out(raw: str) -> None:
    assert_harmless(joined(spans(raw)))
    assert_harmless(plain(raw).replace("\t", ""))
    assert_harmless(re.sub(r"\x1b\[[0-9;]+m", "", safe_sgr(raw)).replace("\t", ""))


@given(st.binary(max_size=200))
def test_any_bytes_are_harmless(raw: bytes) -> None:
    assert_harmless(joined(spans(raw.decode("utf-8", "replace"))))


@given(text)
def test_all_views_of_a_line_agree(raw: str) -> None:
    assert drawn(raw) == joined(spans(raw))
    assert plain(safe_sgr(raw)) == plain(raw)
    assert spans(safe_sgr(raw)) == spans(raw)
    if "\t" not in raw:
        assert plain(raw) == drawn(raw)


@given(st.text(st.characters(categories=["L", "N", "P", "S"], max_codepoint=0x2FF), max_size=60))
def test_ordinary_text_is_kept(raw: str) -> None:
    assert plain(raw) == raw


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("plain", [("plain", PLAIN)]),
        ("", []),
        ("\x1b[31mred\x1b[0m not", [("red", RED), (" not", PLAIN)]),
        ("\x1b[31mred\x1b[m not", [("red", RED), (" not", PLAIN)]),
        ("\x1b[1;91mx", [("x", Style(fg=9, bold=True))]),
        ("\x1b[38;5;208mx", [("x", Style(fg=208))]),
        ("\x1b[48:5:9mx", [("x", Style(bg=9))]),
        ("\x1b[38;2;1;2;3;4mx", [("x", Style(fg=(1, 2, 3), underline=True))]),
        ("\x1b[38:2:1:2:3mx", [("x", Style(fg=(1, 2, 3)))]),
        ("\x1b[48:2::1:2:3mx", [("x", Style(bg=(1, 2, 3)))]),
        ("\x1b[58;5;1;31mx", [("x", RED)]),
        ("\x1b[4:3mx\x1b[4:0my", [("x", Style(underline=True)), ("y", PLAIN)]),
        (
            "\x1b[1;2;3;7;9mx\x1b[22;23;27;29my",
            [("x", Style(None, None, True, True, True, False, True, True)), ("y", PLAIN)],
        ),
        ("\x1b[38;5;300mx\x1b[5;8mx", [("xx", PLAIN)]),
        ("\x9b31mx", [("x", RED)]),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", [("link", Style(underline=True))]),
        (
            "a \x1b[31m\x1b]8;id=1;http://x\x07li\x1b[1mnk\x1b]8;;\x07 b",
            [
                ("a ", PLAIN),
                ("li", RED._replace(underline=True)),
                ("nk", RED._replace(bold=True, underline=True)),
                (" b", RED._replace(bold=True)),
            ],
        ),
        ("\x1b]8;;http://x without an end", []),
        ("a\tb\x1b[31m\tc", [("a       b", PLAIN), ("       c", RED)]),
        ("日本\tb", [("日本    b", PLAIN)]),
    ],
)
def test_spans(raw: str, expected: Spans) -> None:
    assert spans(raw) == expected


def test_where_links_lead_is_told_and_safe() -> None:
    raw = (
        "see \x1b]8;;https://ci.example/1\x1b\\one\x1b]8;;\x1b\\, \x9d8;k=v;file:///etc/\u202epasswd\x9ctwo\x1b]8;;\x07"
    )
    assert links(raw) == ["https://ci.example/1", "file:///etc/passwd"]
    assert links(raw + raw) == links(raw)
    assert plain(raw) == "see one, two"
    assert links("no ]8; here") == links("\x1b]8;;\x07") == []
    assert len(links(f"\x1b]8;;http://{'x' * 5000}\x07a")[0]) <= 500


def test_a_line_too_long_is_cut_and_says_so() -> None:
    line = spans("x" * 1_000_000)
    assert line[0] == ("x" * LONGEST, PLAIN)
    assert line[1][0] == " ... cut: the line has 1,000,000 characters"
    assert len(joined(spans("\t" * 1_000_000))) < LONGEST + 100
    assert len(plain("x" * 1_000_000)) == 1_000_000


def test_a_line_of_nothing_but_colours_is_cut_too() -> None:
    assert "cut" in joined(spans("\x1b[31m" * 1_000_000 + "x"))


def test_colours_for_a_terminal_are_of_our_own_writing() -> None:
    raw = "\x1b[38:2::1:2:3;1mx\x1b[2J\x1b[0my\x1b[92;44mz\x1b[38;5;99m!"
    assert safe_sgr(raw) == "\x1b[0;1;38;2;1;2;3mx\x1b[0my\x1b[0;92;44mz\x1b[0;38;5;99;44m!\x1b[0m"


@given(st.lists(text | st.sampled_from(HOSTILE) | st.sampled_from(["plain", "a\tb", "x" * (LONGEST + 1)]), max_size=8))
def test_many_lines_are_drawn_as_each(lines: list[str]) -> None:
    lines = [line.replace("\n", "") for line in lines] or [""]
    assert drawn_all("\n".join(lines)) == "\n".join(map(drawn, lines))
