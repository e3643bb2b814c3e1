"""What Slack would make of a text, in a terminal."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwatch.cli.mrkdwn_view import preview, safe


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", []),
        ("*bold* _it_ ~no~ `code`", ["bold it no code"]),
        ("2*3*4 a_b_c", ["2*3*4 a_b_c"]),
        ("<https://x.example/a|build &lt;7&gt;> &amp; <https://y.example>", ["build <7> & https://y.example"]),
        ("<@U012AB3CD> <!here> <!subteam^S1|@team>", ["@U012AB3CD @here @S1"]),
        ("&lt;!here&gt;", ["<!here>"]),
        ("<\u200b!here>", ["<·!here>"]),
        ("&gt; said\nby me", ["│ said", "by me"]),
        ("before\n```\na *b*\n  c &amp; d\n```\nafter", ["before", "  a *b*", "    c & d", "", "after"]),
        ("```x```", ["  x"]),
        ("a `b` c\nd", ["a b c", "d"]),
        ("*<https://x.example|y>*", ["y"]),
    ],
)
def test_what_is_read(text: str, shown: list[str]) -> None:
    assert preview(text, colour=False) == shown


def test_colours_stand_around_what_is_marked() -> None:
    assert preview("*a* <!here>", colour=True) == ["\x1b[1ma\x1b[0m \x1b[1;33m@here\x1b[0m"]


HOSTILE = st.text(alphabet="*_~`<>|&;!@#x \n\x1b[]m0;\x07\x9b\u202e\u200b", max_size=60)


@given(HOSTILE, st.booleans())
def test_nothing_of_a_text_reaches_the_terminal_but_letters(text: str, colour: bool) -> None:
    for line in preview(text, colour=colour):
        bare = re.sub(r"\x1b\[[\d;]*m", "", line) if colour else line
        assert not set(bare) & set("\x1b\x07\x9b\u202e\u200b\r")
    assert not set(safe(text)) & set("\x1b\x07\x9b\u202e\u200b\r")
