"""The output of steps: made when somebody asks, the same for every asking.

A piece is what a runner sends at once: most often a line, sometimes part of one, sometimes nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from operator import attrgetter
from random import Random
from typing import TYPE_CHECKING

from buildwatch.demo import failure_texts, ship_texts, tool_texts
from buildwatch.demo.plans import Piece
from buildwatch.demo.said import Said
from buildwatch.demo.state import Status

if TYPE_CHECKING:
    from buildwatch.demo.state import Build, Step

MOST_BYTES = 5 * 1024 * 1024
"""What a runner keeps of one step; the oldest goes first."""
UPLOAD_SECONDS = 0.5
"""How long the log of a killed or detached step is missing after its end."""

_USUAL = tool_texts.TOOLS | ship_texts.TOOLS
_RAN = (Status.SUCCESS, Status.FAILURE, Status.KILLED)


def pieces(seed: int, build: Build, step: Step) -> list[Piece]:
    """All that a step says in its planned time, with times in seconds since its begin."""
    if step.script is not None:
        return step.script
    made = list(step.plan.pieces) if step.plan.pieces is not None else _made_up(seed, build, step)
    if not step.status.ended:
        step.script = made
    return made


def count_until(script: list[Piece], seconds: float) -> int:
    """How many pieces were said by a time since the step's begin."""
    return bisect_right(script, seconds, key=attrgetter("at"))


def kept(script: list[Piece], seconds: float) -> list[tuple[int, Piece]]:
    """The stored log of a step that ended after `seconds`: positions and pieces, at most 5 MiB of text."""
    said = list(enumerate(script[: count_until(script, seconds)]))
    size = 0
    for index in range(len(said) - 1, -1, -1):
        size += len(said[index][1].out.encode())
        if size > MOST_BYTES:
            return said[index + 1 :]
    return said


def joined(script: list[Piece], *, over: bool) -> list[Piece]:
    """Pieces put together to lines without their ends; what has no end yet counts only when all is `over`."""
    lines, begun = [], ""
    for at, out in script:
        *whole, rest = (begun + out).split("\n")
        lines += [Piece(at, line) for line in whole]
        begun = rest
    if begun and over:
        lines.append(Piece(script[-1].at, begun))
    return lines


def stored(step: Step, now: float) -> bool:
    """Whether the server has the log of a step at a time (unix seconds)."""
    if step.status not in _RAN or step.log_lost:
        return False
    late = step.status is Status.KILLED or step.plan.detached
    return now >= step.ended + (UPLOAD_SECONDS if late else 0)


def append(seed: int, build: Build, step: Step, now: float, texts: list[str]) -> None:
    """Let a running step say more, now."""
    script = pieces(seed, build, step)
    script.extend(Piece(max(0.0, now - step.begun), text) for text in texts)
    step.script = script


def _made_up(seed: int, build: Build, step: Step) -> list[Piece]:
    rng = Random(f"{seed}/log/{build.repo.slug}/{build.number}/{step.id}")  # noqa: S311 - repeatable
    said = Said(rng, build, step)
    _USUAL.get(step.plan.tool, ship_texts.unknown)(said)
    if step.plan.outcome == "failure":
        failure_texts.FAILURES.get(step.plan.tool, failure_texts.unknown)(said)
    if step.plan.exit_code:
        said.line(f"exit status {step.plan.exit_code}")
    return _timed(said.pieces, step.plan.seconds, rng)


def _timed(texts: list[str], seconds: float, rng: Random) -> list[Piece]:
    """Spread texts over a step's time; an echoed command comes at once with what it belongs to."""
    share = seconds * 0.97 / max(1, len(texts))
    times = [max(0.0, (index + rng.uniform(-0.4, 0.4)) * share) for index in range(len(texts))]
    return [Piece(round(at, 3), text) for at, text in zip(sorted(times), texts, strict=True)]
