"""Woodpecker's words: recordings of a real server end as REST says, and nothing that can be sent breaks decoding."""

from __future__ import annotations

import copy
import gzip
import json
from base64 import b64encode
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from buildwatch.merge import merge_build, settled
from buildwatch.model import Build, BuildKey, Status
from buildwatch.store import Move, Store
from buildwatch.wire import woodpecker
from buildwatch.wire.fields import BadAnswer
from buildwatch.wire.loglines import LogAssembler, Piece
from buildwatch.wire.sse import Decoder
from tests.wire.well_formed import assert_well_formed

DATA = Path(__file__).parent.parent / "data" / "woodpecker"
ANSWERS: dict[str, dict[str, Any]] = json.loads((DATA / "answers.json").read_text())
LOGS: dict[str, Any] = json.loads((DATA / "logs.json").read_text())
SLUGS = {repo["id"]: repo["full_name"] for repo in ANSWERS["repos"]["json"]}
RECORDINGS = ("first", "second", "third")
HOSTILE = "a\x1b]52;c;eA==\x07\u202eb\ufe0f\x9b2J\x00\nc"


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


def build_of(name: str, **changes: Any) -> Build:
    """The pipeline of a recorded answer, some of its fields changed."""
    return woodpecker.read_build("s", "octo/demo", encoded(ANSWERS[name]["json"] | changes)).build


# recordings: what was said, message by message


@cache
def rows(name: str) -> list[dict[str, Any]]:
    text = gzip.decompress((DATA / "replay" / f"{name}.jsonl.gz").read_bytes())
    return [json.loads(line) for line in text.splitlines()]


@cache
def messages(name: str) -> list[list[Build]]:
    decoder, said = Decoder(), []
    for row in rows(name):
        if "line" not in row:
            said.append(answer(row))
        for event in decoder.feed(row["line"].encode() + b"\n") if "line" in row else ():
            said.append([woodpecker.read_event("s", event.data)[1].build])
    return said


def answer(row: dict[str, Any]) -> list[Build]:
    path, data = row["path"].partition("?")[0], encoded(row["body"])
    if path == "/api/user/repos":
        return [build for _, build in woodpecker.read_repos("s", data) if build]
    if path in ("/api/user/feed", "/api/pipelines"):
        return woodpecker.read_feed("s", SLUGS, data)
    slug = SLUGS[int(path.split("/")[3])]
    if isinstance(row["body"], list):
        return woodpecker.read_builds("s", slug, data)
    return [woodpecker.read_build("s", slug, data).build]


def last_answers(name: str) -> dict[int, Build]:
    """The last answer to each `GET` of one whole pipeline, and rows of lists for the others that have ended."""
    last: dict[int, Build] = {}
    for row in rows(name):
        for build in answer(row) if row.get("method") == "GET" else ():
            if build.stages or (
                build.version and build.status.ended and not (build.id in last and last[build.id].stages)
            ):
                last[build.id] = build
    return last


def replayed(said: Iterable[list[Build]]) -> tuple[dict[int, Build], dict[int, list[Move]]]:
    store, moves, ids = Store(), defaultdict(list), set()
    for message in said:
        for build in message:
            ids.add(build.id)
            for move in store.apply(build, news=True).moves:
                moves[build.id].append(move)
    known = {id: store.build(BuildKey("s", id)) for id in ids}
    return {id: build for id, build in known.items() if build is not None}, moves


def assert_ends_once(moves: dict[int, list[Move]]) -> None:
    for id, told in moves.items():
        states = [move.after for move in told if move.stage is None]
        assert [state.ended for state in states] == sorted(state.ended for state in states), id
        assert sum(state.ended for state in states) <= 1, id


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_recording_ends_as_rest_says(name: str) -> None:
    builds, moves = replayed(messages(name))
    for id, said in last_answers(name).items():
        known = builds[id]
        assert replace(known, stages=None) == replace(said, stages=None)
        if said.stages is not None:
            assert known.stages == said.stages
    assert_ends_once(moves)


@pytest.mark.parametrize("name", RECORDINGS)
@pytest.mark.parametrize("seed", range(4))
def test_in_any_order_some_twice_and_with_every_other_event_lost(name: str, seed: int) -> None:
    random = Random(seed)
    said = [message for message in messages(name) if random.random() < 0.5]
    said += random.choices(said, k=len(said) // 2)
    said += [[build] for build in last_answers(name).values()]
    random.shuffle(said)
    builds, moves = replayed(said)
    for id, last in last_answers(name).items():
        if last.status.ended:
            assert replace(builds[id], stages=None) == replace(last, stages=None)
            assert last.stages is None or builds[id].stages == last.stages
    assert_ends_once(moves)


@pytest.mark.parametrize("name", RECORDINGS)
def test_the_stream_alone_brings_every_build_to_its_end(name: str) -> None:
    whole, _ = replayed(messages(name))
    told = [[build] for message in messages(name) for build in message if build.stages]
    streamed, _ = replayed(told)
    for id, build in streamed.items():
        assert build == whole[id], id


def test_a_build_that_is_killed_while_it_runs_and_one_that_ends_meanwhile() -> None:
    builds, moves = replayed(messages("third"))
    assert {build.address: str(build.status) for build in builds.values()} == {
        "octo/slow#9": "killed", "octo/private-svc#3": "success",
    }  # fmt: skip
    assert all(step.status.ended for build in builds.values() for stage in build.stages or () for step in stage.steps)
    assert_ends_once(moves)


@pytest.mark.parametrize("name", RECORDINGS)
def test_twice_is_no_more_than_once(name: str) -> None:
    once, moves = replayed(messages(name))
    twice, again = replayed([*messages(name), *messages(name)])
    assert twice == once
    assert again == moves


def test_cutting_the_stream_anywhere_changes_nothing_in_the_end() -> None:
    said, last = messages("first"), [[build] for build in last_answers("first").values()]
    whole, _ = replayed([*said, *last])
    for cut in range(0, len(said), 7):
        builds, moves = replayed([*said[:cut], *last])
        for message in last:
            assert builds[message[0].id] == whole[message[0].id]
        assert_ends_once(moves)


def test_the_states_a_cancelled_build_goes_through() -> None:
    _, moves = replayed(messages("second"))
    killed = [(move.stage, move.step, str(move.after)) for move in moves[16] if move.after.ended]
    assert (None, None, "killed") in killed
    assert ("woodpecker", None, "killed") in killed
    assert ("woodpecker", "after", "skipped") in killed
    assert ("woodpecker", "long", "killed") in killed


# single answers


def test_a_pipeline() -> None:
    told = woodpecker.read_build("s", "octo/demo", encoded(ANSWERS["finished"]["json"]))
    build = told.build
    assert (build.address, build.status, build.event, build.branch) == ("octo/demo#1", "success", "push", "main")
    assert (build.created, build.started, build.finished) == (1795421641, 1795421641, 1795421645)
    assert build.message == "feat: first change\n\nwith a body line\n"
    stages = build.stages or ()
    assert [(stage.number, stage.name) for stage in stages] == [
        (1, "build"), (2, "deploy"), (3, "test PY=3.11"), (4, "test PY=3.12"),
    ]  # fmt: skip
    assert [(step.number, step.name, str(step.status), step.exit_code, step.ignored) for step in stages[2].steps] == [
        (10, "clone", "success", 0, False), (11, "unit", "success", 0, False), (12, "lint", "failure", 3, True),
    ]  # fmt: skip
    assert told.ids[12] == 8


def test_a_failure_that_counts_is_not_ignored() -> None:
    (stage,) = build_of("failed").stages or ()
    failed = stage.step(4)
    assert failed is not None
    assert (failed.status, failed.exit_code, failed.ignored) == ("failure", 42, False)


def test_a_failure_is_not_ignored_before_the_workflow_has_ended_well_and_stays_ignored_after() -> None:
    whole = ANSWERS["finished"]["json"]
    early = copy.deepcopy(whole) | {"status": "running", "finished": 0}
    early["workflows"][2] |= {"state": "running", "finished": 0}
    before, after = (woodpecker.read_build("s", "octo/demo", encoded(of)).build for of in (early, whole))
    for build in (merge_build(before, after), merge_build(after, before)):
        stage = build.stage(3)
        assert stage is not None
        lint = stage.step(12)
        assert lint is not None
        assert lint.ignored
    assert not any(step.ignored for stage in before.stages or () for step in stage.steps if stage.number == 3)


def test_a_bad_configuration_says_why_errors_first() -> None:
    build = build_of("bad_yaml")
    assert build.status == "error"
    assert build.stages == ()
    assert build.error.startswith("Invalid or missing image; warning: Additional property bogus_key is not allowed; ")


def test_warnings_are_no_error_of_a_build_that_went_well() -> None:
    warning = {"type": "bad_habit", "message": "set an event", "is_warning": True, "data": None}
    assert build_of("finished", errors=[warning]).error == ""
    assert build_of("finished", status="error", errors=[warning]).error == "warning: set an event"


def test_canceled_before_it_began() -> None:
    build = build_of("canceled")
    assert (build.status, build.started, build.error) == ("killed", 0, "canceled by octo")
    (stage,) = build.stages or ()
    assert stage.status == "skipped"
    assert {(str(step.status), step.error) for step in stage.steps} == {("skipped", "canceled")}


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        ({"superseded_by": 12}, "canceled for #12"),
        ({"canceled_by_step": "lint"}, "canceled by step lint"),
        (None, "canceled"),
    ],
)
def test_why_it_was_canceled(info: object, expected: str) -> None:
    assert build_of("canceled", cancel_info=info).error == expected


def test_of_a_killed_build_nothing_runs_on() -> None:
    (stage,) = build_of("just_killed").stages or ()
    assert (stage.status, stage.stopped) == ("killed", 0)
    assert [str(step.status) for step in stage.steps] == ["success", "killed", "skipped"]
    assert stage.steps[1].error == "Canceled"
    assert stage.steps[1].exit_code == 0


def test_waiting_for_approval() -> None:
    build = build_of("blocked")
    assert settled(build).status == "blocked"
    assert {str(stage.status) for stage in build.stages or ()} == {"blocked"}
    assert build_of("declined").status == "declined"
    assert {str(stage.status) for stage in build_of("declined").stages or ()} == {"declined"}


def test_blocked_without_workflows_is_blocked_and_has_nothing_to_approve() -> None:
    build = build_of("race_blocked")
    assert settled(build).status == "blocked"
    assert build.stages == ()


def test_a_build_that_its_approval_left_for_ever_pending_is_pending() -> None:
    build = settled(build_of("race_wedged"))
    assert build.status == "pending"
    assert {str(step.status) for stage in build.stages or () for step in stage.steps} == {"pending"}


def test_an_approval_is_later_than_what_waited_for_it_though_all_is_told_in_the_same_second() -> None:
    blocked, approved = build_of("blocked"), build_of("race_wedged")
    assert merge_build(approved, blocked) == approved
    assert merge_build(blocked, approved) == approved


def test_a_row_of_a_feed_never_replaces_a_whole_row() -> None:
    whole = build_of("finished")
    (row,) = woodpecker.read_feed("s", {}, encoded(ANSWERS["feed"]["json"]))
    assert (row.key, row.repo, row.stages) == (whole.key, "octo/demo", None)
    ended = replace(row, status=Status.SUCCESS, finished=whole.finished)
    assert merge_build(whole, ended) is whole
    assert merge_build(ended, whole) == whole


def test_a_feed_of_2_x_names_repos_by_their_ids() -> None:
    row = ANSWERS["feed"]["json"][0]
    old = {f"{key}_at" if key in ("created", "started", "finished") else key: value for key, value in row.items()}
    del old["full_name"]
    assert woodpecker.read_feed("s", {2: "octo/demo"}, encoded([old])) == woodpecker.read_feed("s", {}, encoded([row]))
    assert woodpecker.read_feed("s", {}, encoded([old])) == []


OLD_NAMES = {"created": "created_at", "updated": "updated_at", "reviewed": "reviewed_at"}


def as_2_x(of: Any, depth: int = 0) -> Any:
    """A pipeline with the names that 2.x has for its times."""
    if isinstance(of, list):
        return [as_2_x(item, depth + 1) for item in of]
    if not isinstance(of, dict):
        return of
    ends = ("started_at", "finished_at") if not depth else ("start_time", "end_time")
    names = OLD_NAMES | dict(zip(("started", "finished"), ends, strict=True))
    return {names.get(key, key): as_2_x(value, depth + 1) for key, value in of.items()}


@pytest.mark.parametrize("name", ["finished", "failed", "blocked", "approve", "declined", "canceled", "just_killed"])
def test_a_pipeline_of_2_x(name: str) -> None:
    old = as_2_x(ANSWERS[name]["json"])
    assert "started" not in old
    assert woodpecker.read_build("s", "octo/demo", encoded(old)).build == build_of(name)


@pytest.mark.parametrize(
    ("changes", "title", "message"),
    [
        ({"event": "tag", "message": "", "tag_title": "v1.0.0"}, "", "created tag v1.0.0"),
        ({"event": "tag", "message": "", "ref": "refs/tags/v2"}, "", "created tag v2"),
        ({"event": "cron", "message": "", "cron": "nightly"}, "", "nightly"),
        ({"event": "release", "message": "", "release": {"title": "Two"}}, "Two", "created release Two"),
        ({"event": "release", "message": "", "tag_title": "v2"}, "", "created release v2"),
        ({"event": "pull_request", "title": "Add x", "message": "Add x"}, "Add x", "Add x"),
        ({"event": "push", "message": ""}, "", ""),
    ],
)
def test_what_the_stream_leaves_out_is_made_up_as_rest_does(changes: Any, title: str, message: str) -> None:
    build = build_of("finished", **changes)
    assert (build.title, build.message) == (title, message)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("pull_request", ("pull_request", "", "feature/x", "main")),
        ("pull_request_closed", ("pull_request", "closed", "feature/x", "main")),
        ("pull_request_metadata", ("pull_request", "edited", "feature/x", "main")),
        ("deployment", ("deployment", "", "main", "main")),
        ("from_mars", ("from_mars", "", "main", "main")),
    ],
)
def test_events(event: str, expected: tuple[str, ...]) -> None:
    build = build_of("finished", event=event, refspec="feature/x:main")
    assert (build.event, build.action, build.source, build.branch) == expected


@pytest.mark.parametrize(
    ("flows", "expected"),
    [
        ([("woodpecker", {"GO": "1.21", "DB": "pg"}), ("woodpecker", {"GO": "1.22"})], ["GO=1.21 DB=pg", "GO=1.22"]),
        ([("test", {"PY": "3"}), ("lint", None)], ["test PY=3", "lint"]),
        ([("", None)], ["default"]),
        ([("test", None), ("test", None)], ["test 1", "test 2"]),
        ([("test", {"A": "\x1b[2J"}), ("test", {"A": ""})], ["A= 1", "A= 2"]),
    ],
)
def test_names_of_workflows(flows: list[tuple[str, object]], expected: list[str]) -> None:
    workflows = [{"pid": pid, "name": name, "environ": axis} for pid, (name, axis) in enumerate(flows, 1)]
    assert [stage.name for stage in build_of("finished", workflows=workflows).stages or ()] == expected


def test_parameters_and_agents() -> None:
    workflows = [{"pid": 1, "name": "w", "agent_id": 3, "platform": "linux/arm64", "state": "running"}]
    build = build_of("finished", variables={"FOO": "bar", "N": 1}, workflows=workflows)
    assert build.params == (("FOO", "bar"),)
    (stage,) = build.stages or ()
    assert (stage.machine, stage.os, stage.arch) == ("agent 3", "linux", "arm64")


def test_repos_with_their_newest_builds() -> None:
    rows = woodpecker.read_repos("s", encoded(ANSWERS["repos"]["json"]))
    assert [(repo.slug, repo.id, build.number if build else 0) for repo, build in rows][:3] == [
        ("octo/broken", 1, 2), ("octo/demo", 2, 8), ("octo/flaky", 3, 1),
    ]  # fmt: skip
    assert all(build.stages is None for _, build in rows if build)
    assert woodpecker.read_repos("s", encoded([{"full_name": "octo/never-activated"}])) == []


# logs


def lines(pieces: Iterable[Piece]) -> list[str]:
    log = LogAssembler()
    log.feed(pieces)
    return [line.text for line in log.lines]


def streamed(name: str) -> tuple[list[Piece], str]:
    """The pieces of a recorded live log, and how it ended."""
    pieces, end = [], ""
    for event in Decoder().feed(LOGS["streams"][name].encode()):
        if event.type == "message":
            pieces.append(woodpecker.read_log_event(event.data))
        else:
            end = f"{event.type}: {event.data.decode()}"
    return pieces, end


def test_a_live_log_and_the_stored_one_say_the_same() -> None:
    pieces, end = streamed("logs-demo-compile")
    stored = woodpecker.read_log(encoded(ANSWERS["log"]["json"]))
    assert end == "eof: eof"
    assert pieces == stored
    assert lines(pieces)[1] == "compiling octo/demo on main"
    assert pieces[-1].out == "unit 5/5\n"


def test_a_live_log_joined_late_and_once_more_has_no_gap_and_nothing_twice() -> None:
    first, _ = streamed("logs-slow-dropped")
    again, end = streamed("logs-slow-resumed-last-event-id-5")
    stored = woodpecker.read_log(encoded(LOGS["stored_slow"]))
    assert end == "eof: eof"
    assert lines([*first, *again]) == lines(stored)[: len(lines([*first, *again]))]
    assert not any("missing" in line for line in lines([*first, *again]))


def test_a_log_stream_of_a_step_that_has_ended() -> None:
    assert streamed("logs-finished-step") == ([], "error: step not running (anymore)")


def test_a_log_that_is_not_there_yet() -> None:
    assert woodpecker.read_log(b"null") == []
    assert woodpecker.read_log(b"[]") == []


def test_a_log_that_is_no_text() -> None:
    pieces = woodpecker.read_log(encoded(LOGS["stored_binary"]))
    assert "".join(piece.out for piece in pieces).rstrip("\n") == LOGS["download_binary"].rstrip("\n")


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"line": 3, "time": 7, "data": b64encode(b"a\rb").decode(), "type": 0}, Piece(3, "a\rb\n", 7)),
        ({"line": 0, "time": 0, "data": None, "type": 1}, Piece(0, "\n", 0)),
        ({"line": 1, "time": 0, "data": "", "type": 4}, Piece(1, "\n", 0)),
        ({"line": 2, "data": "MA==", "type": 2}, Piece(2, "", 0)),
        ({"line": 2, "data": "e30=", "type": 3}, Piece(2, "", 0)),
        ({"line": 2, "data": "not base64!", "type": 0}, Piece(2, "\n", 0)),
        ({"line": 2, "data": "\u00e9", "type": 0}, Piece(2, "\n", 0)),
    ],
)
def test_log_entries(entry: object, expected: Piece) -> None:
    assert woodpecker.read_log_event(encoded(entry)) == expected


# what may be sent


json_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=20),
        st.sampled_from((HOSTILE, "x" * 5000, "running", "canceled", "created", 2**63, -(2**63) - 1, -1, 0, 1)),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=6), inner, max_size=4)),
    max_leaves=8,
)
READERS: dict[str, Callable[[bytes], Any]] = {
    "event": lambda data: woodpecker.read_event("s", data),
    "repos": lambda data: woodpecker.read_repos("s", data),
    "repo": lambda data: woodpecker.read_repo("s", data),
    "feed": lambda data: woodpecker.read_feed("s", {1: "a/b"}, data),
    "builds": lambda data: woodpecker.read_builds("s", "a/b", data),
    "build": lambda data: woodpecker.read_build("s", "a/b", data),
    "log": woodpecker.read_log,
    "log_event": woodpecker.read_log_event,
}
BODIES: dict[str, Any] = {
    "event": {"repo": ANSWERS["lookup"]["json"], "pipeline": ANSWERS["finished"]["json"]},
    "repos": ANSWERS["repos"]["json"][:2],
    "repo": ANSWERS["lookup"]["json"],
    "feed": ANSWERS["feed"]["json"],
    "builds": ANSWERS["builds"]["json"][:3],
    "build": ANSWERS["canceled"]["json"] | {"errors": ANSWERS["bad_yaml"]["json"]["errors"]},
    "log": ANSWERS["log"]["json"][:3],
    "log_event": ANSWERS["log"]["json"][0],
}
readers = st.sampled_from(sorted(READERS))


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a JSON value: what holds it, and its key or index."""
    for key in value if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from places(value[key])


@given(readers, st.lists(st.tuples(st.integers(0), st.one_of(st.just(KeyError), json_values)), min_size=1, max_size=4))
def test_any_value_in_any_field(reader: str, changes: list[tuple[int, Any]]) -> None:
    body = {"whole": copy.deepcopy(BODIES[reader])}
    for at, value in changes:
        everywhere = list(places(body))
        of, key = everywhere[at % len(everywhere)]
        if value is KeyError and of is not body:
            del of[key]
        else:
            of[key] = None if value is KeyError else value
    with suppress(BadAnswer):
        assert_well_formed(READERS[reader](encoded(body["whole"])))


@given(readers, json_values)
def test_any_json(reader: str, value: Any) -> None:
    with suppress(BadAnswer):
        assert_well_formed(READERS[reader](encoded(value)))


@given(readers, st.binary(max_size=200))
def test_any_bytes(reader: str, data: bytes) -> None:
    with suppress(BadAnswer):
        assert_well_formed(READERS[reader](data))
