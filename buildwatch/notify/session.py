"""The daemon's work under one configuration: watchers, the teller and the sender, until a signal or a new one.

All that must survive is in the outbox, so that a new configuration is simply a new session.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

from buildwatch.clock import ServerClock
from buildwatch.config import Settings
from buildwatch.model import Build
from buildwatch.notify import compose
from buildwatch.notify.health import Health, label
from buildwatch.notify.logging import Log
from buildwatch.notify.message import Sink
from buildwatch.notify.outbox import Facts, Noted, Outbox
from buildwatch.notify.rulebook import Rulebook
from buildwatch.notify.schema import OPEN
from buildwatch.notify.sender import Sender
from buildwatch.notify.settings import NotifySettings
from buildwatch.notify.teller import Place, Teller
from buildwatch.notify.witness import Witness
from buildwatch.sources.base import Source
from buildwatch.sources.connect import connect
from buildwatch.sources.ending import end
from buildwatch.sources.errors import SourceError
from buildwatch.store import Changes, Link, Store

TICK: Final = 5.0
"""Seconds between looks at what takes too long."""

PRUNE: Final = 3600.0
"""Seconds between removals of what is old."""

RECENT: Final = 25
"""How many builds of each repo are read for `--since`."""

KEPT: Final = 10
DETAILED: Final = 2
"""How many builds of a repo stay in memory, and of how many the stages: nobody looks at them once they are told."""

SinkOf = Callable[[str], Sink | None]


@dataclass(slots=True)
class Watched:
    """One server."""

    source: Source
    clock: ServerClock
    witness: Witness

    def now(self) -> float:
        """Unix seconds by the server's clock."""
        return self.clock.now(time.time())


class Session:
    """Everything that runs under one configuration. `since` seconds of the past are told, too."""

    def __init__(
        self,
        settings: Settings,
        notify: NotifySettings,
        outbox: Outbox,
        sink_of: SinkOf,
        log: Log,
        *,
        since: float = 0.0,
    ) -> None:
        self._outbox = outbox
        self._notify = notify
        self._log = log
        self._since = since
        self._store = Store(builds=KEPT, details=DETAILED)
        self._said: dict[str, str] = {}
        self._pruned = 0.0
        self._servers: dict[str, Watched] = {}
        self._sender = Sender(outbox, sink_of, compose.digest, rate=notify.slack.rate, log=log)
        places: dict[str, Place] = {}
        self._teller = Teller(outbox, Rulebook(notify), places, self._sender.wake)
        for configured in settings.servers:
            clock = ServerClock()
            source = connect(configured, clock, time.time)
            witness = Witness(source, self._store, outbox, self._teller.told, heard=self._tell_links)
            watched = self._servers[source.name] = Watched(source, clock, witness)
            caught_up = _caught_up(witness)
            places[source.name] = Place(source, watched.now, caught_up, time.time())

    async def run(self, until: asyncio.Event) -> None:
        """Work until the event; then end at once what watches. What is in the queue goes on in `drain`."""
        async with AsyncExitStack() as stack:
            for watched in self._servers.values():
                stack.push_async_callback(watched.source.close)
            self._sending = asyncio.create_task(self._sender.run())
            tasks = [asyncio.create_task(watched.witness.watcher.run()) for watched in self._servers.values()]
            tasks += [asyncio.create_task(self._teller.run()), asyncio.create_task(self._tick())]
            if self._since:
                tasks.append(asyncio.create_task(self._past()))
            waiting = asyncio.create_task(until.wait())
            running = {*tasks, self._sending}
            try:
                while not waiting.done():
                    done, _ = await asyncio.wait({waiting, *running}, return_when=asyncio.FIRST_COMPLETED)
                    for task in done - {waiting}:
                        running.discard(task)
                        await task  # it has ended as it should, or raises what ended it
            finally:
                await end([*tasks, waiting])
        await self._finish()

    async def _finish(self) -> None:
        """Make the messages of what is noted, as far as that needs no server."""
        try:
            async with asyncio.timeout(2.0):
                await self._teller.once()
        except TimeoutError:
            return

    async def drain(self, seconds: float) -> None:
        """Send what is due, for at most that long, and end."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self._due():  # noqa: ASYNC110  (what is due changes with time)
            await asyncio.sleep(0.05)  # the sender's tasks go on
        self._sender.stop()
        try:
            async with asyncio.timeout(max(1.0, deadline - time.monotonic())):
                await self._sending
        except TimeoutError:
            return  # what was being sent stays claimed, and is looked for by whoever comes next

    def _due(self) -> bool:
        now = time.time()
        for destination in self._outbox.destinations():
            queued = self._outbox.next(destination)
            if queued is not None and max(queued.due, queued.message.hold_until) <= now:
                return True
        return False

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            self._teller.time_passes(self._store.unfinished())
            if time.time() - self._pruned > PRUNE:
                self._pruned = time.time()
                self._outbox.prune(time.time() - self._notify.store.retention)

    async def _past(self) -> None:
        """Account for what ended before the first start, as far back as was asked for."""
        await asyncio.gather(*(self._past_of(watched) for watched in self._servers.values()))

    async def _past_of(self, watched: Watched) -> None:
        await watched.witness.watcher.synced.wait()
        found: list[Build] = []
        for key, repo in list(self._store.repos.items()):
            if key.server != watched.source.name or not repo.active:
                continue
            try:
                found += await watched.source.builds(key.slug, 1, RECENT)
            except SourceError as error:
                self._log("warning", "the past of a repo cannot be read", repo=key.slug, said=str(error))
        begin = watched.now() - self._since
        ended = [build for build in found if build.status.ended and max(build.finished, build.created) >= begin]
        ended.sort(key=lambda build: (build.finished or build.created, build.id))
        now = time.time()
        self._teller.told(self._outbox.account(Facts(moved=[Noted(build, "", build.status, now) for build in ended])))

    def _tell_links(self, changes: Changes) -> None:
        for name in sorted(changes.servers):
            server = self._store.servers[name]
            said = server.said if server.link in (Link.OFFLINE, Link.REFUSED) else ""
            before = self._said.get(name)
            if server.link is Link.CONNECTING or said == before or not (said or server.listed):
                continue
            self._said[name] = said
            if said:
                self._log("warning", "server", server=name, said=said)
            elif before is None or before:
                self._log("info", "server", server=name, said=f"{name} answers")

    @property
    def counts(self) -> Counter[str]:
        """What was done so far."""
        return self._sender.counts + self._teller.counts

    @property
    def caught_up(self) -> bool:
        """Whether all servers tell what they have to tell."""
        return all(watched.witness.watcher.caught_up for watched in self._servers.values())

    def health(self, earlier: Counter[str]) -> Health:
        """How it is; `earlier` is what earlier sessions did."""
        counts, now = earlier + self.counts, time.time()
        metrics = {
            "buildwatch_builds_seen_total": counts["noted"],
            "buildwatch_builds_ended_total": counts["ended"],
            "buildwatch_rules_matched_total": counts["matched"],
            "buildwatch_messages_sent_total": counts["delivered"],
            "buildwatch_messages_failed_total": counts["ambiguous"],
            "buildwatch_messages_retried_total": counts["retried"],
            "buildwatch_messages_dead_total": counts["dead"],
            "buildwatch_lag_seconds": max(0.0, now - (self._outbox.oldest_waiting(now) or now)),
            "buildwatch_last_delivery_seconds": self._sender.latest,
        }
        states = self._outbox.counts()
        for state in (*OPEN, "dead"):
            metrics[label("buildwatch_queue_depth", state=state)] = states.get(state, 0)
        links = {name: self._store.servers[name].link for name in self._servers if name in self._store.servers}
        for name in self._servers:
            link = links.get(name, Link.CONNECTING)
            metrics[label("buildwatch_stream_up", server=name)] = link is Link.LIVE
            metrics[label("buildwatch_server_up", server=name)] = link in (Link.LIVE, Link.POLLING)
        up = any(link in (Link.LIVE, Link.POLLING) for link in links.values())
        ready = "" if up else "no server answers yet"
        return Health("", ready, {name: float(value) for name, value in metrics.items()})


def _caught_up(witness: Witness) -> Callable[[], bool]:
    """Whether what it tells is in order; at a first start there is no past to be put in order."""
    return lambda: witness.first or witness.watcher.caught_up
