"""What Woodpecker has of a step's output: whole lines, sent once a second while the step runs."""

from __future__ import annotations

import math
from itertools import pairwise

from buildwatch.demo import logs
from buildwatch.demo.plans import Piece
from buildwatch.demo.state import Build, Status, Step
from buildwatch.demo.world import World

FLUSH_SECONDS = 1.0
LATE = 1.0
"""Seconds after the end of a step in which its log is still missing."""


def sent(world: World, build: Build, step: Step) -> list[Piece]:
    """The lines of a step that its agent has sent by now; times are in seconds since the step began."""
    if not step.begun:
        return []
    pieces = logs.pieces(world.seed, build, step)
    if step.status.ended:
        ran = step.ended - step.begun
        return logs.joined(pieces[: logs.count_until(pieces, ran)], over=True)
    now = world.now - step.begun
    said = pieces[: logs.count_until(pieces, now)]
    until = _last_pause(said, now) if world.faults.starve_logs else math.floor(now / FLUSH_SECONDS) * FLUSH_SECONDS
    return logs.joined(said[: logs.count_until(said, until)], over=False)


def stored(world: World, build: Build, step: Step) -> list[Piece] | None:
    """The lines REST gives: those sent so far, none for a while after the end, and None of what did not run."""
    if step.status.ended and (step.log_lost or world.now < step.ended + LATE):
        return None
    return sent(world, build, step) or None


def _last_pause(said: list[Piece], now: float) -> float:
    """When the newest line came after which nothing came for a second; what is not yet flushed waits for that."""
    times = [piece.at for piece in said] + [now]
    quiet = [before for before, after in pairwise(times) if after - before >= FLUSH_SECONDS]
    return quiet[-1] if quiet else -1.0


def may_come(step: Step) -> bool:
    """Whether a step runs or may still run."""
    return step.status in (Status.PENDING, Status.RUNNING)
