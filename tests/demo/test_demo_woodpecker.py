"""The demo as Woodpecker 3 against a real one: answers, refusals, and what calls do."""

import httpx
import pytest

from buildwatch.demo.control import Script
from tests.demo.early import assert_like, shape
from tests.demo.wood import FAILING, GATED, OFTEN_ABSENT, PRIVATE, RECORDED, SLOW, SLUG, Wood, row_of, steps


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
async def test_reading(wood: Wood, name: str, path: str) -> None:
    wood.start(FAILING)
    answer = await wood.admin.get(path.format(id=wood.repo))
    assert answer.headers["X-Woodpecker-Version"].startswith("3.")
    assert_like(answer, RECORDED[name], OFTEN_ABSENT)


async def test_repos_carry_their_newest_pipeline(wood: Wood) -> None:
    wood.start(FAILING)
    rows = (await wood.admin.get("/api/user/repos")).json()
    told = next(row for row in rows if row["full_name"] == SLUG)
    known = RECORDED["user_repos"]["json"][1]
    ignored = OFTEN_ABSENT | {"errors"}
    assert shape(told, ignored) == shape(known, ignored)
    assert [("last_pipeline" in row) for row in rows].count(True) == 1


async def test_what_is_open(wood: Wood) -> None:
    wood.start(SLOW, 3)
    wood.start(Script(GATED, blocked=True), 1)
    assert_like(await wood.admin.get("/api/pipelines"), RECORDED["open"])
    assert_like(await wood.admin.get("/api/user/feed"), RECORDED["feed"])
    feed = [row["status"] for row in (await wood.admin.get("/api/user/feed")).json()]
    assert feed == ["running", "blocked"]
    queue = (await wood.admin.get("/api/queue/info")).json()
    known = RECORDED["queue"]["json"]
    assert list(queue) == list(known)
    assert queue["stats"] == {"worker_count": 3, "pending_count": 0, "waiting_on_deps_count": 0, "running_count": 1}
    assert list(queue["running"][0]) == list(known["running"][0])


async def test_who_is_let_in(wood: Wood) -> None:
    private = wood.server.control.repo(PRIVATE).id
    async with httpx.AsyncClient(base_url=wood.server.url) as nobody:
        assert_like(await nobody.get("/api/user"), RECORDED["not_authorized"])
        assert_like(await nobody.get(f"/api/repos/{private}"), RECORDED["private_anonymous"])
        assert (await nobody.get(wood.one)).status_code == 200
        wood.start(Script(SLUG, blocked=True), 1)
        assert_like(await nobody.post(f"{wood.one}/pipelines/1/approve"), RECORDED["approve_anonymous"])
    member = {"Authorization": f"Bearer {wood.server.member_token}"}
    assert (await wood.admin.get("/api/queue/info", headers=member)).status_code == 403
    assert (await wood.admin.post(f"{wood.one}/pipelines/1/approve", headers=member)).status_code == 403
    assert (await wood.admin.get(f"/api/repos/{private}", headers=member)).status_code == 404


async def test_cancelling(wood: Wood) -> None:
    """Killed at once, its workflow when the agent answers; what did not begin is cancelled."""
    wood.start(SLOW, 3)
    assert_like(await wood.admin.post(f"{wood.one}/pipelines/1/cancel"), RECORDED["cancel"])
    just = await wood.admin.get(f"{wood.one}/pipelines/1")
    assert_like(just, RECORDED["just_killed"], OFTEN_ABSENT - {"cancel_info"} | {"error"})
    assert (just.json()["status"], just.json()["workflows"][0]["state"]) == ("killed", "running")
    wood.server.advance(5)
    answer = await wood.admin.get(f"{wood.one}/pipelines/1")
    assert_like(answer, RECORDED["killed"], OFTEN_ABSENT - {"cancel_info"})
    assert row_of(answer.json()) == row_of(RECORDED["killed"]["json"])
    assert answer.json()["cancel_info"] == {"canceled_by_user": "dana"}
    assert_like(await wood.admin.post(f"{wood.one}/pipelines/1/cancel"), RECORDED["cancel_finished"])


async def test_cancelling_what_has_not_begun(wood: Wood) -> None:
    wood.server.control.runners(up=False)
    wood.start(SLOW, 3)
    assert_like(await wood.admin.get(f"{wood.one}/pipelines/1"), RECORDED["pending"], OFTEN_ABSENT)
    await wood.admin.post(f"{wood.one}/pipelines/1/cancel")
    wood.server.control.runners(up=True)
    wood.server.advance(5)
    answer = await wood.admin.get(f"{wood.one}/pipelines/1")
    assert_like(answer, RECORDED["canceled"], OFTEN_ABSENT)
    assert row_of(answer.json()) == row_of(RECORDED["canceled"]["json"])
    assert (answer.json()["started"], answer.json()["finished"] > 0) == (0, True)


@pytest.mark.parametrize(("verb", "status"), [("approve", "success"), ("decline", "declined")])
async def test_pipelines_that_wait_for_a_person(wood: Wood, verb: str, status: str) -> None:
    wood.start(Script(SLUG, (steps("clone", "hello"),), blocked=True), 5)
    assert_like(await wood.admin.get(f"{wood.one}/pipelines/1"), RECORDED["blocked"], OFTEN_ABSENT)
    assert_like(await wood.admin.post(f"{wood.one}/pipelines/1"), RECORDED["restart_blocked"])
    assert_like(await wood.admin.post(f"{wood.one}/pipelines/1/{verb}"), RECORDED[verb], OFTEN_ABSENT)
    wood.server.advance(20)
    told = (await wood.admin.get(f"{wood.one}/pipelines/1")).json()
    assert (told["status"], told["reviewed_by"]) == (status, "dana")
    if verb == "approve":
        assert_like(await wood.admin.post(f"{wood.one}/pipelines/1/approve"), RECORDED["approve_again"])
    else:
        assert_like(await wood.admin.get(f"{wood.one}/pipelines/1"), RECORDED["declined"], OFTEN_ABSENT)


async def test_starting_pipelines(wood: Wood) -> None:
    wood.start(FAILING)
    again = await wood.admin.post(f"{wood.one}/pipelines/1")
    assert_like(again, RECORDED["restart"], OFTEN_ABSENT)
    assert (again.json()["parent"], again.json()["rerun_count"]) == (1, 1)
    deployed = await wood.admin.post(f"{wood.one}/pipelines/1?event=deployment&deploy_to=production&REASON=x")
    assert_like(deployed, RECORDED["deploy"], OFTEN_ABSENT)
    assert (deployed.json()["event"], deployed.json()["variables"]) == ("deployment", {"REASON": "x"})
    made = await wood.admin.post(f"{wood.one}/pipelines", json={"branch": "main", "variables": {"FOO": "bar"}})
    assert_like(made, RECORDED["trigger"], OFTEN_ABSENT)
    assert (made.json()["event"], made.json()["variables"]) == ("manual", {"FOO": "bar"})
    assert_like(await wood.admin.post(f"{wood.one}/pipelines", json={"branch": "nope"}), RECORDED["bad_branch"])
    assert (await wood.admin.post(f"{wood.one}/pipelines", content=b"{")).status_code == 400
    elsewhere = wood.server.control.repo("robots/images").id
    wood.start(Script("robots/images"))
    refused = await wood.admin.post(f"/api/repos/{elsewhere}/pipelines/1?event=deployment&deploy_to=x")
    assert_like(refused, RECORDED["deploy_refused"])


async def test_a_configuration_that_cannot_be_read(wood: Wood) -> None:
    wood.start(Script(SLUG, error="Invalid or missing image"))
    assert_like(await wood.admin.get(f"{wood.one}/pipelines/1"), RECORDED["error"], OFTEN_ABSENT)
    assert_like(await wood.admin.post(f"{wood.one}/pipelines/1"), RECORDED["restart_broken"])
    assert (await wood.admin.get(f"{wood.one}/pipelines/2")).json()["status"] == "error"
