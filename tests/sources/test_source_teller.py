"""From a real server to messages in the queue: details, order after a downtime, and time that passes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from buildwatch.demo.control import Script, StageScript, StepScript
from buildwatch.demo.server import DemoServer
from buildwatch.demo.state import Build as ServerBuild
from buildwatch.notify.outbox import Outbox
from buildwatch.notify.rulebook import Rulebook
from buildwatch.notify.settings import NotifySettings
from buildwatch.notify.teller import Place, Teller
from buildwatch.notify.witness import Witness
from buildwatch.sources.drone1 import DroneSource
from buildwatch.sources.errors import Denied
from buildwatch.sources.http import Http
from buildwatch.sources.sentences import Address
from buildwatch.store import Store
from buildwatch.wire.loglines import Piece
from tests.notify.some import book, rule
from tests.sources.conftest import wall

FAILS = (StepScript("test", seconds=1, outcome="failure", log=("+ make\n", "it broke: error 7\n")),)
HELD = (StepScript("test", hold=True),)


class Desk:
    """A server, and all of the notifier up to its queue."""

    def __init__(self, server: DemoServer, url: str) -> None:
        self.server, self.url = server, url
        self.tasks: list[asyncio.Task[None]] = []

    async def open(self, settings: NotifySettings) -> None:
        self.outbox, self.store, self.woken = Outbox(self.url), Store(), list[str]()
        self.source = DroneSource(Http(Address("drone", self.server.url, lambda: self.server.token)))
        places: dict[str, Place] = {}
        self.teller = Teller(self.outbox, Rulebook(settings), places, self.woken.append, now=wall)
        witness = Witness(self.source, self.store, self.outbox, self.teller.told, now=wall)
        caught_up = (lambda: True) if witness.first else (lambda: witness.watcher.caught_up)
        places["drone"] = Place(self.source, wall, caught_up, wall())
        self.tasks = [asyncio.create_task(witness.watcher.run()), asyncio.create_task(self.teller.run())]
        await self.until(lambda: witness.watcher.synced.is_set())

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        if self.tasks:
            await self.source.close()
            self.outbox.close()
        self.tasks = []

    async def until(self, condition: Callable[[], object], within: float = 60.0) -> None:
        async with asyncio.timeout(within):
            while not condition():  # noqa: ASYNC110  (of the loop's own clock)
                await asyncio.sleep(0.1)

    def start(self, steps: tuple[StepScript, ...] = FAILS, repo: str = "acme/search", **script: Any) -> ServerBuild:
        return self.server.control.start(Script(repo, stages=(StageScript(steps),), **script))

    @property
    def texts(self) -> list[str]:
        queue = sorted(self.outbox.listed(), key=lambda one: one.id)
        return [str(one.message.body["text"]) for one in queue]


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    server = DemoServer(seed=1, history=0, rate=0, clock=wall)
    await server.start()
    desk = Desk(server, f"sqlite:///{tmp_path}/outbox.db")
    try:
        yield desk
    finally:
        await desk.close()
        await server.stop()


NUMBERS = "{{build.number}} {{build.status}} {{change}}"


async def test_the_step_that_failed_and_its_log_are_read_where_a_rule_asks(desk: Desk) -> None:
    await desk.open(
        book(rule("plain", "every", NUMBERS), rule("rich", "failure", "{{step.failed.name}}: {{log.tail}}"))
    )
    build = desk.start()
    await desk.until(lambda: len(desk.texts) == 2)
    assert desk.texts == [f"{build.number} failure broken", "test: + make\nit broke: error 7"]
    assert desk.woken == ["channel:C0BUILDS"]


async def test_no_log_no_message_lost(desk: Desk) -> None:
    await desk.open(book(rule("rich", "failure", "{{build.number}} [{{log.tail}}]")))
    build = desk.start((StepScript("test", seconds=1, outcome="failure", log=()),))
    await desk.until(lambda: desk.texts)
    assert desk.texts == [f"{build.number} []"]


async def test_without_its_log_the_step_that_failed_is_told_all_the_same(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a build that ended while nobody looked only a list has told: its stages are read first, then the log."""

    @asynccontextmanager
    async def held_back(*args: object) -> AsyncIterator[AsyncIterator[list[Piece]]]:
        raise Denied("the agent has not handed it in yet", 404)
        yield  # type: ignore[unreachable]

    monkeypatch.setattr(DroneSource, "log", held_back)
    settings = book(rule("rich", "failure", "{{step.failed.name}} [{{log.tail}}]"))
    await desk.open(settings)
    await desk.close()
    build = desk.start()
    await desk.until(lambda: build.status.ended)
    await desk.open(settings)
    await desk.until(lambda: desk.texts)
    assert desk.texts == ["test []"]
    assert desk.teller.counts["without details"] == 1


async def test_after_a_downtime_it_is_told_in_the_order_in_which_it_ended(desk: Desk) -> None:
    settings = book(rule("r", "every", NUMBERS))
    held = desk.start(HELD)
    await asyncio.sleep(2)
    await desk.open(settings)
    await desk.close()
    born = []
    for turn in range(4):
        born.append(desk.start(FAILS if turn % 2 else (StepScript("test", seconds=1),)))
        await asyncio.sleep(15)
    desk.server.control.release(held)
    await asyncio.sleep(5)
    await desk.open(settings)
    await desk.until(lambda: len(desk.texts) >= 5)
    assert [text.split()[0] for text in desk.texts] == [str(build.number) for build in [*born, held]]
    await asyncio.sleep(120)
    assert len(desk.texts) == 5


async def test_stopped_before_the_messages_are_made_it_tells_them_later(desk: Desk) -> None:
    settings = book(rule("r", "every", NUMBERS))
    await desk.open(settings)
    desk.tasks[1].cancel()
    build = desk.start()
    await desk.until(lambda: desk.outbox.occasions())
    await asyncio.sleep(2)
    assert desk.texts == []
    await desk.close()
    await desk.open(settings)
    await desk.until(lambda: desk.texts)
    assert desk.texts == [f"{build.number} failure broken"]


async def test_what_is_stuck_is_told_once(desk: Desk) -> None:
    desk.server.control.runners(up=False)
    await desk.open(book(rule("r", "stuck", NUMBERS)))
    build = desk.start(HELD)
    for _ in range(200):
        await asyncio.sleep(60)
        desk.teller.time_passes(desk.store.unfinished())
    assert desk.texts == [f"{build.number} pending stuck"]


GREEN = (StepScript("test", seconds=1),)


async def test_what_was_red_before_the_first_start_is_fixed_and_not_just_green(desk: Desk) -> None:
    before = desk.start()
    await desk.until(lambda: before.status.ended)
    await desk.open(book(rule("r", "every", "{{build.number}} {{change}} after {{build.previous.number}}")))
    fixed = desk.start(GREEN)
    await desk.until(lambda: desk.texts)
    again = desk.start(GREEN)
    await desk.until(lambda: len(desk.texts) == 2)
    assert desk.texts == [
        f"{fixed.number} fixed after {before.number}",
        f"{again.number}  after {fixed.number}",
    ]


async def test_the_past_is_read_once_and_only_for_rules_that_go_by_it(desk: Desk) -> None:
    for source, reads in (("{{build.number}}", 0), ("{{build.number}} {{change}}", 1)):
        await desk.open(book(rule("r", "every", source)))
        path = "/api/repos/{owner}/{name}/builds"
        asked = desk.server.requests.counts()["GET", path]
        told = len(desk.texts)
        for count in (1, 2):
            desk.start(GREEN)
            await desk.until(lambda: len(desk.texts) == told + count)  # noqa: B023  (awaited in its turn)
        assert desk.server.requests.counts()["GET", path] - asked == reads
        await desk.close()


async def test_an_end_that_another_makes_different_keeps_what_was_told_of_it(desk: Desk) -> None:
    source = "{{build.number}} {{change}} {{build.message.title}} [{{log.tail}}]"
    await desk.open(book(rule("r", "every", source, snippet=True)))
    held = desk.start(HELD, message="First")
    await asyncio.sleep(2)
    red = desk.start(message="Second")
    await desk.until(lambda: len(desk.texts) == 1)
    (first,) = desk.outbox.listed()
    assert first.message.snippet is not None
    desk.outbox.delivered(first, wall(), channel="C0BUILDS", ts="1.0")
    desk.server.control.release(held, outcome="failure")
    await desk.until(lambda: len(desk.texts) == 2)
    assert [text.split(" [")[0] for text in desk.texts] == [
        f"{held.number} broken First",
        f"{red.number} still failing Second",
    ]
    assert desk.texts[1].endswith(" [+ make\nit broke: error 7]")
    again = max(desk.outbox.listed(), key=lambda one: one.id)
    assert (again.message.slot, again.message.snippet) == (first.message.slot, None)
