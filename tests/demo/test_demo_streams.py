"""Event streams and live logs over a real connection, with time moved by hand."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from buildwatch.demo.control import Script, StageScript, StepScript
from buildwatch.demo.driver import HandClock
from buildwatch.demo.faults import Faults
from buildwatch.demo.server import DemoServer, running
from buildwatch.demo.streams import BUFFER, Hub

PUBLIC, PRIVATE = "platform/gateway", "platform/auth"
DATA = Path(__file__).parent.parent / "data" / "drone2"
END = "event: error\ndata: eof\n\n"


class Reader:
    """What came of a stream so far."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.text = ""
        self._chunks = response.aiter_text()

    async def until(self, wanted: str) -> str:
        """Read until a text has come, and give all that came up to now."""
        async with asyncio.timeout(5):
            while wanted not in self.text:
                self.text += await anext(self._chunks)
        return self.text

    async def rest(self) -> str:
        async with asyncio.timeout(5):
            async for chunk in self._chunks:
                self.text += chunk
        return self.text

    @property
    def events(self) -> list[dict[str, Any]]:
        lines = self.text.split("\n")
        return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: {")]


@asynccontextmanager
async def reading(server: DemoServer, path: str = "/api/stream", token: str | None = None) -> AsyncIterator[Reader]:
    headers = {"Authorization": f"Bearer {server.token if token is None else token}"}
    async with (
        httpx.AsyncClient(base_url=server.url, headers=headers, timeout=10) as client,
        client.stream("GET", path) as response,
    ):
        reader = Reader(response)
        if response.status_code == 200:
            await reader.until(": ping\n\n")
        yield reader


def script(*steps: StepScript, repo: str = PUBLIC, **changes: Any) -> Script:
    return Script(repo, (StageScript(steps or (StepScript("clone"),), runner="exec"),), **changes)


async def test_an_event_is_one_line_with_everything(server: DemoServer) -> None:
    async with reading(server) as reader:
        server.control.start(script(*(StepScript(str(number)) for number in range(7)), event="custom"))
        server.advance(1)
        text = await reader.until('"status":"running"')
        assert reader.response.headers["content-type"] == "text/event-stream"
        assert reader.response.headers["x-accel-buffering"] == "no"
        event = text.removeprefix(": ping\n\n").split("\n\n")[0]
        recorded = (DATA / "event.txt").read_text().strip()
        assert _fields(_decoded(event)) == _fields(_decoded(recorded))


def _decoded(line: str) -> Any:
    assert "\n" not in line
    return json.loads(line.removeprefix("data: "))


def _fields(value: Any) -> Any:
    if isinstance(value, dict):
        return [(name, _fields(item)) for name, item in value.items() if name not in ("params", "started")]
    if isinstance(value, list):
        return [_fields(item) for item in value]
    return type(value).__name__


async def test_nothing_is_replayed(server: DemoServer) -> None:
    server.control.start(script(StepScript("first"), StepScript("wait", hold=True)))
    server.advance(10)
    async with reading(server) as reader:
        server.control.release(server.control.build(PUBLIC, 1))
        server.advance(10)
        await reader.until('"status":"success","event"')
        assert len(reader.events) == 2


async def test_who_sees_what(server: DemoServer) -> None:
    async with (
        reading(server) as admin,
        reading(server, token=server.member_token) as member,
        reading(server, token="wrong") as stranger,
        reading(server, f"/api/stream/{PRIVATE}") as one,
    ):
        server.control.start(script(repo=PRIVATE))
        server.advance(10)
        server.control.start(script())
        server.advance(10)
        for reader in (admin, member, stranger):
            await reader.until(f'"slug":"{PUBLIC}"')
        await one.until('"status":"success","event"')
    assert {event["slug"] for event in admin.events} == {PUBLIC, PRIVATE}
    assert {event["slug"] for event in member.events} == {event["slug"] for event in stranger.events} == {PUBLIC}
    assert {event["slug"] for event in one.events} == {PRIVATE}


async def test_a_repo_added_later_is_not_seen(server: DemoServer) -> None:
    async with reading(server) as reader:
        server.control.add_repo("acme/later")
        server.control.start(script(repo="acme/later"))
        server.advance(10)
        server.control.start(script())
        server.advance(10)
        await reader.until(f'"slug":"{PUBLIC}"')
    assert {event["slug"] for event in reader.events} == {PUBLIC}


async def test_streams_that_are_not_there(server: DemoServer) -> None:
    server.control.start(script(StepScript("wait", hold=True)))
    server.advance(2)
    for path, status in (
        ("acme/nope", 404),
        (f"{PUBLIC}/1/1/77", 404),
        (f"{PUBLIC}/99/1/1", 404),
        (f"{PUBLIC}/1/x/1", 400),
    ):
        async with reading(server, f"/api/stream/{path}") as reader:
            assert reader.response.status_code == status
            assert reader.response.headers["content-type"] == "application/json"
    async with reading(server, f"/api/stream/{PRIVATE}/1/1/1", token="wrong") as reader:
        assert reader.response.status_code == 401


async def test_keep_alives_are_put_off_by_events_nobody_sees() -> None:
    hub = Hub()
    stream = hub.listen(frozenset({1}).__contains__, ping_after=0.05)
    assert await anext(stream) == b": ping\n\n"
    assert await anext(stream) == b": ping\n\n"

    async def chatter() -> None:
        for _ in range(10):
            await asyncio.sleep(0.02)
            hub.publish(2, b"hidden")
        hub.publish(1, b"seen")

    _, came = await asyncio.gather(chatter(), anext(stream))
    assert came == b"seen"
    await stream.aclose()
    assert len(hub) == 0


async def test_a_slow_reader_loses_the_newest() -> None:
    hub = Hub()
    stream = hub.listen(frozenset({1}).__contains__, ping_after=10)
    await anext(stream)
    for number in range(BUFFER + 50):
        hub.publish(1, b"%d " % number)
    assert await anext(stream) == b"".join(b"%d " % number for number in range(BUFFER))
    hub.publish(1, b"after")
    assert await anext(stream) == b"after"
    await stream.aclose()


async def test_a_reader_that_leaves_is_forgotten(server: DemoServer, admin: httpx.AsyncClient) -> None:
    async with reading(server):
        assert len(server.hub) == 1
    async with asyncio.timeout(5):
        while (await admin.get("/api/system/stats")).json()["events"]["subscribers"]:
            pass


async def test_open_streams_do_not_hold_up_the_end() -> None:
    server = DemoServer(clock=HandClock(1_795_433_706.0), history=0, rate=0)
    async with running(server), asyncio.timeout(5), reading(server) as reader:
        await server.stop()
        with pytest.raises(httpx.HTTPError):
            await reader.rest()


async def test_a_stream_is_cut_without_an_end(server: DemoServer) -> None:
    server.faults.cut_streams_after = 0.05
    async with reading(server) as reader:
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
            await reader.rest()
    assert END not in reader.text


LOG = f"/api/stream/{PUBLIC}/1/1/1"


async def test_a_live_log(server: DemoServer) -> None:
    server.faults.lose_log_tail = False
    server.control.start(script(StepScript("test", hold=True, log=("+ make\n",))))
    server.advance(0.3)
    async with reading(server, LOG) as early:
        server.advance(1)
        assert await early.until("make") == ': ping\n\ndata: {"pos":0,"out":"+ make\\n","time":0}\n\n\n'
        server.control.say(server.control.build(PUBLIC, 1), 1, 1, ["half", " a <line>"])
        async with reading(server, LOG) as late:
            server.advance(1)
            await early.until("line")
            server.control.release(server.control.build(PUBLIC, 1))
            assert await early.rest() == await late.rest()
    assert early.text.endswith('\\u003cline\\u003e","time":1}\n\n\n' + END)
    assert [event["pos"] for event in early.events] == [0, 1, 2]


async def test_output_comes_once_a_second(server: DemoServer) -> None:
    server.control.start(script(StepScript("test", hold=True, log=())))
    server.advance(1.25)
    build = server.control.build(PUBLIC, 1)
    async with reading(server, LOG) as reader:
        server.control.say(build, 1, 1, ["soon"])
        server.advance(0.1)
        server.advance(0.1)
        assert reader.text == ": ping\n\n"
        server.advance(1)
        await reader.until("soon")


@pytest.mark.parametrize("lost", [True, False])
async def test_the_end_overtakes_the_last_batch(server: DemoServer, lost: bool) -> None:
    server.faults.lose_log_tail = lost
    server.control.start(script(StepScript("test", hold=True, log=())))
    server.advance(1.25)
    build = server.control.build(PUBLIC, 1)
    async with reading(server, LOG) as reader:
        server.control.say(build, 1, 1, ["last words"])
        server.control.release(build)
        text = await reader.rest()
    assert text.endswith(END)
    assert ("last words" in text) is not lost


async def test_a_long_history_begins_late(server: DemoServer) -> None:
    server.control.start(script(StepScript("flood", hold=True, log=tuple(f"{n}\n" for n in range(6000)))))
    server.advance(3)
    async with reading(server, LOG) as reader:
        await reader.until('"pos":5999')
    assert [event["pos"] for event in reader.events] == list(range(1000, 6000))


async def test_what_does_not_run_ends_at_once(server: DemoServer) -> None:
    server.control.start(script(StepScript("test"), StepScript("wait", hold=True), StepScript("later")))
    server.advance(10)
    for step in (1, 3):
        async with reading(server, f"/api/stream/{PUBLIC}/1/1/{step}") as reader:
            assert await reader.rest() == ": ping\n\n" + END


async def test_events_on_order(server: DemoServer) -> None:
    faults = Faults(drop_events=1.0)
    server.control.change_faults(faults.as_dict())
    async with reading(server) as reader:
        server.control.start(script())
        server.advance(10)
        assert server.control.build(PUBLIC, 1).told == 0
        server.control.change_faults({"drop_events": 0.0, "duplicate_events": 1.0, "strange_events": 1.0})
        server.control.start(script(StepScript("clone"), StepScript("test")))
        server.advance(10)
        await reader.until('"status":"success","event"')
        await reader.until("]")
    assert {event["build"]["number"] for event in reader.events} == {2}
    assert reader.events[0] == reader.events[1]
    assert reader.events[0]["build"]["status"] == "warming_up"
    assert "insights" in reader.events[0]
    assert server.control.build(PUBLIC, 2).told > 0


async def test_a_build_nobody_hears_of(server: DemoServer) -> None:
    async with reading(server) as reader:
        server.control.start(script(unseen=True))
        server.advance(10)
        server.control.start(script())
        server.advance(10)
        await reader.until('"status":"success","event"')
    assert {event["build"]["number"] for event in reader.events} == {2}
    state = server.control.state()["builds"]
    assert [(build["status"], build["told_at"] is None) for build in state] == [("success", True), ("success", False)]
