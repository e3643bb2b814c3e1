"""The queue of messages: what is to be sent, in which order, and what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from buildwatch.notify import records, schema
from buildwatch.notify.database import Database, match, put
from buildwatch.notify.message import OF_IT, Doubt, Message
from buildwatch.notify.schema import OPEN, State


@dataclass(frozen=True, slots=True)
class Queued:
    """A message in the queue: its row, and where its slot's message is, if there is one."""

    id: int
    message: Message
    state: State
    attempts: int
    due: float
    said: str
    changed: float
    ts: str = ""
    channel: str = ""
    posted: bool = False
    thread: str = ""


class Queue(Database):
    """The part of the outbox that knows what is to be sent."""

    def destinations(self) -> list[str]:
        """Where something is still to be sent."""
        states = [str(state) for state in OPEN]
        rows = self.read(select(schema.messages.c.destination).where(schema.messages.c.state.in_(states)).distinct())
        return [row.destination for row in rows]

    def take_over(self) -> int:
        """Doubt what a killed predecessor had claimed; how many that are."""
        table = schema.messages
        with self.write() as connection:
            doubt = update(table).where(table.c.state == str(State.CLAIMED))
            made = connection.execute(doubt.values(state=str(State.DOUBTFUL), due=table.c.changed + 1.0))
        return made.rowcount

    def next(self, destination: str) -> Queued | None:
        """The message whose turn it is: the first in order, those aside that are held back until later."""
        table, slots = schema.messages, schema.slots
        states = [str(state) for state in OPEN]
        turn = select(table).where(table.c.destination == destination, table.c.state.in_(states))
        rows = self.read(turn.order_by(table.c.hold_until, table.c.id).limit(1))
        if not rows:
            return None
        row = rows[0]
        asked = [row.slot, row.reply_to, row.slot.removesuffix(OF_IT)]
        found = {one.slot: one for one in self.read(select(slots).where(slots.c.slot.in_(asked)))}
        return _queued(row, found)

    def gathered(self, first: Queued) -> list[Queued]:
        """All that waits to go out in one digest with this message."""
        table = schema.messages
        where = match(table, {"destination": first.message.destination, "gather": first.message.group})
        waiting = select(table).where(*where, table.c.state == str(State.WAITING)).order_by(table.c.id)
        return [_queued(row, {}) for row in self.read(waiting)]

    def gather(self, parts: Sequence[Queued], digest: Message, now: float) -> None:
        """Put a digest in the place of its parts. One transaction."""
        table = schema.messages
        with self.write() as connection:
            add(connection, digest, now)
            taken = update(table).where(table.c.id.in_([part.id for part in parts]))
            connection.execute(taken.values(state=str(State.GATHERED), changed=now, said=digest.key))

    def claim(self, queued: Queued, now: float) -> None:
        """Mark a message as being sent."""
        self._set(queued.id, now, state=State.CLAIMED, attempts=queued.attempts + 1)

    def delivered(self, queued: Queued, now: float, *, channel: str = "", ts: str = "") -> None:
        """It is in Slack, there."""
        with self.write() as connection:
            if not queued.posted:
                values = {"channel": channel, "ts": ts, "posted": now}
                put(connection, schema.slots, {"slot": queued.message.slot}, values)
            _set(connection, queued.id, now, state=State.DELIVERED, said="")

    def later(self, queued: Queued, now: float, due: float, said: str, *, state: State = State.WAITING) -> None:
        """It is to be tried again, or looked for, from `due` on."""
        self._set(queued.id, now, state=state, due=due, said=said)

    def settled(self, queued: Queued, now: float, state: State, said: str) -> None:
        """It is not sent any more."""
        self._set(queued.id, now, state=state, said=said)

    def _set(self, id: int, now: float, **values: object) -> None:
        with self.write() as connection:
            _set(connection, id, now, **values)

    # for people

    def counts(self) -> dict[str, int]:
        """How many messages there are in each state."""
        table = schema.messages
        rows = self.read(select(table.c.state, func.count().label("number")).group_by(table.c.state))
        return {row.state: row.number for row in rows}

    def oldest_waiting(self, now: float) -> float | None:
        """When that happened which waits longest without being held back, unix seconds."""
        table = schema.messages
        states = [str(state) for state in OPEN]
        waiting = select(func.min(table.c.at).label("at")).where(table.c.state.in_(states), table.c.hold_until <= now)
        found = self.read(waiting)
        return found[0].at if found else None

    def listed(self, states: Sequence[State] = (State.DEAD, *OPEN), limit: int = 1000) -> list[Queued]:
        """Messages in these states, oldest first."""
        table = schema.messages
        words = [str(state) for state in states]
        return [_queued(row, {}) for row in self.read(select(table).where(table.c.state.in_(words)).limit(limit))]

    def retry(self, ids: Sequence[int], now: float) -> int:
        """Have dead messages sent once more; how many that are."""
        return self._move(ids, (State.DEAD,), State.WAITING, now)

    def drop(self, ids: Sequence[int], now: float) -> int:
        """Have dead or waiting messages sent no more; how many that are."""
        return self._move(ids, (State.DEAD, State.WAITING, State.DOUBTFUL), State.DROPPED, now)

    def _move(self, ids: Sequence[int], before: Sequence[State], after: State, now: float) -> int:
        table = schema.messages
        where = [table.c.state.in_([str(state) for state in before])]
        if ids:
            where.append(table.c.id.in_(ids))
        with self.write() as connection:
            moved = update(table).where(*where).values(state=str(after), changed=now, due=0.0, attempts=0)
            return connection.execute(moved).rowcount


def add(connection: Connection, message: Message, now: float) -> bool:
    """Put a message into the queue, unless its key was ever there; whether it was not.

    One for a slot whose message still waits takes that one's place, before what belongs to it.
    """
    table = schema.messages
    if connection.execute(select(table.c.id).where(table.c.key == message.key)).first() is not None:
        return False
    waiting = match(table, {"slot": message.slot, "destination": message.destination, "state": str(State.WAITING)})
    untried = [*waiting, table.c.attempts == 0]
    place = connection.execute(select(func.min(table.c.id)).where(*untried)).scalar()
    connection.execute(update(table).where(*untried).values(state=str(State.REPLACED), changed=now))
    values = {
        "key": message.key,
        "slot": message.slot,
        "destination": message.destination,
        "body": records.body_text(message.body),
        "line": message.line,
        "at": message.at,
        "rule": message.rule,
        "reply_to": message.reply_to,
        "broadcast": message.broadcast,
        "hold_until": message.hold_until,
        "gather": message.group,
        "doubt": str(message.doubt),
        "snippet": records.snippet_text(message.snippet),
        "state": str(State.WAITING),
        "changed": now,
    }
    made = connection.execute(insert(table).values(values)).inserted_primary_key
    if place is not None and made:
        _change_places(connection, place, made[0])
    return True


def _change_places(connection: Connection, one: int, other: int) -> None:
    """Let each of two messages stand in the queue where the other stood."""
    table = schema.messages
    for before, after in ((one, -one), (other, one), (-one, other)):
        connection.execute(update(table).where(table.c.id == before).values(id=after))


def _queued(row: Row[Any], found: dict[str, Row[Any]]) -> Queued:
    message = Message(
        key=row.key,
        slot=row.slot,
        destination=row.destination,
        body=records.body_of(row.body),
        line=row.line,
        at=row.at,
        rule=row.rule,
        reply_to=row.reply_to,
        broadcast=row.broadcast,
        hold_until=row.hold_until,
        group=row.gather,
        doubt=Doubt(row.doubt),
        snippet=records.snippet_of(row.snippet),
    )
    own, thread = found.get(row.slot), found.get(row.reply_to)
    if thread is None and row.slot.endswith(OF_IT):
        thread = found.get(row.slot.removesuffix(OF_IT))
    return Queued(
        row.id,
        message,
        State(row.state),
        row.attempts,
        row.due,
        row.said,
        row.changed,
        ts=own.ts if own is not None else "",
        channel=own.channel if own is not None else "",
        posted=own is not None,
        thread=thread.ts if thread is not None else "",
    )


def _set(connection: Connection, id: int, now: float, **values: object) -> None:
    plain = {name: str(value) if isinstance(value, State) else value for name, value in values.items()}
    connection.execute(update(schema.messages).where(schema.messages.c.id == id).values(changed=now, **plain))
