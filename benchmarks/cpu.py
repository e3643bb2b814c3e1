"""What watching costs, against a bare Textual app that updates one `Static` each second.

Four programs in real terminals, at the same time: the bare one, ours with 20 running builds on the screen (their
times tick, and are held against their repos' histories), the same with all panes open and a log that grows by five
lines a second followed in one of them, and ours with 300 repos where nothing happens. CPU seconds of each in windows of
30 s, taken by the kernel's clocks of the processes: what else the machine does hardly matters.

    python benchmarks/cpu.py [--seconds 30] [--windows 2]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from benchmarks import bare, report
from benchmarks.ptys import Terminal, installed, terminal
from benchmarks.servers import control, demo, slugs

RUNNING = 20
LINES = 5  # a second, of each log
FOR = 3600  # seconds that the builds with logs run


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--windows", type=int, default=2)
    chosen = parser.parse_args()
    with ExitStack() as stack:
        busy = stack.enter_context(demo(repos=RUNNING, history=25))
        loud = stack.enter_context(demo(repos=RUNNING, history=25))
        quiet = stack.enter_context(demo(repos=300, history=25))
        for server in (busy, loud, quiet):
            stop_builds(server)
        start_builds(busy, {"hold": True})
        start_builds(loud, {"seconds": FOR, "log": [f"line {n} of what a test says\n" for n in range(LINES * FOR)]})
        apps = {
            "bare app with a clock": stack.enter_context(terminal([sys.executable, str(Path(bare.__file__)), "clock"])),
            "20 running builds": stack.enter_context(terminal([installed()], busy)),
            "20 running, a log followed": stack.enter_context(terminal([installed()], loud)),
            "300 repos, nothing runs": stack.enter_context(terminal([installed()], quiet)),
        }
        for name in ("20 running builds", "20 running, a log followed"):
            apps[name].wait_for(f"{RUNNING} running")
        settle(apps.values(), 2)
        for name in ("20 running builds", "20 running, a log followed"):
            apps[name].press(b"hhhg")  # fold what was opened: all of them are seen
        settle(apps.values(), 1)
        apps["20 running, a log followed"].press(b"jj")
        apps["20 running, a log followed"].wait_for("following")
        settle(apps.values(), 8)
        used = [window(apps, chosen.seconds) for _ in range(chosen.windows)]
    percent = {name: [100 * one[name] / chosen.seconds for one in used] for name in apps}
    for name, values in percent.items():
        report.amount(name, median(values), "% of a core", f"{min(values):.2f} to {max(values):.2f}")
    base, running, followed, idle = percent.values()
    report.ratio("20 running builds", running, base, at_most=3.5)
    report.ratio("20 running, a log followed", followed, base, at_most=3.5)
    report.ratio("300 repos, nothing runs", idle, base, at_most=3.5)


def stop_builds(env: Mapping[str, str]) -> None:
    """Have nothing run."""
    with control(env) as client:
        for build in client.get("/_demo/state").json()["builds"]:
            if build["ended_at"] is None:
                client.post("/_demo/cancel", json={"repo": build["repo"], "number": build["number"]}).raise_for_status()


def start_builds(env: Mapping[str, str], test: Mapping[str, object]) -> None:
    """Have one build run in each repo, in a step `test` that is so."""
    steps = [{"name": "clone", "seconds": 1}, {"name": "test", **test}, {"name": "publish"}]
    with control(env) as client:
        for slug in slugs(client):
            script = {"repo": slug, "stages": [{"steps": steps}]}
            client.post("/_demo/builds", json=script).raise_for_status()


def settle(apps: Iterable[Terminal], seconds: float) -> None:
    """Let all of them run for a while, and take what they paint."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for app in apps:
            app.rest(0.05)


def window(apps: Mapping[str, Terminal], seconds: float) -> dict[str, float]:
    """The CPU seconds that each took meanwhile."""
    before = {name: app.cpu for name, app in apps.items()}
    settle(apps.values(), seconds)
    return {name: app.cpu - before[name] for name, app in apps.items()}


if __name__ == "__main__":
    main()
