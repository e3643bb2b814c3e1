"""How long a key waits while 300 repos are on the board and 50 events a second come, with a log followed beside them.

    python -m benchmarks.keys [--seconds 20]

A server of our own has a build running in each repo and tells 50 times a second of one of them; each step's log grows
by five lines a second. The cursor goes down the tree and up again, a key at a time: how long until the repo under it is
named in the pane beside the tree? The same keys are pressed before the events begin, for comparison.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import count, cycle
from statistics import median
from typing import Any

from benchmarks import report
from benchmarks.latency import JSON, RATE, STREAM, quietly
from benchmarks.ptys import Terminal, installed, terminal
from benchmarks.servers import watching

REPOS = 300
SEEN = 20  # repos that the cursor goes over
LINES = 5  # a second, of each log
PAUSE = 0.25  # seconds between two keys: the log of each build is opened meanwhile


class Server:
    """The least of a Drone 2.x with many repos, each with one build that runs."""

    def __init__(self) -> None:
        self.versions = [1] * REPOS
        self.readers: list[asyncio.StreamWriter] = []
        self.began = int(time.time()) - 60
        self.logs: set[asyncio.Task[None]] = set()

    def build(self, nth: int) -> dict[str, Any]:
        """A repo's build."""
        version, times = self.versions[nth], {"created": self.began, "started": self.began}
        step = {"number": 1, "name": f"test {version}", "status": "running", **times, "version": version}
        stage = {"number": 1, "name": "default", "status": "running", "steps": [step], **times, "version": version}
        facts = {"event": "push", "message": "A change\n", "target": "main", "author_login": "dana", "after": "c0" * 20}
        return {
            "id": nth + 1,
            "number": 1,
            "status": "running",
            "version": version,
            "stages": [stage],
            **times,
            **facts,
        }

    def repo(self, nth: int) -> dict[str, Any]:
        """A repo with its build."""
        return {"id": nth + 1, "slug": f"acme/app-{nth:03}", "active": True, "build": self.build(nth)}

    def answer(self, path: str) -> Any:
        """What is told of a path."""
        repos = [self.repo(nth) for nth in range(REPOS)]
        answers: dict[str, Any] = {"/version": {"version": "2.28.1"}, "/api/user": {"login": "dana"}}
        answers |= {"/api/user/repos": repos, "/api/user/builds": repos[:25]}
        if path in answers:
            return answers[path]
        build = self.build(int(path.partition("app-")[2][:3] or 0))
        return [build] if path.endswith("/builds") else build

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection, the last of which may be for a stream."""
        while head := await reader.readuntil(b"\r\n\r\n"):
            path = head.split()[1].decode().partition("?")[0]
            if path.startswith("/api/stream"):
                writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {STREAM}\r\n\r\n: ping\n\n".encode())
                if path == "/api/stream":
                    self.readers.append(writer)
                else:
                    await self.print(writer)
                return
            body = json.dumps(self.answer(path)).encode()
            writer.write(
                f"HTTP/1.1 200 OK\r\nContent-Type: {JSON}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
            )

    async def print(self, writer: asyncio.StreamWriter) -> None:
        """A log that grows until nobody reads it."""
        for pos in count():
            piece = {"pos": pos, "out": f"line {pos} of what a test says\n", "time": pos // LINES}
            writer.write(f"data: {json.dumps(piece)}\n\n".encode())
            await writer.drain()
            await asyncio.sleep(1 / LINES)

    async def tell(self) -> None:
        """An event after the other."""
        begin = asyncio.get_running_loop().time()
        for number in count():
            await asyncio.sleep(begin + number / RATE - asyncio.get_running_loop().time())
            nth = number * 7 % REPOS
            self.versions[nth] += 1
            event = b"data: " + json.dumps(self.repo(nth)).encode() + b"\n\n"
            for reader in self.readers:
                reader.write(event)


class Screen:
    """What came to the terminal."""

    def __init__(self, app: Terminal) -> None:
        self._app = app
        self._news = asyncio.Event()

    def read(self) -> None:
        """Something was painted."""
        self._app.read()
        self._news.set()

    async def took(self, keys: bytes, text: bytes) -> tuple[float, float]:
        """Seconds from these keys until the text was painted, on the wall and of the processor."""
        self._app.painted = b""
        begin, used = time.perf_counter(), self._app.cpu
        self._app.press(keys)
        async with asyncio.timeout(20):
            while text not in self._app.painted:
                self._news.clear()
                await self._news.wait()
        return time.perf_counter() - begin, self._app.cpu - used


def going_over() -> Iterator[tuple[bytes, int]]:
    """Keys, each with the repo that it goes to: down from the first and up again."""
    return cycle([(b"j", nth) for nth in range(1, SEEN)] + [(b"k", nth) for nth in range(SEEN - 2, -1, -1)])


@asynccontextmanager
async def listening(server: Server) -> AsyncIterator[str]:
    """The server's address."""
    socket = await asyncio.start_server(quietly(server.serve), "127.0.0.1", 0)
    address = socket.sockets[0].getsockname()
    yield f"http://127.0.0.1:{address[1]}"
    socket.close()
    await asyncio.sleep(0.1)  # whoever asked last has gone


async def measure(seconds: float) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """How long each key took, in seconds: before the events, and while they come."""
    server = Server()
    async with listening(server) as url:
        with terminal([installed()], watching(url)) as app:
            screen, loop = Screen(app), asyncio.get_running_loop()
            loop.add_reader(app.screen, screen.read)
            await screen.took(b"", b"app-010")
            await asyncio.sleep(2)
            for key in (b"h", b"h", b"h", b"g", b"j"):  # fold what was opened, and go to the first repo
                app.press(key)
                await asyncio.sleep(0.5)
            keys, took = going_over(), list[list[tuple[float, float]]]()
            for events in (False, True):
                telling = asyncio.create_task(server.tell()) if events else None
                took.append([])
                for _ in range(int(seconds / PAUSE)):
                    key, nth = next(keys)
                    took[-1].append(await screen.took(key, f"acme/app-{nth:03}".encode()))
                    await asyncio.sleep(PAUSE)
                if telling:
                    telling.cancel()
            loop.remove_reader(app.screen)
    return took[0], took[1]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20)
    quiet, busy = asyncio.run(measure(parser.parse_args().seconds))
    for name, took in (("a key, no events", quiet), ("a key, 50 events a second", busy)):
        walls, cpus = (sorted(1000 * seconds for seconds in kind) for kind in zip(*took, strict=True))
        slow = walls[int(0.95 * len(walls))]
        more = f"of CPU {median(cpus):.0f} ms; 95 %: {slow:.0f} ms, most {walls[-1]:.0f} ms, {len(took)} keys"
        report.amount(name, median(walls), "ms", more)
    report.verdict("a key, 50 events a second, 95 %", slow, "ms", at_most=50)


if __name__ == "__main__":
    main()
