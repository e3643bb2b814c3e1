"""Answers of Drone 1.x and 2.x: real ones are understood, and nothing that can be sent makes decoding fail half-way."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from buildwatch.model import Build, Repo, Status
from buildwatch.wire import drone1
from buildwatch.wire.fields import BadAnswer
from tests.wire.well_formed import FARTHEST, assert_well_formed

DATA = Path(__file__).parent.parent / "data" / "drone2"
ANSWERS: dict[str, dict[str, Any]] = json.loads((DATA / "answers.json").read_text())
EVENT: dict[str, Any] = json.loads((DATA / "event.txt").read_text().partition("data: ")[2].partition("\n")[0])
BUILDS = [name for name, of in ANSWERS.items() if isinstance(of.get("json"), dict) and "number" in of["json"]]
HOSTILE = "a\x1b]52;c;eA==\x07\u202eb\ufe0f\x9b2J\x00\nc"

json_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=20),
        st.sampled_from(
            (HOSTILE, "x" * 5000, "running", "blocked", 2**63, -(2**63) - 1, 10**400, -1, 0, 1_795_420_000)
        ),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=6), inner, max_size=4)),
    max_leaves=8,
)


def read(reader: str, data: bytes) -> Any:
    readers: dict[str, Callable[[bytes], Any]] = {
        "event": lambda data: drone1.read_event("s", data),
        "repos": lambda data: drone1.read_repos("s", data),
        "builds": lambda data: drone1.read_builds("s", "a/b", data),
        "build": lambda data: drone1.read_build("s", "a/b", data),
        "user": drone1.read_user,
        "version": drone1.read_version,
        "log": drone1.read_log,
        "log_event": drone1.read_log_event,
        "error": drone1.read_error,
    }
    return readers[reader](data)


BODIES: dict[str, Any] = {
    "event": EVENT,
    "repos": [EVENT, ANSWERS["repos_latest"]["json"][0]],
    "builds": ANSWERS["builds"]["json"],
    "build": ANSWERS["multistage_failure"]["json"],
    "user": ANSWERS["user"]["json"],
    "version": ANSWERS["version"]["json"],
    "log": ANSWERS["log"]["json"][:3],
    "log_event": ANSWERS["log"]["json"][0],
    "error": {"message": "Not Found"},
}
readers = st.sampled_from(sorted(BODIES))


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
        assert_well_formed(read(reader, json.dumps(body["whole"]).encode()))


@given(readers, st.integers(0, 5000))
def test_a_body_cut_short_is_no_answer(reader: str, length: int) -> None:
    whole = json.dumps(BODIES[reader]).encode()
    if length < len(whole) and reader != "error":
        with pytest.raises(BadAnswer):
            read(reader, whole[:length])


@given(readers, st.one_of(st.binary(max_size=30), json_values.map(lambda value: json.dumps(value).encode())))
@example("event", b"[" * 100_000)
@example("repos", b'{"a":' * 100_000)
@example("build", b'{"id":' + b"1" * 5000 + b"}")
@example("build", b'{"id":1,"number":1,"message":"\\ud800"}')
@example("error", b"[" * 100_000)
def test_anything_at_all(reader: str, data: bytes) -> None:
    with suppress(BadAnswer):
        assert_well_formed(read(reader, data))


@pytest.mark.parametrize("name", BUILDS)
def test_real_builds(name: str) -> None:
    told = ANSWERS[name]["json"]
    build = read("build", json.dumps(told).encode())
    assert (build.id, build.number, build.status) == (told["id"], told["number"], told["status"])
    assert (build.created, build.started, build.finished) == (told["created"], told["started"], told["finished"])
    assert (build.commit, build.branch, build.author) == (told["after"], told["target"], told["author_login"])
    words = {"waiting_on_dependencies": "waiting"}
    assert [
        (stage.name, stage.status, [(step.name, step.status, step.exit_code) for step in stage.steps])
        for stage in build.stages
    ] == [
        (
            stage["name"],
            words.get(stage["status"], stage["status"]),
            [(step["name"], step["status"], step["exit_code"]) for step in stage.get("steps", [])],
        )
        for stage in told.get("stages", [])
    ]


def test_a_real_event() -> None:
    repo, build = drone1.read_event("s", json.dumps(EVENT).encode())
    assert repo == Repo("s", "devs/gcd", 1, "master", "http://127.0.0.1:18083/devs/gcd")
    assert (build.address, build.status, build.started) == ("devs/gcd#2", Status.RUNNING, EVENT["build"]["started"])
    assert build.message.startswith("feat: faster gcd\n\nBody line with ünïcode")


def test_lists_tell_no_stages_and_a_bad_yaml_has_none() -> None:
    assert all(build.stages is None for build in read("builds", json.dumps(BODIES["builds"]).encode()))
    assert read("build", json.dumps(ANSWERS["yaml_error"]["json"]).encode()).stages == ()


@pytest.mark.parametrize("reader", ["repos", "builds", "log"])
def test_a_list_that_is_null_is_empty(reader: str) -> None:
    assert read(reader, b"null\n") == []


def test_null_is_no_build() -> None:
    assert read("build", b"null\n") is None


def test_null_lists_inside_a_build() -> None:
    build = read("build", b'{"id":1,"number":1,"status":"running","stages":[{"number":1,"steps":null}],"params":null}')
    assert build.stages[0].steps == ()
    assert read("build", b'{"id":1,"number":1,"stages":null}').stages == ()


def with_status(word: Any) -> Build:
    build = read("build", json.dumps({"id": 1, "number": 1, "status": word}).encode())
    assert isinstance(build, Build)
    return build


def test_an_unknown_status_is_shown_as_it_is_and_counts_as_unfinished() -> None:
    status = with_status("warming_up").status
    assert (status, status.known, status.ended, status.rank) == ("warming_up", False, False, 1)


def test_a_hostile_status_is_cleaned() -> None:
    assert with_status("\x1b[31mrun\u202ening\x07").status == Status.RUNNING
    assert with_status("\x1b[2J").status == "unknown"
    assert len(with_status("x" * 1000).status) == 40


def test_waiting_on_dependencies_is_waiting() -> None:
    assert with_status("waiting_on_dependencies").status is Status.WAITING


@pytest.mark.parametrize("time", [0, -1, None, "soon", 1.5, True, FARTHEST, 2**70])
def test_what_is_no_time_is_not_yet(time: Any) -> None:
    build = read("build", json.dumps({"id": 1, "number": 1, "started": time}).encode())
    assert build.started == 0


@pytest.mark.parametrize("id", [0, -3, None, "7", 7.0, True, 2**63, 10**300])
def test_a_build_without_a_possible_id_is_no_build(id: Any) -> None:
    assert read("builds", json.dumps([{"id": id, "number": 1}]).encode()) == []
    with pytest.raises(BadAnswer):
        read("build", json.dumps({"id": id, "number": 1}).encode())


def test_a_message_keeps_its_lines_and_nothing_hostile() -> None:
    build = read("build", json.dumps({"id": 1, "number": 1, "message": f"one\r\n{HOSTILE}\n"}).encode())
    assert build.message == "one\nab\nc\n"


def test_bytes_that_are_no_utf8_are_replaced() -> None:
    assert read("user", b'{"login":"da\xffna","admin":true}') == drone1.User("da\ufffdna", True)


def test_what_is_said_of_bytes_that_are_no_json_is_fit_to_be_shown() -> None:
    with pytest.raises(BadAnswer, match="not JSON") as said:
        read("user", b"\x1b]52;c;eA==\x07")
    assert str(said.value).isprintable()
