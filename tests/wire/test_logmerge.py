"""Several logs become one, whichever grows when, and no more is put together anew than has to be."""

from __future__ import annotations

from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from buildwatch.model import LogLine
from buildwatch.wire.loglist import LogLines
from buildwatch.wire.logmerge import LogMerge, Part


def log(name: str, *times: int) -> list[LogLine]:
    return [LogLine(time, f"{name}{nth}") for nth, time in enumerate(times)]


def at_once(logs: list[tuple[list[LogLine], int]]) -> list[LogLine]:
    """What all of it is, put together from the begin."""
    lines = []
    for nth, (of, began) in enumerate(logs):
        times = accumulate((line.time for line in of), max)
        lines += [LogLine(began + time, line.text, nth) for time, line in zip(times, of, strict=True)]
    return sorted(lines, key=lambda line: line.time)


def part(lines: list[LogLine], began: int = 0, same: int = 0, ended: int | None = None) -> Part:
    return Part(LogLines(lines), began, same, len(lines) if ended is None else ended)


def test_logs_are_put_in_the_order_of_their_times() -> None:
    merge = LogMerge()
    merge.take([part(log("a", 0, 3, 5)), part(log("b", 0, 1), began=3)])
    assert [(line.time, line.text, line.source) for line in merge.lines] == [
        (0, "a0", 0),
        (3, "a1", 0),
        (3, "b0", 1),
        (4, "b1", 1),
        (5, "a2", 0),
    ]


def test_only_what_can_have_changed_is_put_together_anew() -> None:
    merge, first, second = LogMerge(), log("a", *range(1000)), log("b", 0, 1)
    merge.take([part(first), part(second, 1000)])
    more = log("b", 0, 1, 2)
    told = [part(first, same=1000), part(more, 1000, same=2)]
    assert merge.ahead(told) == 1
    merge.take(told)
    assert list(merge.lines) == at_once([(first, 0), (more, 1000)])
    changing = [part(first, same=1000), part([*more, LogLine(2, "10 %")], 1000, same=3, ended=3)]
    merge.take(changing)
    later = [part(first, same=1000), part([*more, LogLine(2, "90 %")], 1000, same=3, ended=3)]
    assert merge.ahead(later) == 2, "that line, and what is of the same second"
    late = [part(log("a", *range(1001)), same=1000), part(more, 1000, same=3)]
    merge.take(late)
    assert list(merge.lines) == at_once([(log("a", *range(1001)), 0), (more, 1000)])


TIMES = st.lists(st.integers(0, 3), max_size=6)
MOVES = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), TIMES, st.booleans()), max_size=12)


@given(MOVES, st.lists(st.integers(0, 9), min_size=3, max_size=3), st.booleans())
def test_it_is_the_same_as_all_at_once(
    moves: list[tuple[int, int, list[int], bool]], began: list[int], forwards: bool
) -> None:
    """Logs that grow, whose last line changes, and that are cut back and written anew."""
    merge, logs = LogMerge(), [list[LogLine]() for _ in began]
    same, ended = [0, 0, 0], [0, 0, 0]
    for at, back, steps, unended in moves:
        lines = logs[at]
        same[at] = min(same[at], max(0, len(lines) - back))
        del lines[max(0, len(lines) - back) :]
        for step in steps:
            time = (lines[-1].time if lines else 0) + step if forwards else step
            lines.append(LogLine(time, f"{at}.{len(lines)}.{len(moves)}"))
        ended[at] = max(0, len(lines) - unended)
        merge.take([Part(LogLines(logs[n]), began[n], same[n], ended[n]) for n in range(3)])
        same = [len(of) for of in logs]
        assert list(merge.lines) == at_once(list(zip(logs, began, strict=True)))
