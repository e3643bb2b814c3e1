"""The jobs of Drone 0.5: each is a stage, whose steps stand nowhere but in its log. Pure.

A step has begun when its first line comes; a line of type 2 tells its end and exit code. Steps that never ran leave no
line, so they do not exist here; one without such a line when its job has ended was stopped with it. Lines tell the
seconds since their step began, so when a step began and ended is told by what is known to have been before: an estimate
from below, in unix seconds of the server. Source: answers and streams of a real server (0.5.0).
"""

from __future__ import annotations

from collections.abc import Iterable
from sys import intern
from typing import Any

from msgspec.structs import replace

from buildwatch.model import Build, Stage, Status, Step
from buildwatch.wire.drone0 import STOPPED, Line, axis, names, pieces_of, with_status
from buildwatch.wire.fields import Object, moment, number, status, word
from buildwatch.wire.loglines import Piece

KILLED_CODE = 137
"""The exit code of a process that was killed."""


def with_jobs(build: Build, of: Object) -> Build:
    """`build` with its jobs as stages, without steps.

    The server says of its begin when the job that began last did, here it is when the first did.
    """
    rows = {number(row, "number"): row for row in _objects(of.get("jobs"))}
    titles = names({at: axis(row.get("environment")) for at, row in rows.items()})
    stages = tuple(_stage(at, titles[at], rows[at]) for at in sorted(rows) if at > 0)
    began = min((stage.started for stage in stages if stage.started), default=build.started)
    return with_status(replace(build, started=began), stages)


def run_of(of: Object) -> int:
    """Which run of a build this is: a restart keeps all ids, so that is told by when it was queued, where that is."""
    return moment(of, "enqueued_at")


def _objects(value: Any) -> Iterable[Object]:
    return (row for row in value if isinstance(row, dict)) if isinstance(value, list) else ()


def _stage(at: int, name: str, of: Object) -> Stage:
    state, error = status(of, "status", {}), word(of, "error", 1000)
    if state in (Status.FAILURE, Status.ERROR) and error in STOPPED:
        state = Status.KILLED
    return Stage(
        number=at,
        name=intern(name),
        status=state,
        created=moment(of, "enqueued_at"),
        started=moment(of, "started_at"),
        stopped=moment(of, "finished_at") if state.ended else 0,
        exit_code=number(of, "exit_code"),
        error="" if error in STOPPED else error,
    )


class JobLog:
    """What the log of one run of a job tells of its steps. Lines may come twice."""

    def __init__(self, began: int) -> None:
        self.whole = False
        """Whether the stored log was read: nothing more comes."""
        self._now = began
        self._steps: dict[str, _Told] = {}

    def feed(self, lines: Iterable[Line], now: int = 0) -> bool:
        """Take lines in; `now` is the server's time for those that come as they are written. Whether a step moved."""
        moved = False
        for line in lines:
            told = self._steps.get(line.step)
            if told is None:
                self._now = max(self._now, now)
                told = self._steps[line.step] = _Told(self._now)
                moved = True
            if line.ends and not told.stopped:
                self._now = max(self._now, now)
                told.end(self._now, line.piece.out)
                moved = True
            elif not line.ends:
                self._now = max(self._now, now, told.started + max(0, line.piece.time))
        return moved

    def steps(self, job: Stage) -> tuple[Step, ...]:
        """The steps in the order in which they began, as they are while the job is as `job` says."""
        unended = [name for name, told in self._steps.items() if not told.stopped]
        rows = []
        for at, (name, told) in enumerate(self._steps.items(), 1):
            state = told.status if told.stopped else self._of_job(job, last=name == unended[-1])
            stopped = told.stopped or (max(told.started, job.stopped) if job.status.ended else 0)
            rows.append(Step(at, name, state, told.started, stopped, told.code))
        return tuple(rows)

    def _of_job(self, job: Stage, *, last: bool) -> Status:
        """What a step is that did not tell its end: one beside the others is stopped when they are through."""
        if not job.status.ended:
            return Status.RUNNING
        if job.status in (Status.KILLED, Status.ERROR):
            return Status.KILLED
        failed = any(told.stopped and told.status.failed for told in self._steps.values())
        return job.status if last and not failed else Status.SUCCESS


class _Told:
    """One step: when it began and ended, and its exit code."""

    __slots__ = ("code", "started", "stopped")

    def __init__(self, started: int) -> None:
        self.started = started
        self.stopped = 0
        self.code = 0

    def end(self, now: int, code: str) -> None:
        self.stopped = max(1, now)
        digits = code.strip()
        self.code = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 1

    @property
    def status(self) -> Status:
        if self.code == KILLED_CODE:
            return Status.KILLED
        return Status.FAILURE if self.code else Status.SUCCESS


def ended_lines(lines: Iterable[Line], step: str) -> list[Piece]:
    """What one step wrote, its lines ended: they come without their ends."""
    return [replace(piece, out=piece.out + "\n") for piece in pieces_of(lines, step)]
