"""The demo server put together, to be run inside a program (tests, benchmarks) or by `serve`."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.routing import Router
from starlette.types import Receive, Scope, Send

from buildwatch.demo import company
from buildwatch.demo.access import User, Users
from buildwatch.demo.control import Control
from buildwatch.demo.control_routes import Controlling
from buildwatch.demo.driver import Clock, Driver, HandClock
from buildwatch.demo.faults import Faults
from buildwatch.demo.kinds import KINDS, Kind
from buildwatch.demo.life import Life, beginning, populate
from buildwatch.demo.listener import Listener
from buildwatch.demo.site import Parts
from buildwatch.demo.spoiler import Requests, Spoiler
from buildwatch.demo.streams import Hub
from buildwatch.demo.world import World

PING_SECONDS = 30.0


class DemoServer:
    """A server with builds of its own, of the given kind.

    `seed` decides the whole company; `rate` is builds started a second (None: as a person likes to watch,
    0: none by themselves); `history` is ended builds a repo (None: 25 to 60, 0: none). With a `HandClock`
    time moves only by `advance`. `control` opens the paths under `/_demo/`. `token` belongs to an admin,
    `member_token` to somebody with fewer rights.
    """

    def __init__(
        self,
        *,
        kind: Kind = "drone-2",
        seed: int = 0,
        repos: int | None = None,
        rate: float | None = None,
        history: int | None = None,
        faults: Faults | None = None,
        control: bool = False,
        token: str | None = None,
        member_token: str | None = None,
        clock: Clock = time.time,
        host: str = "127.0.0.1",
        port: int = 0,
        ping_after: float = PING_SECONDS,
    ) -> None:
        self.token = token or secrets.token_hex(16)
        self.member_token = member_token or secrets.token_hex(16)
        self.faults = faults or Faults()
        self._clock = clock
        making = KINDS[kind]
        self.kind = kind
        self.world = World(now=beginning(clock()), seed=seed, habits=making.habits)
        self.hub = Hub()
        self.requests = Requests()
        pace = Life.pace_of(rate)
        populate(self.world, company.projects(repos, making.projects), now=clock(), history=history, pace=pace)
        self.world.faults = self.faults
        self.life = Life(self.world, rate)
        self._driver = Driver(self.world, clock)
        parts = Parts(self.world, self._users(), self.life, self.hub, self._driver.now, ping_after)
        self._site = making.site(parts)
        router = Router(self._site.routes, redirect_slashes=False, default=self._elsewhere)
        app = Spoiler(router, self._site.usual, self.faults, self.requests, self._driver.now)
        self._listener = Listener(app, host, port)
        self.control = Control(self.world, self.life, self.faults, self._listener)
        self._task: asyncio.Task[None] | None = None
        if control:
            router.routes.extend(Controlling(self.control, self.requests).routes())

    @property
    def url(self) -> str:
        """Where it listens, once started."""
        return f"http://{self._listener.host}:{self._listener.port}"

    async def start(self) -> None:
        """Listen, and let time pass. Raises OSError when the address is taken."""
        await self._listener.open()
        self.life.begin()
        self._task = asyncio.create_task(self._driver.run())

    async def stop(self) -> None:
        """End at once, whatever is still open. Raises what went wrong inside the simulation, if anything."""
        await self._listener.stop()
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def advance(self, seconds: float) -> None:
        """Let time pass by hand; only with a `HandClock`."""
        if not isinstance(self._clock, HandClock):
            raise TypeError("only a clock moved by hand can be moved")
        self._clock.now += seconds
        self._driver.now()
        self._site.wake()

    def _users(self) -> Users:
        return Users(
            (
                User(1, company.ADMIN.login, company.ADMIN.email, admin=True, token=self.token),
                User(2, company.MEMBER.login, company.MEMBER.email, admin=False, token=self.member_token),
            )
        )

    async def _elsewhere(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._site.usual.elsewhere(scope["path"])(scope, receive, send)


@asynccontextmanager
async def running(server: DemoServer) -> AsyncIterator[DemoServer]:
    """Run a server in this event loop for as long as the block lasts."""
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
