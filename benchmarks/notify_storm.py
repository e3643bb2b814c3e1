"""Every end told once while everything goes wrong: a Drone that cuts its streams and cancels silently, a Slack that
refuses, breaks and loses answers, and a daemon that is killed again and again.

    python -m benchmarks.notify_storm [--builds 1000] [--rate 20] [--kill 3] [--webhook | --update]

With the Web API every ended build must have exactly one message. With a webhook none may be missing, and doubles may
occur only where an answer was lost, by the wire or by a kill. With `--update` a build's message is posted when it
starts and changed when it ends, and failures have their log's excerpt in its thread: one message a build, with its end
on it, and at most one excerpt.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from benchmarks import report
from buildwatch.demo.server import DemoServer
from buildwatch.demo.slack import SlackServer, running
from buildwatch.notify.message import OF_IT

RULE = """
[[rule]]
name = "all ends"
when = [{started}"success", "failure", "killed", "error", "skipped", "declined"]
{target}
template = "{{{{repo.owner}}}}/{{{{repo.name}}}}#{{{{build.number}}}}{status}"
"""

OVER = ("success", "failure", "killed", "error", "skipped", "declined")


def configuration(server: DemoServer, slack: SlackServer, folder: Path, *, webhook: bool, update: bool = False) -> Path:
    """What the daemon is set to."""
    target = 'webhook_env = "HOOK"' if webhook else 'channel = "C0BUILDS"'
    target += "\nthread = true\nexcerpt = true" if update else ""
    rule = RULE.format(
        target=target, started='"started", ' if update else "", status=" {{build.status}}" if update else ""
    )
    path = folder / "config.toml"
    path.write_text(
        f'[[server]]\nname = "lab"\nurl = "{server.url}"\ntoken_env = "CI"\n'
        f'[slack]\ntoken_env = "SLACK"\napi_url = "{slack.api_url}"\nrate = 0\n'
        f'[store]\nurl = "sqlite:///{folder}/outbox.db"\n' + rule
    )
    return path


async def daemon(path: Path, environ: dict[str, str], log: str = os.devnull) -> asyncio.subprocess.Process:
    """Start it; what it says goes to the end of that file."""
    with open(log, "ab") as said:  # noqa: ASYNC230  (it takes no time)
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "buildwatch", "notify", "--config", str(path)), env=environ, stderr=said
        )


async def storm(args: argparse.Namespace) -> None:
    """Build, kill, and count."""
    server = DemoServer(seed=3, repos=40, rate=args.rate, history=2)
    server.faults.change({"cut_streams_after": 5.0, "silent_cancels": 0.08})
    slack = SlackServer(seed=5)
    slack.faults.change({"rate_limited": 0.2, "retry_after": 1.0, "server_error": 0.1, "lost_answers": 0.05})
    server.control.pause(paused=True)
    await server.start()
    with tempfile.TemporaryDirectory() as name:
        async with running(slack):
            path = configuration(server, slack, Path(name), webhook=args.webhook, update=args.update)
            environ = os.environ | {"CI": server.token, "SLACK": slack.token, "HOOK": slack.webhook("builds")}
            earlier = over(server)
            process = await daemon(path, environ, args.log)
            await asyncio.sleep(4)
            known, before = over(server), len(server.world.builds)
            begin, kills, killed_at = time.monotonic(), 0, time.monotonic()
            server.control.pause(paused=False)
            while len(server.world.builds) - before < args.builds:
                await asyncio.sleep(0.1)
                if args.kill and time.monotonic() - killed_at > args.kill:
                    process.send_signal(signal.SIGKILL)
                    await process.wait()
                    kills, killed_at = kills + 1, time.monotonic()
                    process = await daemon(path, environ, args.log)
            server.control.pause(paused=True)
            built = time.monotonic() - begin
            await settled(server, slack, known, args.patience)
            process.send_signal(signal.SIGTERM)
            await process.wait()
            tell(server, slack, (earlier, known), kills, built, webhook=args.webhook)
            if args.update:
                excerpts = Counter(
                    one.key.rsplit("|", 2)[0] for one in slack.workspace.messages if one.key.endswith(OF_IT)
                )
                report.verdict("with another end than theirs", wrong(server, slack), "", at_most=0)
                report.verdict("excerpts too many", excerpts.total() - len(excerpts), "", at_most=0)
    await server.stop()


def over(server: DemoServer) -> set[int]:
    """The ids of the builds that have ended."""
    return {build.id for build in server.world.builds if str(build.status) in OVER}


def ended(server: DemoServer, known: set[int]) -> set[str]:
    """The builds that have ended since."""
    new = over(server) - known
    return {f"{build.repo.slug}#{build.number}" for build in server.world.builds if build.id in new}


def said(slack: SlackServer) -> list[str]:
    """The texts of all messages, in the channel and in threads, excerpts aside: `REPO#N` and perhaps a status."""
    messages = slack.workspace.messages
    return [str(one.body["text"]) for one in messages if not (one.thread_ts and one.key.endswith(OF_IT))]


def told(slack: SlackServer) -> Counter[str]:
    """How many messages each has."""
    return Counter(text.partition(" ")[0] for text in said(slack))


def wrong(server: DemoServer, slack: SlackServer) -> int:
    """How many builds have another end than the one that their message tells."""
    ends = {f"{build.repo.slug}#{build.number}": str(build.status) for build in server.world.builds}
    told = [text.split(" ") for text in said(slack)]
    return sum(ends[address] in OVER and ends[address] != status for address, status in told)


async def settled(server: DemoServer, slack: SlackServer, known: set[int], patience: float) -> None:
    """Wait until all is told, or nothing has come for long."""
    last, since = -1, time.monotonic()
    while time.monotonic() - since < patience:
        if len(slack.workspace.messages) != last:
            last, since = len(slack.workspace.messages), time.monotonic()
        if not ended(server, known) - told(slack).keys() and time.monotonic() - since > 15:
            return
        await asyncio.sleep(0.5)


def tell(
    server: DemoServer,
    slack: SlackServer,
    before: tuple[set[int], set[int]],
    kills: int,
    built: float,
    *,
    webhook: bool,
) -> None:
    """What came of it."""
    earlier, known = before
    wanted, messages = ended(server, known), told(slack)
    doubles = sum(count - 1 for text, count in messages.items() if text in wanted)
    report.amount("builds ended", len(wanted), "", f"in {built:.0f} s, daemon killed {kills} times")
    report.amount("messages", messages.total(), "")
    report.verdict("missing", len(wanted - messages.keys()), "", at_most=0)
    if webhook:
        report.amount("answers lost by the wire", slack.unsaid, "")
    report.verdict("doubled", doubles, "", at_most=slack.unsaid + kills if webhook else 0)
    report.verdict("of builds that were before", len(messages.keys() - ended(server, earlier)), "", at_most=0)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--builds", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=20.0)
    parser.add_argument("--kill", type=float, default=3.0, help="seconds between kills, 0 for none")
    parser.add_argument("--patience", type=float, default=60.0)
    parser.add_argument("--log", default=os.devnull, help="where what the daemon says goes")
    parser.add_argument("--webhook", action="store_true")
    parser.add_argument("--update", action="store_true", help="one message a build, changed, with a thread")
    asyncio.run(storm(parser.parse_args()))


if __name__ == "__main__":
    main()
