"""What Woodpecker 2 and 3 say, translated to the model: a pipeline is a build, a workflow a stage.

A stage's number is the workflow's pid, a step's its own pid, which no other step of the pipeline has. Sources: answers
and streams of a real server (3.17), and the JSON tags in `server/model/*.go` of woodpecker-ci/woodpecker v2.8.3 and
main. Times are unix seconds of the server, 0 for 'not yet'; 2.x names them differently. Every function raises
`BadAnswer` where the shape is not the protocol's.

Its own words: `created` (not in the queue yet) is `pending`; `canceled` is `killed` for a pipeline, and for a workflow
or a step `skipped` when it never began. Who or what canceled stands in `error`.

Versions: `updated` moves only with the pipeline's own row, in whole seconds of a clock that can be set back, so it is
not used; statuses and times order snapshots by themselves. What does go back is an approval, which makes all workflows
and steps anew under the same pids: the time of the review is the version of all rows, 1 before it. The short rows of a
feed tell less and have version 0, so they never replace a whole row. A step counts one more once its workflow has
ended: only then it is known whether its failure was ignored.
"""

from __future__ import annotations

from base64 import b64decode
from collections import Counter
from collections.abc import Mapping
from sys import intern
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from buildwatch.model import Build, Repo, Stage, Status, Step
from buildwatch.text import clean, clean_lines
from buildwatch.wire.fields import BadAnswer, Object, an_object, decode, flag, moment, number, objects, status, word
from buildwatch.wire.loglines import Piece

OTHER_WORDS: Final = {"created": Status.PENDING, "canceled": Status.KILLED}

EVENTS: Final = {
    "pull_request_closed": ("pull_request", "closed"),
    "pull_request_metadata": ("pull_request", "edited"),
}
"""Events that are one of the others with an action."""

StepIds = Mapping[int, int]
"""A step's pid → its id, by which its log is asked for. Ids grow: an approval gives each step a new one."""


class Told(NamedTuple):
    """One snapshot of a build, and the ids of its steps."""

    build: Build
    ids: StepIds


def read_repos(server: str, data: bytes) -> list[tuple[Repo, Build | None]]:
    """The answer to `GET /api/user/repos`: repos, each with its newest build. Before 3.1 no builds are told."""
    found = []
    for of in objects(decode(data)):
        repo = _repo(server, of)
        if repo is not None:
            newest = of.get("last_pipeline")
            found.append((repo, _build(server, repo.slug, newest) if isinstance(newest, dict) else None))
    return found


def read_repo(server: str, data: bytes) -> Repo:
    """The answer to `GET /api/repos/lookup/{slug}`."""
    repo = _repo(server, an_object(decode(data)))
    if repo is None:
        raise BadAnswer("a repo without an id or a name")
    return repo


def read_feed(server: str, slugs: Mapping[int, str], data: bytes) -> list[Build]:
    """Builds of many repos, in short. 2.x names the repo by its id alone: `slugs` has their names."""
    builds = []
    for of in objects(decode(data)):
        slug = word(of, "full_name") or slugs.get(number(of, "repo_id"), "")
        build = _build(server, intern(slug), of) if slug else None
        if build is not None:
            builds.append(replace(build, version=0))
    return builds


def read_event(server: str, data: bytes) -> tuple[Repo, Told]:
    """One event of `/api/stream/events`: the whole repo and the whole pipeline."""
    of = an_object(decode(data))
    repo, pipeline = of.get("repo"), of.get("pipeline")
    known = _repo(server, repo) if isinstance(repo, dict) else None
    if known is None or not isinstance(pipeline, dict):
        raise BadAnswer("an event without a repo or a pipeline")
    return known, _told(server, known.slug, pipeline)


def read_builds(server: str, slug: str, data: bytes) -> list[Build]:
    """The answer to `GET /api/repos/{id}/pipelines`: builds without stages, newest first."""
    builds = (_build(server, slug, of) for of in objects(decode(data)))
    return [build for build in builds if build is not None]


def read_build(server: str, slug: str, data: bytes) -> Told:
    """One pipeline with its workflows and steps. One whose configuration is bad has none."""
    return _told(server, slug, an_object(decode(data)))


def read_log(data: bytes) -> list[Piece]:
    """A stored log, or a part of one: a piece for each line; none for `null`, which is said while there is none."""
    return [_piece(of) for of in objects(decode(data))]


def read_log_event(data: bytes) -> Piece:
    """One event of a live log."""
    return _piece(an_object(decode(data)))


def _repo(server: str, of: Object) -> Repo | None:
    """A repo that was never activated has no id."""
    slug, id = word(of, "full_name"), number(of, "id")
    if not slug or id <= 0:
        return None
    return Repo(
        server=server,
        slug=intern(slug),
        id=id,
        default_branch=word(of, "default_branch"),
        link=word(of, "forge_url", 1000),
        private=flag(of, "private"),
        active=flag(of, "active"),
    )


def _told(server: str, slug: str, of: Object) -> Told:
    build = _build(server, slug, of)
    if build is None:
        raise BadAnswer("a pipeline without an id or a number")
    workflows = _rows(of.get("workflows"))
    ids = {pid: number(row, "id") for flow in workflows.values() for pid, row in _rows(flow.get("children")).items()}
    names = _names(workflows)
    return Told(replace(build, stages=tuple(_stage(build, pid, names[pid], workflows[pid]) for pid in workflows)), ids)


def _build(server: str, slug: str, of: Object) -> Build | None:
    id, at = number(of, "id"), number(of, "number")
    if id <= 0 or at <= 0:
        return None
    own = word(of, "event")
    event, action = EVENTS.get(own, (own, ""))
    title, message = _wording(own, of)
    pull = event == "pull_request"
    branch = intern(word(of, "branch"))
    state = status(of, "status", OTHER_WORDS)
    return Build(
        server=server,
        repo=slug,
        id=id,
        number=at,
        status=state,
        event=intern(event),
        action=action,
        branch=branch,
        source=intern(word(of, "refspec").partition(":")[0]) if pull else branch,
        ref=word(of, "ref"),
        commit=word(of, "commit"),
        title=title,
        message=message,
        author=intern(word(of, "author")),
        sender=intern(word(of, "cron" if own == "cron" else "sender")),
        cron=word(of, "cron"),
        deploy_to=word(of, "deploy_to"),
        parent=number(of, "parent"),
        link=word(of, "forge_url", 1000),
        error=_error(of, state),
        params=_pairs(of.get("variables")),
        created=_time(of, "created"),
        started=_time(of, "started"),
        finished=_time(of, "finished"),
        version=max(1, _time(of, "reviewed")),
    )


def _time(of: Object, key: str) -> int:
    """A time of a pipeline: `created` is `created_at` in 2.x."""
    return moment(of, key) or moment(of, f"{key}_at")


def _wording(event: str, of: Object) -> tuple[str, str]:
    """Title and message. Events lack what REST makes up for tags, releases and cron jobs, so it is made up here."""
    title, message = word(of, "title", 500), of.get("message")
    release = of.get("release")
    if event == "release" and isinstance(release, dict):
        title = word(release, "title", 500) or title
    if isinstance(message, str) and message:
        return title, clean_lines(message)
    tag = word(of, "tag_title") or word(of, "ref").removeprefix("refs/tags/")
    made_up = {"cron": word(of, "cron"), "tag": f"created tag {tag}", "release": f"created release {title or tag}"}
    return title, made_up.get(event, "")


def _error(of: Object, state: Status) -> str:
    """What is wrong with the configuration, errors before warnings; else who or what canceled it."""
    said = _objects(of.get("errors"))
    errors = [word(row, "message") for row in said if not flag(row, "is_warning")]
    if errors or state == Status.ERROR:
        warnings = [f"warning: {word(row, 'message')}" for row in said if flag(row, "is_warning")]
        return clean("; ".join(errors + warnings), 1000)
    why = of.get("cancel_info")
    if not isinstance(why, dict):
        return _own_error(of, "status")
    later, by, step = number(why, "superseded_by"), word(why, "canceled_by_user"), word(why, "canceled_by_step")
    return f"canceled {f'for #{later}' if later else f'by {by}' if by else f'by step {step}'}"


def _pairs(value: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict):
        return ()
    pairs = ((key, text) for key, text in value.items() if isinstance(text, str))
    return tuple((clean(key, 100), clean(text)) for key, text in pairs)[:200]


def _objects(value: Any) -> list[Object]:
    return [of for of in value if isinstance(of, dict)] if isinstance(value, list) else []


def _rows(value: Any) -> dict[int, Object]:
    """Workflows or steps by pid."""
    rows = {number(of, "pid"): of for of in _objects(value)}
    return {pid: rows[pid] for pid in sorted(rows) if pid > 0}


def _names(rows: Mapping[int, Object]) -> dict[int, str]:
    """The workflows' names. Those of a matrix share one: their axis tells them apart, and alone where all share it."""
    names = {pid: word(of, "name") or "default" for pid, of in rows.items()}
    axes = {pid: " ".join(f"{key}={value}" for key, value in _pairs(of.get("environ"))) for pid, of in rows.items()}
    shared = len(set(names.values())) == 1
    full = {pid: (axes[pid] if shared else f"{name} {axes[pid]}") if axes[pid] else name for pid, name in names.items()}
    times = Counter(full.values())
    return {pid: clean(name if times[name] == 1 else f"{name} {pid}", 250) for pid, name in full.items()}


def _stage(build: Build, pid: int, name: str, of: Object) -> Stage:
    os, _, arch = word(of, "platform").partition("/")
    started, agent = moment(of, "started") or moment(of, "start_time"), number(of, "agent_id")
    state = _state(build, of, started)
    return Stage(
        number=pid,
        name=intern(name),
        status=state,
        started=started,
        stopped=moment(of, "finished") or moment(of, "end_time"),
        error=_own_error(of),
        machine=f"agent {agent}" if agent > 0 else "",
        os=os,
        arch=arch,
        version=build.version,
        steps=tuple(_step(build, state, at, row) for at, row in _rows(of.get("children")).items()),
    )


def _step(build: Build, stage: Status, pid: int, of: Object) -> Step:
    started = moment(of, "started") or moment(of, "start_time")
    state = _state(build, of, started)
    return Step(
        number=pid,
        name=intern(word(of, "name") or f"step {pid}"),
        status=state,
        started=started,
        stopped=moment(of, "finished") or moment(of, "end_time"),
        exit_code=number(of, "exit_code"),
        error=_own_error(of),
        ignored=stage == Status.SUCCESS and state in (Status.FAILURE, Status.ERROR),
        detached=word(of, "type") == "service",
        version=build.version + stage.ended,
    )


def _state(build: Build, of: Object, started: int) -> Status:
    """The state of a workflow or a step.

    One that is still `blocked` after an approval is not: it waits, if need be for ever (a fault of the server that an
    approval before the workflows are stored brings out). Of a pipeline that was killed nothing runs on: what its agent
    has not reported yet counts as killed, or as skipped where it never began.
    """
    state = status(of, "state", OTHER_WORDS)
    if of.get("state") == "canceled" or (build.status == Status.KILLED and not state.ended):
        return Status.KILLED if started > 0 else Status.SKIPPED
    return Status.PENDING if state == Status.BLOCKED and build.status != Status.BLOCKED else state


def _own_error(of: Object, key: str = "state") -> str:
    """What a row says of itself, or the server's word that the model lacks where that tells more."""
    return word(of, "error", 1000) or ("canceled" if of.get(key) == "canceled" else "")


_TEXT_TYPES: Final = (0, 1, 4)
"""Of log entries: stdout, stderr and progress. The others are an exit code and facts about the step."""


def _piece(of: Object) -> Piece:
    """One line, without its end. What is no text keeps its place, empty, so that no line counts as missing."""
    if number(of, "type") not in _TEXT_TYPES:
        return Piece(number(of, "line"), "", number(of, "time"))
    data = of.get("data")
    try:
        text = b64decode(data) if isinstance(data, str) else b""
    except ValueError:
        text = b""
    return Piece(number(of, "line"), text.decode("utf-8", "replace") + "\n", number(of, "time"))
