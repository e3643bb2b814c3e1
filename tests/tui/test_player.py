"""A recording on the screen: what was is shown when it was, and the keys of a player."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace as changed

from buildwatch.config import ServerSettings, Settings, token
from buildwatch.demo.driver import HandClock
from buildwatch.model import Build, Repo, Stage, Status, Step
from buildwatch.recording import FORMAT, Begun, Entry, Known, Listed, Playhead, Printed, Recording, Watched
from buildwatch.tui.player import Player, another, face
from buildwatch.wire.loglines import Piece

if TYPE_CHECKING:
    from tests.tui.conftest import Desk

AT = 1_795_000_000.0


def build(status: str, **more: object) -> Build:
    step = Step(1, "test", Status(status), started=int(AT) + 10)
    stage = Stage(1, "unit", Status(status), started=int(AT) + 10, steps=(step,))
    made = Build("ci", "acme/api", 7, 3, Status(status), "push", branch="main", message="Round totals", stages=(stage,))
    return changed(made, created=int(AT) + 10, started=int(AT) + 10, **more)


ENTRIES: list[Entry] = [
    Begun(AT, FORMAT),
    Watched(AT, "ci", "https://ci.acme.example", "drone-2", "2.28.1", "dana"),
    Listed(AT, "ci", (Repo("ci", "acme/api"),)),
    Known(AT + 10, build("running"), told=True),
    Known(AT + 40, build("failure", finished=int(AT) + 40), told=True),
    Printed(AT + 41, "ci", "acme/api", 3, 1, 1, (Piece(0, "+ make\n", 1), Piece(1, "no rule to make it\n", 20))),
    Known(AT + 60, build("failure", finished=int(AT) + 40)),
]


@asynccontextmanager
async def playing(
    settings: Settings, clock: HandClock, make_desk: object, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Desk, Playhead]]:
    frozen = SimpleNamespace(time=clock, strftime=time.strftime, localtime=time.gmtime)
    monkeypatch.setattr("buildwatch.tui.player.time", frozen)
    head = Playhead(AT, AT + 60)
    server = ServerSettings(
        "ci", "https://ci.acme.example", token.from_env("X", {}), recording=Recording(ENTRIES, head)
    )
    app = Player(replace(settings, servers=(server,), read_only=True, playing=head), head)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        desk = make_desk(app, pilot, None)  # type: ignore[operator]
        await desk.shows("no builds yet")
        yield desk, head
        app.exit()


async def test_what_was_is_shown_when_it_was(
    settings: Settings, clock: HandClock, make_desk: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with playing(settings, clock, make_desk, monkeypatch) as (desk, _):
        await desk.shows("▶ 1×")
        assert "#3" not in desk.text
        clock.now += 15
        await desk.shows("1 running", "0:05")
        await desk.go_to("api")
        await desk.press("l")
        await desk.go_to("#3")
        await desk.press("l")
        await desk.go_to("test")
        await desk.shows("+ make")
        assert "no rule" not in desk.text
        clock.now += 16
        await desk.shows("no rule to make it")
        clock.now += 12
        await desk.shows("1 failing", "✗ failure", "test failed")
        clock.now += 500
        await desk.shows("■ 1×")


async def test_its_keys(
    settings: Settings, clock: HandClock, make_desk: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with playing(settings, clock, make_desk, monkeypatch) as (desk, head):
        await desk.press("greater_than_sign", "greater_than_sign")
        await desk.shows("▶ 5×")
        await desk.press("less_than_sign", "full_stop")
        await desk.shows("‖ 2×")
        clock.now += 20
        assert head.at(clock.now) == AT
        await desk.press("full_stop")
        clock.now += 10
        await desk.shows("▶ 2×", "1 running")
        await desk.go_to("api")
        await desk.press("r")
        await desk.shows("buildwatch runs read-only")
        await desk.press("question_mark")
        await desk.shows("pause, or go on", "slower", "faster")


def test_the_clock_without_signs() -> None:
    head = Playhead(AT, AT + 60, speed=10)
    assert face(head, 0.0, in_ascii=True).startswith("> 10x ")
    head.change(0.0, paused=True)
    assert face(head, 0.0, in_ascii=True).startswith("paused 10x ")
    assert face(Playhead(AT, AT), 0.0, in_ascii=True).startswith("end 1x ")


@pytest.mark.parametrize(
    ("speed", "slower", "faster"), [(1, 0.5, 2), (7, 5, 10), (0.01, 0.01, 0.1), (9999, 1800, 9999)]
)
def test_the_next_speed(speed: float, slower: float, faster: float) -> None:
    assert (another(speed, -1), another(speed, 1)) == (slower, faster)
