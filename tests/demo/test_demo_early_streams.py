"""What Drone 0.8 tells its event streams and log streams, against what real ones told of the same builds."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from buildwatch.demo.control import Script, StageScript, StepScript
from buildwatch.demo.server import DemoServer, running
from tests.demo.early import PRIVATE, REPOS, flaky, quiet, recorded, recorded_events, shape, waiting
from tests.demo.test_demo_streams import Reader

SLUG = REPOS["drone-0.8"]
LOG = f"/stream/logs/{SLUG}"


@asynccontextmanager
async def reading(server: DemoServer, path: str = "/stream/events", **headers: str) -> AsyncIterator[Reader]:
    headers = {"Authorization": f"Bearer {server.token}"} | headers
    async with (
        httpx.AsyncClient(base_url=server.url, headers=headers, timeout=10) as client,
        client.stream("GET", path) as response,
    ):
        reader = Reader(response)
        if response.status_code == 200:
            await reader.until(": ping\n\n")
        yield reader


def row(event: dict[str, Any]) -> list[Any]:
    """An event in the form of the recorded ones: stages and steps in their order, and whether they are a tree."""
    procs = event["build"].get("procs", [])
    rows = []
    for one in procs:
        rows += [[p["name"], p["state"], p["exit_code"], p.get("error", "")] for p in (one, *one.get("children", []))]
    flat = any(one["ppid"] for one in procs)
    return [event["type"], event["build"]["status"], "flat" if flat else "tree", rows]


def told(server: DemoServer, script: Script, *, kill: bool = False) -> list[list[Any]]:
    """All that the streams are told of a build."""
    heard: list[bytes] = []
    with server.hub.subscribed(lambda _: True) as subscriber:
        build = server.control.start(script)
        server.advance(2.5 if kill else 60)
        if kill:
            server.control.cancel(build)
        server.advance(60)
        heard = subscriber.take()
    return [row(json.loads(frame.removeprefix(b"data: "))) for frame in heard]


def steps(*names: str, failing: str = "", detached: str = "") -> StageScript:
    return StageScript(
        tuple(
            StepScript(
                name,
                outcome="failure" if name == failing else "success",
                exit_code=3 if name == failing else 0,
                detached=name == detached,
                always=name in ("notify", "slack"),
            )
            for name in names
        )
    )


GCD = ("clone", "setup", "test", "build", "build_image", "run_server", "check", "slack")


@pytest.mark.parametrize(
    ("name", "script"),
    [
        ("flaky_failure", flaky(SLUG)),
        ("gcd_success", Script(SLUG, (steps(*GCD, detached="run_server"),))),
        ("gated_decline", flaky(SLUG, blocked=True)),
        ("yaml_no_image", Script(SLUG, error="Invalid or missing image")),
    ],
)
def test_what_the_streams_are_told(name: str, script: Script) -> None:
    assert told(quiet("drone-0.8"), script) == recorded_events()["drone-0.8"][name]


def test_a_killed_build_is_told_of_once_at_its_end() -> None:
    gcd = Script(SLUG, (steps("clone", "setup", "test", "build", "build_image", "run_server", "check", "slack"),))
    heard = told(quiet("drone-0.8"), gcd, kill=True)
    known = recorded("drone-0.8")["killed"]["json"]
    assert heard[-1] == row({"type": "", "build": known})
    assert [status for _, status, _, _ in heard[:-1]] == ["pending"] + ["running"] * (len(heard) - 2)


def test_a_matrix_runs_until_its_last_stage_ends() -> None:
    server = quiet("drone-0.8")
    stages = tuple(
        StageScript(
            (
                StepScript("clone", seconds=0.1),
                StepScript("redis", detached=True),
                StepScript("test", seconds=2 + number, outcome="failure" if number < 2 else "success"),
                StepScript("lint"),
            ),
            axis={"N": str(number)},
        )
        for number in range(4)
    )
    heard, known = told(server, Script(SLUG, stages)), recorded_events()["drone-0.8"]["matrix"]
    assert len(heard) == len(known)
    assert heard[-1] == known[-1]
    assert [one[2] for one in heard].count("flat") == [one[2] for one in known].count("flat") == 4
    assert {one[1] for one in heard[1:-1]} == {"running"}


async def test_events_are_whole_and_seen_by_who_may() -> None:
    server, private = quiet("drone-0.8"), PRIVATE["drone-0.8"]
    async with (
        running(server),
        reading(server) as admin,
        reading(server, Authorization="Bearer wrong") as stranger,
    ):
        server.control.start(waiting(private))
        server.advance(1)
        server.control.start(waiting(SLUG))
        server.advance(1)
        for reader in (admin, stranger):
            await reader.until(f'"full_name":"{SLUG}"')
        assert admin.response.headers["x-drone-version"] == "0.8.6"
        assert {event["repo"]["full_name"] for event in admin.events} == {SLUG, private}
        assert {event["repo"]["full_name"] for event in stranger.events} == {SLUG}
        known = recorded_events()["message"]["drone-0.8"]
        assert shape(stranger.events[0]) == shape(known)


async def test_strange_and_lost_events() -> None:
    server = quiet("drone-0.8")
    async with running(server), reading(server) as reader:
        server.control.change_faults({"drop_events": 1.0})
        server.control.start(flaky(SLUG))
        server.advance(60)
        server.control.change_faults({"drop_events": 0.0, "strange_events": 1.0})
        server.control.start(flaky(SLUG))
        server.advance(60)
        await reader.until('"status":"failure"')
    assert {event["build"]["number"] for event in reader.events} == {2}
    assert any(event["build"]["status"] == "warming_up" for event in reader.events)


@pytest.mark.parametrize(
    ("path", "said"),
    [("/9/1", "build not found"), ("/1/9", "process not found"), ("/1/1", "stream not found"), ("/2/3", "eof")],
)
async def test_log_streams_that_are_not_there(path: str, said: str) -> None:
    server = quiet("drone-0.8")
    async with running(server):
        server.control.start(flaky(SLUG))
        server.advance(60)
        server.control.start(waiting(SLUG))
        server.advance(1)
        async with reading(server, LOG + path) as reader:
            assert await reader.rest() == f": ping\n\nevent: error\ndata: {said}\n\n"


async def test_a_live_log_is_of_all_steps() -> None:
    """From its begin for everybody, or from where a reader left off, to an end that looks like an error."""
    server = quiet("drone-0.8")
    async with running(server):
        build = server.control.start(
            Script(SLUG, (StageScript((StepScript("clone", log=("<a>\n",)), StepScript("test", hold=True, log=()))),))
        )
        server.advance(3)
        async with reading(server, f"{LOG}/1/1") as early:
            server.control.say(build, 1, 2, ["one\n", "two"])
            server.advance(0.1)
            await early.until("two")
            async with reading(server, f"{LOG}/1/1", **{"Last-Event-ID": "2"}) as late:
                server.control.release(build)
                server.advance(1)
                async with asyncio.timeout(5):
                    await early.rest()
                    await late.rest()
    frames = early.text.removeprefix(": ping\n\n")
    assert frames.startswith('id: 1\ndata: {"proc":"clone","pos":0,"out":"\\u003ca\\u003e\\n"}\n\n')
    assert [(one["proc"], one["pos"], one["out"]) for one in early.events[1:]] == [
        ("test", 0, "one\n"), ("test", 1, "two"),
    ]  # fmt: skip
    assert early.text.endswith("event: error\ndata: eof\n\n")
    assert late.text.startswith(': ping\n\nid: 3\ndata: {"proc":"test"')
