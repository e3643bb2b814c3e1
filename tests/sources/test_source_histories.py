"""The past of a line, as its server tells it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio

from buildwatch.demo.control import Script, StageScript, StepScript
from buildwatch.demo.server import DemoServer
from buildwatch.model import Build
from buildwatch.notify.histories import ENOUGH, Histories
from buildwatch.notify.message import End
from buildwatch.notify.past import Line, line_of
from buildwatch.sources.drone1 import DroneSource
from buildwatch.sources.http import Http
from buildwatch.sources.sentences import Address
from tests.notify.some import end
from tests.sources.conftest import wall

REPO = "acme/search"


class Memory:
    """What remembers ends."""

    def __init__(self, *ends: End) -> None:
        self.ends = list(ends)

    def line(self, line: Line) -> list[End]:
        return self.ends


class Place:
    """A server with a red build, a green one of another branch, and a running one."""

    def __init__(self, server: DemoServer) -> None:
        self.server = server
        self.source = DroneSource(Http(Address("drone", server.url, lambda: server.token)))
        self.dead = DroneSource(Http(Address("drone", "http://127.0.0.1:1", lambda: server.token)))

    def start(self, outcome: str = "success", *, hold: bool = False, branch: str = "main") -> int:
        step = StepScript("test", outcome=outcome, hold=hold)  # type: ignore[arg-type]  # one of its words
        return self.server.control.start(Script(REPO, (StageScript((step,)),), branch=branch)).number

    async def newest(self) -> Build:
        return (await self.source.builds(REPO, 1, 1))[0]

    @property
    def requests(self) -> int:
        return self.source.requests


@pytest_asyncio.fixture
async def place() -> AsyncIterator[Place]:
    server = DemoServer(seed=1, history=0, rate=0, clock=wall)
    await server.start()
    place = Place(server)
    try:
        yield place
    finally:
        await place.source.close()
        await place.dead.close()
        await server.stop()


async def test_the_ends_of_the_same_line_are_read_once(place: Place) -> None:
    red = place.start("failure")
    place.start(branch="topic")
    place.start(hold=True)
    await asyncio.sleep(20)
    build = await place.newest()
    histories = Histories(Memory())
    assert histories.past(build).standing(build.number, build.id, 0).previous is None
    asked = place.requests
    for _ in range(3):
        await histories.read(place.source, build, 5.0)
    standing = histories.past(build).standing(build.number, build.id, 0)
    assert standing.previous is not None
    assert (standing.previous.number, standing.previous.status, standing.reds) == (red, "failure", 1)
    assert place.requests == asked + 1


async def test_nothing_is_read_of_a_first_build_or_where_enough_is_remembered(place: Place) -> None:
    place.start(hold=True)
    await asyncio.sleep(5)
    build = await place.newest()
    asked = place.requests
    await Histories(Memory()).read(place.source, build, 5.0)
    place.start(hold=True)
    build = await place.newest()
    asked += 1
    remembered = [end(number, "success") for number in range(1, ENOUGH + 1)]
    await Histories(Memory(*remembered)).read(place.source, build, 5.0)
    assert place.requests == asked


async def test_what_cannot_be_read_is_done_without_and_read_the_next_time(place: Place) -> None:
    place.start("failure")
    await asyncio.sleep(20)
    place.start(hold=True)
    build = await place.newest()
    histories = Histories(Memory())
    await histories.read(place.dead, build, 5.0)
    assert histories.past(build).standing(build.number, build.id, 0).previous is None
    await histories.read(place.source, build, 5.0)
    assert histories.past(build).standing(build.number, build.id, 0).previous is not None


async def test_what_is_remembered_goes_before_what_was_read(place: Place) -> None:
    place.start("failure")
    await asyncio.sleep(20)
    red = await place.newest()
    place.start(hold=True)
    build = await place.newest()
    histories = Histories(memory := Memory())
    await histories.read(place.source, build, 5.0)
    line = line_of(build)
    memory.ends = [end(red.number, "success", id=red.id, server=line.server, repo=line.repo, branch=line.branch)]
    standing = histories.past(build).standing(build.number, build.id, 0)
    assert standing.previous is not None
    assert standing.previous.status == "success"
