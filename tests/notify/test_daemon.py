"""The whole daemon as a process: a real server, a real Slack, signals, kills."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest_asyncio

from buildwatch.demo.control import Script, StageScript, StepScript
from buildwatch.demo.server import DemoServer
from buildwatch.demo.slack import SlackServer, running
from buildwatch.demo.slack_state import Message

LIMIT = 60.0
ENDS = """
[[rule]]
name = "ends"
when = "every"
channel = "C0BUILDS"
template = "{{repo.owner}}/{{repo.name}}#{{build.number}} {{build.status}}"
"""


class Site:
    """A Drone, a Slack, and the configuration of a notifier between them."""

    def __init__(self, server: DemoServer, slack: SlackServer, folder: Path) -> None:
        self.server, self.slack, self.folder = server, slack, folder
        self.config = folder / "config.toml"
        self.write(ENDS)

    def write(self, rules: str, more: str = "") -> None:
        self.config.write_text(
            f'[[server]]\nname = "ci"\nurl = "{self.server.url}"\ntoken_env = "CI_TOKEN"\n'
            f'[slack]\ntoken_env = "SLACK"\napi_url = "{self.slack.api_url}"\nrate = 0\n'
            f'[store]\nurl = "sqlite:///{self.folder}/state/outbox.db"\n{more}{rules}'
        )

    @asynccontextmanager
    async def daemon(self, *flags: str) -> AsyncIterator[Daemon]:
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "CI_TOKEN": self.server.token,
            "SLACK": self.slack.token,
        }
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "buildwatch", "notify", "--config", str(self.config), *flags),
            stderr=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=environ,
        )
        daemon = Daemon(process)
        try:
            yield daemon
        finally:
            await daemon.kill()

    def start(self, outcome: str = "success", **script: object) -> None:
        step = StepScript("test", seconds=0.05, outcome=outcome)  # type: ignore[arg-type]
        self.server.control.start(Script("acme/search", stages=(StageScript((step,)),), **script))  # type: ignore[arg-type]

    @property
    def texts(self) -> list[str]:
        return [str(message.body["text"]) for message in self.slack.workspace.messages]

    async def until(self, condition: Callable[[], object]) -> None:
        try:
            async with asyncio.timeout(LIMIT):
                while not condition():  # noqa: ASYNC110  (of two other processes' making)
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"in Slack there are only {self.texts}") from None


class Daemon:
    """The process, and what it says."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said: list[str] = []
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.said.append(line.decode())

    async def says(self, *words: str) -> None:
        try:
            async with asyncio.timeout(LIMIT):
                while not all(any(word in line for line in self.said) for word in words):
                    over = self.process.returncode is not None and self._reading.done()
                    assert not over, "".join(self.said)
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"it does not say {words}, but: {''.join(self.said)}") from None

    async def kill(self, number: int = signal.SIGKILL) -> int:
        if self.process.returncode is None:
            self.process.send_signal(number)
        code = await asyncio.wait_for(self.process.wait(), 15)
        await self._reading
        return code


@pytest_asyncio.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    server = DemoServer(seed=1, history=0, rate=0)
    await server.start()
    async with running(SlackServer(seed=1)) as slack:
        try:
            yield Site(server, slack, tmp_path)
        finally:
            await server.stop()


async def test_an_end_is_told_and_sigterm_ends_it(site: Site) -> None:
    async with site.daemon() as daemon:
        await daemon.says("ci answers")
        site.start("failure")
        await site.until(lambda: site.texts)
        assert site.texts == ["acme/search#1 failure"]
        assert await daemon.kill(signal.SIGTERM) == 0
        await daemon.says("stopped")
        shown = "".join(daemon.said)
        assert site.slack.token not in shown
        assert site.server.token not in shown


async def test_what_ends_while_it_is_down_is_told_by_the_next_one(site: Site) -> None:
    async with site.daemon() as daemon:
        await daemon.says("ci answers")
        site.start()
        await site.until(lambda: len(site.texts) == 1)
    for _ in range(3):
        site.start("failure")
    async with site.daemon() as daemon:
        await site.until(lambda: len(site.texts) == 4)
        assert site.texts == ["acme/search#1 success", *(f"acme/search#{number} failure" for number in (2, 3, 4))]


async def test_the_past_is_told_where_that_is_asked_for(site: Site) -> None:
    site.start("failure")
    await asyncio.sleep(1)
    async with site.daemon("--since", "2h"):
        await site.until(lambda: site.texts)
        assert site.texts == ["acme/search#1 failure"]


async def test_a_new_configuration_is_taken_and_a_wrong_one_is_not(site: Site) -> None:
    async with site.daemon() as daemon:
        await daemon.says("ci answers")
        site.write(ENDS.replace('template = "', 'template = "new: '))
        daemon.process.send_signal(signal.SIGHUP)
        await daemon.says("configuration reloaded")
        site.write(ENDS.replace("every", "never"))
        daemon.process.send_signal(signal.SIGHUP)
        await daemon.says("the new configuration is not taken", "when must be one or more of")
        site.start()
        await site.until(lambda: site.texts)
        assert site.texts == ["new: acme/search#1 success"]


async def test_two_on_one_outbox_refuse_and_a_dry_run_does_not_mind(site: Site) -> None:
    async with site.daemon() as first:
        await first.says("ci answers")
        async with site.daemon() as second:
            await second.says("already works on")
            assert await asyncio.wait_for(second.process.wait(), 15) == 1
        async with site.daemon("--dry-run") as dry:
            await dry.says("ci answers")
            site.start()
            assert dry.process.stdout is not None
            line = json.loads(await asyncio.wait_for(dry.process.stdout.readline(), LIMIT))
            assert (line["to"], line["body"]["text"]) == ("channel:C0BUILDS", "acme/search#1 success")
        await site.until(lambda: site.texts == ["acme/search#1 success"])


async def test_its_pages(site: Site, unused_tcp_port: int) -> None:
    site.write(ENDS, f'[notify]\nhealth = "127.0.0.1:{unused_tcp_port}"\n')
    async with site.daemon() as daemon, httpx.AsyncClient(base_url=f"http://127.0.0.1:{unused_tcp_port}") as client:
        await daemon.says("ci answers")
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/readyz")).status_code == 200
        site.start()
        await site.until(lambda: site.texts)
        await asyncio.sleep(0.1)
        text = (await client.get("/metrics")).text
        assert "buildwatch_messages_sent_total 1\n" in text
        assert 'buildwatch_server_up{server="ci"} 1\n' in text


async def test_dead_letters_are_told_and_can_be_sent_again(site: Site) -> None:
    site.write(ENDS.replace("C0BUILDS", "C0NOWHERE"))
    async with site.daemon() as daemon:
        await daemon.says("ci answers")
        site.start()
        await daemon.says("refused", "channel_not_found")
        assert await daemon.kill(signal.SIGTERM) == 0
    async with site.daemon("outbox") as listed:
        assert listed.process.stdout is not None
        shown = (await listed.process.stdout.read()).decode()
        assert "dead" in shown
        assert "channel_not_found" in shown
    async with site.daemon("outbox", "retry") as retried:
        assert retried.process.stdout is not None
        assert await retried.process.stdout.read() == b"1 message to be sent again\n"


async def test_killed_again_and_again_it_tells_every_end_once(site: Site) -> None:
    """With faults on both sides: Slack loses answers, the server cuts its streams."""
    site.slack.faults.change({"rate_limited": 0.2, "retry_after": 0.3, "server_error": 0.1, "lost_answers": 0.1})
    site.server.control.change_faults({"cut_streams_after": 2.0})
    kills, told = 4, 0
    async with site.daemon() as daemon:
        await daemon.says("ci answers")
    for _ in range(kills):
        async with site.daemon():
            for _ in range(4):
                site.start("failure" if told % 3 else "success")
                told += 1
                await asyncio.sleep(0.4)
    async with site.daemon() as daemon:
        await site.until(lambda: len(site.texts) >= told)
        await asyncio.sleep(1.5)
        assert await daemon.kill(signal.SIGTERM) == 0
    assert sorted(site.texts, key=lambda text: int(text.split("#")[1].split()[0])) == [
        f"acme/search#{number} {'failure' if (number - 1) % 3 else 'success'}" for number in range(1, told + 1)
    ]


TURNS = """
[[rule]]
name = "turns"
when = ["broken", "still_failing", "fixed"]
channel = "C0BUILDS"
thread = true
broadcast = true
excerpt = 4
snippet = true
[[rule]]
name = "life"
when = ["started", "every"]
channel = "C0DEPLOYS"
template = "{{build.number}} {{build.status}}"
[[rule]]
name = "burst"
when = "failure"
channel = "C0ALERTS"
group = "2s"
"""


async def test_what_broke_its_excerpt_and_what_is_fixed_are_one_thread_and_a_burst_is_told_once(site: Site) -> None:
    site.write(TURNS)
    workspace = site.slack.workspace

    def of(channel: str) -> list[Message]:
        return [message for message in workspace.messages if message.channel == channel]

    async with site.daemon() as daemon:
        await daemon.says("ci answers")
        for outcome, count in (("failure", 2), ("failure", 4), ("success", 5)):
            site.start(outcome)
            await site.until(lambda count=count: len(of("C0BUILDS")) == count)  # type: ignore[misc]
        await site.until(lambda: workspace.files and all(file.thread_ts for file in workspace.files))
        broken, excerpt, *rest = of("C0BUILDS")
        assert "*broken*" in broken.text
        assert broken.thread_ts == ""
        assert excerpt.text.startswith("```\n")
        assert not excerpt.broadcast
        assert {message.thread_ts for message in (excerpt, *rest)} == {broken.ts}
        assert {file.thread_ts for file in workspace.files} == {broken.ts}
        (fixed,) = (message for message in rest if "*fixed*" in message.text)
        assert fixed.broadcast
        await site.until(lambda: [one.text for one in of("C0DEPLOYS")] == ["1 failure", "2 failure", "3 success"])
        await site.until(lambda: sum("#2>" in one.text for one in of("C0ALERTS")))
        assert [sum(f"#{number}>" in one.text for one in of("C0ALERTS")) for number in (1, 2, 3)] == [1, 1, 0]
