"""`buildwatch logs` against a server, and the tail of a log that cannot be taken back."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwatch.cli.tail import Tail
from buildwatch.demo.control import StageScript, StepScript
from buildwatch.model import LogLine
from buildwatch.sources.drone1 import DroneSource
from buildwatch.sources.errors import Denied
from buildwatch.sources.follow import LogState
from buildwatch.wire.loglines import Piece

if TYPE_CHECKING:
    from tests.cli.conftest import Cli, Drone, Started

HOSTILE = "\x1b[31mred\x1b[m \x1b]52;c;aGk=\x07\x1b[2J\x1b]0;title\x07plain\x9b5A\u202e\n"
FIRST = StepScript("compile", seconds=0.0, log=("one\n", "two\n"))
SECOND = StepScript("test", seconds=0.0, log=(HOSTILE, "half a li", "ne\n", "end"))
LINT = StageScript((StepScript("style", seconds=0.0, log=("clean\n",)),), "lint")
UNIT = StageScript((FIRST, SECOND), "unit")


@pytest.mark.parametrize("place", [":unit/test", ":1/2", ":unit/2", ":test"])
def test_one_step_is_printed_as_it_is_without_what_a_terminal_obeys(drone: Drone, cli: Cli, place: str) -> None:
    build = drone.ended(UNIT)
    done = cli("logs", f"{drone.repo}#{build.number}{place}")
    assert (done.status, done.err) == (0, "")
    assert done.out == "red plain\nhalf a line\nend\n"


def test_several_steps_are_labelled(drone: Drone, cli: Cli) -> None:
    drone.ended(UNIT)
    assert cli("logs", drone.repo).out.splitlines() == [
        "compile | one",
        "compile | two",
        "test | red plain",
        "test | half a line",
        "test | end",
    ]
    drone.ended(LINT, UNIT)
    assert cli("logs", drone.repo).out.splitlines()[:2] == ["lint/style | clean", "unit/compile | one"]
    assert cli("logs", f"{drone.repo}:lint").out == "lint/style | clean\n"


def test_a_pasted_address_of_a_step_is_its_log(drone: Drone, cli: Cli) -> None:
    build = drone.ended(UNIT)
    assert cli("logs", f"{drone.server.url}/{drone.repo}/{build.number}/1/1").out == "one\ntwo\n"


def test_a_running_step_gives_what_there_is(drone: Drone, cli: Cli) -> None:
    build = drone.running(StageScript((StepScript("test", hold=True, log=("so far\n", "unfini")),), "unit"))
    done = cli("logs", f"{drone.repo}#{build.number}:test")
    assert done == (0, "so far\nunfini\n", "")


def test_a_place_that_is_not_there_is_told(drone: Drone, cli: Cli) -> None:
    build = drone.ended(UNIT)
    for place, said in (("tst", 'tst; did you mean "test"?'), ("unit/9", "unit/9"), ("9/1", "9/1")):
        done = cli("logs", f"{drone.repo}:{place}")
        assert (done.status, done.out) == (2, "")
        assert done.err == f"buildwatch: {drone.repo}#{build.number} has no stage or step {said}\n"
    drone.ended(error="yaml: line 3: oh no")
    assert "has no steps: yaml: line 3: oh no" in cli("logs", drone.repo).err


def test_following_prints_what_comes_and_ends_with_the_step(drone: Drone, started: Started) -> None:
    drone.server.faults.change({"lose_log_tail": True})
    build = drone.running(
        StageScript((StepScript("test", hold=True, log=()), StepScript("deploy", hold=True, log=())), "unit")
    )
    drone.say(build, "first\n", "seco")
    process = started("logs", "-f", f"{drone.repo}:test")
    assert process.stdout
    assert process.stdout.readline() == "first\n"
    drone.say(build, "nd\n")
    assert process.stdout.readline() == "second\n"
    drone.say(build, "thi", "rd\n", "last words")
    drone.release(build)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, "third\nlast words\n", "")


def test_following_a_build_takes_in_the_steps_that_come(drone: Drone, started: Started) -> None:
    stages = (
        StageScript((StepScript("one", seconds=0.0, log=("a\n",)), StepScript("two", hold=True, log=("b\n",))), "x"),
        StageScript((StepScript("three", seconds=0.0, log=("c\n",)),), "y", depends_on=("x",)),
    )
    build = drone.start(*stages)
    drone.until(lambda: [step.status.value for step in build.stages[0].steps] == ["success", "running"])
    process = started("logs", "--follow", drone.repo)
    assert process.stdout
    assert [process.stdout.readline() for _ in "ab"] == ["x/one | a\n", "x/two | b\n"]
    drone.release(build)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, "y/three | c\n", "")


def test_following_a_build_that_is_stopped_ends(drone: Drone, started: Started) -> None:
    build = drone.running()
    drone.say(build, "said\n")
    process = started("logs", "-f", drone.repo)
    assert process.stdout
    assert process.stdout.readline() == "test | said\n"
    drone.supersede(build)
    assert process.wait(30) == 0


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The first step's log is not there yet, the given number of times: an agent of Woodpecker hands it in late."""
    left = [2]
    real = DroneSource.log

    @asynccontextmanager
    async def log(
        self: DroneSource, slug: str, number: int, stage: int, step: int
    ) -> AsyncIterator[AsyncIterator[list[Piece]]]:
        if step == 1 and left[0] > 0:
            left[0] -= 1
            raise Denied("the agent has not handed in the log of this step yet; look again in a moment", 409)
        async with real(self, slug, number, stage, step) as pieces:
            yield pieces

    monkeypatch.setattr(DroneSource, "log", log)
    monkeypatch.setattr("buildwatch.sources.follow.STORED_AFTER", (0.0, 0.0, 0.0))
    return left


def test_a_log_that_is_handed_in_late_is_waited_for(drone: Drone, cli: Cli, held: list[int]) -> None:
    build = drone.ended(UNIT)
    done = cli("logs", f"{drone.repo}#{build.number}")
    assert (done.status, done.err) == (0, "")
    assert done.out.splitlines()[:3] == ["compile | one", "compile | two", "test | red plain"]


def test_one_that_never_comes_takes_no_other_along(drone: Drone, cli: Cli, held: list[int]) -> None:
    held[0] = 100
    build = drone.ended(UNIT)
    done = cli("logs", f"{drone.repo}#{build.number}")
    assert done.out.splitlines() == ["test | red plain", "test | half a line", "test | end"]
    assert "compile | the agent has not handed in the log" in done.err
    assert done.status == 0


def test_following_waits_for_a_late_log_beside_the_others(drone: Drone, cli: Cli, held: list[int]) -> None:
    second = StepScript("test", hold=True, log=("running\n",))
    build = drone.start(StageScript((FIRST, second), "unit"))
    drone.until(lambda: [step.status for step in build.stages[0].steps] == ["success", "running"])
    release = threading.Timer(0.3, drone.release, [build])
    release.start()
    done = cli("logs", "-f", f"{drone.repo}#{build.number}")
    release.join()
    assert (done.status, done.err) == (0, "")
    assert sorted(done.out.splitlines()) == ["compile | one", "compile | two", "test | running"]


def test_following_ends_when_its_reader_does(drone: Drone, started: Started) -> None:
    build = drone.running()
    drone.say(build, "said\n")
    process = started("logs", "-f", drone.repo)
    assert process.stdout
    assert process.stderr
    process.stdout.readline()
    process.stdout.close()
    drone.say(build, "more\n", "and more\n")
    assert process.wait(30) == 141
    assert process.stderr.read() == ""


lines = st.lists(st.sampled_from(["a", "b", "c", "… 1 piece missing …"]), max_size=8)


@given(live=st.lists(lines, max_size=4), stored=lines)
def test_whatever_the_live_log_said_all_of_the_stored_one_is_printed_in_the_end(
    live: list[list[str]], stored: list[str]
) -> None:
    said: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("buildwatch.cli.tail.say", lambda *texts: said.extend(texts))
        patch.setattr("buildwatch.cli.tail.note", lambda _: None)
        tail = Tail("", str)
        for state in live:
            tail.take(LogState([LogLine(0, text) for text in state], 0, live=True, ended=max(0, len(state) - 1)))
        before = list(said)
        tail.take(LogState([LogLine(0, text) for text in stored], 0, live=False))
    same = next((at for at, pair in enumerate(zip(before, stored, strict=False)) if pair[0] != pair[1]), None)
    same = min(len(before), len(stored)) if same is None else same
    assert said == before + stored[same:]


def test_when_the_stored_log_cannot_be_had_what_was_held_back_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    tail = Tail("test | ", str)
    tail.take(LogState([LogLine(0, "one"), LogLine(0, "half")], 0, live=True, ended=1))
    tail.take(LogState([], 0, live=False, said="the server keeps no log of this step"))
    out, err = capsys.readouterr()
    assert out == "test | one\ntest | half\n"
    assert err == "buildwatch: test | the server keeps no log of this step\n"
