"""What a person wants to know or do, and how many keys it takes from the first screen.

Each task is done on an app of its own, over a demo server with builds made for it; what is to be seen at the end is
looked for on the screen. A task that does not show it fails.

    python -m benchmarks.tasks [--size 80x24]
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
import tempfile
import time
from typing import Final, NamedTuple

from textual import events

from buildwatch.config import Settings, load
from buildwatch.demo.control import Script, StageScript, StepScript
from buildwatch.demo.server import DemoServer, running
from buildwatch.tui.app import BuildwatchApp

LIMIT: Final = 15.0
"""Seconds that an answer may take to appear; how fast it does is measured elsewhere."""

NAMED: Final = {
    "⏎": "enter",
    "⇥": "tab",
    "/": "slash",
    ":": "colon",
    "#": "number_sign",
    " ": "space",
    ">": "greater_than_sign",
}

PASSES = ("+ go test ./...\n", "ok  \tgit.acme.example/platform/gcd\t0.361s\n")
FAILS = ("+ go test ./...\n", "--- FAIL: TestGcd (0.00s)\n", "    gcd_test.go:31: gcd(12, 18) is 3, want 6\n", "FAIL\n")


class Task(NamedTuple):
    """What is wanted, the keys for it, and what the screen then shows (a regular expression)."""

    wanted: str
    keys: str
    shows: str


TASKS: Final = (
    Task("Is anything red, and how much runs?", "", r"● \d+ running.*✗ \d failing"),
    Task("What is red?", "x", r"✗ gcd\b"),
    Task(
        "Who broke master of gcd, and with which line?",
        "/gcd⏎",
        r"(?s)mlindqvist.*gcd_test\.go:31: gcd\(12, 18\) is 3, want 6",
    ),
    Task("Was that so before, since when?", "/gcd⏎", r"seen three times since \d+:\d+, first in #2"),
    Task("How long yet, the build of checkout-api?", "", r"● checkout-api .* / \d+:\d\d"),
    Task("Read along what the newest build prints", "F⇥", r"(?s)log ● build.*following.*compiling ledger"),
    Task("Is the newest build of pricing slower than last week's, and where?", "/pricing⏎dw", r"compare acme/pricing"),
    Task("Run the last build of gcd again", "/gcd⏎r⏎", r"restart: platform/gcd#4"),
    Task("Let run what waits for approval", "/blocked⏎A⏎", r"approve: "),
    Task("Copy the line that broke it", "/gcd⏎⇥y", r"copied"),
    Task("Only builds of mine", "u", r"mine"),
    Task("Go to the step test of gcd#2", ":gcd#2:test⏎", r"platform/gcd#2:(unit/)?test"),
)


def build(log: tuple[str, ...], outcome: str, author: str, message: str) -> Script:
    """A build of gcd that ends at once."""
    step = StepScript("test", 0.0, "failure" if outcome == "failure" else "success", log=log)
    return Script(
        "platform/gcd", (StageScript((StepScript("clone", 0.0, log=()), step), "unit"),), author=author, message=message
    )


async def prepare(server: DemoServer) -> None:
    """The builds that the tasks ask for."""
    server.control.add_repo("platform/gcd")
    for script in (
        build(PASSES, "success", "tnakamura", "Add gcd"),
        build(FAILS, "failure", "tnakamura", "Be faster"),
        build(FAILS, "failure", "rpatel", "Be faster still"),
        build(FAILS, "failure", "mlindqvist", "Subtract in place of dividing"),
    ):
        made = server.control.start(script)
        while not made.status.ended:  # noqa: ASYNC110  (its own clock has no event for that)
            await asyncio.sleep(0.05)
    server.control.start(Script("acme/checkout-api", (StageScript((StepScript("test", hold=True),), "unit"),)))
    await asyncio.sleep(2.0)  # the server tells when they began in whole seconds
    server.control.add_repo("platform/ledger")  # below what the first screen opens
    step = StepScript("build", hold=True, log=("+ make\n", "compiling ledger\n"))
    newest = server.control.start(Script("platform/ledger", (StageScript((step,), "unit"),)))
    while not any(step.status == "running" for stage in newest.stages for step in stage.steps):  # noqa: ASYNC110
        await asyncio.sleep(0.05)


async def do(task: Task, settings: Settings, size: tuple[int, int]) -> str:
    """Do a task; what was on the screen where that is not what was wanted, else nothing."""
    app = BuildwatchApp(settings)
    async with app.run_test(size=size, notifications=True) as pilot:
        deadline = time.monotonic() + LIMIT
        while not (app.board.side and all(watcher.synced.is_set() for watcher in app._watchers.values())):
            await pilot.pause(0.05)
        await pilot.pause(0.3)
        for key in task.keys:
            app.post_message(
                events.Key(NAMED.get(key, key), key if len(NAMED.get(key, key)) == 1 or key in "/:# >" else None)
            )
            await pilot.pause(0.05)
        screen = ""
        while time.monotonic() < deadline:
            strips = app.screen._compositor.render_strips()
            screen = "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)
            if re.search(task.shows, screen):
                return ""
            await pilot.pause(0.05)
        return screen


async def main() -> int:
    """Do them all; 1 if one failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--size", default="120x40")
    width, height = map(int, parser.parse_args().size.split("x"))
    failed = 0
    for task in TASKS:
        with tempfile.TemporaryDirectory() as home:
            async with running(DemoServer(seed=5, rate=0)) as server:
                await prepare(server)
                settings = load(environ={"DRONE_SERVER": server.url, "DRONE_TOKEN": server.token, "HOME": home})
                screen = await do(task, settings, (width, height))
        failed += bool(screen)
        print(f"{len(task.keys):>3} {'' if not screen else 'FAILED '}{task.wanted:<66} {' '.join(task.keys)}")
        if screen:
            print(screen)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
