"""A demo server in a thread of its own, and the command line against it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import pytest

from buildwatch.cli.main import main
from buildwatch.demo.control import Script, StageScript, StepScript
from buildwatch.demo.kinds import Kind
from buildwatch.demo.server import DemoServer
from buildwatch.demo.state import Build

T = TypeVar("T")


class Drone:
    """A demo server without builds of its own. Time is real; each call happens in the server's own loop."""

    repo = "acme/storefront"
    held = StageScript((StepScript("test", hold=True, log=()),), "unit")
    """A stage whose one step runs until it is released."""

    def __init__(self, kind: Kind = "drone-2") -> None:
        self.loop = asyncio.new_event_loop()
        self.server = DemoServer(kind=kind, seed=1, repos=3, history=0, rate=0)

    def call(self, act: Callable[[], T]) -> T:
        """Do something to the server."""

        async def job() -> T:
            return act()

        return asyncio.run_coroutine_threadsafe(job(), self.loop).result(30)

    def start(self, *stages: StageScript, repo: str = repo, **script: Any) -> Build:
        """A build to order; it is there when this returns."""
        return self.call(lambda: self.server.control.start(Script(repo, stages or (self.held,), **script)))

    def release(self, build: Build, **how: Any) -> None:
        """End the running step of the first stage."""
        self.call(lambda: self.server.control.release(build, **how))

    def supersede(self, build: Build) -> None:
        """Stop it as a newer push does: it counts as skipped, and the stream tells it at once."""
        self.call(lambda: self.server.control.cancel(build, superseded=True))

    def say(self, build: Build, *texts: str) -> None:
        """Let the first step print."""
        self.call(lambda: self.server.control.say(build, 1, 1, list(texts)))

    def until(self, true: Callable[[], bool]) -> None:
        """Wait for something that another thread or process does."""
        end = time.monotonic() + 30
        while not true():
            assert time.monotonic() < end, "it did not happen within 30 s"
            time.sleep(0.01)

    def asked(self, path: str, method: str = "GET") -> int:
        """How often a path was asked for."""
        return self.server.requests.counts()[(method, path)]

    def ended(self, *stages: StageScript, **script: Any) -> Build:
        """A build to order that has ended."""
        build = self.start(*stages, **script)
        self.until(lambda: build.status.ended)
        return build

    def running(self, *stages: StageScript, **script: Any) -> Build:
        """A build to order whose first step runs."""
        build = self.start(*stages, **script)
        self.until(lambda: bool(build.stages[0].steps) and build.stages[0].steps[0].status == "running")
        return build


@contextmanager
def serving(kind: Kind = "drone-2") -> Iterator[Drone]:
    """It, as long as it is needed."""
    drone = Drone(kind)
    thread = threading.Thread(target=drone.loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(drone.server.start(), drone.loop).result(30)
    try:
        yield drone
    finally:
        asyncio.run_coroutine_threadsafe(drone.server.stop(), drone.loop).result(30)
        drone.loop.call_soon_threadsafe(drone.loop.stop)
        thread.join()
        drone.loop.close()


class Done(NamedTuple):
    """What came of a command."""

    status: int
    out: str
    err: str


Cli = Callable[..., Done]
Started = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def drone() -> Iterator[Drone]:
    with serving() as drone:
        yield drone


@pytest.fixture
def environ(drone: Drone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a person with DRONE_SERVER and DRONE_TOKEN set, in this process too."""
    for name in list(os.environ):
        if name.startswith(("DRONE_", "BUILDWATCH_", "XDG_", "SOCKS_PROXY")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    values = {"HOME": str(tmp_path), "DRONE_SERVER": drone.server.url, "DRONE_TOKEN": drone.server.token}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return dict(os.environ)


@pytest.fixture
def cli(environ: dict[str, str], capsys: pytest.CaptureFixture[str]) -> Cli:
    """Runs a command in this process; stdin and stdout are no terminal."""

    def cli(*argv: str) -> Done:
        status = main(argv)
        return Done(status, *capsys.readouterr())

    return cli


@pytest.fixture
def started(environ: dict[str, str]) -> Iterator[Started]:
    """Starts a command in a process of its own."""
    processes: list[subprocess.Popen[str]] = []

    def started(*argv: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "buildwatch", *argv],
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield started
    for process in processes:
        process.kill()
        process.communicate()
