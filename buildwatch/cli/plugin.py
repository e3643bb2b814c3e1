"""`buildwatch plugin slack`: drone-slack's job as a step of a pipeline, by its own settings."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from buildwatch.cli import plugin_committers, plugin_tasks
from buildwatch.cli.errors import UserError
from buildwatch.config import Settings
from buildwatch.config.token import Token
from buildwatch.notify.message import Outcome
from buildwatch.notify.plugin.context import context
from buildwatch.notify.plugin.environment import Environment, overlaid, read
from buildwatch.notify.plugin.payload import call, payload
from buildwatch.notify.plugin.places import Place, place
from buildwatch.notify.plugin.versions import HELPERS, Like, PluginError
from buildwatch.notify.slack.calls import Lost, NotSent, api_reply, sentence, trust, webhook_reply
from buildwatch.notify.slack.channel import Workspace
from buildwatch.notify.slack.webhook import client, is_address
from buildwatch.notify.slack.words import Reply, of_call, pause
from buildwatch.notify.templates import Template, TemplateError
from buildwatch.text import clean

ENV_FILE: Final = Path("/run/drone/env")
"""What other steps hand on, in some Drones; drone-slack reads it since 1.3."""

ATTEMPTS: Final = 3
PATIENCE: Final = 30.0
"""Seconds that are waited in all for another attempt, where nothing was sent."""

TIMEOUT: Final = 60
"""Seconds for Slack to answer: a step may take its time."""

LARGEST: Final = 1_000_000
"""Bytes of a template that is fetched or read."""


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Post what the environment says; everything that goes wrong is one sentence and the exit status 1."""
    del settings
    like = Like(args.like)
    environment = Environment()
    try:
        environment = read(_environ(like), like)
        _post(environment, like, args.api_url)
    except PluginError as error:
        raise UserError(_without(str(error), environment.secrets), 1) from None
    return 0


def _environ(like: Like) -> dict[str, str]:
    environ = {
        name: value.encode(errors="surrogateescape").decode(errors="replace") for name, value in os.environ.items()
    }
    if like is Like.V1_2:
        return environ
    try:
        return overlaid(environ, ENV_FILE.read_text(errors="replace"))
    except OSError:
        return environ


def _post(environment: Environment, like: Like, api_url: str) -> None:
    for name, task in {"filePath": _upload, "slackIdOf": _look_up}.items():
        if environment.settings.get(name):
            task(environment, api_url)
            return
    to_committers = environment.flags.get("committerSlackId", False)
    if to_committers and not environment.settings["channel"]:
        plugin_committers.look_up(environment, _workspace(environment, api_url), _patiently)
        return
    given = context(environment, like)

    def render(setting: str) -> str:
        text = _source(setting, like)
        try:
            template = Template(text, only=HELPERS[like])
        except TemplateError as error:
            raise PluginError(f"Parse error on line {error.line}: {error.what} (column {error.column})") from None
        try:
            return template.render(given, slack_safe=True).strip(" \n")
        except TemplateError as error:
            raise PluginError(f"Evaluation error: {error}") from None

    if environment.access_token:
        _say(call(environment, render), environment, api_url)
    else:
        _hook(payload(environment, like, render), environment, like)


def _hook(body: dict[str, object], environment: Environment, like: Like) -> None:
    """Post to the webhook, and again where nothing was sent: 429, or no connection."""
    where = "failed to post webhook: " if like is Like.CURRENT else ""
    if not is_address(environment.webhook):
        raise PluginError(f'{where}Post "the webhook": unsupported protocol scheme')
    slack = client(environment.webhook, TIMEOUT)
    try:
        reply = _patiently(lambda: webhook_reply(lambda: slack.send_dict(body)))
    except (NotSent, Lost) as error:
        raise PluginError(f'{where}Post "the webhook": {error}') from None
    if reply.status == 200:
        return
    if like is not Like.CURRENT:
        said = str(reply.body or "").strip()
        raise PluginError(said or f"HTTP {reply.status}")
    if reply.status == 429:
        raise PluginError(f"slack rate limit exceeded, retry after {pause(reply):.0f}s")
    raise PluginError(f"slack server error: {_status(reply.status)}")


def _upload(environment: Environment, api_url: str) -> None:
    plugin_tasks.upload(environment, _workspace(environment, api_url))


def _look_up(environment: Environment, api_url: str) -> None:
    plugin_tasks.look_up(environment, _workspace(environment, api_url), _patiently)


def _workspace(environment: Environment, api_url: str) -> Workspace:
    token = Token(environment.access_token)
    return Workspace(lambda: token, api_url)


def _say(message: dict[str, object], environment: Environment, api_url: str) -> None:
    """What the current version does with an access token: auth.test, then chat.postMessage."""
    slack = _workspace(environment, api_url)

    def ask(method: str, given: dict[str, object], failed: str) -> None:
        try:
            reply = _patiently(lambda: api_reply(lambda: slack.client().api_call(method, json=given or None)))
        except (NotSent, Lost) as error:
            raise PluginError(f"{failed} using access token: {error}") from None
        answer = of_call(reply, environment.access_token, posted=False)
        if answer.outcome is not Outcome.DELIVERED:
            raise PluginError(f"{failed} using access token: {answer.said}")

    ask("auth.test", {}, "failed to authenticate")
    ask("chat.postMessage", message, "failed to post message")
    if environment.flags.get("committerSlackId"):
        plugin_committers.send(message, environment, slack, _patiently)


def _patiently(attempt: Callable[[], Reply]) -> Reply:
    """The reply of an attempt; repeated, with pauses, only where nothing was sent. Raises `NotSent` and `Lost`."""
    patience = PATIENCE
    for number in range(1, ATTEMPTS + 1):
        wait = float(number)
        try:
            reply = attempt()
            if reply.status != 429 or number == ATTEMPTS:
                return reply
            wait = pause(reply) or wait
            if wait > patience:
                return reply
        except NotSent:
            if number == ATTEMPTS or wait > patience:
                raise
        patience -= wait
        time.sleep(wait)
    raise AssertionError("the last attempt returns or raises")


def _source(setting: str, like: Like) -> str:
    """The template's text: itself, or what is at the address or in the file that it names.

    The current version looks twice, and also takes a bare path for a file.
    """
    if like is Like.CURRENT:
        setting = _contents(setting)
    found = place(setting)
    if found is None:
        return setting
    if found.scheme == "file":
        return _read(found.path, f"failed to read: open {found.path}")
    return _fetched(found, "failed to fetch")


def _contents(setting: str) -> str:
    failed = "could not read template"
    found = place(setting)
    if found is not None and found.scheme != "file":
        return _fetched(found, failed)
    path = found.path if found is not None else setting
    if found is not None or _exists(path):
        return _read(path, f"{failed}: could not load file {path}")
    return setting


def _exists(path: str) -> bool:
    try:
        return os.path.exists(path)
    except ValueError:  # a text with a NUL in it
        return False


def _read(path: str, failed: str) -> str:
    try:
        with open(path, "rb") as file:
            return file.read(LARGEST).decode(errors="replace")
    except (OSError, ValueError) as error:
        why = (error.strerror or "").lower() if isinstance(error, OSError) else "no such file or directory"
        raise PluginError(f"{clean(failed, 300)}: {why}") from None


def _fetched(found: Place, failed: str) -> str:
    """What is at an address, whatever the status, as there. The address is not repeated: there may be a token in it."""
    try:
        request = Request(found.path.replace(" ", "%20"), headers={"User-Agent": "buildwatch"})  # noqa: S310 - http(s)
        with urlopen(request, timeout=TIMEOUT, context=trust()) as answer:  # noqa: S310 - http and https only
            return bytes(answer.read(LARGEST)).decode(errors="replace")
    except HTTPError as error:
        return error.read(LARGEST).decode(errors="replace")
    except URLError as error:
        raise PluginError(f'{failed}: Get "the template": {sentence(error.reason)}') from None
    except (OSError, ValueError):
        raise PluginError(f'{failed}: Get "the template": no answer') from None


def _status(status: int) -> str:
    from http import HTTPStatus

    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _without(text: str, secrets: tuple[str, ...]) -> str:
    for secret in secrets:
        text = text.replace(secret, "…")
    return clean(text, 400)
