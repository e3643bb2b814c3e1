"""The stream: events twice or not at all, cut, away, deaf, or of repos that it did not know when it opened."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from buildwatch.demo.control import StageScript, StepScript
from buildwatch.model import RepoKey
from buildwatch.store import Link

if TYPE_CHECKING:
    from tests.sources.conftest import MakeRig, Rig

QUICK = (StepScript("clone", seconds=0.4), StepScript("test", seconds=1.3), StepScript("pack", seconds=0.7))


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_what_a_stream_tells_is_told_at_once_and_whole(rig: Rig) -> None:
    await rig.begin()
    build = rig.start(steps=QUICK)
    await rig.until(lambda: rig.ends(build), within=4)
    assert [(move.stage, move.step, move.before, move.after) for move in rig.moves] == [
        (None, None, None, "running"),
        ("default", None, None, "running"),
        ("default", "clone", None, "pending"),
        ("default", "test", None, "pending"),
        ("default", "pack", None, "pending"),
        ("default", "clone", "pending", "running"),
        ("default", "clone", "running", "success"),
        ("default", "test", "pending", "running"),
        ("default", "test", "running", "success"),
        ("default", "pack", "pending", "running"),
        ("default", "pack", "running", "success"),
        (None, None, "running", "success"),
        ("default", None, "running", "success"),
    ]


async def test_an_end_is_told_as_it_happens(rig: Rig) -> None:
    await rig.begin()
    build = rig.start()
    await rig.until(lambda: rig.status(build) == "running")
    await asyncio.sleep(1)
    rig.control.release(build, outcome="failure")
    assert await rig.until(lambda: rig.ends(build), within=1) < 0.2


async def test_identical_events(rig: Rig) -> None:
    rig.faults.duplicate_events = 1.0
    await rig.begin()
    build = rig.start(steps=QUICK)
    await rig.until(lambda: rig.ends(build), within=4)
    await asyncio.sleep(30)
    told = Counter((move.stage, move.step, move.after) for move in rig.moves)
    assert set(told.values()) == {1}
    assert len(told) == 13


@pytest.mark.parametrize("dropped", [1.0, 0.5])
async def test_dropped_events(rig: Rig, dropped: float) -> None:
    rig.faults.drop_events = dropped
    await rig.begin()
    builds = [rig.start(steps=QUICK) for _ in range(3)]
    await rig.until(lambda: all(rig.ends(build) for build in builds), within=15)
    await asyncio.sleep(60)
    assert [rig.ends(build) for build in builds] == [["success"]] * 3
    for build in builds:
        known = rig.known(build)
        assert known is not None
        assert {stage.status for stage in known.stages or ()} <= {"success"}


async def test_dropped_events_of_a_build_that_goes_on(rig: Rig) -> None:
    """Its steps are found within the slow beat, although its row in the list does not change."""
    await rig.begin()
    build = rig.start(steps=(StepScript("clone", seconds=0.4), StepScript("test", hold=True)))
    await rig.until(lambda: rig.status(build) == "running")
    rig.faults.drop_events = 1.0
    await rig.until(lambda: ("clone", "success") in [(move.step, move.after) for move in rig.moves], within=31)


async def test_events_of_a_newer_server(rig: Rig) -> None:
    """Status words that nobody knows are shown as they are and count as unfinished; unknown fields are no matter."""
    rig.faults.strange_events = 1.0
    await rig.begin()
    build = rig.start(steps=QUICK)
    await rig.until(lambda: rig.status(build) == "warming_up", within=1)
    await rig.until(lambda: rig.ends(build), within=5)
    await asyncio.sleep(30)
    assert rig.ends(build) == ["success"]
    assert "quarantined" in [move.after for move in rig.moves]


async def test_builds_of_one_repo_side_by_side(rig: Rig) -> None:
    await rig.begin()
    builds = [rig.start(steps=QUICK) for _ in range(5)]
    await rig.until(lambda: all(rig.ends(build) for build in builds), within=4)
    assert [rig.told(build) for build in builds] == [[(None, "running"), ("running", "success")]] * 5


# cut and away


async def test_a_stream_that_is_cut_is_opened_again_at_once(rig: Rig) -> None:
    rig.faults.cut_streams_after = 5.0
    await rig.begin()
    begin = now()
    await asyncio.sleep(60)
    assert 11 <= rig.asked("/api/stream", since=begin) <= 13
    assert rig.link in (Link.LIVE, Link.POLLING)


async def test_between_two_streams_is_less_than_a_third_of_a_second(rig: Rig) -> None:
    rig.faults.cut_streams_after = 5.0
    await rig.begin()
    gaps = []
    for _ in range(5):
        await rig.until(lambda: rig.link == Link.POLLING, within=6)
        gaps.append(await rig.until(lambda: rig.link == Link.LIVE, within=1))
    assert max(gaps) < 0.33
    assert rig.state.said == ""


async def test_nothing_is_lost_between_two_streams(rig: Rig) -> None:
    rig.faults.cut_streams_after = 5.0
    await rig.begin()
    builds, ended = [], {}
    for _ in range(20):
        build = rig.start()
        builds.append(build)
        await rig.until(lambda: rig.status(builds[-1]) == "running", within=2)
        await asyncio.sleep(1.5)
        rig.control.release(build)
        await asyncio.sleep(0.1)
        ended[build.id] = build.ended
    await rig.until(lambda: all(rig.ends(build) for build in builds), within=2)
    await asyncio.sleep(20)
    assert [rig.ends(build) for build in builds] == [["success"]] * 20


async def test_a_stream_that_never_stays_open_is_opened_ever_less_often(rig: Rig) -> None:
    rig.faults.cut_streams_after = 0.01
    await rig.begin()
    begin = now()
    await asyncio.sleep(120)
    assert rig.asked("/api/stream", since=begin) <= 14


async def test_server_outage_and_return(rig: Rig) -> None:
    await rig.begin()
    build, quiet = rig.start(), rig.start("platform/gateway")
    await rig.until(lambda: rig.status(build) == rig.status(quiet) == "running")
    await asyncio.sleep(1)
    rig.states.clear()
    rig.control.refuse()
    assert await rig.until(lambda: rig.link == Link.OFFLINE, within=2) < 2
    assert "does not answer at http://127.0.0.1" in rig.state.said
    rig.control.release(build)
    born = rig.start("platform/infra", steps=QUICK)
    await asyncio.sleep(40)
    assert rig.status(build) == "running"
    assert len(rig.store.repos) == 12
    await rig.control.accept()
    await rig.until(lambda: rig.link == Link.LIVE, within=31)
    await rig.until(lambda: rig.ends(build) and rig.ends(born), within=1)
    await asyncio.sleep(60)
    assert (rig.ends(build), rig.ends(born), rig.ends(quiet)) == (["success"], ["success"], [])
    assert [state.link for state in rig.states if state.link != Link.POLLING][:1] == [Link.OFFLINE]
    assert rig.state.said == ""


async def test_when_the_server_is_back_the_stream_is_too(rig: Rig) -> None:
    await rig.begin()
    rig.control.refuse()
    await asyncio.sleep(120)
    await rig.control.accept()
    await rig.until(lambda: rig.state.link != Link.OFFLINE, within=31)
    assert await rig.until(lambda: rig.link == Link.LIVE, within=1) < 0.5


async def test_a_server_that_is_away_is_asked_ever_less_often(rig: Rig) -> None:
    await rig.begin()
    rig.control.refuse()
    await asyncio.sleep(300)
    before = rig.source.requests
    await asyncio.sleep(300)
    assert 8 <= rig.source.requests - before <= 30


async def test_a_server_that_is_away_at_the_start(rig: Rig) -> None:
    rig.control.refuse()
    rig.watch()
    await rig.until(lambda: rig.link == Link.OFFLINE, within=1)
    assert "connection refused" in rig.state.said
    await asyncio.sleep(20)
    await rig.control.accept()
    await rig.until(lambda: rig.link == Link.LIVE and rig.state.listed, within=31)
    await rig.until(lambda: rig.state.user == "dana" and rig.state.version == "2.28.1", within=31)


async def test_trying_again_by_hand_waits_for_nothing(rig: Rig) -> None:
    await rig.begin()
    rig.control.refuse()
    await asyncio.sleep(200)
    await rig.control.accept()
    rig.watcher.retry()
    assert await rig.until(lambda: rig.link == Link.LIVE, within=1) < 0.5


# deaf


async def test_a_stream_that_says_nothing_while_builds_end_is_opened_anew(make_rig: MakeRig) -> None:
    rig = await make_rig(ping_after=1000)
    await rig.begin()
    begin = now()
    build = rig.start(steps=(StepScript("test", seconds=20),), unseen=True)
    await rig.until(lambda: rig.ends(build), within=32)
    await asyncio.sleep(2)
    assert rig.asked("/api/stream", since=begin) == 1
    assert rig.link == Link.LIVE


async def test_a_quiet_stream_is_left_alone(rig: Rig) -> None:
    await rig.begin()
    begin = now()
    await asyncio.sleep(600)
    assert rig.asked("/api/stream", since=begin) == 0


async def test_a_machine_that_slept_opens_its_stream_anew(rig: Rig) -> None:
    await rig.begin()
    begin = now()
    slept = 3600.0
    awake = rig.watcher._now
    rig.watcher._now = lambda: awake() + slept
    await asyncio.sleep(12)
    assert rig.asked("/api/stream", since=begin) == 1
    await asyncio.sleep(60)
    assert rig.asked("/api/stream", since=begin) == 1


# repos


async def test_a_repo_that_appears_after_the_stream_was_opened(rig: Rig) -> None:
    await rig.begin()
    begin = now()
    rig.control.add_repo("acme/new", private=True)
    await rig.until(lambda: RepoKey("drone", "acme/new") in rig.store.repos, within=11)
    await rig.until(lambda: rig.asked("/api/stream", since=begin) == 1, within=1)
    await asyncio.sleep(1)
    build = rig.start("acme/new")
    await rig.until(lambda: rig.status(build) == "running", within=1)
    assert rig.told(build) == [(None, "running")]
    await asyncio.sleep(60)
    assert rig.asked("/api/stream", since=begin) == 1


async def test_other_peoples_public_repos_are_no_matter(rig: Rig) -> None:
    rig.control.repo("acme/search").members.pop("dana")
    rig.control.repo("acme/search").members.pop("sam", None)
    await rig.begin()
    build = rig.start("acme/search", steps=QUICK)
    await asyncio.sleep(30)
    assert rig.known(build) is None
    assert rig.moves == []


async def test_a_repo_that_is_gone_is_asked_for_no_longer(rig: Rig) -> None:
    await rig.begin()
    older, build = rig.start(), rig.start()
    await rig.until(lambda: rig.status(build) == rig.status(older) == "running")
    repo = rig.server.world.by_slug.pop("acme/search")
    rig.server.world.repos.remove(repo)
    await rig.until(lambda: repo.slug not in [key.slug for key in rig.store.repos], within=21)
    assert (rig.known(build), rig.known(older)) == (None, None)
    await asyncio.sleep(20)
    begin = now()
    await asyncio.sleep(120)
    assert rig.asked("/api/repos/{owner}/{name}/builds/{n}", since=begin) == 0


async def test_many_stages_at_once(rig: Rig) -> None:
    stages = tuple(StageScript(QUICK, f"stage {number}") for number in range(5))
    await rig.begin()
    build = rig.start(stages=stages)
    await rig.until(lambda: rig.ends(build), within=5)
    ends = [move.stage for move in rig.moves if move.after == "success" and move.step is None and move.stage]
    assert sorted(ends) == [f"stage {number}" for number in range(5)]


async def test_watching_ends_without_leaving_anything_behind(rig: Rig) -> None:
    await rig.begin()
    rig.start()
    await asyncio.sleep(1)
    await rig.end()
    await asyncio.sleep(0)
    ours = [task for task in asyncio.all_tasks() if "buildwatch/sources" in str(task.get_coro())]
    assert ours == []
    await asyncio.sleep(1)
    assert len(rig.server.hub) == 0
