"""What is searched for in a log: a text or an expression, and where lines have it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwatch.tui.log_search import LONGEST, MOST, BadPattern, search_for
from buildwatch.wire.ansi import drawn

LINES = [
    "go test ./...",
    "panic: nil map",
    "",
    "FAIL\texample.com/π 0.4s",
    "\x1b[31mPanic\x1b[0m again: panic",
    "é\ud800x",
]


def found(typed: str, lines: list[str]) -> dict[int, int]:
    ((at, counts),) = search_for(typed).look("\n".join(lines))
    return dict(zip(at, counts, strict=True))


def at(typed: str, line: str) -> list[str]:
    text = drawn(line)
    return [text[begin:end] for begin, end in search_for(typed).places(text)]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("panic", {1: 1, 4: 2}),
        ("Panic", {4: 1}),
        ("panic:", {1: 1}),
        ("nowhere", {}),
        ("π", {3: 1}),
        (".", {0: 4, 3: 2}),
        ("/", {0: 1, 3: 1}),
        ("//", {}),
        ("/panic/", {1: 1, 4: 1}),
        ("/Panic/", {4: 1}),
        ("/^panic/", {1: 1, 4: 1}),
        ("/[.\\d]s$/", {3: 1}),
        ("/\\S/", {0: 1, 1: 1, 3: 1, 4: 1, 5: 1}),
        ("/(?P<what>panic): nil/", {1: 1}),
        ("/^$/", {2: 1}),
        ("/x*/", {0: 1, 1: 1, 2: 1, 3: 1, 4: 1, 5: 1}),
        ("/map\\s+FAIL/", {}),
        ("/map[^x]*FAIL/", {}),
        ("/π/", {3: 1}),
        ("/go|π/", {0: 1, 3: 1}),
    ],
)
def test_which_lines_have_it(typed: str, expected: dict[int, int]) -> None:
    assert found(typed, LINES) == expected


@pytest.mark.parametrize("typed", ["panic", "Panic", ".", "π", "/pan/", "/π \\d/", "/x*/", "/^$/", "/[^ ]/"])
def test_a_line_that_has_it_has_it_somewhere(typed: str) -> None:
    for line, text in enumerate(LINES):
        places = search_for(typed).places(drawn(text))
        counted = found(typed, LINES).get(line, 0)
        assert bool(places) == bool(counted)
        assert typed[0] == "/" or len(places) == counted


def test_where_it_stands_in_a_line() -> None:
    assert at("panic", LINES[4]) == ["Panic", "panic"]
    assert at("/π \\d/", LINES[3]) == ["π 0"]
    assert at("/π  /", LINES[3]) == []
    assert at("/m\\/./", LINES[3]) == ["m/π"]


@pytest.mark.parametrize("typed", ["x", "/x/"])
def test_not_more_of_one_line_than_anybody_looks_at(typed: str) -> None:
    assert len(search_for(typed).places("x" * 10_000)) == MOST
    assert found("x", ["x" * 10_000]) == {0: MOST}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("/a(/", "a( is no regular expression (missing ): a()"),
        ("/a)(b/", "a)(b is no regular expression (unexpected ): a)(b)"),
        ("/(?=a)/", "(?=a) is no regular expression (invalid perl operator: (?=)"),
        ("/(a)\\1/", "(a)\\1 is no regular expression (invalid escape sequence: \\1)"),
        ("/" + "a" * (LONGEST + 1) + "/", "the expression is longer than 1000 characters"),
        ("/(a{1000}){1000}/", "(a{1000}){1000} is no regular expression (invalid repetition size: {1000})"),
    ],
)
def test_what_is_no_expression_is_told_in_a_sentence(typed: str, said: str) -> None:
    with pytest.raises(BadPattern) as told:
        search_for(typed)
    assert str(told.value) == said


def test_no_text_makes_an_expression_slow() -> None:
    """Which would take one that goes back longer than the world has stood."""
    assert found("/(a+)+$/", ["a" * 5000 + "!"] * 50) == {}
    assert found("/(x+x+)+y/", ["x" * 5000] * 50) == {}


@given(st.lists(st.text(st.characters(exclude_characters="\n\x85\u2028\u2029"), max_size=12), max_size=6), st.data())
def test_every_text_is_found_where_it_stands(lines: list[str], data: st.DataObject) -> None:
    shown = [drawn(line) for line in lines]
    typed = data.draw(st.sampled_from([text for text in shown if text] or ["x"]))
    if len(typed) > 2 and typed[0] == typed[-1] == "/":
        return
    pattern = re.compile(re.escape(typed), re.IGNORECASE if typed == typed.lower() else 0)
    expected = {line: len(pattern.findall(text)) for line, text in enumerate(shown)}
    assert found(typed, lines) == {line: count for line, count in expected.items() if count}


@pytest.mark.parametrize(
    "typed", ["/a/", "/^a|b$/", "/[^a]/", "/\\s/", "/$/", "/a.*b/", "/^a*$/", "/(?s)a.b/", "/\\bb/", "/\\z/"]
)
@given(lines=st.lists(st.text("ab \t", max_size=4), max_size=12))
def test_lines_that_follow_each_other_are_found_as_each_alone(typed: str, lines: list[str]) -> None:
    alone = {nth: 1 for nth, line in enumerate(lines) if found(typed, [line])}
    assert (found(typed, lines) if lines else {}) == alone
