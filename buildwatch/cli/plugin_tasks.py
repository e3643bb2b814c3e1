"""What the current drone-slack does in the place of a message: it uploads a file, or looks people up.

Source: `UploadFile`, `GetSlackIdFromEmail` and `WriteEnvToOutputFile` in drone-slack's `plugin.go` of 2025. What a step
finds goes as `NAME=value` into the file that DRONE_OUTPUT names, for the steps after it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from buildwatch.notify.message import Outcome
from buildwatch.notify.plugin.environment import Environment
from buildwatch.notify.plugin.versions import PluginError
from buildwatch.notify.slack.calls import Lost, NotSent, api_reply
from buildwatch.notify.slack.channel import Workspace
from buildwatch.notify.slack.words import Reply, of_call
from buildwatch.text import clean

Patiently = Callable[[Callable[[], Reply]], Reply]


def upload(environment: Environment, slack: Workspace) -> None:
    """Upload the file of `file_path` to the channel, which is an id. Raises `PluginError`.

    Where Slack does not take it the step fails only with `fail_on_error`, as there.
    """
    settings = environment.settings
    path = settings["filePath"].strip()
    try:
        if os.path.isdir(path):
            raise PluginError(f"path {clean(path, 300)} is a directory, not a file")
        content = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        why = (error.strerror or "").lower() if isinstance(error, OSError) else "no such file or directory"
        raise PluginError(f"failed to get file info: stat {clean(path, 300)}: {why}") from None
    said = _refused(
        environment,
        lambda: api_reply(
            lambda: slack.client().files_upload_v2(
                filename=settings["fileName"] or os.path.basename(path),
                content=content,
                title=settings["title"],
                channel=settings["channel"] or None,
                initial_comment=settings["initialComment"] or None,
            )
        ),
    )
    if not said:
        _hand_on_upload(environment, path, "Success: Slack file upload successful")
    elif environment.flags["failOnError"]:
        _hand_on_upload(environment, path, "Failed: Slack file upload failed")
        raise PluginError(f"Failed to upload file {clean(path, 300)}: {said}")
    else:
        warn(f"the file was not uploaded ({said}); the step goes on, since fail_on_error is not set")


def look_up(environment: Environment, slack: Workspace, patiently: Patiently) -> None:
    """Hand on the ids of the people whose addresses `slack_user_email_id` names. Raises `PluginError`.

    Those whom Slack does not know are left out, as there.
    """
    found = ids(environment.settings["slackIdOf"].split(","), environment, slack, patiently)
    try:
        hand_on(environment, "SLACK_ID_FROM_EMAIL", ",".join(found))
    except OSError as error:
        raise PluginError(f"failed to write Slack ID to output file: {why(error)}") from None


def ids(addresses: Iterable[str], environment: Environment, slack: Workspace, patiently: Patiently) -> list[str]:
    """The ids of the people who have these addresses; of those whom Slack does not know it is only said."""
    found: list[str] = []
    for address in filter(None, map(str.strip, addresses)):

        def ask(address: str = address) -> Reply:
            return api_reply(lambda: slack.client().api_call("users.lookupByEmail", params={"email": address}))

        try:
            reply = patiently(ask)
        except (NotSent, Lost) as error:
            warn(f"{clean(address, 100)} cannot be looked up ({error})")
            continue
        user = reply.body.get("user") if isinstance(reply.body, dict) else None
        id = user.get("id") if isinstance(user, dict) else None
        if isinstance(id, str) and id.isalnum():
            found.append(id)
        else:
            said = of_call(reply, environment.access_token, posted=False).said or "no id"
            warn(f"{clean(address, 100)} cannot be looked up ({said})")
    return found


def _refused(environment: Environment, attempt: Callable[[], Reply]) -> str:
    """Why Slack did not do it, empty where it did. Nothing is tried twice: a part of it may have arrived."""
    try:
        answer = of_call(attempt(), environment.access_token, posted=False)
    except (NotSent, Lost) as error:
        return str(error)
    return "" if answer.outcome is Outcome.DELIVERED else answer.said


def _hand_on_upload(environment: Environment, path: str, status: str) -> None:
    try:
        hand_on(environment, "UPLOAD_OK_STATUS", status)
        hand_on(environment, "UPLOAD_FILE_PATH", path)
    except OSError as error:
        warn(f"what came of the upload cannot be handed on: {why(error)}")


def hand_on(environment: Environment, name: str, value: str) -> None:
    """Give this to the steps after this one. Raises OSError."""
    with open(environment.output, "a", encoding="utf-8") as file:
        file.write(f"{name}={clean(value)}\n")


def why(error: OSError) -> str:
    """Why it could not be handed on."""
    return f"failed to open output file: {(error.strerror or 'no file').lower()}; DRONE_OUTPUT names it"


def warn(sentence: str) -> None:
    """Say what went wrong and is no reason to fail."""
    sys.stderr.write(f"buildwatch: {sentence}\n")
