"""A demo server of each kind, and a watcher that finds out by itself what it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import pytest
import pytest_asyncio

from buildwatch.clock import ServerClock
from buildwatch.config.settings import ServerSettings
from buildwatch.config.token import TokenSource
from buildwatch.demo.server import DemoServer, running
from buildwatch.demo.state import Build as ServerBuild
from buildwatch.model import Build, RepoKey
from buildwatch.sources.base import Source
from buildwatch.sources.connect import connect
from tests.conformance.kinds import KINDS, Kind
from tests.sources.conftest import JumpingLoop, Rig, wall


def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The jumping loop: minutes pass in no time."""
    return {"loop": JumpingLoop}


class KindRig(Rig):
    """A demo server of some kind and its watcher. Builds are known by repo and number: some kinds tell no ids."""

    def make_source(self) -> Source:
        token = TokenSource("token", "", lambda: self.token)
        return connect(ServerSettings("drone", self.server.url, token), ServerClock(), wall)

    def known(self, build: ServerBuild) -> Build | None:
        held = self.store.builds(RepoKey("drone", build.repo.slug))
        return next((one for one in held if one.number == build.number), None)

    def told(self, build: ServerBuild) -> list[tuple[str | None, str]]:
        return [
            (move.before, move.after)
            for move in self.moves
            if (move.build.repo, move.build.number, move.stage) == (build.repo.slug, build.number, None)
        ]


@pytest.fixture(params=KINDS, ids=lambda kind: str(kind.name))
def kind(request: pytest.FixtureRequest) -> Kind:
    """Each row of the table."""
    row: Kind = request.param
    return row


@pytest_asyncio.fixture
async def rig(kind: Kind) -> AsyncIterator[KindRig]:
    """Its server, without builds, and its watcher."""
    server = DemoServer(kind=kind.name, seed=1, history=0, rate=0, clock=wall)
    async with running(server):
        made = KindRig(server)
        try:
            yield made
        finally:
            await made.end()


def pytest_assertrepr_compare(op: str, left: Any, right: Any) -> list[str] | None:
    """Trees side by side."""
    if op != "==" or not (isinstance(left, str) and isinstance(right, str) and "\n" in left + right):
        return None
    return ["trees differ", *left.splitlines(), "instead of", *right.splitlines()]
