"""What Woodpecker 3 tells its event streams, against what a real one told of the same pipelines, and its logs."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from buildwatch.demo.control import Script, StageScript, StepScript
from buildwatch.demo.server import DemoServer, running
from tests.demo.early import assert_like, quiet, shape
from tests.demo.test_demo_streams import Reader
from tests.demo.wood import EVENTS, FAILING, OFTEN_ABSENT, PRIVATE, RECORDED, SLOW, SLUG, Row, Wood, row_of, steps


def _told(server: DemoServer, script: Script, verb: str = "") -> list[Row]:
    with server.hub.subscribed(lambda _: True) as subscriber:
        if verb == "cancel early":
            server.control.runners(up=False)
        build = server.control.start(script)
        server.advance(5)
        habits: Any = server.world.habits
        if verb.startswith("cancel"):
            habits.cancel(build)
        elif verb:
            getattr(habits, verb)(build, "dana")
        server.advance(60)
        frames = subscriber.take()
    return [row_of(json.loads(frame.removeprefix(b"data: "))["pipeline"]) for frame in frames]


@pytest.mark.parametrize(
    ("name", "script", "verb"),
    [
        ("failure", FAILING, ""),
        ("approve", Script(SLUG, (steps("clone", "hello"),), blocked=True), "approve"),
        ("decline", Script(SLUG, (steps("clone", "hello"),), blocked=True), "decline"),
        ("killed", SLOW, "cancel"),
        ("canceled", SLOW, "cancel early"),
        ("error", Script(SLUG, error="Invalid or missing image"), ""),
    ],
)
def test_what_the_streams_are_told(name: str, script: Script, verb: str) -> None:
    assert _told(quiet("woodpecker"), script, verb) == EVENTS[name]


def test_workflows_that_need_others() -> None:
    """They wait as pending, and are skipped with all their steps when what they need fails."""
    server = quiet("woodpecker")
    first = StageScript((StepScript("test", outcome="failure"),), name="test")
    chain = (first, StageScript(name="deploy", depends_on=("test",)), StageScript(name="tell", depends_on=("deploy",)))
    rows = _told(server, Script(SLUG, chain))
    assert rows[0][1][1] == ["deploy", "pending", [["build", "pending", 0, ""]]]
    assert rows[-1][0] == "failure"
    assert [[flow[1], flow[2][0][1]] for flow in rows[-1][1]] == [["failure", "failure"], *[["skipped", "skipped"]] * 2]
    good = _told(server, Script(SLUG, (StageScript(name="test"), *chain[1:])))
    assert [flow[1] for flow in good[-1][1]] == ["success"] * 3


@asynccontextmanager
async def reading(server: DemoServer, path: str, **headers: str) -> AsyncIterator[Reader]:
    headers = {"Authorization": f"Bearer {server.token}"} | headers
    async with (
        httpx.AsyncClient(base_url=server.url, headers=headers, timeout=10) as made,
        made.stream("GET", path) as response,
    ):
        reader = Reader(response)
        if response.status_code == 200:
            await reader.until(": ping\n\n")
        yield reader


async def test_events_are_whole_and_seen_by_who_may(wood: Wood) -> None:
    path = "/api/stream/events"
    async with reading(wood.server, path) as admin, reading(wood.server, path, Authorization="x") as stranger:
        wood.start(Script(PRIVATE))
        wood.start(FAILING)
        for reader in (admin, stranger):
            await reader.until(f'"full_name":"{SLUG}"')
    assert {event["repo"]["full_name"] for event in admin.events} == {PRIVATE, SLUG}
    assert {event["repo"]["full_name"] for event in stranger.events} == {SLUG}
    assert shape(stranger.events[0], OFTEN_ABSENT) == shape(EVENTS["message"], OFTEN_ABSENT)
    assert stranger.response.headers["cache-control"] == "no-store"


async def test_messages_that_are_made_up_are_not_in_events(wood: Wood) -> None:
    async with reading(wood.server, "/api/stream/events") as reader:
        wood.start(Script(SLUG, event="tag", branch="v1.0.0"))
        await reader.until('"status":"success"')
    told = (await wood.admin.get(f"{wood.one}/pipelines/1")).json()
    assert (told["message"], told["branch"], told["tag_title"]) == ("created tag v1.0.0", "", "v1.0.0")
    assert {event["pipeline"]["message"] for event in reader.events} == {""}


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("99/1", "pipeline not found"),
        ("x/1", "pipeline number invalid"),
        ("1/x", "step id invalid"),
        ("1/99", "process not found"),
        ("1/1", "step not running (anymore)"),
    ],
)
async def test_log_streams_that_are_not_there(wood: Wood, path: str, said: str) -> None:
    wood.start(FAILING)
    async with reading(wood.server, f"/api/stream/logs/{wood.repo}/{path}") as reader:
        assert await reader.rest() == f": ping\n\nevent: error\ndata: {said}\n\n"


def _lines(rows: list[dict[str, Any]]) -> list[bytes]:
    assert [row["line"] for row in rows] == list(range(rows[0]["line"], rows[0]["line"] + len(rows)))
    return [base64.b64decode(row["data"]) for row in rows]


async def test_a_live_log(wood: Wood) -> None:
    """It may be opened before its step begins, comes in whole lines, and is late over REST after its end."""
    build = wood.start(SLOW, 0.1)
    step = build.stages[0].steps[1]
    path, rest = f"/api/stream/logs/{wood.repo}/1/{step.id}", f"{wood.one}/logs/1/{step.id}"
    assert_like(await wood.admin.get(rest), RECORDED["no_log"])
    async with reading(wood.server, path) as early:
        wood.server.advance(3)
        await early.until("id: 3")
        assert_like(await wood.admin.get(rest), RECORDED["log"])
        assert len((await wood.admin.get(rest)).json()) == 3
        async with reading(wood.server, path, **{"Last-Event-ID": "2"}) as late:
            wood.server.control.release(build, step=2)
            wood.server.advance(0.5)
            await early.rest()
            await late.rest()
        assert (await wood.admin.get(rest)).json() is None
        wood.server.advance(1)
    said = [b"+ make", b"half a <line>", b"", b"rest"]
    assert _lines(early.events) == _lines((await wood.admin.get(rest)).json()) == said
    assert _lines(late.events) == said[2:]
    assert early.text.endswith("event: eof\ndata: eof\n\n")


async def test_the_log_of_a_busy_step_is_starved(wood: Wood) -> None:
    wood.server.faults.starve_logs = True
    busy = StepScript("busy", seconds=20, log=tuple(f"{number}\n" for number in range(40)))
    build = wood.start(Script(SLUG, (StageScript((busy,)),)), 10)
    rest = f"{wood.one}/logs/1/{build.stages[0].steps[0].id}"
    assert (await wood.admin.get(rest)).json() is None
    wood.server.advance(30)
    assert len((await wood.admin.get(rest)).json()) == 40


async def test_a_server_that_lives() -> None:
    """Its own company at work: matrices, every kind of event, and no pipeline that hangs without cause."""
    server = DemoServer(kind="woodpecker", clock=(lambda: 1_795_433_706.0), seed=2)
    events = {build.origin.event for build in server.world.builds}
    assert {"push", "pull_request", "tag", "promote", "cron"} <= events
    assert any(stage.plan.axis for build in server.world.builds for stage in build.stages)
    async with running(server), httpx.AsyncClient(base_url=server.url) as made:
        headers = {"Authorization": f"Bearer {server.token}"}
        rows = (await made.get("/api/user/repos", headers=headers)).json()
        assert all("last_pipeline" in row for row in rows)
