"""Faults on order, and the control paths they are ordered through."""

import asyncio
from typing import Any

import httpx
import pytest

from buildwatch.demo.control import Script, StageScript, StepScript
from buildwatch.demo.driver import HandClock
from buildwatch.demo.faults import Faults
from buildwatch.demo.server import DemoServer, running
from buildwatch.demo.spoiler import template
from buildwatch.demo.state import Status

REPO = "platform/gateway"


async def order(client: httpx.AsyncClient, name: str, **body: Any) -> Any:
    answer = await client.post(f"/_demo/{name}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("fault", "status", "content_type"),
    [
        ({"bad_gateway": 1.0}, 502, "text/html; charset=utf-8"),
        ({"html_instead": True}, 200, "text/html; charset=UTF-8"),
        ({"unauthorized": True}, 401, "application/json"),
        ({"scm_down": True}, 404, "application/json"),
        ({"retry_after": 7}, 429, "application/json"),
        ({}, 200, "application/json"),
    ],
)
async def test_other_answers(
    server: DemoServer, admin: httpx.AsyncClient, fault: dict[str, Any], status: int, content_type: str
) -> None:
    await order(admin, "faults", **fault)
    answer = await admin.get(f"/api/repos/{REPO}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, content_type)
    assert answer.headers.get("retry-after") == ("7" if status == 429 else None)
    assert "date" in answer.headers


async def test_a_silent_scm_leaves_the_lists_alone(server: DemoServer, admin: httpx.AsyncClient) -> None:
    await order(admin, "faults", scm_down=True)
    assert (await admin.get("/api/user/repos")).status_code == 200
    assert (await admin.get("/api/repos/acme/search/builds")).json() == {"message": "Not Found"}
    assert (await admin.get("/api/stream/acme/search")).status_code == 404


async def test_lists_that_are_null(server: DemoServer, admin: httpx.AsyncClient) -> None:
    await order(admin, "faults", null_lists=True)
    assert (await admin.get("/api/user/repos")).content == b"null\n"
    assert (await admin.get("/api/user")).json()["login"] == "dana"


async def test_bodies_cut_short(server: DemoServer, admin: httpx.AsyncClient) -> None:
    await order(admin, "faults", truncate=1.0)
    with pytest.raises(httpx.RemoteProtocolError):
        await admin.get("/api/user")


async def test_creating_that_takes_long_and_fails(server: DemoServer, admin: httpx.AsyncClient) -> None:
    await order(admin, "faults", create_fails_after=0.01)
    answer = await admin.post(f"/api/repos/{REPO}/builds")
    assert (answer.status_code, answer.json()) == (500, {"message": "Not Found"})
    assert server.world.builds == []


async def test_nobody_at_home(server: DemoServer, admin: httpx.AsyncClient) -> None:
    server.control.refuse()
    with pytest.raises(httpx.ConnectError):
        await admin.get("/version")
    await server.control.accept()
    assert (await admin.get("/version")).status_code == 200


async def test_an_outage_ends_by_itself(server: DemoServer, admin: httpx.AsyncClient) -> None:
    await order(admin, "outage", seconds=0.05)
    refused = False
    async with asyncio.timeout(5):
        while not refused:
            try:
                await admin.get("/version")
            except httpx.TransportError:
                refused = True
        answer = None
        while answer is None:
            try:
                answer = await admin.get("/version")
            except httpx.TransportError:
                await asyncio.sleep(0.01)
    assert answer.status_code == 200


async def test_the_control_paths_are_closed_unless_asked_for() -> None:
    async with (
        running(DemoServer(clock=HandClock(1_795_433_706.0), history=0, rate=0)) as server,
        httpx.AsyncClient(base_url=server.url) as client,
    ):
        answer = await client.get("/_demo/state")
        assert answer.headers["content-type"].startswith("text/html")
        assert (await client.post("/_demo/faults", json={"unauthorized": True})).status_code == 200
        assert not server.faults.unauthorized


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("faults", {"nonsense": 1}, 400),
        ("faults", {"bad_gateway": "often"}, 400),
        ("builds", {"repo": "acme/nope"}, 404),
        ("builds", {"repo": REPO, "stage": []}, 400),
        ("release", {"repo": REPO, "number": 9}, 404),
    ],
)
async def test_wrong_orders(
    server: DemoServer, admin: httpx.AsyncClient, name: str, body: dict[str, Any], status: int
) -> None:
    answer = await admin.post(f"/_demo/{name}", json=body)
    assert answer.status_code == status
    assert answer.json()["message"]


async def test_what_was_asked_is_counted(server: DemoServer, admin: httpx.AsyncClient) -> None:
    for path in (f"{REPO}/builds/1", f"{REPO}/builds/2", f"{REPO}/builds"):
        await admin.get(f"/api/repos/{path}")
    server.advance(10)
    await admin.get("/api/user")
    counts = (await admin.get("/_demo/requests")).json()["counts"]
    assert {(c["method"], c["path"]): c["count"] for c in counts} == {
        ("GET", "/api/repos/{owner}/{name}/builds/{n}"): 2,
        ("GET", "/api/repos/{owner}/{name}/builds"): 1,
        ("GET", "/api/user"): 1,
    }
    since = (await admin.get("/_demo/state")).json()["now"] - 5
    counts = (await admin.get("/_demo/requests", params={"since": since})).json()["counts"]
    assert [count["path"] for count in counts] == ["/api/user"]


def test_path_templates() -> None:
    assert template("/api/stream") == "/api/stream"
    assert template("/api/stream/a/b") == "/api/stream/{owner}/{name}"
    assert template("/api/stream/a/b/1/2/3") == "/api/stream/{owner}/{name}/{n}/{n}/{n}"
    assert template("/api/repos/a/b/builds/latest") == "/api/repos/{owner}/{name}/builds/latest"


async def test_a_build_led_by_hand(server: DemoServer, admin: httpx.AsyncClient) -> None:
    steps = [{"name": "test", "hold": True, "log": []}, {"name": "deploy", "outcome": "failure", "exit_code": 3}]
    made = await order(admin, "builds", repo=REPO, message="by hand", stages=[{"steps": steps}])
    assert made["number"] == 1
    server.advance(5)
    await order(admin, "say", repo=REPO, number=1, stage=1, step=1, log=["hello\n"])
    await order(admin, "release", repo=REPO, number=1)
    server.advance(5)
    build = (await admin.get(f"/api/repos/{REPO}/builds/1")).json()
    assert (build["status"], build["message"]) == ("failure", "by hand")
    assert [step["exit_code"] for step in build["stages"][0]["steps"]] == [0, 3]
    assert (await admin.get(f"/api/repos/{REPO}/builds/1/logs/1/1")).json()[0]["out"] == "hello\n"
    state = (await admin.get("/_demo/state")).json()["builds"]
    assert [(one["number"], one["status"]) for one in state] == [(1, "failure")]
    assert state[0]["ended_at"] == state[0]["told_at"]


async def test_the_rest_of_the_control_paths(server: DemoServer, admin: httpx.AsyncClient) -> None:
    await order(admin, "repos", repo="acme/new")
    await order(admin, "holes", repo="acme/new", count=3)
    await order(admin, "life", on=False)
    await order(admin, "runners", on=False)
    made = await order(admin, "builds", repo="acme/new")
    server.advance(5)
    assert made["number"] == 4
    assert server.control.build("acme/new", 4).status is Status.PENDING
    await order(admin, "cancel", repo="acme/new", number=4)
    assert server.control.build("acme/new", 4).status is Status.KILLED
    assert server.life.paused
    assert (await admin.get("/_demo/faults")).json() == Faults().as_dict()


def born(quiet: DemoServer, **fault: Any) -> DemoServer:
    quiet.control.change_faults(fault)
    return quiet


async def test_numbers_left_out_and_found_again(quiet: DemoServer, admin: httpx.AsyncClient) -> None:
    for fault in ({"number_holes": 1.0}, {"number_holes": 0.0, "late_numbers": 1.0}, {"late_numbers": 1.0}):
        born(quiet, **fault)
        await admin.post(f"/api/repos/{REPO}/builds")
    builds = (await admin.get(f"/api/repos/{REPO}/builds")).json()
    assert [(build["id"], build["number"]) for build in builds] == [(3, 3), (2, 1), (1, 2)]


@pytest.mark.parametrize(
    ("fault", "told", "status"),
    [("silent_builds", False, {"success", "failure"}), ("silent_cancels", True, {"killed"})],
)
async def test_builds_that_go_wrong(
    quiet: DemoServer, admin: httpx.AsyncClient, fault: str, told: bool, status: set[str]
) -> None:
    heard: list[str] = []
    quiet.world.on_publish = lambda build: heard.append(str(build.status))
    born(quiet, **{fault: 1.0})
    await admin.post(f"/api/repos/{REPO}/builds")
    quiet.advance(300)
    assert quiet.world.builds[0].status in status
    assert bool(heard) is told
    assert not status & set(heard)


def test_a_killed_build_that_turns_into_a_failure(quiet: DemoServer) -> None:
    build = born(quiet, killed_flips=True).control.start(Script(REPO, (StageScript((StepScript("wait", hold=True),)),)))
    quiet.advance(5)
    quiet.control.cancel(build)
    assert (build.status, version := build.version) == (Status.KILLED, 3)
    quiet.advance(2.5)
    assert (build.status, build.version) == (Status.FAILURE, version + 1)


def test_shares_are_the_same_for_the_same_seed() -> None:
    one, other, third = Faults(seed=5), Faults(seed=5), Faults(seed=6)
    drawn = [[faults.hits(0.3) for _ in range(200)] for faults in (one, other, third)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert 30 < sum(drawn[0]) < 90
    one.change({"seed": 6})
    assert [one.hits(0.3) for _ in range(200)] == drawn[2]
