"""The demo as Woodpecker 3 against a real one: answers, refusals, what the streams are told, logs."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
import pytest_asyncio

from buildwatch.demo.control import Script, StageScript, StepScript
from buildwatch.demo.server import DemoServer, running
from buildwatch.demo.state import Build
from tests.demo.early import Recorded, assert_like, client, quiet, shape
from tests.demo.test_demo_streams import Reader

DATA = Path(__file__).parent.parent / "data" / "demo-woodpecker"
SLUG, PRIVATE, GATED = "workshop/chat", "robots/fleet", "workshop/recommender"
OFTEN_ABSENT = frozenset({"changed_files", "variables", "cancel_info", "environ", "cron"})

Row = list[Any]


class Wood(NamedTuple):
    """A listening server, its admin's client, and where a repo is."""

    server: DemoServer
    admin: httpx.AsyncClient
    repo: int

    @property
    def one(self) -> str:
        return f"/api/repos/{self.repo}"

    def start(self, script: Script, seconds: float = 60) -> Build:
        build = self.server.control.start(script)
        self.server.advance(seconds)
        return build


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    loaded: Recorded = json.loads((DATA / "answers.json").read_text())
    return loaded


@pytest.fixture(scope="module")
def recorded_events() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((DATA / "events.json").read_text())
    return loaded


@pytest_asyncio.fixture
async def wood() -> AsyncIterator[Wood]:
    server = quiet("woodpecker")
    async with client(server) as admin:
        yield Wood(server, admin, server.control.repo(SLUG).id)


def steps(*names: str, hold: str = "", failing: str = "") -> StageScript:
    return StageScript(
        tuple(
            StepScript(
                name,
                seconds=0.1,
                hold=name == hold,
                outcome="failure" if name == failing else "success",
                exit_code=42 if name == failing else 0,
                always=name == "notify",
                log=("+ make\n", "half", " a <line>\n", "\n", "rest"),
            )
            for name in names
        ),
        name="woodpecker",
    )


FAILING = Script(SLUG, (steps("clone", "ok", "fails", "never", "notify", failing="fails"),))
SLOW = Script(SLUG, (steps("clone", "long", "after", hold="long"),))


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("user", "/api/user"),
        ("repo", "/api/repos/{id}"),
        ("repo", f"/api/repos/lookup/{SLUG}"),
        ("permissions", "/api/repos/{id}/permissions"),
        ("feed_latest", "/api/user/feed?latest=true"),
        ("pipelines", "/api/repos/{id}/pipelines"),
        ("pipelines", "/api/repos/{id}/pipelines?perPage=500"),
        ("pipelines", "/api/repos/{id}/pipelines?branch=main&event=push,tag&status=failure"),
        ("past_end", "/api/repos/{id}/pipelines?page=9"),
        ("failure", "/api/repos/{id}/pipelines/1"),
        ("failure", "/api/repos/{id}/pipelines/latest"),
        ("latest_none", "/api/repos/{id}/pipelines/latest?branch=nope"),
        ("unknown_pipeline", "/api/repos/{id}/pipelines/99"),
        ("bad_number", "/api/repos/{id}/pipelines/abc"),
        ("unknown_repo", "/api/repos/lookup/acme/nope"),
        ("version", "/version"),
        ("healthz", "/healthz"),
        ("unknown_path", "/api/nope"),
    ],
)
async def test_reading(wood: Wood, recorded: Recorded, name: str, path: str) -> None:
    wood.start(FAILING)
    answer = await wood.admin.get(path.format(id=wood.repo))
    assert answer.headers["X-Woodpecker-Version"].startswith("3.")
    assert_like(answer, recorded[name], OFTEN_ABSENT)


async def test_repos_carry_their_newest_pipeline(wood: Wood, recorded: Recorded) -> None:
    wood.start(FAILING)
    rows = (await wood.admin.get("/api/user/repos")).json()
    told = next(row for row in rows if row["full_name"] == SLUG)
    known = recorded["user_repos"]["json"][1]
    ignored = OFTEN_ABSENT | {"errors"}
    assert shape(told, ignored) == shape(known, ignored)
    assert [("last_pipeline" in row) for row in rows].count(True) == 1


async def test_what_is_open(wood: Wood, recorded: Recorded) -> None:
    wood.start(SLOW, 3)
    wood.start(Script(GATED, blocked=True), 1)
    assert_like(await wood.admin.get("/api/pipelines"), recorded["open"])
    assert_like(await wood.admin.get("/api/user/feed"), recorded["feed"])
    feed = [row["status"] for row in (await wood.admin.get("/api/user/feed")).json()]
    assert feed == ["running", "blocked"]
    queue = (await wood.admin.get("/api/queue/info")).json()
    known = recorded["queue"]["json"]
    assert list(queue) == list(known)
    assert queue["stats"] == {"worker_count": 3, "pending_count": 0, "waiting_on_deps_count": 0, "running_count": 1}
    assert list(queue["running"][0]) == list(known["running"][0])


async def test_who_is_let_in(wood: Wood, recorded: Recorded) -> None:
    private = wood.server.control.repo(PRIVATE).id
    async with httpx.AsyncClient(base_url=wood.server.url) as nobody:
        assert_like(await nobody.get("/api/user"), recorded["not_authorized"])
        assert_like(await nobody.get(f"/api/repos/{private}"), recorded["private_anonymous"])
        assert (await nobody.get(wood.one)).status_code == 200
        wood.start(Script(SLUG, blocked=True), 1)
        assert_like(await nobody.post(f"{wood.one}/pipelines/1/approve"), recorded["approve_anonymous"])
    member = {"Authorization": f"Bearer {wood.server.member_token}"}
    assert (await wood.admin.get("/api/queue/info", headers=member)).status_code == 403
    assert (await wood.admin.post(f"{wood.one}/pipelines/1/approve", headers=member)).status_code == 403
    assert (await wood.admin.get(f"/api/repos/{private}", headers=member)).status_code == 404


async def test_cancelling(wood: Wood, recorded: Recorded) -> None:
    """Killed at once, its workflow when the agent answers; what did not begin is cancelled."""
    wood.start(SLOW, 3)
    assert_like(await wood.admin.post(f"{wood.one}/pipelines/1/cancel"), recorded["cancel"])
    just = await wood.admin.get(f"{wood.one}/pipelines/1")
    assert_like(just, recorded["just_killed"], OFTEN_ABSENT - {"cancel_info"} | {"error"})
    assert (just.json()["status"], just.json()["workflows"][0]["state"]) == ("killed", "running")
    wood.server.advance(5)
    answer = await wood.admin.get(f"{wood.one}/pipelines/1")
    assert_like(answer, recorded["killed"], OFTEN_ABSENT - {"cancel_info"})
    assert _row(answer.json()) == _row(recorded["killed"]["json"])
    assert answer.json()["cancel_info"] == {"canceled_by_user": "dana"}
    assert_like(await wood.admin.post(f"{wood.one}/pipelines/1/cancel"), recorded["cancel_finished"])


async def test_cancelling_what_has_not_begun(wood: Wood, recorded: Recorded) -> None:
    wood.server.control.runners(up=False)
    wood.start(SLOW, 3)
    assert_like(await wood.admin.get(f"{wood.one}/pipelines/1"), recorded["pending"], OFTEN_ABSENT)
    await wood.admin.post(f"{wood.one}/pipelines/1/cancel")
    wood.server.control.runners(up=True)
    wood.server.advance(5)
    answer = await wood.admin.get(f"{wood.one}/pipelines/1")
    assert_like(answer, recorded["canceled"], OFTEN_ABSENT)
    assert _row(answer.json()) == _row(recorded["canceled"]["json"])
    assert (answer.json()["started"], answer.json()["finished"] > 0) == (0, True)


@pytest.mark.parametrize(("verb", "status"), [("approve", "success"), ("decline", "declined")])
async def test_pipelines_that_wait_for_a_person(wood: Wood, recorded: Recorded, verb: str, status: str) -> None:
    wood.start(Script(SLUG, (steps("clone", "hello"),), blocked=True), 5)
    assert_like(await wood.admin.get(f"{wood.one}/pipelines/1"), recorded["blocked"], OFTEN_ABSENT)
    assert_like(await wood.admin.post(f"{wood.one}/pipelines/1"), recorded["restart_blocked"])
    assert_like(await wood.admin.post(f"{wood.one}/pipelines/1/{verb}"), recorded[verb], OFTEN_ABSENT)
    wood.server.advance(20)
    told = (await wood.admin.get(f"{wood.one}/pipelines/1")).json()
    assert (told["status"], told["reviewed_by"]) == (status, "dana")
    if verb == "approve":
        assert_like(await wood.admin.post(f"{wood.one}/pipelines/1/approve"), recorded["approve_again"])
    else:
        assert_like(await wood.admin.get(f"{wood.one}/pipelines/1"), recorded["declined"], OFTEN_ABSENT)


async def test_starting_pipelines(wood: Wood, recorded: Recorded) -> None:
    wood.start(FAILING)
    again = await wood.admin.post(f"{wood.one}/pipelines/1")
    assert_like(again, recorded["restart"], OFTEN_ABSENT)
    assert (again.json()["parent"], again.json()["rerun_count"]) == (1, 1)
    deployed = await wood.admin.post(f"{wood.one}/pipelines/1?event=deployment&deploy_to=production&REASON=x")
    assert_like(deployed, recorded["deploy"], OFTEN_ABSENT)
    assert (deployed.json()["event"], deployed.json()["variables"]) == ("deployment", {"REASON": "x"})
    made = await wood.admin.post(f"{wood.one}/pipelines", json={"branch": "main", "variables": {"FOO": "bar"}})
    assert_like(made, recorded["trigger"], OFTEN_ABSENT)
    assert (made.json()["event"], made.json()["variables"]) == ("manual", {"FOO": "bar"})
    assert_like(await wood.admin.post(f"{wood.one}/pipelines", json={"branch": "nope"}), recorded["bad_branch"])
    assert (await wood.admin.post(f"{wood.one}/pipelines", content=b"{")).status_code == 400
    elsewhere = wood.server.control.repo("robots/images").id
    wood.start(Script("robots/images"))
    refused = await wood.admin.post(f"/api/repos/{elsewhere}/pipelines/1?event=deployment&deploy_to=x")
    assert_like(refused, recorded["deploy_refused"])


async def test_a_configuration_that_cannot_be_read(wood: Wood, recorded: Recorded) -> None:
    wood.start(Script(SLUG, error="Invalid or missing image"))
    assert_like(await wood.admin.get(f"{wood.one}/pipelines/1"), recorded["error"], OFTEN_ABSENT)
    assert_like(await wood.admin.post(f"{wood.one}/pipelines/1"), recorded["restart_broken"])
    assert (await wood.admin.get(f"{wood.one}/pipelines/2")).json()["status"] == "error"


def _row(pipeline: dict[str, Any]) -> Row:
    return [
        pipeline["status"],
        [
            [
                flow["name"],
                flow["state"],
                [[s["name"], s["state"], s["exit_code"], s.get("error", "")] for s in flow["children"]],
            ]
            for flow in pipeline.get("workflows", [])
        ],
    ]


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
    return [_row(json.loads(frame.removeprefix(b"data: "))["pipeline"]) for frame in frames]


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
def test_what_the_streams_are_told(recorded_events: dict[str, Any], name: str, script: Script, verb: str) -> None:
    assert _told(quiet("woodpecker"), script, verb) == recorded_events[name]


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


async def test_events_are_whole_and_seen_by_who_may(wood: Wood, recorded_events: dict[str, Any]) -> None:
    path = "/api/stream/events"
    async with reading(wood.server, path) as admin, reading(wood.server, path, Authorization="x") as stranger:
        wood.start(Script(PRIVATE))
        wood.start(FAILING)
        for reader in (admin, stranger):
            await reader.until(f'"full_name":"{SLUG}"')
    assert {event["repo"]["full_name"] for event in admin.events} == {PRIVATE, SLUG}
    assert {event["repo"]["full_name"] for event in stranger.events} == {SLUG}
    assert shape(stranger.events[0], OFTEN_ABSENT) == shape(recorded_events["message"], OFTEN_ABSENT)
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


async def test_a_live_log(wood: Wood, recorded: Recorded) -> None:
    """It may be opened before its step begins, comes in whole lines, and is late over REST after its end."""
    build = wood.start(SLOW, 0.1)
    step = build.stages[0].steps[1]
    path, rest = f"/api/stream/logs/{wood.repo}/1/{step.id}", f"{wood.one}/logs/1/{step.id}"
    assert_like(await wood.admin.get(rest), recorded["no_log"])
    async with reading(wood.server, path) as early:
        wood.server.advance(3)
        await early.until("id: 3")
        assert_like(await wood.admin.get(rest), recorded["log"])
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
