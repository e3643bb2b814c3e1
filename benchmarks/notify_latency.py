"""From a build's end on the wire to Slack's socket, with an idle daemon; and the daemon's memory over many builds.

    python -m benchmarks.notify_latency [--ends 60] [--memory 10000]

The latency is that of a build whose end an event tells: from the moment in which the demo server puts it on its stream
to the arrival of the request at the demo Slack. The memory is the daemon's resident set after the first tenth of the
builds, and after all of them, at a hundred a second.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks import report
from benchmarks.notify_storm import OVER, configuration, daemon
from buildwatch.demo.control import Script, StageScript, StepScript
from buildwatch.demo.server import DemoServer
from buildwatch.demo.slack import SlackServer, running

STEP = (StageScript((StepScript("test", seconds=0.2),)),)


async def latency(ends: int) -> None:
    """Start builds one after the other and time their messages."""
    server, slack = DemoServer(seed=3, repos=12, rate=0, history=2), SlackServer(seed=5)
    server.control.pause(paused=True)
    await server.start()
    with tempfile.TemporaryDirectory() as name:
        async with running(slack):
            environ = os.environ | {"CI": server.token, "SLACK": slack.token}
            process = await daemon(configuration(server, slack, Path(name), webhook=False), environ)
            await asyncio.sleep(4)
            published: dict[str, float] = {}
            publish = server.world.on_publish

            def watched(build: object) -> None:
                address = f"{build.repo.slug}#{build.number}"  # type: ignore[attr-defined]  # the demo's own build
                if str(build.status) in OVER:  # type: ignore[attr-defined]
                    published.setdefault(address, time.time())
                if publish is not None:
                    publish(build)  # type: ignore[arg-type]

            server.world.on_publish = watched
            for _ in range(ends):
                server.control.start(Script("acme/search", stages=STEP))
                await asyncio.sleep(0.5)
            await asyncio.sleep(2)
            arrived = {str(message.body["text"]): message.at for message in slack.workspace.messages}
            process.send_signal(signal.SIGTERM)
            await process.wait()
    await server.stop()
    seconds = [arrived[address] - at for address, at in published.items() if address in arrived]
    report.times("end on the wire → Slack", seconds)
    report.verdict("median, of ms", 1000 * median(seconds), "ms", at_most=100)


async def memory(builds: int) -> None:
    """Have many builds told and look at the daemon's memory."""
    server, slack = DemoServer(seed=3, repos=300, rate=100, history=2), SlackServer(seed=5)
    server.control.pause(paused=True)
    await server.start()
    with tempfile.TemporaryDirectory() as name:
        async with running(slack):
            environ = os.environ | {"CI": server.token, "SLACK": slack.token}
            process = await daemon(configuration(server, slack, Path(name), webhook=False), environ)
            await asyncio.sleep(5)
            before, sizes = len(server.world.builds), list[float]()
            server.control.pause(paused=False)
            for wanted in (builds // 10, builds):
                while len(slack.workspace.messages) < wanted * 0.9 or len(server.world.builds) - before < wanted:
                    await asyncio.sleep(0.5)
                    if len(server.world.builds) - before >= wanted:
                        server.control.pause(paused=True)
                server.control.pause(paused=False)
                sizes.append(resident(process.pid))
                report.amount(f"resident after {wanted} builds", sizes[-1], "MB")
            process.send_signal(signal.SIGTERM)
            await process.wait()
    await server.stop()
    report.verdict("memory grown by", sizes[1] / sizes[0], "×", at_most=1.2)


def resident(pid: int) -> float:
    """Megabytes that a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ends", type=int, default=60)
    parser.add_argument("--memory", type=int, default=10_000, help="builds to be told; 0 leaves this out")
    args = parser.parse_args()
    if args.ends:
        asyncio.run(latency(args.ends))
    if args.memory:
        asyncio.run(memory(args.memory))


if __name__ == "__main__":
    main()
