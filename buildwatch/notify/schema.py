"""The outbox's tables. Times are unix seconds: those of `ends` are the servers', all others our own."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, MetaData, Table, Text

VERSION: Final = "1"

metadata = MetaData()


class State(StrEnum):
    """What became of a message."""

    WAITING = "waiting"
    CLAIMED = "claimed"  # being sent, or its sender was killed over it
    DOUBTFUL = "doubtful"  # nobody can say whether it arrived: it is looked for before it is sent again
    DELIVERED = "delivered"
    DEAD = "dead"  # Slack refused it for good; kept until a person retries or drops it
    REPLACED = "replaced"  # a later text took its slot before it was sent
    GATHERED = "gathered"  # it went out in a digest
    DROPPED = "dropped"


OPEN: Final = (State.WAITING, State.CLAIMED, State.DOUBTFUL)
"""What is still to be sent."""

meta = Table("meta", metadata, Column("name", Text, primary_key=True), Column("value", Text, nullable=False))

marks = Table(
    "marks",
    metadata,
    Column("server", Text, primary_key=True),
    Column("repo", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("build", BigInteger, nullable=False),
)
"""Up to which of a repo's builds all is accounted for: a number, and the greatest id of a build up to it."""

running = Table(
    "running",
    metadata,
    Column("server", Text, primary_key=True),
    Column("build", BigInteger, primary_key=True),
    Column("snapshot", Text, nullable=False),
)
"""Builds that have not ended, as they were when their status last moved."""

ends = Table(
    "ends",
    metadata,
    Column("server", Text, primary_key=True),
    Column("repo", Text, primary_key=True),
    Column("build", BigInteger, primary_key=True),
    Column("run", BigInteger, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("branch", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("started", BigInteger, nullable=False),
    Column("finished", BigInteger, nullable=False),
    Column("commit", Text, nullable=False),
    Column("author", Text, nullable=False),
    Index("ends_by_line", "server", "repo", "branch", "event", "target", "number"),
)

occasions = Table(
    "occasions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("build", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("replaced", Text, nullable=False),
    Column("at", Float, nullable=False),
)
"""What happened and is accounted for, and of which no message has been made yet."""

messages = Table(
    "messages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("slot", Text, nullable=False),
    Column("destination", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("line", Text, nullable=False),
    Column("at", Float, nullable=False),
    Column("rule", Text, nullable=False),
    Column("reply_to", Text, nullable=False),
    Column("broadcast", Boolean, nullable=False),
    Column("hold_until", Float, nullable=False),
    Column("gather", Text, nullable=False),
    Column("doubt", Text, nullable=False),
    Column("snippet", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("due", Float, nullable=False, default=0.0),
    Column("said", Text, nullable=False, default=""),
    Column("changed", Float, nullable=False),
    Index("messages_by_queue", "destination", "state", "id"),
    Index("messages_by_slot", "slot"),
)

slots = Table(
    "slots",
    metadata,
    Column("slot", Text, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("ts", Text, nullable=False),
    Column("posted", Float, nullable=False),
)
"""Where each slot's message is in Slack; `ts` is empty over a webhook."""
