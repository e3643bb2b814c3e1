"""From an event on the wire to the changed line on the terminal: how long, at 50 events a second?

A server of our own tells 50 times a second of one running build, which the app shows opened; each event gives the
step that runs a name of its own. How long after it was sent does the name stand in what the terminal got? Events that
came while the app gathered for its next frame are not painted each: they count up to the frame with a later name.

    python benchmarks/latency.py [--seconds 20]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Any

from benchmarks import report
from benchmarks.ptys import Terminal, installed, terminal
from benchmarks.servers import watching

RATE = 50
MARK = re.compile(rb"step-(\d{5})")
JSON = "application/json"
STREAM = "text/event-stream"


class Server:
    """The least of a Drone 2.x: one repo, one build that runs, and a stream that tells what we want."""

    def __init__(self) -> None:
        self.last = 0
        self.began = int(time.time()) - 60
        self.readers: list[asyncio.StreamWriter] = []

    def build(self) -> dict[str, Any]:
        """The build, with stages."""
        times = {"created": self.began, "started": self.began}
        steps = [{"number": 1, "name": "clone", "status": "success", **times, "stopped": self.began + 2, "version": 3}]
        steps += [{"number": 2, "name": f"step-{self.last:05}", "status": "running", **times, "version": self.last + 1}]
        steps += [{"number": number, "name": f"later {number}", "status": "pending"} for number in range(3, 12)]
        stage = {"number": 1, "name": "default", "status": "running", "steps": steps, **times, "version": 2}
        facts = {
            "event": "push",
            "message": "A change\n",
            "target": "main",
            "author_login": "dana",
            "after": "c0ffee" * 6,
        }
        return {"id": 7, "number": 7, "status": "running", "version": 2, "stages": [stage], **times, **facts}

    def repo(self) -> dict[str, Any]:
        """The repo, with its newest build."""
        return {"id": 1, "slug": "acme/app", "active": True, "build": self.build()}

    def answer(self, path: str) -> Any:
        """What is told of a path."""
        answers = {"/version": {"version": "2.28.1"}, "/api/user": {"login": "dana"}, "/api/user/repos": [self.repo()]}
        answers |= {"/api/user/builds": [self.repo()], "/api/repos/acme/app/builds": [self.build()]}
        return answers.get(path, self.build())

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection, the last of which may be for a stream."""
        while head := await reader.readuntil(b"\r\n\r\n"):
            path = head.split()[1].decode().partition("?")[0]
            if path.startswith("/api/stream"):
                writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {STREAM}\r\n\r\n: ping\n\n".encode())
                if path == "/api/stream":
                    self.readers.append(writer)
                return
            body = json.dumps(self.answer(path)).encode()
            writer.write(
                f"HTTP/1.1 200 OK\r\nContent-Type: {JSON}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
            )

    def tell(self) -> None:
        """One more event."""
        self.last += 1
        event = b"data: " + json.dumps(self.repo()).encode() + b"\n\n"
        for reader in self.readers:
            reader.write(event)


async def measure(seconds: float) -> list[float]:
    """How long each event took, in seconds."""
    server = Server()
    listening = await asyncio.start_server(quietly(server.serve), "127.0.0.1", 0)
    address = listening.sockets[0].getsockname()
    with terminal([installed()], watching(f"http://127.0.0.1:{address[1]}")) as app:
        screen = Screen(app)
        asyncio.get_running_loop().add_reader(app.screen, screen.read)
        await screen.until(0)
        await asyncio.sleep(2)
        begin = asyncio.get_running_loop().time()
        for count in range(int(seconds * RATE)):
            await asyncio.sleep(begin + count / RATE - asyncio.get_running_loop().time())
            server.tell()
            screen.sent.append(time.perf_counter())
        await screen.until(server.last)
        asyncio.get_running_loop().remove_reader(app.screen)
    listening.close()
    return screen.took


class Screen:
    """What came to the terminal, and when."""

    def __init__(self, app: Terminal) -> None:
        self._app = app
        self._seen = -1
        self._news = asyncio.Event()
        self.sent: list[float] = []  # of each event, the first is number 1
        self.took: list[float] = []

    def read(self) -> None:
        """Something was painted."""
        data = self._app.read()
        now = time.perf_counter()
        shown = max((int(number) for number in MARK.findall(self._app.painted[-len(data) - 10 :])), default=-1)
        for number in range(max(self._seen, 0) + 1, shown + 1):
            self.took.append(now - self.sent[number - 1])
        self._seen = max(self._seen, shown)
        self._news.set()

    async def until(self, number: int) -> None:
        """Wait until that event is on the screen."""
        async with asyncio.timeout(20):
            while self._seen < number:
                self._news.clear()
                await self._news.wait()


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def quietly(serve: Handler) -> Handler:
    """The app leaves, or the benchmark ends, in the middle of a conversation: that is no error."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            writer.close()

    return handler


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20)
    took = sorted(1000 * seconds for seconds in asyncio.run(measure(parser.parse_args().seconds)))
    report.amount("events shown", len(took), "", f"least {took[0]:.1f} ms, most {took[-1]:.1f} ms")
    report.verdict("event to line, median", median(took), "ms", at_most=60)
    report.verdict("event to line, 99 %", took[int(0.99 * len(took))], "ms", at_most=150)


if __name__ == "__main__":
    main()
