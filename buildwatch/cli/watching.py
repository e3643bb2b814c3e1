"""Servers being watched, and what changes on them as an ordinary loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing

from buildwatch.cli.errors import UserError
from buildwatch.cli.output import note
from buildwatch.cli.servers import CANNOT_ASK, Server
from buildwatch.model import Build
from buildwatch.sources.ending import end
from buildwatch.sources.watch import Watcher
from buildwatch.store import Changes, Link, Move, Store


class Watching:
    """The watched servers, their store, and the changes that come to it."""

    def __init__(self, servers: Iterable[Server]) -> None:
        self.servers = {server.source.name: server for server in servers}
        self.store = Store()
        self._coming: asyncio.Queue[Changes] = asyncio.Queue()
        self._said: dict[str, str] = {}
        self.watchers = {
            name: Watcher(server.source, self.store, self._coming.put_nowait) for name, server in self.servers.items()
        }

    @property
    def listed(self) -> bool:
        """Whether the repos of all servers are known."""
        return all(server.listed for server in self.store.servers.values())

    async def changes(self) -> AsyncGenerator[Changes, None]:
        """All changes in order, for ever. What goes wrong with a connection is told on stderr as it comes.

        To be closed (`contextlib.aclosing`). Raises `UserError` once no server is left that could answer before a
        person mends something.
        """
        runs = [asyncio.create_task(watcher.run()) for watcher in self.watchers.values()]
        for run in runs:
            run.add_done_callback(lambda _: self._coming.put_nowait(Changes()))  # it can only have failed
        try:
            while True:
                changes = await self._coming.get()
                for run in runs:
                    if run.done():
                        await run
                self._tell_links(changes)
                yield changes
        finally:
            await end(runs)

    def _tell_links(self, changes: Changes) -> None:
        for name in sorted(changes.servers):
            server = self.store.servers[name]
            said = server.said if server.link in (Link.OFFLINE, Link.REFUSED) else ""
            before = self._said.get(name, "")
            self._said[name] = said
            if said != before:
                note(said or f"{name} answers again")
        if all(server.link == Link.REFUSED for server in self.store.servers.values()):
            raise UserError("no server is left that could be asked", CANNOT_ASK)


async def following(server: Server, build: Build) -> AsyncGenerator[tuple[Build, list[Move]], None]:
    """One build each time something of it became known, and what of it moved, for ever. To be closed."""
    watched = Watching([server])
    asked = False
    async with aclosing(watched.changes()) as coming:
        async for changes in coming:
            known = watched.store.build(build.key)
            if known is not None and build.key in changes.builds:
                yield known, [move for move in changes.moves if move.build.key == build.key]
            elif known is None and watched.listed and not asked:
                asked = True  # old, or of a repo that is not in the user's list: nobody else would tell of it
                watched.watchers[server.source.name].look_at(build)
