"""A witness is stopped and another one goes on: what ended meanwhile is told, in order, and nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from buildwatch.demo.control import Script, StageScript, StepScript
from buildwatch.demo.server import DemoServer
from buildwatch.demo.state import Build as ServerBuild
from buildwatch.notify.outbox import Noted, Outbox
from buildwatch.notify.witness import Witness
from buildwatch.sources.drone1 import DroneSource
from buildwatch.sources.http import Http
from buildwatch.sources.sentences import Address
from buildwatch.store import Store
from tests.sources.conftest import wall

HELD = (StepScript("test", hold=True),)
FAILS = (StepScript("test", seconds=1, outcome="failure"),)


class Site:
    """A server, an outbox, and the witness of the hour."""

    def __init__(self, server: DemoServer, url: str) -> None:
        self.server, self.outbox = server, Outbox(url)
        self.told: list[Noted] = []
        self.witness: Witness | None = None
        self._task: asyncio.Task[None] | None = None

    async def watch(self) -> None:
        self.source = DroneSource(Http(Address("drone", self.server.url, lambda: self.server.token)))
        self.witness = Witness(self.source, Store(), self.outbox, self.told.extend, now=wall)
        self._task = asyncio.create_task(self.witness.watcher.run())
        await self.until(self.witness.watcher.synced.is_set)

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None
            await self.source.close()

    async def until(self, condition: Callable[[], object], within: float = 60.0) -> None:
        async with asyncio.timeout(within):
            while not condition():  # noqa: ASYNC110  (of the loop's own clock)
                await asyncio.sleep(0.1)

    def start(self, repo: str = "acme/search", steps: tuple[StepScript, ...] = HELD, **script: Any) -> ServerBuild:
        return self.server.control.start(Script(repo, stages=(StageScript(steps),), **script))

    @property
    def ends(self) -> list[tuple[str, int, str]]:
        return [(one.build.repo, one.build.number, str(one.after)) for one in self.told if one.after.ended]


@pytest_asyncio.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    server = DemoServer(seed=1, history=0, rate=0, clock=wall)
    await server.start()
    site = Site(server, f"sqlite:///{tmp_path}/outbox.db")
    try:
        yield site
    finally:
        await site.stop()
        site.outbox.close()
        await server.stop()


async def test_the_first_start_is_the_baseline(site: Site) -> None:
    running = site.start()
    await asyncio.sleep(5)
    await site.watch()
    await asyncio.sleep(30)
    assert site.ends == []
    site.server.control.release(running)
    await site.until(lambda: site.ends)
    assert site.ends == [("acme/search", running.number, "success")]


async def test_what_ended_meanwhile_is_told_once(site: Site) -> None:
    running, other = site.start(), site.start("acme/storefront")
    await asyncio.sleep(3)
    await site.watch()
    await site.stop()
    site.server.control.release(running)
    await asyncio.sleep(3)
    born = [site.start(steps=FAILS) for _ in range(3)]
    await asyncio.sleep(20)
    await site.watch()
    assert site.witness is not None
    await site.until(lambda: site.witness and site.witness.watcher.caught_up)
    assert sorted(site.ends) == [
        ("acme/search", running.number, "success"),
        *(("acme/search", build.number, "failure") for build in born),
    ]
    await site.stop()
    site.server.control.release(other)
    await site.watch()
    await site.until(lambda: len(site.ends) == 5)
    assert site.ends[-1] == ("acme/storefront", other.number, "success")
    await asyncio.sleep(30)
    assert len(site.ends) == 5, site.ends


@pytest.mark.parametrize("pause", [0.0, 0.3, 4.0, 11.0])
async def test_stopped_at_any_moment_nothing_is_lost_or_told_twice(site: Site, pause: float) -> None:
    await site.watch()
    started = []
    for turn in range(8):
        repo = ("acme/search", "acme/storefront")[turn % 2]
        started.append(site.start(repo, FAILS, unseen=turn % 3 == 0))
        if turn == 4:
            site.server.control.skip_numbers("acme/search", 1)
        await asyncio.sleep(pause)
        await site.stop()
        await asyncio.sleep(1)
        await site.watch()
    await site.until(lambda: len(site.ends) >= len(started), within=90)
    await asyncio.sleep(60)
    assert sorted(site.ends) == sorted((build.repo.slug, build.number, "failure") for build in started)
