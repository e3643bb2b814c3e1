"""The JSON of Drone 2.x: which fields, in which order, and which are left out when empty.

Taken from answers and streams of a real 2.28 server. Strings are escaped as Go's encoder does it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from buildwatch.demo import company
from buildwatch.demo.access import User
from buildwatch.demo.state import Build, Repo, Stage, Status, Step

Json = dict[str, Any]

VERSION = "2.28.1"
_WORDS = {status: str(status) for status in Status} | {Status.WAITING: "waiting_on_dependencies"}
_encoder = msgspec.json.Encoder()


def encode(value: object) -> bytes:
    """Compact JSON in one line, with `<`, `>` and `&` escaped."""
    text = _encoder.encode(value)
    if b"<" in text or b">" in text or b"&" in text:
        text = text.replace(b"<", b"\\u003c").replace(b">", b"\\u003e").replace(b"&", b"\\u0026")
    return text


def word(status: Status) -> str:
    return _WORDS[status]


def user(who: User, now: int) -> Json:
    return {
        "id": who.id,
        "login": who.login,
        "email": who.email,
        "machine": False,
        "admin": who.admin,
        "active": True,
        "avatar": _avatar(who.login),
        "syncing": False,
        "synced": now - 3600,
        "created": now - 90 * 86400,
        "updated": now - 90 * 86400,
        "last_login": now - 7200,
    }


def repo(item: Repo, *, build: Build | None = None, stages: bool = False, rights: Json | None = None) -> Json:
    """A repo, with a build inside where a list or an event carries one."""
    project = item.project
    link = f"{company.SCM}/{item.slug}"
    shape: Json = {
        "id": item.id,
        "uid": str(item.id),
        "user_id": 1,
        "namespace": project.namespace,
        "name": project.name,
        "slug": item.slug,
        "scm": "",
        "git_http_url": f"{link}.git",
        "git_ssh_url": f"git@git.{company.DOMAIN}:{item.slug}.git",
        "link": link,
        "default_branch": project.default_branch,
        "private": project.private,
        "visibility": "private" if project.private else "public",
        "active": True,
        "config_path": ".drone.yml",
        "trusted": False,
        "protected": project.protected,
        "ignore_forks": False,
        "ignore_pull_requests": False,
        "auto_cancel_pull_requests": False,
        "auto_cancel_pushes": project.auto_cancel,
        "auto_cancel_running": project.auto_cancel,
        "timeout": 60,
        "counter": item.counter,
        "synced": item.created,
        "created": item.created,
        "updated": item.updated,
        "version": item.version,
    }
    if build is not None:
        shape["build"] = build_of(build, stages=stages)
    if rights is not None:
        shape["permissions"] = rights
    shape["archived"] = False
    return shape


def build_of(item: Build, *, stages: bool = False) -> Json:
    """A build; `stages` only where the server sends them."""
    origin, person = item.origin, item.origin.author
    shape: Json = {
        "id": item.id,
        "repo_id": item.repo.id,
        "trigger": "" if item.plan.error else origin.trigger,
        "number": item.number,
    }
    _given(shape, parent=origin.parent)
    shape["status"] = word(item.status)
    _given(shape, error=item.error)
    shape |= {"event": origin.event, "action": origin.action, "link": origin.link, "timestamp": 0}
    _given(shape, title=origin.title)
    shape |= {
        "message": origin.message,
        "before": origin.before,
        "after": origin.after,
        "ref": origin.ref,
        "source_repo": origin.source_repo,
        "source": origin.source,
        "target": origin.target,
        "author_login": "" if person is None or origin.author_named_only else person.login,
        "author_name": person.name if person else "",
        "author_email": person.email if person else "",
        "author_avatar": "" if person is None or origin.author_named_only else _avatar(person.login),
        "sender": origin.sender,
    }
    _given(shape, params=origin.params, cron=origin.cron, deploy_to=origin.deploy_to)
    shape |= {
        "started": item.started,
        "finished": item.finished,
        "created": item.created,
        "updated": item.created,
        "version": item.version,
    }
    if stages and item.stages:
        shape["stages"] = [stage_of(stage, item) for stage in item.stages]
    return shape


def stage_of(item: Stage, build: Build, *, steps: bool = True) -> Json:
    plan = item.plan
    shape: Json = {
        "id": item.id,
        "repo_id": build.repo.id,
        "build_id": build.id,
        "number": item.number,
        "name": plan.name,
        "kind": "pipeline",
        "type": plan.runner,
        "status": word(item.status),
    }
    _given(shape, error=item.error)
    shape |= {"errignore": False, "exit_code": item.exit_code}
    _given(shape, machine=item.machine)
    shape |= {
        "os": "linux",
        "arch": plan.arch,
        "started": item.started,
        "stopped": item.stopped,
        "created": item.created,
        "updated": item.updated,
        "version": item.version,
        "on_success": True,
        "on_failure": plan.on_failure,
    }
    _given(shape, depends_on=plan.depends_on)
    if steps and item.steps:
        shape["steps"] = [_step(step, item) for step in item.steps]
    return shape


def _step(item: Step, stage: Stage) -> Json:
    plan = item.plan
    shape: Json = {
        "id": item.id,
        "step_id": stage.id,
        "number": item.number,
        "name": plan.name,
        "status": word(item.status),
    }
    _given(shape, errignore=plan.ignore_failure)
    shape["exit_code"] = item.exit_code
    _given(shape, started=item.started, stopped=item.stopped)
    shape["version"] = item.version
    if stage.plan.runner != "exec":
        _given(shape, depends_on=plan.depends_on, image=plan.image, detached=plan.detached)
    return shape


def incomplete_row(build: Build, stage: Stage) -> Json:
    """A row of `/api/builds/incomplete/v2`: one per stage, limits as strings."""
    shape = build_of(build)
    return {
        "repo_namespace": build.repo.project.namespace,
        "repo_name": build.repo.project.name,
        "repo_slug": build.repo.slug,
        "build_number": build.number,
        "build_author": shape["author_login"],
        "build_author_name": shape["author_name"],
        "build_author_email": shape["author_email"],
        "build_author_avatar": shape["author_avatar"],
        "build_sender": shape["sender"],
        "build_started": build.started,
        "build_finished": build.finished,
        "build_created": build.created,
        "build_updated": build.created,
        "stage_name": stage.plan.name,
        "stage_kind": "pipeline",
        "stage_type": stage.plan.runner,
        "stage_status": word(stage.status),
        "stage_machine": stage.machine,
        "stage_os": "linux",
        "stage_arch": stage.plan.arch,
        "stage_variant": "",
        "stage_kernel": "",
        "stage_limit": "0",
        "stage_limit_repo": "0",
        "stage_started": stage.started,
        "stage_stopped": stage.stopped,
    }


def log_entry(position: int, out: str, at: float) -> Json:
    """An entry of a log: `time` is whole seconds since the step began."""
    return {"pos": position, "out": out, "time": int(at)}


def _given(shape: Json, **values: object) -> None:
    """Add what is not empty: the encoder's `omitempty`."""
    for name, value in values.items():
        if value:
            shape[name] = value


def _avatar(login: str) -> str:
    return f"{company.SCM}/avatars/{login}"
