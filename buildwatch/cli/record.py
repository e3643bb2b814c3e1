"""`buildwatch record`: write down what happens on the servers, to be played again by `buildwatch replay`."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import IO, Final

from buildwatch.cli.errors import UserError
from buildwatch.cli.output import note
from buildwatch.cli.servers import Server, connected
from buildwatch.cli.watching import Watching
from buildwatch.config import Settings
from buildwatch.model import Build, BuildKey, Status
from buildwatch.recording import FORMAT, Begun, Entry, Known, Listed, Printed, Watched, line
from buildwatch.sources.ending import end
from buildwatch.sources.follow import stored
from buildwatch.store import Changes, Link
from buildwatch.wire.loglines import Piece

PATIENCE: Final = 15.0
"""Seconds that servers have to tell what there is before the recording begins without them."""

LOOK: Final = 0.05
"""Seconds between two looks at whether they have."""

PAST: Final = 25
"""How many builds of each repo there are to compare with when the recording begins."""

LONGEST: Final = 50_000
"""Lines of a log that are kept, the last ones."""

READERS: Final = 2
"""Logs that are read at the same time."""

_FAILED: Final = frozenset({Status.FAILURE, Status.ERROR, Status.KILLED})
_SILENT: Final = frozenset({Status.SKIPPED, Status.DECLINED})

_LogPlace = tuple[BuildKey, int, int]


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Record until interrupted."""
    path = Path(args.file)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UserError(f"{path} is there already; give another name") from None
    except OSError as error:
        raise UserError(f"{path} cannot be written ({(error.strerror or 'no reason given').lower()})") from None
    with open(descriptor, "wb", buffering=0) as file:
        count = asyncio.run(_run(file, settings, args.logs))
    note(f"{count} lines in {path}; `buildwatch replay {path}` plays them")
    return 0


async def _run(file: IO[bytes], settings: Settings, logs: str) -> int:
    async with connected(settings) as servers:
        recorder = Recorder(servers, file, logs)
        recording = asyncio.ensure_future(recorder.run())
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        asked = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait({recording, asked}, return_when=asyncio.FIRST_COMPLETED)
            if recording.done():
                recording.result()
        finally:
            await end([recording, asked])
        return recorder.count


class Recorder:
    """Writes what becomes known of servers. `logs` says of which steps what they printed is kept: all, failed, none."""

    def __init__(self, servers: list[Server], file: IO[bytes], logs: str) -> None:
        self.count = 0
        self._file = file
        self._logs = logs
        self._servers = {server.source.name: server for server in servers}
        self._watched = Watching(servers)
        self._repos: dict[str, frozenset[str]] = {}
        self._known: set[BuildKey] = set()
        self._read: set[_LogPlace] = set()
        self._begun = self._looked_back = False
        self._wanted: asyncio.Queue[tuple[Build, int, int]] = asyncio.Queue()

    async def run(self) -> None:
        """Record for ever. Raises `UserError` where no server can be asked, or the file cannot be written."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._begin())
                group.create_task(self._go_on())
                for _ in range(READERS):
                    group.create_task(self._read_logs())
        except* UserError as wrong:
            raise wrong.exceptions[0] from None

    async def _begin(self) -> None:
        """Write down all that is known, once it is."""
        for _ in range(int(PATIENCE / LOOK)):
            if self._is_there():
                break
            await asyncio.sleep(LOOK)
        self._begun = True
        self._write(self._beginning())
        note(f"recording {', '.join(sorted(self._repos)) or 'nothing yet'}; ctrl-c ends it")

    async def _go_on(self) -> None:
        async with aclosing(self._watched.changes()) as coming:
            async for changes in coming:
                if self._begun:
                    self._write(self._news(changes))

    def _is_there(self) -> bool:
        """Whether all servers have told what there is and was, or cannot."""
        states, watchers = self._watched.store.servers, self._watched.watchers
        here = len(states) == len(self._servers) and all(
            watcher.synced.is_set() or states[name].link in (Link.OFFLINE, Link.REFUSED)
            for name, watcher in watchers.items()
        )
        if here and not self._looked_back:
            self._looked_back = True
            for key in self._watched.store.repos:
                watchers[key.server].look_back(key, PAST)
        return here and not any(watcher.looks_back for watcher in watchers.values())

    def _beginning(self) -> Iterator[Entry]:
        """All that is known now."""
        store, now = self._watched.store, time.time()
        yield Begun(now, FORMAT)
        for name in store.servers:
            yield self._state_of(name, now)
            yield from self._list_of(name, now)
        for key in store.repos:
            for build in reversed(list(store.builds(key))):
                self._known.add(build.key)
                yield Known(now, build)
                if not build.status.ended:
                    self._want_logs(build)

    def _news(self, changes: Changes) -> Iterator[Entry]:
        """What these changes say, as entries."""
        store, now = self._watched.store, time.time()
        for name in sorted(changes.servers):
            yield self._state_of(name, now)
        if changes.structure or changes.repos:
            for name in {key.server for key in changes.repos}:
                yield from self._list_of(name, now)
        moved = {move.build.key for move in changes.moves}
        for key in sorted(changes.builds):
            build = store.build(key)
            if build is None:
                continue
            yield Known(now, build, told=key in moved or key in self._known or not build.status.ended)
            self._known.add(key)
            if key in moved:
                self._want_logs(build)

    def _state_of(self, name: str, now: float) -> Watched:
        state, server = self._watched.store.servers[name], self._servers[name]
        ahead = round(server.clock.now(now) - now, 3)
        ids = server.source.global_ids
        return Watched(now, name, state.url, state.kind, state.version, state.user, state.admin, ids, ahead)

    def _list_of(self, name: str, now: float) -> Iterator[Entry]:
        """The repos of a server, where they are others than were written."""
        repos = tuple(repo for key, repo in self._watched.store.repos.items() if key.server == name)
        slugs = frozenset(repo.slug for repo in repos)
        if slugs != self._repos.get(name):
            self._repos[name] = slugs
            yield Listed(now, name, repos)

    def _want_logs(self, build: Build) -> None:
        for stage in build.stages or ():
            for step in stage.steps:
                place = (build.key, stage.number, step.number)
                kept = (
                    step.status.ended and step.status not in _SILENT if self._logs == "all" else step.status in _FAILED
                )
                if kept and self._logs != "none" and place not in self._read:
                    self._read.add(place)
                    self._wanted.put_nowait((build, stage.number, step.number))

    async def _read_logs(self) -> None:
        while True:
            build, stage, step = await self._wanted.get()
            log = await stored(self._servers[build.server].source, build.repo, build.number, stage, step)
            pieces = tuple(Piece(at, text.text + "\n", text.time) for at, text in enumerate(log.lines[-LONGEST:]))
            if pieces:
                self._write([Printed(time.time(), build.server, build.repo, build.number, stage, step, pieces)])

    def _write(self, entries: Iterator[Entry] | list[Entry]) -> None:
        lines = [line(entry) for entry in entries]
        try:
            self._file.write(b"".join(lines))
        except OSError as error:
            raise UserError(f"the recording cannot go on ({(error.strerror or 'no reason given').lower()})") from None
        self.count += len(lines)
