"""What Drone 0.5 to 0.8 said: it is understood, told in any order or cut anywhere it ends as the server had it."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from buildwatch.merge import merge_build, settled
from buildwatch.model import Build, Repo, Status
from buildwatch.wire import drone0, sse
from buildwatch.wire.drone0 import Reader, no_run
from buildwatch.wire.drone05 import run_of, with_jobs
from buildwatch.wire.fields import BadAnswer
from buildwatch.wire.procs import with_procs
from tests.sources.replay import frames, recorded, texts
from tests.wire.test_drone1 import HOSTILE, json_values, places
from tests.wire.well_formed import assert_well_formed

Key = tuple[str, int]

KINDS = ("drone08", "drone07", "drone05")


def reader(kind: str = "drone08") -> Reader:
    return Reader("s", with_jobs, run_of) if kind == "drone05" else Reader("s", with_procs, no_run)


def answer(kind: str, name: str) -> bytes:
    return bytes(recorded(kind)["answers"][name]["body"].encode())


def whole(kind: str, name: str) -> Build:
    path = recorded(kind)["answers"][name]["path"]
    return reader(kind).build("/".join(path.split("/")[3:5]), answer(kind, name))


def messages(kind: str, name: str) -> list[bytes]:
    """The messages of a recorded stream."""
    told = recorded(kind)["streams"][name]
    if kind != "drone08":
        return texts(frames(told))
    return [event.data for event in sse.Decoder().feed(told.encode()) if event.type == "message"]


def ends(kind: str) -> dict[Key, list[bytes]]:
    """By repo and number: the bodies that tell how a build was in the end, whenever it was asked for."""
    found: dict[Key, list[bytes]] = {}
    bodies = [
        ("/".join(of["path"].split("/")[3:5]), of["body"])
        for name, of in recorded(kind)["answers"].items()
        if name.startswith("GET_build_") and of["status"] == 200
    ]
    bodies += [
        ("/".join(name.rsplit("_", 3)[1:3]), json.dumps(builds[-1]))
        for name, builds in recorded(kind)["lifecycle"].items()
    ]
    for slug, body in bodies:
        of = json.loads(body)
        if of["finished_at"]:
            found.setdefault((slug, of["number"]), []).append(body.encode())
    return found


def later(one: Build, other: Build) -> Build:
    return merge_build(one, settled(other))


def by_build(events: list[bytes], read: Reader) -> dict[Key, list[Build]]:
    told: dict[Key, list[Build]] = {}
    for data in events:
        repo, build = read.event(data)
        told.setdefault((repo.slug, build.number), []).append(build)
    return told


FEEDS = [
    (kind, name)
    for kind in ("drone08", "drone07")
    for name in recorded(kind)["streams"]
    if name.startswith(("events_", "feed_")) and messages(kind, name)
]


@pytest.mark.parametrize(("kind", "feed"), FEEDS)
def test_cut_at_any_event_a_read_of_the_build_ends_it_as_the_server_had_it(kind: str, feed: str) -> None:
    read, last = reader(kind), ends(kind)
    for (slug, number), told in by_build(messages(kind, feed), read).items():
        for body in last.get((slug, number), ()):
            end = settled(read.build(slug, body))
            if end.run < max(build.run for build in told):
                continue  # it was started again since then
            known = told[0]
            for build in told:
                assert merge_build(known, end) == end
                assert merge_build(end, build) == end
                known = later(known, build)
            assert merge_build(known, end) == end


@pytest.mark.parametrize(("kind", "feed"), FEEDS)
def test_events_in_any_order_end_the_same(kind: str, feed: str) -> None:
    shuffled = random.Random(feed)
    for told in by_build(messages(kind, feed), reader(kind)).values():
        known = told[0]
        for build in told[1:]:
            known = later(known, build)
        for _ in range(3):
            order = shuffled.sample(told, len(told))
            other = order[0]
            for build in order[1:]:
                other = later(other, build)
            assert other == known


@pytest.mark.parametrize(("kind", "feed"), FEEDS)
def test_the_flat_form_of_an_event_says_the_same_as_the_tree(kind: str, feed: str) -> None:
    for data in messages(kind, feed):
        event = json.loads(data)
        tree = copy.deepcopy(event)
        procs = event["build"].get("procs", [])
        flat = [*procs, *(child for proc in procs for child in proc.pop("children", []))]
        roots = {proc["pid"]: dict(proc, children=[]) for proc in flat if not proc["ppid"]}
        for proc in flat:
            if proc["ppid"]:
                roots[proc["ppid"]]["children"].append(proc)
        event["build"]["procs"] = flat[::-1]
        tree["build"]["procs"] = list(roots.values())
        assert reader().event(json.dumps(event).encode()) == reader().event(json.dumps(tree).encode())


def shape(build: Build) -> list[tuple[str, str, int, list[tuple[str, str, int]]]]:
    return [
        (stage.name, stage.status, stage.exit_code, [(step.name, step.status, step.exit_code) for step in stage.steps])
        for stage in build.stages or ()
    ]


def test_a_failed_step() -> None:
    build = whole("drone08", "GET_build_flaky_failure_devs_flaky_1")
    steps = [("clone", "success", 0), ("setup", "success", 0), ("test", "failure", 3), ("build", "skipped", 0)]
    assert (build.address, build.status) == ("devs/flaky#1", "failure")
    assert shape(build) == [("default", "failure", 3, [*steps, ("notify", "success", 0)])]
    test = (build.stages or ())[0].steps[2]
    assert (test.number, test.stopped - test.started) == (4, 1)


def test_a_stage_is_named_after_its_axis() -> None:
    build = whole("drone08", "GET_build_matrix_devs_matrix_1")
    assert [(stage.number, stage.name, stage.status) for stage in build.stages or ()] == [
        (1, "DB=sqlite PY=2.7", "failure"),
        (2, "DB=pg PY=2.7", "failure"),
        (3, "DB=sqlite PY=3.6", "success"),
        (4, "DB=pg PY=3.6", "success"),
    ]
    assert [[step.number for step in stage.steps] for stage in build.stages or ()][1] == [9, 10, 11, 12]


def test_the_axes_of_a_matrix_wait_for_a_runner_from_the_moment_their_build_was_made() -> None:
    build = whole("drone08", "GET_build_matrix_devs_matrix_1")
    assert build.created > 0
    assert {stage.created for stage in build.stages or ()} == {build.created}


def test_an_image_that_is_missing_shows_at_the_stage() -> None:
    build = whole("drone08", "GET_build_missing_image_devs_quiet_3")
    (stage,) = build.stages or ()
    assert (stage.status, stage.exit_code, stage.steps[1].status) == ("failure", 1, "success")
    assert "pull access denied for missing/image" in stage.error


@pytest.mark.parametrize(
    ("kind", "right_after", "in_the_end"),
    [
        ("drone08", "DELETE_build_root_proc_build_right_after", "GET_build_kill_root_devs_gcd_6"),
        ("drone07", "DELETE_build_root_proc_build_right_after", "GET_build_kill_root_ops_gcd_3"),
        ("drone05", "DELETE_build_job_build_right_after", "GET_build_kill_job_old_gcd_2"),
    ],
)
def test_a_build_that_was_stopped_is_killed(kind: str, right_after: str, in_the_end: str) -> None:
    marked, end = whole(kind, right_after), whole(kind, in_the_end)
    assert [stage.status for stage in marked.stages or ()] == ["killed"]
    assert (end.status, [(stage.status, stage.error) for stage in end.stages or ()]) == ("killed", [("killed", "")])
    assert later(marked, end) == end


def stopped(*roots: tuple[str, str, int]) -> Build:
    """A failed build of roots with these states, errors and ends."""
    procs = [
        {"id": at, "pid": at, "ppid": 0, "state": state, "error": error, "start_time": 10, "end_time": end}
        for at, (state, error, end) in enumerate(roots, 1)
    ]
    return reader().build("a/b", json.dumps({"number": 1, "status": "failure", "procs": procs}).encode())


def test_a_build_of_which_one_axis_was_stopped_is_killed_when_nothing_went_on() -> None:
    assert stopped(("failure", "", 20), ("failure", "Cancelled", 30)).status == Status.KILLED
    assert stopped(("failure", "Cancelled", 30), ("success", "", 40)).status == Status.FAILURE
    assert stopped(("failure", "exit", 20), ("killed", "", 20)).status == Status.KILLED
    assert stopped(("failure", "Cancelled", 30), ("pending", "", 0)).status == Status.FAILURE
    assert stopped(("failure", "", 20)).status == Status.FAILURE


def test_a_bad_yaml_and_a_blocked_build_have_no_stages() -> None:
    error = whole("drone08", "GET_build_yaml_error_devs_quiet_1")
    assert (error.status, error.error, error.stages) == ("error", "yaml: line 3: did not find expected key", ())
    blocked = whole("drone08", "GET_build_blocked_before_approve")
    assert (settled(blocked).status, blocked.stages, blocked.started) == ("blocked", (), 0)
    assert whole("drone08", "GET_build_gated_decline_devs_gated_6").status == "declined"


def test_a_blocked_build_waits_no_more_once_it_is_queued() -> None:
    blocked = whole("drone08", "GET_build_blocked_before_approve")
    (told,) = by_build(messages("drone08", "events_gated_approve"), reader()).values()
    assert later(settled(blocked), told[0]).status == later(settled(told[0]), blocked).status == "pending"


def test_a_restart_is_a_later_run_of_the_same_build_before_0_8() -> None:
    for kind, before, after in (
        ("drone07", "GET_build_flaky_failure_ops_flaky_1", "GET_build_restart_ops_flaky_1"),
        ("drone05", "GET_build_flaky_failure_old_flaky_1", "GET_build_restart_old_flaky_1"),
    ):
        old, new = whole(kind, before), whole(kind, after)
        assert old.id == new.id
        assert 0 < old.run < new.run
        assert later(new, old) == later(old, new) == new
    again = reader("drone05").row("old/flaky", answer("drone05", "POST_restart"))
    assert merge_build(whole("drone05", "GET_build_flaky_failure_old_flaky_1"), again).status == "pending"


def test_a_restart_of_0_8_is_a_new_build() -> None:
    build = reader().build("devs/flaky", answer("drone08", "POST_restart"))
    assert (build.number, build.parent, build.status, len((build.stages or ())[0].steps)) == (2, 1, "pending", 5)


def test_a_step_that_runs_again_has_not_ended() -> None:
    told = by_build(messages("drone08", "events_agent_lost_lease_expiry"), reader())["devs/gcd", 11]
    clones = [(step.status, step.started, step.stopped) for build in told for step in (build.stages or ())[0].steps[:1]]
    assert ("running", clones[-1][1], 0) in clones
    known = told[0]
    for build in told[1:]:
        known = later(known, build)
        assert known == settled(build)


def test_a_pull_request_and_a_tag() -> None:
    pull = whole("drone08", "GET_build_pull_request_devs_gcd_13")
    assert (pull.event, pull.commit, pull.branch, pull.ref) == ("pull_request", "", "master", "refs/pull/1/head")
    assert pull.source not in ("", pull.branch)
    assert pull.title
    tag = whole("drone08", "GET_build_tag_devs_quiet_6")
    assert (tag.event, tag.branch, tag.ref) == ("tag", "v1.0.1", "refs/tags/v1.0.1")


def test_a_feed_has_a_row_for_each_repo() -> None:
    for kind in KINDS:
        read = reader(kind)
        rows = read.feed(answer(kind, "GET_api_user_feed_latest=true"))
        assert len({repo.slug for repo, _ in rows}) == len(rows) > 2
        assert all(build.stages is None and build.version == 0 for _, build in rows if build is not None)
        for repo, build in rows:
            if build is not None:
                assert build.id == build.number + ((build.id >> drone0.SHIFT) << drone0.SHIFT)
                assert build.repo == repo.slug
        ids = {build.id >> drone0.SHIFT for _, build in rows if build is not None}
        assert len(ids) == sum(build is not None for _, build in rows)
    (row,) = reader().feed(b'[{"owner":"a","name":"b","full_name":"a/b"}]')
    assert row == (Repo("s", "a/b"), None)


def test_a_row_says_nothing_against_a_whole_answer() -> None:
    end = whole("drone08", "GET_build_kill_root_devs_gcd_6")
    rows = reader().builds("devs/gcd", answer("drone08", "GET_api_repos_devs_gcd_builds"))
    row = next(build for build in rows if build.number == end.number)
    assert row.status == "failure"
    assert merge_build(end, row) == end


def test_facts_of_repos() -> None:
    repos = {repo.slug: repo for repo in reader().repos(answer("drone08", "GET_api_user_repos"))}
    assert repos["ann/private"] == Repo(
        "s", "ann/private", 11, "master", "http://127.0.0.1:13300/ann/private", private=True
    )
    assert not repos["devs/gcd"].private
    assert all(repo.active for repo in reader("drone07").repos(answer("drone07", "GET_api_user_repos")))


def test_a_log() -> None:
    lines = drone0.read_log(answer("drone08", "GET_api_repos_devs_flaky_logs_1_4"))
    assert [line.piece.pos for line in lines] == list(range(len(lines)))
    assert (lines[3].step, lines[3].piece.out, lines[3].piece.time) == (
        "test",
        '+ echo "AssertionError 1 != 2" >&2\n',
        1,
    )


# anything


BODIES: dict[str, Any] = {
    "feed": json.loads(answer("drone08", "GET_api_user_feed"))[:2],
    "repos": json.loads(answer("drone08", "GET_api_user_repos"))[:2],
    "build": json.loads(answer("drone08", "GET_build_matrix_devs_matrix_1")),
    "jobs": json.loads(answer("drone05", "GET_api_repos_old_matrix_builds_1")),
    "event": json.loads(messages("drone07", "feed_flaky_failure")[1]),
    "log": json.loads(answer("drone05", "GET_logs_flaky"))[-4:],
    "line": {"proc": "test", "time": 1, "type": 2, "pos": 3, "out": "0"},
}
READERS: dict[str, Callable[[bytes], Any]] = {
    "feed": lambda data: reader().feed(data),
    "repos": lambda data: reader().repos(data),
    "build": lambda data: reader().build("a/b", data),
    "jobs": lambda data: reader("drone05").build("a/b", data),
    "event": lambda data: reader().event(data),
    "log": lambda data: [line.step for line in drone0.read_log(data)],
    "line": lambda data: drone0.read_log_event(data).step,
}
readers = st.sampled_from(sorted(BODIES))


@given(readers, st.lists(st.tuples(st.integers(0), st.one_of(st.just(KeyError), json_values)), min_size=1, max_size=4))
def test_any_value_in_any_field(name: str, changes: list[tuple[int, Any]]) -> None:
    body = {"whole": copy.deepcopy(BODIES[name])}
    for at, value in changes:
        everywhere = list(places(body))
        of, key = everywhere[at % len(everywhere)]
        if value is KeyError and of is not body:
            del of[key]
        else:
            of[key] = None if value is KeyError else value
    with suppress(BadAnswer):
        assert_well_formed(READERS[name](json.dumps(body["whole"]).encode()))


@given(readers, st.one_of(st.binary(max_size=30), json_values.map(lambda value: json.dumps(value).encode())))
@example("build", b"[" * 100_000)
@example("build", json.dumps({"number": 1, "procs": [{"pid": 1, "ppid": 1}, {"pid": 2, "name": HOSTILE}]}).encode())
@example("build", json.dumps({"number": 2**40}).encode())
@example("jobs", json.dumps({"number": 1, "jobs": [{"number": 1, "environment": {HOSTILE: HOSTILE}}] * 3}).encode())
@example("event", b'{"repo":{"full_name":"a/b"},"build":{"number":1,"procs":[[{}]]}}')
def test_anything_at_all(name: str, data: bytes) -> None:
    with suppress(BadAnswer):
        assert_well_formed(READERS[name](data))


def test_stages_of_the_same_name_have_numbers() -> None:
    assert drone0.names({1: "", 2: "", 3: "A=1"}) == {1: "default 1", 2: "default 2", 3: "A=1"}
    assert drone0.names({7: ""}) == {7: "default"}


def test_an_unknown_word_counts_as_unfinished() -> None:
    build = reader().build("a/b", b'{"number":1,"status":"warming_up","procs":[{"pid":1,"state":"odd","end_time":5}]}')
    assert (build.status.ended, [(stage.status, stage.stopped) for stage in build.stages or ()]) == (
        False,
        [("odd", 0)],
    )
