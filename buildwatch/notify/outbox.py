"""What is to be told and what was told, in a database: nothing is lost or told twice, whenever we are killed.

What happened is accounted for in one transaction (`account`), messages are made of it in a second one that also forgets
the occasion (`composed`), and each is marked as claimed before it is sent. All keys are unique for ever, so that doing
any of it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, func, select

from buildwatch.notify import schema
from buildwatch.notify.accounts import KEPT_ENDS, Accounts, Facts, Noted
from buildwatch.notify.database import StoreError, match
from buildwatch.notify.message import Message
from buildwatch.notify.queue import Queue, Queued, add
from buildwatch.notify.schema import OPEN, State


class Outbox(Accounts, Queue):
    """What happened, and what is to be said of it. Raises `StoreError`."""

    def composed(self, occasion: int, messages: Iterable[Message], now: float) -> list[Message]:
        """Put the messages of an occasion into the queue and forget it; those that were not there. One transaction."""
        with self.write() as connection:
            added = [message for message in messages if add(connection, message, now)]
            connection.execute(delete(schema.occasions).where(schema.occasions.c.id == occasion))
        return added

    def prune(self, before: float) -> None:
        """Forget what was told before that moment, and all but the newest ends of each line."""
        table, ends = schema.messages, schema.ends
        over = [str(state) for state in State if state not in (*OPEN, State.DEAD)]
        line = (ends.c.server, ends.c.repo, ends.c.branch, ends.c.event, ends.c.target)
        rank = func.row_number().over(partition_by=line, order_by=ends.c.number.desc()).label("rank")
        ranked = select(ends.c.server, ends.c.repo, ends.c.build, ends.c.run, rank).subquery()
        with self.write() as connection:
            connection.execute(delete(table).where(table.c.state.in_(over), table.c.changed < before))
            connection.execute(delete(schema.slots).where(schema.slots.c.posted < before))
            for row in connection.execute(select(ranked).where(ranked.c.rank > KEPT_ENDS)).all():
                where = {"server": row.server, "repo": row.repo, "build": row.build, "run": row.run}
                connection.execute(delete(ends).where(*match(ends, where)))


__all__ = ["KEPT_ENDS", "Facts", "Noted", "Outbox", "Queued", "StoreError"]
