"""A log of a million lines: opened from a server's answer, jumped to its end, and searched, with the memory it takes.

    python benchmarks/log_million.py [LINES]

The measures are what others need for the same lines in the same run: `json.loads` of the answer for opening it, `grep`
over the text in a file for searching it. Seconds are those on the wall, in a terminal of 160 columns and 48 rows.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from textual.app import App, ComposeResult

from benchmarks.report import amount, verdict
from buildwatch.tui.log_view import LogView
from buildwatch.wire.drone1 import read_log
from buildwatch.wire.loglines import LogAssembler

NEEDLE = "things/999999 "
LINE = "2026-11-23T12:00:00Z GET /v1/things/{} 200 in 12ms and more words"


class Million(App[dict[str, float]]):
    """Opens, jumps and searches."""

    def __init__(self, answer: Path) -> None:
        super().__init__()
        self._answer = answer

    def compose(self) -> ComposeResult:
        """The log alone."""
        yield LogView()

    def on_mount(self) -> None:
        """Begin."""
        self.run_worker(self._measure())

    async def _painted(self) -> None:
        done = asyncio.Event()
        self.call_after_refresh(done.set)
        await done.wait()

    async def _measure(self) -> None:
        view, costs = self.query_one(LogView), {}
        await self._painted()
        begin = time.perf_counter()
        log = LogAssembler()
        log.feed(read_log(self._answer.read_bytes()))
        view.show(log.lines, live=False)
        await self._painted()
        costs["open"] = time.perf_counter() - begin
        begin = time.perf_counter()
        view.action_follow()
        await self._painted()
        costs["end"] = time.perf_counter() - begin
        for name, text in (("search", NEEDLE), ("search for what is in all", "GET")):
            begin = time.perf_counter()
            view.set_search(text)
            while not view.searched:
                await self._painted()
            costs[name] = time.perf_counter() - begin
        costs["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        self.exit(costs)


def measured(*command: str) -> float:
    """Seconds that a command takes."""
    begin = time.perf_counter()
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin


def main() -> None:
    """Print each figure against its target."""
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        answer, text = Path(folder, "answer.json"), Path(folder, "text.log")
        with answer.open("w") as file, text.open("w") as plain:
            file.write("[")
            for number in range(lines):
                line = LINE.format(number)
                piece = {"pos": number, "out": f"{line}\n", "time": number // 1000}
                file.write("," * (number > 0) + json.dumps(piece, separators=(",", ":")))
                plain.write(f"{line}\n")
            file.write("]")
        costs = Million(answer).run(headless=True, size=(160, 48)) or {}
        load = f"import json; json.loads(open({str(answer)!r}, 'rb').read())"
        loads = measured(sys.executable, "-c", load)
        grep = measured("grep", "-ciF", NEEDLE, str(text))
    amount("lines", lines, "")
    amount("json.loads of the answer", 1000 * loads, "ms")
    amount("grep -ciF", 1000 * grep, "ms")
    for name, seconds in costs.items():
        if name != "memory":
            amount(name, 1000 * seconds, "ms")
    verdict("open, times json.loads", costs["open"] / loads, "×", at_most=1.0)
    verdict("search", costs["search"], "s", at_most=1.0)
    verdict("memory at most", costs["memory"], "MB", at_most=250)


if __name__ == "__main__":
    main()
