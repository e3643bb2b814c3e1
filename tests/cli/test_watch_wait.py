"""`buildwatch watch` and `buildwatch wait` against a server on which things happen."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest

from buildwatch.cli.servers import connected
from buildwatch.cli.watching import Watching
from buildwatch.config import load
from buildwatch.demo.control import StageScript, StepScript

if TYPE_CHECKING:
    import subprocess

    from tests.cli.conftest import Cli, Drone, Started

GREEN = StageScript((StepScript("test", seconds=0.0),), "unit")
RED = StageScript((StepScript("test", seconds=0.0, outcome="failure"),), "unit")


def watching(drone: Drone, started: Started, *argv: str) -> subprocess.Popen[str]:
    """A `watch` that knows all there was."""
    process = started("watch", *argv)
    drone.until(lambda: drone.asked("/api/user/builds") > 0)  # asked for after the first list has been taken in
    return process


def next_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline()


def told_until(process: subprocess.Popen[str], status: str, build: int) -> list[dict[str, Any]]:
    """All that is told up to a build's own line with that status."""
    told: list[dict[str, Any]] = []
    while not (told and (told[-1]["build"], told[-1]["stage"], told[-1]["to"]) == (build, None, status)):
        line = next_line(process)
        assert line, process.stderr and process.stderr.read()
        told.append(json.loads(line))
    return told


def test_watch_tells_each_change_as_a_line_of_json(drone: Drone, started: Started) -> None:
    process = watching(drone, started, "--json")
    build = drone.running()
    told = told_until(process, "running", build.number)
    assert (told[0]["build"], told[0]["from"]) == (build.number, None)
    drone.release(build, outcome="failure")
    told += told_until(process, "failure", build.number)
    assert all(
        line.keys() == {"server", "repo", "build", "stage", "step", "from", "to", "at"}
        and line["server"] == drone.server.url.removeprefix("http://")
        and (line["repo"], line["build"]) == (drone.repo, build.number)
        for line in told
    )
    assert told[-1]["at"] == build.finished
    assert process.stdout is not None
    while sum(line["to"] == "failure" for line in told) < 3:  # the build's, its stage's and its step's
        told.append(json.loads(process.stdout.readline()))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    told += map(json.loads, out.splitlines())
    ends = [(line["stage"], line["step"]) for line in told if line["to"] == "failure"]
    assert sorted(ends, key=str) == sorted([(None, None), ("unit", None), ("unit", "test")], key=str)
    assert (process.returncode, err) == (130, "")


def test_what_already_was_at_the_start_is_no_change(drone: Drone, started: Started) -> None:
    old = drone.ended(GREEN)
    running = drone.running()
    process = watching(drone, started, "--json")
    new = drone.ended(GREEN)
    told = told_until(process, "success", new.number)
    assert {line["build"] for line in told} == {new.number}
    assert old.number < running.number < new.number


def test_a_build_that_is_stopped_is_told(drone: Drone, started: Started) -> None:
    build = drone.running()
    process = watching(drone, started, drone.repo, "--json")
    drone.supersede(build)
    told = told_until(process, "skipped", build.number)
    assert told[-1]["from"] == "running"


def test_watch_of_one_repo_tells_nothing_of_others(drone: Drone, started: Started) -> None:
    other = next(repo.slug for repo in drone.server.world.repos if repo.slug != drone.repo)
    process = watching(drone, started, drone.repo.rpartition("/")[2], "--json")
    drone.ended(GREEN, repo=other)
    build = drone.ended(GREEN)
    assert {line["repo"] for line in told_until(process, "success", build.number)} == {drone.repo}


def test_watch_of_one_build_ends_with_it(drone: Drone, started: Started) -> None:
    build = drone.running()
    drone.running()
    process = watching(drone, started, f"{drone.repo}#{build.number}", "--json")
    drone.release(build)
    out, err = process.communicate(timeout=30)
    told = [json.loads(line) for line in out.splitlines()]
    assert {line["build"] for line in told} == {build.number}
    ends = [(line["stage"], line["step"]) for line in told if line["to"] == "success"]
    assert sorted(ends, key=str) == sorted([(None, None), ("unit", None), ("unit", "test")], key=str)
    assert (process.returncode, err) == (0, "")


def test_watch_of_a_build_that_has_ended_says_so(drone: Drone, cli: Cli) -> None:
    build = drone.ended(GREEN)
    done = cli("watch", f"{drone.repo}#{build.number}", "--json")
    assert done == (0, "", f"buildwatch: {drone.repo}#{build.number} has already ended (success)\n")


def test_watch_as_text_is_for_people(drone: Drone, started: Started) -> None:
    build = drone.running()
    process = watching(drone, started, f"{drone.repo}@latest")
    drone.release(build)
    out, _ = process.communicate(timeout=30)
    address = f"{drone.repo}#{build.number}"
    for place in ("", ":unit", ":unit/test"):
        assert re.search(rf"^\d\d:\d\d:\d\d  {address}{place}  (running -> )?✓ success$", out, re.MULTILINE)
    assert "\x1b" not in out


def test_watch_of_a_repo_that_nobody_has_is_an_error(cli: Cli, drone: Drone) -> None:
    done = cli("watch", "acme/storefrnt")
    assert (done.status, done.out) == (2, "")
    assert f'no right to it; did you mean "{drone.repo}"?' in done.err


def test_watch_with_a_wrong_token_ends(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRONE_TOKEN", "wrong")
    done = cli("watch", "--json")
    assert (done.status, done.out) == (5, "")
    assert "does not accept the token (401); check token_env DRONE_TOKEN" in done.err


@pytest.mark.usefixtures("environ")
async def test_a_server_that_goes_and_comes_back_is_told_of(
    drone: Drone, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("buildwatch.sources.watch.LIST_BEAT", 0.1)
    said = ""
    async with connected(load(environ=os.environ)) as servers:
        watched = Watching(servers)
        async with asyncio.timeout(30), aclosing(watched.changes()) as coming:
            async for _ in coming:
                said += capsys.readouterr().err
                if watched.listed and not said:
                    drone.call(drone.server.control.refuse)
                elif "does not answer" in said and "answers again" not in said:
                    asyncio.run_coroutine_threadsafe(drone.server.control.accept(), drone.loop)
                elif "answers again" in said:
                    break
    assert all(line.startswith("buildwatch: 127.0.0.1:") for line in said.splitlines())


def test_watch_ends_when_its_reader_does(drone: Drone, started: Started) -> None:
    process = watching(drone, started, "--json")
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    drone.ended(GREEN)
    assert process.wait(30) == 141
    assert process.stderr.read() == ""


@pytest.mark.parametrize(("stage", "status"), [(GREEN, 0), (RED, 1), (StageScript(error="no such image"), 1)])
def test_wait_tells_by_its_exit_status_how_a_build_ended(
    drone: Drone, cli: Cli, stage: StageScript, status: int
) -> None:
    build = drone.ended(stage)
    for repo in (drone.repo, f"{drone.repo}@latest", f"{drone.repo}#{build.number}"):
        done = cli("wait", repo)
        assert (done.status, done.err) == (status, "")
        assert done.out.startswith(f"{drone.repo}#{build.number}  ")


@pytest.mark.parametrize(("outcome", "status"), [("success", 0), ("failure", 1)])
def test_wait_waits(drone: Drone, started: Started, outcome: str, status: int) -> None:
    build = drone.running()
    process = started("wait", drone.repo, "--timeout", "60")
    drone.until(lambda: drone.asked("/api/user/builds") > 0)
    drone.release(build, outcome=outcome)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (status, "")
    assert outcome in out


def test_wait_tells_skipped_killed_and_declined_by_3(drone: Drone, started: Started, cli: Cli) -> None:
    skipped = drone.running()
    process = started("wait", f"{drone.repo}#{skipped.number}")
    drone.until(lambda: drone.asked("/api/user/builds") > 0)
    drone.supersede(skipped)
    assert process.wait(30) == 3
    for action, build in (("cancel", drone.running()), ("decline", drone.start(GREEN, blocked=True))):
        assert cli(action, f"{drone.repo}#{build.number}", "--yes").status == 0
        assert cli("wait", f"{drone.repo}#{build.number}").status == 3


def test_wait_gives_up_after_its_time(drone: Drone, cli: Cli) -> None:
    build = drone.running()
    done = cli("wait", drone.repo, "--timeout", "0.3")
    assert (done.status, done.out) == (4, "")
    assert done.err == f"buildwatch: {drone.repo}#{build.number} has not ended within 0.3 s\n"


def test_wait_for_a_repo_that_is_not_in_the_list(drone: Drone, cli: Cli) -> None:
    done = cli("wait", "acme/nothing", "--timeout", "20")
    assert (done.status, done.out) == (5, "")
    assert "no such thing, or no right to it" in done.err
