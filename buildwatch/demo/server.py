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
from buildwatch.demo.action_routes import Acting
from buildwatch.demo.admin_routes import Administering
from buildwatch.demo.answers import not_found, page
from buildwatch.demo.control import Control
from buildwatch.demo.control_routes import Controlling
from buildwatch.demo.driver import Clock, Driver, HandClock
from buildwatch.demo.events import Publisher
from buildwatch.demo.faults import Faults
from buildwatch.demo.life import Life, beginning, populate
from buildwatch.demo.listener import Listener
from buildwatch.demo.log_streams import LiveLogs
from buildwatch.demo.repo_routes import Reading
from buildwatch.demo.spoiler import Requests, Spoiler
from buildwatch.demo.stream_routes import Streaming
from buildwatch.demo.streams import Hub
from buildwatch.demo.world import World

PING_SECONDS = 30.0


class DemoServer:
    """A Drone 2.x server with builds of its own.

    `seed` decides the whole company; `rate` is builds started a second (None: as a person likes to watch,
    0: none by themselves); `history` is ended builds a repo (None: 25 to 60, 0: none). With a `HandClock`
    time moves only by `advance`. `control` opens the paths under `/_demo/`. `token` belongs to an admin,
    `member_token` to somebody with fewer rights.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        repos: int = len(company.PROJECTS),
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
        self.world = World(now=beginning(clock()), seed=seed)
        self.hub = Hub()
        self.requests = Requests()
        pace = Life.pace_of(rate)
        populate(self.world, now=clock(), repos=repos, history=history, pace=pace)
        self.world.faults = self.faults
        self.life = Life(self.world, rate)
        self._driver = Driver(self.world, clock)
        self.live = LiveLogs(self.world, self._driver.now, ping_after)
        self.world.on_publish = Publisher(self.world, self.hub).publish
        self.world.on_step_end = lambda _: self.live.wake()
        router = self._router(control=control, ping_after=ping_after)
        app = Spoiler(router, self.faults, self.requests, self._driver.now)
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
        self.live.wake()

    def _router(self, *, control: bool, ping_after: float) -> Router:
        users = Users(
            (
                User(1, company.ADMIN.login, company.ADMIN.email, admin=True, token=self.token),
                User(2, company.MEMBER.login, company.MEMBER.email, admin=False, token=self.member_token),
            )
        )
        reading = Reading(self.world, users)
        routes = [
            *reading.routes(),
            *Acting(reading, self.life).routes(),
            *Administering(reading, self.hub).routes(),
            *Streaming(reading, self.hub, self.live, ping_after).routes(),
        ]
        return Router(routes, redirect_slashes=False, default=_elsewhere)


async def _elsewhere(scope: Scope, receive: Receive, send: Send) -> None:
    """A path nobody knows: the web interface, or plain text under /api."""
    path = scope["path"]
    answer = not_found() if path == "/api" or path.startswith("/api/") else page()
    await answer(scope, receive, send)


@asynccontextmanager
async def running(server: DemoServer) -> AsyncIterator[DemoServer]:
    """Run a server in this event loop for as long as the block lasts."""
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
