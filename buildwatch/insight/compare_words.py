"""What a comparison of two builds comes to, in sentences: slower or faster, by how much, and where. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from buildwatch.insight.comparison import Comparison, Kind, Line
from buildwatch.insight.waterfall import ROUNDING
from buildwatch.model import Build
from buildwatch.words import duration

SAME: Final = 0.02
"""By less than this share of its length a build is no slower and no faster."""

NAMED: Final = 3
"""So many steps are named at most."""

WORTH: Final = 5.0
"""From how many seconds on a longer wait is worth a word."""


def sentences(of: Comparison) -> list[str]:
    """How this build stands against the other: its length, the steps that made the difference, and the waits."""
    this, that = f"#{of.this.number}", f"#{of.that.number}"
    if of.whole and of.total.delta is not None:
        told = [_whole(this, that, of)]
    else:
        told = ["; ".join(filter(None, (_end(of.this), _end(of.that), _so_far(this, that, of), _new(of))))]
    between = None if _is_worth(of.runners.delta) else of.idle.delta  # while stages wait, too, nothing may run
    for delta, what in (
        (of.waited.delta, "it waited {} to begin"),
        (of.runners.delta, "it waited {} for runners on its way"),
        (between, "nothing ran for {} in between"),
    ):
        if delta is not None and _is_worth(delta):
            told.append(what.format(f"{duration(abs(delta))} {_longer(delta)}"))
    return told


def where(lines: Iterable[Line], slower: bool, several: bool) -> str:
    """The steps that grew most (or shrank most), each with by how much; empty where none did worth a word."""
    sign = 1 if slower else -1
    told = sorted((line for line in lines if sign * line.growth > ROUNDING), key=lambda line: -sign * line.growth)
    return ", ".join(f"{name(line, several)} {_told(line)}" for line in told[:NAMED])


def name(line: Line, several: bool) -> str:
    """What a step is called: with its stage where there are several."""
    return f"{line.stage}/{line.step}" if several and line.step else line.step or line.stage


def signed(seconds: float) -> str:
    """A difference: `+0:41`, `-0:05`, `0:00`."""
    whole = round(abs(seconds))
    return (f"{'+' if seconds > 0 else '-'}" if whole else "") + duration(whole)


def percent(share: float) -> str:
    """A share of growth: `+25%`, `-8%`, `12x`."""
    return f"{share:+.0%}" if share < 9.995 else f"{1 + share:.0f}x"


def _whole(this: str, that: str, of: Comparison) -> str:
    delta, share = of.total.delta or 0.0, of.total.share
    took = f"{this} took {duration(of.total.this or 0.0)}"
    if abs(delta) <= ROUNDING or (share is not None and abs(share) < SAME):
        return f"{took}, as long as {that}"
    by = f"{duration(abs(delta))} {_longer(delta)} than {that}" + (f" ({percent(share)})" if share is not None else "")
    steps = where(of.steps, delta > 0, of.several)
    return f"{took}, {by}" + (f": {steps}" if steps else "")


def _so_far(this: str, that: str, of: Comparison) -> str:
    """What can be said of steps, where one of the two did not go through to a green end."""
    ended = of.ended
    if not ended:
        return "no step has ended in both yet" if of.total.open else "no step ran in both"
    by = sum(line.change.delta or 0.0 for line in ended)
    count, has = (f"the {len(ended)} steps", "have") if len(ended) > 1 else ("the one step", "has")
    lead = f"in {count} that {f'{has} ended' if of.total.open else 'ran'} in both {this} is"
    if abs(by) <= ROUNDING:
        return f"{lead} as fast as {that}"
    steps = where(ended, by > 0, of.several)
    return f"{lead} {duration(abs(by))} {'slower' if by > 0 else 'faster'} than {that}" + (
        f": {steps}" if steps else ""
    )


def _new(of: Comparison) -> str:
    """What ran that the other build had not."""
    steps = where((line for line in of.steps if line.kind is Kind.NEW), True, of.several)
    return f"beside these: {steps}" if steps else ""


def _end(build: Build) -> str:
    """Why the length of a build cannot be compared; empty where it can."""
    if not build.status.ended:
        return f"#{build.number} has not begun" if build.status.rank == 0 else f"#{build.number} still runs"
    return f"#{build.number} did not go through ({build.status})" if build.status != "success" else ""


def _told(line: Line) -> str:
    if line.change.delta is not None:
        return signed(line.change.delta)
    return f"{signed(line.growth)} ({'new' if line.kind is Kind.NEW or line.growth > 0 else 'gone'})"


def _is_worth(delta: float | None) -> bool:
    return delta is not None and abs(delta) >= WORTH


def _longer(delta: float) -> str:
    return "longer" if delta > 0 else "shorter"
