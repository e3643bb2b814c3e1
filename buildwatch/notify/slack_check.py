"""What can be known of a Slack workspace before anything is sent to it: the token, its rights, and the channels.

Asks `auth.test`, `conversations.info`, `conversations.list` and `conversations.history`; sends nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse

from buildwatch.config.token import Token
from buildwatch.text import clean

TIMEOUT: Final = 10
"""Seconds that Slack may take for an answer."""

PAGES: Final = 20
"""How many pages of a thousand channels each are looked at for a name."""


NO_ANSWER: Final = "it answers what is no answer"

Answer = dict[str, object]


class Finding(NamedTuple):
    """One thing that was looked at: `ok`, `warning` or `problem`, and a sentence."""

    level: str
    said: str


class _No(Exception):
    """Slack's word for what is wrong, or ours."""


class Workspace:
    """A workspace, asked with a bot token. Blocks while it asks."""

    def __init__(self, token: Token, api_url: str) -> None:
        self._client = WebClient(token=token.reveal(), base_url=api_url, timeout=TIMEOUT, retry_handlers=[])
        self._headers: Mapping[str, object] = {}
        self._scopes: frozenset[str] = frozenset()
        self._names: dict[str, str] | None = None

    def check(self, channels: tuple[str, ...]) -> Iterator[Finding]:
        """What there is to say of the token, and of each channel."""
        try:
            answer = self._ask("auth.test")
        except _No as no:
            yield Finding("problem", f"Slack does not accept the bot token ({no})")
            return
        user, team = (clean(str(answer.get(name) or "?"), 80) for name in ("user", "team"))
        yield Finding("ok", f"Slack accepts the bot token: {user} in {team}")
        self._scopes = _scopes(self._headers)
        if self._scopes and "chat:write" not in self._scopes:
            yield Finding("problem", "the bot token lacks the scope chat:write; nothing can be sent")
        for channel in channels:
            yield from self._channel(channel)

    def _channel(self, channel: str) -> Iterator[Finding]:
        if channel.startswith("@") or re.fullmatch("[DUW][A-Z0-9]{2,}", channel):
            yield Finding("warning", f"{channel} is a person: whether messages arrive is seen only when one is sent")
            return
        try:
            id = self._id_of(channel) if channel.startswith("#") else channel
            found = _part(self._ask("conversations.info", channel=id), "channel")
        except _No as no:
            level = "warning" if str(no) == "missing_scope" else "problem"
            hint = "; give the bot channels:read and groups:read" if str(no) == "missing_scope" else ""
            yield Finding(level, f"{channel} cannot be looked at ({no}){hint}")
            return
        if found.get("is_archived"):
            yield Finding("problem", f"{channel} is archived")
        elif not found.get("is_member") and ("chat:write.public" not in self._scopes or found.get("is_private")):
            yield Finding("problem", f"the bot is not in {channel}; invite it there")
        else:
            yield Finding("ok", f"{channel} can be written to")
        try:
            self._ask("conversations.history", channel=id, limit=1, include_all_metadata=True)
        except _No as no:
            why = "whether a doubtful message arrived is not known there, and the rule's `ambiguous` decides"
            yield Finding("warning", f"{channel} cannot be asked what is in it ({no}): {why}")

    def _id_of(self, name: str) -> str:
        if self._names is None:
            self._names = dict(self._listed())
        try:
            return self._names[name.removeprefix("#")]
        except KeyError:
            raise _No("channel_not_found") from None

    def _listed(self) -> Iterator[tuple[str, str]]:
        cursor = ""
        for _ in range(PAGES):
            types = "public_channel,private_channel"
            answer = self._ask("conversations.list", types=types, limit=1000, cursor=cursor)
            listed = answer.get("channels")
            for channel in listed if isinstance(listed, list) else []:
                if isinstance(channel, dict):
                    yield str(channel.get("name")), str(channel.get("id"))
            cursor = str(_part(answer, "response_metadata").get("next_cursor") or "")
            if not cursor:
                return

    def _ask(self, method: str, **given: str | int | bool) -> Answer:
        try:
            answer = self._client.api_call(method, params=given)
        except SlackApiError as error:
            raise _No(_error(error.response)) from None
        except (SlackClientError, OSError, ValueError, AttributeError) as error:
            raise _No(_why(error)) from None  # the last two: what came is no JSON, or no object
        if not isinstance(answer.data, dict):
            raise _No(NO_ANSWER)
        self._headers = answer.headers
        return answer.data


def _error(response: object) -> str:
    """Slack's own word for what is wrong, if there is one."""
    data = response.data if isinstance(response, SlackResponse) else response
    said = data.get("error") if isinstance(data, dict) else None
    return clean(said, 80) if said and isinstance(said, str) else NO_ANSWER


def _part(answer: object, name: str) -> Answer:
    """The object of that name in an answer; empty where there is none."""
    part = answer.get(name) if isinstance(answer, dict) else None
    return part if isinstance(part, dict) else {}


def _why(error: Exception) -> str:
    reason = getattr(error, "reason", error)
    if isinstance(reason, TimeoutError):
        return f"no answer within {TIMEOUT} s"
    if isinstance(reason, OSError) and reason.strerror:
        return clean(reason.strerror.lower(), 80)
    return NO_ANSWER if isinstance(error, ValueError | AttributeError) else "it cannot be reached"


def _scopes(headers: Mapping[str, object]) -> frozenset[str]:
    """The token's rights, as a header of every answer tells them; empty where it does not."""
    for name, value in headers.items():
        if name.lower() == "x-oauth-scopes":
            text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
            return frozenset(part.strip() for part in text.split(",") if part.strip())
    return frozenset()
