"""What a person has done to builds: it is asked first, shown as the call it is, and done only on yes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from textual import events

from buildwatch.demo.control import StageScript, StepScript
from buildwatch.demo.driver import HandClock
from buildwatch.demo.server import DemoServer, running
from buildwatch.demo.state import Build

if TYPE_CHECKING:
    from tests.tui.conftest import Desk, Desks

PATH = "/api/repos/acme/storefront/builds"
GATED = (StageScript(name="unit"), StageScript(name="ship"))


def blocked(desks: Desks) -> Build:
    return desks.start(*GATED, blocked=True)


def held(desks: Desks) -> Build:
    build = desks.start()
    desks.server.advance(5)
    return build


def ended(desks: Desks) -> Build:
    return desks.ended()


def calls(desk: Desk) -> dict[tuple[str, str], int]:
    """The calls that change something."""
    return {call: count for call, count in desk.server.requests.counts().items() if call[0] != "GET"}


async def select(desk: Desk) -> None:
    """The cursor on the newest build of the repo that has one."""
    await desk.go_to("storefront")
    await desk.until(lambda: desk.board.selected_build is not None)


ASKED = [
    ("r", ended, "run acme/storefront#1 again as a new build?", f"POST {PATH}/1"),
    ("c", held, "stop acme/storefront#1; what has not run yet will not run?", f"DELETE {PATH}/1"),
    ("A", blocked, "let acme/storefront#1 run (2 stages wait)?", f"POST {PATH}/1/approve/{{stage}}"),
    ("D", blocked, "refuse acme/storefront#1 (2 stages wait); it cannot", f"POST {PATH}/1/decline/{{stage}}"),
    ("P", ended, "deploy acme/storefront#1 to", f"POST {PATH}/1/promote"),
    ("B", ended, "back to acme/storefront#1", f"POST {PATH}/1/rollback"),
]


@pytest.mark.parametrize(("key", "make", "question", "call"), ASKED, ids=[key for key, *_ in ASKED])
async def test_every_action_is_asked_first_and_escape_does_nothing(
    key: str, make: Any, question: str, call: str, desks: Desks
) -> None:
    build = make(desks)
    was = (build.status, build.version, len(desks.server.world.builds))
    async with desks.listed() as desk:
        await select(desk)
        await desk.until(lambda: (one := desk.board.selected_build) and one.stages)
        await desk.press(key)
        await desk.shows(question, call, "esc: leave it")
        assert calls(desk) == {}
        await desk.press("escape")
        await desk.until(lambda: len(desk.app.screen_stack) == 1)
        assert calls(desk) == {}
        assert (build.status, build.version, len(desks.server.world.builds)) == was
        assert not desk.said


async def test_no_means_no_where_nothing_is_typed(desks: Desks) -> None:
    held(desks)
    async with desks.listed() as desk:
        await select(desk)
        await desk.press("c")
        await desk.shows("y or enter: do it")
        await desk.press("n")
        await desk.until(lambda: len(desk.app.screen_stack) == 1)
        assert calls(desk) == {}


async def test_restart_with_parameters(desks: Desks) -> None:
    ended(desks)
    async with desks.listed() as desk:
        await select(desk)
        await desk.press("r")
        await desk.shows("parameters, if any: KEY=VALUE")
        await desk.type("DEBUG=yes REGION=eu")
        await desk.shows("again as a new build with DEBUG=yes, REGION=eu?", f"POST {PATH}/1?DEBUG=yes&REGION=eu")
        await desk.press("enter")
        await desk.until(lambda: len(desks.server.world.builds) == 2)
        new = desks.server.world.builds[-1]
        assert new.origin.params == {"DEBUG": "yes", "REGION": "eu"}
        await desk.until(lambda: desk.known(new))
        await desk.until(lambda: "restart: acme/storefront#1 is now acme/storefront#2" in desk.said)
        assert len(desk.app.screen_stack) == 1


async def test_a_wrong_parameter_is_told_and_nothing_is_done(desks: Desks) -> None:
    ended(desks)
    async with desks.listed() as desk:
        await select(desk)
        await desk.press("r")
        await desk.type("DEBUG")
        await desk.press("enter")
        await desk.shows("DEBUG is not a parameter; it should look like KEY=VALUE")
        assert calls(desk) == {}
        await desk.type("=1")
        await desk.until(lambda: "is not a parameter" not in desk.text)
        await desk.press("enter")
        await desk.until(lambda: calls(desk))


@pytest.mark.parametrize("yes", ["y", "enter"])
async def test_cancel(yes: str, desks: Desks) -> None:
    build = held(desks)
    async with desks.listed() as desk:
        await select(desk)
        await desk.press("c")
        await desk.shows("stop acme/storefront#1")
        await desk.press(yes)
        await desk.agree(build, "killed")
        assert build.status == "killed"
        await desk.shows("⊘ storefront")
        assert desk.said == ["cancel: acme/storefront#1"]


async def test_approve_lets_all_stages_run(desks: Desks) -> None:
    build = blocked(desks)
    async with desks.listed() as desk:
        await select(desk)
        await desk.shows("A approve", "D decline", "approve?")
        await desk.until(lambda: (one := desk.board.selected_build) and one.stages)
        await desk.press("A")
        await desk.shows("(2 stages wait)")
        await desk.press("y")
        await desk.until(lambda: all(stage.status != "blocked" for stage in build.stages))
        await desk.until(lambda: "approve?" not in desk.text)
        while build.status != "success":
            desk.advance(1)
        await desk.agree(build, "success")


async def test_decline(desks: Desks) -> None:
    build = blocked(desks)
    async with desks.listed() as desk:
        await select(desk)
        await desk.press("D")
        await desk.shows("it cannot be started again?")
        await desk.press("y")
        await desk.agree(build, "declined")
        await desk.until(lambda: "∅ storefront" in desk.text)
        await desk.press("r")
        await desk.until(
            lambda: desk.said[-1:] == ["acme/storefront#1 was declined: a declined build cannot be started again"]
        )


@pytest.mark.parametrize(("key", "event"), [("P", "promote"), ("B", "rollback")])
async def test_promote_and_roll_back_need_a_target(key: str, event: str, desks: Desks) -> None:
    desks.ended(StageScript(), event="push")
    async with desks.listed() as desk:
        await select(desk)
        await desk.press(key)
        await desk.shows("target, for example production")
        await desk.press("enter")
        await desk.shows(f"{event} needs a target")
        assert calls(desk) == {}
        await desk.type("staging")
        await desk.shows("staging", f"/{event}?target=staging")
        await desk.press("tab")
        await desk.type("FORCE=1")
        await desk.shows("?target=staging&FORCE=1")
        await desk.press("enter")
        await desk.until(lambda: len(desks.server.world.builds) == 2)
        new = desks.server.world.builds[-1]
        assert (new.origin.event, new.origin.deploy_to, new.origin.params.get("FORCE")) == (event, "staging", "1")
        await desk.until(lambda: desk.known(new))


@pytest.mark.parametrize(
    ("key", "make", "sentence"),
    [
        ("c", ended, "acme/storefront#1 has already ended (success)"),
        ("A", held, "acme/storefront#1 does not wait for approval (it is running)"),
        ("D", ended, "acme/storefront#1 does not wait for approval (it is success)"),
    ],
)
async def test_what_cannot_be_done_is_said_at_once(key: str, make: Any, sentence: str, desks: Desks) -> None:
    make(desks)
    async with desks.listed() as desk:
        await select(desk)
        await desk.until(lambda: (one := desk.board.selected_build) and one.stages)
        await desk.press(key)
        assert desk.said == [sentence]
        assert len(desk.app.screen_stack) == 1


async def test_without_a_build_there_is_nothing_to_do(desks: Desks) -> None:
    ended(desks)
    async with desks.listed() as desk:
        for row in ("▾ acme", "search"):
            await desk.go_to(row)
            await desk.press("c")
            assert desk.said.pop() == "select a build first"


async def test_read_only_refuses_everything(desks: Desks) -> None:
    held(desks)
    async with desks.listed(read_only=True) as desk:
        await select(desk)
        for key in ("r", "c", "A", "D", "P", "B"):
            await desk.press(key)
            assert desk.said.pop().endswith("is not done: buildwatch runs read-only"), key
            assert len(desk.app.screen_stack) == 1
        assert calls(desk) == {}


async def test_what_the_server_refuses_is_said_in_its_words(clock: HandClock, desks: Desks) -> None:
    """The member may read this repo, but not change anything in it."""
    async with running(DemoServer(clock=clock, seed=1, repos=6, history=0, rate=0)) as server:
        desks.use(server, server.member_token)
        build = desks.start(repo="platform/gateway")
        server.advance(5)
        async with desks.listed() as desk:
            await desk.go_to("gateway")
            await desk.press("c")
            await desk.shows("stop platform/gateway#1")
            await desk.press("y")
            await desk.until(lambda: desk.said)
            assert "says no to" in desk.said[0]
            assert "no right to it" in desk.said[0]
            await desk.shows("says no to")
            assert build.status == "running"


async def test_an_action_on_a_dead_server_is_said_and_the_app_goes_on(desks: Desks) -> None:
    held(desks)
    async with desks.listed() as desk:
        await select(desk)
        await desk.press("c")
        await desk.shows("stop acme/storefront#1")
        desk.server.control.refuse()
        await desk.press("y")
        await desk.until(lambda: any("does not answer" in line or "connection broke" in line for line in desk.said))
        await desk.server.control.accept()
        await desk.press("R")
        await desk.shows("● ci.acme live")


async def test_a_key_pressed_twice_asks_once(desks: Desks) -> None:
    build = held(desks)
    async with desks.listed() as desk:
        await select(desk)
        await desk.press("c", "c", "c")
        assert len(desk.app.screen_stack) == 2
        await desk.press("y", "y", "y")
        await desk.agree(build, "killed")
        assert calls(desk) == {("DELETE", "/api/repos/{owner}/{name}/builds/{n}"): 1}


async def test_the_question_means_the_build_it_was_asked_for(desks: Desks) -> None:
    """Though another one began meanwhile and is the newest now."""
    first = held(desks)
    async with desks.listed() as desk:
        await select(desk)
        await desk.press("c")
        await desk.shows("stop acme/storefront#1")
        second = await desk.running(StageScript((StepScript("test", hold=True),)))
        await desk.press("y")
        await desk.agree(first, "killed")
        assert second.status == "running"


async def test_while_it_asks_no_key_does_anything_else(desks: Desks) -> None:
    held(desks)
    async with desks.listed() as desk:
        await select(desk)
        await desk.press("c")
        await desk.shows("stop acme/storefront#1")
        await desk.press("x", "F", "slash", "r", "A", "T", "z", "j", "o", "question_mark", "q")
        assert len(desk.app.screen_stack) == 2
        assert desk.app.theme == "dark"
        assert not desk.board.view.filter
        assert not desk.board.follow_newest
        assert desk.board.asked is None
        assert desk.app.is_running
        assert calls(desk) == {}


async def test_what_is_typed_too_early_does_not_agree(desks: Desks) -> None:
    """Keys that come in one write with the one that asks, as from a terminal far away."""
    ended(desks)
    async with desks.listed() as desk:
        await select(desk)
        for key in "ryes":
            desk.app.post_message(events.Key(key, key))
        await desk.shows("as a new build")
        await desk.press("escape")
        await desk.until(lambda: len(desk.app.screen_stack) == 1)
        assert calls(desk) == {}
