"""The processes of Drone 0.6 to 0.8: roots are stages, their children are steps. Pure.

The same build is told in two forms: as a tree (roots with `children`) in most answers and events, and as a flat list in
the event that a pipeline has begun and in the answer to a restart. `pid` and `ppid` say the same in both. Steps whose
conditions are not met do not exist. Source: answers and streams of real servers (0.7.3, 0.8.6).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from sys import intern
from typing import Any, Final

from msgspec.structs import replace

from buildwatch.model import Build, Stage, Status, Step
from buildwatch.wire.drone0 import STOPPED, axis, names, with_status
from buildwatch.wire.fields import Object, moment, number, status, word

MOST: Final = 10_000
"""Processes of one build that are looked at."""


def with_procs(build: Build, of: Object) -> Build:
    """`build` with its stages. Its run is told by the least id of its processes: a restart makes them anew."""
    rows = _rows(of.get("procs"))
    titles = names({pid: axis(row.get("environ")) or word(row, "name") for pid, row in rows.items() if _is_root(row)})
    children: dict[int, list[Step]] = {pid: [] for pid in titles}
    for pid in rows.keys() - titles.keys():
        children.get(number(rows[pid], "ppid"), []).append(_step(pid, rows[pid]))
    stages = tuple(_stage(pid, titles[pid], rows[pid], children[pid], build.created) for pid in sorted(titles))
    run = min((id for row in rows.values() if (id := number(row, "id")) > 0), default=0)
    return with_status(replace(build, run=run), stages)


def _rows(value: Any) -> dict[int, Object]:
    rows: dict[int, Object] = {}
    for row in _flat(value):
        pid = number(row, "pid")
        if pid > 0 and (pid in rows or len(rows) < MOST):
            rows[pid] = row
    return rows


def _flat(value: Any) -> Iterator[Object]:
    """All rows of either form. Children of children do not exist."""
    for row in _objects(value):
        yield row
        yield from _objects(row.get("children"))


def _objects(value: Any) -> Iterable[Object]:
    return (row for row in value if isinstance(row, dict)) if isinstance(value, list) else ()


def _is_root(row: Object) -> bool:
    return number(row, "ppid") == 0


# A root depends on no other, so it could run since its build was made.
def _stage(pid: int, name: str, of: Object, steps: list[Step], created: int) -> Stage:
    state, error = status(of, "state", {}), word(of, "error", 1000)
    if state in (Status.FAILURE, Status.ERROR) and error in STOPPED:
        state = Status.KILLED
    os, _, arch = word(of, "platform").partition("/")
    return Stage(
        number=pid,
        name=intern(name),
        status=state,
        created=created,
        started=moment(of, "start_time"),
        stopped=_stopped(of, state),
        exit_code=number(of, "exit_code"),
        error="" if error in STOPPED else error,
        machine=intern(word(of, "machine")),
        os=os,
        arch=arch,
        steps=tuple(sorted(steps, key=lambda step: step.number)),
    )


def _step(pid: int, of: Object) -> Step:
    state = status(of, "state", {})
    return Step(
        number=pid,
        name=intern(word(of, "name") or f"step {pid}"),
        status=state,
        started=moment(of, "start_time"),
        stopped=_stopped(of, state),
        exit_code=number(of, "exit_code"),
        error=word(of, "error", 1000),
    )


def _stopped(of: Object, state: Status) -> int:
    """When it ended. One that runs again after its agent was lost still has the time of its first end."""
    return moment(of, "end_time") if state.ended else 0
