"""What no stream tells: cancels, creations, approvals, births and ends unseen, numbers left out and found again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from buildwatch.demo import actions
from buildwatch.demo.control import StageScript, StepScript
from buildwatch.model import RepoKey
from buildwatch.sources.intake import BEAT

if TYPE_CHECKING:
    from tests.sources.conftest import Rig

FOUND = 10.5
"""Seconds within which what nobody tells is found: one beat, and the reading."""

REPO = "acme/search"


async def test_silent_cancel_of_a_running_build(rig: Rig) -> None:
    await rig.begin()
    build = rig.start()
    await rig.until(lambda: rig.status(build) == "running")
    await asyncio.sleep(1)
    rig.control.cancel(build)
    await rig.until(lambda: rig.ends(build), within=FOUND)
    assert rig.told(build)[-1] == ("running", "killed")
    await asyncio.sleep(1)
    ends = [(move.stage, move.step) for move in rig.moves if move.after == "killed"]
    assert ends == [(None, None), ("default", None), ("default", "test")]
    await asyncio.sleep(60)
    assert rig.ends(build) == ["killed"]


async def test_silent_cancel_of_a_running_build_that_is_not_the_newest(rig: Rig) -> None:
    await rig.begin()
    build, newer = rig.start(), rig.start()
    await rig.until(lambda: rig.status(newer) == "running")
    rig.control.cancel(build)
    await rig.until(lambda: rig.ends(build), within=FOUND)
    assert rig.ends(build) == ["killed"]


async def test_silent_cancel_of_a_pending_build(rig: Rig) -> None:
    rig.control.runners(up=False)
    await rig.begin()
    build = rig.start()
    await rig.until(lambda: rig.status(build) == "pending", within=FOUND)
    rig.control.cancel(build)
    await rig.until(lambda: rig.ends(build), within=FOUND)
    assert rig.told(build) == [(None, "pending"), ("pending", "killed")]


async def test_silent_cancel_of_a_blocked_build(rig: Rig) -> None:
    await rig.begin()
    build = rig.start(blocked=True)
    await rig.until(lambda: rig.status(build) == "blocked", within=FOUND + 1)
    rig.control.cancel(build)
    await rig.until(lambda: rig.ends(build), within=FOUND)
    assert rig.told(build)[-1] == ("blocked", "killed")
    assert rig.ends(build) == ["killed"]


async def test_a_purged_build_is_asked_for_ever_more_rarely(rig: Rig) -> None:
    rig.control.runners(up=False)
    await rig.begin()
    build, newer = rig.start(), rig.start()
    await rig.until(lambda: rig.status(build) == "pending" and rig.status(newer) == "pending", within=FOUND)
    del build.repo.by_number[build.number]
    await asyncio.sleep(60)
    asked, since = "/api/repos/{owner}/{name}/builds/{n}", asyncio.get_running_loop().time()
    await asyncio.sleep(240)
    newest = 240 / BEAT  # the newest one is confirmed by the list, or read on the beat
    assert 0 < rig.asked(asked, since) <= 1.5 * newest


async def test_silent_creation(rig: Rig) -> None:
    rig.control.runners(up=False)
    await rig.begin()
    build = rig.start()
    await rig.until(lambda: rig.told(build) == [(None, "pending")], within=FOUND)


async def test_a_build_born_and_ended_unseen(rig: Rig) -> None:
    await rig.begin()
    build = rig.start(unseen=True, steps=(StepScript("test", seconds=1, outcome="failure"),))
    await rig.until(lambda: rig.ends(build), within=FOUND + 2)
    await asyncio.sleep(60)
    assert rig.ends(build) == ["failure"]


async def test_builds_born_and_ended_unseen_behind_a_newer_one(rig: Rig) -> None:
    await rig.begin()
    quick = (StepScript("test", seconds=0.5),)
    builds = [rig.start(unseen=True, steps=quick) for _ in range(4)]
    builds.append(rig.start())
    await rig.until(lambda: all(rig.ends(build) for build in builds[:-1]), within=FOUND + 2)
    await asyncio.sleep(60)
    assert [rig.ends(build) for build in builds] == [["success"]] * 4 + [[]]


async def test_a_build_born_with_a_bad_configuration(rig: Rig) -> None:
    await rig.begin()
    build = rig.start(error="yaml: line 5: did not find expected node content")
    await rig.until(lambda: rig.ends(build), within=FOUND)
    await asyncio.sleep(60)
    assert rig.told(build) == [(None, "error")]
    known = rig.known(build)
    assert known is not None
    assert known.error == "yaml: line 5: did not find expected node content"


async def test_blocked_is_seen_only_in_the_stages(rig: Rig) -> None:
    await rig.begin()
    build = rig.start(blocked=True)
    await rig.until(lambda: rig.status(build) == "blocked", within=FOUND + 1)
    assert build.status == "pending"
    assert [one.id for one in rig.store.unfinished()] == [build.id]


async def test_approval_is_seen(rig: Rig) -> None:
    await rig.begin()
    build = rig.start(blocked=True)
    await rig.until(lambda: rig.status(build) == "blocked", within=FOUND + 1)
    actions.approve(rig.server.world, build, build.stages[0])
    await rig.until(lambda: rig.status(build) == "running", within=1)
    assert rig.told(build)[-1] == ("blocked", "running")


async def test_decline_is_seen(rig: Rig) -> None:
    await rig.begin()
    build = rig.start(blocked=True)
    await rig.until(lambda: rig.status(build) == "blocked", within=FOUND + 1)
    actions.decline_all(rig.server.world, build)
    await rig.until(lambda: rig.ends(build), within=FOUND)
    assert rig.told(build)[-1] == ("blocked", "declined")
    assert (build.started, build.finished) == (0, 0)


async def test_a_partly_declined_build_that_goes_on_has_a_second_end(rig: Rig) -> None:
    hold = (StepScript("test", hold=True),)
    await rig.begin()
    build = rig.start(stages=(StageScript(hold, "one"), StageScript(hold, "two")), blocked=True)
    await rig.until(lambda: rig.status(build) == "blocked", within=FOUND + 1)
    actions.decline(rig.server.world, build, build.stages[1])
    await rig.until(lambda: rig.ends(build) == ["declined"], within=FOUND)
    actions.approve(rig.server.world, build, build.stages[0])
    await asyncio.sleep(1)
    rig.control.release(build)
    await rig.until(lambda: len(rig.ends(build)) == 2, within=FOUND)
    assert rig.told(build)[-1] == ("declined", "success")


async def test_a_killed_build_that_turns_into_a_failure_is_told_with_its_old_end(rig: Rig) -> None:
    rig.faults.killed_flips = True
    await rig.begin()
    build = rig.start()
    await rig.until(lambda: rig.status(build) == "running")
    rig.control.cancel(build)
    await rig.until(lambda: rig.status(build) == "failure", within=2 * FOUND)
    await asyncio.sleep(30)
    assert rig.told(build)[-1] in (("killed", "failure"), ("running", "failure"))
    assert rig.ends(build).count("failure") == 1


async def test_the_end_of_a_stage_that_is_told_only_with_the_next_change(rig: Rig) -> None:
    hold = (StepScript("test", hold=True),)
    await rig.begin()
    build = rig.start(stages=(StageScript(hold, "one"), StageScript(hold, "two")))
    await rig.until(lambda: rig.status(build) == "running")
    await asyncio.sleep(1)
    rig.control.release(build, stage=1)
    await asyncio.sleep(1)
    assert ("one", None, "running", "success") not in [(m.stage, m.step, m.before, m.after) for m in rig.moves]
    await rig.until(
        lambda: ("one", None, "running", "success") in [(m.stage, m.step, m.before, m.after) for m in rig.moves],
        within=31,
    )


async def test_a_build_that_a_dead_runner_left_is_watched_on(rig: Rig) -> None:
    await rig.begin()
    build = rig.start()
    await rig.until(lambda: rig.status(build) == "running")
    rig.control.runners(up=False)
    await asyncio.sleep(120)
    assert rig.status(build) == "running"
    rig.control.cancel(build)
    await rig.until(lambda: rig.ends(build) == ["killed"], within=FOUND)


# numbers


async def test_number_holes(rig: Rig) -> None:
    await rig.begin()
    rig.control.skip_numbers(REPO, 3)
    build = rig.start()
    await rig.until(lambda: rig.status(build) == "running")
    begin = asyncio.get_running_loop().time()
    await asyncio.sleep(120)
    assert build.number == 4
    assert rig.asked("/api/repos/{owner}/{name}/builds", since=begin) == 3  # then they are let go


async def test_a_late_lower_number_with_a_newer_id(rig: Rig) -> None:
    await rig.begin()
    rig.control.skip_numbers(REPO, 1)
    first = rig.start(steps=(StepScript("test", seconds=0.5),))
    await rig.until(lambda: rig.ends(first))
    await asyncio.sleep(60)
    late = rig.start(number=1, unseen=True, steps=(StepScript("test", seconds=0.5, outcome="failure"),))
    assert (late.number, late.id) == (1, first.id + 1)
    await rig.until(lambda: rig.ends(late), within=FOUND + 2)
    newest = rig.store.newest(RepoKey("drone", REPO))
    assert newest is not None
    assert newest.number == 1
    await asyncio.sleep(60)
    assert (rig.ends(first), rig.ends(late)) == (["success"], ["failure"])


async def test_a_late_number_behind_a_newer_build_is_found_while_its_hole_is_looked_for(rig: Rig) -> None:
    await rig.begin()
    rig.control.skip_numbers(REPO, 1)
    quick = (StepScript("test", seconds=0.5),)
    rig.start(unseen=True, steps=quick)
    await asyncio.sleep(12)
    late = rig.start(number=1, unseen=True, steps=quick)
    rig.start(unseen=True, steps=quick)
    await rig.until(lambda: rig.ends(late), within=FOUND + 10)


async def test_more_than_a_page_of_builds_between_two_looks(rig: Rig) -> None:
    quick = (StepScript("test", seconds=0.0),)
    rig.start(steps=quick)
    await asyncio.sleep(1)
    await rig.begin()
    builds = [rig.start(unseen=True, steps=quick) for _ in range(230)]
    await rig.until(lambda: len([build for build in builds if rig.ends(build)]) == 230, within=FOUND + 3)
    await asyncio.sleep(30)
    assert {tuple(rig.ends(build)) for build in builds} == {("success",)}


async def test_the_first_build_of_a_repo(rig: Rig) -> None:
    await rig.begin()
    build = rig.start("platform/infra", unseen=True, steps=(StepScript("test", seconds=0.5),))
    await rig.until(lambda: rig.ends(build), within=FOUND + 2)
    assert rig.told(build) == [(None, "success")]


# looking


async def test_a_build_that_is_looked_at_is_read_at_once(rig: Rig) -> None:
    build = rig.start(steps=(StepScript("test", seconds=0.5),))
    await asyncio.sleep(2)
    await rig.begin()
    known = rig.known(build)
    assert known is not None
    assert known.stages is None
    rig.watcher.look_at(known)
    await rig.until(lambda: (known := rig.known(build)) and known.stages, within=0.5)
    assert rig.moves == []


async def test_a_build_that_is_looked_at_is_read_even_when_a_list_comes_between(rig: Rig) -> None:
    """Its row in the list says that it has ended; that is no reason not to read its stages."""
    build = rig.start(steps=(StepScript("test", seconds=0.5),))
    await asyncio.sleep(2)
    await rig.begin()
    known = rig.known(build)
    assert known is not None
    rig.faults.scm_down = True  # the first try fails, the second is due after the next list
    rig.watcher.look_at(known)
    await asyncio.sleep(1)
    rig.faults.scm_down = False
    await rig.until(lambda: (known := rig.known(build)) and known.stages, within=11)


@pytest.mark.parametrize("count", [25, 100])
async def test_looking_back_reads_history_and_tells_nothing(rig: Rig, count: int) -> None:
    for _ in range(120):
        rig.start(steps=(StepScript("test", seconds=0.0),))
    await asyncio.sleep(5)
    await rig.begin()
    rig.watcher.look_back(RepoKey("drone", REPO), count)
    await rig.until(lambda: rig.store.count(RepoKey("drone", REPO)) >= count, within=1)
    assert rig.moves == []


async def test_looking_further_back_before_the_first_look_was_answered(rig: Rig) -> None:
    for _ in range(120):
        rig.start(steps=(StepScript("test", seconds=0.0),))
    await asyncio.sleep(5)
    await rig.begin()
    rig.watcher.look_back(RepoKey("drone", REPO), 25)
    rig.watcher.look_back(RepoKey("drone", REPO), 100)
    await rig.until(lambda: rig.store.count(RepoKey("drone", REPO)) == 100, within=1)
