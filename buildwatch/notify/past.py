"""What is remembered of the ended builds of one line (a repo's builds of one branch, event and target). Pure.

Everything goes by number, not by when it was told: ends come late, and in any order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final, NamedTuple

from buildwatch.model import Build, Status
from buildwatch.notify.message import End

GREENS_NEEDED: Final = 3
GREENS_READ: Final = 20
"""From how many green builds, at least and at most, the usual length of a build is known."""

WINDOW: Final = 10
"""Among how many verdicts changes are counted."""

CALM: Final = 4
"""After so many same verdicts in a row a line that flapped flaps no more."""


class Line(NamedTuple):
    """Which builds follow each other: a build's previous one is one of the same line."""

    server: str
    repo: str
    branch: str
    event: str
    target: str


def line_of(build: Build) -> Line:
    """The line of a build."""
    return Line(build.server, build.repo, build.branch, build.event, build.deploy_to)


def is_red(status: Status) -> bool | None:
    """What an end says of the code: True for failure and error, False for success.

    None for what somebody or something stopped (killed, skipped, declined): that says nothing of it.
    """
    return {Status.SUCCESS: False, Status.FAILURE: True, Status.ERROR: True}.get(status)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a line stood when a build of it ended.

    `previous` is the ended build before it, `judged` the one before it that says something of the code, `reds` how many
    in a row up to there had failed, and `broke` the first of these.
    """

    previous: End | None = None
    judged: End | None = None
    reds: int = 0
    broke: End | None = None


NOTHING_BEFORE: Final = Standing()


class Past:
    """The remembered ends of one line, in the order of numbers, and of runs of the same number.

    What is asked of a build's standing does not look at its own end, which may be among them.
    """

    def __init__(self, ends: Iterable[End] = ()) -> None:
        by_place = {(end.number, end.build, end.run): end for end in ends}
        self._ends = [by_place[place] for place in sorted(by_place)]

    def adding(self, end: End) -> Past:
        """The past with one more end, in place of what was remembered of the same run."""
        return Past([*self._ends, end])

    def without(self, end: End) -> Past:
        """The past without what is remembered of that run."""
        return Past(one for one in self._ends if (one.build, one.run) != (end.build, end.run))

    def before(self, number: int, build: int, run: int) -> list[End]:
        """What ended before, newest number first. Of a number's runs, those that another followed are not in it."""
        last = {end.number: end for end in self._ends if (end.number, end.build, end.run) < (number, build, run)}
        return [last[key] for key in sorted(last, reverse=True)]

    def after(self, end: End) -> Iterator[End]:
        """The remembered ends after it for which it can matter how it ended: those up to the next green one."""
        place = (end.number, end.build, end.run)
        for one in self._ends:
            if (one.number, one.build, one.run) > place and is_red(one.status) is not None:
                yield one
                if not is_red(one.status):
                    return

    def standing(self, number: int, build: int, run: int) -> Standing:
        """How the line stood before that run."""
        before = self.before(number, build, run)
        judged = [end for end in before if is_red(end.status) is not None]
        reds = 0
        while reds < len(judged) and is_red(judged[reds].status):
            reds += 1
        return Standing(
            before[0] if before else None,
            judged[0] if judged else None,
            reds,
            judged[reds - 1] if reds else None,
        )

    def usual(self, build: Build) -> float | None:
        """How long the line's green builds usually ran, in seconds; None where too few are remembered."""
        lengths = [
            float(end.finished - end.started)
            for end in reversed(self._ends)
            if end.status == Status.SUCCESS and 0 < end.started <= end.finished and end.build != build.id
        ][:GREENS_READ]
        return median(lengths) if len(lengths) >= GREENS_NEEDED else None

    def flapping(self, end: End, changes: int) -> str:
        """Whether the line flaps at `end`: `begins`, `goes on`, or empty.

        It begins with so many changes among the last `WINDOW` verdicts and is over after `CALM` same ones in a row.
        """
        before = self.before(end.number, end.build, end.run)
        verdicts = [red for one in [*reversed(before), end] if (red := is_red(one.status)) is not None]
        state, since = "", 0
        for index in range(len(verdicts)):
            recent = verdicts[max(since, index + 1 - WINDOW) : index + 1]
            if state and len(set(verdicts[max(0, index + 1 - CALM) : index + 1])) == 1:
                state, since = "", index
            elif state:
                state = "goes on"
            elif _changes(recent) >= changes and _changes(recent[-2:]):
                state = "begins"
        return state


def _changes(verdicts: Sequence[bool]) -> int:
    return sum(one != other for one, other in pairwise(verdicts))
