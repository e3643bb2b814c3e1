"""Do ninety dead servers slow ten live ones down?

`buildwatch watch --json` with ten demo servers alone, and with the same ten among ninety that are dead each in its own
way: refused, swallowed by a black hole, silent once connected, a web page, no HTTP at all, a name that nobody has, a
token that its command never gives. In turn, so that a busy minute counts for both: how long until the streams of all
ten are open and their repos are read, how long from the end of a build to its line, and the CPU time that it took.

    python benchmarks/dead_servers.py [--rounds 3] [--seconds 12]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks import report
from buildwatch.demo.control import Script, StageScript, StepScript
from buildwatch.demo.server import DemoServer, running
from buildwatch.demo.state import Build

LIVE = 10
DEAD = 90
BUILDS_A_SECOND = 10
TOKEN = "benchmark"  # of servers that live for a minute on loopback
FOR_EVER = 'token_command = ["sleep", "3600"]'
LISTED = "/api/user/repos"


class Round(NamedTuple):
    """What one run came to, in seconds: until all was read, from each end to its line, and of CPU time."""

    ready: float
    ends: list[float]
    cpu: float


@contextmanager
def black_hole() -> Iterator[int]:
    """A port where no connection is ever refused or made: as many wait as there is room for."""
    with ExitStack() as stack:
        hole = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(hole.getsockname())
        yield hole.getsockname()[1]


def refused() -> int:
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@asynccontextmanager
async def answering(answer: bytes) -> AsyncIterator[int]:
    """A port where whatever is asked is answered so; nothing at all where that is empty."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.read(1 << 16):
                writer.write(answer)
                await writer.drain()
        except (OSError, asyncio.CancelledError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 60000\r\n\r\n" + b"<p>Welcome" * 6000


async def the_dead(stack: AsyncExitStack) -> list[str]:
    """What the configuration says of each of them."""
    hole = stack.enter_context(black_hole())
    silent, page, other = [await stack.enter_async_context(answering(said)) for said in (b"", PAGE, b"\x15\x03\x01")]
    where = [f"http://localhost:{port}" for port in (refused(), hole, silent, page, other)]
    where += ["https://{at}.ci.invalid", where[2]]
    plain = f"token = {json.dumps(TOKEN)}"
    of = [(url, FOR_EVER if at == 6 else plain) for at, url in enumerate(where)]
    kinds = ("auto", "drone-2", "drone-0.8")
    return [
        f"[[server]]\nname = 'dead-{at}'\nurl = '{url.format(at=at)}'\nkind = '{kinds[at % 3]}'\n{token}\n"
        for at, (url, token) in ((at, of[at % len(of)]) for at in range(DEAD))
    ]


class Watch:
    """`buildwatch watch --json`, and when each end came."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.ends: dict[tuple[str, int], float] = {}

    async def read(self) -> None:
        """Read its lines until it ends."""
        assert self.process.stdout is not None
        async for row in self.process.stdout:
            line = json.loads(row)
            if line["stage"] is None and line["to"] == "success":
                self.ends[line["server"], line["build"]] = time.time()

    def cpu(self) -> float:
        """Seconds so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure(servers: Mapping[str, DemoServer], config: Path, seconds: float) -> Round:
    """One run."""
    argv = [sys.executable, "-m", "buildwatch", "--config", str(config), "watch", "--json"]
    before = {name: listed(server) for name, server in servers.items()}
    begun = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *argv, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    watch = Watch(process)
    reading = asyncio.create_task(watch.read())
    try:
        await until(lambda: all(server.hub and listed(server) > before[name] for name, server in servers.items()))
        ready = time.perf_counter() - begun
        await asyncio.sleep(1)
        built = await build(servers, seconds)
        await until(lambda: all((name, one.number) in watch.ends for name, one in built))
        ends = [watch.ends[name, one.number] - one.ended for name, one in built]
        cpu = watch.cpu()
    finally:
        process.terminate()
        await process.wait()
        await reading
    return Round(ready, ends, cpu)


async def until(condition: Callable[[], bool]) -> None:
    """Wait until it holds, looking every 5 ms."""
    async with asyncio.timeout(120):
        while True:
            if condition():
                return
            await asyncio.sleep(0.005)


def listed(server: DemoServer) -> int:
    """How often the list of repos was read."""
    return sum(count for (_, path), count in server.requests.counts().items() if path == LISTED)


async def build(servers: Mapping[str, DemoServer], seconds: float) -> list[tuple[str, Build]]:
    """Builds on all servers in turn, evenly over the time."""
    script = Script("acme/storefront", (StageScript((StepScript("test", seconds=0.2, log=("ok\n",)),)),))
    loop = asyncio.get_running_loop()
    begin, built = loop.time(), []
    for count in range(int(seconds * BUILDS_A_SECOND)):
        await asyncio.sleep(begin + count / BUILDS_A_SECOND - loop.time())
        name = f"live-{count % LIVE}"
        servers[name].world.advance(time.time())  # its time stands still while nothing happens
        built.append((name, servers[name].control.start(script)))
    return built


async def run(rounds: int, seconds: float) -> None:
    """Measure in turn, and print the table."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        made = (DemoServer(seed=at, repos=20, history=5, rate=0, token=TOKEN) for at in range(LIVE))
        servers = {f"live-{at}": await stack.enter_async_context(running(one)) for at, one in enumerate(made)}
        living = [
            f"[[server]]\nname = '{name}'\nurl = 'http://localhost:{server.url.rpartition(':')[2]}'\n"
            f"token = {json.dumps(TOKEN)}\n"
            for name, server in servers.items()
        ]
        dead = await the_dead(stack)
        alone, among = folder / "alone.toml", folder / "among.toml"
        every = DEAD // LIVE
        mixed = [row for at, row in enumerate(living) for row in (*dead[at * every : (at + 1) * every], row)]
        for path, tables in ((alone, living), (among, mixed)):
            path.write_text("\n".join(tables))
            path.chmod(0o600)
        pairs = [
            (await measure(servers, alone, seconds), await measure(servers, among, seconds)) for _ in range(rounds)
        ]
    base, ours = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    for name, of in ((f"{LIVE} alone", base), (f"{LIVE} among {DEAD} dead", ours)):
        report.times(f"{name}: start until all is read", [one.ready for one in of])
        report.times(f"{name}: end to line", [end for one in of for end in one.ends])
        report.times(f"{name}: CPU time", [one.cpu for one in of])
    report.ratio("start until all is read", [one.ready for one in ours], [one.ready for one in base], at_most=2)
    report.ratio("end to line", [median(one.ends) for one in ours], [median(one.ends) for one in base], at_most=1.5)
    tails = [[sorted(one.ends)[int(0.95 * len(one.ends))] for one in of] for of in (ours, base)]
    report.ratio("end to line, 95 %", *tails, at_most=2)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=12)
    chosen = parser.parse_args()
    asyncio.run(run(chosen.rounds, chosen.seconds))


if __name__ == "__main__":
    main()
