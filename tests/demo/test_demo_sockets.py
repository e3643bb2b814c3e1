"""The websockets of Drone 0.5 and 0.7: what they tell, in which frames, and how they end without a word."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidStatus

from buildwatch.demo.control import Script, StageScript, StepScript
from buildwatch.demo.kinds import Kind
from buildwatch.demo.server import DemoServer, running
from tests.demo.early import PRIVATE, REPOS, flaky, matrix, quiet, recorded_events, shape, waiting
from tests.demo.test_demo_early_streams import told

HANDSHAKE = (
    b"GET /ws/feed HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
PING = b"\x89\x00"
OLD: tuple[Kind, ...] = ("drone-0.7", "drone-0.5")


@asynccontextmanager
async def socket(
    server: DemoServer, path: str = "/ws/feed", token: str | None = None
) -> AsyncIterator[ClientConnection]:
    """A websocket of the server's, open."""
    headers = {"Authorization": f"Bearer {server.token if token is None else token}"}
    url = server.url.replace("http:", "ws:") + path
    async with (
        asyncio.timeout(10),
        connect(url, additional_headers=headers, ping_interval=None, close_timeout=0.1, proxy=None) as made,
    ):
        yield made


async def heard(made: ClientConnection) -> list[Any]:
    """All messages up to the end, which must come without a close frame."""
    messages: list[Any] = []

    async def read() -> None:
        async for message in made:
            messages.append(json.loads(message))

    with pytest.raises(ConnectionClosedError) as ended:
        await read()
    assert ended.value.rcvd is None
    return messages


def test_0_7_tells_what_a_real_one_told() -> None:
    known = recorded_events()["drone-0.7"]
    slug = REPOS["drone-0.7"]
    assert told(quiet("drone-0.7"), flaky(slug)) == known["flaky_failure"]
    assert told(quiet("drone-0.7"), flaky(slug, blocked=True)) == known["gated_decline"] == []


async def test_0_7_tells_of_a_restart_as_of_a_new_build() -> None:
    server = quiet("drone-0.7")
    build = server.control.start(flaky(REPOS["drone-0.7"]))
    server.advance(60)
    with server.hub.subscribed(lambda _: True) as subscriber:
        server.world.habits.restart(build, "dana", 1.0)
        server.advance(60)
        events = [json.loads(frame) for frame in subscriber.take()]
    known = recorded_events()["drone-0.7"]["restart"]
    assert [[event["type"], event["build"]["status"]] for event in events] == [one[:2] for one in known]
    assert {event["build"]["id"] for event in events} == {build.id}


def _jobs(server: DemoServer, script: Script) -> list[list[Any]]:
    with server.hub.subscribed(lambda _: True) as subscriber:
        server.control.start(script)
        server.advance(60)
        events = [json.loads(frame) for frame in subscriber.take()]
    names = ("number", "status", "exit_code", "error")
    return [[event["type"], event["build"]["status"], *(event["job"][name] for name in names)] for event in events]


def test_0_5_tells_of_jobs_alone() -> None:
    known, slug = recorded_events()["drone-0.5"], REPOS["drone-0.5"]
    assert _jobs(quiet("drone-0.5"), flaky(slug)) == known["flaky_failure"]
    of_two = _jobs(quiet("drone-0.5"), matrix(slug))
    assert [one[:2] for one in of_two] == [
        ["enqueued", "pending"], ["started", "running"], ["started", "running"],
        ["finished", "running"], ["finished", "success"],
    ]  # fmt: skip
    assert {one[1] for one in known["matrix"][1:-1]} == {"running"}


@pytest.mark.parametrize("kind", OLD)
async def test_messages_are_whole_and_seen_by_who_may(kind: Kind) -> None:
    server = quiet(kind)
    async with running(server), socket(server) as admin, socket(server, token="wrong") as stranger:
        server.control.start(waiting(PRIVATE[kind]))
        server.advance(1)
        server.control.start(flaky(REPOS[kind]))
        server.advance(1)
        first = json.loads(await stranger.recv())
        assert first["repo"]["full_name"] == REPOS[kind]
        assert json.loads(await admin.recv())["repo"]["full_name"] == PRIVATE[kind]
        assert shape(first) == shape(recorded_events()["message"][kind])
        assert stranger.response is not None
        assert "x-drone-version" not in stranger.response.headers


async def test_messages_of_medium_size_come_in_fragments() -> None:
    server = quiet("drone-0.7")
    async with running(server), socket(server) as feed:
        server.control.start(flaky(REPOS["drone-0.7"]))
        long = tuple(StepScript(f"step-{number}") for number in range(20))
        server.control.start(Script(REPOS["drone-0.7"], (StageScript(long),)))
        medium = [len(part) async for part in feed.recv_streaming(decode=False)]
        large = [len(part) async for part in feed.recv_streaming(decode=False)]
    assert medium[0] == 1024
    assert 0 < sum(medium[1:]) <= 1024
    assert len(large) == 1
    assert large[0] > 2048


@pytest.mark.parametrize("kind", OLD)
async def test_logs_begin_at_the_begin_and_end_without_a_word(kind: Kind) -> None:
    server = quiet(kind, ping_after=0.1)
    build = server.control.start(
        Script(
            REPOS[kind], (StageScript((StepScript("clone", log=("<a>\n",)), StepScript("test", hold=True, log=()))),)
        )
    )
    async with running(server):
        server.advance(3)
        server.control.say(build, 1, 2, ["one\n", "two"])
        server.advance(0.1)
        async with socket(server, f"/ws/logs/{REPOS[kind]}/1/1") as early:
            first = json.loads(await early.recv())
            server.control.release(build)
            server.advance(1)
            lines = [first, *await heard(early)]
    said = [(line["proc"], line.get("type", 0), line["pos"], line["out"]) for line in lines]
    if kind == "drone-0.7":
        assert said == [("clone", 0, 0, "<a>\n"), ("test", 0, 0, "one\n"), ("test", 0, 1, "two")]
    else:
        assert said == [
            ("clone", 0, 0, "<a>"), ("clone", 2, 0, "0"),
            ("test", 0, 0, "one"), ("test", 0, 1, "two"), ("test", 2, 0, "0"),
        ]  # fmt: skip


async def test_a_step_has_no_log_of_its_own() -> None:
    server = quiet("drone-0.7", ping_after=0.05)
    server.control.start(waiting(REPOS["drone-0.7"]))
    async with running(server):
        server.advance(1)
        async with socket(server, f"/ws/logs/{REPOS['drone-0.7']}/1/3") as silent:
            assert await heard(silent) == []


@pytest.mark.parametrize("kind", OLD)
@pytest.mark.parametrize("path", ["{slug}/1/1", "{slug}/1/9", "{slug}/9/1", "acme/nope/1/1"])
async def test_what_does_not_run_has_no_socket(kind: Kind, path: str) -> None:
    server = quiet(kind)
    server.control.start(flaky(REPOS[kind]))
    server.advance(60)
    async with running(server):
        with pytest.raises(InvalidStatus) as refused:
            async with socket(server, "/ws/logs/" + path.format(slug=REPOS[kind])):
                pass
        assert refused.value.response.status_code == 404
        assert refused.value.response.headers["X-Drone-Version"]


@pytest.mark.parametrize("kind", OLD)
async def test_who_does_not_answer_pings_is_cut_off(kind: Kind) -> None:
    server = quiet(kind, ping_after=0.1)
    async with running(server), socket(server) as alive:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rpartition(":")[2]))
        writer.write(HANDSHAKE)
        said = await reader.read()
        writer.close()
        server.control.start(flaky(REPOS[kind]))
        assert json.loads(await alive.recv())["type"] == "enqueued"
    head, _, frames = said.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 ")
    assert set(frames.split(PING)) == {b""}


async def test_long_messages_of_a_client_are_too_much() -> None:
    server = quiet("drone-0.7")
    async with running(server), socket(server) as feed:
        await feed.send("x" * 512)
        await feed.send("x" * 600)
        with pytest.raises(ConnectionClosed) as closed:
            await feed.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


async def test_sockets_are_cut_and_refused_on_order() -> None:
    server = quiet("drone-0.7")
    async with running(server):
        server.control.change_faults({"cut_streams_after": 0.05})
        async with socket(server) as feed:
            assert await heard(feed) == []
        server.control.change_faults({"bad_gateway": 1.0})
        with pytest.raises(InvalidStatus) as refused:
            async with socket(server):
                pass
        assert refused.value.response.status_code == 502
        server.control.change_faults({"bad_gateway": 0.0, "cut_streams_after": None})
        async with socket(server) as feed:
            server.control.refuse()
            assert await heard(feed) == []
        await server.control.accept()
        async with socket(server) as feed:
            server.control.start(flaky(REPOS["drone-0.7"]))
            assert json.loads(await feed.recv())["type"] == "enqueued"
        assert server.requests.counts()["GET", "/ws/feed"] == 4
