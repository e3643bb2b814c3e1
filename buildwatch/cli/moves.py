"""A status that moved, as a line of JSON or of text."""

from __future__ import annotations

import json
import time

from buildwatch.cli.output import Output
from buildwatch.model import Build, Stage, Status, Step
from buildwatch.store import Move


def as_json(move: Move, now: float) -> str:
    """One line for programs. `now` is the server's time, for changes that it does not date."""
    told = {
        "server": move.build.server,
        "repo": move.build.repo,
        "build": move.build.number,
        "stage": move.stage,
        "step": move.step,
        "from": move.before,
        "to": move.after,
        "at": moved_at(move) or int(now),
    }
    return json.dumps(told)


def as_text(move: Move, now: float, out: Output, with_server: bool) -> str:
    """One line for people."""
    clock = time.strftime("%H:%M:%S", time.localtime(moved_at(move) or now))
    server = f"{move.build.server} " if with_server else ""
    place = "/".join(part for part in (move.stage, move.step) if part is not None)
    before = out.dim(f"{move.before} -> ") if move.before else ""
    where = f"{server}{move.build.address}{':' if place else ''}{place}"
    return f"{out.dim(clock)}  {where}  {before}{out.status(move.after)}"


def moved_at(move: Move) -> int:
    """When the server says that it happened, in unix seconds; 0 where it does not say."""
    thing = _thing(move)
    if thing is None:
        return 0
    if move.after.ended:
        return thing.finished if isinstance(thing, Build) else thing.stopped
    if move.after == Status.RUNNING:
        return thing.started
    return 0 if isinstance(thing, Step) else thing.created


def _thing(move: Move) -> Build | Stage | Step | None:
    """What it is that moved."""
    if move.stage is None:
        return move.build
    stage = next((stage for stage in move.build.stages or () if stage.name == move.stage), None)
    if stage is None or move.step is None:
        return stage
    return next((step for step in stage.steps if step.name == move.step), None)
