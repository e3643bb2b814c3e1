"""How a server is being watched, worked out from what became of requests and of the stream, and told to the store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from buildwatch.sources.base import Source
from buildwatch.sources.errors import SourceError
from buildwatch.store import Changes, Link, Server, Store


class Connection:
    """The connection to one server. `tell` hears each change of it.

    `misses` counts the reads of the list that failed in a row; `refused` is set while only a person can mend it.
    """

    def __init__(self, source: Source, store: Store, tell: Callable[[Changes], None], now: Callable[[], float]) -> None:
        self.heard = 0.0  # when the server was last heard of, unix seconds of our clock
        self.misses = 0
        self.refused: SourceError | None = None
        self._name = source.name
        self._store = store
        self._tell = tell
        self._now = now
        tell(store.set_server(Server(source.name, source.url, source.kind, since=now())))

    @property
    def server(self) -> Server:
        """What the store knows of it."""
        return self._store.servers[self._name]

    def is_heard(self) -> None:
        """Something came from it."""
        self.heard = self._now()

    def set(self, **fields: Any) -> None:
        """Change what is known of the server."""
        old = self.server
        new = replace(old, **fields)
        if new.link != old.link:
            new = replace(new, since=self._now())
        if new != old:
            self._tell(self._store.set_server(new))

    def update(self, *, stream_open: bool, said: str = "") -> None:
        """Work out the link anew. `said` is what is wrong; while something is, the last such sentence stays."""
        listed, was = self.server.listed, self.server.said
        if self.refused is not None:
            self.set(link=Link.REFUSED, said=str(self.refused))
        elif self.misses >= 2 or (self.misses and not stream_open):
            self.set(link=Link.OFFLINE, said=said or was)
        elif stream_open:
            self.set(link=Link.LIVE, said="")
        elif listed:
            self.set(link=Link.POLLING, said=said or was)
        elif said:
            self.set(link=Link.OFFLINE, said=said)
