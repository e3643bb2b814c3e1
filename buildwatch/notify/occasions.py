"""What there is to tell of: moves, time that passes, and what is remembered → `Occasion`. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from buildwatch.insight.eta import progress
from buildwatch.model import Build, Status
from buildwatch.notify.message import End
from buildwatch.notify.past import NOTHING_BEFORE, Past, Standing, is_red
from buildwatch.notify.settings import Kind
from buildwatch.store import Move

_CHANGES: Final = {
    Kind.BROKEN: "broken",
    Kind.STILL_FAILING: "still failing",
    Kind.FIXED: "fixed",
    Kind.STARTED: "started",
    Kind.BLOCKED: "blocked",
    Kind.STUCK: "stuck",
    Kind.SLOW: "slow",
}
"""How a template is told of them; the first that holds."""


class Links(NamedTuple):
    """Addresses of pages of the server: the build, its failed step and the previous build; empty for none."""

    build: str = ""
    step: str = ""
    previous: str = ""


NO_LINKS: Final = Links()


@dataclass(frozen=True, slots=True)
class Occasion:
    """Something of a build that rules can be told of.

    `run` counts the runs of the build from 0. `at` is when it happened, in unix seconds of our own clock; `elapsed` is
    how many seconds the build ran until then. `replaced` is another end of the same run that was told before, `earlier`
    what the same end was before an end of a lower number came. `links` and `log` (the plain lines of the step that
    failed) are filled in by who can ask the server.
    """

    kinds: frozenset[Kind]
    build: Build
    run: int
    at: float
    past: Past = field(default_factory=Past)
    standing: Standing = NOTHING_BEFORE
    elapsed: float = 0.0
    replaced: End | None = None
    earlier: Occasion | None = None
    cause: End | None = None
    links: Links = NO_LINKS
    log: tuple[str, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether it is an end."""
        return Kind.EVERY in self.kinds

    @property
    def change(self) -> str:
        """`broken`, `fixed`, `still failing`, `started`, `blocked`, `slow`, `stuck`, or empty."""
        return next((word for kind, word in _CHANGES.items() if kind in self.kinds), "")

    @property
    def word(self) -> str:
        """What tells it from all other occasions of the same run: the last part of a message's key."""
        if not self.ended:
            return min(self.kinds)
        instead = f" for {self.replaced.status}" if self.replaced else ""
        after = f" after {self.cause.number}.{self.cause.run} {self.cause.status}" if self.cause else ""
        return f"{self.build.status}{instead}{after}"

    @property
    def end(self) -> End:
        """What is to be remembered of it."""
        return end_of(self.build, self.run)


def end_of(build: Build, run: int = 0) -> End:
    """What is remembered of an ended run of a build."""
    return End(
        build.server,
        build.repo,
        build.id,
        run,
        build.number,
        build.branch,
        build.event,
        build.deploy_to,
        build.status,
        build.created,
        build.started,
        build.finished,
        build.commit,
        build.author,
    )


def build_of(end: End) -> Build:
    """As much of a build as is remembered."""
    return Build(
        end.server,
        end.repo,
        end.build,
        end.number,
        status=end.status,
        branch=end.branch,
        event=end.event,
        deploy_to=end.target,
        created=end.created,
        started=end.started,
        finished=end.finished,
        commit=end.commit,
        author=end.author,
    )


def moved(move: Move, past: Past, at: float) -> Occasion | None:
    """The occasion of a build's own move: it started, waits for approval, or ended.

    `past` holds what is remembered of its line and of its own runs. None for everything else, and for an end that is
    remembered already.
    """
    if move.stage is not None:
        return None
    if move.after.ended:
        return ended(move.build, past, at)
    kind = {Status.RUNNING: Kind.STARTED, Status.BLOCKED: Kind.BLOCKED}.get(move.after)
    return None if kind is None else _unended(kind, move.build, past, at, 0.0)


def ended(build: Build, past: Past, at: float) -> Occasion | None:
    """The occasion of a build's end; None where this end of this run is remembered already."""
    run = past.run_of(build)
    known = past.end(build)
    if known is not None and known.status == build.status:
        return None
    return replace(_end(build, run, past, at), replaced=known)


def retold(told: Occasion, at: float, find: Callable[[End], Build | None]) -> Iterator[Occasion]:
    """What ends of higher numbers are now that were told before the end `told`, where they are not what they were.

    `find` gives the build of an end, if it is known; else it is told as far as it is remembered.
    """
    if not told.ended:
        return
    past = told.past.adding(told.end)
    for later in told.past.after(told.end):
        build = find(later) or build_of(later)
        was, now = _end(build, later.run, told.past, at), _end(build, later.run, past, at)
        if was.kinds != now.kinds:
            yield replace(now, earlier=was, cause=told.end)


def overdue(build: Build, past: Past, server_now: float, at: float, stuck_after: float) -> Iterator[Occasion]:
    """The occasions of time that passes over a build that has not ended: slow, stuck.

    `server_now` is the server's time. It is stuck when nothing of it has moved for `stuck_after` seconds, a running
    one only when it takes longer than usual, too.
    """
    if build.status.ended or build.status == Status.BLOCKED:
        return
    usual = past.usual(build)
    so_far = progress(build.started, usual, server_now)
    if so_far.overdue:
        yield _unended(Kind.SLOW, build, past, at, so_far.elapsed)
    still = server_now - last_sign(build)
    if still >= stuck_after and (build.status != Status.RUNNING or usual is None or so_far.overdue):
        yield _unended(Kind.STUCK, build, past, at, so_far.elapsed)


def last_sign(build: Build) -> int:
    """When something of a build moved last, in unix seconds of the server."""
    times = [build.created, build.started, build.finished]
    for stage in build.stages or ():
        times += [stage.created, stage.started, stage.stopped]
        times += [time for step in stage.steps for time in (step.started, step.stopped)]
    return max(times)


def _unended(kind: Kind, build: Build, past: Past, at: float, elapsed: float) -> Occasion:
    run = past.run_of(build)
    standing = past.standing(build.number, build.id, run)
    return Occasion(frozenset({kind}), build, run, at, past, standing, elapsed)


def _end(build: Build, run: int, past: Past, at: float) -> Occasion:
    standing = past.standing(build.number, build.id, run)
    elapsed = float(max(0, build.finished - build.started)) if build.started > 0 else 0.0
    kinds = {Kind.EVERY, Kind(str(build.status))}
    match is_red(build.status), standing.reds:
        case True, 0:
            kinds.add(Kind.BROKEN)
        case True, _:
            kinds.add(Kind.STILL_FAILING)
        case False, 1:
            kinds.add(Kind.FIXED)
        case False, reds if reds > 1:
            kinds |= {Kind.FIXED, Kind.RECOVERED}
    if build.finished and progress(build.started, past.usual(build), build.finished).overdue:
        kinds.add(Kind.SLOW)
    return Occasion(frozenset(kinds), build, run, at, past, standing, elapsed)
