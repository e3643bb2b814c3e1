"""A demo server whose clock is moved by hand, its readers, and what a real server answered."""

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from buildwatch.demo import drone2
from buildwatch.demo.driver import HandClock
from buildwatch.demo.server import DemoServer, running
from buildwatch.demo.state import Build
from tests.demo import early
from tests.demo.wood import SLUG, Wood

DATA = Path(__file__).parent.parent / "data" / "drone2"
START = 1_795_433_706.0

Row = list[Any]
Ask = Callable[..., httpx.AsyncClient]


@pytest.fixture(scope="session")
def recorded() -> dict[str, dict[str, Any]]:
    """Answers of a real Drone 2.28: method, path, status, headers, and `json` or `text`."""
    loaded: dict[str, dict[str, Any]] = json.loads((DATA / "answers.json").read_text())
    return loaded


@pytest.fixture(scope="session")
def recorded_events() -> dict[str, list[Row]]:
    """Streams of a real Drone 2.28: build status, version and the same of stages and steps, event by event."""
    loaded: dict[str, list[Row]] = json.loads((DATA / "events.json").read_text())
    return loaded


@pytest.fixture
def quiet() -> DemoServer:
    """A server without builds, not listening; time moves by `advance`."""
    return DemoServer(clock=HandClock(START), seed=1, history=0, rate=0, control=True)


@pytest_asyncio.fixture
async def server(quiet: DemoServer) -> AsyncIterator[DemoServer]:
    """The same server, listening."""
    async with running(quiet):
        yield quiet


@pytest_asyncio.fixture
async def admin(server: DemoServer) -> AsyncIterator[httpx.AsyncClient]:
    async with _client(server, server.token) as client:
        yield client


@pytest_asyncio.fixture
async def member(server: DemoServer) -> AsyncIterator[httpx.AsyncClient]:
    async with _client(server, server.member_token) as client:
        yield client


@pytest_asyncio.fixture
async def stranger(server: DemoServer) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a token that nobody has."""
    async with _client(server, "wrong") as client:
        yield client


@pytest_asyncio.fixture
async def wood() -> AsyncIterator[Wood]:
    """A Woodpecker with its admin's client; time moves by `advance`."""
    server = early.quiet("woodpecker")
    async with early.client(server) as client:
        yield Wood(server, client, server.control.repo(SLUG).id)


def _client(server: DemoServer, token: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=server.url, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def told(quiet: DemoServer) -> list[Row]:
    """What the event streams are told from now on, in the form of `recorded_events`."""
    rows: list[Row] = []
    quiet.world.on_publish = lambda build: rows.append(row(build))
    return rows


def row(build: Build) -> Row:
    shape = drone2.build_of(build, stages=True)
    return [
        shape["status"],
        shape["version"],
        [
            [
                stage["name"],
                stage["status"],
                stage["version"],
                [[s["name"], s["status"], s["version"], s["exit_code"]] for s in stage.get("steps", [])],
            ]
            for stage in shape["stages"]
        ],
    ]
