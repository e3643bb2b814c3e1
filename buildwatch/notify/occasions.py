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

    `at` is when we heard of it, in unix seconds of our own clock; `elapsed` is how many seconds the build ran until
    then. `replaced` is another status that the same run ended with before, `earlier` what the same end was before
    `cause`, an end of a lower number, came. `links` and `log` (the plain lines of the step that failed) are filled in
    by who can ask the server.
    """

    kinds: frozenset[Kind]
    build: Build
    at: float
    past: Past = field(default_factory=Past)
    standing: Standing = NOTHING_BEFORE
    elapsed: float = 0.0
    replaced: str = ""
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
        """`broken`, `fixed`, `still failing`, `started`, `blocked`, `slow`, `stuck`, or empty. No end is slow."""
        told = self.kinds - {Kind.SLOW} if self.ended else self.kinds
        return next((word for kind, word in _CHANGES.items() if kind in told), "")

    @property
    def word(self) -> str:
        """What tells it from all other occasions of the same run: the last part of a message's key."""
        if not self.ended:
            return min(self.kinds)
        instead = f" for {self.replaced}" if self.replaced else ""
        after = f" after {self.cause.number}.{self.cause.run} {self.cause.status}" if self.cause else ""
        return f"{self.build.status}{instead}{after}"

    @property
    def end(self) -> End:
        """What is to be remembered of it."""
        return end_of(self.build)


def end_of(build: Build) -> End:
    """What is remembered of an ended run of a build."""
    return End(
        build.server,
        build.repo,
        build.id,
        build.run,
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
        run=end.run,
    )


def occasion(build: Build, past: Past, at: float, replaced: str = "") -> Occasion | None:
    """The occasion of a build whose status moved to what it is: it started, waits for approval, or ended; else None.

    `past` holds what is remembered of its line. `replaced` is the status that the same run ended with before.
    """
    if build.status.ended:
        return replace(_end(build, past, at), replaced=replaced)
    kind = {Status.RUNNING: Kind.STARTED, Status.BLOCKED: Kind.BLOCKED}.get(build.status)
    return None if kind is None else _unended(kind, build, past, at, 0.0)


def retold(told: Occasion, at: float, find: Callable[[End], Build | None]) -> Iterator[Occasion]:
    """What ends of higher numbers are now that were told before the end `told`, where they are not what they were.

    `find` gives the build of an end that was told (as far as it is known: `build_of`), and None for one that is still
    to be told by itself.
    """
    if not told.ended:
        return
    before = told.past.without(told.end)
    now = before.adding(told.end)
    if told.replaced:
        before = before.adding(replace(told.end, status=Status(told.replaced)))
    for later in now.after(told.end):
        build = find(later)
        if build is None:
            continue
        was, become = _end(build, before, at), _end(build, now, at)
        if was.kinds != become.kinds:
            yield replace(become, earlier=was, cause=told.end)


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
    standing = past.standing(build.number, build.id, build.run)
    return Occasion(frozenset({kind}), build, at, past, standing, elapsed)


def _end(build: Build, past: Past, at: float) -> Occasion:
    standing = past.standing(build.number, build.id, build.run)
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
    return Occasion(frozenset(kinds), build, at, past, standing, elapsed)
