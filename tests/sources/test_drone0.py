"""Drone 0.5 to 0.8 asked over real sockets: what was recorded comes in, and what is refused is said."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest

from buildwatch.model import Build
from buildwatch.sources.errors import Broken, Denied, Stranger, Unauthorized
from buildwatch.sources.watch import Watcher
from buildwatch.store import Changes, Link, Store
from tests.sources.early import FLAKY, KINDS, NAMES, SOCKETS, VERSIONS, asking, feed, sentence, source_of, stored
from tests.sources.replay import recorded


@pytest.mark.parametrize("kind", KINDS)
async def test_who_and_what(kind: str) -> None:
    async with asking(kind) as (site, source):
        site.recorded(kind, "GET_version" if kind == "drone08" else "GET_version_missing")
        assert await source.version() == VERSIONS[kind]
        assert (await source.user()).admin
        site.version = ""
        site.say("GET /version", "<html>", type="text/html")
        assert "does not tell its version" in await sentence(source.version(), Stranger)


@pytest.mark.parametrize("kind", KINDS)
async def test_the_list_takes_one_request_and_facts_are_read_once(kind: str) -> None:
    async with asking(kind) as (site, source):
        for _ in range(3):
            rows = await source.repos()
        assert all(repo.id and repo.default_branch == "master" for repo, _ in rows)
        assert {build.id for _, build in rows if build is not None}
        assert site.asked.count("GET /api/user/repos") == 1
        assert source.requests == 4


async def test_a_repo_without_builds_is_a_row_too() -> None:
    async with asking("drone08") as (site, source):
        site.say("GET /api/user/feed?latest=true", [{"owner": "devs", "name": "new", "full_name": "devs/new"}])
        ((repo, build),) = await source.repos()
        assert (repo.slug, build) == ("devs/new", None)


@pytest.mark.parametrize("kind", KINDS)
async def test_recent_and_incomplete(kind: str) -> None:
    async with asking(kind) as (site, source):
        assert all(build.stages is None for build in await source.recent())
        await source.incomplete()
        site.say("GET /api/builds", "User not authorized", status=413, type="text/plain; charset=utf-8")
        assert "User not authorized (413)" in await sentence(source.incomplete(), Denied)


async def test_pages_of_builds() -> None:
    async with asking("drone08") as (site, source):
        site.recorded("drone08", *(f"GET_builds_paged_page{page}" for page in (1, 2, 3)))
        pages = [await source.builds("devs/quiet", page) for page in (1, 2, 3)]
        assert [len(page) for page in pages] == [50, 15, 0]
        assert (source.page_size, source.pages) == (50, True)


@pytest.mark.parametrize("kind", SOCKETS)
async def test_there_is_one_page_of_builds_before_0_8(kind: str) -> None:
    async with asking(kind) as (site, source):
        slug = "ops/gcd" if kind == "drone07" else "old/gcd"
        site.say(f"GET /api/repos/{slug}/builds?page=1", recorded(kind)["answers"]["GET_builds_page2"]["body"])
        assert await source.builds(slug)
        assert (await source.builds(slug, 2), source.pages) == ([], False)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_build_that_there_is_not(kind: str) -> None:
    async with asking(kind) as (site, source):
        site.recorded(kind, "ERR_build_not_found")
        slug = {"drone08": "devs/gcd", "drone07": "ops/gcd", "drone05": "old/gcd"}[kind]
        with pytest.raises(Denied) as said:
            await source.build(slug, 9999)
        assert (str(said.value), said.value.status) == (f"old knows no {slug}#9999", 404)
        site.say(f"GET /api/repos/{slug}/builds/1", "database is locked", status=500, type="text/plain")
        assert "has a problem: database is locked" in await sentence(source.build(slug, 1), Broken)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_web_page_is_no_answer(kind: str) -> None:
    async with asking(kind) as (site, source):
        site.say("GET /api/repos/a/b/builds/1", "<!DOCTYPE html>", type="text/html; charset=utf-8")
        assert "with a web page" in await sentence(source.build("a/b", 1), Stranger)
        site.say("GET /api/repos/a/b/builds/2", '{"number": 0}')
        assert "not Drone's" in await sentence(source.build("a/b", 2), Broken)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_wrong_token_shows_at_the_user(kind: str) -> None:
    async with asking(kind) as (site, source):
        site.say("GET /api/user", "User not authorized", status=401, type="text/plain; charset=utf-8")
        assert "does not accept the token (401)" in await sentence(source.user(), Unauthorized)


async def test_where_the_pages_are() -> None:
    for kind in KINDS:
        source = source_of(kind, "http://drone.example/")
        build = Build("old", "a/b", 7, 3)
        assert source.page_of(build) == "http://drone.example/a/b/3"
        assert source.page_of(build, 1, 4) == f"http://drone.example/a/b/3/{1 if kind == 'drone05' else 4}"


async def test_a_stop_goes_to_each_root_that_runs() -> None:
    async with asking("drone08") as (site, source):
        running = recorded("drone08")["lifecycle"]["matrix_devs_matrix_1"][0]
        of = json.loads(json.dumps(running))
        for proc in of["procs"]:
            proc["state"] = "running"
        path = "GET /api/repos/devs/matrix/builds/1"
        site.say(path, of)
        for pid in (1, 2, 3, 4):
            site.say(f"DELETE /api/repos/devs/matrix/builds/1/{pid}", "", status=204, type="text/plain")
        site.say(
            "DELETE /api/repos/devs/matrix/builds/1/2",
            "Cannot cancel a non-running build",
            status=400,
            type="text/plain",
        )
        await source.cancel("devs/matrix", 1)  # the second has ended in between
        assert sorted(site.asked[1:]) == [f"DELETE /api/repos/devs/matrix/builds/1/{pid}" for pid in (1, 2, 3, 4)]


async def test_what_is_queued_is_stopped_as_it_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("buildwatch.sources.drone0.STOP_PAUSE", 0.01)

    def of(*states: str) -> dict[str, Any]:
        return {"number": 1, "status": "running", "procs": [{"pid": at, "state": s} for at, s in enumerate(states, 1)]}

    async with asking("drone07") as (site, source):
        path = "/api/repos/a/b/builds/1"
        site.say(
            f"GET {path}",
            of("running", "pending"),
            of("killed", "pending"),
            of("killed", "running"),
            of("failure", "killed"),
        )
        for pid in (1, 2):
            site.say(f"DELETE {path}/{pid}", "", status=204, type="text/plain")
        await source.cancel("a/b", 1)
        assert site.asked == [
            f"GET {path}",
            f"DELETE {path}/1",
            f"GET {path}",
            f"GET {path}",
            f"DELETE {path}/2",
        ]


@pytest.mark.parametrize("kind", KINDS)
async def test_what_does_not_run_cannot_be_stopped(kind: str) -> None:
    async with asking(kind) as (site, source):
        site.say("GET /api/repos/a/b/builds/1", {"number": 1, "status": "pending"})
        assert await sentence(source.cancel("a/b", 1), Denied) == (
            f"a/b#1 is pending; old runs {NAMES[kind]}, which stops what runs"
        )
        rows = {"procs": [{"pid": 1, "state": "running"}], "jobs": [{"number": 1, "status": "running"}]}
        site.say("GET /api/repos/a/b/builds/1", {"number": 1, "status": "running", **rows})
        site.say("DELETE /api/repos/a/b/builds/1/1", "Cannot cancel a non-running build", status=400, type="text/plain")
        assert "Cannot cancel a non-running build (400)" in await sentence(source.cancel("a/b", 1), Denied)


async def test_an_abandoned_build_is_stopped_by_force_where_there_is_such_a_thing() -> None:
    for kind in ("drone08", "drone07"):
        async with asking(kind) as (site, source):
            of = {"number": 1, "status": "running", "procs": [{"pid": 1, "state": "killed"}]}
            site.say("GET /api/repos/a/b/builds/1", of)
            site.say("DELETE /api/repos/a/b/builds/1", "", status=204, type="text/plain")
            if kind == "drone07":
                assert "its agent has not told its end" in await sentence(source.cancel("a/b", 1), Denied)
            else:
                await source.cancel("a/b", 1)
                assert site.asked[-1] == "DELETE /api/repos/a/b/builds/1"


async def test_a_build_that_was_killed_stays_so_in_lists() -> None:
    async with asking("drone08") as (site, source):
        site.recorded("drone08", "GET_build_kill_root_devs_gcd_6")
        rows = recorded("drone08")["answers"]["GET_api_repos_devs_gcd_builds"]["body"]
        site.say("GET /api/repos/devs/gcd/builds?page=1", rows)
        for status in ("failure", "killed"):
            (row,) = [build for build in await source.builds("devs/gcd") if build.number == 6]
            assert row.status == status
            await source.build("devs/gcd", 6)


async def test_a_restart_is_a_new_build_since_0_8_and_the_same_before() -> None:
    again = {"drone08": ("devs/flaky", 2, 1), "drone07": ("ops/flaky", 1, 0), "drone05": ("old/flaky", 1, 0)}
    for kind, (slug, number, parent) in again.items():
        async with asking(kind) as (site, source):
            site.recorded(kind, "POST_restart")
            build = await source.restart(slug, 1, {})
            assert build is not None
            assert (build.repo, build.number, build.parent, build.status) == (slug, number, parent, "pending")
            assert build.run > 0
            site.say(
                f"POST /api/repos/{slug}/builds/1?A=b", "Cannot re-start a started build", status=409, type="text/plain"
            )
            said = await sentence(source.restart(slug, 1, {"A": "b"}), Denied)
            assert "Cannot re-start a started build (409)" in said


async def test_a_promotion_is_a_deployment_and_never_in_the_place_of_the_old_build() -> None:
    for kind, query in (("drone08", ""), ("drone07", "fork=true&"), ("drone05", "fork=true&")):
        async with asking(kind) as (site, source):
            body = recorded(kind)["answers"]["POST_deploy"]["body"]
            site.say(f"POST /api/repos/a/b/builds/1?{query}event=deployment&deploy_to=production", body, status=202)
            build = await source.promote("a/b", 1, "production", {})
            assert build is not None
            assert (build.event, build.deploy_to, build.parent) == (
                "deployment",
                "production",
                int(kind != "drone08") or build.parent,
            )


async def test_a_refusal_in_words_is_one_though_it_says_500() -> None:
    async with asking("drone08") as (site, source):
        site.recorded("drone08", "POST_restart_blocked_500", "POST_restart_yaml_error_500")
        said = await sentence(source.restart("devs/gated", 5, {}), Denied)
        assert said == "old says no: cannot restart a build with status blocked"
        said = await sentence(source.restart("devs/quiet", 9, {}), Denied)
        assert said == (
            "devs/quiet#9 cannot be started again: Invalid or missing image; "
            "devs/quiet#65 was made and will never begin"
        )
        site.say("POST /api/repos/a/b/builds/1", "", status=500, type="")
        assert "has a problem" in await sentence(source.restart("a/b", 1, {}), Broken)


async def test_an_answer_to_a_blocked_build() -> None:
    async with asking("drone08") as (site, source):
        site.recorded("drone08", "GET_build_blocked_before_approve", "POST_approve")
        await source.approve("devs/gated", 5)
        assert site.asked[-1] == "POST /api/repos/devs/gated/builds/5/approve"
        site.say("GET /api/repos/devs/gated/builds/5", {"number": 5, "status": "success"})
        said = await sentence(source.decline("devs/gated", 5), Denied)
        assert said == "devs/gated#5 does not wait for approval (it is success)"


@pytest.mark.parametrize("kind", KINDS)
async def test_what_there_is_not(kind: str) -> None:
    async with asking(kind) as (site, source):
        calls: dict[str, Callable[[], Awaitable[Any]]] = {
            "rollback": lambda: source.rollback("a/b", 1, "production", {}),
            "create": lambda: source.create("a/b", "main", "", {}),
        }
        if kind == "drone05":
            calls |= {"approve": lambda: source.approve("a/b", 1), "decline": lambda: source.decline("a/b", 1)}
        for name, call in calls.items():
            assert await sentence(call(), Denied) == f"old runs {NAMES[kind]}, which knows no {name}"
            assert name not in source.actions
        assert {"restart", "cancel", "promote"} <= source.actions
        assert site.asked == []
        assert "is not the name of a repo" in await sentence(source.build("../x", 1), Denied)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_watcher_takes_a_whole_feed_in(kind: str) -> None:
    name = {"drone08": "events_flaky_failure", "drone07": "feed_flaky_failure", "drone05": "feed_flaky_failure"}[kind]
    async with asking(kind) as (site, source):
        slug, build, _ = FLAKY[kind]
        site.recorded(kind, build)
        stored(site, kind)
        site.say("GET /version", "<html>", type="text/html")
        if kind == "drone05":
            site.recorded(kind, "GET_build_yaml_error")  # it ran for ever
        feed(site, kind, name, 1)
        body = json.loads(recorded(kind)["answers"]["GET_api_user_feed_latest=true"]["body"])
        row = next(row for row in body if row["full_name"] == slug)
        end = json.loads(recorded(kind)["answers"][build]["body"])
        row |= {
            "number": 1,
            "status": end["status"],
            "started_at": end["started_at"],
            "finished_at": end["finished_at"],
        }
        site.say("GET /api/user/feed?latest=true", body)
        store, ended = Store(), asyncio.Event()

        def tell(changes: Changes) -> None:
            if store.servers["old"].listed and store.servers["old"].version:
                ended.set()

        watcher = Watcher(source, store, tell)
        running = asyncio.create_task(watcher.run())
        async with asyncio.timeout(20):
            await ended.wait()
            await watcher.synced.wait()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        assert store.servers["old"].link in (Link.LIVE, Link.POLLING)
        assert store.servers["old"].version == VERSIONS[kind]
        (held,) = [of for repo in store.repos if repo.slug == slug for of in store.builds(repo) if of.number == 1]
        assert held.status == "failure"
