"""From the wire to the store: how many events a second, against httpx and msgspec alone?

A process of its own sends the same 20,000 events (of a demo server's builds as they go on, 3 to 4 kB each) again and
again over loopback, as fast as they are taken. They are read in turn the way our source does it (HTTP, decoder, model,
store) and as lines that become dicts.

    python benchmarks/throughput.py [--events 20000] [--times 5]
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from multiprocessing import get_context

import httpx
import msgspec

from benchmarks import report
from benchmarks.servers import TOKEN
from buildwatch.demo import drone2
from buildwatch.demo.driver import HandClock
from buildwatch.demo.server import DemoServer
from buildwatch.sources.drone1 import DroneSource
from buildwatch.sources.http import Http
from buildwatch.sources.sentences import Address
from buildwatch.store import Store

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=UTF-8\r\nTransfer-Encoding: chunked\r\n\r\n"


def frames(count: int) -> list[bytes]:
    """Events as a Drone 2.x puts them on the wire, in the order in which they happened."""
    made: list[bytes] = []
    server = DemoServer(seed=3, repos=100, rate=5.0, history=0, clock=HandClock(1_800_000_000.0))
    server.world.on_publish = lambda build: made.append(
        b"data: " + drone2.encode(drone2.repo(build.repo, build=build, stages=True)) + b"\n\n"
    )
    server.life.begin()
    while len(made) < count:
        server.advance(10.0)
    return made[:count]


def serve(listening: socket.socket, chunks: list[bytes]) -> None:
    """Send everything to whoever connects, one after the other."""
    while True:
        reader = listening.accept()[0]
        with reader:
            reader.recv(65536)
            reader.sendall(HEAD)
            reader.sendall(b"".join(chunks))


@contextmanager
def sending(events: list[bytes]) -> Iterator[str]:
    """A server that sends these events; its address."""
    chunks = [b"%x\r\n%s\r\n" % (len(event), event) for event in events]
    with socket.create_server(("127.0.0.1", 0)) as listening:
        process = get_context("fork").Process(target=serve, args=(listening, [*chunks, b"0\r\n\r\n"]), daemon=True)
        process.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            process.terminate()


async def ours(url: str) -> tuple[int, float]:
    """Events, and the CPU seconds until all were in the store."""
    source, store, count = DroneSource(Http(Address("bench", url, lambda: TOKEN))), Store(), 0
    began = time.process_time()
    async with source.events() as batches:
        async for batch in batches:
            for _, build in batch:
                store.apply(build, news=True)
                count += 1
    took = time.process_time() - began
    await source.close()
    return count, took


async def plain(url: str) -> tuple[int, float]:
    """The same as dicts: nothing is cleaned, merged or kept."""
    count, decoder = 0, msgspec.json.Decoder()
    async with httpx.AsyncClient(verify=False) as client:
        began = time.process_time()
        async with client.stream("GET", f"{url}/api/stream") as response:
            async for line in response.aiter_lines():
                if line.startswith("data: "):
                    decoder.decode(line[6:])
                    count += 1
        return count, time.process_time() - began


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--times", type=int, default=5)
    chosen = parser.parse_args()
    events = frames(chosen.events)
    speeds: dict[str, list[float]] = {"ours": [], "plain": []}
    with sending(events) as url:
        for _, (name, read) in zip(range(2 * chosen.times), cycle((("ours", ours), ("plain", plain))), strict=False):
            count, took = asyncio.run(read(url))
            assert count == len(events), f"{count} of {len(events)} events"
            speeds[name].append(count / took)
    report.amount("an event", sum(map(len, events)) / len(events), "bytes")
    report.rates("wire to store", speeds["ours"], "events")
    report.rates("aiter_lines, msgspec into dicts", speeds["plain"], "events")
    report.ratio("wire to store", speeds["ours"], speeds["plain"], at_least=0.3)


if __name__ == "__main__":
    main()
