"""Two builds side by side, one of which runs: what a key and a second cost with 10,000 steps, times those with 100.

    python -m benchmarks.compare [--steps 10000]

All in a real terminal, with builds from a server of our own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from statistics import median
from threading import Thread
from typing import Any

from benchmarks import report
from benchmarks.latency import JSON, STREAM, quietly
from benchmarks.ptys import Terminal, installed, terminal
from benchmarks.servers import watching

FEW = 100
KEYS = 20  # fewer than a lane has steps
SECONDS = 6
LATEST = 2  # the build that runs
LANES = 4


class Server:
    """The least of a Drone 2.x: one repo with a green build, and one that runs and has come to its last step."""

    def __init__(self, steps: int) -> None:
        self._began = int(time.time()) - 4 * steps
        self._builds = [self._build(number, steps) for number in (LATEST, 1)]
        self._repo = {"id": 1, "slug": "acme/app", "active": True, "build": self._builds[0]}

    def _build(self, number: int, steps: int) -> dict[str, Any]:
        runs = number == LATEST
        begin = self._began if runs else self._began - 8 * steps
        status, times = "running" if runs else "success", {"created": begin, "started": begin}
        if not runs:
            times["stopped"] = begin + 3 * steps
        each = steps // LANES
        stages = [
            {
                "number": lane,
                "name": f"lane-{lane}",
                "status": status,
                **times,
                "steps": [self._step(number, nth, begin, runs=runs and nth == each) for nth in range(1, each + 1)],
            }
            for lane in range(1, LANES + 1)
        ]
        facts = {"event": "push", "message": "A change\n", "target": "main", "author_login": "dana", "after": "c0" * 20}
        of = {"id": number, "number": number, "status": status, "version": 2, "stages": stages, **times, **facts}
        return of if runs else of | {"finished": times["stopped"]}

    @staticmethod
    def _step(number: int, nth: int, begin: int, *, runs: bool) -> dict[str, Any]:
        begin += 3 * nth
        of = {"number": nth, "name": f"step-{nth:05}", "status": "running" if runs else "success", "started": begin}
        return of if runs else of | {"stopped": begin + 1 + nth * number % 3}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection, the last of which may be for a stream."""
        while head := await reader.readuntil(b"\r\n\r\n"):
            path = head.split()[1].decode().partition("?")[0]
            if path.startswith("/api/stream"):
                writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {STREAM}\r\n\r\n: ping\n\n".encode())
                return
            answers: dict[str, Any] = {"/version": {"version": "2.28.1"}, "/api/user": {"login": "dana"}}
            answers |= {"/api/user/repos": [self._repo], "/api/user/builds": [self._repo]}
            answers |= {"/api/repos/acme/app/builds": self._builds}
            build = self._builds[1] if path.endswith("builds/1") else self._builds[0]
            body = json.dumps(answers.get(path, build)).encode()
            head = f"HTTP/1.1 200 OK\r\nContent-Type: {JSON}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            writer.write(head + body)


class Serving(Thread):
    """A server in a thread of its own, so that it answers while a terminal is waited for."""

    def __init__(self, server: Server) -> None:
        super().__init__(daemon=True)
        self._server = server
        self._loop = asyncio.new_event_loop()
        listening = asyncio.start_server(quietly(server.serve), "127.0.0.1", 0)
        socket = self._loop.run_until_complete(listening)
        self.url = "http://{}:{}".format(*socket.sockets[0].getsockname())

    def run(self) -> None:
        """Answer until told to stop."""
        self._loop.run_forever()

    def stop(self) -> None:
        """Answer no more."""
        self._loop.call_soon_threadsafe(self._loop.stop)


def took(app: Terminal, keys: bytes, text: str) -> float:
    """CPU seconds from these keys until the text was painted."""
    app.painted = b""
    used = app.cpu
    app.press(keys)
    app.wait_for(text)
    return app.cpu - used


def measure(steps: int) -> dict[str, float]:
    """What each thing costs, in CPU milliseconds."""
    serving = Serving(Server(steps))
    serving.start()
    costs: dict[str, list[float]] = {}

    def cost(name: str, seconds: float) -> None:
        costs.setdefault(name, []).append(1000 * seconds)

    with terminal([installed()], watching(serving.url)) as app:
        app.wait_for("app")
        app.rest(2)
        for key in (b"g", b"j"):
            app.press(key)
            app.rest(1)
        cost("open", took(app, b"d", "lane-1"))
        app.rest(2)
        for nth in range(1, KEYS + 1):
            cost("a key that moves", took(app, b"j", f"step-{nth:05} "))
            app.rest(0.1)
        for _ in range(3):
            for text in ("grew most", "longest", "as they ran"):
                cost("a key that sorts", took(app, b"s", text))
                app.rest(0.3)
            for text in ("only what changed", "as they ran"):
                cost("a key that hides what is as it was", took(app, b"x", text))
                app.rest(0.3)
        app.rest(2)
        for _ in range(SECONDS):
            used = app.cpu
            app.rest(1)
            cost("a second", app.cpu - used)
    serving.stop()
    return {name: median(of) for name, of in costs.items()}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=10_000)
    many = parser.parse_args().steps
    few, costs = measure(FEW), measure(many)
    print(f"{'CPU, ms':<40}{f'{FEW} steps':>14}{f'{many:,} steps':>16}{'ratio':>8}")
    for name, cost in costs.items():
        print(f"{name:<40}{few[name]:>14.1f}{cost:>16.1f}{cost / few[name]:>8.1f}")
    moved = "a key that moves"
    report.verdict(f"{moved}, times one among few", costs[moved] / few[moved], "×", at_most=1.5)
    report.verdict("a key that sorts", costs["a key that sorts"], "ms", at_most=50)
    ticked = "a second"
    report.verdict(ticked, costs[ticked], "ms", at_most=50)


if __name__ == "__main__":
    main()
