"""How long until something is on the screen, against a bare Textual app?

The installed `buildwatch` is started in a real terminal, its first text waited for, and then a line of a server with
300 repos of 25 builds; in between the least app that Textual allows, on the same interpreter. Then the same where what
was seen the last time is kept: the line comes before the server has answered.

    python benchmarks/startup.py [--times 9]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks import bare, report
from benchmarks.ptys import installed, terminal
from benchmarks.servers import demo

PAGE_DOWN = b"\x06"
REPO = "billing"  # on the first screen; the list of repos tells its newest build with it


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=9)
    times = parser.parse_args().times
    base, first, full, first_kept, full_kept = [], [], [], [], []
    with demo(repos=300, history=25) as env, tempfile.TemporaryDirectory() as cache:
        kept = dict(env) | {"XDG_CACHE_HOME": cache}
        start_ours(env), start_bare()  # whatever is read from the disk or compiled for the first time
        see_all(kept)
        for _ in range(times):
            base.append(start_bare())
            painted, listed = start_ours(env)
            first.append(painted)
            full.append(listed)
            painted, shown = start_ours(kept)
            first_kept.append(painted)
            full_kept.append(shown)
    report.times("bare app, first text", base)
    report.times("buildwatch, first text", first)
    report.times("buildwatch, 300 repos", full)
    report.times("kept from the last time, 300 repos", full_kept)
    report.ratio("first paint", first, base, at_most=1.3)
    report.ratio("first paint, with what was kept", first_kept, base, at_most=1.3)
    report.ratio("300 repos on the screen", full, base, at_most=2.5)
    report.ratio("300 repos kept from the last time", full_kept, full, at_most=1)


def start_bare() -> float:
    """Seconds until the measure's text is painted."""
    with terminal([sys.executable, str(Path(bare.__file__))]) as app:
        return app.wait_for(bare.TEXT)


def start_ours(env: Mapping[str, str]) -> tuple[float, float]:
    """Seconds until our first text, and until the repos stand there with what became of their newest builds."""
    with terminal([installed()], env) as app:
        return app.wait_for("buildwatch"), app.wait_for(REPO)


def see_all(env: Mapping[str, str]) -> None:
    """Page through the tree, so that every repo's last builds are read, and leave."""
    with terminal([installed()], env) as app:
        app.wait_for(REPO)
        for _ in range(10):
            app.press(PAGE_DOWN)
            app.rest(0.7)
        app.rest(3)


if __name__ == "__main__":
    main()
