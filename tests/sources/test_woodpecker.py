"""Woodpecker's source against a server that answers as a real one did: what is asked for, and what comes of it."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from buildwatch.model import Build, BuildKey
from buildwatch.sources import woodpecker
from buildwatch.sources.errors import Broken, Denied, SourceError, Stranger, Unauthorized
from buildwatch.sources.follow import stored
from buildwatch.sources.http import Http
from buildwatch.sources.sentences import Address
from buildwatch.sources.watch import Watcher
from buildwatch.sources.woodpecker import WoodpeckerSource
from buildwatch.store import Link, Store
from buildwatch.wire.loglines import Piece
from buildwatch.wire.woodpecker import read_build, read_event
from tests.sources.stored import log_of

DATA = Path(__file__).parent.parent / "data" / "woodpecker"
ANSWERS: dict[str, dict[str, Any]] = json.loads((DATA / "answers.json").read_text())
LOGS: dict[str, Any] = json.loads((DATA / "logs.json").read_text())
LATER = 1_795_430_000
"""Unix seconds, hours after everything that was recorded."""


class Site:
    """A server: what it answers by `METHOD path?query`, what was asked of it, and with which body."""

    def __init__(self) -> None:
        self.answers: dict[str, bytes] = {}
        self.once: dict[str, bytes] = {}  # what is answered the first time
        self.asked: list[str] = []
        self.bodies: list[Any] = []
        self.date = LATER

    def say(self, asked: str, body: Any = None, *, status: int = 200, type: str = "application/json") -> None:
        """Answer `asked` with JSON, or with `body` as it is where it is text."""
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.answers[asked] = self._head(status, type, f"Content-Length: {len(data)}") + data

    def recorded(self, *names: str, at: str = "") -> None:
        """Answer as it was recorded, at the path that was asked for then, or at another."""
        for name in names:
            of = ANSWERS[name]
            asked = at or f"{of['method']} {of['path']}"
            self.say(asked, of.get("text", of.get("json")), status=of["status"], type=of["type"])

    def stream(self, asked: str, text: str) -> None:
        """Answer with an event stream that ends after `text`."""
        self.answers[asked] = self._head(200, "text/event-stream", "Connection: close") + text.encode()

    def _head(self, status: int, type: str, more: str) -> bytes:
        date = formatdate(self.date, usegmt=True)
        return f"HTTP/1.1 {status} Said\r\nContent-Type: {type}\r\nDate: {date}\r\n{more}\r\n\r\n".encode()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while not writer.is_closing():
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                assert "\r\nAuthorization: Bearer secret\r\n" in head
                length = [line for line in head.split("\r\n") if line.lower().startswith("content-length:")]
                body = await reader.readexactly(int(length[0].split(":")[1])) if length else b""
                asked = " ".join(head.split(" ")[:2])
                self.asked.append(asked)
                self.bodies.append(json.loads(body) if body else None)
                said = self.once.pop(asked, None) or self.answers.get(asked) or self._head(404, "", "Content-Length: 0")
                for at in range(0, len(said), 3000):
                    writer.write(said[at : at + 3000])
                    await writer.drain()
                if b"\r\nConnection: close\r\n" in said[:500]:
                    break
        writer.close()


@pytest_asyncio.fixture
async def site() -> AsyncIterator[tuple[Site, str]]:
    made = Site()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    yield made, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


@pytest.fixture
def at(site: tuple[Site, str]) -> Site:
    return site[0]


@pytest_asyncio.fixture
async def source(site: tuple[Site, str]) -> AsyncIterator[WoodpeckerSource]:
    made = WoodpeckerSource(Http(Address("peck", site[1], token=lambda: "secret")))
    yield made
    await made.close()


async def refused(call: Any) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await call
    assert "secret" not in str(caught.value)
    return caught.value


async def test_who_and_what(at: Site, source: WoodpeckerSource) -> None:
    at.recorded("version", "user")
    assert await source.version() == "3.17.0-102-ga4cb541b8"
    user = await source.user()
    assert (user.login, user.admin) == ("octo", True)
    assert source.requests == 2


async def test_a_wrong_token(at: Site, source: WoodpeckerSource) -> None:
    at.recorded("user_anonymous")
    assert isinstance(await refused(source.user()), Unauthorized)


async def test_the_repos_with_their_newest_builds_in_one_request(at: Site, source: WoodpeckerSource) -> None:
    at.recorded("repos")
    rows = await source.repos()
    assert {repo.slug: build.number for repo, build in rows if build}["octo/demo"] == 8
    assert at.asked == ["GET /api/user/repos"]


async def test_the_repos_of_a_server_whose_list_tells_no_builds(at: Site, source: WoodpeckerSource) -> None:
    bare = [{key: value for key, value in row.items() if key != "last_pipeline"} for row in ANSWERS["repos"]["json"]]
    at.say("GET /api/user/repos", bare)
    row = {key: value for key, value in ANSWERS["feed"]["json"][0].items() if key != "full_name"}
    at.say("GET /api/user/feed?latest=true", [row, {"repo_id": 3}])
    rows = await source.repos()
    assert [(repo.slug, build.number) for repo, build in rows if build] == [("octo/demo", 1)]
    assert len(rows) == len(bare)
    assert source.requests == 2


async def test_what_runs(at: Site, source: WoodpeckerSource) -> None:
    at.recorded("feed", "incomplete")
    assert [build.address for build in await source.recent()] == ["octo/demo#1"]
    assert [str(build.status) for build in await source.incomplete()] == ["running"]


async def test_what_runs_is_not_for_everybody(at: Site, source: WoodpeckerSource) -> None:
    at.say("GET /api/pipelines", "", status=403, type="text/plain")
    error = await refused(source.incomplete())
    assert isinstance(error, Denied)
    assert error.status == 403


async def test_a_repo_is_looked_up_once_when_no_list_told_of_it(at: Site, source: WoodpeckerSource) -> None:
    at.recorded("lookup", "finished", "builds")
    at.recorded("builds", at="GET /api/repos/2/pipelines?page=2&perPage=50")
    at.recorded("builds", at="GET /api/repos/2/pipelines?page=1&perPage=25")
    assert [build.number for build in await source.builds("octo/demo", 2, 100)] == [8, 7, 6, 5, 4, 3, 2, 1]
    assert len(await source.builds("octo/demo", 1, 25)) == 8
    assert (await source.build("octo/demo", 1)).status == "success"
    assert at.asked[0] == "GET /api/repos/lookup/octo/demo"
    assert source.requests == 4


async def test_a_repo_that_is_not_there(at: Site, source: WoodpeckerSource) -> None:
    at.recorded("lookup_missing")
    for slug in ("octo/nope", "octo/../x", "octo//x"):
        error = await refused(source.build(slug, 1))
        assert isinstance(error, Denied)
        assert error.status == 404
    assert at.asked == ["GET /api/repos/lookup/octo/nope"]


async def test_a_repo_below_several_groups(at: Site, source: WoodpeckerSource) -> None:
    at.say("GET /api/repos/lookup/a/b%20c/d", {"id": 9, "full_name": "a/b c/d"})
    at.say("GET /api/repos/9/pipelines?page=1&perPage=50", [])
    assert await source.builds("a/b c/d") == []


async def test_an_unknown_path_and_a_strange_answer(at: Site, source: WoodpeckerSource) -> None:
    at.recorded("unknown_path", at="GET /api/user/repos")
    assert isinstance(await refused(source.repos()), Stranger)
    at.say("GET /api/user/repos", {"not": "a list"})
    error = await refused(source.repos())
    assert isinstance(error, Broken)
    assert "not Woodpecker's" in str(error)


# logs


async def test_a_stored_log_by_the_id_of_its_step(at: Site, source: WoodpeckerSource) -> None:
    at.recorded("lookup", "finished", "log")
    pieces = await log_of(source, "octo/demo", 1, 1, 6)
    assert pieces[1] == Piece(1, "compiling octo/demo on main\n", 0)
    assert at.asked[-1] == "GET /api/repos/2/logs/1/2"
    await log_of(source, "octo/demo", 1, 1, 6)
    assert source.requests == 4


@pytest.mark.parametrize(("date", "status"), [(1_795_421_650, 409), (1_795_421_643 + 600, 404), (1_795_421_000, 404)])
async def test_a_log_that_is_not_there(at: Site, source: WoodpeckerSource, date: int, status: int) -> None:
    """The agent may still hold it back, but not for ever."""
    at.date = date
    at.recorded("lookup", "finished")
    at.say("GET /api/repos/2/logs/1/2", None)
    error = await refused(log_of(source, "octo/demo", 1, 1, 6))
    assert isinstance(error, Denied)
    assert error.status == status


async def test_no_log_of_a_step_that_never_ran_or_is_not_there(at: Site, source: WoodpeckerSource) -> None:
    at.say("GET /api/repos/lookup/octo/flaky", {"id": 3, "full_name": "octo/flaky"})
    at.recorded("failed", "log_none")
    for step in (5, 99):
        error = await refused(log_of(source, "octo/flaky", 1, 1, step))
        assert isinstance(error, Denied)
        assert error.status == 404


async def test_a_log_is_not_whole_before_its_last_lines_had_time_to_come(at: Site, source: WoodpeckerSource) -> None:
    stopped = 1_795_421_643
    at.recorded("lookup", "finished")
    for date, whole in ((stopped, False), (stopped + 1, False), (stopped + 2, True), (stopped - 60, True)):
        at.date = date
        at.recorded("log")
        if whole:
            assert len(await log_of(source, "octo/demo", 1, 1, 6)) == 8
        else:
            assert isinstance(await refused(log_of(source, "octo/demo", 1, 1, 6)), Denied)


async def test_a_late_log_is_asked_for_again_until_it_is_there(at: Site, source: WoodpeckerSource) -> None:
    at.recorded("lookup", "finished")
    asked = "GET /api/repos/2/logs/1/2"
    at.say(asked, None)
    at.once[asked] = at.answers[asked]
    at.recorded("log")
    state = await stored(source, "octo/demo", 1, 1, 6)
    assert at.asked.count(asked) == 2
    assert [line.text for line in state.lines][-1] == "unit 5/5"
    assert not state.said


async def followed(source: WoodpeckerSource, slug: str, number: int, step: int) -> list[Piece]:
    async with source.follow(slug, number, 1, step) as batches:
        return [piece async for batch in batches for piece in batch]


async def test_a_live_log(at: Site, source: WoodpeckerSource) -> None:
    at.recorded("lookup", "finished", "log")
    at.stream("GET /api/stream/logs/2/1/2", LOGS["streams"]["logs-demo-compile"] + "data: never\n\n")
    assert await followed(source, "octo/demo", 1, 6) == await log_of(source, "octo/demo", 1, 1, 6)


@pytest.mark.parametrize("end", ["event: eof\ndata: eof\n\n", "event: error\ndata: eof\n\n"])
async def test_a_live_log_ends_in_2_x_and_3_x(at: Site, source: WoodpeckerSource, end: str) -> None:
    at.recorded("lookup", "finished")
    line = 'data: {"line":0,"time":0,"data":"YQ==","type":0}\n\n'
    at.stream("GET /api/stream/logs/2/1/2", f"{line}data: broken\n\n{end}{line}")
    assert await followed(source, "octo/demo", 1, 6) == [Piece(0, "a\n", 0)]


async def test_steps_that_were_made_anew_are_read_anew(at: Site, source: WoodpeckerSource) -> None:
    at.recorded("lookup", "finished")
    at.stream("GET /api/stream/logs/2/1/2", "event: error\ndata: process not found\n\n")
    assert await followed(source, "octo/demo", 1, 6) == []
    again = json.loads(json.dumps(ANSWERS["finished"]["json"]))
    again["workflows"][0]["children"][1]["id"] = 77
    at.say("GET /api/repos/2/pipelines/1", again)
    at.stream("GET /api/stream/logs/2/1/77", LOGS["streams"]["logs-demo-compile"])
    assert len(await followed(source, "octo/demo", 1, 6)) == 8


# events


def recording(name: str) -> tuple[str, dict[int, Build]]:
    """The text of a recorded event stream, and the last snapshot of each build in it."""
    rows = [
        json.loads(row) for row in gzip.decompress((DATA / "replay" / f"{name}.jsonl.gz").read_bytes()).splitlines()
    ]
    lines = [row["line"] for row in rows if "line" in row]
    told = [read_event("peck", line[6:].encode())[1].build for line in lines if line.startswith("data: ")]
    return "\n".join(lines) + "\n", {build.id: build for build in told}


@pytest.mark.parametrize("name", ["first", "second", "third"])
async def test_a_recorded_stream(at: Site, source: WoodpeckerSource, name: str) -> None:
    text, last = recording(name)
    at.stream("GET /api/stream/events", "data: {}\n\ndata: no JSON\n\n" + text)
    async with source.events() as batches:
        told = {build.id: build async for batch in batches for _, build in batch}
    assert told == last


async def test_the_stream_tells_the_ids_of_steps(at: Site, source: WoodpeckerSource) -> None:
    at.recorded("repos")
    at.stream("GET /api/stream/events", recording("first")[0])
    at.say("GET /api/repos/4/logs/1/43", [])
    await source.repos()
    async with source.events() as batches:
        async for _ in batches:
            pass
    assert await log_of(source, "octo/gated", 1, 1, 3) == []
    assert source.requests == 3


async def test_only_the_steps_of_the_builds_told_last_are_kept(
    at: Site, source: WoodpeckerSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(woodpecker, "BUILDS_KEPT", 1)
    at.recorded("lookup", "finished", "log")
    at.say("GET /api/repos/2/pipelines/2", ANSWERS["finished"]["json"] | {"number": 2})
    await log_of(source, "octo/demo", 1, 1, 6)
    await source.build("octo/demo", 2)
    await log_of(source, "octo/demo", 1, 1, 6)
    assert at.asked.count("GET /api/repos/2/pipelines/1") == 2


# actions


async def test_restart_and_deploy(at: Site, source: WoodpeckerSource) -> None:
    at.recorded("lookup")
    at.recorded("restart", at="POST /api/repos/2/pipelines/1?A=b+c")
    at.recorded("deploy", at="POST /api/repos/2/pipelines/1?REASON=hotfix&event=deployment&deploy_to=production")
    again = await source.restart("octo/demo", 1, {"A": "b c"})
    deployed = await source.promote("octo/demo", 1, "production", {"REASON": "hotfix"})
    assert again is not None
    assert deployed is not None
    assert (again.number, again.parent) == (2, 1)
    assert (deployed.event, deployed.deploy_to) == ("deployment", "production")


async def test_restart_of_what_cannot_be_read(at: Site, source: WoodpeckerSource) -> None:
    """The server answers 500 without a word, and yet there is a new build, which has ended."""
    at.say("GET /api/repos/lookup/octo/broken", {"id": 1, "full_name": "octo/broken"})
    at.say("POST /api/repos/1/pipelines/1", "", status=500, type="text/plain")
    newest = "GET /api/repos/1/pipelines?page=1&perPage=1"
    at.say(newest, [ANSWERS["bad_yaml"]["json"] | {"number": 2, "parent": 1}])
    error = await refused(source.restart("octo/broken", 1, {}))
    assert isinstance(error, Denied)
    assert str(error).startswith("octo/broken#1 cannot be started again: ")
    assert str(error).endswith("; octo/broken#2 was made and ended at once")
    at.say(newest, [ANSWERS["bad_yaml"]["json"]])
    assert type(await refused(source.restart("octo/broken", 1, {}))) is Broken


async def test_cancel(at: Site, source: WoodpeckerSource) -> None:
    at.say("GET /api/repos/lookup/octo/slow", {"id": 6, "full_name": "octo/slow"})
    at.say("POST /api/repos/6/pipelines/7/cancel", "", status=204)
    await source.cancel("octo/slow", 7)
    at.recorded("cancel_finished")
    error = await refused(source.cancel("octo/slow", 5))
    assert "Cannot cancel a non-running or non-pending or non-blocked pipeline (400)" in str(error)


GATED = {"id": 4, "full_name": "octo/gated"}


@pytest.mark.parametrize("answer", ["approve", "decline"])
async def test_answering_what_waits(at: Site, source: WoodpeckerSource, answer: str) -> None:
    at.say("GET /api/repos/lookup/octo/gated", GATED)
    at.recorded("blocked", at="GET /api/repos/4/pipelines/1")
    at.recorded("approve", at=f"POST /api/repos/4/pipelines/1/{answer}")
    act: Callable[[str, int], Any] = getattr(source, answer)
    await act("octo/gated", 1)
    assert at.asked[-1] == f"POST /api/repos/4/pipelines/1/{answer}"


@pytest.mark.parametrize(
    ("name", "status", "said"), [("race_blocked", 409, "try again in a moment"), ("finished", 400, "it is success")]
)
async def test_nothing_to_answer(at: Site, source: WoodpeckerSource, name: str, status: int, said: str) -> None:
    """What is approved before its workflows are stored never runs."""
    at.say("GET /api/repos/lookup/octo/gated", GATED)
    at.recorded(name, at="GET /api/repos/4/pipelines/1")
    error = await refused(source.approve("octo/gated", 1))
    assert isinstance(error, Denied)
    assert error.status == status
    assert said in str(error)
    assert not any(asked.startswith("POST") for asked in at.asked)


async def test_no_rollback(at: Site, source: WoodpeckerSource) -> None:
    assert "rollback" not in source.actions
    assert "knows no rollback" in str(await refused(source.rollback("octo/demo", 1, "production", {})))
    assert not at.asked


@pytest.mark.parametrize(("branch", "expected"), [("dev", "dev"), ("", "main")])
async def test_create(at: Site, source: WoodpeckerSource, branch: str, expected: str) -> None:
    at.recorded("lookup", "manual")
    made = await source.create("octo/demo", branch, "", {"A": "b"})
    assert made is not None
    assert (made.number, made.event) == (8, "manual")
    assert at.bodies[-1] == {"branch": expected, "variables": {"A": "b"}}


async def test_create_that_matches_nothing_and_one_that_cannot_be(at: Site, source: WoodpeckerSource) -> None:
    at.recorded("lookup", "bad_branch")
    assert type(await refused(source.create("octo/demo", "nope", "", {}))) is Broken
    at.say("POST /api/repos/2/pipelines", "", status=204)
    assert await source.create("octo/demo", "main", "", {}) is None
    error = await refused(source.create("octo/demo", "main", "c0ffee", {}))
    assert "newest commit" in str(error)


async def test_create_whose_answer_is_not_json(at: Site, source: WoodpeckerSource) -> None:
    at.recorded("lookup")
    at.say("POST /api/repos/2/pipelines", "created", type="text/html")
    at.recorded("builds", at="GET /api/repos/2/pipelines?page=1&perPage=1")
    made = await source.create("octo/demo", "main", "", {})
    assert made is not None
    assert made.number == 8


async def test_pages(at: Site, source: WoodpeckerSource) -> None:
    build = read_build("peck", "octo/demo", json.dumps(ANSWERS["finished"]["json"]).encode()).build
    assert source.page_of(build) == f"{source.url}/octo/demo/pipeline/1"
    at.recorded("repos")
    await source.repos()
    assert source.page_of(build) == f"{source.url}/repos/2/pipeline/1"
    assert source.page_of(build, 1, 6) == f"{source.url}/repos/2/pipeline/1/6"


# the whole chain


async def test_a_watched_server(at: Site, source: WoodpeckerSource) -> None:
    """What runs when the watching begins, and ends while no stream is open, is known within a beat."""
    rows = json.loads(json.dumps(ANSWERS["repos"]["json"]))
    running: Mapping[str, Any] = ANSWERS["finished"]["json"] | {"status": "running", "finished": 0}
    demo = next(row for row in rows if row["full_name"] == "octo/demo")
    at.recorded("user", "version", "feed", "incomplete")
    demo["last_pipeline"] = {key: value for key, value in running.items() if key != "workflows"}
    at.say("GET /api/user/repos", rows)
    at.say("GET /api/repos/2/pipelines/1", running)
    at.stream("GET /api/stream/events", ": ping\n\n")
    store, changed = Store(), asyncio.Event()
    watcher = Watcher(source, store, lambda _: changed.set())
    task = asyncio.create_task(watcher.run())
    try:
        await watcher.synced.wait()
        build = store.build(BuildKey("peck", 1))
        assert build is not None
        assert build.status == "running"
        assert len(build.stages or ()) == 4
        demo["last_pipeline"] |= {"status": "success", "finished": 1795421645, "updated": 1795421645}
        at.say("GET /api/user/repos", rows)
        at.recorded("finished")
        async with asyncio.timeout(15):
            while build is None or not build.status.ended:
                await changed.wait()
                changed.clear()
                build = store.build(BuildKey("peck", 1))
        assert build.status == "success"
        assert store.servers["peck"].link in (Link.LIVE, Link.POLLING)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
