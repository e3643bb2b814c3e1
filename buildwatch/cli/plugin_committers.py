"""What the current drone-slack does for `committers_slack_id`: it looks the committers up, and writes to each of them.

Source: `GetSlackIdsOfCommitters`, `GetChangesetAuthorsList` and `sendDirectMessageToCommitters` in drone-slack's
`plugin.go` of 2025. Its name for them says 'changeset', but it goes on behind that: everybody who has a commit in the
clone is one, but for the commit before the last.
"""

from __future__ import annotations

import subprocess

from buildwatch.cli.plugin_tasks import Patiently, hand_on, ids, warn, why
from buildwatch.notify.message import Outcome
from buildwatch.notify.plugin.environment import Environment
from buildwatch.notify.plugin.versions import PluginError
from buildwatch.notify.slack.calls import Lost, NotSent, api_reply
from buildwatch.notify.slack.channel import Workspace
from buildwatch.notify.slack.words import Reply, of_call
from buildwatch.text import clean

PATIENCE = 60.0
"""Seconds that git may take."""


def look_up(environment: Environment, slack: Workspace, patiently: Patiently) -> list[str]:
    """The ids of the committers, which are handed on as COMMITTERS_SLACK_IDS. Raises `PluginError`."""
    found = ids(_addresses(environment), environment, slack, patiently)
    try:
        hand_on(environment, "COMMITTERS_SLACK_IDS", ",".join(found))
    except OSError as error:
        raise PluginError(f"failed to write git emails to output file: {why(error)}") from None
    return found


def send(message: dict[str, object], environment: Environment, slack: Workspace, patiently: Patiently) -> None:
    """The message to each of them. Raises `PluginError` where they cannot be found out.

    Who cannot be written to is only said, as there.
    """
    try:
        people = look_up(environment, slack, patiently)
    except PluginError as error:
        raise PluginError(
            f"failed to send direct message to committers: failed to get Slack ID by email: {error}"
        ) from None
    for person in people:
        said = _write_to(person, message, environment, slack, patiently)
        if said:
            warn(f"{person} cannot be written to ({said})")


def _write_to(
    person: str, message: dict[str, object], environment: Environment, slack: Workspace, patiently: Patiently
) -> str:
    """Why it was not sent, empty where it was."""

    def call(method: str, given: dict[str, object]) -> Reply:
        return patiently(lambda: api_reply(lambda: slack.client().api_call(method, json=given)))

    try:
        reply = call("conversations.open", {"users": person, "return_im": True})
        answer = of_call(reply, environment.access_token, posted=False)
        channel = reply.body.get("channel") if isinstance(reply.body, dict) else None
        if answer.outcome is not Outcome.DELIVERED or not isinstance(channel, dict):
            return answer.said or "no conversation"
        answer = of_call(
            call("chat.postMessage", {**message, "channel": str(channel.get("id", ""))}),
            environment.access_token,
            posted=False,
        )
    except (NotSent, Lost) as error:
        return str(error)
    return "" if answer.outcome is Outcome.DELIVERED else answer.said


def _addresses(environment: Environment) -> list[str]:
    """The addresses of the authors, the last one's first. Raises `PluginError`."""
    folder = environment.settings["committerListGitPath"] or environment.workspace
    if not folder:
        raise PluginError("failed to get git emails: gitDir cannot be empty")
    log = _git(folder, "log", "--no-show-signature", "--format=%H%x00%P%x00%ae")
    commits = [line.split("\0") for line in log.splitlines()]
    before = commits[0][1].split()[:1] if commits else []
    if not before:
        raise PluginError("failed to get git emails: failed to get parent commit of HEAD: EOF")
    return list(dict.fromkeys(address.strip() for commit, _, address in commits if commit != before[0]))


def _git(folder: str, *words: str) -> str:
    """What git says of the repository in that folder, which may be another user's. Raises `PluginError`."""
    command = ["git", "-c", "safe.directory=*", "-C", folder, *words]
    try:
        done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)  # noqa: S603  (no shell)
    except FileNotFoundError:
        raise PluginError("failed to get git emails: there is no git here") from None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        raise PluginError("failed to get git emails: git cannot be run, or does not end") from None
    if done.returncode:
        said = clean(done.stderr.decode(errors="replace").strip().rpartition("\n")[2], 200)
        raise PluginError(f"failed to get git emails: failed to open git repository: {said}")
    return done.stdout.decode(errors="replace")
