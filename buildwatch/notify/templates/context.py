"""The context of drone-slack, as its structs have it (`plugin.go`), from plain data. Pure.

No webhook address and no token is in it: where the original prints them, nothing is printed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from buildwatch.notify.templates.values import Int64, Struct

_REPO: Final = ("owner", "name")
_AUTHOR: Final = ("username", "name", "email", "avatar")
_CONFIG: Final = (
    *("webhook", "channel", "recipient", "username", "template", "fallback", "imageURL", "iconURL", "iconEmoji"),
    *("color", "linkNames", "customBlock", "accessToken", "mentions", "customTemplate", "message", "filePath"),
    *("fileName", "initialComment", "title", "failOnError", "slackIdOf", "committerListGitPath", "committerSlackId"),
)
_SECRET: Final = frozenset({"webhook", "accessToken"})
"""What is there, as it is there, and always empty."""

_FLAGS: Final = frozenset({"linkNames", "failOnError", "committerSlackId"})

Data = Mapping[str, object]


def drone_context(data: Data, extra: Data | None = None) -> Struct:
    """The context of `data`: `{"repo": {…}, "build": {…}, "config": {…}, "job": {…}}`, what is absent being zero.

    `build.message` is the whole commit message; its title and body are made here. `extra` holds further names: those
    that have a map in it are looked up inside of that part (`{"build": {"duration": "1m3s"}, "server": {…}}`).
    """
    more = dict(extra or {})
    repo, build, config, job = (_part(data, name) for name in ("repo", "build", "config", "job"))
    inner = {name: _part(more, name) for name in ("repo", "build", "job")}
    fields: dict[str, object] = {
        "Repo": Struct("main.Repo", {_go(name): _text(repo, name) for name in _REPO}, extra=inner["repo"]),
        "Build": Struct("main.Build", _build(build), extra=inner["build"]),
        "Config": Struct("main.Config", {_go(name): _setting(config, name) for name in _CONFIG}),
        "Job": Struct("main.Job", {"Started": Int64(_number(job, "started"))}, extra=inner["job"]),
    }
    others = {name: value for name, value in more.items() if name not in ("repo", "build", "config", "job")}
    return Struct("main.Plugin", fields, extra=others)


def _build(build: Data) -> dict[str, object]:
    author = _part(build, "author")
    message = _text(build, "message")
    title, _, body = message.partition("\n")
    return {
        "Tag": _text(build, "tag"),
        "Event": _text(build, "event"),
        "Number": _number(build, "number"),
        "Parent": _number(build, "parent"),
        "Commit": _text(build, "commit"),
        "Ref": _text(build, "ref"),
        "Branch": _text(build, "branch"),
        "Author": Struct(
            "main.Author", {_go(name): _text(author, name) for name in _AUTHOR}, text=_text(author, "username")
        ),
        "Pull": _text(build, "pull"),
        "Message": Struct("main.Message", {"Title": title.strip(), "Body": body.strip()}, text=message),
        "DeployTo": _text(build, "deployTo"),
        "Status": _text(build, "status"),
        "Link": _text(build, "link"),
        "Started": Int64(_number(build, "started")),
        "Created": Int64(_number(build, "created")),
    }


def _go(name: str) -> str:
    return name[:1].upper() + name[1:]


def _part(data: Data, name: str) -> Data:
    part = data.get(name)
    return part if isinstance(part, Mapping) else {}


def _text(data: Data, name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else "" if value is None else str(value)


def _number(data: Data, name: str) -> int:
    value = data.get(name)
    return int(value) if isinstance(value, int | float) else 0


def _setting(config: Data, name: str) -> object:
    if name in _SECRET:
        return ""
    return bool(config.get(name)) if name in _FLAGS else _text(config, name)
