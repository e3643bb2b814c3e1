"""The screens as a person sees them. Look at each new picture before it is taken over (`--snapshot-update`)."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import httpx
import pytest
from textual.pilot import Pilot

from buildwatch.config.load import load
from buildwatch.config.settings import Settings
from buildwatch.demo.control import Script, StageScript, StepScript
from buildwatch.demo.driver import HandClock
from buildwatch.demo.server import DemoServer
from buildwatch.tui import app as app_module
from buildwatch.tui.app import BuildwatchApp

if TYPE_CHECKING:
    from tests.tui.conftest import Desk

START = 1_795_433_706.0
Steps = Callable[["Desk"], Awaitable[None]]
Snap = Callable[..., None]

FAILED = (
    "+ go test -race ./...\n",
    "ok      git.acme.example/platform/gateway/internal/route  0.361s\n",
    "--- FAIL: TestRetryPolicy (0.02s)\n",
    "    \x1b[31mretry_test.go:41: three attempts, want two\x1b[0m\n",
    "FAIL    git.acme.example/platform/gateway/internal/retry  0.412s\n",
    "FAIL\n",
)


class Shown(BuildwatchApp):
    """The app with the servers that it watches in its own event loop."""

    CSS_PATH: ClassVar = [Path(app_module.__file__).with_name(str(name)) for name in BuildwatchApp.CSS_PATH]

    def __init__(self, settings: Settings, servers: list[DemoServer]) -> None:
        super().__init__(settings)
        self.servers = servers
        self.down: list[DemoServer] = []

    async def on_load(self) -> None:
        for server in self.servers:
            await server.start()
            if server in self.down:
                server.control.refuse()

    async def on_unmount(self) -> None:
        for server in self.servers:
            await server.stop()


class World:
    """Demo servers under addresses that are the same everywhere."""

    def __init__(self, clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock = clock
        self.by_host: dict[str, DemoServer] = {}
        ask = httpx.AsyncHTTPTransport.handle_async_request

        async def handle(transport: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
            port = httpx.URL(self.by_host[request.url.host].url).port
            request.url = request.url.copy_with(host="127.0.0.1", port=port)
            return await ask(transport, request)

        monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", handle)

    def add(self, host: str, **how: Any) -> DemoServer:
        how = {"seed": 5, "rate": 0} | how
        server = self.by_host[host] = DemoServer(clock=self.clock, **how)
        return server

    def app(self, **settings: Any) -> Shown:
        loaded = load(environ={"DRONE_SERVER": "http://nowhere.example", "DRONE_TOKEN": "x", "HOME": "/nonexistent"})
        one = loaded.servers[0]
        servers = tuple(
            replace(one, name=host.removesuffix(".example"), url=f"http://{host}", kind="drone-2")
            for host in self.by_host
        )
        return Shown(replace(loaded, servers=servers, keep=False, **settings), list(self.by_host.values()))


@pytest.fixture
def world(clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(clock, monkeypatch)


@pytest.fixture
def company(world: World) -> DemoServer:
    """A company at work: three weeks of builds, some that run, one that waits, one red."""
    server = world.add("ci.acme.example", token="x")
    for _ in range(20):
        server.advance(2)
    return server


@pytest.fixture
def snap(snap_compare: Any, make_desk: Callable[..., Desk]) -> Snap:
    def snap(app: Shown, size: tuple[int, int], steps: Steps) -> None:
        async def before(pilot: Pilot[None]) -> None:
            desk = make_desk(app, pilot, app.servers[0])
            if steps is not nothing:
                await desk.settled()  # what is still being read may move rows, and with them what is on the screen
            await steps(desk)
            await desk.settled()

        assert snap_compare(app, terminal_size=size, run_before=before)

    return snap


async def nothing(desk: Desk) -> None:
    """As it opens."""
    await desk.until(lambda: desk.board.live.row and desk.row.build)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_board(size: tuple[int, int], world: World, company: DemoServer, snap: Snap) -> None:
    snap(world.app(), size, nothing)


def test_light(world: World, company: DemoServer, snap: Snap) -> None:
    snap(world.app(theme="light"), (120, 40), nothing)


def test_ascii(world: World, company: DemoServer, snap: Snap) -> None:
    snap(world.app(glyphs="ascii"), (120, 40), nothing)


def compared(company: DemoServer) -> Steps:
    """A release that became slower, beside the last green one."""
    check = StageScript((StepScript("vet", 7), StepScript("lint", 12)), "check")
    for test, stages in (
        (31, (StageScript((StepScript("push image", 9), StepScript("announce", 2)), "ship", ("unit", "e2e")),)),
        (74, (StageScript((StepScript("push-image", 14), StepScript("sign", 6)), "ship", ("unit", "e2e")),)),
    ):
        unit = StageScript((StepScript("go test", test), StepScript("coverage", 3)), "unit", ("check",))
        e2e = StageScript((StepScript("playwright", 28),), "e2e", ("check",))
        build = company.control.start(Script("platform/gateway", (check, unit, e2e, *stages), event="tag", branch="v2"))
        while not build.status.ended:
            company.advance(1)

    async def go(desk: Desk) -> None:
        await desk.go_to("gateway")
        await desk.press("d")
        await desk.shows("against #", "longer than #")
        await desk.press("j", "j", "j")

    return go


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_comparison(size: tuple[int, int], world: World, company: DemoServer, snap: Snap) -> None:
    snap(world.app(), size, compared(company))


def test_comparison_by_growth(world: World, company: DemoServer, snap: Snap) -> None:
    story = compared(company)

    async def go(desk: Desk) -> None:
        await story(desk)
        await desk.press("s", "g")

    snap(world.app(theme="light"), (120, 40), go)


def test_comparison_in_ascii(world: World, company: DemoServer, snap: Snap) -> None:
    snap(world.app(glyphs="ascii"), (80, 24), compared(company))


def test_choosing_a_build(world: World, company: DemoServer, snap: Snap) -> None:
    story = compared(company)

    async def go(desk: Desk) -> None:
        await story(desk)
        await desk.press("b", "down", "down")

    snap(world.app(), (120, 40), go)


def test_failed_step_with_its_log(world: World, company: DemoServer, snap: Snap) -> None:
    steps = (StepScript("vet", 4), StepScript("test", 9, "failure", 2, log=FAILED), StepScript("publish"))
    build = company.control.start(Script("platform/gateway", (StageScript(steps),), message="Try it three times"))
    while not build.status.ended:
        company.advance(1)

    async def go(desk: Desk) -> None:
        await desk.go_to("gateway")
        await desk.press("enter")
        await desk.go_to(f"#{build.number}")
        await desk.press("enter")
        await desk.go_to("✗ test")
        await desk.press("enter")
        await desk.until(lambda: desk.board.in_log)
        await desk.shows("retry_test.go:41")

    snap(world.app(), (120, 40), go)


def test_build_that_waits_for_a_person(world: World, company: DemoServer, snap: Snap) -> None:
    async def go(desk: Desk) -> None:
        await desk.go_to("infra")
        await desk.press("enter")
        await desk.until(lambda: desk.board.live.rows[desk.board.live.cursor + 1].build is not None)
        await desk.press("j")
        await desk.shows("A approve")

    snap(world.app(), (120, 40), go)


def test_server_that_is_not_there(world: World, snap: Snap) -> None:
    server = world.add("ci.acme.example", history=0)

    async def go(desk: Desk) -> None:
        await desk.shows("does not answer")

    app = world.app()
    app.down.append(server)
    snap(app, (80, 24), go)


def test_help(world: World, company: DemoServer, snap: Snap) -> None:
    async def go(desk: Desk) -> None:
        await nothing(desk)
        await desk.press("question_mark")
        await desk.shows("in the tree")

    snap(world.app(), (120, 40), go)


def test_question(world: World, company: DemoServer, snap: Snap) -> None:
    async def go(desk: Desk) -> None:
        await desk.go_to("pricing")
        await desk.press("r")
        await desk.shows("as a new build?")
        await desk.type("REGION=eu")
        await desk.shows("REGION=eu?")

    snap(world.app(), (120, 40), go)


def test_several_servers(world: World, company: DemoServer, snap: Snap) -> None:
    world.add("old.acme.example", token="another", repos=2, history=4)  # it does not accept the token
    world.add("ci.mobile.example", token="x", seed=9, repos=4, history=9)

    async def go(desk: Desk) -> None:
        await desk.shows("old.acme does not accept")
        await desk.go_to("pricing")

    snap(world.app(), (120, 40), go)


def test_the_pictures_hold_nothing_of_this_machine() -> None:
    for picture in (Path(__file__).parent / "__snapshots__" / "test_snapshots").glob("*.svg"):
        assert not re.search(r"127\.0\.0\.1|localhost|/home/|/root/", picture.read_text(encoding="utf-8"))
