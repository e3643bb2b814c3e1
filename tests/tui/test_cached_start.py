"""What was seen the last time is there before the server answers, is seen to be old, and is no news."""

from __future__ import annotations

import asyncio
import stat
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from buildwatch.config import token
from buildwatch.demo.control import StageScript, StepScript
from buildwatch.tui.rows import Kind

if TYPE_CHECKING:
    from tests.tui.conftest import Desk, Desks

DOWN = {"bad_gateway": 1.0}
UP = {"bad_gateway": 0.0}


async def seen_once(desks: Desks) -> None:
    """Watch for as long as it takes to see everything, and leave."""
    async with desks.listed() as desk:
        await desk.settled()


def said(desk: Desk) -> bool:
    """Whether something is wrong with the server."""
    return any(server.said for server in desk.app.store.servers.values())


def files(desks: Desks) -> list[Path]:
    return sorted((desks.settings.paths.cache / "servers").iterdir())


async def mended(desk: Desk) -> None:
    """The server is back."""
    desk.server.faults.change(UP)
    await desk.press("R")
    await desk.until(lambda: all(watcher.synced.is_set() for watcher in desk.app._watchers.values()))


async def test_the_last_state_stands_there_while_the_server_is_down(desks: Desks) -> None:
    desks.ended(repo="acme/search")
    desks.start()
    desks.server.advance(5)
    await seen_once(desks)
    desks.server.faults.change(DOWN)
    desks.clock.now += 600
    async with desks.open() as desk:
        await desk.shows("offline, as of 10 minutes ago", "ci.acme has a problem", "✓?search", "●?storefront")
        at = next(row for row in desk.rows if "storefront" in row)
        assert "was running" in at
        assert "was running" not in next(row for row in desk.rows if "search" in row)
        assert "running" not in desk.line("top")  # nobody knows
        await desk.go_to("storefront")
        await desk.press("enter", "j", "enter")
        await desk.shows("●?#1", "●?test", "as it was 10 minutes ago, not confirmed yet")
        await desk.settled()
        before = desk.lines
        desk.clock.now += 3  # seconds pass, and nothing that may have ended long ago goes on
        desk.board._tick()
        await desk.pilot.pause(0)
        assert [line for line in desk.lines if "ci.acme" not in line] == [
            line for line in before if "ci.acme" not in line
        ]
        styles = {style for _, style in desk.board.painter.draw(desk.row, 80, False)}
        assert styles == {"dim"}


async def test_nothing_is_done_to_a_build_that_is_not_confirmed(desks: Desks) -> None:
    desks.start()
    desks.server.advance(5)
    await seen_once(desks)
    desks.server.faults.change(DOWN)
    async with desks.open() as desk:
        await desk.shows("●?storefront")
        await desk.go_to("storefront")
        asked = len(desk.app.screen_stack)
        await desk.press("c", "W")
        assert len(desk.app.screen_stack) == asked
        assert "cancel waits until its server has confirmed it" in desk.said[0]
        assert "has not confirmed it yet" in desk.said[1]
        assert not desk.app.watched.keys
        await mended(desk)
        await desk.until(lambda: not desk.board.painter.is_old(desk.row))
        await desk.press("c")
        await desk.shows("stop acme/storefront#1; what has not run yet will not run?")
        await desk.settled()


async def test_row_by_row_it_is_confirmed_or_corrected_and_nothing_of_it_is_news(desks: Desks) -> None:
    desks.ended(repo="acme/search")
    desks.ended(repo="acme/checkout-api")
    ends = desks.start(StageScript((StepScript("test", seconds=20),), "unit"))
    desks.server.advance(5)
    await seen_once(desks)
    desks.server.advance(60)  # it ends while nobody looks
    assert ends.status.ended
    desks.server.faults.change(DOWN)
    async with desks.open() as desk:
        await desk.shows("✓?search", "✓?checkout-api", "●?storefront")
        await mended(desk)
        await desk.shows("✓ search", "✓ checkout-api", "✓ storefront", "● ci.acme live")
        await desk.until(lambda: "?" not in "".join(desk.rows))
        assert not desk.app.session._ended
        assert desk.said == ["reading again"]
        assert "no build ended" in desk.app.verdict()[0]
        assert "as of" not in desk.line("top")
        await desk.settled()


async def test_what_was_purged_meanwhile_goes(desks: Desks) -> None:
    for _ in range(3):
        desks.ended()
    await seen_once(desks)
    desks.server.faults.change(DOWN)
    async with desks.open() as desk:
        await desk.go_to("storefront")
        await desk.press("enter")
        await desk.shows("✓?#3", "✓?#2", "✓?#1")
        repo = next(repo for repo in desk.server.world.repos if repo.slug == "acme/storefront")
        del repo.builds[1]
        await mended(desk)
        await desk.until(lambda: [row.build.id for row in desk.board.live.rows if row.build] == [3, 1])
        await desk.until(lambda: "?" not in "".join(desk.rows))
        await desk.settled()


async def test_the_steps_of_an_open_build_stand_until_the_server_tells_them(desks: Desks) -> None:
    desks.ended(StageScript((StepScript("lint"), StepScript("test")), "unit"))
    async with desks.listed() as desk:
        await desk.go_to("storefront")
        await desk.press("enter", "j", "enter")
        await desk.until(lambda: any(row.kind is Kind.STEP for row in desk.board.live.rows))
        await desk.settled()
    desks.server.faults.change(DOWN)
    async with desks.open() as desk:
        await desk.go_to("storefront")
        await desk.press("enter", "j", "enter")
        await desk.shows("✓?lint", "✓?test")
        await desk.go_to("test")
        await mended(desk)
        await desk.until(lambda: "?" not in "".join(desk.rows))
        assert desk.at.split()[:2] == ["✓", "test"]
        await desk.settled()


async def test_it_is_for_nobody_else(desks: Desks) -> None:
    desks.ended()
    await seen_once(desks)
    (file,) = files(desks)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    data = file.read_bytes()
    assert b"storefront" in data
    assert desks.server.token.encode() not in data
    desks.server.faults.change(DOWN)
    (server,) = desks.settings.servers
    for other in (
        replace(server, token=token.from_env("T", {"T": "somebody-elses"})),
        replace(server, name="another"),
        replace(server, token=token.absent()),
    ):
        async with desks.open(servers=(other,)) as desk:
            await desk.until(partial(said, desk))
            await desk.settled()
            assert not desk.board.live.rows
    assert file.read_bytes() == data
    async with desks.open(fresh=True) as desk:
        await desk.shows("ci.acme has a problem")
        assert not desk.board.live.rows
    async with desks.open() as desk:
        await desk.shows("✓?storefront")


@pytest.mark.parametrize("content", [b"", b"buildwatch kept 1\n", b"\x1b[2J" * 99, b"buildwatch kept 2\n" + b"x" * 99])
async def test_a_broken_file_is_none(content: bytes, desks: Desks) -> None:
    desks.ended()
    await seen_once(desks)
    (file,) = files(desks)
    file.write_bytes(content)
    async with desks.listed() as desk:
        await desk.shows("✓ storefront")
        await desk.settled()
    assert len(file.read_bytes()) > 200


async def test_where_nothing_can_be_written_nothing_is_kept(desks: Desks) -> None:
    desks.settings.paths.cache.mkdir(parents=True)
    (desks.settings.paths.cache / "servers").write_text("not a folder")
    desks.ended()
    await seen_once(desks)
    async with desks.listed() as desk:
        await desk.shows("✓ storefront")


async def test_the_demo_keeps_nothing(desks: Desks) -> None:
    async with desks.listed(keep=False) as desk:
        await desk.shows("acme")
    assert not desks.settings.paths.cache.exists()


async def test_a_token_that_a_command_gives_opens_it_as_soon_as_it_is_known(desks: Desks) -> None:
    desks.ended()
    await seen_once(desks)
    desks.server.faults.change(DOWN)
    (server,) = desks.settings.servers
    script = f"sleep 0.1; echo {desks.server.token}"
    by_command = replace(server, token=token.from_command(["sh", "-c", script]))
    async with desks.open(servers=(by_command,)) as desk:
        await desk.shows("✓?storefront", "ci.acme has a problem")


async def test_it_is_kept_now_and_then(desks: Desks) -> None:
    desks.ended()
    async with desks.listed() as desk:
        await desk.settled()
        desk.app._keep()
        await asyncio.wait_for(
            desk.app.workers.wait_for_complete([w for w in desk.app.workers if w.group == "keep"]), 5
        )
        assert len(files(desks)) == 1
        assert not desk.app._recall.dirty
