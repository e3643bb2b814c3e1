"""What is wrong is said in words with its remedy, and when it is mended the app goes on by itself."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from buildwatch.config import token
from buildwatch.demo.driver import HandClock
from buildwatch.demo.server import DemoServer, running

if TYPE_CHECKING:
    from tests.tui.conftest import Desks


async def test_a_wrong_token(desks: Desks) -> None:
    desks.ended()
    good = desks.server.token
    variables = {"DRONE_TOKEN": "not-this-one"}
    servers = (replace(desks.settings.servers[0], token=token.from_env("DRONE_TOKEN", variables)),)
    async with desks.open(servers=servers) as desk:
        await desk.shows(
            "ci.acme does not accept the token (401)",
            "check token_env DRONE_TOKEN",
            "mend it and press R to try again",
            "○ ci.acme refused",
        )
        assert "not-this-one" not in desk.text
        asked = sum(desk.server.requests.counts().values())
        await desk.pilot.pause(0.3)
        assert sum(desk.server.requests.counts().values()) == asked, "the same token is not tried again"
        variables["DRONE_TOKEN"] = good
        await desk.press("R")
        await desk.shows("● ci.acme live", "✓ storefront")


async def test_no_token_at_all(desks: Desks) -> None:
    servers = (replace(desks.settings.servers[0], token=token.absent()),)
    async with desks.open(servers=servers) as desk:
        await desk.shows("ci.acme has no token: no token_env, token_file or token_command", "mend it and press R")


async def test_a_token_that_goes_bad_while_one_watches(desks: Desks) -> None:
    desks.ended()
    async with desks.listed() as desk:
        await desk.shows("✓ storefront")
        desk.server.faults.change({"unauthorized": True})
        await desk.press("R")
        await desk.shows("ci.acme does not accept the token (401)", "then press R", "✓ storefront")
        reads = next(iter(desk.app._watchers.values()))._reads
        await desk.until(lambda: not reads._running)
        desk.server.faults.change({"unauthorized": False})
        await desk.press("R")
        await desk.until(lambda: "does not accept" not in desk.text)
        await desk.shows("● ci.acme live")


async def test_a_server_that_is_not_there_and_then_is(desks: Desks) -> None:
    desks.ended()
    desks.server.control.refuse()
    async with desks.open() as desk:
        await desk.shows(
            "ci.acme does not answer at http://127.0.0.1",
            "(connection refused); check the address and the network",
            "it is tried again by itself; R tries now, q leaves",
        )
        assert desk.board.live.rows == []
        await desk.server.control.accept()
        await desk.shows("✓ storefront", "● ci.acme live")
        assert "does not answer" not in desk.text


async def test_a_server_that_goes_away_and_comes_back(desks: Desks) -> None:
    desks.ended()
    async with desks.listed() as desk:
        await desk.shows("✓ storefront")
        desk.server.control.refuse()
        await desk.press("R")
        await desk.shows("○ ci.acme offline", "does not answer", "✓ storefront")
        desk.clock.now += 300
        desk.board.show_all()
        await desk.shows("offline, as of 5 minutes ago")
        await desk.server.control.accept()
        build = desk.start(repo="acme/search")
        desk.advance(5)
        await desk.shows("● ci.acme live", "● search")
        await desk.agree(build, "running")
        assert "offline" not in desk.text


async def test_the_age_of_what_is_shown_moves_on_while_nothing_happens(desks: Desks) -> None:
    desks.ended()
    async with desks.listed((80, 24)) as desk:
        await desk.shows("✓ storefront")
        desk.server.control.refuse()
        await desk.press("R")
        await desk.shows("offline")
        watcher = desk.app._watchers["ci.acme"]
        watcher._reads.hold()
        watcher._stream.hold()
        await desk.settled()
        desk.clock.now = watcher.heard + 8.97
        desk.board.show_all()
        await desk.shows("offline, as of 8 seconds ago")
        desk.clock.now += 1
        await desk.shows("offline, as of 9 seconds ago")
        desk.clock.now = watcher.heard + 11
        await desk.shows("offline, as of 11 seconds ago")


async def test_a_stream_that_does_not_open_leaves_reading(desks: Desks) -> None:
    desks.ended()
    desks.server.faults.change({"cut_streams_after": 0.0})
    async with desks.listed() as desk:
        await desk.shows("✓ storefront")
        await desk.until(lambda: "polling" in desk.line("top") or "live" in desk.line("top"))


async def test_a_server_without_repos(clock: HandClock, desks: Desks) -> None:
    async with running(DemoServer(clock=clock, seed=1, repos=0, history=0, rate=0)) as server:
        desks.use(server)
        async with desks.open() as desk:
            await desk.shows(
                "ci.acme has no repos for dana", f"activate one at {server.url}", "it appears here by itself"
            )
            server.control.add_repo("acme/first")
            await desk.press("R")
            await desk.shows("first no builds yet")


async def test_null_in_place_of_lists_is_no_repos(desks: Desks) -> None:
    desks.server.faults.change({"null_lists": True})
    async with desks.open() as desk:
        await desk.shows("ci.acme has no repos for dana")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"html_instead": True}, ("with a web page", "is http://127.0.0.1")),
        ({"bad_gateway": 1.0}, ("ci.acme has a problem", "(502)")),
        ({"retry_after": 1}, ("ci.acme asks for fewer requests (429)",)),
        ({"truncate": 1.0}, ("ci.acme",)),
    ],
)
async def test_a_server_that_answers_nonsense_and_recovers(
    fault: dict[str, object], words: tuple[str, ...], desks: Desks
) -> None:
    desks.ended()
    desks.server.faults.change(fault)
    async with desks.open() as desk:
        await desk.until(lambda: desk.board.live.rows == [] and all(word in desk.text for word in words))
        assert "Traceback" not in desk.text
        desk.server.faults.change({"html_instead": False, "bad_gateway": 0.0, "retry_after": None, "truncate": 0.0})
        await desk.press("R")
        await desk.shows("✓ storefront")


async def test_something_else_than_http(desks: Desks) -> None:
    async def rude(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x1b]0;owned\x07SSH-2.0-OpenSSH_9.6\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(rude, "127.0.0.1", 0) as listener:
        url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        servers = (replace(desks.settings.servers[0], url=url),)
        async with desks.open(servers=servers) as desk:
            await desk.until(lambda: "offline" in desk.line("top"))
            assert "owned" not in desk.text
            await desk.shows("it is tried again by itself")


async def test_one_of_several_servers_is_down(clock: HandClock, desks: Desks) -> None:
    desks.ended()
    async with running(DemoServer(clock=clock, seed=2, repos=2, history=1, rate=0)) as other:
        mine = desks.settings.servers[0]
        desks.use(other)
        servers = (mine, replace(desks.settings.servers[0], name="ci.other"))
        other.control.refuse()
        async with desks.open(servers=servers) as desk:
            await desk.shows("● ci.acme live", "○ ci.other", "✓ storefront", "ci.other does not answer")
            await other.control.accept()
            await desk.shows("● ci.other", "checkout-api")
            assert [row.server for row in desk.board.live.rows if row.kind.value == "server"] == ["ci.acme", "ci.other"]
            await desk.go_to("ci.other")
            await desk.shows("drone 2.28", "2 repos")


async def test_reading_again_says_so(desks: Desks) -> None:
    desks.ended()
    async with desks.listed() as desk:
        await desk.press("R")
        assert desk.said == ["reading again"]


async def test_words_in_place_of_rows_have_the_whole_screen(desks: Desks) -> None:
    desks.ended()
    desks.server.control.refuse()
    async with desks.open((120, 30)) as desk:
        await desk.shows("it is tried again by itself")
        line = "it is tried again by itself; R tries now, q leaves"
        await desk.until(
            lambda: any(row.strip() == line and row.index(line) == (120 - len(line)) // 2 for row in desk.lines)
        )
        await desk.server.control.accept()
        await desk.press("R")
        await desk.shows("✓ storefront")
        await desk.until(lambda: desk.board.side and desk.board.side.region.width > 40)
