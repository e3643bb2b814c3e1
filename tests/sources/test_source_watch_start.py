"""The beginning: what already was is known and no change, and it takes few requests."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from buildwatch.demo.control import StageScript, StepScript
from buildwatch.model import RepoKey
from buildwatch.store import Link

if TYPE_CHECKING:
    from tests.sources.conftest import MakeRig, Rig


async def test_what_already_was_is_known_and_no_change(make_rig: MakeRig) -> None:
    rig = await make_rig(history=4)
    running = rig.start()
    await asyncio.sleep(5)
    rig.watch()
    await rig.until(rig.watcher.synced.is_set)
    assert rig.moves == []
    assert rig.status(running) == "running"
    state = rig.state
    assert (state.link, state.user, state.admin, state.version, state.listed) == (
        Link.LIVE,
        "dana",
        True,
        "2.28.1",
        True,
    )
    for repo in rig.server.world.repos:
        newest = rig.store.newest(RepoKey("drone", repo.slug))
        assert newest is not None
        last = repo.builds[-1]
        blocked = last.stages and last.stages[0].status == "blocked"
        status = "blocked" if blocked else str(last.status)
        assert (newest.id, newest.number, newest.status) == (last.id, last.number, status)


async def test_what_runs_and_is_not_its_repos_newest_is_found(rig: Rig) -> None:
    older, newer = rig.start(), rig.start()
    await asyncio.sleep(5)
    await rig.begin()
    assert (rig.status(older), rig.status(newer)) == ("running", "running")
    rig.control.release(older)
    await rig.until(lambda: rig.ends(older), within=1)


async def test_its_steps_are_known_from_the_start_and_told_from_there_on(rig: Rig) -> None:
    steps = (StepScript("clone", seconds=1), StepScript("test", hold=True), StepScript("pack", seconds=0.5))
    build = rig.start(steps=steps)
    await asyncio.sleep(5)
    await rig.begin()
    rig.control.release(build)
    await rig.until(lambda: rig.ends(build), within=2)
    assert [(move.step, move.before, move.after) for move in rig.moves if move.step] == [
        ("test", "running", "success"),
        ("pack", "pending", "running"),
        ("pack", "running", "success"),
    ]


async def test_an_event_before_the_stages_were_read_tells_nothing_that_was_before(rig: Rig) -> None:
    """The list tells no stages, and they are read a moment later: an event may come between the two."""
    steps = (StepScript("clone", seconds=1), StepScript("test", hold=True), StepScript("pack", hold=True))
    build = rig.start(steps=steps)
    await asyncio.sleep(5)
    rig.watch()
    await rig.until(lambda: rig.known(build) is not None)
    known = rig.known(build)
    assert known is not None
    assert known.stages is None
    rig.control.release(build)
    await rig.until(lambda: (known := rig.known(build)) and known.stages)
    assert ("clone", None) not in [(move.step, move.before) for move in rig.moves]
    assert rig.told(build) == []
    await asyncio.sleep(1)
    rig.control.release(build)
    await rig.until(lambda: rig.ends(build), within=2)
    assert rig.told(build) == [("running", "success")]


async def test_no_more_than_eight_requests_until_every_repos_line_stands(make_rig: MakeRig) -> None:
    rig = await make_rig(repos=40, history=5)
    rig.watch()
    await rig.until(lambda: rig.state.listed)
    assert len(rig.store.repos) == 40
    assert all(rig.store.newest(key) for key in rig.store.repos)
    assert rig.asked() <= 8


async def test_then_one_for_each_unfinished_build(make_rig: MakeRig) -> None:
    rig = await make_rig(repos=12, history=5)
    for repo in list(rig.server.world.repos)[:6]:
        rig.start(repo.slug)
    await asyncio.sleep(5)
    unfinished = len(rig.server.world.open)
    before = rig.asked()
    await rig.begin()
    assert rig.asked() - before <= 8 + unfinished


async def test_a_member_is_not_asked_what_only_admins_may(rig: Rig) -> None:
    rig.token = rig.server.member_token
    build = rig.start("acme/storefront")
    await rig.begin()
    assert (rig.state.admin, rig.status(build) is not None) == (False, True)
    assert rig.asked("/api/builds/incomplete") == 0


async def test_a_server_without_builds(rig: Rig) -> None:
    await rig.begin()
    assert len(rig.store.repos) == 12
    build = rig.start()
    await rig.until(lambda: rig.status(build) == "running", within=1)
    assert rig.told(build)[0][0] is None


async def test_a_list_that_is_null_at_the_start_makes_nothing_new(make_rig: MakeRig) -> None:
    """A server in trouble sends `null`; what it tells ten seconds later was there before."""
    rig = await make_rig(history=3)
    running = rig.start()
    await asyncio.sleep(5)
    rig.faults.null_lists = True
    rig.watch()
    await rig.until(lambda: rig.state.listed)
    assert rig.store.repos == {}
    rig.faults.null_lists = False
    await rig.until(lambda: rig.status(running) == "running", within=12)
    await asyncio.sleep(30)
    assert [move for move in rig.moves if move.stage is None and move.before is None] == []
    assert rig.asked("/api/repos/{owner}/{name}/builds") == 0
    born = rig.start("platform/gateway")
    rig.control.release(running)
    await rig.until(lambda: rig.ends(running) and rig.told(born), within=2)
    assert (rig.told(born)[0][0], rig.ends(running)) == (None, ["success"])


async def test_a_user_without_repos_makes_little_work(rig: Rig) -> None:
    rig.faults.null_lists = True
    rig.watch()
    await rig.until(lambda: rig.state.listed)
    await asyncio.sleep(1)
    begin = asyncio.get_running_loop().time()
    await asyncio.sleep(60)
    assert rig.link == Link.LIVE
    assert rig.asked(since=begin) <= 7


async def test_the_first_repo_of_a_user_is_found(rig: Rig) -> None:
    for repo in rig.server.world.repos:
        repo.members.clear()
    rig.watch()
    await rig.until(lambda: rig.state.listed)
    rig.control.repo("acme/search").members["dana"] = "admin"
    await rig.until(lambda: RepoKey("drone", "acme/search") in rig.store.repos, within=12)
    build = rig.start()
    await rig.until(lambda: rig.told(build), within=12)


@pytest.mark.parametrize("stages", [(StageScript((StepScript("a", hold=True),), name="one"),)])
async def test_an_early_end_is_no_loss(rig: Rig, stages: tuple[StageScript, ...]) -> None:
    """What ends while the first list is read is either history or told, and never told twice."""
    builds = [rig.start(repo.slug, stages=stages) for repo in rig.server.world.repos]
    await asyncio.sleep(5)
    rig.faults.slow_answers = 0.05
    rig.watch()
    for build in builds:
        rig.control.release(build)
        await asyncio.sleep(0.02)
    rig.faults.slow_answers = 0
    await rig.until(lambda: all(rig.status(build) == "success" for build in builds), within=15)
    await asyncio.sleep(30)
    assert all(rig.told(build) in ([], [("running", "success")]) for build in builds)
