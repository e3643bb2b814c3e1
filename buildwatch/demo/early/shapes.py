"""The JSON of Drone 0.5, 0.7 and 0.8: which fields, in which order, and which are left out when empty.

Taken from answers and streams of real servers with Gogs: tags and pull requests come without a commit, and a
message of a push ends with a line feed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from buildwatch.demo import company
from buildwatch.demo.access import User
from buildwatch.demo.early.generations import Generation
from buildwatch.demo.state import Build, Origin, Repo, Stage, Step

Json = dict[str, Any]
NO_PROC: Json = {
    "id": 0, "build_id": 0, "pid": 0, "ppid": 0, "pgid": 0, "name": "", "state": "", "exit_code": 0,
}  # fmt: skip
NO_JOB: Json = {
    "id": 0, "number": 0, "error": "", "status": "", "exit_code": 0,
    "enqueued_at": 0, "started_at": 0, "finished_at": 0, "environment": None,
}  # fmt: skip
_EVENTS = {"promote": "deployment", "rollback": "deployment", "cron": "push", "custom": "push"}


@dataclass(frozen=True, slots=True)
class Shapes:
    """The shapes of one generation."""

    generation: Generation

    def user(self, who: User, now: int) -> Json:
        shape: Json = {"id": who.id, "login": who.login, "email": who.email}
        shape |= {"avatar_url": _avatar(who.login), "active": False}
        if self.generation.pages:
            shape["synced"] = now - 3600
        return shape | {"admin": who.admin}

    def repo(self, item: Repo) -> Json:
        old, newest = self.generation.jobs, self.generation.pages
        private, link = item.project.private, f"{company.SCM}/{item.slug}"
        shape: Json = {
            "id": item.id,
            **_named(item),
            "avatar_url": _avatar(item.project.namespace),
            "link_url": link,
            "scm": "git",
            "clone_url": f"{link}.git",
            "default_branch": item.project.default_branch,
            "timeout": 60,
        }
        if not old:
            shape["visibility"] = "private" if private else "public"
        if newest or private:
            shape["private"] = private
        shape["trusted"] = False
        if not old:
            shape["gated"] = item.project.protected
        if newest:
            shape["active"] = True
        shape |= {"allow_pr": True, "allow_push": True, "allow_deploys": bool(item.project.targets), "allow_tags": True}
        if not old:
            shape |= {"last_build": item.counter, "config_file": ".drone.yml"}
        return shape

    def build(self, item: Build, *, procs: bool = False, flat: bool = False) -> Json:
        """A build; `procs` only where the server sends them, `flat` where it forgets to make a tree of them."""
        old, origin = self.generation.jobs, item.origin
        shape: Json = {"id": item.id, "number": item.number, "parent": origin.parent}
        shape |= {"event": event(origin), "status": str(item.status)}
        if not old:
            shape["error"] = item.error
        shape |= {
            "enqueued_at": item.enqueued,
            "created_at": item.created,
            "started_at": item.started,
            "finished_at": item.finished,
            "deploy_to": origin.deploy_to,
            **_commit(item),
        }
        if not old:
            shape["sender"] = origin.sender
        shape |= _author(origin) | {"link_url": origin.link, "signed": False, "verified": not old}
        if not old:
            shape |= {"reviewed_by": item.reviewer, "reviewed_at": item.reviewed}
        if procs and item.stages:
            shape["jobs" if old else "procs"] = self._stages(item, flat)
        return shape

    def _stages(self, build: Build, flat: bool) -> list[Json]:
        if self.generation.jobs:
            return [job(stage, build) for stage in build.stages]
        found: list[Json] = []
        for stage in build.stages:
            root = self._root(stage, build)
            children = [self._child(step, stage, build) for step in stage.steps]
            found.append(root)
            if flat:
                found += children
            elif children:
                root["children"] = children
        return found

    def _root(self, stage: Stage, build: Build) -> Json:
        shape: Json = {"id": stage.id, "build_id": build.id, "pid": stage.number, "ppid": 0, "pgid": stage.number}
        shape |= {"name": "", "state": str(stage.status)}
        given(shape, error=stage.error)
        shape["exit_code"] = stage.exit_code
        given(shape, start_time=stage.started, end_time=stage.stopped)
        given(shape, machine=self._machine(stage), environ=dict(stage.plan.axis))
        return shape

    def _child(self, step: Step, stage: Stage, build: Build) -> Json:
        shape: Json = {"id": step.id, "build_id": build.id, "pid": pid_of(build, stage, step), "ppid": stage.number}
        shape |= {"pgid": pid_of(build, stage, _group(stage, step)), "name": step.plan.name, "state": str(step.status)}
        shape["exit_code"] = step.exit_code
        given(shape, start_time=step.started, end_time=step.stopped)
        given(shape, machine=self._machine(stage) if step.begun else "")
        return shape

    def _machine(self, stage: Stage) -> str:
        return stage.machine if self.generation.pages else ""

    def feed(self, repo: Repo, build: Build | None) -> Json:
        """A build among those of other repos: what is empty is left out, and it has no id."""
        shape = _named(repo)
        if build is None:
            return shape
        origin = build.origin
        given(
            shape,
            number=build.number,
            event=event(origin),
            status=str(build.status),
            created_at=build.created,
            started_at=build.started,
            finished_at=build.finished,
        )
        told = _commit(build) | _author(origin)
        del told["timestamp"]
        given(shape, **told)
        return shape


def job(stage: Stage, build: Build) -> Json:
    """What 0.5 says of a stage."""
    return {
        "id": stage.id,
        "number": stage.number,
        "error": stage.error,
        "status": str(stage.status),
        "exit_code": stage.exit_code,
        "enqueued_at": build.enqueued,
        "started_at": stage.started,
        "finished_at": stage.stopped,
        "environment": dict(stage.plan.axis),
    }


def event(origin: Origin) -> str:
    return _EVENTS.get(origin.event, origin.event)


def pid_of(build: Build, stage: Stage, step: Step) -> int:
    """The number of a step in its build: those of all stages come first."""
    return len(build.stages) + sum(len(one.steps) for one in build.stages[: stage.number - 1]) + step.number


def by_pid(build: Build, pid: int) -> tuple[Stage, Step | None] | None:
    """The stage of this number, or the step with its stage."""
    root = build.stage(pid)
    if root is not None:
        return root, None
    steps = ((stage, step) for stage in build.stages for step in stage.steps)
    return next(((stage, step) for stage, step in steps if pid_of(build, stage, step) == pid), None)


def given(shape: Json, **values: object) -> None:
    """Add what is not empty: the encoder's `omitempty`."""
    shape.update((name, value) for name, value in values.items() if value)


def _named(repo: Repo) -> Json:
    return {"owner": repo.project.namespace, "name": repo.project.name, "full_name": repo.slug}


def _group(stage: Stage, step: Step) -> Step:
    """The first of the steps that run side by side with a step."""
    needs = step.plan.depends_on
    return next(one for one in stage.steps if one is step or (needs and one.plan.depends_on == needs))


def _commit(build: Build) -> Json:
    origin, named = build.origin, build.origin.event
    bare = named in ("tag", "pull_request")
    message = {"tag": f"created tag {origin.source}", "pull_request": origin.title}.get(named, f"{origin.message}\n")
    return {
        "commit": "" if bare else origin.after,
        "branch": origin.ref if named == "tag" else origin.target,
        "ref": origin.ref,
        "refspec": f"{origin.source}:{origin.target}" if named == "pull_request" else "",
        "remote": "",
        "title": origin.title,
        "message": message,
        "timestamp": 0 if named == "pull_request" else build.created - 2,
    }


def _author(origin: Origin) -> Json:
    person = origin.author or company.ADMIN
    bare = origin.event in ("tag", "pull_request")
    return {
        "author": person.login,
        "author_avatar": _avatar(person.login),
        "author_email": "" if bare else person.email,
    }


def _avatar(login: str) -> str:
    return f"{company.SCM}/avatars/{login}"
