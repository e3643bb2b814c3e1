"""Answers of Drone 0.5, 0.7 and 0.8 against those of real servers: fields, order, types, headers, refusals."""

from collections.abc import AsyncIterator
from typing import Any, NamedTuple, cast

import httpx
import pytest
import pytest_asyncio

from buildwatch.demo.control import Script, StageScript, StepScript
from buildwatch.demo.kinds import Kind
from buildwatch.demo.server import DemoServer
from tests.demo.early import (
    PRIVATE,
    REPOS,
    Recorded,
    assert_like,
    client,
    ended,
    flaky,
    matrix,
    quiet,
    recorded,
    shape,
    waiting,
)


class Early(NamedTuple):
    """A listening server, its admin's client, what a real one answered, and a repo with one ended build."""

    server: DemoServer
    admin: httpx.AsyncClient
    recorded: Recorded
    slug: str

    @property
    def one(self) -> str:
        return f"/api/repos/{self.slug}/builds"

    async def build(self, number: int) -> dict[str, Any]:
        return cast(dict[str, Any], (await self.admin.get(f"{self.one}/{number}")).json())


@pytest_asyncio.fixture(params=["drone-0.8", "drone-0.7", "drone-0.5"])
async def early(request: pytest.FixtureRequest) -> AsyncIterator[Early]:
    kind: Kind = request.param
    server = quiet(kind)
    async with client(server) as admin:
        ended(server, flaky(REPOS[kind]))
        yield Early(server, admin, recorded(kind), REPOS[kind])


def only(*kinds: str) -> pytest.MarkDecorator:
    """For these generations alone."""
    return pytest.mark.parametrize("early", kinds, indirect=True)


READING = [
    ("user", "/api/user"),
    ("user", "/api/user/"),
    ("repos", "/api/user/repos"),
    ("repo", "/api/repos/{slug}"),
    ("builds", "/api/repos/{slug}/builds"),
    ("log", "/api/repos/{slug}/logs/1/4"),
    ("named_log", "/api/repos/{slug}/logs/1/1/test"),
    ("log_by_number", "/api/repos/{slug}/logs/1/4"),
    ("no_log", "/api/repos/{slug}/logs/1/99"),
    ("no_log", "/api/repos/{slug}/logs/9/1"),
    ("latest_none", "/api/repos/{slug}/builds/latest?branch=nope"),
    ("unknown_build", "/api/repos/{slug}/builds/99"),
    ("bad_number", "/api/repos/{slug}/builds/abc"),
    ("bad_page", "/api/repos/{slug}/builds?page=abc"),
    ("unknown_repo", "/api/repos/acme/nope"),
    ("queue_idle", "/api/info/queue"),
    ("unknown_path", "/api/nope"),
    ("version", "/version"),
    ("healthz", "/healthz"),
    ("events", "/stream/events"),
    ("feed_over_http", "/ws/feed"),
]


@pytest.mark.parametrize(
    ("early", "name", "path"),
    [(kind, name, path) for kind in REPOS for name, path in READING if name in recorded(kind)],
    indirect=["early"],
)
async def test_reading(early: Early, name: str, path: str) -> None:
    if (name, early.server.kind) in (("log", "drone-0.5"), ("no_log", "drone-0.7")):
        path = path.replace("/1/4", "/1/1").replace("/1/99", "/1/1/nope").replace("/9/1", "/9/1/test")
    private = frozenset({"private"}) if early.server.kind == "drone-0.7" and name == "repos" else frozenset()
    answer = await early.admin.get(path.format(slug=early.slug))
    assert_like(answer, early.recorded[name], private | {"time"})


@pytest.mark.parametrize(("name", "path"), [("feed", "/api/user/feed"), ("feed_latest", "/api/user/feed?latest=true")])
async def test_the_feeds(early: Early, name: str, path: str) -> None:
    """The newest build of each repo, or of all; a repo without builds is little more than its name."""
    told = (await early.admin.get(path)).json()
    with_builds = [row for row in told if "number" in row]
    ended = next(row for row in early.recorded[name]["json"] if "finished_at" in row)
    assert shape(with_builds) == [shape(ended)]
    assert (len(told) > 1) == (name == "feed_latest")
    assert [row["full_name"] for row in told] == sorted(row["full_name"] for row in told)
    assert all(list(row) == ["owner", "name", "full_name"] for row in told if "number" not in row)


async def test_a_private_repo_says_so(early: Early) -> None:
    told = (await early.admin.get(f"/api/repos/{PRIVATE[early.server.kind]}")).json()
    assert told["private"] is True


@pytest.mark.parametrize(
    ("name", "script"),
    [("success", waiting), ("matrix", matrix), ("killed", waiting), ("just_killed", waiting)],
)
async def test_builds(early: Early, name: str, script: Any) -> None:
    made = early.server.control.start(script(early.slug))
    early.server.advance(3)
    if name == "success":
        early.server.control.release(made)
    if "killed" in name:
        assert_like(await early.admin.delete(f"{early.one}/2/1"), early.recorded["kill"])
    early.server.advance(0 if name == "just_killed" else 30)
    answer = await early.admin.get(f"{early.one}/2")
    assert_like(answer, early.recorded[name], frozenset({"message"}))
    said = answer.json()
    assert said["status"] == {"matrix": "success"}.get(name, early.recorded[name]["json"]["status"])


async def test_the_state_of_killed_stages(early: Early) -> None:
    """Only the error tells a killed build from a failed one, and the step that ran counts as a success."""
    early.server.control.start(waiting(early.slug))
    early.server.advance(3)
    await early.admin.delete(f"{early.one}/2/1")
    early.server.advance(1)
    build = await early.build(2)
    known = early.recorded["killed"]["json"]
    for told, real in zip(build.get("procs") or build["jobs"], known.get("procs") or known["jobs"], strict=True):
        for name in ("state", "status", "error", "exit_code"):
            assert told.get(name) == real.get(name)
        states = [(one["state"], one["exit_code"]) for one in told.get("children", [])]
        assert states == [("success", 0), ("success", 0), ("skipped", 0)][: len(states)]


REFUSED = [
    ("kill_finished", "DELETE", "/1/1"),
    ("kill_unknown", "DELETE", "/99/1"),
    ("kill_unknown", "DELETE", "/1/99"),
    ("restart_unknown", "POST", "/99"),
    ("approve_unknown", "POST", "/99/approve"),
    ("zombie_finished", "DELETE", "/1"),
    ("wrong_method", "PUT", "/1"),
]


@pytest.mark.parametrize(
    ("early", "name", "method", "path"),
    [(kind, *refused) for kind in REPOS for refused in REFUSED if refused[0] in recorded(kind)],
    indirect=["early"],
)
async def test_refusals(early: Early, name: str, method: str, path: str) -> None:
    assert_like(await early.admin.request(method, early.one + path), early.recorded[name])


async def test_who_is_let_in(early: Early) -> None:
    known, private = early.recorded, f"/api/repos/{PRIVATE[early.server.kind]}"
    async with httpx.AsyncClient(base_url=early.server.url) as nobody:
        assert_like(await nobody.get("/api/user"), known["not_authorized"])
        assert_like(await nobody.get(private), known["repo_anonymous"])
        assert_like(await nobody.post(f"{early.one}/1"), known["restart_anonymous"])
        assert (await nobody.get(early.one)).status_code == 200
    for told, status in (("Bearer {}", 200), ("{}", 200), ("bearer {}", 401)):
        headers = {"Authorization": told.format(early.server.token)}
        assert (await early.admin.get("/api/user", headers=headers)).status_code == status
    member = {"Authorization": f"Bearer {early.server.member_token}"}
    assert (await early.admin.get(private, headers=member)).status_code == 404
    assert (await early.admin.post(f"{early.one}/1", headers=member)).status_code == 404
    assert (await early.admin.get("/api/builds", headers=member)).status_code == 413


async def test_what_is_open(early: Early) -> None:
    early.server.control.start(waiting(early.slug))
    early.server.advance(3)
    assert_like(await early.admin.get("/api/builds"), early.recorded["open"])
    if "queue_running" in early.recorded:
        assert_like(await early.admin.get("/api/info/queue"), early.recorded["queue_running"])


async def test_lists_are_of_fifty(early: Early) -> None:
    for _ in range(61):
        early.server.control.start(flaky(early.slug))
    numbers = [[row["number"] for row in (await early.admin.get(f"{early.one}?page={n}")).json()] for n in (1, 2, 3)]
    first, second = list(range(62, 12, -1)), list(range(12, 0, -1))
    assert numbers == ([first, second, []] if early.server.kind == "drone-0.8" else [first] * 3)
    assert len((await early.admin.get("/api/user/feed")).json()) == 50


@only("drone-0.8")
async def test_a_restart_has_a_new_number(early: Early) -> None:
    answer = await early.admin.post(f"{early.one}/1?fork=true&FOO=bar")
    assert_like(answer, early.recorded["restart"])
    assert (answer.json()["number"], answer.json()["parent"]) == (2, 1)
    assert {proc["ppid"] for proc in answer.json()["procs"]} == {0, 1}


@only("drone-0.7", "drone-0.5")
async def test_a_restart_runs_the_same_number_again(early: Early) -> None:
    before = await early.build(1)
    answer = await early.admin.post(f"{early.one}/1")
    assert_like(answer, early.recorded["restart"])
    assert_like(await early.admin.post(f"{early.one}/1"), early.recorded["restart_running"])
    early.server.advance(60)
    after = await early.build(1)
    assert (after["id"], after["number"], after["created_at"]) == (before["id"], 1, before["created_at"])
    assert after["enqueued_at"] > before["enqueued_at"]
    kept = {one["id"] for one in before.get("procs") or before["jobs"]}
    assert kept.isdisjoint(one["id"] for one in after.get("procs") or after["jobs"])
    assert_like(await early.admin.post(f"{early.one}/1?fork=true"), early.recorded["fork"])
    assert (await early.build(2))["parent"] == 1


async def test_a_deployment(early: Early) -> None:
    answer = await early.admin.post(f"{early.one}/1?fork=true&event=deployment&deploy_to=production")
    assert_like(answer, early.recorded["deploy"])
    made = answer.json()
    assert (made["event"], made["deploy_to"], made["parent"]) == ("deployment", "production", 1)


@only("drone-0.8", "drone-0.7")
@pytest.mark.parametrize("verb", ["approve", "decline"])
async def test_builds_that_wait_for_a_person(early: Early, verb: str) -> None:
    early.server.control.start(flaky(early.slug, blocked=True))
    early.server.advance(5)
    assert_like(await early.admin.get(f"{early.one}/2"), early.recorded["blocked"])
    if "restart_blocked" in early.recorded:
        assert_like(await early.admin.post(f"{early.one}/2"), early.recorded["restart_blocked"])
    answer = await early.admin.post(f"{early.one}/2/{verb}")
    assert_like(answer, early.recorded[verb], frozenset({"procs"}))
    early.server.advance(60)
    build = await early.build(2)
    assert (build["status"], build["reviewed_by"]) == ({"approve": "failure", "decline": "declined"}[verb], "dana")
    assert (await early.admin.post(f"{early.one}/2/{verb}")).status_code == 500


@only("drone-0.8")
async def test_refusals_of_what_was_declined(early: Early) -> None:
    early.server.control.start(flaky(early.slug, blocked=True))
    await early.admin.post(f"{early.one}/2/decline")
    assert_like(await early.admin.get(f"{early.one}/2"), early.recorded["declined"])
    assert_like(await early.admin.post(f"{early.one}/2/decline"), early.recorded["decline_again"])
    assert_like(await early.admin.post(f"{early.one}/2"), early.recorded["restart_declined"])


@only("drone-0.8")
@pytest.mark.parametrize("agent", [True, False])
async def test_a_zombie_is_killed(early: Early, agent: bool) -> None:
    """Killed at once in everything; an agent that still runs it makes a failure of the build later."""
    early.server.control.start(waiting(early.slug))
    early.server.advance(3)
    early.server.control.runners(up=agent)
    assert_like(await early.admin.delete(f"{early.one}/2"), early.recorded["zombie_kill"])
    assert_like(await early.admin.get(f"{early.one}/2"), early.recorded["just_zombie"])
    early.server.advance(10)
    build = await early.build(2)
    known = early.recorded["zombie_reported" if agent else "zombie"]["json"]
    assert (build["status"], build["procs"][0]["state"]) == (known["status"], known["procs"][0]["state"])
    assert [one["state"] for one in build["procs"][0]["children"]] == ["success", "killed", "killed"]
    member = {"Authorization": f"Bearer {early.server.member_token}"}
    assert (await early.admin.delete(f"{early.one}/2", headers=member)).status_code in (403, 404)


@only("drone-0.8", "drone-0.7")
async def test_a_configuration_that_cannot_be_read(early: Early) -> None:
    early.server.control.start(Script(early.slug, error="yaml: line 3: did not find expected key"))
    assert_like(await early.admin.get(f"{early.one}/2"), early.recorded["yaml_error"])


@only("drone-0.8")
async def test_what_cannot_be_read_twice_stays_pending(early: Early) -> None:
    early.server.control.start(Script(early.slug, error="Invalid or missing image"))
    assert_like(await early.admin.post(f"{early.one}/2"), early.recorded["restart_yaml_error"])
    early.server.advance(600)
    build = await early.build(3)
    assert (build["status"], build["parent"], build["error"], "procs" in build) == ("pending", 2, "", False)


@only("drone-0.8")
async def test_a_container_that_does_not_start(early: Early) -> None:
    ended(early.server, Script(early.slug, (StageScript((StepScript("clone"),), error="pull access denied"),)))
    answer = await early.admin.get(f"{early.one}/2")
    root = answer.json()["procs"][0]
    known = early.recorded["missing_image"]["json"]["procs"][0]
    assert shape(root["children"][0]) == shape(known["children"][0])
    assert (root["state"], root["exit_code"], root["error"]) == ("failure", 1, "pull access denied")
    assert root["children"][0]["state"] == known["children"][1]["state"] == "success"


@only("drone-0.8")
@pytest.mark.parametrize(("name", "kind"), [("pull_request", "pull_request"), ("tag", "tag")])
async def test_what_is_not_pushed_has_no_commit(early: Early, name: str, kind: str) -> None:
    ended(early.server, flaky(early.slug, event=kind, branch="v1.0.2" if kind == "tag" else ""))
    told, known = await early.build(2), early.recorded[name]["json"]
    assert told["commit"] == known["commit"] == ""
    assert bool(told["refspec"]) == bool(known["refspec"])
    assert (told["timestamp"] == 0) == (known["timestamp"] == 0)
    assert told["branch"] == ("refs/tags/v1.0.2" if kind == "tag" else told["refspec"].split(":")[1])


async def test_logs(early: Early) -> None:
    """Each generation finds them elsewhere; in 0.5 they are of whole jobs, and tell how steps ended."""
    path = {"drone-0.8": "4", "drone-0.7": "1/test", "drone-0.5": "1"}[early.server.kind]
    rows = (await early.admin.get(f"/api/repos/{early.slug}/logs/1/{path}")).json()
    said = [row.get("out") for row in rows if row.get("proc") == "test"]
    if early.server.kind == "drone-0.5":
        assert said == ["+ make", "a<b", "bad", "3"]
        assert rows[-1] == {}
        assert {"proc": "test", "type": 2, "pos": 0, "out": "3"} in rows
    else:
        assert said == ["+ make\n", "a<b", "\n", "bad\n"]
        assert [row["pos"] for row in rows] == [0, 1, 2, 3]


async def test_no_log_before_the_end(early: Early) -> None:
    early.server.control.start(waiting(early.slug))
    early.server.advance(3)
    path = {"drone-0.8": "3", "drone-0.7": "1/test", "drone-0.5": "1"}[early.server.kind]
    assert (await early.admin.get(f"/api/repos/{early.slug}/logs/2/{path}")).status_code == 404
