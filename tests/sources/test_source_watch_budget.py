"""How many requests it takes: little when nothing happens, little for each build when much does."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

from buildwatch.demo.control import StepScript
from buildwatch.model import RepoKey
from buildwatch.store import Changes

if TYPE_CHECKING:
    from tests.sources.conftest import MakeRig, Rig

BUILD = "/api/repos/{owner}/{name}/builds/{n}"
STORM = {
    "cut_streams_after": 5.0,
    "bad_gateway": 0.05,
    "silent_cancels": 0.08,
    "silent_builds": 0.05,
    "number_holes": 0.05,
}
QUICK = (StepScript("clone", seconds=0.4), StepScript("test", seconds=2))


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_in_quiet_times_one_list_in_ten_seconds_and_nothing_else(make_rig: MakeRig) -> None:
    rig = await make_rig(repos=30)
    await rig.begin()
    begin = now()
    await asyncio.sleep(600)
    assert rig.asked(since=begin) == rig.asked("/api/user/repos", since=begin) == 60


async def test_one_read_in_ten_seconds_for_each_unfinished_build(rig: Rig) -> None:
    """Two that wait, one of them blocked, one that runs and is its repo's newest, one that runs and is not."""
    rig.start("acme/search", blocked=True)
    rig.start("acme/billing")
    rig.start("platform/infra"), rig.start("platform/infra")
    await asyncio.sleep(2)
    rig.control.runners(up=False)
    rig.start("platform/gateway")
    await rig.begin()
    assert len(rig.store.unfinished()) == 5
    begin = now()
    await asyncio.sleep(300)
    assert rig.asked("/api/user/repos", since=begin) == 30
    assert rig.asked(BUILD, since=begin) <= 5 * 30
    assert rig.asked(since=begin) == rig.asked("/api/user/repos", since=begin) + rig.asked(BUILD, since=begin)


async def test_a_build_that_the_stream_tells_of_costs_nothing(rig: Rig) -> None:
    await rig.begin()
    begin = now()
    for _ in range(10):
        build = rig.start(steps=QUICK)
        await rig.until(lambda: rig.ends(build), within=4)  # noqa: B023
    assert rig.asked(BUILD, since=begin) == 0
    assert rig.asked("/api/repos/{owner}/{name}/builds", since=begin) == 0


async def test_while_events_come_no_build_is_read(rig: Rig) -> None:
    await rig.begin()
    begin = now()
    build = rig.start(steps=tuple(StepScript(f"step {number}", seconds=7) for number in range(10)))
    await rig.until(lambda: rig.ends(build), within=80)
    assert rig.asked(BUILD, since=begin) <= 1


async def test_histories_are_read_four_at_a_time_and_after_what_matters_more(make_rig: MakeRig) -> None:
    rig = await make_rig(repos=30, history=3)
    rig.faults.slow_answers = 0.2
    rig.watch()
    await rig.until(lambda: rig.state.listed)
    running = rig.start("acme/search")
    for key in list(rig.store.repos):
        rig.watcher.look_back(key)
    most = 0
    while rig.asked("/api/repos/{owner}/{name}/builds") < 30:
        most = max(most, len(rig.watcher._reads._running))
        await asyncio.sleep(0.05)
    assert most <= 4
    await rig.until(lambda: rig.status(running) == "running", within=11)
    await asyncio.sleep(1)
    assert all(rig.store.count(key) >= 3 for key in rig.store.repos)
    assert rig.asked("/api/repos/{owner}/{name}/builds") == 30


async def test_in_a_storm_at_most_two_a_started_build(make_rig: MakeRig) -> None:
    """Half a minute of it: five builds a second, cuts, bad gateways, silent cancels and builds, numbers left out."""
    rig = await make_rig(repos=40, history=2, rate=5)
    rig.control.change_faults(STORM)
    await rig.begin()
    first, begin = len(rig.server.world.builds), now()
    await asyncio.sleep(30)
    started = len(rig.server.world.builds) - first
    asked = rig.asked(since=begin)
    rig.control.pause(paused=True)
    assert started > 120
    assert asked <= 2 * started
    builds = rig.server.world.builds[first:]
    await rig.until(lambda: all(build.status.ended for build in builds), within=300)
    await asyncio.sleep(45)
    ends = Counter(build.id for build in builds for _ in rig.ends(build))
    assert {build.id: ends[build.id] for build in builds} == {build.id: 1 for build in builds}
    assert [(build.id, rig.status(build)) for build in builds] == [(build.id, str(build.status)) for build in builds]


async def test_ends_in_a_storm_are_told_soon(make_rig: MakeRig) -> None:
    rig = await make_rig(repos=40, history=2, rate=5)
    rig.control.change_faults(STORM)
    await rig.begin()
    first = len(rig.server.world.builds)
    heard: dict[int, float] = {}
    tell = rig.watcher._intake._tell

    def listen(changes: Changes) -> None:
        before = len(rig.moves)
        tell(changes)
        for move in rig.moves[before:]:
            if move.stage is None and move.after.ended:
                heard.setdefault(move.build.id, rig.server.world.now)

    rig.watcher._intake._tell = listen
    await asyncio.sleep(30)
    rig.control.pause(paused=True)
    await asyncio.sleep(45)
    builds = [build for build in rig.server.world.builds[first:] if build.status.ended]
    told = sorted(heard[build.id] - build.ended for build in builds if build.told)
    untold = sorted(heard[build.id] - build.ended for build in builds if not build.told)
    assert len(told) > 50
    assert told[len(told) // 2] <= 0.2
    assert told[len(told) * 9 // 10] <= 2
    assert untold
    assert untold[-1] <= 15


async def test_one_more_repo_costs_one_stream(rig: Rig) -> None:
    await rig.begin()
    begin = now()
    rig.control.add_repo("acme/new")
    await rig.until(lambda: RepoKey("drone", "acme/new") in rig.store.repos, within=11)
    await asyncio.sleep(5)
    assert rig.asked(since=begin) <= 3
