"""Aligned columns, on a terminal and elsewhere."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from buildwatch.cli.output import Output, cells
from buildwatch.model import Status
from buildwatch.words import ASCII, UNICODE

PLAIN = Output(colour=False, width=None, glyphs=UNICODE)
texts = st.lists(st.sampled_from(["a", "b", " ", "é", "日", "本", "a\u0301"]), max_size=12).map("".join)


def test_columns_are_aligned_by_cells_not_characters() -> None:
    rows = [["日本", "1", "x"], ["a", "22", "yy"]]
    assert PLAIN.table(rows, right=[1]) == ["日本   1  x", "a     22  yy"]
    assert PLAIN.table([]) == []


def test_colour_takes_no_room() -> None:
    out = Output(colour=True, width=None, glyphs=ASCII)
    status = out.status(Status.FAILURE)
    assert status == "\x1b[31mx failure\x1b[0m"
    assert cells(status) == len("x failure")
    first, second = out.table([[status, "end"], ["-" * 9, "end"]])
    assert first.replace(status, "-" * 9) == second


@given(rows=st.lists(st.tuples(texts, texts, texts).map(list), min_size=1, max_size=4), width=st.integers(1, 40))
def test_on_a_terminal_the_last_column_is_cut_and_the_others_never(rows: list[list[str]], width: int) -> None:
    whole = PLAIN.table(rows)
    cut = Output(colour=False, width=width, glyphs=UNICODE).table(rows)
    heads = [max(cells(row[0]) for row in rows) + max(cells(row[1]) for row in rows) + 4] * len(rows)
    for line, shown, head in zip(whole, cut, heads, strict=True):
        assert cells(shown) <= max(width, head)
        assert shown == line or shown.endswith("…") or cells(line) > head
        assert shown.removesuffix("…").rstrip() == line[: len(shown.removesuffix("…").rstrip())]
