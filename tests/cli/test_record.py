"""`buildwatch record` on a server on which things happen, and `buildwatch replay` of what it wrote."""

from __future__ import annotations

import json
import os
import signal
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from buildwatch.demo.control import StageScript, StepScript
from buildwatch.recording import FORMAT, Begun, Watched, line

if TYPE_CHECKING:
    from tests.cli.conftest import Cli, Drone, Started

RED = StageScript(
    (StepScript("test", seconds=0.0, outcome="failure", log=("+ make\n", "\x1b[31mno rule\x1b[0m\n")),), "unit"
)
GREEN = StageScript((StepScript("test", seconds=0.0, log=("+ make\n",)),), "unit")


@pytest.fixture
def recorded(drone: Drone, started: Started, tmp_path: Path) -> Path:
    """A green build that was before, a red and a green one while it was recorded, one that still runs."""
    drone.ended(GREEN)
    file = tmp_path / "night.json"
    process = started("record", str(file))
    assert process.stderr
    assert process.stderr.readline() == f"buildwatch: recording {drone.server.url[7:]}; ctrl-c ends it\n"
    drone.ended(RED)
    drone.ended(GREEN)
    drone.running()
    drone.until(lambda: b'"is":"log"' in file.read_bytes() and file.read_bytes().count(b'"status":"running"') > 0)
    drone.until(lambda: b'"number":4,"status":"running"' in file.read_bytes())
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    assert "lines in" in process.stderr.read()
    return file


def test_what_was_recorded_is_told_again(
    drone: Drone, recorded: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stat.S_IMODE(os.stat(recorded).st_mode) == 0o600
    assert drone.server.token not in recorded.read_text()
    monkeypatch.delenv("DRONE_SERVER")
    monkeypatch.delenv("DRONE_TOKEN")
    times = [json.loads(line)["at"] for line in recorded.read_bytes().splitlines()]
    length = times[-1] - times[0]
    first = json.loads(cli("replay", str(recorded), "--speed", "0.01", "ls", "--json").out)
    assert [row["build"]["number"] for row in first if row["repo"] == "acme/storefront"] == [1]
    last = json.loads(cli("replay", str(recorded), "--from", f"{int(length * 1000)}ms", "ls", "--json").out)
    assert [row["build"]["number"] for row in last if row["repo"] == "acme/storefront"] == [4]
    at_the_end = ("replay", str(recorded), "--from", f"{int(length * 1000)}ms")
    assert "no rule" in cli(*at_the_end, "logs", "acme/storefront#2").out
    done = cli(*at_the_end, "wait", "acme/storefront#2")
    assert done.status == 1
    assert "the recording has no log" in cli(*at_the_end, "logs", "acme/storefront#3").err


def test_each_end_is_told_once_when_it_is_watched_again(recorded: Path, started: Started) -> None:
    process = started("replay", str(recorded), "--speed", "3", "watch", "--json")
    assert process.stdout
    told: list[tuple[int, str | None, str | None, str]] = []
    while not (told and told[-1] == (4, "unit", "test", "running")):
        row = json.loads(process.stdout.readline())
        told.append((row["build"], row["stage"], row["step"], row["to"]))
    ends = [(number, to) for number, stage, _, to in told if stage is None and to in ("success", "failure")]
    assert ends == [(2, "failure"), (3, "success")]


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path, cli: Cli) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("mine")
    assert cli("record", str(file)) == (2, "", f"buildwatch: {file} is there already; give another name\n")
    assert file.read_text() == "mine"


def test_a_server_that_refuses_ends_it(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRONE_TOKEN", "wrong")
    assert cli("record", str(tmp_path / "x")).status == 5


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("restart", "acme/api#1"), '"restart" cannot be played to; there are ls, show, logs, watch, wait, notify'),
        (("notify",), "what is past is told nobody again"),
        (("--speed", "0", "ls"), "expected a number from 0.01 to 10000"),
        (("--speed", "fast", "ls"), "expected a number from 0.01 to 10000, not 'fast'"),
        (("--from", "9h", "ls"), "--from lies past the end"),
        (("--from", "soon", "ls"), "a length of time"),
    ],
)
def test_what_cannot_be_played(tmp_path: Path, cli: Cli, words: tuple[str, ...], said: str) -> None:
    recorded = tmp_path / "short.json"
    recorded.write_bytes(line(Begun(5.0, FORMAT)) + line(Watched(5.0, "ci", "https://ci.acme.example")))
    done = cli("replay", str(recorded), *words)
    assert (done.status, done.out) == (2, "")
    assert said in done.err


def test_what_is_no_recording(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("hello\n")
    assert (
        cli("replay", str(tmp_path / "x"), "ls").err
        == f"buildwatch: {tmp_path / 'x'} cannot be played: it is no recording\n"
    )
    assert (
        cli("replay", str(tmp_path / "y"), "ls").err
        == f"buildwatch: {tmp_path / 'y'} cannot be read (no such file or directory)\n"
    )
    assert cli("record", str(tmp_path / "no" / "z")).status == 2
