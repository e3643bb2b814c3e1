"""When times tick, and when they go along with a log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwatch.tui.ticking import LEEWAY, SECOND, Ticking


@dataclass
class Timer:
    due: float
    call: Callable[[], None]
    off: bool = False

    def when(self) -> float:
        return self.due

    def cancel(self) -> None:
        self.off = True


@dataclass
class Loop:
    """A loop whose time is moved by hand."""

    now: float = 100.0
    timers: list[Timer] = field(default_factory=list)

    def time(self) -> float:
        return self.now

    def call_at(self, due: float, call: Callable[[], None]) -> Timer:
        self.timers.append(Timer(due, call))
        return self.timers[-1]

    def until(self, time: float) -> None:
        while due := [timer for timer in self.timers if not timer.off and timer.due <= time]:
            timer = min(due, key=Timer.when)
            timer.off, self.now = True, max(self.now, timer.due)
            timer.call()
        self.now = time


class World:
    """Something that ticks, and when it did."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, runs: bool = True) -> None:
        self.loop, self.ticks, self.runs = Loop(), list[float](), runs
        monkeypatch.setattr(asyncio, "get_running_loop", lambda: self.loop)
        self.ticking = Ticking(self.tick)
        self.tick()

    def tick(self) -> None:
        self.ticks.append(self.loop.now - 100)
        self.ticking.go_on(runs=self.runs, else_in=40.0)


def test_each_second_while_something_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch)
    world.loop.until(103.5)
    assert world.ticks == [0, 1, 2, 3]


def test_at_full_minutes_where_nothing_runs_and_sooner_once_something_does(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, runs=False)
    world.loop.until(105)
    world.ticking.along()
    assert world.ticks == [0]
    world.runs = True
    world.ticking.go_on(runs=True, else_in=35.0)
    world.loop.until(107)
    assert world.ticks == [0, 6, 7]


@given(st.floats(0.0, 0.99), st.lists(st.floats(-0.009, 0.009), min_size=12, max_size=12))
def test_it_falls_into_step_with_a_log_that_grows_each_second(offset: float, jitter: list[float]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        world, grew = World(monkeypatch), list[float]()
        for second, late in enumerate(jitter):
            world.loop.until(100.0 + second + offset + 0.01 + late)
            grew.append(world.loop.now - 100)
            world.ticking.along()
        assert set(grew[5:]) <= set(world.ticks), "painted together from the fifth on"
        assert all(
            later - one <= SECOND + LEEWAY + 1e-6 for one, later in zip(world.ticks, world.ticks[1:], strict=False)
        )


@given(st.lists(st.floats(0.0, 3.0), max_size=40))
def test_however_a_log_grows_no_second_is_left_out_and_few_are_ticked_twice(pauses: list[float]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        world = World(monkeypatch)
        world.loop.until(101)
        for pause in pauses:
            world.loop.until(world.loop.now + pause)
            world.ticking.along()
        world.loop.until(world.loop.now + 2)
        between = [later - one for one, later in zip(world.ticks, world.ticks[1:], strict=False)]
        assert all(0.499 <= one <= SECOND + LEEWAY + 1e-6 for one in between)
