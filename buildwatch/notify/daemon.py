"""`buildwatch notify`: one process, one lock, one outbox, and a session for each configuration that is loaded."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from buildwatch.config import ConfigError, Settings
from buildwatch.notify.health import Health
from buildwatch.notify.lock import Lock
from buildwatch.notify.logging import Log
from buildwatch.notify.outbox import Outbox
from buildwatch.notify.session import Session, SinkOf
from buildwatch.notify.settings import NotifySettings
from buildwatch.notify.systemd import Systemd

if TYPE_CHECKING:
    from buildwatch.notify.pages import Pages

DRAIN: Final = 7.0
"""Seconds that what is due may still take to be sent when we are to end; with all the rest it stays below ten."""

Loaded = tuple[Settings, NotifySettings]


class Daemon:
    """Works until SIGTERM or SIGINT. `load` reads the configuration anew, `sinks` makes the sinks of one."""

    def __init__(
        self,
        loaded: Loaded,
        load: Callable[[], Loaded],
        sinks: Callable[[NotifySettings], SinkOf],
        log: Log,
        *,
        since: float = 0.0,
    ) -> None:
        self._loaded = loaded
        self._load = load
        self._sinks = sinks
        self._log = log
        self._since = since
        self._wake = asyncio.Event()
        self._over = False
        self._session: Session | None = None
        self._earlier: Counter[str] = Counter()
        self._systemd = Systemd()

    async def run(self) -> None:
        """Work. Raises `lock.Taken`, `StoreError`, and OSError where the address of the pages is taken."""
        notify = self._loaded[1]
        lock = Lock(notify.store.path)
        outbox = Outbox(notify.store.url)
        taken = outbox.take_over()
        if taken:
            self._log("info", "taken over", messages=taken)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end)
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        pages = _pages(self.health, notify.health) if notify.health else None
        beside = [asyncio.create_task(self._beat())]
        try:
            if pages is not None:
                beside.append(asyncio.create_task(pages.run_forever()))
                await asyncio.sleep(0)
                if beside[-1].done():
                    await beside[-1]
            await self._sessions(outbox)
        finally:
            if pages is not None:
                pages.should_exit = True
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            outbox.close()
            lock.release()

    async def _sessions(self, outbox: Outbox) -> None:
        since = self._since
        while not self._over:
            settings, notify = self._loaded
            self._wake.clear()
            session = self._session = Session(settings, notify, outbox, self._sinks(notify), self._log, since=since)
            self._log(
                "info", "watching", servers=len(settings.servers), rules=len(notify.rules), outbox=str(outbox.path)
            )
            self._systemd.say("READY=1", f"STATUS=watching {len(settings.servers)} servers")
            await session.run(self._wake)
            await session.drain(DRAIN if self._over else 0.0)
            self._earlier += session.counts
            since = 0.0
        self._log("info", "stopped")

    def health(self) -> Health:
        """How it is right now."""
        if self._session is None:
            return Health(ready="it starts")
        return self._session.health(self._earlier)

    def _end(self) -> None:
        self._over = True
        self._systemd.say("STOPPING=1")
        self._log("info", "stopping")
        self._wake.set()

    def _reload(self) -> None:
        """Take the configuration as it is now; a wrong one is told, and the old one goes on."""
        try:
            loaded = self._load()
        except ConfigError as error:
            self._log("error", "the new configuration is not taken", said=str(error))
            return
        if loaded[1].store.path != self._loaded[1].store.path:
            self._log("error", "the new configuration is not taken", said="[store] url changes only with a restart")
            return
        self._loaded = loaded
        self._log("info", "configuration reloaded")
        self._wake.set()

    async def _beat(self) -> None:
        """Tell systemd that we live, where it wants to know."""
        while self._systemd.beat:
            self._systemd.say("WATCHDOG=1")
            await asyncio.sleep(self._systemd.beat)


def _pages(health: Callable[[], Health], address: tuple[str, int]) -> Pages:
    from buildwatch.notify.pages import Pages  # what serves them is imported only where they are wanted

    return Pages(health, *address)
