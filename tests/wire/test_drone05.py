"""The steps of a job of Drone 0.5, which only its log tells of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from buildwatch.model import Stage, Status, Step
from buildwatch.wire.drone0 import Line, read_log, read_log_event
from buildwatch.wire.drone05 import JobLog, ended_lines
from buildwatch.wire.loglines import Piece
from tests.sources.replay import frames, recorded, texts
from tests.wire.whole import whole

BEGIN = 1_795_421_716
RUNNING = Stage(1, "default", Status.RUNNING, started=BEGIN)


def job(status: str, seconds: int = 12) -> Stage:
    return replace(RUNNING, status=Status(status), stopped=BEGIN + seconds)


def stored(name: str) -> list[Line]:
    return read_log(recorded("drone05")["answers"][name]["body"].encode())


def live(name: str) -> list[Line]:
    return [read_log_event(data) for data in texts(frames(recorded("drone05")["streams"][name]))]


def steps(lines: list[Line], of: Stage) -> tuple[Step, ...]:
    log = JobLog(of.started)
    log.feed(lines)
    return log.steps(of)


def brief(rows: tuple[Step, ...]) -> list[tuple[str, str, int]]:
    return [(step.name, step.status, step.exit_code) for step in rows]


def line(step: str, pos: int = 0, out: str = "", time: int = 0, *, ends: bool = False) -> Line:
    return Line(step, Piece(pos, out, time), ends)


def test_the_steps_of_a_stored_log() -> None:
    told = steps(stored("GET_logs_flaky"), job("failure", 3))
    assert brief(told) == [
        ("clone", "success", 0),
        ("setup", "success", 0),
        ("test", "failure", 3),
        ("notify", "success", 0),
    ]
    assert [step.number for step in told] == [1, 2, 3, 4]
    assert all(BEGIN <= step.started <= step.stopped <= BEGIN + 3 for step in told)


def test_a_step_beside_the_others_ends_well_with_the_job() -> None:
    told = steps(stored("GET_logs_job1"), job("success"))
    assert brief(told)[-3:] == [("run_server", "success", 0), ("check", "success", 0), ("slack", "success", 0)]
    assert told[-3].stopped == BEGIN + 12


@pytest.mark.parametrize("name", ["logs_gcd_success_1_1_job", "logs_flaky_failure_1_1_job"])
def test_a_live_log_tells_the_same_as_the_stored_one_wherever_it_was_cut(name: str) -> None:
    lines = live(name)
    end = job("success") if "success" in name else job("failure", 3)
    in_the_end = steps(lines, end)
    for cut in range(len(lines) + 1):
        log = JobLog(BEGIN)
        log.feed(lines[:cut])
        assert all(step.status in ("running", "success", "failure") for step in log.steps(RUNNING))
        log.feed(lines)
        assert log.steps(end) == in_the_end


def test_which_lines_move_a_step() -> None:
    lines = live("logs_flaky_failure_1_1_job")
    log = JobLog(BEGIN)
    moves = [line.step for line in lines if log.feed([line])]
    assert moves == ["clone", "clone", "setup", "setup", "test", "test", "notify", "notify"]
    assert not log.feed(lines)


def test_what_runs_when_the_job_is_stopped_is_killed() -> None:
    told = steps(live("logs_kill_job_2_1_job"), job("killed", 4))
    assert brief(told) == [("clone", "success", 0), ("setup", "success", 0), ("test", "killed", 0)]
    assert told[-1].stopped == BEGIN + 4


def test_the_last_step_of_a_job_that_failed_without_a_word_has_failed() -> None:
    lines = [line("db"), line("test")]
    assert brief(steps(lines, job("failure"))) == [("db", "success", 0), ("test", "failure", 0)]
    assert brief(steps([*lines, line("test", out="1", ends=True)], job("failure")))[0] == ("db", "success", 0)
    assert brief(steps(lines, job("error")))[0] == ("db", "killed", 0)


def test_exit_codes() -> None:
    codes = {"0": ("success", 0), "2": ("failure", 2), "137": ("killed", 137), "": ("failure", 1), "-1": ("failure", 1)}
    for code, (status, number) in codes.items():
        assert brief(steps([line("a", out=code, ends=True)], RUNNING)) == [("a", status, number)]


def test_times_are_those_of_the_server_while_it_runs() -> None:
    log = JobLog(BEGIN)
    log.feed([line("clone")])
    log.feed([line("clone", out="0", ends=True)], BEGIN + 5)
    log.feed([line("test")], BEGIN + 5)
    log.feed([line("test", 1, time=4)], BEGIN + 9)
    log.feed([line("test", out="0", ends=True)], BEGIN + 30)
    assert [(step.started - BEGIN, step.stopped - BEGIN) for step in log.steps(job("success", 31))] == [(0, 5), (5, 30)]


@given(
    st.lists(
        st.builds(
            line,
            st.sampled_from("abc"),
            st.integers(-3, 9),
            st.sampled_from(("0", "1", "137", "x")),
            st.integers(-5, 2**62),
            ends=st.booleans(),
        )
    ),
    st.integers(0, 20),
)
def test_steps_only_go_on(lines: list[Line], cut: int) -> None:
    log = JobLog(BEGIN)
    log.feed(lines[:cut])
    before = log.steps(RUNNING)
    log.feed(lines)
    for old, new in zip(before, log.steps(RUNNING), strict=False):
        assert (old.number, old.name, old.started) == (new.number, new.name, new.started)
        assert old.status.rank <= new.status.rank


def test_lines_of_a_step_have_ends_and_no_exit_code() -> None:
    lines = [text.text for text in whole(ended_lines(stored("GET_logs_flaky"), "test"))]
    assert lines[-3:] == ['+ echo "AssertionError 1 != 2" >&2', "AssertionError 1 != 2", "+ exit 3"]
