"""The company as a person sees it: its history, its scenes, its logs, and builds that start by themselves."""

from collections import Counter
from itertools import pairwise

import pytest

from buildwatch.demo import drone2, logs
from buildwatch.demo.driver import HandClock
from buildwatch.demo.plans import Piece
from buildwatch.demo.server import DemoServer
from buildwatch.demo.state import Build, Status, Step

NOW = 1_795_433_706.0
RAN = (Status.SUCCESS, Status.FAILURE, Status.KILLED)
OF_WOODPECKER = (Status.CREATED, Status.CANCELED)


@pytest.fixture(scope="module")
def company() -> DemoServer:
    return DemoServer(clock=HandClock(NOW), seed=7)


def steps_that_ran(server: DemoServer) -> list[tuple[Build, Step]]:
    return [
        (build, step)
        for build in server.world.builds
        for stage in build.stages
        for step in stage.steps
        if step.status in RAN
    ]


def test_three_weeks_of_twelve_repos(company: DemoServer) -> None:
    repos = company.world.repos
    assert (len(repos), len({repo.project.namespace for repo in repos})) == (12, 3)
    assert 2 <= sum(repo.project.private for repo in repos) <= 3
    assert all(len(repo.builds) >= 25 for repo in repos)
    assert {build.origin.event for build in company.world.builds} == {
        "push", "pull_request", "tag", "promote", "rollback", "cron",
    }  # fmt: skip
    assert set(Status) - {build.status for build in company.world.builds} <= {
        Status.WAITING,
        Status.BLOCKED,
        *OF_WOODPECKER,
    }
    assert min(build.created for build in company.world.builds) < NOW - 15 * 86400


def test_what_is_to_be_seen_at_once(company: DemoServer) -> None:
    scenes = {build.repo.slug: build for build in company.world.open.values()}
    stuck, blocked, long = scenes["platform/base-images"], scenes["platform/infra"], scenes["acme/search"]
    assert (stuck.status, stuck.stages[0].status) == (Status.PENDING, Status.PENDING)
    assert NOW - stuck.created >= 3600
    assert {stage.status for stage in blocked.stages} == {Status.BLOCKED}
    assert (long.status, long.started < NOW - 180) == (Status.RUNNING, True)
    assert 2 <= sum(build.status is Status.RUNNING for build in scenes.values()) <= 5


def test_ids_and_times_follow_each_other(company: DemoServer) -> None:
    builds = company.world.builds
    assert [build.id for build in builds] == list(range(1, len(builds) + 1))
    assert all(one.created <= other.created for one, other in pairwise(builds))
    for build in builds:
        if build.finished:
            assert build.created <= build.started <= build.finished <= NOW


def test_a_repo_gets_slower_and_one_is_flaky(company: DemoServer) -> None:
    slow = company.world.by_slug["acme/checkout-api"].builds
    times = [b.finished - b.started for b in slow if b.status is Status.SUCCESS and b.origin.event == "push"]
    third = len(times) // 3
    assert sum(times[-third:]) > 1.2 * sum(times[:third])
    flaky = company.world.by_slug["mobile/push-service"].builds
    again = [build for build in flaky if build.origin.parent and build.origin.event != "promote"]
    assert any(build.status is Status.SUCCESS for build in again)


def test_logs_are_the_same_in_whatever_order_they_are_asked_for(company: DemoServer) -> None:
    again = DemoServer(clock=HandClock(NOW), seed=7)
    here = [logs.pieces(7, build, step) for build, step in steps_that_ran(company)[:200]]
    there = [logs.pieces(7, build, step) for build, step in reversed(steps_that_ran(again)[:200])]
    assert here == list(reversed(there))


def test_logs_look_like_logs(company: DemoServer) -> None:
    texts = {}
    for build, step in steps_that_ran(company):
        pieces = logs.pieces(7, build, step)
        assert pieces, step.plan.tool
        assert [piece.at for piece in pieces] == sorted(piece.at for piece in pieces)
        assert pieces[-1].at <= step.plan.seconds
        texts[step.plan.tool, step.plan.outcome] = "".join(piece.out for piece in pieces)
    assert all(text.startswith("+ ") for (tool, _), text in texts.items() if tool not in ("service", "slack"))
    assert any("\r" in text for text in texts.values())
    assert any("\x1b[" in text for text in texts.values())
    assert "FAIL" in texts["go-test", "failure"]
    failing = {tool: text for (tool, outcome), text in texts.items() if outcome == "failure"}
    assert all(text.rstrip().splitlines()[-1].startswith("exit status") for text in failing.values())


def test_a_stored_log_keeps_its_newest_five_megabytes() -> None:
    said = [Piece(0.0, "x" * 1024) for _ in range(6000)]
    kept = logs.kept(said, 10)
    assert kept[-1][0] == 5999
    assert len(kept) == logs.MOST_BYTES // 1024


def test_the_same_seed_gives_the_same_hour() -> None:
    def hour(seed: int) -> bytes:
        server = DemoServer(clock=HandClock(NOW), seed=seed, history=5)
        server.life.begin()
        for _ in range(60):
            server.advance(60)
        return drone2.encode([drone2.build_of(build, stages=True) for build in server.world.builds])

    assert hour(3) == hour(3) != hour(4)


def test_builds_start_and_end_by_themselves() -> None:
    server = DemoServer(clock=HandClock(NOW), seed=3)
    server.life.begin()
    before = len(server.world.builds)
    heard: list[float] = []
    server.world.on_publish = lambda _: heard.append(server.world.now)
    running = []
    for _ in range(180):
        server.advance(5)
        running.append(sum(build.status is Status.RUNNING for build in server.world.open.values()))
    assert heard[0] - NOW < 3
    assert 60 <= len(server.world.builds) - before <= 115
    assert Counter(running).most_common(1)[0][0] in range(2, 6)
    assert max(running) <= 6
    ended = [build for build in server.world.builds[before:] if build.status is Status.SUCCESS]
    usual = [b.finished - b.started for b in ended if b.origin.event in ("push", "pull_request")]
    assert 10 < sorted(usual)[len(usual) // 2] < 90


def test_more_repos_and_more_builds() -> None:
    server = DemoServer(clock=HandClock(NOW), seed=3, repos=40, history=3, rate=20)
    assert len(server.world.repos) == len(server.world.by_slug) == 40
    server.life.begin()
    before = len(server.world.builds)
    server.advance(30)
    assert 450 <= len(server.world.builds) - before <= 750
    assert sum(build.status is Status.RUNNING for build in server.world.open.values()) < 200


def test_a_short_demo_has_fewer_repos() -> None:
    assert len(DemoServer(clock=HandClock(NOW), repos=2, history=2).world.repos) == 2
