"""Which builds a list holds, in which order, and where a token is looked for."""

import httpx
import pytest

from buildwatch.demo.control import Script
from buildwatch.demo.server import DemoServer

PUBLIC, PRIVATE = "platform/gateway", "platform/auth"


@pytest.mark.parametrize(
    ("header", "query", "status"),
    [
        ("Bearer {token}", "", 200),
        ("{token}", "", 200),
        ("bearer {token}", "", 401),
        ("token {token}", "", 401),
        ("", "{token}", 200),
        ("Bearer wrong", "{token}", 401),
        ("", "", 401),
    ],
)
async def test_where_a_token_is_read(server: DemoServer, header: str, query: str, status: int) -> None:
    headers = {"Authorization": header.format(token=server.token)} if header else {}
    params = {"access_token": query.format(token=server.token)} if query else {}
    async with httpx.AsyncClient(base_url=server.url) as client:
        assert (await client.get("/api/user", headers=headers, params=params)).status_code == status


@pytest.mark.parametrize(
    ("query", "first", "count"),
    [
        ("", 60, 25),
        ("per_page=1", 60, 1),
        ("per_page=100", 60, 60),
        ("per_page=101", 60, 25),
        ("per_page=0", 60, 25),
        ("per_page=abc", 60, 25),
        ("per_page=2&page=2", 58, 2),
        ("per_page=2&page=0", 60, 2),
        ("per_page=2&page=-1", 60, 2),
        ("page=abc", 60, 25),
        ("per_page=2&page=999", None, 0),
        ("branch=main&per_page=3", 60, 3),
        ("branch=nope", None, 0),
        ("tag=v1.0.0", 30, 1),
        ("tag=nope", None, 0),
        ("status=failure&per_page=3", 60, 3),
    ],
)
async def test_paging(quiet: DemoServer, admin: httpx.AsyncClient, query: str, first: int | None, count: int) -> None:
    for number in range(1, 61):
        event, branch = ("tag", "v1.0.0") if number == 30 else ("push", "main")
        quiet.control.start(Script(PUBLIC, event=event, branch=branch))
    found = (await admin.get(f"/api/repos/{PUBLIC}/builds?{query}")).json()
    assert len(found) == count
    assert first is None or found[0]["number"] == first
    assert all("stages" not in build for build in found)


async def test_the_newest_build_is_the_newest_by_id(quiet: DemoServer, admin: httpx.AsyncClient) -> None:
    quiet.control.skip_numbers(PUBLIC, 1)
    quiet.control.start(Script(PUBLIC))
    quiet.control.start(Script(PUBLIC, number=1))
    repos = (await admin.get("/api/user/repos?latest=true")).json()
    assert [repo["slug"] for repo in repos] == sorted(repo["slug"] for repo in repos)
    by_slug = {repo["slug"]: repo for repo in repos}
    assert by_slug[PUBLIC]["build"]["number"] == 1
    assert "stages" not in by_slug[PUBLIC]["build"]
    assert "build" not in by_slug[PRIVATE]


async def test_deployments_and_branches(quiet: DemoServer, admin: httpx.AsyncClient) -> None:
    quiet.control.start(Script(PUBLIC))
    await admin.post(f"/api/repos/{PUBLIC}/builds/1/promote?target=production")
    await admin.post(f"/api/repos/{PUBLIC}/builds/1/rollback?target=production")
    deployed = (await admin.get(f"/api/repos/{PUBLIC}/builds/deployments")).json()
    assert [(build["event"], build["number"]) for build in deployed] == [("rollback", 3)]
    branches = (await admin.get(f"/api/repos/{PUBLIC}/builds/branches")).json()
    assert [build["number"] for build in branches] == [1]


async def test_recent_builds_are_25_of_ones_own(
    quiet: DemoServer, admin: httpx.AsyncClient, member: httpx.AsyncClient
) -> None:
    for _ in range(20):
        quiet.control.start(Script(PUBLIC))
        quiet.control.start(Script(PRIVATE))
    mine = (await admin.get("/api/user/builds")).json()
    assert [repo["build"]["id"] for repo in mine] == list(range(40, 15, -1))
    assert (await admin.get("/api/user/builds/recent")).json() == mine
    assert {repo["slug"] for repo in (await member.get("/api/user/builds")).json()} == {PUBLIC}
