"""The JSON of Woodpecker 3: which fields, in which order, and which are left out when empty.

Taken from answers and streams of a real 3.17 server with Gitea. What Woodpecker makes up only for REST (the
messages of tags and timers) is missing in events.
"""

from __future__ import annotations

import base64
from random import Random
from typing import Any

from buildwatch.demo import company
from buildwatch.demo.access import Rights, User
from buildwatch.demo.early.shapes import given, pid_of
from buildwatch.demo.state import Build, Origin, Repo, Stage, Status, Step

Json = dict[str, Any]

VERSION = "3.17.0"
_EVENTS = {"promote": "deployment", "rollback": "deployment", "custom": "manual"}
_UUID = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def user(who: User) -> Json:
    return {
        "id": who.id,
        "forge_id": 1,
        "forge_remote_id": str(who.id),
        "login": who.login,
        "email": who.email,
        "avatar_url": _avatar(who.login),
        "admin": who.admin,
        "org_id": who.id,
    }


def repo(item: Repo) -> Json:
    link, private = f"{company.SCM}/{item.slug}", item.project.private
    return {
        "id": item.id,
        "forge_id": 1,
        "forge_remote_id": str(item.id),
        "org_id": 1,
        **_named(item),
        "avatar_url": _avatar(item.project.namespace),
        "forge_url": link,
        "clone_url": f"{link}.git",
        "clone_url_ssh": f"git@git.{company.DOMAIN}:{item.slug}.git",
        "default_branch": item.project.default_branch,
        "pr_enabled": True,
        "timeout": 60,
        "visibility": "private" if private else "public",
        "private": private,
        "trusted": {"network": False, "volumes": False, "security": False},
        "require_approval": "all_events" if item.project.protected else "forks",
        "approval_allowed_users": None,
        "active": True,
        "allow_pr": True,
        "allow_deploy": bool(item.project.targets),
        "config_file": "",
        "cancel_previous_pipeline_events": ["push", "pull_request"],
        "netrc_trusted": None,
        "config_extension_endpoint": "",
        "config_extension_exclusive": False,
        "config_extension_netrc": False,
        "registry_extension_endpoint": "",
        "registry_extension_netrc": False,
        "secret_extension_endpoint": "",
        "secret_extension_netrc": False,
    }


def permissions(rights: Rights, item: Repo) -> Json:
    return {
        "pull": rights.read,
        "push": rights.write,
        "admin": rights.admin,
        "synced": item.created,
        "created": item.created,
        "updated": item.updated,
    }


def pipeline(item: Build, *, workflows: bool = False, event: bool = False) -> Json:
    """A pipeline; `workflows` only where the server sends them, `event` as the streams have it."""
    origin = item.origin
    author = _author(origin)
    shape: Json = {
        "id": item.id,
        "number": item.number,
        "author": author["author"],
        "parent": origin.parent,
        "event": event_of(origin),
        "event_reason": None,
        "status": str(item.status),
        "errors": _errors(item),
        "created": item.created,
        "updated": max(item.updated, item.created),
        "started": item.started,
        "finished": item.finished,
        "deploy_to": origin.deploy_to,
        "deploy_task": "",
        "commit": origin.after,
        "branch": branch(origin),
        "rerun_count": _reruns(item),
        "ref": origin.ref,
        "refspec": f"{origin.source}:{origin.target}" if origin.event == "pull_request" else "",
        "author_avatar": author["author_avatar"],
        "forge_url": f"{company.SCM}/{item.repo.slug}/commit/{origin.after}",
        "reviewed_by": item.reviewer,
        "reviewed": item.reviewed,
    }
    given(shape, cancel_info={"canceled_by_user": item.canceler} if item.canceler else {})
    if workflows:
        given(shape, workflows=[_workflow(stage, item) for stage in item.stages])
    given(shape, changed_files=["README.md"] if origin.event in ("push", "pull_request") else [], cron=origin.cron)
    given(shape, variables=origin.params)
    shape |= {
        "version": VERSION,
        "title": origin.title,
        "message": "" if event and _made_up(origin) else _message(origin),
        "timestamp": item.created - 2,
        "sender": _sender(origin, event),
        "author_email": author["author_email"],
    }
    given(shape, tag_title=origin.source if origin.event == "tag" else "")
    return shape


def feed(item: Build) -> Json:
    """A pipeline among those of other repos: what is empty is left out."""
    origin = item.origin
    shape: Json = {"repo_id": item.repo.id, "full_name": item.repo.slug}
    given(
        shape,
        id=item.id,
        number=item.number,
        event=event_of(origin),
        status=str(item.status),
        created=item.created,
        started=item.started,
        finished=item.finished,
        commit=origin.after,
        branch=branch(origin),
        ref=origin.ref,
        title=origin.title,
        **_author(origin),
        message=_message(origin),
    )
    return shape


def log_entry(step: Step, line: int, out: str, at: float, *, stored: bool) -> Json:
    """A line of a log without its end; `time` is whole seconds since the step began. Live lines have no id."""
    return {
        "id": step.id * 10_000 + line + 1 if stored else 0,
        "step_id": step.id,
        "time": int(at),
        "line": line,
        "data": base64.b64encode(out.encode()).decode(),
        "type": 0,
    }


def task(stage: Stage, build: Build) -> Json:
    """A workflow in the queue."""
    slug, origin = build.repo.slug, build.origin
    running = stage.status is Status.RUNNING
    return {
        "id": str(stage.id),
        "pid": stage.number,
        "name": stage.plan.name,
        "labels": {"org-id": "1", "repo": slug, "woodpecker-ci.org/branch": branch(origin)},
        "dependencies": None,
        "run_on": None,
        "dep_status": {},
        "agent_id": _agent(stage) if running else 0,
        "pipeline_id": build.id,
        "repo_id": build.repo.id,
        "concurrency_limit": 0,
        "concurrency_group": "",
        "created": build.created,
        "pipeline_number": build.number,
        "agent_name": stage.machine if running else "",
    }


def event_of(origin: Origin) -> str:
    return _EVENTS.get(origin.event, origin.event)


def branch(origin: Origin) -> str:
    """The branch a pull request is for; none of a tag."""
    return "" if origin.event == "tag" else origin.target


def _workflow(stage: Stage, build: Build) -> Json:
    state = Status.PENDING if stage.status is Status.WAITING else stage.status
    shape: Json = {"id": stage.id, "pipeline_id": build.id, "pid": stage.number, "name": stage.plan.name}
    shape["state"] = str(state)
    given(shape, error=stage.error, started=stage.started, finished=stage.stopped, agent_id=_agent(stage))
    given(shape, environ=dict(stage.plan.axis), children=[_step(step, stage, build) for step in stage.steps])
    return shape


def _step(step: Step, stage: Stage, build: Build) -> Json:
    killed = step.status is Status.KILLED
    shape: Json = {"id": step.id, "uuid": _uuid(step), "pipeline_id": build.id}
    shape |= {"pid": pid_of(build, stage, step), "ppid": stage.number, "name": step.plan.name}
    shape["state"] = str(step.status)
    given(shape, error="Canceled" if killed else "")
    shape["exit_code"] = 0 if killed else step.exit_code
    given(shape, started=step.started, finished=step.stopped)
    shape["type"] = _type(step)
    return shape


def _type(step: Step) -> str:
    if step.plan.tool == "git" or step.plan.name == "clone":
        return "clone"
    if step.plan.detached:
        return "service"
    return "plugin" if "plugin" in step.plan.image else "commands"


def _errors(item: Build) -> list[Json] | None:
    if not item.error:
        return None
    return [{"type": "linter", "message": item.error, "is_warning": False, "data": {"field": "", "file": "woodpecker"}}]


def _reruns(item: Build) -> int:
    count, build = 0, item
    while build.origin.parent and build.origin.parent in build.repo.by_number:
        count, build = count + 1, build.repo.by_number[build.origin.parent]
    return count


def _made_up(origin: Origin) -> bool:
    return origin.event in ("tag", "cron")


def _message(origin: Origin) -> str:
    special = {
        "tag": f"created tag {origin.source}",
        "cron": origin.cron,
        "custom": f"MANUAL PIPELINE @ {origin.target}",
    }
    return special.get(origin.event, f"{origin.message}\n")


def _sender(origin: Origin, event: bool) -> str:
    if origin.event == "cron":
        return "" if event else origin.cron
    return "" if origin.event == "custom" else origin.sender


def _author(origin: Origin) -> Json:
    person = origin.author or company.ADMIN
    if origin.event == "cron":
        return {"author": "", "author_avatar": "", "author_email": person.email}
    return {"author": person.login, "author_avatar": _avatar(person.login), "author_email": person.email}


def _agent(stage: Stage) -> int:
    return stage.id % 3 + 1 if stage.machine else 0


def _uuid(step: Step) -> str:
    rng = Random(step.id)  # noqa: S311 - repeatable, not secret
    return "01" + "".join(rng.choice(_UUID) for _ in range(24))


def _named(item: Repo) -> Json:
    return {"owner": item.project.namespace, "name": item.project.name, "full_name": item.slug}


def _avatar(login: str) -> str:
    return f"{company.SCM}/avatars/{login}"
