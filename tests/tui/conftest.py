"""The app under a pilot, on a demo server in the same loop, both by one clock that is moved by hand."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
from textual import events
from textual.pilot import Pilot

from buildwatch.config.load import load
from buildwatch.config.settings import Settings
from buildwatch.demo.control import Script, StageScript, StepScript
from buildwatch.demo.driver import HandClock
from buildwatch.demo.server import DemoServer, running
from buildwatch.demo.state import Build
from buildwatch.model import Build as Known
from buildwatch.tui.app import BuildwatchApp
from buildwatch.tui.board import Board
from buildwatch.tui.hints import Hints
from buildwatch.tui.log_view import LogView
from buildwatch.tui.rows import Row

START = 1_795_433_706.0
SLUG = "acme/storefront"
NAMED = {
    "slash": "/",
    "question_mark": "?",
    "space": " ",
    "equals_sign": "=",
    "number_sign": "#",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "full_stop": ".",
    "colon": ":",
    "minus": "-",
    "underscore": "_",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
}
"""Keys whose name is not their letter."""
HELD = StageScript((StepScript("test", hold=True),), "unit")
"""A stage whose one step runs until it is released."""


class Desk:
    """The app on the screen and the server behind it."""

    def __init__(self, app: BuildwatchApp, pilot: Pilot[None], server: DemoServer, clock: HandClock) -> None:
        self.app = app
        self.pilot = pilot
        self.server = server
        self.clock = clock
        self.said: list[str] = []
        self.copied: list[str] = []

    # what is seen

    @property
    def board(self) -> Board:
        return self.app.board

    @property
    def log(self) -> LogView:
        assert self.board.side is not None
        return self.board.side.log_view

    @property
    def lines(self) -> list[str]:
        """The whole screen as it is now, dialogs included."""
        strips = self.app.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip).rstrip() for strip in strips]

    @property
    def drawn_size(self) -> tuple[int, int]:
        """How many cells are drawn: the widest line, and how many lines."""
        strips = self.app.screen._compositor.render_strips()
        return max(strip.cell_length for strip in strips), len(strips)

    @property
    def text(self) -> str:
        """The whole screen as one line with single blanks, without the line between the panes."""
        return " ".join(" ".join(self.lines).replace("▏", " ").split())

    @property
    def rows(self) -> list[str]:
        """The rows of the tree that are on the screen."""
        live = self.board.live
        return [live.render_line(y).text.rstrip() for y in range(min(live.size.height, len(live.rows)))]

    @property
    def row(self) -> Row:
        row = self.board.live.row
        assert row is not None, "the tree is empty"
        return row

    @property
    def at(self) -> str:
        """The tree's line under the cursor; empty where it is out of sight."""
        live = self.board.live
        y = live.cursor - round(live.scroll_y)
        return self.rows[y].strip() if 0 <= y < len(self.rows) else ""

    def line(self, id: str) -> str:
        """The text of one of the widgets of lines, like `top`."""
        widget = self.app.board.query_one(f"#{id}")
        return "\n".join(widget.render_line(y).text.rstrip() for y in range(widget.size.height))

    @property
    def hints(self) -> str:
        """The keys that a dialog names."""
        return self.app.screen.query_one(Hints).render_line(0).text

    # what is done

    async def until(self, true: Callable[[], object]) -> None:
        """Wait for something to come about."""
        try:
            async with asyncio.timeout(15):
                while not true():
                    await self.pilot.pause(0.01)
        except TimeoutError:
            shown = "\n".join(self.lines)
            raise AssertionError(f"it did not come about; said: {self.said}; on the screen:\n{shown}") from None

    async def shows(self, *texts: str) -> None:
        """Wait until all of these are on the screen."""
        await self.until(lambda: all(text in self.text for text in texts))

    async def press(self, *keys: str) -> None:
        """Press keys; each has had its first effect when this returns. (The pilot's own way waits 40 ms for each.)"""
        for key in keys:
            letter = NAMED.get(key, key if len(key) == 1 else None)
            self.app.post_message(events.Key(key, letter))
            for _ in range(3):  # from the app to the screen to what has the focus
                await self.pilot.pause(0)

    async def type(self, text: str) -> None:
        """Type letters."""
        names = {letter: name for name, letter in NAMED.items()}
        await self.press(*(names.get(letter, letter) for letter in text))

    async def go_to(self, word: str) -> None:
        """Put the cursor on the first row of the tree that has this word."""
        live = self.board.live

        def place() -> int:
            texts = (self.board.painter.draw(row, 120, self.board.showing.is_open(row)) for row in live.rows)
            return next((at for at, text in enumerate(texts) if word in "".join(piece for piece, _ in text)), -1)

        await self.until(lambda: place() >= 0)
        live.move_to(place())
        await self.until(lambda: self.at)

    def advance(self, seconds: float) -> None:
        self.server.advance(seconds)

    async def settled(self) -> None:
        """Wait until nothing is read any more and the screen stands still."""
        before: list[str] = []
        same = 0
        while same < 8:
            await asyncio.sleep(0.03)
            now = self.lines
            same = 0 if self._reading() or now != before else same + 1
            before = now

    def _reading(self) -> bool:
        soon = asyncio.get_running_loop().time() + 1
        reads = [watcher._reads for watcher in self.app._watchers.values()]
        waits = [one._held or one._pause_end >= soon for one in reads]
        due = [any(at < soon for at in one._due.values()) for one in reads]
        return not reads or any(
            one._running or (now and not wait) for one, now, wait in zip(reads, due, waits, strict=True)
        )

    # builds

    def say(self, build: Build, *texts: str) -> None:
        """Let the first step print; the runner sends it with its next batch."""
        self.server.control.say(build, 1, 1, list(texts))
        self.advance(1)

    def start(self, *stages: StageScript, repo: str = SLUG, **script: Any) -> Build:
        """A build to order."""
        return self.server.control.start(Script(repo, stages or (HELD,), **script))

    async def running(self, *stages: StageScript, repo: str = SLUG, **script: Any) -> Build:
        """A build to order whose first step runs and which the app knows."""
        build = self.start(*stages, repo=repo, **script)
        while not any(step.status == "running" for stage in build.stages for step in stage.steps):
            self.advance(1)
        await self.until(lambda: (known := self.known(build)) and known.stages and known.stages[0].steps)
        return build

    def known(self, build: Build) -> Known | None:
        """What the app knows of a build of the server."""
        return next((one for one in self._all() if (one.repo, one.number) == (build.repo.slug, build.number)), None)

    def _all(self) -> list[Known]:
        return [build for key in self.app.store.repos for build in self.app.store.builds(key)]

    async def agree(self, build: Build, status: str) -> None:
        """Wait until the app knows that a build is in this state."""
        await self.until(lambda: (known := self.known(build)) is not None and known.status == status)


class Desks:
    """Opens the app, once or several times, on one server."""

    def __init__(
        self, server: DemoServer, clock: HandClock, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.server = server
        self.clock = clock
        self.settings = settings
        self._monkeypatch = monkeypatch

    def use(self, server: DemoServer, token: str = "") -> None:
        """Another server than the one with three repos, or another token."""
        self.server = server
        self.settings = replace(self.settings, servers=settings_of(server, token).servers)

    def start(self, *stages: StageScript, repo: str = SLUG, **script: Any) -> Build:
        """A build to order, before the app is there."""
        return self.server.control.start(Script(repo, stages or (HELD,), **script))

    def ended(self, *stages: StageScript, repo: str = SLUG, **script: Any) -> Build:
        """A build to order that has ended before the app is there."""
        build = self.start(*stages or (StageScript(),), repo=repo, **script)
        while not build.status.ended:
            self.server.advance(1)
        return build

    @asynccontextmanager
    async def open(self, size: tuple[int, int] = (120, 40), **settings: Any) -> AsyncIterator[Desk]:
        """The app on a screen of that size."""
        app = BuildwatchApp(replace(self.settings, **settings))
        async with app.run_test(size=size, notifications=True) as pilot:
            desk = Desk(app, pilot, self.server, self.clock)
            notify = app.notify

            def said(message: str, **how: Any) -> None:
                desk.said.append(message)
                notify(message, **how)

            self._monkeypatch.setattr(app, "notify", said)
            self._monkeypatch.setattr(app, "copy_to_clipboard", desk.copied.append)
            await desk.until(lambda: app.board.side is not None)
            yield desk
            app.exit()

    @asynccontextmanager
    async def listed(self, size: tuple[int, int] = (120, 40), **settings: Any) -> AsyncIterator[Desk]:
        """The same, once all that the server tells at the start is there."""
        async with self.open(size, **settings) as desk:
            await desk.until(lambda: all(watcher.synced.is_set() for watcher in desk.app._watchers.values()))
            yield desk


@pytest.fixture
def make_desk(clock: HandClock) -> Callable[[BuildwatchApp, Pilot[None], DemoServer], Desk]:
    """A desk for an app that runs already."""
    return lambda app, pilot, server: Desk(app, pilot, server, clock)


def frozen(clock: HandClock) -> SimpleNamespace:
    """What the app's modules know as `time`, by a clock moved by hand."""
    return SimpleNamespace(
        time=clock, monotonic=clock, strftime=lambda form: time.strftime(form, time.gmtime(int(clock.now)))
    )


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the person who runs the tests."""
    for name in list(os.environ):
        if name.startswith(("DRONE_", "BUILDWATCH_", "XDG_", "SOCKS_PROXY")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    for name in ("NO_COLOR", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COLORTERM", "truecolor")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> HandClock:
    clock = HandClock(START)
    for module in ("app", "board", "served", "side"):
        monkeypatch.setattr(f"buildwatch.tui.{module}.time", frozen(clock))
    return clock


@pytest_asyncio.fixture
async def server(clock: HandClock) -> AsyncIterator[DemoServer]:
    """Three repos without builds: acme/storefront, acme/checkout-api, acme/search."""
    async with running(DemoServer(clock=clock, seed=1, repos=3, history=0, rate=0)) as server:
        yield server


@pytest.fixture
def settings(server: DemoServer) -> Settings:
    """Those of a person with DRONE_SERVER and DRONE_TOKEN set."""
    return settings_of(server)


def settings_of(server: DemoServer, token: str = "", name: str = "ci.acme") -> Settings:
    environ = {"DRONE_SERVER": server.url, "DRONE_TOKEN": token or server.token, "HOME": os.environ["HOME"]}
    loaded = load(environ=environ)
    return replace(loaded, servers=tuple(replace(one, name=name) for one in loaded.servers))


@pytest.fixture
def desks(server: DemoServer, clock: HandClock, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Desks:
    return Desks(server, clock, settings, monkeypatch)
