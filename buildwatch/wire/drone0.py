"""What Drone 0.5 to 0.8 say, translated to the model: a root process (0.5: a job) is a stage.

Sources: answers and streams of real servers (0.5.0, 0.7.3, 0.8.6). Times are unix seconds of the server, 0 or absent
for 'not yet'. Every function raises `BadAnswer` where the shape is not the protocol's.

Ids: the lists of builds over all repos have none, so a build's id is made here of its repo's number (in the order in
which they became known) and its own, see `Reader`. Runs: 0.5 to 0.7 start a build again under its number.

Versions: these servers count no changes. A whole answer has version 1 and a row of a list 0, so that a row never stands
in the place of what tells more; statuses and times order whole answers by themselves.

Killed: no build of these servers ends so, other than by an administrator's force. One that was stopped ends as
`failure`, its roots with an error that says so, which is `killed` here from the moment the root is marked on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from sys import intern
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from buildwatch.model import Build, Repo, Stage, Status
from buildwatch.text import clean, clean_lines
from buildwatch.wire.fields import BadAnswer, Object, an_object, decode, flag, moment, number, objects, status, word
from buildwatch.wire.loglines import Piece, read_piece

SHIFT: Final = 40
"""Bits of an id below the number of its repo: build numbers have to be smaller."""

STOPPED: Final = frozenset({"Cancelled", "Canceled", "termination request received, build cancelled"})
"""The errors of a root (0.5: of a job) that was stopped by a person."""

WHOLE: Final = 1

EXIT: Final = 2
"""The type of a log line of 0.5 that tells how a step ended: its `out` is the exit code."""

Whole = Callable[[Build, Object], Build]
"""Adds what only a whole answer tells to a build's own row: `with_procs` from 0.6 on, `with_jobs` before."""


def no_run(of: Object) -> int:
    """From 0.6 on a build's own row does not tell its run."""
    return 0


class Line(NamedTuple):
    """One line of a log that holds all steps: which step wrote it, the text, and whether it is the step's end."""

    step: str
    piece: Piece
    ends: bool


class Reader:
    """Reads what one server says, and gives its builds their ids."""

    def __init__(self, server: str, whole: Whole, run: Callable[[Object], int]) -> None:
        self._server = server
        self._whole = whole
        self._run = run
        self._repos: dict[str, int] = {}  # in the order in which they were first told of, from 1

    def repos(self, data: bytes) -> list[Repo]:
        """The answer to `GET /api/user/repos`."""
        repos = (self._repo(of) for of in objects(decode(data)))
        return [repo for repo in repos if repo is not None]

    def feed(self, data: bytes) -> list[tuple[Repo, Build | None]]:
        """The answer to `GET /api/user/feed` or `/api/builds`: repos by name only, each with one build or none."""
        found = []
        for of in objects(decode(data)):
            repo = self._repo(of)
            if repo is not None:
                found.append((Repo(self._server, repo.slug), self._build(repo.slug, of)))
        return found

    def builds(self, slug: str, data: bytes) -> list[Build]:
        """The answer to `GET /api/repos/{slug}/builds`: rows, newest first."""
        builds = (self._build(slug, of) for of in objects(decode(data)))
        return [build for build in builds if build is not None]

    def build(self, slug: str, data: bytes) -> Build:
        """One build, with its stages: none where its yaml was bad or where it waits for approval."""
        of = an_object(decode(data))
        return self._told_whole(self._known(slug, of), of)

    def row(self, slug: str, data: bytes) -> Build:
        """One build whose answer leaves its stages out."""
        return self._known(slug, an_object(decode(data)))

    def event(self, data: bytes) -> tuple[Repo, Build]:
        """One event of the feed: the whole repo and the whole build. Its type says nothing."""
        repo, of = self._event(data)
        return repo, self._told_whole(self._known(repo.slug, of), of)

    def event_row(self, data: bytes) -> tuple[Repo, Build]:
        """One event of the feed of 0.5: the repo and the build's own row, which has no jobs."""
        repo, of = self._event(data)
        return repo, self._known(repo.slug, of)

    def _told_whole(self, build: Build, of: Object) -> Build:
        return self._whole(replace(build, version=WHOLE), of)

    def _known(self, slug: str, of: Object) -> Build:
        build = self._build(slug, of)
        if build is None:
            raise BadAnswer("a build without a number")
        return build

    def _event(self, data: bytes) -> tuple[Repo, Object]:
        of = an_object(decode(data))
        told, build = of.get("repo"), of.get("build")
        repo = self._repo(told) if isinstance(told, dict) else None
        if repo is None or not isinstance(build, dict):
            raise BadAnswer("an event without a repo or a build")
        return repo, build

    def _repo(self, of: Object) -> Repo | None:
        """A repo that was never activated has no id; feeds give no repo one."""
        slug = word(of, "full_name")
        if not slug:
            return None
        return Repo(
            server=self._server,
            slug=intern(slug),
            id=number(of, "id"),
            default_branch=word(of, "default_branch"),
            link=word(of, "link_url", 1000),
            private=flag(of, "private"),
            active=of.get("active") is not False,
        )

    def _build(self, slug: str, of: Object) -> Build | None:
        at = number(of, "number")
        if not 0 < at < 1 << SHIFT:
            return None
        event, message = word(of, "event"), of.get("message")
        branch = intern(word(of, "branch").removeprefix("refs/heads/").removeprefix("refs/tags/"))
        return Build(
            server=self._server,
            repo=slug,
            id=(self._repos.setdefault(slug, len(self._repos) + 1) << SHIFT) + at,
            number=at,
            status=status(of, "status", {}),
            event=intern(event),
            branch=branch,
            source=intern(word(of, "refspec").partition(":")[0]) if event == "pull_request" else branch,
            ref=word(of, "ref"),
            commit=word(of, "commit"),
            title=word(of, "title", 500),
            message=clean_lines(message) if isinstance(message, str) else "",
            author=intern(word(of, "author")),
            sender=intern(word(of, "sender")),
            deploy_to=word(of, "deploy_to"),
            parent=number(of, "parent"),
            link=word(of, "link_url", 1000),
            error=word(of, "error", 1000),
            created=moment(of, "created_at"),
            started=moment(of, "started_at"),
            finished=moment(of, "finished_at"),
            run=self._run(of),
        )


def read_log(data: bytes) -> list[Line]:
    """A stored log. The last line of 0.5 is an empty object, which is none."""
    return [_line(of) for of in objects(decode(data)) if of]


def read_log_event(data: bytes) -> Line:
    """One line of a live log."""
    of = an_object(decode(data))
    if not of:
        raise BadAnswer("a line without anything")
    return _line(of)


def _line(of: Object) -> Line:
    return Line(intern(word(of, "proc")), read_piece(of), number(of, "type") == EXIT)


def pieces_of(lines: Iterable[Line], step: str) -> list[Piece]:
    """What one step wrote."""
    return [line.piece for line in lines if line.step == step and not line.ends]


def with_status(build: Build, stages: tuple[Stage, ...]) -> Build:
    """`build` with its stages, and `killed` where it failed because all of it that had not ended was stopped."""
    if build.status in (Status.FAILURE, Status.ERROR) and _was_stopped(stages):
        return replace(build, status=Status.KILLED, stages=stages)
    return replace(build, stages=stages)


def _was_stopped(stages: tuple[Stage, ...]) -> bool:
    stops = [stage.stopped for stage in stages if stage.status == Status.KILLED]
    return bool(stops) and all(stage.status.ended and stage.stopped <= max(stops) for stage in stages)


def axis(value: Any) -> str:
    """The name of a matrix axis, empty for none: `DB=pg GO_VERSION=1.21`."""
    if not isinstance(value, dict):
        return ""
    pairs = [f"{clean(key, 100)}={clean(text, 100)}" for key, text in value.items() if isinstance(text, str)]
    return clean(" ".join(pairs), 250)


def names(axes: Mapping[int, str]) -> dict[int, str]:
    """The names of stages by number: their axes; `default`, with the number where several have none or the same."""
    told = {at: name or "default" for at, name in axes.items()}
    every = list(told.values())
    return {at: name if every.count(name) == 1 else f"{name} {at}" for at, name in told.items()}
