"""The lines of a comparison: what they tell at which width, and that they always fit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from buildwatch.insight.compare import compare
from buildwatch.insight.comparison import Order
from buildwatch.model import Build, Status
from buildwatch.store import Link, Server
from buildwatch.tui.build_picker import label, matching
from buildwatch.tui.cells import Pieces, width_of
from buildwatch.tui.compare_history import history_lines
from buildwatch.tui.compare_lines import CompareLines
from buildwatch.tui.compare_text import build_line, said_lines, title_line
from buildwatch.tui.page import Page
from buildwatch.words import ASCII, UNICODE, Glyphs
from tests.insight.test_compare import green, that, this
from tests.insight.test_waterfall import NOW, ZERO, build, builds, stage, step


def texts(lines: CompareLines) -> list[str]:
    drawn = [lines.head(), *(lines.row(at) for at in range(len(lines.lines))), *lines.totals()]
    return [text(line).rstrip() for line in drawn]


def text(line: Pieces) -> str:
    return "".join(piece for piece, _ in line)


def test_as_they_ran_both_bars_stand_on_one_axis() -> None:
    lines = CompareLines(compare(that(), this(), ZERO + 200), Page(78, NOW), Order.RUN)
    assert texts(lines) == [
        "step                   #7       #9     change      %  ▀ #7  ▄ #9          1:42",
        "clone              ✓ 0:02   ✓ 0:03      +0:01   +50%  █",
        "test               ✓ 0:41   ✓ 1:22    ▲ +0:41  +100%  ██████████▄▄▄▄▄▄▄▄▄▄",
        "lint               ✓ 0:07   ✓ 0:05      -0:02   -29%            ▀▀        ▄",
        "notify             ✓ 0:03                gone                     ▀",
        "publish                     ✓ 0:12        new                              ▄▄▄",
        "waited to begin      0:06     0:16    ▲ +0:10  +167%",
        "total                0:53     1:42    ▲ +0:49   +92%",
    ]


def test_by_growth_the_bars_are_lengths() -> None:
    of = compare(that(), this(), ZERO + 200)
    lines = CompareLines(of, Page(78, NOW, 0, ASCII), Order.GREW, changed=True)
    assert texts(lines)[1:5] == [
        "test               + 0:41   + 1:22    ^ +0:41  +100%  ############============",
        "publish                     + 0:12        new         ====",
        "lint               + 0:07   + 0:05      -0:02   -29%  ##",
        "notify             + 0:03                gone         -",
    ]


def test_a_mark_says_which_steps_decided_where_others_ran_beside_them() -> None:
    steps = (
        step(1, "clone", "success", 0, 4),
        step(2, "unit", "success", 4, 44, needs=("clone",)),
        step(3, "lint", "success", 4, 24, needs=("clone",)),
    )
    of = build("success", 0, 44, stage(1, "linux", "success", 0, 44, *steps))
    lines = CompareLines(compare(of, of, NOW), Page(60, NOW), Order.RUN)
    assert [line[:9] for line in texts(lines)[:4]] == ["  step   ", "▌ clone  ", "▌ unit   ", "  lint   "]


def test_bars_go_before_numbers_do() -> None:
    narrow = texts(CompareLines(compare(that(), this(), NOW), Page(56, NOW), Order.RUN))
    assert narrow[2].startswith("test ")
    assert narrow[2].endswith("▲ +0:41  +100%")


@given(
    builds,
    builds,
    st.integers(ZERO - 2000, ZERO + 2000),
    st.integers(20, 200),
    st.sampled_from(list(Order)),
    st.sampled_from([UNICODE, ASCII]),
    st.booleans(),
)
def test_whatever_the_builds_each_line_fits(
    that: Build, this: Build, now: int, width: int, order: Order, glyphs: Glyphs, changed: bool
) -> None:
    page = Page(width, now, 24, glyphs)
    lines = CompareLines(compare(that, this, now), page, order, changed=changed)
    assert len({lines.key(at) for at in range(len(lines.lines))}) <= len(lines.lines)
    drawn = [lines.head(), *(lines.row(at) for at in range(len(lines.lines))), *lines.totals()]
    drawn += [build_line("this", this, "", page), title_line(this.repo, order, changed, None, page)]
    for line in drawn:
        assert width_of(text(line)) <= width
        assert "-0:00" not in text(line)
        assert glyphs is UNICODE or text(line).isascii()


@pytest.mark.parametrize(("link", "said"), [(Link.LIVE, False), (Link.OFFLINE, True), (Link.REFUSED, True)])
def test_a_server_that_does_not_answer_is_told(link: Link, said: bool) -> None:
    line = text(title_line("acme/gcd", Order.GREW, True, Server("ci", "", link=link), Page(80, NOW)))
    assert (f"acme/gcd  ci {link.value}" in line) is said
    assert line.endswith("only what changed · grew most ")


@pytest.mark.parametrize(("height", "count"), [(24, 4), (40, 12)])
def test_sentences_leave_room_for_the_steps_on_a_low_screen(height: int, count: int) -> None:
    said = ["one two three four five six"] * 4
    assert len(said_lines(said, Page(12, NOW, height))) == count


def test_builds_are_found_by_number_and_by_words() -> None:
    known = [green(120, branch="topic/slow"), green(12, "tag"), green(7)]
    assert [build.number for build in matching(known, "#12")] == [120, 12]
    assert [build.number for build in matching(known, "slow push")] == [120]
    assert matching(known, "nothing like it") == []
    assert label(known[0], Page(40, ZERO + 90)) == "#120   ✓ success   1m  push topic/slow"


def test_the_green_builds_like_it_say_since_when_it_is_slower() -> None:
    known = [replace(green(n, days=9 - n), started=ZERO, finished=ZERO + 50 + n) for n in range(1, 9)]
    others = [green(20, "tag", "v1"), replace(green(19), status=Status.FAILURE)]
    of = compare(known[5], this(), ZERO + 200)
    of = compare(known[5], replace(of.this, event="push", branch="main"), ZERO + 200)
    lines = [text(line) for line in history_lines(of, [*known, *others], Page(66, ZERO + 200), 6)]
    assert [line.split()[0] for line in lines] == ["green", "#9", "#8", "#7", "#6", "#5"]
    assert lines[1] == " #9 ✓     1:42   3m  ████████████████████████  this"
    assert lines[4] == " #6 ✓     0:56   3d  █████████████  against"
    assert history_lines(of, known, Page(66, NOW), 3) == []
    assert history_lines(of, [], Page(66, NOW), 9) == []
