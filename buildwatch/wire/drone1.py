"""What Drone 1.x and 2.x say, translated to the model.

Sources: the JSON tags in `core/{repo,build,stage,step,user,logs}.go` of drone/drone v2.28.2, and answers of real
servers.
All times of these servers are unix seconds, 0 or absent for 'not yet'; `timestamp` and `updated` of a build say nothing
(`updated` stays at `created`). Every function raises `BadAnswer` where the shape is not the protocol's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter, lt
from sys import intern
from typing import Any, Final, TypeVar

from msgspec import MsgspecError
from msgspec.json import Decoder
from msgspec.structs import replace

from buildwatch.model import Build, Repo, Stage, Status, Step
from buildwatch.text import clean, clean_lines
from buildwatch.wire import drone1_shapes as shapes
from buildwatch.wire.drone1_shapes import BuildShape, RepoShape, StageShape, StepShape
from buildwatch.wire.fields import (
    BadAnswer,
    a_moment,
    a_number,
    a_status,
    a_word,
    an_object,
    decode,
    flag,
    objects,
    word,
)
from buildwatch.wire.loglines import Piece, read_piece

OTHER_WORDS: Final = {"waiting_on_dependencies": Status.WAITING}


@dataclass(frozen=True, slots=True)
class User:
    """Who a token belongs to."""

    login: str
    admin: bool


def read_user(data: bytes) -> User:
    """The answer to `GET /api/user`."""
    of = an_object(decode(data))
    return User(word(of, "login"), flag(of, "admin"))


def read_version(data: bytes) -> str:
    """The answer to `GET /version`. (v2.28.2 calls itself 2.28.1.)"""
    return word(an_object(decode(data)), "version", 40)


def read_repos(server: str, data: bytes) -> list[tuple[Repo, Build | None]]:
    """The answer to `GET /api/user/repos?latest=true` or `/api/user/builds`: repos, each with one build or none."""
    found = []
    for of in shapes.repos(data):
        repo = _repo(server, of)
        if repo is not None:
            found.append((repo, _build(server, repo.slug, of.build) if of.build else None))
    return found


def read_event(server: str, data: bytes) -> tuple[Repo, Build]:
    """One event of `/api/stream`: the whole repo with the whole build, all stages and steps."""
    of = shapes.repo(data)
    repo = _repo(server, of)
    build = _build(server, repo.slug, of.build) if repo and of.build else None
    if repo is None or build is None:
        raise BadAnswer("an event without a repo or a build")
    return repo, _told_whole(build)


def read_builds(server: str, slug: str, data: bytes) -> list[Build]:
    """The answer to `GET /api/repos/{slug}/builds`: builds without stages, newest first."""
    builds = (_build(server, slug, of) for of in shapes.builds(data))
    return [build for build in builds if build is not None]


def read_build(server: str, slug: str, data: bytes) -> Build | None:
    """One build, with its stages where the server tells them; None for `null` (no pipeline matched a creation)."""
    of = shapes.build(data)
    if of is None:
        return None
    build = _build(server, slug, of)
    if build is None:
        raise BadAnswer("a build without an id or a number")
    return _told_whole(build)


def read_log(data: bytes) -> list[Piece]:
    """A stored log, or a part of one: pieces of output in order, the oldest of a long one missing."""
    try:
        return _PIECES.decode(data)
    except (MsgspecError, UnicodeDecodeError):
        return [read_piece(of) for of in objects(decode(data))]


_PIECES: Final = Decoder(list[Piece])


def read_log_event(data: bytes) -> Piece:
    """One event of a live log."""
    return read_piece(an_object(decode(data)))


def read_error(data: bytes) -> str:
    """The `message` of an error's body, safe to show; empty when there is none."""
    try:
        return word(an_object(decode(data)), "message")
    except BadAnswer:
        return ""


def _told_whole(build: Build) -> Build:
    """`build`, whose stages were told: a build whose yaml was bad has none, and then the field is left out."""
    return build if build.stages is not None else replace(build, stages=())


# Events are whole snapshots that differ from the one before in one step or two, so what a row says is kept by what was
# read: a row that was seen before costs one look-up, and is the very same object, which makes merging quick as well.

Row = TypeVar("Row", Stage, Step)

_of_the_repo: Final = attrgetter("slug", "id", "default_branch", "link", "private", "active")
_of_the_build: Final = attrgetter(*(name for name in BuildShape.__struct_fields__ if name not in ("params", "stages")))


def _repo(server: str, of: RepoShape) -> Repo | None:
    return _repo_of(server, *_of_the_repo(of))


@lru_cache(maxsize=2048)
def _repo_of(
    server: str, slug: str, id: int, default_branch: str, link: str, private: bool, active: bool
) -> Repo | None:
    slug = a_word(slug)
    if not slug:
        return None
    return Repo(
        server=server,
        slug=intern(slug),
        id=a_number(id),
        default_branch=a_word(default_branch),
        link=a_word(link, 1000),
        private=private,
        active=active,
    )


def _build(server: str, slug: str, of: BuildShape) -> Build | None:
    values = _build_of(server, slug, _of_the_build(of))
    if values is None:
        return None
    return Build(*(*values, _params(of.params) if of.params else (), 0, _stages(of.stages) if of.stages else None))


@lru_cache(maxsize=1024)
def _build_of(server: str, slug: str, row: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """The build's own fields in the order of `Build`, up to its parameters."""
    of = BuildShape(*row)
    id, number = a_number(of.id), a_number(of.number)
    if id <= 0 or number <= 0:
        return None
    return (
        server,
        slug,
        id,
        number,
        a_status(of.status, OTHER_WORDS),
        intern(a_word(of.event)),
        intern(a_word(of.action)),
        intern(a_word(of.target)),
        intern(a_word(of.source)),
        intern(a_word(of.ref)),
        intern(a_word(of.after)),  # the next build's `before`
        intern(a_word(of.before)),
        a_word(of.title, 500),
        clean_lines(of.message),
        intern(a_word(of.author_login)),
        intern(a_word(of.author_name)),
        intern(a_word(of.sender)),
        intern(a_word(of.trigger)),
        a_word(of.cron),
        a_word(of.deploy_to),
        a_number(of.parent),
        a_word(of.link, 1000),
        a_word(of.error, 1000),
        a_moment(of.created),
        a_moment(of.started),
        a_moment(of.finished),
        a_number(of.version),
    )


def _params(of: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((clean(key, 100), clean(text)) for key, text in of.items())[:200]


def _stages(rows: tuple[StageShape, ...]) -> tuple[Stage, ...]:
    return _in_order([*map(_stage, rows)])


def _in_order(rows: list[Row]) -> tuple[Row, ...]:
    """By number, the last of each number."""
    numbers = [row.number for row in rows]
    if all(map(lt, numbers, numbers[1:])):
        return tuple(rows)
    last = {row.number: row for row in rows}
    return tuple(last[at] for at in sorted(last))


@lru_cache(maxsize=1024)
def _stage(of: StageShape) -> Stage:
    at = a_number(of.number)
    return Stage(
        number=at,
        name=intern(a_word(of.name) or f"stage {at}"),
        status=a_status(of.status, OTHER_WORDS),
        created=a_moment(of.created),
        started=a_moment(of.started),
        stopped=a_moment(of.stopped),
        exit_code=a_number(of.exit_code),
        error=a_word(of.error, 1000),
        ignored=of.errignore,
        machine=intern(a_word(of.machine)),
        os=intern(a_word(of.os)),
        arch=intern(a_word(of.arch)),
        kind=intern(a_word(of.type)),
        depends_on=_words(of.depends_on),
        version=a_number(of.version),
        steps=_in_order([*map(_step, of.steps)]) if of.steps else (),
    )


@lru_cache(maxsize=4096)
def _step(of: StepShape) -> Step:
    at = a_number(of.number)
    return Step(
        number=at,
        name=intern(a_word(of.name) or f"step {at}"),
        status=a_status(of.status, OTHER_WORDS),
        started=a_moment(of.started),
        stopped=a_moment(of.stopped),
        exit_code=a_number(of.exit_code),
        error=a_word(of.error, 1000),
        ignored=of.errignore,
        detached=of.detached,
        image=intern(a_word(of.image)),
        depends_on=_words(of.depends_on),
        version=a_number(of.version),
    )


def _words(of: tuple[str, ...] | None) -> tuple[str, ...]:
    return tuple(a_word(item) for item in of[:200]) if of else ()
