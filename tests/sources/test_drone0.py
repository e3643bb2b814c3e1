"""Drone 0.5 to 0.8 asked over real sockets: what was recorded comes in, cut anywhere, and what is refused is said."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from buildwatch.merge import merge_build, settled
from buildwatch.model import Build, BuildKey
from buildwatch.sources.connect import _source
from buildwatch.sources.drone0 import Drone0Source
from buildwatch.sources.errors import Broken, Denied, SourceError, Stranger, Unauthorized, Unreachable
from buildwatch.sources.http import Address, Http
from buildwatch.sources.watch import Watcher
from buildwatch.store import Changes, Link, Store
from buildwatch.wire.loglines import LogAssembler, Piece
from tests.sources.replay import Frame, Replay, frames, recorded, replaying

VERSIONS = {"drone08": "0.8.6", "drone07": "0.7.3", "drone05": "0.5.0+dev"}
NAMES = {"drone08": "drone-0.8", "drone07": "drone-0.7", "drone05": "drone-0.5"}
KINDS = tuple(VERSIONS)
SOCKETS = ("drone07", "drone05")


def source_of(kind: str, url: str, **more: Any) -> Drone0Source:
    source = _source(NAMES[kind], Http(Address("old", url, lambda: "secret", **more)))
    assert isinstance(source, Drone0Source)
    return source


@asynccontextmanager
async def asking(kind: str) -> AsyncIterator[tuple[Replay, Drone0Source]]:
    """A server of that kind that knows its lists, and who asks it."""
    async with replaying(VERSIONS[kind]) as site:
        of = recorded(kind)["answers"]
        site.recorded(
            kind, *(name for name in ("GET_api_user", "GET_api_user_feed", "GET_api_user_repos") if name in of)
        )
        site.recorded(kind, "GET_api_user_feed_latest=true", "GET_api_builds")
        source = source_of(kind, site.url)
        try:
            yield site, source
        finally:
            await source.close()


async def sentence(call: Awaitable[Any], kind: type[SourceError]) -> str:
    with pytest.raises(kind) as said:
        await call
    return str(said.value)


# what is asked once


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


# events


FEEDS = [
    (kind, name)
    for kind in KINDS
    for name in recorded(kind)["streams"]
    if name.startswith(("events_", "feed_")) and "all_scenarios" not in name and "whole_session" not in name
]


def feed(site: Replay, kind: str, name: str, share: float) -> None:
    """Stream a share of a recording: cut off within a line, or within a fragmented message."""
    told = recorded(kind)["streams"][name]
    if kind == "drone08":
        data = told.encode()
        site.stream("/stream/events", data[: int(len(data) * share)])
    else:
        rows = frames(told)
        site.socket("/ws/feed", rows[: int(len(rows) * share)], "reset" if share == 1 else "cut")


def ends_of(kind: str) -> dict[str, str]:
    """By path: the last answer for a build, as it was in the end."""
    told = {name: of for name, of in recorded(kind)["answers"].items() if name.startswith("GET_build_")}
    whole = {of["path"]: of["body"] for of in told.values() if of["status"] == 200}
    for name, builds in recorded(kind)["lifecycle"].items():
        slug = "/".join(name.rsplit("_", 3)[1:3])
        whole[f"/api/repos/{slug}/builds/{builds[-1]['number']}"] = json.dumps(builds[-1])
    return {path: body for path, body in whole.items() if json.loads(body)["finished_at"]}


@pytest.mark.parametrize(("kind", "name"), FEEDS)
async def test_a_feed_cut_anywhere_and_then_a_read_end_as_the_server_had_it(kind: str, name: str) -> None:
    ends = ends_of(kind)
    async with asking(kind) as (site, source):
        await source.repos()
        for path, body in ends.items():
            site.say(f"GET {path}", body)
        for share in (0.3, 0.61, 0.87, 1):
            feed(site, kind, name, share)
            for known in await told_by(source):
                if f"/api/repos/{known.repo}/builds/{known.number}" not in ends:
                    continue
                end = settled(await source.build(known.repo, known.number))
                assert merge_build(known, end) == (end if end.run >= known.run else known)


async def told_by(source: Drone0Source) -> list[Build]:
    """What the events until the feed ends say together of each build."""
    told: dict[BuildKey, Build] = {}
    async with source.events() as batches:
        async for batch in batches:
            for _, build in batch:
                told[build.key] = merge_build(told[build.key], build) if build.key in told else settled(build)
    return list(told.values())


@pytest.mark.parametrize("kind", KINDS)
async def test_events_of_others_and_strange_ones_are_no_harm(kind: str) -> None:
    async with asking(kind) as (site, source):
        await source.repos()
        slug = recorded(kind)["answers"]["GET_api_user_feed_latest=true"]["body"].partition('"full_name":"')[2]
        slug = slug.partition('"')[0]
        mine = {"repo": {"full_name": slug}, "build": {"number": 77, "status": "pending"}}
        strange = [b"[]", b"{", b"\xff\xfe", b'{"repo":{"full_name":"a/b"},"build":{}}', json.dumps(mine).encode()]
        if kind == "drone08":
            site.stream("/stream/events", b"".join(b"data: " + data + b"\n\n" for data in strange))
        else:
            site.socket("/ws/feed", [Frame("text", data) for data in strange])
        site.say(f"GET /api/repos/{slug}/builds/77", {"number": 77, "status": "pending"})
        assert [build.address for build in await told_by(source)] == [f"{slug}#77"]


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


def brief(build: Build) -> list[str]:
    return [f"{step.name} {step.status}" for stage in build.stages or () for step in stage.steps]


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


# logs


def text(pieces: list[Piece]) -> list[str]:
    log = LogAssembler()
    log.feed(pieces)
    return [line.text for line in log.lines]


TESTED = ['+ echo "running tests"', "running tests", "+ sleep 1", '+ echo "AssertionError 1 != 2" >&2']
TESTED += ["AssertionError 1 != 2", "+ exit 3"]
FLAKY = {
    "drone08": ("devs/flaky", "GET_build_flaky_failure_devs_flaky_1", "GET /api/repos/devs/flaky/logs/1/4"),
    "drone07": ("ops/flaky", "GET_build_flaky_failure_ops_flaky_1", "GET /api/repos/ops/flaky/logs/1/1/test"),
    "drone05": ("old/flaky", "GET_build_flaky_failure_old_flaky_1", "GET /api/repos/old/flaky/logs/1/1"),
}
STORED = {"drone08": "GET_api_repos_devs_flaky_logs_1_4", "drone05": "GET_logs_flaky"}


def stored(site: Replay, kind: str) -> None:
    """The stored log of the step that failed; that of 0.7 was not recorded, and is as that of 0.8."""
    of = recorded("drone08" if kind == "drone07" else kind)["answers"][STORED.get(kind, STORED["drone08"])]
    site.say(FLAKY[kind][2], of["body"], type=of["type"])


def step_of(kind: str) -> int:
    return 3 if kind == "drone05" else 4


@pytest.mark.parametrize("kind", KINDS)
async def test_a_stored_log(kind: str) -> None:
    slug, build, _ = FLAKY[kind]
    async with asking(kind) as (site, source):
        site.recorded(kind, build)
        stored(site, kind)
        assert text(await source.log(slug, 1, 1, step_of(kind))) == TESTED
        site.say(FLAKY[kind][2], "", status=404, type="")
        with pytest.raises(Denied) as said:
            await source.log(slug, 1, 1, step_of(kind))
        assert said.value.status == 404


@pytest.mark.parametrize("kind", SOCKETS)
async def test_a_step_that_there_is_not_has_no_log(kind: str) -> None:
    slug, build, _ = FLAKY[kind]
    async with asking(kind) as (site, source):
        site.recorded(kind, build)
        stored(site, kind)
        assert "has no step 99 in its stage 1" in await sentence(source.log(slug, 1, 1, 99), Denied)
        assert "has no step 4 in its stage 9" in await sentence(source.log(slug, 1, 9, 4), Denied)


def live(site: Replay, kind: str, cut: float = 1.0, end: str = "cut") -> None:
    if kind == "drone08":
        told = recorded(kind)["streams"]["logs_flaky_failure_1_1_root"].encode()
        site.stream("/stream/logs/devs/flaky/1/1", told[: int(len(told) * cut)])
        return
    name = "logs_flaky_failure_1_1_root" if kind == "drone07" else "logs_flaky_failure_1_1_job"
    rows = frames(recorded(kind)["streams"][name])
    site.socket(f"/ws/logs/{FLAKY[kind][0]}/1/1", rows[: int(len(rows) * cut)], end)


async def follow(source: Drone0Source, kind: str, step: int) -> list[Piece]:
    pieces: list[Piece] = []
    async with source.follow(FLAKY[kind][0], 1, 1, step) as batches:
        async for batch in batches:
            pieces += batch
    return pieces


@pytest.mark.parametrize("kind", KINDS)
async def test_a_live_log_holds_one_step_and_goes_on_where_it_was_cut(kind: str) -> None:
    async with asking(kind) as (site, source):
        site.recorded(kind, FLAKY[kind][1])
        stored(site, kind)
        log = LogAssembler()
        for cut in (0.2, 0.55, 0.8, 1.0):
            live(site, kind, cut, "reset" if cut == 1.0 else "cut")
            log.feed(await follow(source, kind, step_of(kind)))
        assert [line.text for line in log.lines] == TESTED


@pytest.mark.parametrize("kind", SOCKETS)
async def test_a_live_log_that_stays_open_can_be_left(kind: str) -> None:
    async with asking(kind) as (site, source):
        site.recorded(kind, FLAKY[kind][1])
        stored(site, kind)
        live(site, kind, end="open")
        pieces: list[Piece] = []
        async with source.follow(FLAKY[kind][0], 1, 1, step_of(kind)) as batches:
            async for batch in batches:
                pieces += batch
                if len(pieces) == len(TESTED):
                    break
        assert text(pieces) == TESTED


@pytest.mark.parametrize("kind", SOCKETS)
async def test_a_log_that_is_not_written_now_is_refused(kind: str) -> None:
    async with asking(kind) as (site, source):
        site.recorded(kind, FLAKY[kind][1])
        stored(site, kind)
        with pytest.raises(Denied) as said:
            await follow(source, kind, step_of(kind))
        assert said.value.status == 404


@pytest.mark.parametrize("word", ["eof", "stream not found", "process not found", "build not found"])
async def test_the_end_of_a_live_log_of_0_8_is_a_word(word: str) -> None:
    async with asking("drone08") as (site, source):
        site.recorded("drone08", FLAKY["drone08"][1])
        line = 'data: {"proc":"test","pos":0,"out":"a\\n"}\n\n'
        site.stream("/stream/logs/devs/flaky/1/1", f": ping\n\n{line}event: error\ndata: {word}\n\n{line}")
        assert [piece.out for piece in await follow(source, "drone08", 4)] == ["a\n"]


async def test_lines_of_a_burst_in_any_order_are_sorted() -> None:
    async with asking("drone08") as (site, source):
        site.recorded("drone08", "GET_build_parallel_group_devs_quiet_5")
        lines = [
            f'id: {at}\ndata: {{"proc":"backend","pos":{at ^ 1},"out":"line {at ^ 1}\\n"}}\n\n' for at in range(400)
        ]
        site.stream("/stream/logs/devs/quiet/5/1", "".join(lines))
        async with source.follow("devs/quiet", 5, 1, 4) as batches:
            pieces = [piece async for batch in batches for piece in batch]
        assert text(pieces) == [f"line {at}" for at in range(400)]


# websockets


async def test_fragments_within_a_character_are_joined_and_pings_answered() -> None:
    event = {"repo": {"full_name": "ops/gcd"}, "build": {"number": 9, "status": "running", "message": "é" * 900}}
    data = json.dumps(event, ensure_ascii=False).encode()
    at = data.index("é".encode()) + 1
    async with asking("drone07") as (site, source):
        sent = [
            Frame("text", data[:at], final=False),
            Frame("ping"),
            Frame("continuation", data[at:]),
            Frame("ping", b"x"),
        ]
        site.socket("/ws/feed", sent, "open")
        async with source.events() as batches:
            ((_, build),) = await anext(batches)
        assert build.message == "é" * 900
    assert site.pongs[:2] == [b"", b"x"]
    assert site.farewells == [1000]


@pytest.mark.parametrize("end", ["cut", "reset", "close"])
async def test_a_socket_that_ends_somehow_has_ended(end: str) -> None:
    async with asking("drone07") as (site, source):
        site.socket("/ws/feed", [], end)
        async with source.events() as batches:
            assert [batch async for batch in batches if batch] == []


async def test_a_message_without_end_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("buildwatch.sources.websocket.LIMIT", 1000)
    async with asking("drone07") as (site, source):
        site.socket("/ws/feed", [Frame("text", b"x" * 2000)], "open")
        assert await sentence(told_by(source), Broken) == "old sends a message without end"


@pytest.mark.parametrize(
    ("status", "type", "kind", "said"),
    [
        (401, "text/plain", Unauthorized, "does not accept the token (401)"),
        (404, "", Denied, "says no to /ws/feed"),
        (200, "text/html", Stranger, "answers /ws/feed with a web page"),
        (400, "text/plain", Denied, "Bad Request"),
        (502, "text/html", Broken, "has a problem"),
        (302, "text/html", Stranger, "sends us on to"),
    ],
)
async def test_a_handshake_that_is_refused(status: int, type: str, kind: type[SourceError], said: str) -> None:
    async with asking("drone07") as (site, source):
        site.say("GET /ws/feed", "Bad Request", status=status, type=f"{type}\r\nLocation: http://127.0.0.1:1/")
        assert said in await sentence(told_by(source), kind)
        assert len(site.asked) == 1


async def test_an_address_where_nothing_is() -> None:
    async with replaying("") as site:
        url = site.url
    source = source_of("drone07", url)
    assert "connection refused" in await sentence(told_by(source), Unreachable)
    tls = source_of("drone07", url.replace("http:", "https:"))
    assert "connection refused" in await sentence(told_by(tls), Unreachable)
    await source.close()


async def test_tls_where_there_is_none() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        source = source_of("drone07", f"https://127.0.0.1:{port}")
        assert "does not speak TLS" in await sentence(told_by(source), Unreachable)


async def test_a_proxy_is_used_for_websockets_too() -> None:
    async with replaying("") as site:
        source = source_of("drone07", "http://drone.invalid", proxy=site.url)
        await sentence(told_by(source), Unreachable)
        assert site.asked == ["CONNECT drone.invalid:80"]


# what is done


KILLED = "DELETE_build_root_proc_build_right_after"


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


# watched


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
