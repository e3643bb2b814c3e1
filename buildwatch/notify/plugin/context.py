"""What templates know in each version of drone-slack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from buildwatch.notify.plugin.environment import Environment
from buildwatch.notify.plugin.versions import Like
from buildwatch.notify.templates import drone_context
from buildwatch.notify.templates.values import Struct

_SINCE_1_4: Final = ("Fallback", "Color")
_CONFIG: Final = (
    "Webhook",
    "Channel",
    "Recipient",
    "Username",
    "Template",
    "ImageURL",
    "IconURL",
    "IconEmoji",
    "LinkNames",
)


def context(environment: Environment, like: Like) -> Struct:
    """The context of a version: older ones know less, and have the author and the message as plain texts."""
    full = drone_context(
        {
            "repo": {"owner": environment.owner, "name": environment.name},
            "build": {
                "tag": environment.tag,
                "event": environment.event,
                "number": environment.number,
                "parent": environment.parent,
                "commit": environment.commit,
                "ref": environment.ref,
                "branch": environment.branch,
                "author": environment.author,
                "pull": environment.pull,
                "message": environment.message,
                "deployTo": environment.deploy_to,
                "status": environment.status,
                "link": environment.link,
                "started": environment.started,
                "created": environment.created,
            },
            "config": {**environment.settings, **environment.flags},
            "job": {"started": environment.job_started},
        }
    )
    if like is Like.CURRENT:
        return full
    build, config = _part(full, "Build"), _part(full, "Config")
    known = (*_CONFIG, *(_SINCE_1_4 if like is Like.V1_4 else ()))
    changed: dict[str, object] = {name: value for name, value in build.items() if name != "Parent"}
    if like is Like.V1_2:
        changed |= {"Author": environment.author.get("username", ""), "Message": environment.message}
    fields = {
        **full.fields,
        "Build": Struct("main.Build", changed),
        "Config": Struct("main.Config", {name: value for name, value in config.items() if name in known}),
    }
    return Struct("main.Plugin", fields)


def _part(struct: Struct, name: str) -> Mapping[str, object]:
    part = struct.fields[name]
    return part.fields if isinstance(part, Struct) else {}
