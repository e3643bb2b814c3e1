"""The websockets of Drone 0.5 to 0.7: fragments, pings, ends of all kinds, and handshakes that are refused."""

from __future__ import annotations

import asyncio
import json

import pytest

from buildwatch.sources.errors import Broken, Denied, SourceError, Stranger, Unauthorized, Unreachable
from tests.sources.early import asking, sentence, source_of, told_by
from tests.sources.replay import Frame, replaying


async def test_fragments_within_a_character_are_joined_and_pings_answered() -> None:
    event = {"repo": {"full_name": "ops/gcd"}, "build": {"number": 9, "status": "running", "message": "é" * 900}}
    data = json.dumps(event, ensure_ascii=False).encode()
    at = data.index("é".encode()) + 1
    async with asking("drone07") as (site, source):
        sent = [
            Frame("text", data[:at], final=False),
            Frame("ping"),
            Frame("continuation", data[at:]),
            Frame("ping", b"x"),
        ]
        site.socket("/ws/feed", sent, "open")
        async with source.events() as batches:
            ((_, build),) = await anext(batches)
        assert build.message == "é" * 900
    assert site.pongs[:2] == [b"", b"x"]
    assert site.farewells == [1000]


@pytest.mark.parametrize("end", ["cut", "reset", "close"])
async def test_a_socket_that_ends_somehow_has_ended(end: str) -> None:
    async with asking("drone07") as (site, source):
        site.socket("/ws/feed", [], end)
        async with source.events() as batches:
            assert [batch async for batch in batches if batch] == []


async def test_a_message_without_end_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("buildwatch.sources.websocket.LIMIT", 1000)
    async with asking("drone07") as (site, source):
        site.socket("/ws/feed", [Frame("text", b"x" * 2000)], "open")
        assert await sentence(told_by(source), Broken) == "old sends a message without end"


@pytest.mark.parametrize(
    ("status", "type", "kind", "said"),
    [
        (401, "text/plain", Unauthorized, "does not accept the token (401)"),
        (404, "", Denied, "says no to /ws/feed"),
        (200, "text/html", Stranger, "answers /ws/feed with a web page"),
        (400, "text/plain", Denied, "Bad Request"),
        (502, "text/html", Broken, "has a problem"),
        (302, "text/html", Stranger, "sends us on to"),
    ],
)
async def test_a_handshake_that_is_refused(status: int, type: str, kind: type[SourceError], said: str) -> None:
    async with asking("drone07") as (site, source):
        site.say("GET /ws/feed", "Bad Request", status=status, type=f"{type}\r\nLocation: http://127.0.0.1:1/")
        assert said in await sentence(told_by(source), kind)
        assert len(site.asked) == 1


async def test_an_address_where_nothing_is() -> None:
    async with replaying("") as site:
        url = site.url
    source = source_of("drone07", url)
    assert "connection refused" in await sentence(told_by(source), Unreachable)
    tls = source_of("drone07", url.replace("http:", "https:"))
    assert "connection refused" in await sentence(told_by(tls), Unreachable)
    await source.close()


async def test_tls_where_there_is_none() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        source = source_of("drone07", f"https://127.0.0.1:{port}")
        assert "does not speak TLS" in await sentence(told_by(source), Unreachable)


async def test_a_proxy_is_used_for_websockets_too() -> None:
    async with replaying("") as site:
        source = source_of("drone07", "http://drone.invalid", proxy=site.url)
        await sentence(told_by(source), Unreachable)
        assert site.asked == ["CONNECT drone.invalid:80"]
