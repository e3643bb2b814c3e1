"""The environment of a pipeline's step, read as drone-slack reads it: the same names, defaults and errors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from buildwatch.notify.plugin.versions import Like, PluginError
from buildwatch.text import clean

Environ = Mapping[str, str]

_SETTINGS: Final = {
    "channel": "PLUGIN_CHANNEL",
    "recipient": "PLUGIN_RECIPIENT",
    "username": "PLUGIN_USERNAME",
    "template": "PLUGIN_TEMPLATE",
    "imageURL": "PLUGIN_IMAGE_URL",
    "iconURL": "PLUGIN_ICON_URL",
    "iconEmoji": "PLUGIN_ICON_EMOJI",
}
_SINCE_1_4: Final = {"fallback": "PLUGIN_FALLBACK", "color": "PLUGIN_COLOR"}
_CURRENT: Final = {
    "customBlock": "PLUGIN_CUSTOM_BLOCK",
    "mentions": "PLUGIN_MENTIONS",
    "customTemplate": "PLUGIN_CUSTOM_TEMPLATE",
    "message": "PLUGIN_MESSAGE",
    "filePath": "PLUGIN_FILE_PATH",
    "fileName": "PLUGIN_FILE_NAME",
    "title": "PLUGIN_TITLE",
    "initialComment": "PLUGIN_INITIAL_COMMENT",
    "slackIdOf": "PLUGIN_SLACK_USER_EMAIL_ID",
    "committerListGitPath": "PLUGIN_GIT_REPO_PATH",
}
_TRUE: Final = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE: Final = frozenset({"", "0", "f", "F", "FALSE", "false", "False"})
_NUMBER: Final = re.compile(
    r"([+-]?)(?:0[xX]((?:_?[0-9a-fA-F])+)|0[bB]((?:_?[01])+)|0[oO]?((?:_?[0-7])+)|(0|[1-9](?:_?[0-9])*))"
)


@dataclass(frozen=True, slots=True)
class Environment:
    """What a step knows. `settings` are under the names that templates have for them (`config.imageURL`); `secrets`
    are the webhook and the access token, which no text may hold; `output` is the file for what the step hands on,
    `workspace` the folder that the repository was cloned into.
    """

    owner: str = ""
    name: str = ""
    tag: str = ""
    event: str = ""
    number: int = 0
    parent: int = 0
    commit: str = ""
    ref: str = ""
    branch: str = ""
    author: Mapping[str, str] = field(default_factory=dict)
    pull: str = ""
    message: str = ""
    deploy_to: str = ""
    status: str = ""
    link: str = ""
    started: int = 0
    created: int = 0
    job_started: int = 0
    webhook: str = field(default="", repr=False)
    access_token: str = field(default="", repr=False)
    settings: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, bool] = field(default_factory=dict)
    output: str = ""
    workspace: str = ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be told: the webhook, the last part of its address, and the token."""
        last = self.webhook.rstrip("/").rpartition("/")[2]
        return tuple(one for one in (self.webhook, self.access_token, last) if len(one) >= 6)


def read(environ: Environ, like: Like) -> Environment:
    """The environment as that version reads it. Raises `PluginError`."""
    texts = dict(_SETTINGS)
    if like is not Like.V1_2:
        texts |= _SINCE_1_4
    if like is Like.CURRENT:
        texts |= _CURRENT
    flags = {"linkNames": _flag(environ, "PLUGIN_LINK_NAMES", "link-names") and like is not Like.V1_2}
    number = _whole(environ, "DRONE_BUILD_NUMBER", "build.number")
    parent = _whole(environ, "DRONE_BUILD_PARENT", "build.parent") if like is Like.CURRENT else 0
    started = _whole(environ, "DRONE_BUILD_STARTED", "build.started")
    created = _whole(environ, "DRONE_BUILD_CREATED", "build.created")
    job_started = _whole(environ, "DRONE_JOB_STARTED", "job.started")
    if like is Like.CURRENT:
        flags["failOnError"] = _flag(environ, "PLUGIN_FAIL_ON_ERROR", "fail_on_error")
        flags["committerSlackId"] = _flag(environ, "PLUGIN_COMMITTERS_SLACK_ID", "plugin_committer_slack_id")
    commit = environ.get("DRONE_COMMIT_SHA", "00000000")
    webhook = _first(environ, "SLACK_WEBHOOK", "PLUGIN_WEBHOOK")
    token = _first(environ, "PLUGIN_ACCESS_TOKEN", "SLACK_ACCESS_TOKEN") if like is Like.CURRENT else ""
    if not webhook and not token:
        raise PluginError(_MISSING[like])
    return Environment(
        owner=environ.get("DRONE_REPO_OWNER", ""),
        name=environ.get("DRONE_REPO_NAME", ""),
        tag=environ.get("DRONE_TAG", ""),
        event=environ.get("DRONE_BUILD_EVENT", "push"),
        number=number,
        parent=parent,
        commit=commit or "0" * 40,
        ref=environ.get("DRONE_COMMIT_REF", "refs/heads/master"),
        branch=environ.get("DRONE_COMMIT_BRANCH", "master"),
        author=_author(environ, like),
        pull=environ.get("DRONE_PULL_REQUEST", ""),
        message=environ.get("DRONE_COMMIT_MESSAGE", ""),
        deploy_to=environ.get("DRONE_DEPLOY_TO", ""),
        status=environ.get("DRONE_BUILD_STATUS", "success"),
        link=environ.get("DRONE_BUILD_LINK", ""),
        started=started,
        created=created,
        job_started=job_started,
        webhook=webhook,
        access_token=token,
        settings={name: environ.get(variable, "") for name, variable in texts.items()},
        flags=flags,
        output=environ.get("DRONE_OUTPUT", ""),
        workspace=environ.get("DRONE_WORKSPACE", ""),
    )


_MISSING: Final = {
    Like.V1_2: 'Post "": unsupported protocol scheme ""',
    Like.V1_4: "Missing webhook",
    Like.CURRENT: "you must provide a webhook url or access token",
}


def overlaid(environ: Environ, text: str) -> dict[str, str]:
    """The environment with what a file of `KEY=VALUE` lines adds and changes: Drone's /run/drone/env."""
    found = dict(environ)
    for line in text.splitlines():
        match = re.fullmatch(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*[=:]\s*(.*?)\s*", line)
        if match is None:
            continue
        value = match[2]
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            quote, value = value[0], value[1:-1]
            value = value.replace("\\n", "\n").replace('\\"', '"') if quote == '"' else value
        else:
            value = re.sub(r"\s+#.*", "", value)
        found[match[1]] = value
    return found


def _author(environ: Environ, like: Like) -> dict[str, str]:
    author = {"username": environ.get("DRONE_COMMIT_AUTHOR", "")}
    if like is not Like.V1_2:
        for part in ("name", "email", "avatar"):
            author[part] = environ.get(f"DRONE_COMMIT_AUTHOR_{part.upper()}", "")
    return author


def _first(environ: Environ, *names: str) -> str:
    """The first of them that is set, be it to nothing."""
    return next((environ[name] for name in names if name in environ), "")


def _flag(environ: Environ, variable: str, flag: str) -> bool:
    text = environ.get(variable, "")
    if text not in _TRUE and text not in _FALSE:
        raise _unparsed(text, "bool", flag, "strconv.ParseBool", "invalid syntax")
    return text in _TRUE


def _whole(environ: Environ, variable: str, flag: str) -> int:
    """A whole number as Go's `ParseInt(…, 0, 64)` reads it: 010 is eight, 0x10 sixteen, 1_000 a thousand."""
    text = environ.get(variable)
    if text is None:
        return 0
    found = _NUMBER.fullmatch(text)
    why = "invalid syntax"
    if found is not None:
        digits, base = next((part, base) for part, base in zip(found.groups()[1:], (16, 2, 8, 10), strict=True) if part)
        number = int(digits.replace("_", ""), base) * (-1 if found[1] == "-" else 1)
        if -(2**63) <= number < 2**63:
            return number
        why = "value out of range"
    raise _unparsed(text, "int", flag, "strconv.ParseInt", why)


def _unparsed(text: str, kind: str, flag: str, function: str, why: str) -> PluginError:
    shown = clean(text, 60)
    return PluginError(f'could not parse {shown} as {kind} value for flag {flag}: {function}: parsing "{shown}": {why}')
