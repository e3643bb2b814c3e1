"""Draws the README's pictures from the app itself, on a demo server whose clock is moved by hand.

python docs/make_pictures.py [--check]

With `--check` nothing is written: it says which pictures are not what the app shows today, and exits with 1 if any is.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from animate import Frame, animated

from buildwatch.config import load
from buildwatch.demo.control import Script, StageScript, StepScript
from buildwatch.demo.driver import HandClock
from buildwatch.demo.server import DemoServer, running
from buildwatch.model import Build, Status
from buildwatch.store import Store
from buildwatch.tui.app import BuildwatchApp

HERE = Path(__file__).parent / "pictures"
AT = 1_795_433_706.0
STILL = 1.5
"""Seconds without a change after which a screen shows all that it will."""
TRIES = 3
TICK = 1.0
"""Seconds between two frames of the film."""


class Studio:
    """A demo server and the app on it, both by one clock."""

    def __init__(self, clock: HandClock, server: DemoServer, app: BuildwatchApp) -> None:
        self.clock = clock
        self.server = server
        self.app = app

    async def settled(self, seconds: float = STILL) -> None:
        """Wait until the screen has not changed for so long."""
        before, since = "", time.monotonic()
        while time.monotonic() - since < seconds:
            await asyncio.sleep(0.03)
            now = self.shot()
            if now != before:
                before, since = now, time.monotonic()

    def shot(self) -> str:
        """The screen as SVG, without fonts from elsewhere."""
        return re.sub(r"@font-face \{.*?\}", "", self.app.export_screenshot(title="buildwatch"), flags=re.DOTALL)


@asynccontextmanager
async def studio(size: tuple[int, int], *, rate: float | None = None) -> AsyncIterator[Studio]:
    """The app on a company of its own that has been at work for a while."""
    clock = HandClock(AT)
    time.time = clock
    time.strftime = lambda form, _at=None: told(form, time.gmtime(int(clock.now)))
    async with running(DemoServer(clock=clock, seed=5, rate=rate, token="demo")) as server:  # noqa: S106  (of this demo alone)
        for _ in range(20):
            server.advance(2)
        about = {"DRONE_SERVER": server.url, "DRONE_TOKEN": "demo", "HOME": "/nonexistent"}
        settings = load(environ=about | {"BUILDWATCH_THEME": "dark"})  # whatever terminal this is
        named = tuple(replace(one, name="ci.acme.example") for one in settings.servers)
        app = BuildwatchApp(replace(settings, servers=named, keep=False))
        async with app.run_test(size=size) as pilot:
            async with asyncio.timeout(60):  # however busy the machine is
                while not all(one.listed for one in app.store.servers.values()):
                    await pilot.pause(0.05)
            yield Studio(clock, server, app)
            app.exit()


told = time.strftime


async def still(wanted: Callable[[Store], Build]) -> str:
    """One picture: the board with the cursor on one build."""
    async with studio((120, 36)) as at:
        await at.settled()
        at.app.call_later(at.app.board.reveal, wanted(at.app.store))
        await at.settled()
        return at.shot()


def newest(store: Store) -> Build:
    running = [build for build in store.unfinished() if build.status == Status.RUNNING]
    return max(running, key=lambda build: (build.repo < "acme/d", build.created))


def failed(store: Store) -> Build:
    builds = [build for key in store.repos for build in store.builds(key) if build.status == Status.FAILURE]
    return max(builds, key=lambda build: build.finished)


async def film() -> str:
    """A build goes red while one looks at it."""
    async with studio((100, 28), rate=0) as at:
        await at.settled()
        build = at.server.control.start(GOES_RED)
        frames: list[Frame] = []
        for tick in range(22):
            at.server.advance(TICK)
            await at.settled(STILL if build.stages[0].status.ended else 0.3)
            if tick == 1:
                at.app.call_later(at.app.board.reveal, next(b for b in at.app.store.unfinished() if b.id == build.id))
                await at.settled(0.4)
            at.app.call_later(at.app.board.show_all)  # which its own clock would do at some time within the second
            await at.settled(0.2)
            frames.append(Frame(at.shot(), TICK))
        await at.settled()
        frames.append(Frame(at.shot(), 5.0))
        return animated(frames)


GOES_RED = Script(
    "acme/checkout-api",
    (
        StageScript(
            (
                StepScript("clone", 1, log=("Cloning into '/drone/src'...\n", "HEAD is now at 6f1c2ab\n")),
                StepScript("vet", 3, log=("+ go vet ./...\n",)),
                StepScript(
                    "test",
                    10,
                    "failure",
                    1,
                    log=(
                        "+ go test -race ./...\n",
                        "ok  \tgit.acme.example/checkout-api/internal/cart\t0.361s\n",
                        "ok  \tgit.acme.example/checkout-api/internal/money\t0.118s\n",
                        "ok  \tgit.acme.example/checkout-api/internal/session\t0.274s\n",
                        "\x1b[31m--- FAIL: TestRounding (0.02s)\x1b[0m\n",
                        "    totals_test.go:41: total is 19.98, want 19.99\n",
                        "FAIL\n",
                        "FAIL\tgit.acme.example/checkout-api/internal/totals\t0.412s\n",
                        "ok  \tgit.acme.example/checkout-api/internal/stock\t0.207s\n",
                        "FAIL\n",
                    ),
                ),
                StepScript("notify", 1, always=True, log=("+ notify\n",)),
            ),
            "unit",
        ),
        StageScript((StepScript("publish", 4),), "image", depends_on=("unit",)),
    ),
    message="Round totals once, at the end",
    author="aturner",
)


PICTURES: dict[str, Callable[[], Coroutine[Any, Any, str]]] = {
    "board": lambda: still(newest),
    "failure": lambda: still(failed),
    "goes-red": film,
}


async def stale(kept: str, draw: Callable[[], Coroutine[Any, Any, str]]) -> bool:
    """Whether the app shows something else today. On a busy machine a screen may be drawn before it is at rest."""
    for _ in range(TRIES):
        if kept == await draw():
            return False
    return True


def main() -> int:
    """Draws all of them, or says which are stale."""
    os.environ |= {"TZ": "UTC", "COLORTERM": "truecolor", "TERM": "xterm-256color"}
    os.environ.pop("NO_COLOR", None)
    time.tzset()
    files = {name: HERE / f"{name}.svg" for name in PICTURES}
    if "--check" not in sys.argv:
        for name, draw in PICTURES.items():
            files[name].write_text(asyncio.run(draw()), encoding="utf-8")
        return 0
    kept = {name: file.read_text(encoding="utf-8") for name, file in files.items() if file.exists()}
    wrong = [name for name, draw in PICTURES.items() if asyncio.run(stale(kept.get(name, ""), draw))]
    if wrong:
        print(f"not what the app shows today: {', '.join(wrong)}; python docs/make_pictures.py draws them anew")  # noqa: T201
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
