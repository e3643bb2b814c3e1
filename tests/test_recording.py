"""Recordings: what is written is what is read, whatever comes from elsewhere is safe to show, and time passes."""

from __future__ import annotations

import json
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwatch.model import Build, Repo, Stage, Status, Step
from buildwatch.recording import (
    FORMAT,
    Begun,
    Entry,
    Known,
    Listed,
    Playhead,
    Printed,
    RecordingError,
    Watched,
    line,
    read,
)
from buildwatch.text import clean, clean_lines
from buildwatch.wire.loglines import Piece

SERVER = Watched(5.0, "ci", "https://ci.acme.example", "drone-2", "2.28.1", "dana", admin=True, ahead=-0.5)

words = st.text(max_size=8).map(clean)
times = st.integers(0, 2**33)
statuses = st.sampled_from(["waiting", "running", "success", "failure", "killed", "warming_up"]).map(Status)
steps = st.builds(Step, st.integers(1, 9), words, statuses, times, times, st.integers(0, 255), words)
stages = st.builds(Stage, st.integers(1, 9), words, statuses, times, steps=st.lists(steps, max_size=3).map(tuple))
builds = st.builds(
    Build,
    st.just("ci"),
    words,
    times,
    st.integers(1, 99),
    statuses,
    words,
    message=st.text(max_size=20).map(clean_lines),
    stages=st.none() | st.lists(stages, max_size=3).map(tuple),
)
moments = st.floats(5.0, 1e10)
entries = st.one_of(
    st.builds(Known, moments, builds, st.booleans()),
    st.builds(Listed, moments, st.just("ci"), st.lists(st.builds(Repo, st.just("ci"), words), max_size=3).map(tuple)),
    st.builds(
        Printed,
        moments,
        st.just("ci"),
        words,
        times,
        times,
        times,
        st.lists(st.builds(Piece, times, st.text(max_size=9), times), max_size=3).map(tuple),
    ),
)


def lines(*of: Entry) -> list[bytes]:
    return BytesIO(b"".join(map(line, of))).readlines()


@given(st.lists(entries, max_size=8))
def test_what_is_written_is_read(given: list[Entry]) -> None:
    assert read(lines(Begun(5.0, FORMAT), SERVER, *given)) == sorted(
        [Begun(5.0, FORMAT), SERVER, *given], key=lambda entry: entry.at
    )


def test_parameters_of_builds_are_not_kept() -> None:
    build = Build("ci", "acme/api", 7, 3, params=(("DEPLOY_KEY", "hunter2"),))
    assert b"hunter2" not in line(Known(5.0, build))


def test_a_last_line_that_was_cut_short_is_left_out() -> None:
    whole = lines(Begun(5.0, FORMAT), SERVER, Known(6.0, Build("ci", "acme/api", 7, 3)))
    assert read([*whole[:2], whole[2][:-9]]) == [Begun(5.0, FORMAT), SERVER]
    with pytest.raises(RecordingError, match="line 2 makes no sense"):
        read([whole[0], whole[1][:-9] + b"\n", whole[2]])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([], "it is no recording"),
        ([b"root:x:0:0\n"], "it is no recording"),
        ([b"{}\n"], "it is no recording"),
        ([line(SERVER)], "it is no recording"),
        ([line(Begun(5.0, FORMAT))], "no server is in it"),
        ([line(Begun(5.0, 99)), line(SERVER)], r"another version of buildwatch \(format 99, not 1\)"),
        ([line(Begun(5.0, FORMAT)), b"[" * 100_000 + b"\n"], "line 2 makes no sense"),
    ],
)
def test_what_cannot_be_played_is_said_in_a_sentence(content: list[bytes], said: str) -> None:
    with pytest.raises(RecordingError, match=said):
        read(content)


def test_nothing_of_a_doctored_file_reaches_the_terminal() -> None:
    evil = "a\x1b]52;c;aGk=\x07\u202eb"
    step = {"number": 1, "name": evil, "status": evil, "error": evil}
    build = {"server": "ci", "repo": evil, "id": 1, "number": 1, "message": f"{evil}\n{evil}", "author": evil}
    build["stages"] = [{"number": 1, "name": evil, "steps": [step], "depends_on": [evil]}]
    known = json.dumps({"is": "build", "at": 6, "build": build}).encode() + b"\n"
    listed = json.dumps({"is": "repos", "at": 6, "server": "ci", "repos": [{"server": "ci", "slug": evil}]}).encode()
    assert "\x1b" not in str(read([line(Begun(5.0, FORMAT)), line(SERVER), known, listed]))
    (read_build,) = (
        one.build for one in read([line(Begun(5.0, FORMAT)), line(SERVER), known]) if isinstance(one, Known)
    )
    assert (read_build.repo, read_build.message) == ("ab", "ab\nab")
    assert read_build.stages is not None
    assert read_build.stages[0].steps[0].status == "ab"


def test_time_passes_as_fast_as_it_is_told_and_not_beyond_the_end() -> None:
    head = Playhead(1000.0, 1100.0, speed=2.0)
    assert (head.at(40.0), head.seconds_to(1030.0, 40.0)) == (1000.0, float("inf"))
    head.start(50.0)
    head.start(70.0)
    assert [head.at(50.0), head.at(49.0), head.at(60.0), head.at(100.0), head.at(1e9)] == [1000, 1000, 1020, 1100, 1100]
    assert head.seconds_to(1030.0, 60.0) == 5.0
    head.change(60.0, paused=True)
    assert (head.at(90.0), head.seconds_to(1030.0, 90.0)) == (1020.0, float("inf"))
    head.change(90.0, paused=False, speed=10.0)
    assert [head.at(90.0), head.at(93.0)] == [1020.0, 1050.0]
    assert not head.over(97.9)
    assert head.over(98.0)


@given(st.lists(st.tuples(st.floats(0, 50), st.none() | st.floats(0.01, 100), st.none() | st.booleans()), max_size=9))
def test_it_never_goes_back(turns: list[tuple[float, float | None, bool | None]]) -> None:
    head, now, seen = Playhead(0.0, 1e6), 0.0, 0.0
    head.start(0.0)
    for pause, speed, paused in turns:
        now += pause
        assert head.at(now) >= seen
        head.change(now, speed=speed, paused=paused)
        assert head.at(now) >= seen
        seen = head.at(now)
