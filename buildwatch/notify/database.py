"""The outbox's file: opened, checked, read and written in transactions. One process writes to it (`lock.Lock`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, create_engine, event, insert, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from buildwatch.notify import schema


class StoreError(Exception):
    """The database cannot be used; a sentence."""


class Database:
    """A database in a file. Raises `StoreError`."""

    def __init__(self, url: str) -> None:
        self.path = _file_of(url)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            what = error.strerror or error
            raise StoreError(f"the folder of {self.path} cannot be made: {what}; set [store] url") from None
        self._engine = create_engine(f"sqlite:///{self.path}")
        event.listen(self._engine, "connect", _pragmas)
        try:
            schema.metadata.create_all(self._engine)
            self._connection = self._engine.connect()
            self._check_version()
        except SQLAlchemyError as error:
            raise StoreError(f"{self.path} cannot be used as the outbox: {_reason(error)}") from None

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()
        self._engine.dispose()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction."""
        with self._connection.begin():
            yield self._connection

    def read(self, statement: Any) -> list[Row[Any]]:
        """The rows of a statement."""
        with self._connection.begin():
            return list(self._connection.execute(statement))

    def _check_version(self) -> None:
        found = self.read(select(schema.meta.c.value).where(schema.meta.c.name == "version"))
        if not found:
            with self.write() as connection:
                connection.execute(insert(schema.meta).values(name="version", value=schema.VERSION))
        elif found[0].value != schema.VERSION:
            raise StoreError(f"{self.path} was written by another version of buildwatch ({found[0].value})")


def match(table: Any, values: dict[str, Any]) -> list[Any]:
    """The condition that these columns have these values."""
    return [table.c[name] == value for name, value in values.items()]


def put(connection: Connection, table: Any, key: dict[str, Any], values: dict[str, Any]) -> None:
    """Change the row of that key, or make it. Only one process writes, so nothing comes in between."""
    changed = connection.execute(update(table).where(*match(table, key)).values(values))
    if not changed.rowcount:
        connection.execute(insert(table).values(key | values))


def _file_of(url: str) -> Path:
    """The file of an address like `sqlite:////var/lib/buildwatch/outbox.db`. Raises `StoreError`."""
    try:
        made = make_url(url)
    except SQLAlchemyError:
        raise StoreError(f"{url} is no address of a database; expected sqlite:///FILE") from None
    if made.get_backend_name() != "sqlite" or not made.database or made.database == ":memory:":
        raise StoreError("the outbox can only be an SQLite file; expected sqlite:///FILE in [store] url")
    return Path(made.database)


def _pragmas(connection: Any, _: object) -> None:
    """A write ahead log that survives our being killed; the file is ours alone to read."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA busy_timeout=5000")
    cursor.close()


def _reason(error: SQLAlchemyError) -> str:
    return str(getattr(error, "orig", None) or error).partition("\n")[0]
