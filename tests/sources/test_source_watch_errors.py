"""What a server may answer instead of what was asked for: what was known stays, and what is wrong is said."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from buildwatch.demo.control import StepScript
from buildwatch.demo.state import Build as ServerBuild
from buildwatch.model import RepoKey
from buildwatch.sources.drone1 import DroneSource
from buildwatch.store import Link

if TYPE_CHECKING:
    from tests.sources.conftest import Rig

QUICK = (StepScript("test", seconds=1),)


def now() -> float:
    return asyncio.get_running_loop().time()


async def running(rig: Rig) -> ServerBuild:
    """Watched, with a build that runs."""
    await rig.begin()
    build = rig.start()
    await rig.until(lambda: rig.status(build) == "running")
    await asyncio.sleep(1)
    return build


# the token


async def test_a_wrong_token_at_the_start_is_not_tried_again(rig: Rig) -> None:
    rig.token = "wrong"
    rig.watch()
    await rig.until(lambda: rig.link == Link.REFUSED, within=1)
    assert "does not accept the token (401); set DRONE_TOKEN" in rig.state.said
    await asyncio.sleep(1)
    begin = now()
    await asyncio.sleep(600)
    assert rig.asked(since=begin) == 0
    assert rig.store.repos == {}


async def test_a_mended_token_works_when_a_person_says_so(rig: Rig) -> None:
    build = rig.start()
    right, rig.token = rig.token, "wrong"
    rig.watch()
    await rig.until(lambda: rig.link == Link.REFUSED, within=1)
    await asyncio.sleep(60)
    rig.token = right
    rig.watcher.retry()
    await rig.until(lambda: rig.link == Link.LIVE and rig.state.listed, within=1)
    await rig.until(lambda: rig.status(build) == "running", within=1)
    await rig.until(lambda: (rig.state.user, rig.state.version, rig.state.said) == ("dana", "2.28.1", ""), within=1)
    rig.control.release(build)
    await rig.until(lambda: rig.ends(build), within=1)


async def test_a_person_who_mended_nothing_is_told_so_again(rig: Rig) -> None:
    rig.token = "wrong"
    rig.watch()
    await rig.until(lambda: rig.link == Link.REFUSED, within=1)
    await asyncio.sleep(5)
    begin = now()
    rig.watcher.retry()
    await asyncio.sleep(60)
    assert rig.link == Link.REFUSED
    assert rig.asked(since=begin) <= 4


async def test_a_token_that_is_revoked_later(rig: Rig) -> None:
    await rig.begin()
    older, build = rig.start(), rig.start()
    await rig.until(lambda: rig.status(build) == rig.status(older) == "running")
    await asyncio.sleep(1)
    rig.faults.unauthorized = True
    await rig.until(lambda: rig.link == Link.REFUSED, within=11)
    assert (rig.status(build), len(rig.store.repos)) == ("running", 12)
    await asyncio.sleep(1)
    begin = now()
    await asyncio.sleep(300)
    assert rig.asked(since=begin) == 0
    rig.control.release(build)
    rig.control.cancel(older)
    rig.faults.unauthorized = False
    rig.watcher.retry()
    await rig.until(lambda: rig.ends(build) and rig.ends(older), within=2)
    await asyncio.sleep(30)
    assert (rig.ends(build), rig.ends(older), rig.link) == (["success"], ["killed"], Link.LIVE)


async def test_a_token_that_only_the_streams_anonymous_view_survives(rig: Rig) -> None:
    """A real server goes on as anonymous: the stream opens and tells of public repos only. The list tells the truth."""
    await running(rig)
    rig.token = "revoked"
    assert isinstance(rig.source, DroneSource)
    rig.source._http._token = None
    await rig.until(lambda: rig.link == Link.REFUSED, within=11)
    begin = now()
    await asyncio.sleep(60)
    assert rig.asked("/api/stream", since=begin) == 0


async def test_a_token_that_cannot_be_read(rig: Rig) -> None:
    assert isinstance(rig.source, DroneSource)
    rig.source._http.address = rig.source._http.address.__class__("drone", rig.server.url, _no_token)
    rig.watch()
    await rig.until(lambda: rig.link == Link.REFUSED, within=1)
    assert rig.state.said == "drone has no token: DRONE_TOKEN is not set"
    await asyncio.sleep(60)
    assert rig.asked() == 0


def _no_token() -> str:
    from buildwatch.sources.errors import Unauthorized

    raise Unauthorized("drone has no token: DRONE_TOKEN is not set")


# other answers


@pytest.mark.parametrize(
    "fault",
    [{"bad_gateway": 1.0}, {"html_instead": True}, {"retry_after": 5}, {"truncate": 1.0}, {"null_lists": True}],
    ids=["502", "a web page", "429", "cut short", "null"],
)
async def test_for_a_while(rig: Rig, fault: dict[str, object]) -> None:
    await rig.begin()
    build, other = rig.start(), rig.start("platform/gateway")
    await rig.until(lambda: rig.status(build) == rig.status(other) == "running")
    await asyncio.sleep(1)
    rig.control.change_faults(fault)
    begin = now()
    await rig.until(lambda: rig.asked("/api/user/repos", since=begin) >= 1, within=11)
    await asyncio.sleep(1)
    for key, value in fault.items():
        rig.control.change_faults({key: None if key == "retry_after" else type(value)()})
    assert len(rig.store.repos) == 12
    assert (rig.status(build), rig.status(other)) == ("running", "running")
    rig.control.cancel(build)
    await rig.until(lambda: rig.ends(build), within=25)
    await asyncio.sleep(30)
    assert (rig.ends(build), rig.ends(other), rig.link) == (["killed"], [], Link.LIVE)
    assert len(rig.store.repos) == 12
    assert [move for move in rig.moves if move.build.id not in (build.id, other.id)] == []


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"bad_gateway": 1.0}, "has a problem: Bad Gateway (502)"),
        ({"html_instead": True}, "with a web page; is http://127.0.0.1"),
        ({"truncate": 1.0}, "the connection broke"),
    ],
)
async def test_for_ever(rig: Rig, fault: dict[str, object], words: str) -> None:
    await running(rig)
    rig.control.change_faults(fault)
    await rig.until(lambda: rig.link == Link.OFFLINE, within=30)
    assert words in rig.state.said
    await asyncio.sleep(120)
    begin = now()
    await asyncio.sleep(120)
    assert rig.asked(since=begin) <= 30
    assert len(rig.store.repos) == 12


async def test_a_failed_list_is_repeated_after_half_a_second_to_two(rig: Rig) -> None:
    await running(rig)
    rig.faults.bad_gateway = 1.0
    begin = now()
    await rig.until(lambda: rig.asked("/api/user/repos", since=begin) == 1, within=11)
    assert 0.5 <= await rig.until(lambda: rig.asked("/api/user/repos", since=begin) == 2, within=3) <= 2.1


async def test_429_with_retry_after_is_a_pause_for_all(rig: Rig) -> None:
    await running(rig)
    rig.faults.retry_after = 40
    begin = now()
    await rig.until(lambda: rig.asked(since=begin) >= 1, within=31)
    asked = now()
    await asyncio.sleep(35)
    assert rig.asked(since=asked + 0.2) == 0
    rig.faults.retry_after = None
    await rig.until(lambda: rig.asked("/api/user/repos", since=asked + 35), within=7)
    assert rig.link == Link.LIVE


async def test_429_at_the_start(rig: Rig) -> None:
    rig.faults.retry_after = 30
    rig.watch()
    await asyncio.sleep(1)
    assert rig.link == Link.OFFLINE
    assert "asks for fewer requests (429)" in rig.state.said
    asked = rig.asked()
    await asyncio.sleep(25)
    assert rig.asked() == asked
    rig.faults.retry_after = None
    await rig.until(lambda: rig.link == Link.LIVE and rig.state.listed, within=10)


async def test_scm_down_nothing_is_forgotten(rig: Rig) -> None:
    await rig.begin()
    older, build = rig.start(), rig.start()
    await rig.until(lambda: rig.status(build) == rig.status(older) == "running")
    await asyncio.sleep(1)
    rig.faults.scm_down = True
    rig.watcher.look_back(RepoKey("drone", "acme/search"))
    unseen = [rig.start(unseen=True, steps=QUICK) for _ in range(2)]
    await asyncio.sleep(120)
    assert rig.link == Link.LIVE
    assert (rig.status(build), rig.status(older), len(rig.store.repos)) == ("running", "running", 12)
    rig.control.cancel(older)
    rig.faults.scm_down = False
    await rig.until(lambda: rig.ends(older) and all(rig.ends(one) for one in unseen), within=61)
    await asyncio.sleep(30)
    assert [rig.ends(one) for one in (older, build, *unseen)] == [["killed"], [], ["success"], ["success"]]


async def test_scm_down_makes_no_storm_of_requests(rig: Rig) -> None:
    await running(rig)
    rig.faults.scm_down = True
    for repo in rig.server.world.repos:
        rig.watcher.look_back(RepoKey("drone", repo.slug))
    await asyncio.sleep(120)
    begin = now()
    await asyncio.sleep(60)
    assert rig.asked(since=begin) <= 6 + 6 + 12


async def test_null_once_in_the_list_of_repos_nothing_vanishes(rig: Rig) -> None:
    await running(rig)
    rig.faults.null_lists = True
    begin = now()
    await rig.until(lambda: rig.asked("/api/user/repos", since=begin) == 1, within=11)
    await asyncio.sleep(0.5)
    rig.faults.null_lists = False
    assert len(rig.store.repos) == 12
    await asyncio.sleep(30)
    assert len(rig.store.repos) == 12
    assert [move for move in rig.moves if move.after != "running" and move.stage is None] == []


async def test_a_wrong_address_is_said_as_such(rig: Rig) -> None:
    rig.faults.html_instead = True
    rig.watch()
    await rig.until(lambda: rig.link == Link.OFFLINE, within=2)
    assert "is http://127.0.0.1" in rig.state.said
    assert "really the address of a Drone?" in rig.state.said


async def test_whoever_has_an_answer_brings_the_watcher_back_with_it(rig: Rig) -> None:
    """A log, an action, a read of somebody else: what waits for half a minute would tell a person what is not so."""
    build = await running(rig)
    rig.control.refuse()
    await rig.until(lambda: rig.link == Link.OFFLINE, within=30)
    await asyncio.sleep(300)
    begin = now()
    await rig.control.accept()
    async with rig.source.follow("acme/search", build.number, 1, 1):
        assert now() - begin < 1
        await rig.until(lambda: rig.link == Link.LIVE, within=1)
    await asyncio.sleep(2)
    assert rig.asked("/api/user/repos", since=begin) == 2  # once to see, once as the stream is open


async def test_answers_of_a_server_whose_list_fails_make_no_storm(rig: Rig) -> None:
    await running(rig)
    rig.control.refuse()
    await rig.until(lambda: rig.link == Link.OFFLINE, within=30)
    await asyncio.sleep(60)
    before = rig.source.requests
    for _ in range(200):
        rig.watcher.is_there()
        await asyncio.sleep(0.05)
    assert 10 <= rig.source.requests - before <= 10 / 0.5 + 1
    before = rig.source.requests
    await asyncio.sleep(120)
    assert rig.source.requests - before <= 8


async def test_answers_that_take_long(rig: Rig) -> None:
    rig.faults.slow_answers = 2.0
    rig.watch()
    await rig.until(lambda: rig.state.listed, within=6)
    build = rig.start()
    await rig.until(lambda: rig.status(build) == "running", within=11)
    rig.control.cancel(build)
    await rig.until(lambda: rig.ends(build) == ["killed"], within=20)
