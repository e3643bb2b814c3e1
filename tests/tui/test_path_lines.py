"""What decided a build's length, in one line: all there is room for, and a sign where something is left out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwatch.insight.waterfall import Part, Row
from buildwatch.model import Status
from buildwatch.tui.cells import width_of
from buildwatch.tui.page import Page
from buildwatch.tui.path_lines import path_lines


def row(step: int, name: str, took: float) -> Row:
    return Row(1, step, name, Status.SUCCESS, took=took)


PATH = [row(1, "bundle", 4.0), row(2, "e2e", 8.0), row(3, "ship", 3.0)]
BESIDE = row(99, "lint", 2.0)
FULL = "decided by bundle 0:04 › e2e 0:08 › ship 0:03"


def line(path: list[Row], width: int, gaps: tuple[Part, ...] = ()) -> str:
    (pieces,) = path_lines(path, gaps, [*path, BESIDE], Page(width, 0.0))
    return "".join(text for text, _ in pieces).rstrip()


@pytest.mark.parametrize(
    ("width", "told"),
    [
        (len(FULL), FULL),
        (len(FULL) - 1, "decided by bundle 0:04 › e2e 0:08 …"),
        (30, "decided by … e2e 0:08 …"),
    ],
)
def test_what_fits_is_told_and_what_is_left_out_has_a_sign(width: int, told: str) -> None:
    assert line(PATH, width) == told


def test_the_idle_time_stands_behind_it_where_there_is_any() -> None:
    gaps = (Part(0.0, 9.0),)
    assert line(PATH, len(FULL) + 23, gaps) == f"{FULL} · nothing ran for 0:09"
    assert line(PATH, len(FULL) + 22, gaps) == "decided by bundle 0:04 › e2e 0:08 … · nothing ran for 0:09"


def test_a_sign_stands_in_the_place_of_what_is_left_out() -> None:
    path = [row(1, "a", 9.0), row(2, "b", 1.0), row(3, "c", 8.0)]
    assert line(path, 30) == "decided by a 0:09 … c 0:08"


@given(st.lists(st.integers(1, 99), min_size=1, max_size=12), st.integers(30, 200))
def test_the_line_fits_and_the_longest_is_in_it(lengths: list[int], width: int) -> None:
    path = [row(at, f"s{at}", float(length)) for at, length in enumerate(lengths, 1)]
    told = line(path, width)
    assert width_of(told) <= width
    assert f"s{lengths.index(max(lengths)) + 1} " in told
    assert ("…" in told) is (told.count(":") < len(path))
