"""What Drone 0.5 does not tell on its feed: jobs, steps, and one begin for all jobs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from buildwatch.merge import merge_build
from tests.sources.early import asking, brief, told_by
from tests.sources.replay import frames, recorded


async def test_0_5_reads_a_build_once_for_events_that_come_together() -> None:
    async with asking("drone05") as (site, source):
        rows = frames(recorded("drone05")["streams"]["feed_matrix"])
        site.say("GET /api/repos/old/matrix/builds/1", recorded("drone05")["lifecycle"]["matrix_old_matrix_1"][-1])
        await source.repos()
        site.socket("/ws/feed", rows)
        await told_by(source)
        assert site.asked.count("GET /api/repos/old/matrix/builds/1") <= 4  # of nine events; twice, and for the logs


async def test_0_5_tells_the_event_where_the_build_cannot_be_read() -> None:
    async with asking("drone05") as (site, source):
        await source.repos()
        site.say("GET /api/repos/old/flaky/builds/1", "no", status=503, type="text/plain")
        site.socket("/ws/feed", frames(recorded("drone05")["streams"]["feed_flaky_failure"]))
        (build,) = await told_by(source)
        assert (build.address, build.stages, build.run > 0) == ("old/flaky#1", None, True)


async def test_0_5_tells_steps_from_the_log_of_a_job_that_runs() -> None:
    of = recorded("drone05")
    running, ended = of["lifecycle"]["flaky_failure_old_flaky_1"][1], of["lifecycle"]["flaky_failure_old_flaky_1"][-1]
    path = "GET /api/repos/old/flaky/builds/1"
    async with asking("drone05") as (site, source):
        await source.repos()
        site.say(path, running, running, ended)
        site.recorded("drone05", "GET_logs_flaky")
        log = frames(of["streams"]["logs_flaky_failure_1_1_job"])
        site.socket("/ws/logs/old/flaky/1/1", log, "open")
        rows = frames(of["streams"]["feed_flaky_failure"])
        site.socket("/ws/feed", rows[:4], "open")
        told: list[tuple[str, list[str]]] = []
        async with source.events() as batches:
            async for batch in batches:
                told += [(build.status, brief(build)) for _, build in batch]
                if told and len(told[-1][1]) == 4:
                    break
            end = await source.build("old/flaky", 1)
            if end.status == "running":
                end = await source.build("old/flaky", 1)
        assert told[-1][0] == "running"
        assert brief(end) == ["clone success", "setup success", "test failure", "notify success"]
        assert site.asked.count("GET /api/repos/old/flaky/logs/1/1") == 1
        await source.build("old/flaky", 1)
        assert site.asked.count("GET /api/repos/old/flaky/logs/1/1") == 1  # it is read once
        assert site.asked.count("GET /ws/logs/old/flaky/1/1") == 1


async def test_0_5_tells_the_steps_that_were_before_with_the_build_itself() -> None:
    of = recorded("drone05")
    running = of["lifecycle"]["flaky_failure_old_flaky_1"][1]
    log = frames(of["streams"]["logs_flaky_failure_1_1_job"])
    async with asking("drone05") as (site, source):
        await source.repos()
        site.say("GET /api/repos/old/flaky/builds/1", running)
        site.socket("/ws/logs/old/flaky/1/1", log[:14], "open")
        site.socket("/ws/feed", [], "open")
        expected = ["clone success", "setup success"]
        assert brief(await source.build("old/flaky", 1))[:2] == expected  # by itself
        async with source.events() as batches:
            assert brief(await source.build("old/flaky", 1))[:2] == expected  # beside the feed
            told = [build async for batch in take(batches) for _, build in batch]
        assert all(brief(build)[:2] == expected for build in told)


async def test_0_5_a_read_does_not_wait_for_a_log_that_is_not_read_any_more() -> None:
    """The feed is cut, and with it the reading of the logs beside it."""
    running = recorded("drone05")["lifecycle"]["flaky_failure_old_flaky_1"][1]
    async with asking("drone05") as (site, source):
        await source.repos()
        site.say("GET /api/repos/old/flaky/builds/1", running)
        site.socket("/ws/logs/old/flaky/1/1", [], "open")
        site.socket("/ws/feed", [], "open")
        async with source.events():
            reading = asyncio.create_task(source.build("old/flaky", 1))
            await site.was_asked("GET /ws/logs/old/flaky/1/1")
        async with asyncio.timeout(10):
            assert (await reading).status == "running"


async def take(batches: AsyncIterator[list[Any]]) -> AsyncIterator[list[Any]]:
    """The first batch that tells anything."""
    async for batch in batches:
        if batch:
            yield batch
            return


async def test_0_5_asks_again_for_a_log_that_was_not_there_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("buildwatch.sources.drone05_live.AGAIN", 0.05)
    of = recorded("drone05")
    async with asking("drone05") as (site, source):
        await source.repos()
        site.say("GET /api/repos/old/flaky/builds/1", of["lifecycle"]["flaky_failure_old_flaky_1"][-1])
        site.socket("/ws/feed", frames(of["streams"]["feed_flaky_failure"])[-2:], "open")
        async with source.events() as batches:
            async for batch in batches:
                if batch:
                    site.recorded("drone05", "GET_logs_flaky")
                if batch and brief(batch[0][1]):
                    break
        assert brief(batch[0][1])[-1] == "notify success"


async def test_0_5_gives_a_matrix_one_begin() -> None:
    of = recorded("drone05")
    async with asking("drone05") as (site, source):
        builds = of["lifecycle"]["matrix_old_matrix_1"]
        site.say("GET /api/repos/old/matrix/builds/1", *builds)
        read = [await source.build("old/matrix", 1) for _ in builds]
        assert {build.started for build in read if build.started} == {builds[0]["created_at"]}
        (row,) = [row for _, row in await source.repos() if row is not None and row.repo == "old/matrix"]
        assert (row.started, row.finished) == (read[-1].started, read[-1].finished)


async def test_0_5_a_row_of_a_later_run_keeps_its_own_begin() -> None:
    of = recorded("drone05")
    async with asking("drone05") as (site, source):
        await source.repos()
        before = recorded("drone05")["lifecycle"]["flaky_failure_old_flaky_1"][-1]
        site.say("GET /api/repos/old/flaky/builds/1", before)
        site.recorded("drone05", "GET_logs_flaky")
        old = await source.build("old/flaky", 1)
        later = dict(of["lifecycle"]["restart_old_flaky_1"][1])
        row = {key: later[key] for key in ("number", "status", "started_at", "created_at")}
        site.say("GET /api/user/feed?latest=true", [{"full_name": "old/flaky", **row}])
        ((_, told),) = await source.repos()
        assert told is not None
        assert (told.started, told.status) == (later["started_at"], "running")
        assert merge_build(old, told) == told
