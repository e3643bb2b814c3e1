"""Several logs as one, in the order of their times. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from operator import attrgetter
from typing import Final, NamedTuple

from buildwatch.model import LogLine
from buildwatch.wire.loglist import LogLines

_KEPT: Final = 64
"""So many places are remembered to which can be gone back."""


class Part(NamedTuple):
    """One of the logs: its lines, when it began (seconds since all began), and how many lines are as they were told
    last, and how many have ended. One that has not ended yet is told again."""

    lines: LogLines
    began: int
    same: int
    ended: int


class _Mark(NamedTuple):
    """A place in the merged log: how many lines stand before it, how many of each log's, and the time of the last."""

    stand: int
    taken: tuple[int, ...]
    time: int


class LogMerge:
    """The merged log, which is put together anew only from where one of its logs has changed.

    A line's `source` is the place of its log among them. Those of one second stand in the order of the logs, and those
    of one log in their own, whatever their times are.
    """

    def __init__(self) -> None:
        self.lines = LogLines()
        self._marks: list[_Mark] = []

    def ahead(self, parts: Sequence[Part]) -> int:
        """How many lines `take` has to put in their order."""
        return sum(len(part.lines) for part in parts) - self._unchanged(parts).stand

    def take(self, parts: Sequence[Part]) -> None:
        """The logs as they are now. There may be more than before; those that were keep their places."""
        base = self._unchanged(parts)
        coming, settled_to = list[LogLine](), float("inf")
        for nth, (part, taken) in enumerate(zip(parts, base.taken, strict=True)):
            lines = list(part.lines.since(taken))
            times = list(accumulate((part.began + line.time for line in lines), max))  # no line before the one above it
            coming += [LogLine(time, line.text, nth) for time, line in zip(times, lines, strict=True)]
            if part.ended < len(part.lines):
                settled_to = min(settled_to, times[part.ended - taken])
        coming.sort(key=_time)
        self.lines.cut(base.stand)
        self.lines.extend(coming)
        self._mark(base, coming, bisect_left(coming, settled_to, key=_time))

    def _unchanged(self, parts: Sequence[Part]) -> _Mark:
        """The last place before which nothing has changed, and behind which nothing belongs before it."""
        while self._marks:
            mark = self._marks[-1]
            taken = (*mark.taken, *[0] * (len(parts) - len(mark.taken)))
            pairs = list(zip(parts, taken, strict=True))
            if all(min(part.same, part.ended) >= count for part, count in pairs) and all(
                part.began + part.lines[count].time > mark.time for part, count in pairs if count < len(part.lines)
            ):
                return mark._replace(taken=taken)
            self._marks.pop()
        return _Mark(0, (0,) * len(parts), -1)

    def _mark(self, base: _Mark, coming: list[LogLine], settled: int) -> None:
        """Remember the place behind those that came and can only change by what comes late."""
        if not settled:
            return
        came = Counter(line.source for line in coming[:settled])
        taken = tuple(count + came[nth] for nth, count in enumerate(base.taken))
        self._marks.append(_Mark(base.stand + settled, taken, coming[settled - 1].time))
        if len(self._marks) > _KEPT:
            del self._marks[:-1:2]


_time = attrgetter("time")
