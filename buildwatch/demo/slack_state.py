"""What a workspace has: channels, messages, files."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel. `joined` is whether the bot is in it."""

    id: str
    name: str
    joined: bool = True
    archived: bool = False
    private: bool = False


@dataclass(slots=True)
class Message:
    """A message as it stands. `via` is `webhook` or `api`; `at` is when it came, `edited` when it was changed, in unix
    seconds; `edits` is how often.
    """

    ts: str
    channel: str
    channel_name: str
    body: Body
    via: str
    at: float
    thread_ts: str = ""
    broadcast: bool = False
    metadata: Body = field(default_factory=dict)
    edits: int = 0
    edited: float = 0.0

    @property
    def key(self) -> str:
        """The key in its metadata, empty without one."""
        payload = self.metadata.get("event_payload")
        return str(payload.get("key", "")) if isinstance(payload, dict) else ""

    @property
    def text(self) -> str:
        """Its text, and those of its attachments, one a line."""
        parts = [self.body.get("text", ""), *(one.get("text", "") for one in self.body.get("attachments") or [])]
        return "\n".join(part for part in parts if part)


@dataclass(slots=True)
class File:
    """A file: `channel` and `thread_ts` are empty until its upload was completed."""

    id: str
    name: str
    length: int
    content: str = ""
    title: str = ""
    channel: str = ""
    thread_ts: str = ""


class Workspace:
    """All of it, in the order in which it came."""

    def __init__(self) -> None:
        channels = (
            Channel("C0BUILDS", "builds"),
            Channel("C0DEPLOYS", "deploys"),
            Channel("C0ALERTS", "alerts"),
            Channel("C0OLD", "old", archived=True),
            Channel("C0SECRET", "secret", joined=False, private=True),
        )
        self.channels = {channel.id: channel for channel in channels}
        self.messages: list[Message] = []
        self.files: list[File] = []
        self._last = 0

    def clear(self) -> None:
        """Forget all messages and files."""
        self.messages.clear()
        self.files.clear()

    def channel(self, name: str) -> Channel | None:
        """A channel by id or name, with or without `#`."""
        if name in self.channels:
            return self.channels[name]
        bare = name.removeprefix("#")
        return next((channel for channel in self.channels.values() if channel.name == bare), None)

    def direct(self, person: str) -> Channel:
        """The conversation with one person, by id."""
        id = f"D{person[1:]}"
        return self.channels.setdefault(id, Channel(id, person, private=True))

    def add(self, channel: Channel, body: Body, via: str, thread_ts: str = "", broadcast: bool = False) -> Message:
        """Keep a new message; its ts is later than all others."""
        now = time.time()
        self._last = max(self._last + 1, int(now * 1e6))
        ts = f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"
        metadata = body.pop("metadata", None) or {}
        message = Message(ts, channel.id, channel.name, body, via, now, thread_ts, broadcast, metadata)
        self.messages.append(message)
        return message

    def message(self, channel: str, ts: str) -> Message | None:
        """A message by channel and ts."""
        return next((one for one in self.messages if one.ts == ts and one.channel == channel), None)

    def history(self, channel: str, thread_ts: str = "") -> list[Message]:
        """What a channel shows, newest first; of a thread its parent and its answers, oldest first."""
        here = [one for one in self.messages if one.channel == channel]
        if thread_ts:
            return [one for one in here if thread_ts in (one.ts, one.thread_ts)]
        return [one for one in reversed(here) if not one.thread_ts or one.broadcast]
