"""What comes from outside is text and nothing else: no markup, no escape sequence, no other order of letters."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import pytest

from buildwatch.demo.control import StageScript, StepScript

if TYPE_CHECKING:
    from tests.tui.conftest import Desk, Desks

NASTY = [
    "[/foo] [b]bold[/b] [@click=app.leave]x[/] [red %s {0} ${HOME} `id` $(id) \\",
    "\x1b]0;owned\x07\x1b[31mred\x1b[2J\x1b[5n\x9b5n \x1b]52;c;b3duZWQ=\x07\x1b]8;;https://evil.example\x07link\x1b]8;;\x07",
    "\u202eevil\u202c \u2066iso\u2069 \u200bzero\u200d \ufeff a\rb\nc\td\x00e\x07f\x08g\x7fh\x85i\u2028j",
    "並列ビルド 🚀👩‍👩‍👧 é́́́́́ \ud800 lone " + "x" * 4000,
]


def harmless(desk: Desk) -> bool:
    """Nothing on the screen commands a terminal or turns text round."""
    for strip in desk.app.screen._compositor.render_strips():
        assert not any(segment.control for segment in strip)
        text = strip.text
        bad = [hex(ord(letter)) for letter in text if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
        assert bad == []
        assert strip.cell_length == desk.app.size.width, "and every line is as wide as the screen"
    return True


@pytest.mark.parametrize("nasty", NASTY, ids=range(len(NASTY)))
async def test_names_and_messages_are_only_text(nasty: str, desks: Desks) -> None:
    name = nasty.replace("\ud800", "?")  # it cannot be in JSON that is UTF-8
    said = (f"{name}\n", f"error: {name}\n", f"\x1b[1;31m{name}\x1b[0m\n", name)
    steps = (StepScript(name, outcome="failure", exit_code=1, log=said), StepScript("test", image=name))
    desks.ended(StageScript(steps, name=name, error=""), message=name, branch=name, author=name)
    desks.start(
        StageScript((StepScript(name, log=said, hold=True),), name=name), message=name, branch=name, author=name
    )
    desks.server.advance(5)
    async with desks.listed((140, 40)) as desk:
        await desk.until(lambda: desk.row.build is not None and desk.log.state.lines > 1)
        assert harmless(desk)
        for keys in (("j",), ("j",), ("j", "enter"), ("e",), ("w",), ("t",), ("y",), ("escape",), ("r",), ("escape",)):
            await desk.press(*keys)
            assert harmless(desk)
        await desk.press("k", "k", "c")
        assert harmless(desk)
        await desk.press("escape", "slash")
        await desk.until(lambda: desk.board.asked)
        await desk.type("[/foo]")
        await desk.press("enter", "y", "Y", "x", "ctrl+p")
        assert harmless(desk)
        await desk.press("escape")
        assert desk.app.is_running
        for copied in desk.copied:
            assert all(letter.isprintable() or letter in "\t\n" for letter in copied)
        lines = desk.app.verdict()
        assert all(line.isprintable() for line in lines)


async def test_markup_is_shown_as_it_stands(desks: Desks) -> None:
    message = "[/foo] [b]bold[/b] [red"
    desks.ended(message=message, author="[dim]ann[/dim]", branch="[link=x]y[/link]")
    async with desks.listed((200, 40)) as desk:
        await desk.go_to("storefront")
        await desk.press("enter")
        await desk.shows(f"storefront {'[link=x]y[/link]'}", message, "[dim]ann[/dim]")


async def test_a_repo_may_have_any_name(desks: Desks) -> None:
    for number, name in enumerate(NASTY[:3]):
        desks.server.control.add_repo(
            f"acme/r{number}{name}".replace("/foo", "foo").replace("[/", "[").replace("//", "")
        )
    async with desks.listed() as desk:
        await desk.until(lambda: len(desk.board.live.rows) >= 7)
        for _ in range(9):
            await desk.press("j", "l")
            assert harmless(desk)


async def test_an_error_in_the_servers_words_is_only_text(desks: Desks) -> None:
    desks.ended(error=NASTY[1] + NASTY[0])
    async with desks.listed() as desk:
        await desk.go_to("storefront")
        await desk.shows("[/foo] [b]bold[/b]")
        assert harmless(desk)


async def test_words_of_a_newer_server_are_no_crash(desks: Desks) -> None:
    desks.server.faults.change({"strange_events": 1.0, "duplicate_events": 0.5})
    desks.ended()
    async with desks.listed() as desk:
        build = await desk.running()
        await desk.go_to("storefront")
        await desk.press("enter", "j", "enter")
        desk.server.control.release(build)
        desk.advance(6)
        for _ in range(20):
            await desk.pilot.pause(0.01)
            assert harmless(desk)
        desk.server.faults.change({"strange_events": 0.0})
        await desk.press("R")
        assert desk.app.is_running
