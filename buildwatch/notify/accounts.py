"""What happened: accounted for once, and what of it is remembered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, insert, select

from buildwatch.ledger import Mark
from buildwatch.model import Build, BuildKey, Status
from buildwatch.notify import records, schema
from buildwatch.notify.database import Database, match, put
from buildwatch.notify.message import End
from buildwatch.notify.occasions import end_of
from buildwatch.notify.past import Line

KEPT_ENDS = 50
"""Of how many builds of one repo, branch, event and target the ends are remembered."""


TOLD: Final = frozenset({Status.RUNNING, Status.BLOCKED})
"""What anybody may be told of beside the ends."""


@dataclass(frozen=True, slots=True)
class Noted:
    """A build's status that moved. `replaced` is the end of the same run that this one takes the place of.

    `before` is empty where the build was not known. `at` is when we heard of it, unix seconds of our clock. `id` is the
    outbox's, 0 before it is noted.
    """

    build: Build
    before: str
    after: Status
    at: float
    replaced: str = ""
    id: int = 0


@dataclass(slots=True)
class Facts:
    """What one message of the wire changed, as far as anybody is told of it; `running` are builds to be remembered."""

    marks: list[Mark] = field(default_factory=list)
    running: list[Build] = field(default_factory=list)
    moved: list[Noted] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.marks or self.running or self.moved)


class Accounts(Database):
    """The part of the outbox that knows what happened."""

    def account(self, facts: Facts) -> list[Noted]:
        """Take in what happened; the occasions of it that were not known. One transaction."""
        told: list[Noted] = []
        with self.write() as connection:
            for mark in facts.marks:
                put(connection, schema.marks, {"server": mark.server, "repo": mark.repo}, _mark_values(mark))
            for build in facts.running:
                _remember(connection, build)
            for noted in facts.moved:
                told += self._note(connection, noted)
        return told

    def _note(self, connection: Connection, noted: Noted) -> list[Noted]:
        build = noted.build
        at = {"server": build.server, "build": build.id}
        if not noted.after.ended:
            _remember(connection, build)
            if noted.after not in TOLD:
                return []
        else:
            connection.execute(delete(schema.running).where(*match(schema.running, at)))
            end = end_of(build)
            where = {"server": end.server, "repo": end.repo, "build": end.build, "run": end.run}
            known = connection.execute(select(schema.ends.c.status).where(*match(schema.ends, where))).scalar()
            if known == end.status:
                return []
            put(connection, schema.ends, where, _end_values(end))
            noted = Noted(build, noted.before, noted.after, noted.at, known or "")
        row = {
            "build": records.build_text(build),
            "before": noted.before,
            "after": str(noted.after),
            "replaced": noted.replaced,
            "at": noted.at,
        }
        made = connection.execute(insert(schema.occasions).values(row)).inserted_primary_key
        return [Noted(build, noted.before, noted.after, noted.at, noted.replaced, made[0] if made else 0)]

    def occasions(self, limit: int = 100) -> list[Noted]:
        """What happened and has no messages yet, in order; all of it for a limit of -1."""
        table = schema.occasions
        rows = self.read(select(table).order_by(table.c.id).limit(limit))
        return [
            Noted(records.build_of(row.build), row.before, Status(row.after), row.at, row.replaced, row.id)
            for row in rows
        ]

    def marks(self, server: str) -> list[Mark]:
        """Up to where a server's repos are accounted for; none before its first start."""
        rows = self.read(select(schema.marks).where(schema.marks.c.server == server))
        return [Mark(row.server, row.repo, row.number, row.build) for row in rows]

    def running(self, server: str) -> list[Build]:
        """The builds that had not ended when they were last heard of."""
        rows = self.read(select(schema.running.c.snapshot).where(schema.running.c.server == server))
        return [records.build_of(row.snapshot) for row in rows]

    def forget_running(self, key: BuildKey) -> None:
        """Give up a build that is gone."""
        with self.write() as connection:
            at = {"server": key.server, "build": key.id}
            connection.execute(delete(schema.running).where(*match(schema.running, at)))

    def newest_ends(self, server: str, each: int = 3) -> list[End]:
        """The last remembered ends of each of a server's repos."""
        table = schema.ends
        rank = func.row_number().over(partition_by=table.c.repo, order_by=table.c.number.desc()).label("rank")
        ranked = select(table, rank).where(table.c.server == server).subquery()
        return [_end(row) for row in self.read(select(ranked).where(ranked.c.rank <= each))]

    def line(self, line: End | Line, limit: int = KEPT_ENDS) -> list[End]:
        """The remembered ends of the same repo, branch, event and target, itself too; the greatest number first."""
        table = schema.ends
        where = match(table, {name: getattr(line, name) for name in ("server", "repo", "branch", "event", "target")})
        statement = select(table).where(*where).order_by(table.c.number.desc(), table.c.run.desc()).limit(limit)
        return [_end(row) for row in self.read(statement)]


def _remember(connection: Connection, build: Build) -> None:
    at = {"server": build.server, "build": build.id}
    put(connection, schema.running, at, {"snapshot": records.build_text(build)})


def _mark_values(mark: Mark) -> dict[str, Any]:
    return {"number": mark.number, "build": mark.build}


def _end_values(end: End) -> dict[str, Any]:
    names = ("number", "branch", "event", "target", "status", "created", "started", "finished", "commit", "author")
    return {name: str(value) if isinstance(value := getattr(end, name), str) else value for name in names}


def _end(row: Row[Any]) -> End:
    return End(
        row.server,
        row.repo,
        row.build,
        row.run,
        row.number,
        row.branch,
        row.event,
        row.target,
        Status(row.status),
        row.created,
        row.started,
        row.finished,
        row.commit,
        row.author,
    )
