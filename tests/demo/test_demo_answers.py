"""REST answers against those of a real server: fields and their order, types, headers, errors."""

from typing import Any

import httpx
import pytest

from buildwatch.demo.control import Script, StageScript, StepScript
from buildwatch.demo.server import DemoServer

Recorded = dict[str, dict[str, Any]]
PUBLIC, PRIVATE = "platform/gateway", "platform/auth"
OPTIONAL = {"params", "image", "detached"}
"""What a build or a step has or has not, whatever else it is."""


def shape(value: Any) -> Any:
    """The fields of a value in their order with their types; of a list, those of its first item."""
    if isinstance(value, dict):
        return [(name, shape(item)) for name, item in value.items() if name not in OPTIONAL]
    if isinstance(value, list):
        return [shape(item) for item in value[:1]]
    return type(value).__name__


def assert_like(answer: httpx.Response, recorded: dict[str, Any]) -> None:
    """The same status, headers and shape as the recorded answer; the same text when it is a message."""
    assert answer.status_code == recorded["status"]
    for name, value in recorded["headers"].items():
        assert answer.headers[name] == value
    assert set(answer.headers) <= {name.lower() for name in recorded["headers"]} | {"date", "content-length"}
    assert "date" in answer.headers
    if "json" not in recorded:
        return
    assert answer.content.endswith(b"\n")
    if isinstance(recorded["json"], dict) and "message" in recorded["json"] and len(recorded["json"]) == 1:
        assert answer.json() == recorded["json"]
    else:
        assert shape(answer.json()) == shape(recorded["json"])


def plan(*steps: StepScript, **changes: Any) -> Script:
    stage = StageScript(steps or (StepScript("clone"), StepScript("test")), runner="exec")
    return Script(PUBLIC, (stage,), **changes)


@pytest.fixture
def ended(quiet: DemoServer) -> DemoServer:
    """The server with one build of the public repo that has ended: number 1."""
    quiet.control.start(plan())
    quiet.advance(30)
    return quiet


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("version", "/version"),
        ("healthz", "/healthz"),
        ("varz", "/varz"),
        ("user", "/api/user"),
        ("user", "/api/user/"),
        ("repos", "/api/user/repos"),
        ("repos", "/api/user/repos?latest=1"),
        ("repo", f"/api/repos/{PUBLIC}"),
        ("user_builds", "/api/user/builds"),
        ("builds", f"/api/repos/{PUBLIC}/builds"),
        ("success", f"/api/repos/{PUBLIC}/builds/1"),
        ("success", f"/api/repos/{PUBLIC}/builds/latest"),
        ("log", f"/api/repos/{PUBLIC}/builds/1/logs/1/2"),
        ("unknown_build", f"/api/repos/{PUBLIC}/builds/99"),
        ("unknown_build", f"/api/repos/{PUBLIC}/builds/latest?branch=nope"),
        ("unknown_step_log", f"/api/repos/{PUBLIC}/builds/1/logs/1/99"),
        ("bad_number", f"/api/repos/{PUBLIC}/builds/abc"),
        ("huge_number", f"/api/repos/{PUBLIC}/builds/99999999999999999999999"),
        ("bad_stage", f"/api/repos/{PUBLIC}/builds/1/logs/default/1"),
        ("unknown_repo", "/api/repos/acme/nope"),
        ("unknown_path", "/api/nope"),
        ("page", "/nope"),
    ],
)
async def test_reading(ended: DemoServer, admin: httpx.AsyncClient, recorded: Recorded, name: str, path: str) -> None:
    assert_like(await admin.get(path), recorded[name])


async def test_the_log_is_what_was_said(quiet: DemoServer, admin: httpx.AsyncClient) -> None:
    quiet.control.start(plan(StepScript("test", seconds=3, log=("+ make\n", "a<b", "\n"))))
    quiet.advance(10)
    answer = await admin.get(f"/api/repos/{PUBLIC}/builds/1/logs/1/1")
    assert answer.content == (
        b'[{"pos":0,"out":"+ make\\n","time":0},{"pos":1,"out":"a\\u003cb","time":1},{"pos":2,"out":"\\n","time":2}]\n'
    )


async def test_a_running_step_has_no_log_yet(quiet: DemoServer, admin: httpx.AsyncClient, recorded: Recorded) -> None:
    quiet.control.start(plan(StepScript("test", hold=True)))
    quiet.advance(10)
    answer = await admin.get(f"/api/repos/{PUBLIC}/builds/1/logs/1/1")
    assert_like(answer, recorded["unknown_step_log"])


@pytest.mark.parametrize(
    ("name", "method", "path"),
    [
        ("wrong_method", "PUT", f"/api/repos/{PUBLIC}/builds/1"),
        ("head", "HEAD", "/api/user"),
        ("promote_no_target", "POST", f"/api/repos/{PUBLIC}/builds/1/promote"),
        ("approve_unknown", "POST", f"/api/repos/{PUBLIC}/builds/1/approve/9"),
        ("approve_finished", "POST", f"/api/repos/{PUBLIC}/builds/1/approve/1"),
        ("unknown_branch", "POST", f"/api/repos/{PUBLIC}/builds?branch=nope"),
        ("unknown_branch", "POST", f"/api/repos/{PUBLIC}/builds?commit=0000"),
        ("no_pipeline", "POST", f"/api/repos/{PUBLIC}/builds?branch=gh-pages"),
        ("custom_made", "POST", f"/api/repos/{PUBLIC}/builds"),
        ("promote_made", "POST", f"/api/repos/{PUBLIC}/builds/1/promote?target=production&EXTRA=1"),
        ("promote_made", "POST", f"/api/repos/{PUBLIC}/builds/1/rollback?target=production&EXTRA=1"),
        ("repos", "POST", "/api/user/repos"),
        ("success", "DELETE", f"/api/repos/{PUBLIC}/builds/1"),
    ],
)
async def test_acting(
    ended: DemoServer, admin: httpx.AsyncClient, recorded: Recorded, name: str, method: str, path: str
) -> None:
    assert_like(await admin.request(method, path), recorded[name])


async def test_a_restart_copies_the_parameters(ended: DemoServer, admin: httpx.AsyncClient) -> None:
    made = (await admin.post(f"/api/repos/{PUBLIC}/builds?branch=main&FAIL=test")).json()
    again = (await admin.post(f"/api/repos/{PUBLIC}/builds/{made['number']}?MORE=1")).json()
    assert again["parent"] == made["number"]
    assert again["params"] == {"FAIL": "test", "MORE": "1"}
    assert (again["event"], again["trigger"], again["status"]) == ("custom", "dana", "pending")


async def test_made_builds_run(ended: DemoServer, admin: httpx.AsyncClient) -> None:
    made = (await admin.post(f"/api/repos/{PUBLIC}/builds")).json()
    ended.advance(300)
    build = (await admin.get(f"/api/repos/{PUBLIC}/builds/{made['number']}")).json()
    assert build["status"] in ("success", "failure")
    assert build["finished"] > build["started"] > 0


@pytest.mark.parametrize("name", ["pending", "killed_pending"])
async def test_a_build_without_a_runner(
    quiet: DemoServer, admin: httpx.AsyncClient, recorded: Recorded, name: str
) -> None:
    quiet.control.start(Script(PUBLIC, (StageScript(runner="exec", arch="arm64"),), event="push"))
    quiet.advance(10)
    if name == "killed_pending":
        await admin.delete(f"/api/repos/{PUBLIC}/builds/1")
    build = (await admin.get(f"/api/repos/{PUBLIC}/builds/1")).json()
    known = recorded[name]["json"]
    assert [build[key] == 0 for key in ("started", "finished")] == [known["started"] == 0, known["finished"] == 0]
    assert shape(build["stages"]) == shape(known["stages"])
    assert (build["status"], build["version"], build["stages"][0]["status"], build["stages"][0]["version"]) == (
        known["status"], known["version"], known["stages"][0]["status"], known["stages"][0]["version"],
    )  # fmt: skip


async def test_a_configuration_that_cannot_be_read(
    quiet: DemoServer, admin: httpx.AsyncClient, recorded: Recorded
) -> None:
    quiet.control.start(Script(PUBLIC, error="yaml: line 5: did not find expected node content"))
    assert_like(await admin.get(f"/api/repos/{PUBLIC}/builds/1"), recorded["yaml_error"])


async def test_a_stage_the_runner_does_not_understand(
    quiet: DemoServer, admin: httpx.AsyncClient, recorded: Recorded
) -> None:
    quiet.control.start(Script(PUBLIC, (StageScript(runner="exec", error="Linter: duplicate step name"),)))
    quiet.advance(5)
    answer = await admin.get(f"/api/repos/{PUBLIC}/builds/1")
    assert_like(answer, recorded["stage_error"])
    known = recorded["stage_error"]["json"]
    assert (answer.json()["version"], answer.json()["stages"][0]["version"]) == (
        known["version"], known["stages"][0]["version"],
    )  # fmt: skip


async def test_a_pull_request(quiet: DemoServer, admin: httpx.AsyncClient, recorded: Recorded) -> None:
    quiet.control.start(plan(event="pull_request"))
    quiet.advance(30)
    assert_like(await admin.get(f"/api/repos/{PUBLIC}/builds/1"), recorded["pull_request"])
    assert len((await admin.get(f"/api/repos/{PUBLIC}/builds/pulls")).json()) == 1


async def test_blocked_builds(quiet: DemoServer, admin: httpx.AsyncClient, recorded: Recorded) -> None:
    build = quiet.control.start(plan(blocked=True))
    one = f"/api/repos/{PUBLIC}/builds/{build.number}"
    assert (await admin.get(one)).json()["status"] == "pending"
    assert (await admin.get(one)).json()["stages"][0]["status"] == "blocked"
    assert (await admin.get("/api/builds/incomplete")).json() == []
    assert_like(await admin.post(one + "/approve/1"), recorded["approve"])
    quiet.advance(30)
    assert (await admin.get(one)).json()["status"] == "success"


async def test_declined_builds(quiet: DemoServer, admin: httpx.AsyncClient, recorded: Recorded) -> None:
    build = quiet.control.start(plan(blocked=True))
    one = f"/api/repos/{PUBLIC}/builds/{build.number}"
    assert_like(await admin.post(one + "/decline"), recorded["approve"])
    assert_like(await admin.post(one + "/decline/1"), recorded["decline_again"])
    assert_like(await admin.post(one), recorded["restart_declined"])
    assert (await admin.get(one)).json()["status"] == "declined"


async def test_a_blocked_build_is_restarted_without_approval(quiet: DemoServer, admin: httpx.AsyncClient) -> None:
    build = quiet.control.start(plan(blocked=True))
    await admin.post(f"/api/repos/{PUBLIC}/builds/{build.number}")
    quiet.advance(60)
    assert [str(one.status) for one in quiet.world.builds] == ["pending", "success"]


async def test_cancelling(quiet: DemoServer, admin: httpx.AsyncClient, recorded: Recorded) -> None:
    steps = (StepScript("clone"), StepScript("test", hold=True), StepScript("build"))
    quiet.control.start(plan(*steps))
    quiet.advance(10)
    answer = await admin.delete(f"/api/repos/{PUBLIC}/builds/1")
    assert_like(answer, recorded["killed"])
    stage = answer.json()["stages"][0]
    assert (stage["status"], stage["exit_code"]) == ("killed", 0)
    assert [(step["status"], step["exit_code"]) for step in stage["steps"]] == [
        ("success", 0), ("killed", 130), ("skipped", 130),
    ]  # fmt: skip
    again = await admin.delete(f"/api/repos/{PUBLIC}/builds/1")
    assert again.json()["version"] == answer.json()["version"]


async def test_timers(server: DemoServer, admin: httpx.AsyncClient, recorded: Recorded) -> None:
    assert_like(await admin.get("/api/repos/acme/search/cron"), recorded["crons"])
    assert_like(await admin.post("/api/repos/acme/search/cron/nightly"), recorded["cron_made"])
    assert_like(await admin.post("/api/repos/acme/search/cron/never"), recorded["unknown_build"])


async def test_what_only_admins_see(
    quiet: DemoServer, admin: httpx.AsyncClient, member: httpx.AsyncClient, recorded: Recorded
) -> None:
    quiet.control.start(plan(StepScript("test", hold=True)))
    quiet.advance(10)
    for path, name in (
        ("/api/queue", "queue"),
        ("/api/builds/incomplete", "incomplete"),
        ("/api/builds/incomplete/v2", "incomplete_v2"),
        ("/api/system/stats", "stats"),
    ):
        known = recorded[name]
        if name == "stats":
            known = known | {"json": known["json"] | {"streams": {}}}
        assert_like(await admin.get(path), known)
        assert_like(await member.get(path), recorded["forbidden"])


async def test_rights(
    ended: DemoServer, member: httpx.AsyncClient, stranger: httpx.AsyncClient, recorded: Recorded
) -> None:
    assert_like(await member.get("/api/user"), recorded["user_as_alice"])
    assert (await member.get(f"/api/repos/{PUBLIC}")).json()["permissions"] == {
        "read": True, "write": False, "admin": False,
    }  # fmt: skip
    for method, path in (
        ("DELETE", "builds/1"),
        ("POST", "builds/1"),
        ("POST", "builds"),
        ("POST", "builds/1/decline"),
    ):
        assert_like(await member.request(method, f"/api/repos/{PUBLIC}/{path}"), recorded["unknown_repo"])
        assert_like(await stranger.request(method, f"/api/repos/{PUBLIC}/{path}"), recorded["unauthorized"])
    assert_like(await member.get(f"/api/repos/{PRIVATE}"), recorded["unknown_repo"])
    assert_like(await stranger.get(f"/api/repos/{PRIVATE}"), recorded["unauthorized"])
    assert_like(await stranger.get("/api/user"), recorded["unauthorized"])
    assert (await stranger.get(f"/api/repos/{PUBLIC}/builds")).status_code == 200
    assert (await stranger.get("/api/user/repos")).status_code == 401


async def test_the_words_of_the_wire_are_in_its_errors(quiet: DemoServer, admin: httpx.AsyncClient) -> None:
    first = StageScript(name="first", runner="exec")
    quiet.control.start(Script(PUBLIC, (first, StageScript(name="second", depends_on=("first",)))))
    answer = await admin.post(f"/api/repos/{PUBLIC}/builds/1/approve/2")
    assert answer.json() == {"message": 'Cannot approve a Pipeline with Status "waiting_on_dependencies"'}
