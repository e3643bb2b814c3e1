"""What Drone 1.x and 2.x say, translated to the model.

Sources: the JSON tags in `core/{repo,build,stage,step,user,logs}.go` of drone/drone v2.28.2, and answers of real
servers.
All times of these servers are unix seconds, 0 or absent for 'not yet'; `timestamp` and `updated` of a build say nothing
(`updated` stays at `created`). Every function raises `BadAnswer` where the shape is not the protocol's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from sys import intern
from typing import Any, Final

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


def _repo(server: str, of: Object) -> Repo | None:
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
    id, at = number(of, "id"), number(of, "number")
    if id <= 0 or at <= 0:
        return None
    message, params, stages = of.get("message"), of.get("params"), of.get("stages")
    return Build(
        server=server,
        repo=slug,
        id=id,
        number=at,
        status=status(of, "status", OTHER_WORDS),
        event=intern(word(of, "event")),
        action=intern(word(of, "action")),
        branch=intern(word(of, "target")),
        source=intern(word(of, "source")),
        ref=word(of, "ref"),
        commit=word(of, "after"),
        before=word(of, "before"),
        title=word(of, "title", 500),
        message=clean_lines(message) if isinstance(message, str) else "",
        author=intern(word(of, "author_login")),
        author_name=intern(word(of, "author_name")),
        sender=intern(word(of, "sender")),
        trigger=intern(word(of, "trigger")),
        cron=word(of, "cron"),
        deploy_to=word(of, "deploy_to"),
        parent=number(of, "parent"),
        link=word(of, "link", 1000),
        error=word(of, "error", 1000),
        params=_params(params) if params else (),
        created=moment(of, "created"),
        started=moment(of, "started"),
        finished=moment(of, "finished"),
        version=number(of, "version"),
        stages=_stages(stages) if stages else None,
    )


def _params(value: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict):
        return ()
    pairs = ((key, text) for key, text in value.items() if isinstance(text, str))
    return tuple((clean(key, 100), clean(text)) for key, text in pairs)[:200]


def _stages(value: Any) -> tuple[Stage, ...]:
    if not isinstance(value, list):
        return ()
    rows = {number(of, "number"): of for of in value if isinstance(of, dict)}
    return tuple(_stage(at, rows[at]) for at in sorted(rows))


def _stage(at: int, of: Object) -> Stage:
    steps = of.get("steps")
    rows = {number(row, "number"): row for row in steps if isinstance(row, dict)} if isinstance(steps, list) else {}
    return Stage(
        number=at,
        name=intern(word(of, "name") or f"stage {at}"),
        status=status(of, "status", OTHER_WORDS),
        created=moment(of, "created"),
        started=moment(of, "started"),
        stopped=moment(of, "stopped"),
        exit_code=number(of, "exit_code"),
        error=word(of, "error", 1000),
        ignored=flag(of, "errignore"),
        machine=intern(word(of, "machine")),
        os=intern(word(of, "os")),
        arch=intern(word(of, "arch")),
        kind=intern(word(of, "type")),
        depends_on=words(of, "depends_on"),
        version=number(of, "version"),
        steps=tuple(_step(n, rows[n]) for n in sorted(rows)),
    )


def _step(at: int, of: Object) -> Step:
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
