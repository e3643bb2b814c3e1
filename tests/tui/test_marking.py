"""Marks, pins and views on the screen: one action on many builds, and what is found again at the next start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildwatch.config.view import View
from buildwatch.demo.control import Script, StageScript, StepScript
from buildwatch.demo.driver import HandClock
from buildwatch.demo.server import DemoServer, running
from buildwatch.tui.lines import Lines
from buildwatch.tui.rows import Kind
from tests.tui.conftest import settings_of

if TYPE_CHECKING:
    from tests.tui.conftest import Desk, Desks

RED = StageScript((StepScript("test", outcome="failure"),))


def posted(desk: Desk) -> dict[tuple[str, str], int]:
    """The calls that change something, and how often."""
    return {call: count for call, count in desk.server.requests.counts().items() if call[0] != "GET"}


def listed(desk: Desk) -> str:
    """What a question before several actions, or what is told afterwards, has listed."""
    lines = desk.app.screen.query_one("#listed", Lines)
    return "\n".join(lines.render_line(y).text for y in range(lines.size.height))


async def test_one_action_on_all_that_are_marked(desks: Desks) -> None:
    for repo in ("acme/search", "acme/storefront", "acme/checkout-api"):
        desks.ended(repo=repo)
    async with desks.listed() as desk:
        await desk.press("g", "j", "m")
        assert "search" in desk.at, "on to the next one"
        await desk.press("j", "M")
        await desk.shows("3 marked")
        assert all("»" in line for line in desk.rows[1:4])
        await desk.press("g", "j", "m")
        await desk.shows("2 marked", "esc unmark")
        await desk.press("r")
        await desk.shows("restart 2 builds?", "ci.acme", "acme/search#1", "acme/storefront#1")
        assert "checkout-api#1" not in listed(desk)
        assert posted(desk) == {}
        await desk.press("enter")
        await desk.until(lambda: "restart: 2 builds" in desk.said)
        assert posted(desk) == {("POST", "/api/repos/{owner}/{name}/builds/{n}"): 2}
        assert desk.board.marks == {}


async def test_escape_asks_for_nothing_and_then_lets_go_of_the_marks(desks: Desks) -> None:
    desks.ended()
    async with desks.listed() as desk:
        await desk.go_to("storefront")
        await desk.press("m", "r")
        await desk.shows("restart 1 build?")
        await desk.press("n")
        await desk.until(lambda: desk.app.screen is desk.board)
        assert len(desk.board.marks) == 1
        await desk.press("C")
        assert desk.said == ["create starts a build of one repo; let go of the marks first"]
        await desk.press("y")
        assert desk.copied == ["acme/storefront#1"]
        await desk.press("Y")
        assert desk.copied[1:] == [f"{desk.server.url}/acme/storefront/1"]
        await desk.press("escape")
        assert desk.board.marks == {}
        assert "»" not in desk.text
        assert posted(desk) == {}


async def test_what_cannot_be_done_is_told_before_and_what_did_not_work_after(desks: Desks) -> None:
    desks.ended(repo="acme/search")
    build = desks.start()
    desks.server.advance(5)
    async with desks.listed() as desk:
        await desk.agree(build, "running")
        await desk.go_to("search")
        await desk.press("m")
        await desk.go_to("acme/storefront" if desk.board.view.group != "namespace" else "storefront")
        await desk.press("m", "c")
        await desk.shows("cancel 1 build (and not 1 more)?", "not done: acme/search#1 has already ended (success)")
        desk.server.control.refuse()
        await desk.press("y")
        await desk.shows("cancel: 1 of 1 did not work", "acme/storefront#1:", "esc: close")
        assert len(desk.board.marks) == 2, "one may try again"
        await desk.press("escape")
        await desk.until(lambda: desk.app.screen is desk.board)


async def test_server_by_server(clock: HandClock, desks: Desks) -> None:
    async with running(DemoServer(clock=clock, seed=2, repos=2, history=0, rate=0)) as other:
        desks.ended()
        servers = desks.settings.servers + settings_of(other, name="second").servers
        async with desks.listed(servers=servers) as desk:
            build = other.control.start(Script("acme/storefront", (StageScript(),)))
            while not build.status.ended:
                other.advance(1)
            await desk.until(lambda: sum("✓ storefront" in row for row in desk.rows) == 2)
            for row in [row for row in desk.board.live.rows if row.kind is Kind.REPO]:
                desk.board.live.move_to(desk.board.live.index_of(row.key) or 0)
                if desk.board.selected_build:
                    await desk.press("m")
            await desk.press("r")
            await desk.shows("restart 2 builds?")
            heads = ["ci.acme", "second"]
            await desk.until(lambda: [line.rstrip() for line in listed(desk).split("\n") if line[:1].strip()] == heads)
            await desk.press("enter")
            await desk.until(lambda: "restart: 2 builds" in desk.said)


async def test_a_mark_follows_its_build_and_not_its_row(desks: Desks) -> None:
    first = desks.ended()
    async with desks.listed() as desk:
        await desk.go_to("storefront")
        await desk.press("space")
        await desk.go_to("#1 ")
        await desk.press("m")
        desk.start()
        await desk.shows("#2")
        marked = [row for row in desk.rows if "»" in row]
        assert len(marked) == 1
        assert f"»#{first.number}" in marked[0]


async def test_pins_are_kept(desks: Desks) -> None:
    async with desks.listed() as desk:
        await desk.go_to("storefront")
        await desk.press("p")
        await desk.until(lambda: "storefront" in desk.rows[1])
        assert "★" in desk.rows[1]
        assert "storefront" in desk.at
    async with desks.listed() as desk:
        assert "storefront" in desk.rows[1]
        await desk.go_to("storefront")
        await desk.press("p")
        await desk.until(lambda: "storefront" in desk.rows[3])
    async with desks.listed() as desk:
        assert "★" not in desk.text


async def test_a_view_is_saved_chosen_and_dropped(desks: Desks) -> None:
    desks.ended(RED)
    async with desks.listed() as desk:
        await desk.press("x", "s", "S")
        await desk.shows("a name for what is on show now")
        await desk.press("enter")
        await desk.shows("the name must be a name of at most 24 letters")
        await desk.type("red")
        await desk.press("enter")
        await desk.until(lambda: desk.board.view.name == "red")
        assert desk.line("title").startswith(" red ")
        await desk.press("1")
        assert desk.board.view == View()
    async with desks.listed() as desk:
        await desk.press("6")
        assert desk.board.view == View("", "failed", sort="newest")
        await desk.press("v")
        await desk.shows("6 red", "filter: failed, newest first (saved)")
        await desk.press("g", "d")
        await desk.shows("only views that were saved here can be dropped")
        await desk.press("2")
        assert desk.board.view.name == "failed"
        await desk.press("v", "G", "d")
        await desk.until(lambda: "6 red" not in desk.text)
        await desk.press("g", "enter")
        await desk.until(lambda: desk.app.screen is desk.board)
        assert desk.board.view.name == "all"
        await desk.press("6")
        assert desk.said[-1] == "there are 5 views"


async def test_a_view_of_the_file_is_offered(desks: Desks) -> None:
    async with desks.listed(views=(View("nightly", "event:cron", "status"),)) as desk:
        await desk.press("6")
        assert desk.line("title").startswith(" nightly ")
        await desk.press("escape")
        assert desk.board.view == View("", "", "status")


@pytest.mark.parametrize("keys", ["bb", "bbb"])
async def test_the_cursor_stays_on_its_build_in_another_grouping(keys: str, desks: Desks) -> None:
    desks.ended(repo="acme/search")
    desks.ended()
    async with desks.listed() as desk:
        await desk.go_to("storefront")
        await desk.press(*keys)
        await desk.until(lambda: "storefront" in desk.at)
        await desk.press("b")
        await desk.until(lambda: "storefront" in desk.at)


async def test_mine_is_of_the_user_of_the_token(desks: Desks) -> None:
    desks.ended(repo="acme/search", author="somebody")
    async with desks.listed() as desk:
        user = desk.app.store.servers["ci.acme"].user
        assert user
        mine = desk.start(author=user)
        await desk.until(lambda: desk.known(mine))
        await desk.press("u")
        await desk.until(lambda: not any("search" in row for row in desk.rows))
        assert any("storefront" in row for row in desk.rows)


async def test_nothing_moves_under_a_busy_hand(desks: Desks) -> None:
    desks.ended(repo="acme/search")
    build = desks.start(repo="acme/storefront")
    desks.server.advance(5)
    async with desks.listed() as desk:
        await desk.agree(build, "running")
        await desk.press("b", "b", "j")
        before = list(desk.board.live.rows)
        desk.server.control.release(build)
        for _ in range(5):
            desk.advance(5)
        await desk.agree(build, "success")
        assert desk.board.live.rows == before, "it was just touched"
        desk.board.live.touched = float("-inf")
        await desk.until(lambda: desk.board.live.rows != before)
        assert not any(row.part == "running" for row in desk.board.live.rows)
