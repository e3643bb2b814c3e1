"""What is told to whom: the values that pass from the rules to the outbox and from there to Slack. Pure.

A *destination* is safe to show and to store: `channel:NAME` or `webhook:NAME`, never an address. A *slot* is one
message in Slack: what is put into a slot again changes that message. Times are unix seconds of our own clock, except
an `End`'s, which are the server's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from buildwatch.model import Status


class Doubt(StrEnum):
    """What becomes of a message of which nobody can say whether it arrived."""

    AGAIN = "again"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Snippet:
    """A text that goes into a message's thread as a file."""

    name: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Message:
    """Something to tell.

    `key` is unique for ever for server, repo, build, run, rule and occasion. `body` is what Slack is given (`text`,
    `attachments`, `blocks`, `username`, …) without channel, thread and metadata: escaped and within Slack's limits.
    `line` is the same in one line, for digests and lists. `reply_to` is the slot in whose thread it goes, empty for
    none. It is not sent before `hold_until`; a group is due when the first of it is, and then all of it that waits
    becomes one digest. `at` is when that happened which it tells.
    """

    key: str
    slot: str
    destination: str
    body: Mapping[str, object]
    line: str
    at: float
    rule: str = ""
    reply_to: str = ""
    broadcast: bool = False
    hold_until: float = 0.0
    group: str = ""
    doubt: Doubt = Doubt.AGAIN
    snippet: Snippet | None = None


@dataclass(frozen=True, slots=True)
class End:
    """What is remembered of an ended run of a build. Times are the server's, 0 for 'not told'."""

    server: str
    repo: str
    build: int
    run: int
    number: int
    branch: str
    event: str
    target: str
    status: Status
    created: int
    started: int
    finished: int
    commit: str = ""
    author: str = ""


OF_IT: Final = "|excerpt"
"""Ends the key and the slot of what belongs into the thread of the message that has the rest for its slot."""


class Outcome(StrEnum):
    """How an attempt to tell Slack something ended."""

    DELIVERED = "delivered"
    REJECTED = "rejected"  # Slack says no, and will say so again
    NOT_SENT = "not sent"  # it cannot have arrived: refused connections, 429
    AMBIGUOUS = "ambiguous"  # it may have arrived: the answer was lost, or is none


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an attempt.

    `said` is Slack's word for what is wrong, or ours, safe to show and free of addresses and tokens. `ts` and
    `channel` are those of the message in Slack, empty over a webhook. `retry_after` is in seconds, 0 where Slack does
    not say.
    """

    outcome: Outcome
    said: str = ""
    ts: str = ""
    channel: str = ""
    retry_after: float = 0.0


class Found(StrEnum):
    """What a search for a message by its key came to."""

    THERE = "there"
    NOT_THERE = "not there"
    NO_ANSWER = "no answer"  # the search failed: asked again later
    CANNOT_ASK = "cannot ask"  # it can never be answered: no right to read the channel, or a webhook


@dataclass(frozen=True, slots=True)
class Search:
    """What a search for a message came to; with `ts` and `channel` where it is there."""

    found: Found
    said: str = ""
    ts: str = ""
    channel: str = ""
    retry_after: float = 0.0


class Sink(Protocol):
    """One destination. Nothing is tried twice in here, and nothing raises for what Slack or the network does."""

    @property
    def can_update(self) -> bool:
        """Whether messages can be changed, threaded and asked for: a channel of the Web API, not a webhook."""

    async def post(self, body: Mapping[str, object], *, key: str, thread: str = "", broadcast: bool = False) -> Answer:
        """Post a new message, in the thread of the message with the ts `thread` if given; its metadata holds `key`."""

    async def update(self, body: Mapping[str, object], *, channel: str, ts: str) -> Answer:
        """Change a message. Doing it twice does no harm."""

    async def search(self, key: str, *, since: float, thread: str = "") -> Search:
        """Look for the message of that key, not older than `since`."""

    async def upload(self, snippet: Snippet, *, channel: str, thread: str) -> Answer:
        """Put a snippet into the thread of a message."""
