"""How much memory do 300 repos of 25 builds take, against a bare Textual app?

The app is paged through its whole list, so that every repo's builds are read; then both programs' greatest resident
sizes are compared.

    python benchmarks/memory.py [--repos 300] [--history 25]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks import bare, report
from benchmarks.ptys import Terminal, installed, terminal
from benchmarks.servers import control, demo

PAGE_DOWN = b"\x1b[6~"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repos", type=int, default=300)
    parser.add_argument("--history", type=int, default=25)
    chosen = parser.parse_args()
    with terminal([sys.executable, str(Path(bare.__file__))]) as app:
        app.wait_for(bare.TEXT)
        app.rest(1)
        base = app.memory("VmHWM")
    with demo(repos=chosen.repos, history=chosen.history) as env, terminal([installed()], env) as app:
        app.wait_for("failing")
        read_all(app, env, chosen.repos)
        most, now = app.memory("VmHWM"), app.memory("VmRSS")
    report.amount("bare app, the most", base, "MB")
    report.amount(f"{chosen.repos} × {chosen.history} builds, the most", most, "MB", f"afterwards {now:.1f}")
    report.verdict("memory", most / base, "×", at_most=2.0)


def read_all(app: Terminal, env: Mapping[str, str], repos: int) -> None:
    """Look at every repo, and wait until its builds are there."""
    app.press(b"g")  # it began at a build that runs
    with control(env) as client:
        until = time.monotonic() + 60
        while (read := histories(client.get("/_demo/requests").json()["counts"])) < repos:
            if time.monotonic() > until:
                raise TimeoutError(f"the builds of {read} of {repos} repos were read")
            app.press(PAGE_DOWN)
            app.rest(0.5)
    app.rest(3)


def histories(counts: list[dict[str, Any]]) -> int:
    """How many lists of builds were asked for."""
    return sum(entry["count"] for entry in counts if entry["path"] == "/api/repos/{owner}/{name}/builds")


if __name__ == "__main__":
    main()
