"""Drone 1.x and 2.x over real HTTP: what can be asked, what can be done, and what comes back when it cannot."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from buildwatch.demo.control import StageScript, StepScript
from buildwatch.demo.state import Build as ServerBuild
from buildwatch.model import Build, Status
from buildwatch.sources.actions import NAMES, Action, read_params
from buildwatch.sources.drone1 import DroneSource
from buildwatch.sources.errors import Broken, Denied, SourceError, Unreachable
from buildwatch.sources.http import Http
from buildwatch.sources.sentences import Address

if TYPE_CHECKING:
    from tests.sources.conftest import Odd, Rig

REPO = "acme/search"
TWO = (StageScript((StepScript("a", hold=True),), "one"), StageScript((StepScript("b"),), "two", depends_on=("one",)))


def json_reply(value: Any, status: str = "200 OK") -> bytes:
    body = json.dumps(value).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def read(rig: Rig, build: ServerBuild) -> Build:
    return await rig.source.build(build.repo.slug, build.number)


async def act(rig: Rig, name: str, build: ServerBuild, **how: Any) -> Build | None:
    """Do it as the person's choice, after the words for it were made."""
    action = Action(name, await read(rig, build), **how)
    assert action.impossible == ""
    assert action.says(rig.source.kind)
    return await action.run(rig.source)


async def refused(rig: Rig, name: str, build: ServerBuild, **how: Any) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await Action(name, await read(rig, build), **how).run(rig.source)
    return caught.value


# actions


async def test_restart_with_parameters(rig: Rig) -> None:
    old = rig.start(params={"ENV": "test", "KEEP": "1"})
    made = await act(rig, "restart", old, params={"ENV": "a b&c=d", "NEW": "ü"})
    assert made is not None
    assert (made.number, made.parent) == (2, 1)
    assert dict(made.params) == {"ENV": "a b&c=d", "KEEP": "1", "NEW": "ü"}


async def test_cancel(rig: Rig) -> None:
    build = rig.start(stages=TWO)
    await asyncio.sleep(1)
    assert await act(rig, "cancel", build) is None
    now = await read(rig, build)
    assert (now.status, [stage.status for stage in now.stages or ()]) == ("killed", ["killed", "skipped"])


async def test_a_cancelled_build_is_told(rig: Rig) -> None:
    await rig.begin()
    build = rig.start()
    await rig.until(lambda: rig.status(build) == "running")
    await act(rig, "cancel", build)
    rig.watcher.look_at(await read(rig, build))
    await rig.until(lambda: rig.ends(build) == ["killed"], within=1)


async def test_approve_all_blocked_stages_in_one_go(rig: Rig) -> None:
    build = rig.start(stages=TWO, blocked=True)
    assert await act(rig, "approve", build) is None
    await asyncio.sleep(1)
    assert [stage.status for stage in build.stages] == ["running", "waiting"]
    rig.control.release(build)
    await asyncio.sleep(3)
    assert build.status == "success"
    assert rig.asked("/api/repos/{owner}/{name}/builds/{n}/approve/{n}") == 2


async def test_decline_all_blocked_stages(rig: Rig) -> None:
    build = rig.start(stages=TWO, blocked=True)
    assert await act(rig, "decline", build) is None
    assert (build.status, [stage.status for stage in build.stages]) == ("declined", ["declined", "declined"])
    assert rig.asked("/api/repos/{owner}/{name}/builds/{n}/decline/{n}") == 2


@pytest.mark.parametrize("name", ["promote", "rollback"])
async def test_promote_and_roll_back(rig: Rig, name: str) -> None:
    build = rig.start()
    made = await act(rig, name, build, target="production", params={"FORCE": "yes"})
    assert made is not None
    assert (made.event, made.deploy_to, made.parent) == (name, "production", 1)
    assert dict(made.params) == {"FORCE": "yes"}


async def test_a_parameter_cannot_change_the_target(rig: Rig) -> None:
    made = await act(rig, "promote", rig.start(), target="staging", params={"target": "production"})
    assert made is not None
    assert made.deploy_to == "staging"


async def test_create(rig: Rig) -> None:
    rig.start()
    made = await rig.source.create(REPO, "main", "", {"A": "b"})
    assert made is not None
    assert (made.event, made.number, dict(made.params)) == ("custom", 2, {"A": "b"})


async def test_create_where_no_pipeline_matches(odd: Odd) -> None:
    odd.answers["/api/repos/acme/search/builds"] = json_reply(None)
    source = DroneSource(Http(Address("drone", odd.url, lambda: "t")))
    assert await source.create(REPO, "docs", "", {}) is None
    await source.close()


async def test_a_post_that_takes_45_seconds_and_fails_is_not_sent_twice(rig: Rig) -> None:
    rig.faults.create_fails_after = 45.0
    begin = asyncio.get_running_loop().time()
    with pytest.raises(Broken, match=r"has a problem: Not Found \(500\)"):
        await rig.source.create(REPO, "main", "", {})
    assert asyncio.get_running_loop().time() - begin == pytest.approx(45, abs=0.5)
    assert rig.asked("/api/repos/{owner}/{name}/builds") == 1


async def test_an_action_is_never_repeated_by_itself(rig: Rig) -> None:
    build = rig.start()
    seen = await read(rig, build)
    rig.faults.bad_gateway = 1.0
    before = rig.asked()
    for name in ("restart", "cancel"):
        with pytest.raises(Broken):
            await Action(name, seen).run(rig.source)
    assert rig.asked() - before == 2


# what cannot be done


async def test_read_only_rights(rig: Rig) -> None:
    """Drone says 'Not Found' to whoever may see a repo and not touch it."""
    rig.control.repo(REPO).members["sam"] = "read"
    build = rig.start(blocked=True)
    rig.token = rig.server.member_token
    for name in NAMES:
        error = await refused(rig, name, build, target="production")
        assert isinstance(error, Denied)
        assert (error.status, "no right to it" in str(error)) == (404, True)
    assert build.status == "pending"


async def test_what_has_ended_is_not_cancelled(rig: Rig) -> None:
    build = rig.start(steps=(StepScript("a", seconds=0.1),))
    await asyncio.sleep(2)
    await rig.source.cancel(REPO, build.number)
    seen = await read(rig, build)
    assert seen.status == "success"
    assert Action("cancel", seen).impossible == "acme/search#1 has already ended (success)"


async def test_what_is_not_blocked_is_not_approved(rig: Rig) -> None:
    build = rig.start()
    for name in ("approve", "decline"):
        error = await refused(rig, name, build)
        assert "does not wait for approval (it is pending)" in str(error)
        assert "does not wait for approval" in Action(name, await read(rig, build)).impossible


async def test_a_declined_build_is_not_started_again(rig: Rig) -> None:
    build = rig.start(blocked=True)
    await act(rig, "decline", build)
    assert "cannot be started again" in Action("restart", await read(rig, build)).impossible
    assert "cannot start a declined build (400)" in str(await refused(rig, "restart", build))


async def test_a_deployment_needs_a_target(rig: Rig) -> None:
    build = rig.start()
    assert "needs a target" in Action("promote", await read(rig, build)).impossible
    assert "Missing target environment (400)" in str(await refused(rig, "promote", build))


async def test_a_build_that_is_not_there(rig: Rig) -> None:
    with pytest.raises(Denied, match=r"sql: no rows in result set \(404\)"):
        await rig.source.build(REPO, 99)


async def test_when_one_stage_cannot_be_approved_the_others_are_and_it_is_said(odd: Odd) -> None:
    stages = [{"id": n, "number": n, "name": f"s{n}", "status": "blocked"} for n in (1, 2, 3)]
    path = "/api/repos/acme/search/builds/1"
    odd.answers["/version"] = json_reply({"version": "2.28.1"})
    odd.answers[path] = json_reply({"id": 1, "number": 1, "status": "pending", "stages": stages})
    odd.answers[f"{path}/approve/1"] = odd.answers[f"{path}/approve/3"] = b"HTTP/1.1 204 No Content\r\n\r\n"
    odd.answers[f"{path}/approve/2"] = json_reply({"message": "Stage not found"}, "404 Not Found")
    source = DroneSource(Http(Address("drone", odd.url, lambda: "t")))
    with pytest.raises(Denied, match="Stage not found"):
        await source.approve(REPO, 1)
    assert sorted(odd.paths) == [path, *(f"{path}/approve/{n}" for n in (1, 2, 3)), "/version"]
    await source.close()


OLD = [
    {"id": 1, "number": 1, "name": "build", "status": "success"},
    {"id": 2, "number": 2, "name": "lint", "status": "blocked", "depends_on": ["build"]},
    {"id": 3, "number": 3, "name": "deploy", "status": "blocked", "depends_on": ["build", "lint"]},
]


@pytest.mark.parametrize(
    ("version", "first", "approved"),
    [("1.10.1", 1, [2]), ("2.19.0", 1, [2]), ("2.20.0", 1, [2, 3]), ("next", 1, [2, 3]), ("1.10.1", 0, [])],
)
async def test_an_old_server_that_starts_what_is_approved_at_once_gets_it_in_turn(
    odd: Odd, version: str, first: int, approved: list[int]
) -> None:
    """Before 2.20 it forgets what an approved stage waits for, and would deploy before the tests have ended."""
    path = "/api/repos/acme/search/builds/1"
    build = {"id": 1, "number": 1, "status": "running", "stages": OLD if first else OLD[1:]}
    odd.answers["/version"], odd.answers[path] = json_reply({"version": version}), json_reply(build)
    for stage in (2, 3):
        odd.answers[f"{path}/approve/{stage}"] = b"HTTP/1.1 204 No Content\r\n\r\n"
    source = DroneSource(Http(Address("drone", odd.url, lambda: "t")))
    if approved:
        await source.approve(REPO, 1)
    else:
        with pytest.raises(Denied, match="waits for stages still to end"):
            await source.approve(REPO, 1)
    assert sorted(path for path in odd.paths if "approve" in path) == [f"{path}/approve/{stage}" for stage in approved]
    await source.close()


# words for them


def build_with(status: str, *stages: str) -> Build:
    from buildwatch.model import Stage

    made = tuple(Stage(number, "", Status(word)) for number, word in enumerate(stages, 1))
    return Build("s", REPO, 1, 7, Status(status), stages=made)


@pytest.mark.parametrize(
    ("action", "says", "call"),
    [
        (
            Action("restart", build_with("failure"), params={"A": "1"}),
            "run acme/search#7 again as a new build with A=1",
            "POST /api/repos/acme/search/builds/7?A=1",
        ),
        (
            Action("restart", build_with("blocked", "blocked")),
            "run acme/search#7 again as a new build, without approval",
            "POST /api/repos/acme/search/builds/7",
        ),
        (
            Action("cancel", build_with("running", "running")),
            "stop acme/search#7; what has not run yet will not run",
            "DELETE /api/repos/acme/search/builds/7",
        ),
        (
            Action("approve", build_with("blocked", "blocked", "blocked")),
            "let acme/search#7 run (2 stages wait)",
            "POST /api/repos/acme/search/builds/7/approve/{stage}",
        ),
        (
            Action("decline", build_with("blocked", "blocked")),
            "refuse acme/search#7; it cannot be started again",
            "POST /api/repos/acme/search/builds/7/decline/{stage}",
        ),
        (
            Action("promote", build_with("success"), target="production"),
            "deploy acme/search#7 to production as a new build",
            "POST /api/repos/acme/search/builds/7/promote?target=production",
        ),
        (
            Action("rollback", build_with("success"), target="production", params={"A": "1"}),
            "take production back to acme/search#7 as a new build with A=1",
            "POST /api/repos/acme/search/builds/7/rollback?target=production&A=1",
        ),
    ],
)
def test_what_it_says_and_which_call_it_makes(action: Action, says: str, call: str) -> None:
    assert (action.says("drone-2"), action.call("drone"), action.impossible) == (says, call, "")


@pytest.mark.parametrize("kind", ["drone-0.5", "drone-0.7", "drone-0.8", "woodpecker"])
def test_a_restart_under_the_same_number_is_no_new_build(kind: str) -> None:
    says = Action("restart", build_with("failure"), params={"A": "1"}).says(kind)
    if kind in ("drone-0.5", "drone-0.7"):
        assert says == "run acme/search#7 again under its own number with A=1, in place of its last run"
    else:
        assert says == "run acme/search#7 again as a new build with A=1"


@pytest.mark.parametrize(
    ("kind", "name", "call"),
    [
        ("drone-0.8", "restart", "POST /api/repos/acme/search/builds/7"),
        ("drone-0.8", "cancel", "DELETE /api/repos/acme/search/builds/7/{stage}"),
        ("drone-0.7", "approve", "POST /api/repos/acme/search/builds/7/approve"),
        ("drone-0.5", "promote", "POST /api/repos/acme/search/builds/7?event=deployment&deploy_to=qa&fork=true"),
        ("drone-0.8", "promote", "POST /api/repos/acme/search/builds/7?event=deployment&deploy_to=qa"),
        ("woodpecker", "cancel", "POST /api/repos/{id of acme/search}/pipelines/7/cancel"),
        ("woodpecker", "decline", "POST /api/repos/{id of acme/search}/pipelines/7/decline"),
        ("woodpecker", "promote", "POST /api/repos/{id of acme/search}/pipelines/7?event=deployment&deploy_to=qa"),
    ],
)
def test_the_call_is_that_of_the_servers_own_api(kind: str, name: str, call: str) -> None:
    assert Action(name, build_with("running"), target="qa").call(kind) == call


def test_a_build_whose_stages_are_not_known_may_be_blocked() -> None:
    assert Action("approve", Build("s", REPO, 1, 7)).impossible == ""
    assert Action("approve", Build("s", REPO, 1, 7, Status.SUCCESS)).impossible != ""


def test_parameters_as_words() -> None:
    assert read_params(["A=1", "B=", "C=x=y"]) == {"A": "1", "B": "", "C": "x=y"}
    for wrong in ("A", "=1", ""):
        with pytest.raises(ValueError, match="should look like KEY=VALUE"):
            read_params([wrong])


# reading


async def test_who_and_what(rig: Rig) -> None:
    assert (await rig.source.version(), await rig.source.user()) == ("2.28.1", (await rig.source.user()))
    assert ((await rig.source.user()).login, (await rig.source.user()).admin) == ("dana", True)


async def test_pages(rig: Rig) -> None:
    for _ in range(130):
        rig.start(steps=(StepScript("a", seconds=0.0),))
    first, second, third = [await rig.source.builds(REPO, page) for page in (1, 2, 3)]
    assert (len(first), len(second), third) == (100, 30, [])
    assert [build.number for build in first + second] == list(range(130, 0, -1))


async def test_what_runs(rig: Rig) -> None:
    builds = [rig.start(), rig.start("platform/infra")]
    await asyncio.sleep(1)
    blocked = rig.start("acme/billing", blocked=True)
    assert {build.id for build in await rig.source.incomplete()} == {build.id for build in builds}
    assert {build.id for build in await rig.source.recent()} == {build.id for build in (*builds, blocked)}
    assert all(build.stages is None for build in await rig.source.recent())


@pytest.mark.parametrize("slug", ["../admin", "acme/..", "acme//x", "", "acme/./x"])
async def test_a_name_that_climbs_out_of_its_place_is_not_asked_for(rig: Rig, slug: str) -> None:
    before = rig.source.requests
    with pytest.raises(Denied, match="is not the name of a repo"):
        await rig.source.build(slug, 1)
    assert rig.source.requests == before


@pytest.mark.parametrize(
    ("slug", "path"), [("a b/c?d", "a%20b/c%3Fd"), ("ü/x#y", "%C3%BC/x%23y"), ("a/%2e%2e", "a/%252e%252e")]
)
async def test_a_strange_name_stays_one_name(odd: Odd, slug: str, path: str) -> None:
    odd.answers[f"/api/repos/{path}/builds"] = json_reply([])
    source = DroneSource(Http(Address("drone", odd.url, lambda: "t")))
    assert await source.builds(slug) == []
    assert odd.paths == [f"/api/repos/{path}/builds?page=1&per_page=100"]
    assert source.page_of(Build("drone", slug, 1, 7)) == f"{odd.url}/{path}/7"
    await source.close()


async def test_a_name_that_is_no_text_is_refused(odd: Odd) -> None:
    source = DroneSource(Http(Address("drone", odd.url, lambda: "t")))
    with pytest.raises(SourceError):
        await source.builds("a/\udcff")
    await source.close()


def test_pages_for_people() -> None:
    source = DroneSource(Http(Address("drone", "https://drone.example.com/ci/", lambda: "t")))
    build = Build("drone", REPO, 1, 7)
    assert source.page_of(build) == "https://drone.example.com/ci/acme/search/7"
    assert source.page_of(build, 2, 3) == "https://drone.example.com/ci/acme/search/7/2/3"


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b"[]", b'"x"', b"<html>", b'{"id":1', b"\xff\xfe"])
async def test_an_answer_that_is_not_drones(odd: Odd, body: bytes) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    odd.answers["/api/repos/acme/search/builds/1"] = odd.answers["/api/user"] = head + body
    source = DroneSource(Http(Address("drone", odd.url, lambda: "t")))
    with pytest.raises(Broken, match=r"drone (answers with something that is not Drone's|has nothing to say)"):
        await source.build(REPO, 1)
    await source.close()


async def test_nothing_is_lost_of_an_event_stream_when_one_event_is_strange(odd: Odd, rig: Rig) -> None:
    from buildwatch.demo import drone2

    build = rig.start()
    good = json.dumps(drone2.repo(build.repo, build=build, stages=True)).encode()
    events = [b"nonsense", b"{}", b'{"slug":"a/b"}', b'{"slug":"a/b","build":{"id":-1}}', b"[" * 50_000, good]
    body = b": ping\n\n" + b"".join(b"data: " + event + b"\n\n" for event in events) + b"event: error\ndata: eof\n\n"
    odd.answers["/api/stream"] = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + body
    source = DroneSource(Http(Address("drone", odd.url, lambda: "t")))
    async with source.events() as batches:
        told = [told async for batch in batches for told in batch]
    assert [build.number for _, build in told] == [1]
    await source.close()


async def test_an_event_without_end_is_an_error(odd: Odd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("buildwatch.wire.sse.LIMIT", 1000)
    odd.answers["/api/stream"] = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: " + b"x" * 5000
    source = DroneSource(Http(Address("drone", odd.url, lambda: "t")))
    async with source.events() as batches:
        with pytest.raises(Broken, match="an event without end"):
            await anext(batches)
    await source.close()


async def test_a_server_that_is_away(rig: Rig) -> None:
    rig.control.refuse()
    with pytest.raises(Unreachable):
        await rig.source.version()
