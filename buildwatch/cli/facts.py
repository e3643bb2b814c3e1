"""A build as JSON tells it. Pure."""

from __future__ import annotations

from buildwatch.model import Build, Stage, Step

Object = dict[str, object]


def line(build: Build) -> Object:
    """The facts of a build's own line. Times are unix seconds of the server, 0 for not yet."""
    return {
        "number": build.number,
        "status": build.status,
        "event": build.event,
        "branch": build.branch,
        "commit": build.commit,
        "author": build.author,
        "message": build.message,
        "created": build.created,
        "started": build.started,
        "finished": build.finished,
    }


def whole(build: Build) -> Object:
    """All that is known of a build, with its stages and steps."""
    return line(build) | {
        "id": build.id,
        "title": build.title,
        "ref": build.ref,
        "source": build.source,
        "author_name": build.author_name,
        "sender": build.sender,
        "trigger": build.trigger,
        "cron": build.cron,
        "deploy_to": build.deploy_to,
        "parent": build.parent,
        "link": build.link,
        "error": build.error,
        "params": dict(build.params),
        "stages": [_stage(stage) for stage in build.stages or ()],
    }


def _stage(stage: Stage) -> Object:
    return {
        "number": stage.number,
        "name": stage.name,
        "status": stage.status,
        "started": stage.started,
        "stopped": stage.stopped,
        "exit_code": stage.exit_code,
        "error": stage.error,
        "machine": stage.machine,
        "depends_on": list(stage.depends_on),
        "steps": [_step(step) for step in stage.steps],
    }


def _step(step: Step) -> Object:
    return {
        "number": step.number,
        "name": step.name,
        "status": step.status,
        "started": step.started,
        "stopped": step.stopped,
        "exit_code": step.exit_code,
        "error": step.error,
        "depends_on": list(step.depends_on),
    }
