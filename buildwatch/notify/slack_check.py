"""What can be known of a Slack workspace before anything is sent to it: the token, its rights, and the channels.

Asks `auth.test`, `conversations.info`, `conversations.list` and `conversations.history`; sends nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from buildwatch.findings import Finding
from buildwatch.notify.message import Outcome
from buildwatch.notify.slack.calls import Lost, NotSent, api_reply
from buildwatch.notify.slack.channel import Failed, Workspace
from buildwatch.notify.slack.words import of_call
from buildwatch.text import clean

PAGES: Final = 50
"""How many pages of channels are looked at for a name."""


class Survey:
    """A workspace and its channels, as its bot sees them. Blocks while it asks."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._scopes: frozenset[str] = frozenset()
        self._names: dict[str, str] | None = None

    def check(self, channels: tuple[str, ...]) -> Iterator[Finding]:
        """What there is to say of the token, and of each channel."""
        try:
            yield from self._token()
            for channel in channels:
                yield from self._channel(channel)
        except (Failed, NotSent, Lost) as error:
            yield Finding("problem", f"Slack cannot be asked ({error})")

    def _token(self) -> Iterator[Finding]:
        reply = api_reply(lambda: self._workspace.client().api_call("auth.test"))
        answer = of_call(reply, self._workspace.secret, posted=False)
        if answer.outcome is not Outcome.DELIVERED or not isinstance(reply.body, dict):
            raise Failed(answer)
        user, team = (clean(str(reply.body.get(name) or "?"), 80) for name in ("user", "team"))
        yield Finding("ok", f"Slack accepts the bot token: {user} in {team}")
        self._scopes = _scopes(reply.headers)
        if self._scopes and "chat:write" not in self._scopes:
            yield Finding("problem", "the bot token lacks the scope chat:write; nothing can be sent")

    def _channel(self, channel: str) -> Iterator[Finding]:
        if channel.startswith("@") or re.fullmatch("[DUW][A-Z0-9]{2,}", channel):
            yield Finding("warning", f"{channel} is a person: whether messages arrive is seen only when one is sent")
            return
        try:
            id = self._id_of(channel) if channel.startswith("#") else channel
            found = _part(self._workspace.ask("conversations.info", channel=id), "channel") if id else None
        except Failed as no:
            hint = "; give the bot channels:read and groups:read" if str(no) == "missing_scope" else ""
            unseen = str(no) in ("missing_scope", "unknown_method")
            yield Finding("warning" if unseen else "problem", f"{channel} cannot be looked at ({no}){hint}")
            if unseen and not channel.startswith("#"):
                yield from self._asked(channel, channel)
            return
        if found is None:
            yield Finding("problem", f"there is no channel {channel}, or the bot cannot see it")
            return
        if found.get("is_archived"):
            yield Finding("problem", f"{channel} is archived")
        elif not found.get("is_member") and ("chat:write.public" not in self._scopes or found.get("is_private")):
            yield Finding("problem", f"the bot is not in {channel}; invite it there")
        else:
            yield Finding("ok", f"{channel} can be written to")
        yield from self._asked(channel, id)

    def _asked(self, channel: str, id: str) -> Iterator[Finding]:
        """Whether it can be asked what is in it; only a no is told."""
        try:
            self._workspace.ask("conversations.history", channel=id, limit=1, include_all_metadata=True)
        except Failed as no:
            why = "whether a doubtful message arrived is not known there, and the rule's `ambiguous` decides"
            yield Finding("warning", f"{channel} cannot be asked what is in it ({no}): {why}")

    def _id_of(self, name: str) -> str:
        """The id of a channel, empty where there is none of that name."""
        if self._names is None:
            self._names = dict(self._listed())
        return self._names.get(name.removeprefix("#"), "")

    def _listed(self) -> Iterator[tuple[str, str]]:
        types = "public_channel,private_channel"
        pages = self._workspace.pages("conversations.list", "channels", types=types)
        for _, page in zip(range(PAGES), pages, strict=False):
            for channel in page:
                if isinstance(channel, dict):
                    yield str(channel.get("name")), str(channel.get("id"))


def _part(answer: Mapping[str, object], name: str) -> Mapping[str, object]:
    """The object of that name in an answer; empty where there is none."""
    part = answer.get(name)
    return part if isinstance(part, dict) else {}


def _scopes(headers: Mapping[str, str]) -> frozenset[str]:
    """The token's rights, as a header of every answer tells them; empty where it does not."""
    named = {name.lower(): value for name, value in headers.items()}.get("x-oauth-scopes", "")
    return frozenset(part.strip() for part in named.split(",") if part.strip())
