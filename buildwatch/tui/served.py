"""The app's servers: watched into its store, what was kept of them until they answer, and what the board asks of them.

It paints before it imports anything of the network.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from buildwatch.clock import ServerClock
from buildwatch.model import Build, RepoKey
from buildwatch.shown import Shown
from buildwatch.store import Changes, Server, Store
from buildwatch.tui.left import Leaving, left
from buildwatch.tui.recall import Recall
from buildwatch.tui.terminal import TerminalApp

if TYPE_CHECKING:
    from buildwatch.config import Settings
    from buildwatch.sources.base import Source
    from buildwatch.sources.watch import Watcher
    from buildwatch.tui.board import Board

KEPT = 300.0
"""Seconds between two times at which what is known is kept for the next start."""

FURNISH = 0.5
"""Seconds after which the pane for the selection is there, even if no row came that could be selected."""


class ServedApp(TerminalApp):
    """An app with servers behind it and a board in front of them."""

    board: Board

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self.store = Store()
        self.shown = Shown(self.store)
        self._recall = Recall(settings, self.shown)
        self._leaving = Leaving(settings)
        self._watchers: dict[str, Watcher] = {}
        self._sources: dict[str, Source] = {}
        self._clocks = {server.name: ServerClock() for server in settings.servers}
        for server in settings.servers:
            self.store.set_server(Server(server.name, server.url))

    def _begin(self) -> None:
        """Show what was kept; only then go to the network."""
        last = self._leaving.read()
        if last is not None:
            self.board.begin_as(last)
        if self._recall.begin():
            self.board.show_all()
        self.call_after_refresh(self.set_timer, 0.001, self._connect)

    def _connect(self) -> None:
        """All that takes a while to import, and the servers."""
        from buildwatch.sources.connect import connect
        from buildwatch.sources.watch import Watcher

        for server in self._settings.servers:
            asked = self._recall.noting(server, self._token_read)
            source = connect(asked, self._clocks[server.name], time.time, partial(self._is_there, server.name))
            watcher = Watcher(source, self.store, self._tell, now=time.time)
            self._sources[server.name], self._watchers[server.name] = source, watcher
            # not `run()`: left this very moment, the app would never await it
            self.run_worker(watcher.run, name=f"watch {server.name}", group="watch")  # type: ignore[arg-type]
        self.board.connected = True
        self.set_timer(FURNISH, self.board.furnish)
        self.set_interval(KEPT, self._keep)

    def _is_there(self, server: str) -> None:
        """A server has granted a request, of whatever part of the app."""
        self._watchers[server].is_there()

    def _token_read(self, server: str, token: str) -> None:
        """In the thread in which a server's token was read: show what was kept, if that could not be known before."""
        self.call_later(self._recall_late, server, token)

    def _recall_late(self, server: str, token: str) -> None:
        if self._recall.knows_token(server, token):
            self.board.show_all()

    def _keep(self) -> None:
        """Keep what is known for the next start, should this one end by a kill."""
        if self._recall.dirty:
            now = time.time()
            pages = self._recall.gather(self.heard(), now)
            self.run_worker(lambda: self._recall.write(pages, now), thread=True, exit_on_error=False, group="keep")

    async def on_unmount(self) -> None:
        """Leave no connection open, and what is known for the next start."""
        now = time.time()
        if self.board.connected:  # else it was left before it was there
            self._leaving.write(left(self.board))
        self._recall.write(self._recall.gather(self.heard(), now), now)
        for source in self._sources.values():
            await source.close()

    def _tell(self, changes: Changes) -> None:
        """Something became known."""
        self._recall.dirty = True
        self.board.tell(changes)

    # what the board wants

    def now_at(self, server: str) -> float:
        """What time it is at a server, unix seconds."""
        return self._clocks[server].now(time.time())

    def heard(self) -> Mapping[str, float]:
        """When each server was last heard of."""
        return {name: watcher.heard for name, watcher in self._watchers.items()}

    def requests(self, server: str) -> int:
        """How many requests were sent to this server."""
        source = self._sources.get(server)
        return source.requests if source else 0

    def source(self, server: str) -> Source | None:
        """Where a server's logs can be read."""
        return self._sources.get(server)

    def look_at(self, build: Build) -> None:
        """Read this build's stages."""
        if build.server in self._watchers:
            self._watchers[build.server].look_at(build)

    def look_back(self, repo: RepoKey, builds: int) -> None:
        """Read a repo's last builds."""
        if repo.server in self._watchers:
            self._watchers[repo.server].look_back(repo, builds)

    async def find_build(self, repo: RepoKey, number: int) -> Build | None:
        """Read a build by its number; None where that is of no use. Raises `SourceError`."""
        watcher = self._watchers.get(repo.server)
        return await watcher.find(repo.slug, number) if watcher is not None else None
