"""What Drone 1.x and 2.x say, translated to the model.

Sources: the JSON tags in `core/{repo,build,stage,step,user,logs}.go` of drone/drone v2.28.2, and answers of real
servers.
All times of these servers are unix seconds, 0 or absent for 'not yet'; `timestamp` and `updated` of a build say nothing
(`updated` stays at `created`). Every function raises `BadAnswer` where the shape is not the protocol's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from operator import lt
from sys import intern
from typing import Any, Final, TypeVar

from buildwatch.model import Build, Repo, Stage, Status, Step
from buildwatch.text import clean, clean_lines
from buildwatch.wire.fields import (
    BadAnswer,
    Object,
    an_object,
    decode,
    flag,
    moment,
    number,
    objects,
    status,
    word,
    words,
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
    for of in objects(decode(data)):
        repo = _repo(server, of)
        if repo is not None:
            found.append((repo, _nested_build(repo, of)))
    return found


def read_event(server: str, data: bytes) -> tuple[Repo, Build]:
    """One event of `/api/stream`: the whole repo with the whole build, all stages and steps."""
    of = an_object(decode(data))
    repo = _repo(server, of)
    build = _nested_build(repo, of) if repo else None
    if repo is None or build is None:
        raise BadAnswer("an event without a repo or a build")
    return repo, _told_whole(build)


def read_builds(server: str, slug: str, data: bytes) -> list[Build]:
    """The answer to `GET /api/repos/{slug}/builds`: builds without stages, newest first."""
    builds = (_build(server, slug, of) for of in objects(decode(data)))
    return [build for build in builds if build is not None]


def read_build(server: str, slug: str, data: bytes) -> Build | None:
    """One build, with its stages where the server tells them; None for `null` (no pipeline matched a creation)."""
    value = decode(data)
    if value is None:
        return None
    build = _build(server, slug, an_object(value))
    if build is None:
        raise BadAnswer("a build without an id or a number")
    return _told_whole(build)


def read_log(data: bytes) -> list[Piece]:
    """A stored log: pieces of output in order, the oldest of a long one missing."""
    return [read_piece(of) for of in objects(decode(data))]


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

_REPO: Final = ("slug", "id", "default_branch", "link", "private", "active")
_STEP: Final = (
    "number",
    "name",
    "status",
    "started",
    "stopped",
    "exit_code",
    "error",
    "errignore",
    "detached",
    "image",
    "version",
    "depends_on",
)
_STAGE: Final = (
    "number",
    "name",
    "status",
    "created",
    "started",
    "stopped",
    "exit_code",
    "error",
    "errignore",
    "machine",
    "os",
    "arch",
    "type",
    "version",
    "depends_on",
)
_BUILD: Final = (
    "id",
    "number",
    "status",
    "event",
    "action",
    "target",
    "source",
    "ref",
    "after",
    "before",
    "title",
    "message",
    "author_login",
    "author_name",
    "sender",
    "trigger",
    "cron",
    "deploy_to",
    "parent",
    "link",
    "error",
    "created",
    "started",
    "finished",
    "version",
)

T = TypeVar("T")
Row = TypeVar("Row", Stage, Step)


def _kept(read: Callable[..., T], of: Object, keys: tuple[str, ...], *more: str) -> T:
    """What `read` makes of a row's fields, from the last time if it was the same row."""
    row = [*map(of.get, keys)]
    if row[-1].__class__ is list:  # only what a row depends on is a list, and stands last
        row[-1] = tuple(row[-1])
    try:
        return read(*more, *row)
    except TypeError:  # an object where none belongs cannot be looked up
        return read.__wrapped__(*more, *row)  # type: ignore[attr-defined, no-any-return]


def _repo(server: str, of: Object) -> Repo | None:
    return _kept(_repo_of, of, _REPO, server)


@lru_cache(maxsize=2048, typed=True)
def _repo_of(server: str, *row: Any) -> Repo | None:
    of = dict(zip(_REPO, row, strict=True))
    slug = word(of, "slug")
    if not slug:
        return None
    return Repo(
        server=server,
        slug=intern(slug),
        id=number(of, "id"),
        default_branch=word(of, "default_branch"),
        link=word(of, "link", 1000),
        private=flag(of, "private"),
        active=flag(of, "active"),
    )


def _nested_build(repo: Repo, of: Object) -> Build | None:
    nested = of.get("build")
    return _build(repo.server, repo.slug, nested) if isinstance(nested, dict) else None


def _build(server: str, slug: str, of: Object) -> Build | None:
    values = _kept(_build_of, of, _BUILD, server, slug)
    if values is None:
        return None
    params, stages = of.get("params"), of.get("stages")
    return Build(*(*values, _params(params) if params else (), 0, _stages(stages) if stages else None))


@lru_cache(maxsize=2048, typed=True)
def _build_of(server: str, slug: str, *row: Any) -> tuple[Any, ...] | None:
    """The build's own fields in the order of `Build`, up to its parameters."""
    of = dict(zip(_BUILD, row, strict=True))
    id, at = number(of, "id"), number(of, "number")
    if id <= 0 or at <= 0:
        return None
    message = of["message"]
    return (
        server,
        slug,
        id,
        at,
        status(of, "status", OTHER_WORDS),
        intern(word(of, "event")),
        intern(word(of, "action")),
        intern(word(of, "target")),
        intern(word(of, "source")),
        word(of, "ref"),
        word(of, "after"),
        word(of, "before"),
        word(of, "title", 500),
        clean_lines(message) if isinstance(message, str) else "",
        intern(word(of, "author_login")),
        intern(word(of, "author_name")),
        intern(word(of, "sender")),
        intern(word(of, "trigger")),
        word(of, "cron"),
        word(of, "deploy_to"),
        number(of, "parent"),
        word(of, "link", 1000),
        word(of, "error", 1000),
        moment(of, "created"),
        moment(of, "started"),
        moment(of, "finished"),
        number(of, "version"),
    )


def _params(value: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict):
        return ()
    pairs = ((key, text) for key, text in value.items() if isinstance(text, str))
    return tuple((clean(key, 100), clean(text)) for key, text in pairs)[:200]


def _stages(value: Any) -> tuple[Stage, ...]:
    if not isinstance(value, list):
        return ()
    return _in_order([_stage(of) for of in value if isinstance(of, dict)])


def _in_order(rows: list[Row]) -> tuple[Row, ...]:
    """By number, the last of each number."""
    numbers = [row.number for row in rows]
    if all(map(lt, numbers, numbers[1:])):
        return tuple(rows)
    last = {row.number: row for row in rows}
    return tuple(last[at] for at in sorted(last))


def _stage(of: Object) -> Stage:
    rows = of.get("steps")
    found = [_kept(_step_of, row, _STEP) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return Stage(*(*_kept(_stage_of, of, _STAGE), _in_order(found)))


@lru_cache(maxsize=4096, typed=True)
def _stage_of(*row: Any) -> tuple[Any, ...]:
    """The stage's own fields in the order of `Stage`, up to its steps."""
    of = dict(zip(_STAGE, row, strict=True))
    at = number(of, "number")
    return (
        at,
        intern(word(of, "name") or f"stage {at}"),
        status(of, "status", OTHER_WORDS),
        moment(of, "created"),
        moment(of, "started"),
        moment(of, "stopped"),
        number(of, "exit_code"),
        word(of, "error", 1000),
        flag(of, "errignore"),
        intern(word(of, "machine")),
        intern(word(of, "os")),
        intern(word(of, "arch")),
        intern(word(of, "type")),
        words(of, "depends_on"),
        number(of, "version"),
    )


@lru_cache(maxsize=8192, typed=True)
def _step_of(*row: Any) -> Step:
    of = dict(zip(_STEP, row, strict=True))
    at = number(of, "number")
    return Step(
        number=at,
        name=intern(word(of, "name") or f"step {at}"),
        status=status(of, "status", OTHER_WORDS),
        started=moment(of, "started"),
        stopped=moment(of, "stopped"),
        exit_code=number(of, "exit_code"),
        error=word(of, "error", 1000),
        ignored=flag(of, "errignore"),
        detached=flag(of, "detached"),
        image=intern(word(of, "image")),
        depends_on=words(of, "depends_on"),
        version=number(of, "version"),
    )
