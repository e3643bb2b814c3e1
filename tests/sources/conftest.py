"""An event loop whose clock jumps ahead when nothing happens, and a demo server and a watcher that live in it.

Sockets are real. The clock jumps only when none of them has anything to say for a moment, so that the beats of a
minute take no longer than the requests that are made in it.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import Executor
from contextlib import suppress
from typing import TypeVar, TypeVarTuple

import pytest_asyncio

START = 1_795_433_706.0
"""Unix seconds when the loop's clock stands at `BEGIN`."""

BEGIN = 10_000.0

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class Jumping(selectors.DefaultSelector):
    """Finds nothing ready: then it is later. `threads` are at work as long as the count is not 0."""

    def __init__(self) -> None:
        super().__init__()
        self.now = BEGIN
        self.threads = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if timeout is None or self.threads:
            return super().select(0.05)
        if len(self.get_map()) > 1:  # more than the loop's own wake-up call
            ready = super().select(0.001 if timeout < 1 else 0.003)
        if not ready:
            self.now += timeout
        return ready


class JumpingLoop(asyncio.SelectorEventLoop):
    """A loop on that selector's clock."""

    def __init__(self) -> None:
        self._jumping = Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now

    def run_in_executor(self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts) -> asyncio.Future[T]:
        self._jumping.threads += 1
        work = super().run_in_executor(executor, func, *args)
        work.add_done_callback(self._back)
        return work

    def _back(self, _: asyncio.Future[T]) -> None:
        self._jumping.threads -= 1


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"jumping": JumpingLoop}


Answer = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


class Odd:
    """A server that answers each path with the bytes it was given for it, whatever they are, and hangs up."""

    def __init__(self) -> None:
        self.url = ""
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []  # whole request heads

    @property
    def paths(self) -> list[str]:
        return [head.split(" ")[1] for head in self.asked]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            self.asked.append(head)
            path = head.split(" ")[1].partition("?")[0]
            answer = self.answers.get(path, reply(b'{"message":"Not Found"}', status="404 Not Found"))
            if isinstance(answer, bytes):
                writer.write(answer)
                await writer.drain()
            else:
                await answer(writer)
        writer.close()


def reply(body: bytes, *headers: str, status: str = "200 OK", type: str = "application/json", cut: int = 0) -> bytes:
    """An answer; `cut` is by how many bytes its body is shorter than it says."""
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) + cut}", f"Content-Type: {type}", *headers, "", ""]
    return "\r\n".join(head).encode("latin-1") + body


@pytest_asyncio.fixture
async def odd() -> AsyncIterator[Odd]:
    """That server, listening."""
    made = Odd()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        server.close()
