"""A log of a million lines: opened from a server, jumped to its end, and searched, beside `less` and `lnav`.

    python -m benchmarks.log_million [--lines 1000000] [--times 3]

All run in real terminals of 160 columns and 48 rows, one after the other in each of several rounds; of the figures the
medians are told. Ours reads the log over HTTP from a server in another process, and the others a file on the disk:
opening begins with the key that selects the build, and with their start. `less` counts no matches, so a text that is in
all lines is found at once by it.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from benchmarks import report
from benchmarks.ptys import Terminal, installed, terminal
from benchmarks.servers import watching

LINE = "2026-11-23T12:00:00Z GET /v1/things/{} 200 in 12ms and more words"
ALL = "words"  # is in every line

Costs = dict[str, tuple[float, float]]
"""Seconds on the wall, and of the processor."""


def fill(answer: Path, text: Path, lines: int) -> None:
    """Write the server's answer, and the same lines as a file."""
    with answer.open("w") as file, text.open("w") as plain:
        file.write("[")
        for number in range(lines):
            line = LINE.format(number)
            piece = {"pos": number, "out": f"{line}\n", "time": number // 1000}
            file.write("," * (number > 0) + json.dumps(piece, separators=(",", ":")))
            plain.write(f"{line}\n")
        file.write("]")


def took(app: Terminal, keys: str, text: str) -> tuple[float, float]:
    """Seconds from these keys until the text was painted, on the wall and of the processor."""
    app.painted = b""
    begin, used = time.perf_counter(), app.cpu
    app.press(keys.encode())
    app.wait_for(text, seconds=60)
    return time.perf_counter() - begin, app.cpu - used


def again(app: Terminal, *keys: str) -> None:
    """Go back to where a measure begins."""
    for key in keys:
        app.press(key.encode())
        app.rest(0.5)


@contextmanager
def serving(answer: Path) -> Iterator[str]:
    """The server's address."""
    argv = [sys.executable, "-m", "benchmarks.log_server", str(answer)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


@contextmanager
def beside_the_tree(url: str) -> Iterator[Terminal]:
    """Our app, one key before the build with the log."""
    with terminal([installed()], watching(url)) as app:
        app.wait_for("app-2")
        again(app, "g", "j")
        yield app


def ours(url: str, lines: int) -> Costs:
    """Open the log beside the tree."""
    last = f"things/{lines - 1} "
    with beside_the_tree(url) as app:
        begin, used = time.perf_counter(), app.cpu
        costs = {"first lines": took(app, "j", "things/0 ")}
        app.wait_for(f"{lines:,} lines\x1b", seconds=60)
        costs["all lines"] = time.perf_counter() - begin, app.cpu - used
        again(app, "\t")
        costs["jump to the end"] = took(app, "G", last)
        again(app, "g")
        costs["search for what is in one line"] = took(app, f"/{last}\r", "1 of 1 ")
        again(app, "\x1b", "g")
        costs["search for what is in all"] = took(app, f"/{ALL}\r", f"1 of {lines} ")
        again(app, "\x1b", "g")
        costs["expression that is in all"] = took(app, f"//{ALL[:2]}.*{ALL[-1]}$/\r", f"1 of {lines} ")
        costs["MB of memory"] = app.memory(), 0
    return costs


def keys(url: str, lines: int, waits: dict[str, list[float]]) -> None:
    """Press a key that scrolls the log again and again, while it comes and afterwards."""
    whole = f"{lines:,} lines\x1b".encode()
    with beside_the_tree(url) as app:
        took(app, "j", "things/0 ")
        painted = app.painted
        app.press(b"\t")
        app.rest(0.02)
        bottom = max(map(int, re.findall(rb"things/(\d+) ", painted + app.painted)))
        for when, enough in (("while it comes", 200), ("afterwards", 50)):
            for _ in range(enough):
                if when == "while it comes" and whole in app.painted:
                    break
                bottom += 1
                waits.setdefault(when, []).append(took(app, "j", f"things/{bottom} ")[0])
                app.rest(0.01)
            app.rest(2)


def less(text: Path, lines: int) -> Costs:
    """The same with `less`, which stops at the first match."""
    last = f"things/{lines - 1} "
    with terminal([shutil.which("less") or "", "-S", str(text)]) as app:
        costs: Costs = {"first lines": (app.wait_for("things/0 "), app.cpu)}
        app.rest(0.5)
        costs["jump to the end"] = took(app, "G", last)
        again(app, "g")
        costs["search for what is in one line"] = took(app, f"/{last}\r", "(END)")
        costs["MB of memory"] = app.memory(), 0
        app.press(b"q")
    return costs


def lnav(text: Path, lines: int) -> Costs:
    """The same with `lnav`, which opens a log at its end, once it has read all of it."""
    last = f"things/{lines - 1} "
    with terminal([shutil.which("lnav") or "", str(text)]) as app:
        opened = app.wait_for(last, seconds=60), app.cpu
        costs: Costs = {"first lines": opened, "all lines": opened}
        app.rest(2)
        again(app, "g")
        costs["search for what is in one line"] = took(app, f"/{last}\r", "1 hits")
        app.rest(3)
        again(app, "g")
        costs["search for what is in all"] = took(app, f"/{ALL}\r", f"of {lines}")
        costs["MB of memory"] = app.memory(), 0
        app.press(b"q")
    return costs


def main() -> None:
    """Print the table, and each figure of ours against its target."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=3)
    chosen = parser.parse_args()
    rounds: dict[str, list[Costs]] = {}
    waits: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        answer, text = Path(folder, "answer.json"), Path(folder, "text.log")
        fill(answer, text, chosen.lines)
        with serving(answer) as url:
            for _ in range(chosen.times):
                rounds.setdefault("ours", []).append(ours(url, chosen.lines))
                keys(url, chosen.lines, waits)
                for other in (less, lnav):
                    if shutil.which(other.__name__):
                        rounds.setdefault(other.__name__, []).append(other(text, chosen.lines))
    costs = {
        who: {name: tuple(median(one[name][kind] for one in all) for kind in (0, 1)) for name in all[0]}
        for who, all in rounds.items()
    }
    print(f"{f'{chosen.lines:,} lines':<34}" + "".join(f"{who + ', s':>12}{'of CPU':>8}" for who in costs))
    for name in costs["ours"]:
        cells = (f"{of[name][0]:>12.2f}{of[name][1]:>8.2f}" if name in of else f"{'':>20}" for of in costs.values())
        print(f"{name:<34}" + "".join(cells))
    for when, times in waits.items():
        slow = sorted(times)[int(len(times) * 0.95)]
        report.amount(f"a key {when}", 1000 * median(times), "ms", f"95 %: {1000 * slow:.0f} ms, {len(times)} keys")
    mine = {name: wall for name, (wall, _) in costs["ours"].items()}
    report.verdict("first lines", mine["first lines"], "s", at_most=0.5)
    report.verdict("all lines", mine["all lines"], "s", at_most=1.0)
    report.verdict("search for what is in one line", mine["search for what is in one line"], "s", at_most=1.0)
    report.verdict("search for what is in all", mine["search for what is in all"], "s", at_most=1.0)
    report.verdict("memory at most", mine["MB of memory"], "MB", at_most=250)
    report.verdict("a key while it comes, median", 1000 * median(waits["while it comes"]), "ms", at_most=50)


if __name__ == "__main__":
    main()
