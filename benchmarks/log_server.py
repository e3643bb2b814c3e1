"""A Drone 2.x in a process of its own, with two repos, of which the second has one build with a long log.

    python -m benchmarks.log_server ANSWER.json

Prints its address. The log goes out as a real one's does: chunked, 32 KiB at a time.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.latency import JSON, STREAM, quietly

CHUNK = 32 * 1024
ENDED = int(time.time()) - 60


class Server:
    """The least that an app asks for."""

    def __init__(self, log: bytes) -> None:
        self._log = log

    def build(self, number: int) -> dict[str, Any]:
        """A build; the step that has the log is the second one's."""
        times = {"created": ENDED - 60, "started": ENDED - 60, "stopped": ENDED}
        steps = [{"number": 1, "name": "test", "status": "success", **times, "version": 3}] * (number - 1)
        stage = {"number": 1, "name": "default", "status": "success", "steps": steps, **times, "version": 2}
        facts = {"event": "push", "message": "A change\n", "target": "main", "author_login": "dana", "after": "c0" * 20}
        return {"id": number, "number": number, "status": "success", "version": 2, "stages": [stage], **times, **facts}

    def repo(self, number: int) -> dict[str, Any]:
        """A repo with its newest build."""
        return {"id": number, "slug": f"acme/app-{number}", "active": True, "build": self.build(number)}

    def answer(self, path: str) -> Any:
        """What is told of a path."""
        number = 2 if "app-2" in path else 1
        repos = [self.repo(1), self.repo(2)]
        answers = {"/version": {"version": "2.28.1"}, "/api/user": {"login": "dana"}, "/api/user/repos": repos}
        answers |= {"/api/user/builds": repos, f"/api/repos/acme/app-{number}/builds": [self.build(number)]}
        return answers.get(path, self.build(number))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection, the last of which may be for a stream."""
        while head := await reader.readuntil(b"\r\n\r\n"):
            path = head.split()[1].decode().partition("?")[0]
            if path.startswith("/api/stream"):
                writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {STREAM}\r\n\r\n: ping\n\n".encode())
                return
            chunks = [json.dumps(self.answer(path)).encode()]
            if "/logs/" in path:
                chunks = [self._log[first : first + CHUNK] for first in range(0, len(self._log), CHUNK)]
            writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {JSON}\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
            for chunk in chunks:
                writer.writelines((f"{len(chunk):x}\r\n".encode(), chunk, b"\r\n"))
                await writer.drain()
            writer.write(b"0\r\n\r\n")


async def main(server: Server) -> None:
    """Serve until the end."""
    listening = await asyncio.start_server(quietly(server.serve), "127.0.0.1", 0)
    address = listening.sockets[0].getsockname()
    sys.stdout.write(f"http://127.0.0.1:{address[1]}\n")
    sys.stdout.flush()
    await listening.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(Server(Path(sys.argv[1]).read_bytes())))
