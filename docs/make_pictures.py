"""Draws the README's pictures from the app itself, on a demo server whose clock is moved by hand.

python docs/make_pictures.py
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Callable
from pathlib import Path

from buildwatch.config import Settings, load
from buildwatch.demo.driver import HandClock
from buildwatch.demo.server import DemoServer, running
from buildwatch.model import Build, Status
from buildwatch.store import Store
from buildwatch.tui.app import BuildwatchApp

HERE = Path(__file__).parent / "pictures"
AT = 1_795_433_706.0


async def main() -> None:
    """The board with a running build, and a failed one."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    HERE.mkdir(exist_ok=True)
    clock = HandClock(AT)
    async with running(DemoServer(clock=clock, seed=5, token="demo")) as server:  # noqa: S106  (of this demo alone)
        time.time = clock  # the app's clock is the server's
        for _ in range(20):
            server.advance(2)
        settings = load(environ={"DRONE_SERVER": server.url, "DRONE_TOKEN": "demo", "HOME": "/nonexistent"})
        await draw(settings, "board", _newest)
        await draw(settings, "failure", _failed)


async def draw(settings: Settings, name: str, wanted: Callable[[Store], Build]) -> None:
    """One picture: the board with the cursor on one build."""
    app = BuildwatchApp(settings)
    async with app.run_test(size=(120, 36)):
        await asyncio.sleep(3)
        app.call_later(app.board.reveal, wanted(app.store))
        await asyncio.sleep(3)
        picture = app.export_screenshot(title="buildwatch")
    picture = re.sub(r"@font-face \{.*?\}", "", picture, flags=re.DOTALL)
    picture = re.sub(r"127\.0\.0\.1:\d+", "ci.acme.example", picture)
    (HERE / f"{name}.svg").write_text(picture, encoding="utf-8")


def _newest(store: Store) -> Build:
    running = [build for build in store.unfinished() if build.status == Status.RUNNING]
    return max(running, key=lambda build: (build.repo < "acme/d", build.created))


def _failed(store: Store) -> Build:
    builds = [build for key in store.repos for build in store.builds(key) if build.status == Status.FAILURE]
    return max(builds, key=lambda build: build.finished)


if __name__ == "__main__":
    asyncio.run(main())
