"""Out of the app: to the clipboard, to the browser, and back to the shell."""

from __future__ import annotations

import asyncio
import webbrowser
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import pytest
from textual.app import App

from buildwatch.demo.control import StageScript, StepScript
from buildwatch.tui.app import BuildwatchApp
from buildwatch.tui.terminal import TerminalApp

if TYPE_CHECKING:
    from tests.tui.conftest import Desk, Desks


def addressed(desk: Desk, address: str) -> bool:
    return desk.line("foot").endswith(f" {address}")


STAGES = (StageScript((StepScript("lint"),), "unit"), StageScript((StepScript("push"),), "ship"))


async def test_addresses_are_copied(desks: Desks) -> None:
    desks.ended(*STAGES)
    url = f"{desks.server.url}/acme/storefront"
    async with desks.listed() as desk:
        await desk.go_to("storefront")
        await desk.press("l")
        await desk.go_to("#1")
        await desk.until(lambda: (one := desk.board.selected_build) and one.stages)
        await desk.press("l")
        expected = [
            ("▾ acme", "acme", desks.server.url),
            ("storefront", "acme/storefront", f"{url}/1"),
            ("#1", "acme/storefront#1", f"{url}/1"),
            ("unit", "acme/storefront#1:unit", f"{url}/1"),
            ("lint", "acme/storefront#1:unit/lint", f"{url}/1/1/1"),
            ("✓ push", "acme/storefront#1:ship/push", f"{url}/1/2/1"),
        ]
        for row, address, page in expected:
            await desk.go_to(row)
            await desk.until(partial(addressed, desk, address))
            await desk.press("y", "Y")
            assert desk.copied == [address, page]
            desk.copied.clear()


async def test_the_browser_opens_the_page_of_what_is_selected(desks: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    desks.ended()
    async with desks.listed() as desk:
        await desk.go_to("storefront")
        await desk.press("o")
        await desk.until(lambda: opened == [f"{desks.server.url}/acme/storefront/1"])
        assert desk.said == opened


async def test_a_browser_that_cannot_be_opened_harms_nobody(desks: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(url: str) -> bool:
        raise webbrowser.Error("no browser")

    monkeypatch.setattr(webbrowser, "open", broken)
    desks.ended()
    async with desks.listed() as desk:
        await desk.go_to("storefront")
        await desk.press("o")
        await desk.until(lambda: desk.said)
        await desk.press("j", "k")
        assert desk.app.is_running


@pytest.mark.parametrize("key", ["q", "ctrl+q"])
async def test_leaving(key: str, desks: Desks) -> None:
    desks.ended()
    async with desks.listed() as desk:
        await desk.press(key)
        await desk.until(lambda: desk.app.return_code == 0)


async def test_ctrl_q_leaves_from_a_question_too(desks: Desks) -> None:
    desks.ended()
    async with desks.listed() as desk:
        await desk.go_to("storefront")
        await desk.press("r")
        await desk.shows("as a new build?")
        await desk.press("ctrl+q")
        await desk.until(lambda: desk.app.return_code == 0)


async def test_the_verdict_tells_what_happened_meanwhile(desks: Desks) -> None:
    desks.ended()
    async with desks.listed() as desk:
        green = await desk.running(StageScript((StepScript("test", hold=True),)))
        red = await desk.running(StageScript((StepScript("test", hold=True),)), repo="acme/search", branch="fix/retry")
        desk.server.control.release(green)
        desk.server.control.release(red, outcome="failure", exit_code=2)
        desk.advance(6)
        await desk.agree(green, "success")
        await desk.agree(red, "failure")
        await desk.running(repo="acme/checkout-api")
        desk.clock.now = desk.app._began + 252
        assert desk.app.verdict() == [
            "buildwatch watched ci.acme for 4:12: 2 builds ended, 1 green, 1 red",
            "✗ acme/search#1 failed in test, exit 2  fix/retry · dana",
            "● 1 still running: acme/checkout-api#1",
        ]


async def crash(app: BuildwatchApp, bug: Callable[[], None]) -> None:
    async with app.run_test() as pilot, asyncio.timeout(10):
        while app.board.side is None:
            await pilot.pause(0.01)
        app.call_later(bug)
        await pilot.pause()


async def test_a_crash_tells_where_but_no_values(desks: Desks, capsys: pytest.CaptureFixture[str]) -> None:
    """Textual prints the values of all variables of a traceback: a token would be among them."""
    secret = desks.server.token

    def broken() -> None:
        token = secret  # noqa: F841  (a variable with a secret, on the way of the exception)
        raise RuntimeError("a bug")

    app = BuildwatchApp(desks.settings)
    with pytest.raises(RuntimeError, match="a bug"):
        await crash(app, broken)
    out, err = capsys.readouterr()
    assert "RuntimeError: a bug" in err
    assert "in broken" in err
    assert secret not in out + err
    assert "locals" not in out + err
    assert app.return_code == 1


def test_the_crash_screen_is_still_where_it_was() -> None:
    """The one private method that is overridden: if Textual renames it, this must be seen."""
    assert "_fatal_error" in vars(TerminalApp)
    assert hasattr(App, "_fatal_error")


async def test_no_log_is_read_any_more_once_the_pane_is_gone(desks: Desks) -> None:
    build = desks.ended(*STAGES)
    async with desks.listed() as desk:
        await desk.go_to("storefront")
        await desk.until(lambda: (one := desk.known(build)) and one.stages)
        side, known = desk.board.side, desk.known(build)
        source = desk.app.source("ci.acme")
        assert side is not None
        assert known is not None
        assert known.stages
        assert source is not None
        await side.on_unmount()
        before = asyncio.all_tasks()
        side._feed.read(source, (known, known.stages[0], known.stages[0].steps[0]), brief=False)
        assert side._feed.place is None
        assert asyncio.all_tasks() == before
