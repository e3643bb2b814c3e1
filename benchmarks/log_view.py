"""The log view against Textual's own `Log`, in one run, in a real terminal of 160 columns and 48 rows.

    python benchmarks/log_view.py [LINES]

Prints CPU milliseconds from a change to the end of its paint (the least of several) and how many times the measure that
is. The measure is what `Log` takes for the same; where it cannot do it (it has no wrapping, search or levels), what it
takes for a page key.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import pty
import struct
import sys
import termios
import threading
import time
from collections.abc import Callable

from textual.app import App, ComposeResult
from textual.widgets import Log

from buildwatch.model import LogLine
from buildwatch.tui.log_view import LogView

TIMES = 7
PLAIN = "2026-11-23T12:00:00Z GET /v1/things/{} 200 in 12ms, and some more words to make a line of about a hundred"
COLOURED = (
    "\x1b[32mok\x1b[0m  example.com/developer-learning/pkg{} \x1b[1m0.412s\x1b[0m and words to make about a hundred"
)

Costs = dict[str, float]


def text(number: int) -> str:
    """A line: a third of them with colours, one in a thousand an error."""
    if number % 1000 == 500:
        return f"panic: number {number} is too large"
    return (COLOURED if number % 3 == 0 else PLAIN).format(number)


class Bench(App[Costs]):
    """Does things to one widget that fills the screen, and measures them."""

    def __init__(self, lines: int) -> None:
        super().__init__()
        self.lines = [text(number) for number in range(lines)]
        self.costs: Costs = {}

    def on_mount(self) -> None:
        self.run_worker(self._measure())

    async def _measure(self) -> None:
        await self.painted()
        await self.measure()
        self.exit(self.costs)

    async def measure(self) -> None:
        """What to do. For each widget's own bench to say."""
        raise NotImplementedError

    async def painted(self) -> None:
        """Wait until what has changed is on the screen."""
        done = asyncio.Event()
        self.call_after_refresh(done.set)
        await done.wait()

    async def cost(self, name: str, *steps: Callable[[], object], per: int = 1, times: int = TIMES) -> None:
        """Measure each of the steps in turn, `times` times over; each does `per` of what is to be told."""
        least = float("inf")
        for turn in range(times * len(steps)):
            await asyncio.sleep(0.25)  # past the view's own pauses between paints
            begin = time.process_time()
            steps[turn % len(steps)]()
            await self.painted()
            least = min(least, (time.process_time() - begin) * 1000 / per)
        self.costs[name] = least


class LogBench(Bench):
    """Textual's widget: the measure."""

    def compose(self) -> ComposeResult:
        yield Log()

    async def measure(self) -> None:
        log = self.query_one(Log)
        await self.cost("fill", lambda: log.write_lines(self.lines), times=1)
        await asyncio.sleep(2)  # its threads measure every line
        await self.cost("page key", lambda: log.scroll_to(y=log.scroll_y - 47, animate=False))
        await self.cost(
            "end key",
            lambda: log.scroll_to(y=0, animate=False),
            lambda: log.scroll_to(y=log.max_scroll_y, animate=False),
        )
        await self.cost("append 1 line", lambda: log.write_lines(self.lines[:1]))
        await self.cost("append 1,000 lines, a line", lambda: log.write_lines(self.lines[:1000]), per=1000)


class ViewBench(Bench):
    """Our widget."""

    def __init__(self, lines: int) -> None:
        super().__init__(lines)
        self.counted = asyncio.Event()

    def compose(self) -> ComposeResult:
        yield LogView()

    def on_log_view_state_changed(self, event: LogView.StateChanged) -> None:
        if event.state.lines and event.state.counted:
            self.counted.set()

    async def measure(self) -> None:
        view = self.query_one(LogView)
        lines = [LogLine(0, text) for text in self.lines]
        await self.cost("fill", lambda: view.show(lines, live=True), times=1)
        await self.counted.wait()
        await self.cost("page key", lambda: view.action_move(-1, True))
        await self.cost("end key", view.action_top, view.action_follow)
        view.action_follow()
        await self.cost("append 1 line", lambda: view.extend(lines[:1]))
        await self.cost("append 1,000 lines, a line", lambda: view.extend(lines[:1000]), per=1000)
        await self.cost("wrap key", view.action_toggle_wrap, times=4)
        await self.cost("page key, wrapped and unmeasured", lambda: view.action_move(-1, True))
        await self.cost("search for what is in a third", lambda: view.set_search("example"))
        await self.cost("search for what is nowhere", lambda: view.set_search("nowhere"))
        await self.cost("next error key", lambda: view.action_seek_error(True))


def run(bench: type[Bench], lines: int) -> Costs:
    """Run a bench in a terminal of its own, and give its costs."""
    reading, writing = os.pipe()
    child, terminal = pty.fork()
    if child == 0:
        os.close(reading)
        costs = bench(lines).run(mouse=False)
        os.write(writing, json.dumps(costs).encode())
        os._exit(0)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 48, 160, 0, 0))
    os.close(writing)
    threading.Thread(target=drain, args=(terminal,), daemon=True).start()
    with os.fdopen(reading, "rb") as results:
        costs = json.loads(results.read() or b"{}")
    os.waitpid(child, 0)
    return {str(name): float(cost) for name, cost in costs.items()}


def drain(terminal: int) -> None:
    """Read what is painted, as a terminal would."""
    try:
        while os.read(terminal, 65536):
            pass
    except OSError:
        return


def main() -> None:
    """Print the table."""
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    measure, ours = run(LogBench, lines), run(ViewBench, lines)
    print(f"{lines:,} lines{'':<31}{'Log':>9}{'ours':>9}{'ratio':>8}")
    for name, cost in ours.items():
        against = measure.get(name, measure["page key"])
        print(f"{name:<42}{against:>9.3f}{cost:>9.3f}{cost / against:>8.2f}")


if __name__ == "__main__":
    main()
