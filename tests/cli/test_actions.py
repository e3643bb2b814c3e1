"""Each action, as a person has it done."""

from __future__ import annotations

import json
import os
import pty
import sys
from typing import TYPE_CHECKING

import pytest

from buildwatch.demo.control import Script, StageScript, StepScript
from tests.cli.conftest import serving

if TYPE_CHECKING:
    from tests.cli.conftest import Cli, Drone

GREEN = StageScript((StepScript("test", seconds=0.0),), "unit")


def test_restart_with_parameters_starts_a_new_build(drone: Drone, cli: Cli) -> None:
    build = drone.ended(GREEN)
    done = cli("restart", f"{drone.repo}#{build.number}", "-p", "WHO=me", "--param", "WHY=a=b", "--yes", "--json")
    assert (done.status, done.err) == (0, "")
    told = json.loads(done.out)
    number = told.pop("new")["number"]
    assert told == {
        "action": "restart",
        "server": drone.server.url.removeprefix("http://"),
        "repo": drone.repo,
        "build": build.number,
    }
    new = drone.call(lambda: drone.server.control.build(drone.repo, number))
    assert new.origin.params == {"WHO": "me", "WHY": "a=b"}
    assert new.origin.parent == build.number


def test_cancel_stops_a_build(drone: Drone, cli: Cli) -> None:
    build = drone.running()
    done = cli("cancel", f"{drone.repo}@latest", "--yes")
    assert done == (0, f"{drone.repo}#{build.number} is stopped\n", "")
    assert build.status == "killed"
    done = cli("cancel", f"{drone.repo}@latest", "--yes")
    assert done == (1, "", f"buildwatch: {drone.repo}#{build.number} has already ended (killed)\n")


@pytest.mark.parametrize(("action", "says", "after"), [("approve", "may run", False), ("decline", "is refused", True)])
def test_approve_and_decline_take_all_waiting_stages(
    drone: Drone, cli: Cli, action: str, says: str, after: bool
) -> None:
    build = drone.start(GREEN, StageScript((StepScript("lint", seconds=0.0),), "lint"), blocked=True)
    done = cli(action, f"{drone.repo}#{build.number}", "--yes")
    assert done == (0, f"{drone.repo}#{build.number} {says}\n", "")
    assert all(stage.status != "blocked" for stage in build.stages)
    assert (build.status == "declined") is after


def test_create_starts_a_new_build_of_a_branch(drone: Drone, cli: Cli) -> None:
    done = cli("create", drone.repo.rpartition("/")[2], "--branch", "main", "-p", "WHO=me", "--yes", "--json")
    assert (done.status, done.err) == (0, "")
    told = json.loads(done.out)
    new = told.pop("new")
    assert (told["action"], told["repo"], new["branch"], new["event"]) == ("create", drone.repo, "main", "custom")
    build = drone.call(lambda: drone.server.control.build(drone.repo, new["number"]))
    assert build.origin.params == {"WHO": "me"}
    assert cli("create", drone.repo, "--yes").out == f"{drone.repo}#{build.number + 1} is pending\n"


def test_create_says_what_it_would_do_and_what_it_cannot(drone: Drone, cli: Cli) -> None:
    done = cli("create", drone.repo, "--branch", "main", "-p", "WHO=me")
    assert done == (
        2,
        "",
        f"buildwatch: this would start a new build of {drone.repo}, branch main with WHO=me; "
        "add --yes to do it without being asked\n",
    )
    assert (
        "expected acme/storefront alone, or `buildwatch restart acme/storefront#3`"
        in cli("create", f"{drone.repo}#3").err
    )
    assert "read_only is set" in cli("create", drone.repo, "--yes", "--read-only").err
    assert cli("create", drone.repo, "-p", "WHO", "--yes").status == 2
    assert cli("ls", "--json").out.count('"build": null') == 3


@pytest.mark.parametrize("action", ["promote", "rollback"])
def test_promote_and_rollback_deploy_to_a_target(drone: Drone, cli: Cli, action: str) -> None:
    build = drone.ended(GREEN)
    done = cli(action, f"{drone.repo}#{build.number}", "production", "-p", "A=b", "--yes", "--json")
    assert (done.status, done.err) == (0, "")
    new = json.loads(done.out)["new"]
    assert (new["event"], new["commit"]) == (action, build.origin.after)
    made = drone.call(lambda: drone.server.control.build(drone.repo, new["number"]))
    assert (made.origin.deploy_to, made.origin.params["A"]) == ("production", "b")


def test_what_cannot_be_done_is_told(drone: Drone, cli: Cli) -> None:
    build = drone.ended(GREEN)
    address = f"{drone.repo}#{build.number}"
    for argv, status, said in (
        (["approve", address, "--yes"], 1, f"{address} does not wait for approval (it is success)"),
        (
            ["cancel", drone.repo, "--yes"],
            2,
            f"cancel needs a build; expected {drone.repo}#12 or {drone.repo}@latest",
        ),
        (["restart", address, "-p", "A", "--yes"], 2, "A is not a parameter; it should look like KEY=VALUE"),
        (["promote", address, "--yes"], 2, "the following arguments are required: TARGET"),
        (["restart", address], 2, f"this would run {address} again as a new build; add --yes to do it without"),
        (
            ["restart", address, "--yes", "--read-only"],
            2,
            "restart is not allowed: read_only is set (flag --read-only)",
        ),
    ):
        done = cli(*argv)
        assert (done.status, done.out) == (status, "")
        assert done.err.startswith(f"buildwatch: {said}")
    assert drone.server.world.by_slug[drone.repo].counter == build.number


def test_without_the_right_to_it_the_server_says_no(drone: Drone, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    build = drone.start(GREEN, blocked=True)
    monkeypatch.setenv("DRONE_TOKEN", drone.server.member_token)
    done = cli("approve", f"{drone.repo}#{build.number}", "--yes")
    assert (done.status, done.out) == (5, "")
    assert "(404); no such thing, or no right to it" in done.err
    assert build.stages[0].status == "blocked"


@pytest.mark.parametrize(("answer", "status"), [("y", 0), ("n", 1), ("", 1)])
def test_at_a_terminal_it_asks_first_and_says_what_it_will_do(
    drone: Drone, environ: dict[str, str], answer: str, status: int
) -> None:
    build = drone.running()
    pid, terminal = pty.fork()
    if pid == 0:
        argv = [sys.executable, "-m", "buildwatch", "cancel", f"{drone.repo}#{build.number}"]
        os.execve(sys.executable, argv, environ)
    shown = b""
    while b"[y/N]" not in shown:
        shown += os.read(terminal, 4096)
    assert f"stop {drone.repo}#{build.number}; what has not run yet will not run".encode() in shown
    assert f"DELETE /api/repos/{drone.repo}/builds/{build.number}".encode() in shown
    assert build.status == "running"
    os.write(terminal, f"{answer}\n".encode())
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == status
    os.close(terminal)
    assert build.status == ("killed" if status == 0 else "running")


def test_what_the_server_does_not_know_is_not_asked_for(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving("drone-0.7") as old:
        monkeypatch.setenv("DRONE_SERVER", old.server.url)
        monkeypatch.setenv("DRONE_TOKEN", old.server.token)
        build = old.call(lambda: old.server.control.start(Script("outlet/shopfront", (GREEN,))))
        old.until(lambda: build.status.ended)
        for sure in ([], ["--yes"]):
            done = cli("rollback", f"outlet/shopfront#{build.number}", "production", *sure)
            assert (done.status, done.out) == (5, "")
            assert done.err.endswith("runs drone-0.7, which knows no rollback\n")
