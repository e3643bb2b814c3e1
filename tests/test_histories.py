"""Builds as a server lives through them, told in any order, twice, or not at all: the end is what the server says.

The histories are the demo server's, whose versions, merged events and silences are those of a real one.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from buildwatch.demo import actions, drone2
from buildwatch.demo.control import NoSuchThing, Script, StageScript, StepScript
from buildwatch.demo.driver import HandClock
from buildwatch.demo.server import DemoServer
from buildwatch.demo.state import Build as ServerBuild
from buildwatch.merge import settled
from buildwatch.model import Build, RepoKey, Status
from buildwatch.store import Move, Store
from buildwatch.wire import drone1

REPO = "acme/search"

step_scripts = st.builds(
    StepScript,
    st.just("step"),
    seconds=st.sampled_from((0.3, 1.0, 4.0)),
    outcome=st.sampled_from(("success", "success", "success", "failure", "killed")),
    exit_code=st.sampled_from((0, 0, 78)),
    ignore_failure=st.booleans(),
    detached=st.sampled_from((False, False, True)),
    always=st.booleans(),
)
stage_scripts = st.builds(
    StageScript,
    st.lists(step_scripts, min_size=1, max_size=3).map(tuple),
    on_failure=st.booleans(),
    arch=st.sampled_from(("amd64", "amd64", "amd64", "arm64")),
    error=st.sampled_from(("", "", "", "linter: untrusted repositories cannot mount host volumes")),
)


@st.composite
def scripts(draw: st.DrawFn) -> Script:
    """A build of some stages, each waiting for some of those before it."""
    stages: list[StageScript] = []
    for number, stage in enumerate(draw(st.lists(stage_scripts, min_size=1, max_size=3))):
        needs = tuple(one.name for one in stages if draw(st.booleans()))
        steps = tuple(replace(step, name=f"step {n}") for n, step in enumerate(stage.steps))
        stages.append(replace(stage, name=f"stage {number}", depends_on=needs, steps=steps))
    blocked = draw(st.sampled_from((False, False, True)))
    return Script(REPO, tuple(stages), blocked=blocked, error=draw(st.sampled_from(("",) * 9 + ("yaml: line 5",))))


Act = Callable[[DemoServer, ServerBuild], None]


def approve_all(server: DemoServer, build: ServerBuild) -> None:
    for stage in build.stages:
        with suppress(actions.NotBlocked):
            actions.approve(server.world, build, stage)


def decline_one(server: DemoServer, build: ServerBuild) -> None:
    for stage in build.stages[:1]:
        with suppress(actions.NotBlocked):
            actions.decline(server.world, build, stage)


def cancel(server: DemoServer, build: ServerBuild) -> None:
    server.control.cancel(build)


def supersede(server: DemoServer, build: ServerBuild) -> None:
    server.control.cancel(build, superseded=True)


def release(server: DemoServer, build: ServerBuild) -> None:
    with suppress(NoSuchThing):
        server.control.release(build)


acts = st.sampled_from((approve_all, approve_all, decline_one, cancel, supersede, release))


class History:
    """What a server said of two builds while they lived: lists, reads and events, in the order of time."""

    def __init__(self, plans: Iterable[Script], deeds: list[tuple[float, int, Act]], *, flips: bool) -> None:
        server = DemoServer(clock=HandClock(1_795_433_706.0), seed=1, history=0, rate=0)
        server.control.change_faults({"killed_flips": flips})
        server.world.on_publish = self._event
        self.said: list[Build] = []
        self._server = server
        self._builds: list[ServerBuild] = []
        for script in plans:
            self._builds.append(server.control.start(script))
            self._read_all()
        for wait, which, act in deeds:
            for _ in range(4):
                server.advance(wait / 4)
                self._read_all()
            act(server, self._builds[which % len(self._builds)])
            self._read_all()
        server.advance(60)
        self._read_all()
        self.last = {build.id: settled(self._read(build)) for build in self._builds}

    def _event(self, build: ServerBuild) -> None:
        of = drone2.repo(build.repo, build=build, stages=True)
        self.said.append(drone1.read_event("s", json.dumps(of).encode())[1])

    def _read_all(self) -> None:
        for build in self._builds:
            listed = drone1.read_builds("s", REPO, json.dumps([drone2.build_of(build)]).encode())
            self.said += [*listed, self._read(build)]

    def _read(self, build: ServerBuild) -> Build:
        read = drone1.read_build("s", REPO, json.dumps(drone2.build_of(build, stages=True)).encode())
        assert read is not None
        return read


histories = st.builds(
    History,
    st.lists(scripts(), min_size=1, max_size=2),
    st.lists(st.tuples(st.floats(0.05, 6), st.integers(0, 1), acts), max_size=4),
    flips=st.booleans(),
)


def apply(store: Store, said: Iterable[Build]) -> list[Move]:
    return [move for build in said for move in store.apply(build, news=True).moves]


def state(store: Store) -> dict[int, Build]:
    return {build.id: build for build in store.builds(RepoKey("s", REPO))}


def chains(moves: Iterable[Move]) -> dict[tuple[int, str | None, str | None], list[Move]]:
    """The moves of each build, stage and step."""
    of: dict[tuple[int, str | None, str | None], list[Move]] = defaultdict(list)
    for move in moves:
        of[move.build.id, move.stage, move.step].append(move)
    return of


def assert_told_once(moves: list[Move], last: dict[int, Build]) -> None:
    """Each move begins where the one before ended, none is told twice, and the last is what the server says."""
    for (id, stage, _), chain in chains(moves).items():
        assert [move.before for move in chain] == [None, *(move.after for move in chain[:-1])]
        once = [move.after for move in chain if move.after != Status.PENDING]  # pending, found blocked, approved
        assert len(set(once)) == len(once)
        if stage is None:
            assert chain[-1].after == last[id].status
    assert {id for id, stage, _ in chains(moves) if stage is None} == set(last)


@settings(max_examples=40)
@given(histories)
def test_in_the_order_of_time(history: History) -> None:
    store = Store()
    moves = apply(store, history.said)
    assert state(store) == history.last
    assert_told_once(moves, history.last)


@settings(max_examples=40)
@given(histories, st.randoms(use_true_random=False), st.floats(0, 1))
def test_shuffled_repeated_and_dropped(history: History, random: Random, dropped: float) -> None:
    kept = [build for build in history.said if random.random() >= dropped]
    kept += random.choices(kept, k=len(kept) // 2) if kept else []
    kept += history.last.values()  # what a last read gives
    random.shuffle(kept)
    store = Store()
    moves = apply(store, kept)
    assert state(store) == history.last
    assert_told_once(moves, history.last)
    assert apply(store, history.said) == []
    assert state(store) == history.last


@settings(max_examples=40)
@given(histories, st.randoms(use_true_random=False))
def test_two_who_heard_it_in_different_orders_agree(history: History, random: Random) -> None:
    kept = [build for build in history.said if random.random() < 0.5]
    one, other = Store(), Store()
    apply(one, kept)
    random.shuffle(kept)
    apply(other, kept)
    assert state(one) == state(other)


@settings(max_examples=40)
@given(histories, st.randoms(use_true_random=False))
def test_no_older_message_brings_what_has_ended_back_to_life(history: History, random: Random) -> None:
    store = Store()
    ended: set[int] = set()
    for build in random.choices(history.said, k=2 * len(history.said)):
        store.apply(build, news=True)
        ended |= {id for id, known in state(store).items() if known.status.ended}
        assert not ended & {known.id for known in store.unfinished()}


@settings(max_examples=40)
@given(histories, st.integers(0, 1000))
def test_what_already_was_is_no_change(history: History, at: int) -> None:
    """The first list and the first read of what runs; from there on all is told."""
    store = Store()
    for build in history.said[: at % len(history.said)]:
        moves = store.apply(build, news=False).moves
        assert all(move.before is not None for move in moves if move.stage is None)
    known = state(store)
    told = chains(apply(store, history.said))
    for id, build in known.items():
        chain = told.get((id, None, None))
        assert (chain[0].before if chain else history.last[id].status) == build.status


@pytest.mark.parametrize(
    ("act", "end"), [(approve_all, "success"), (decline_one, "declined"), (cancel, "killed"), (supersede, "skipped")]
)
def test_the_usual_ends_of_a_blocked_build(act: Act, end: str) -> None:
    history = History([Script(REPO, blocked=True)], [(1.0, 0, act)], flips=False)
    store = Store()
    moves = apply(store, history.said)
    after = [str(move.after) for move in moves if move.stage is None]
    assert after[0] in ("pending", "blocked")
    assert "blocked" in after
    assert after[-1] == end
    assert [word for word in after if Status(word).ended] == [end]
