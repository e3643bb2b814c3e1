"""What is done on servers: seen while no answer is there, and found later with its call and its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from buildwatch.model import Build, Status
from buildwatch.sources.actions import Action, NewBuild
from buildwatch.tui.doings import MOST, Doings
from buildwatch.tui.together import Outcome
from tests.tui.test_asking import held, select

if TYPE_CHECKING:
    from tests.tui.conftest import Desks

BUILD = Build("ci.acme", "acme/api", 7, 412, Status.SUCCESS, branch="main", author="ann")


def doings(told: list[str] | None = None) -> Doings:
    made = Doings(lambda: None if told is None else told.append(made.under_way), lambda: 1000.0)
    return made


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_what_is_under_way_is_seen_until_the_answer(size: tuple[int, int], desks: Desks) -> None:
    desks.ended()
    async with desks.listed(size) as desk:
        await select(desk)
        desk.server.faults.slow_answers = 0.5
        await desk.press("r")
        await desk.shows("as a new build?")
        await desk.press("enter")
        await desk.until(lambda: desk.lines[-1].rstrip().endswith("restarting acme/storefront#1…"))
        await desk.until(lambda: "restart: acme/storefront#1 is now acme/storefront#2" in desk.said)
        await desk.until(lambda: "restarting" not in desk.lines[-1])


async def test_all_that_was_done_is_kept_with_its_call_and_answer(desks: Desks) -> None:
    held(desks)
    async with desks.listed((120, 50)) as desk:
        await select(desk)
        await desk.press("semicolon")
        await desk.shows("no actions yet")
        await desk.press("semicolon", "c")
        await desk.shows("stop acme/storefront#1")
        await desk.press("y")
        await desk.until(lambda: desk.said)
        desk.server.control.refuse()
        await desk.press("r")
        await desk.shows("as a new build?")
        await desk.type("A=1 MY_TOKEN=hunter2")
        await desk.press("enter")
        await desk.until(lambda: len(desk.said) > 1)
        await desk.press("semicolon")
        await desk.shows("2 actions since the start", "✗", "✓")
        shown = desk.text
        again, stop = shown.index("restart acme/storefront#1 on ci.acme"), shown.index("cancel acme/storefront#1 on")
        assert again < stop, "the newest first"
        assert "POST /api/repos/acme/storefront/builds/1?A=1&MY_TOKEN=***" in shown
        assert "hunter2" not in shown
        assert "DELETE /api/repos/acme/storefront/builds/1" in shown
        await desk.press("y")
        (copied,) = desk.copied
        assert copied.splitlines()[1].strip() == "POST /api/repos/acme/storefront/builds/1?A=1&MY_TOKEN=***"
        assert "ci.acme" in copied.splitlines()[2], "the whole sentence of what went wrong"
        assert "hunter2" not in copied
        assert desk.server.token not in copied
        await desk.press("escape")
        await desk.until(lambda: len(desk.app.screen_stack) == 1)
        await desk.server.control.accept()


async def test_the_list_takes_note_of_an_answer_that_comes_while_it_is_read(desks: Desks) -> None:
    desks.ended()
    async with desks.listed() as desk:
        await select(desk)
        desk.server.faults.slow_answers = 0.5
        await desk.press("r")
        await desk.shows("as a new build?")
        await desk.press("enter")
        await desk.until(lambda: len(desk.app.screen_stack) == 1)
        await desk.press("semicolon")
        await desk.shows("restart acme/storefront#1 on ci.acme", "no answer yet")
        await desk.shows("it is now acme/storefront#2")


def test_what_comes_from_outside_is_safe() -> None:
    many = doings()
    doing = many.begin(NewBuild("ci.acme", "acme/api", branch="\x1b]0;pwned\x07\u202emain\n"), "drone-2")
    many.end(doing, Outcome(Action("cancel", BUILD), wrong="no \x1b[31mred\x1b[0m\r\nsentence"))
    for line in doing.lines("now"):
        assert line.isprintable()
        assert "pwned" not in line or "%" in line, "at most as a part of an address"
    assert doing.answer == "no red  sentence"


def test_several_under_way_are_counted_and_no_more_is_kept_than_can_be_read() -> None:
    told: list[str] = []
    many = doings(told)
    first = many.begin(Action("restart", BUILD), "drone-2")
    second = many.begin(Action("restart", BUILD), "drone-2")
    third = many.begin(Action("cancel", BUILD), "drone-2")
    for doing, made in ((first, BUILD), (third, None), (second, BUILD)):
        many.end(doing, Outcome(Action(doing.name, BUILD), made))
    one, both = "restarting acme/api#412", "restarting 2"
    assert told == [one, both, f"cancelling acme/api#412, {both}", f"cancelling acme/api#412, {one}", one, ""]
    for _ in range(MOST + 5):
        many.begin(Action("cancel", BUILD), "drone-2")
    assert len(many.all) == MOST
