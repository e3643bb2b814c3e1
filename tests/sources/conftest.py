"""An event loop whose clock jumps ahead when nothing happens, and a demo server and a watcher that live in it.

Sockets are real. The clock jumps only when nothing that was sent is still under way, so that the beats of a minute take
no longer than the requests that are made in it.
"""

from __future__ import annotations

import asyncio
import selectors
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import Executor
from contextlib import AsyncExitStack, closing, suppress
from random import Random
from typing import Any, TypeVar, TypeVarTuple

import pytest
import pytest_asyncio

from buildwatch.demo.control import Script, StageScript, StepScript
from buildwatch.demo.server import DemoServer, running
from buildwatch.demo.state import Build as ServerBuild
from buildwatch.model import Build, BuildKey, Status
from buildwatch.sources.base import Source
from buildwatch.sources.drone1 import DroneSource
from buildwatch.sources.http import Http
from buildwatch.sources.sentences import Address
from buildwatch.sources.watch import Watcher
from buildwatch.store import Changes, Link, Move, Server, Store

START = 1_795_433_706.0
"""Unix seconds when the loop's clock stands at `BEGIN`."""

BEGIN = 10_000.0

LONGEST = 0.1
"""Real seconds that what was sent may be under way on loopback. What takes longer is not going to be read."""

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class UnderWay:
    """What was sent from one end of a connection and has not been received at the other, by connection."""

    def __init__(self) -> None:
        self._bytes: dict[frozenset[Any], int] = {}
        self._since: dict[frozenset[Any], float] = {}

    def moved(self, ends: frozenset[Any], count: int) -> None:
        self._bytes[ends] = self._bytes.get(ends, 0) + count
        self._since[ends] = time.monotonic()

    def ended(self, ends: frozenset[Any]) -> None:
        self._bytes.pop(ends, None)
        self._since.pop(ends, None)

    def longest(self) -> float:
        """Real seconds for which something may still arrive."""
        since = [self._since[ends] for ends, count in self._bytes.items() if count > 0]
        return max([LONGEST - (time.monotonic() - begin) for begin in since], default=0.0)


class Counted(socket.socket):
    """A socket that tells `under_way` what it sends and receives."""

    under_way: UnderWay
    ends: frozenset[Any] = frozenset()

    def counted_in(self, under_way: UnderWay) -> Counted:
        self.under_way = under_way
        with suppress(OSError):
            self.ends = frozenset((self.getsockname(), self.getpeername()))
        return self

    def send(self, data: Any, flags: int = 0) -> int:
        count = super().send(data, flags)
        self.under_way.moved(self.ends, count)
        return count

    def recv(self, size: int, flags: int = 0) -> bytes:
        data = super().recv(size, flags)
        self.under_way.moved(self.ends, -len(data))
        if not data:
            self.under_way.ended(self.ends)
        return data

    def accept(self) -> tuple[socket.socket, Any]:
        accepted, address = super().accept()
        return Counted(fileno=accepted.detach()).counted_in(self.under_way), address

    def close(self) -> None:
        if self.fileno() >= 0 and self.ends:
            self.under_way.moved(self.ends, 1)  # the end is under way too
        super().close()


class Jumping(selectors.DefaultSelector):
    """Finds nothing ready and nothing under way: then it is later. `waits` counts what else is waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.now = BEGIN
        self.waits = 0
        self.under_way = UnderWay()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if timeout is None or self.waits:
            return super().select(0.05)
        while not ready and (left := self.under_way.longest()) > 0:
            ready = super().select(left)
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
        self._jumping.waits += 1
        work = super().run_in_executor(executor, func, *args)
        work.add_done_callback(self._back)
        return work

    def _back(self, _: asyncio.Future[T]) -> None:
        self._jumping.waits -= 1

    async def create_connection(  # type: ignore[override]
        self, factory: Any, host: Any = None, port: Any = None, **options: Any
    ) -> Any:
        options.pop("local_addr", None)
        if "sock" in options or options.get("ssl"):
            return await super().create_connection(factory, host, port, **options)
        made = Counted(socket.AF_INET, socket.SOCK_STREAM)
        made.setblocking(False)
        self._jumping.waits += 1
        try:
            await self.sock_connect(made, (host, port))
        except BaseException:
            socket.socket.close(made)
            raise
        finally:
            self._jumping.waits -= 1
        return await super().create_connection(factory, sock=made.counted_in(self._jumping.under_way), **options)

    async def create_server(  # type: ignore[override]
        self, factory: Any, *args: Any, sock: socket.socket | None = None, **options: Any
    ) -> Any:
        if sock is not None:
            sock = Counted(fileno=sock.detach()).counted_in(self._jumping.under_way)
        return await super().create_server(factory, *args, sock=sock, **options)


def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The jumping loop for what is about sources of any kind; those of one kind may need a common one."""
    jumps = item.path.name.startswith("test_source_")
    return {"loop": JumpingLoop if jumps else asyncio.new_event_loop}


Answer = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


class Odd:
    """A server that answers each path with the bytes it was given for it, whatever they are, and hangs up."""

    def __init__(self) -> None:
        self.url = ""
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []  # whole request heads
        self.serving: set[asyncio.Task[Any]] = set()

    @property
    def paths(self) -> list[str]:
        return [head.split(" ")[1] for head in self.asked]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if task := asyncio.current_task():
            self.serving.add(task)
        with closing(writer), suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            self.asked.append(head)
            path = head.split(" ")[1].partition("?")[0]
            answer = self.answers.get(path, reply(b'{"message":"Not Found"}', status="404 Not Found"))
            if isinstance(answer, bytes):
                writer.write(answer)
                await writer.drain()
            else:
                await answer(writer)


def reply(body: bytes, *headers: str, status: str = "200 OK", type: str = "application/json", cut: int = 0) -> bytes:
    """An answer; `cut` is by how many bytes its body is shorter than it says."""
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) + cut}", f"Content-Type: {type}", *headers, "", ""]
    return "\r\n".join(head).encode("latin-1") + body


@pytest_asyncio.fixture
async def odd() -> AsyncIterator[Odd]:
    """That server, listening."""
    made = Odd()
    listening = socket.create_server(("127.0.0.1", 0))
    made.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    server = await asyncio.start_server(made.serve, sock=listening)
    try:
        yield made
    finally:
        server.close()
        for task in made.serving:
            task.cancel()
        await asyncio.gather(*made.serving, return_exceptions=True)


class Rig:
    """A demo server and, once `watch` was called, a watcher of it. All seconds are those of the loop's clock."""

    def __init__(self, server: DemoServer) -> None:
        self.server = server
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.control = server.control
        self.faults = server.faults
        self.token = server.token
        self.store = Store()
        self.moves: list[Move] = []
        self.states: list[Server] = []
        self.source = self.make_source()
        self.watcher = Watcher(self.source, self.store, self._tell, random=Random(1), now=wall)

    def make_source(self) -> Source:
        """Who asks the server."""
        there = Address("drone", self.server.url, lambda: self.token)
        return DroneSource(Http(there, on_success=lambda: self.watcher.is_there()))

    def watch(self) -> None:
        """Begin to watch."""
        self._task = asyncio.create_task(self.watcher.run())

    async def begin(self) -> None:
        """Begin to watch, and go on once all that already ran is known."""
        self.watch()
        await self.until(self.watcher.synced.is_set)
        self.moves.clear()

    async def end(self) -> None:
        """Watch no more. Raises what ended the watching, if anything did."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self.source.close()

    def _tell(self, changes: Changes) -> None:
        self.moves += changes.moves
        self.states += [self.store.servers[name] for name in changes.servers]
        self._news.set()

    async def until(self, condition: Callable[[], object], within: float = 60.0) -> float:
        """Wait until it holds; how many seconds that took. Fails when it takes longer than `within`."""
        loop = asyncio.get_running_loop()
        begin = loop.time()
        while not condition():
            assert self._task is None or not self._task.done(), "the watcher has ended"
            assert loop.time() - begin < within, f"not within {within} s"
            self._news.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(0.1):
                    await self._news.wait()
        return loop.time() - begin

    @property
    def link(self) -> Link:
        return self.state.link

    @property
    def state(self) -> Server:
        return self.store.servers["drone"]

    def start(self, repo: str = "acme/search", *, steps: tuple[StepScript, ...] = (), **script: Any) -> ServerBuild:
        """A build; without steps of its own it has one that runs until it is released."""
        stages = (StageScript(steps or (StepScript("test", hold=True),)),)
        return self.control.start(Script(repo, **({"stages": stages} | script)))

    def known(self, build: ServerBuild) -> Build | None:
        """What the store knows of a build of the server's."""
        return self.store.build(BuildKey("drone", build.id))

    def status(self, build: ServerBuild) -> Status | None:
        known = self.known(build)
        return known.status if known else None

    def told(self, build: ServerBuild) -> list[tuple[str | None, str]]:
        """The moves of the build itself: from, to."""
        return [(move.before, move.after) for move in self.moves if move.build.id == build.id and move.stage is None]

    def ends(self, build: ServerBuild) -> list[str]:
        """The ends of the build that were told."""
        return [after for _, after in self.told(build) if Status(after).ended]

    def asked(self, path: str = "", since: float = 0.0) -> int:
        """How many requests were made since that time of the loop's clock; for one path template, or in all."""
        counts = self.server.requests.counts(wall() - asyncio.get_running_loop().time() + since if since else 0.0)
        return sum(count for (_, template), count in counts.items() if path in ("", template))


def wall() -> float:
    """Unix seconds by the loop's clock."""
    return START - BEGIN + asyncio.get_running_loop().time()


MakeRig = Callable[..., Awaitable[Rig]]


@pytest_asyncio.fixture
async def make_rig() -> AsyncIterator[MakeRig]:
    """Makes rigs: `await make_rig(history=3)`. What it takes is what the demo server takes."""
    async with AsyncExitStack() as stack:

        async def make(**options: Any) -> Rig:
            given: dict[str, Any] = {"seed": 1, "history": 0, "rate": 0, "clock": wall, **options}
            server = DemoServer(**given)
            rig = Rig(await stack.enter_async_context(running(server)))
            stack.push_async_callback(rig.end)
            return rig

        yield make


@pytest_asyncio.fixture
async def rig(make_rig: MakeRig) -> Rig:
    """A server without builds, and its watcher."""
    return await make_rig()
