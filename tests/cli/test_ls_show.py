"""`buildwatch ls` and `buildwatch show` against a server."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from buildwatch.demo.control import StageScript, StepScript
from tests.cli.conftest import serving

if TYPE_CHECKING:
    from buildwatch.demo.kinds import Kind
    from tests.cli.conftest import Cli, Drone, Started

REPO = "acme/storefront"

GREEN = StageScript((StepScript("compile", seconds=0.0), StepScript("test", seconds=0.0)), "unit")
RED = StageScript((StepScript("test", seconds=0.0, outcome="failure", exit_code=3),), "unit")


def test_ls_tells_every_repo_with_its_newest_build(drone: Drone, cli: Cli) -> None:
    drone.ended(GREEN)
    newest = drone.ended(RED, message="Break it\n\nfor good", branch="topic")
    done = cli("ls", "--json")
    assert (done.status, done.err) == (0, "")
    rows = {row["repo"]: row for row in json.loads(done.out)}
    assert rows.keys() == {repo.slug for repo in drone.server.world.repos}
    assert rows[REPO] == {
        "server": drone.server.url.removeprefix("http://"),
        "repo": REPO,
        "build": {
            "number": newest.number,
            "status": "failure",
            "event": "push",
            "branch": "topic",
            "commit": newest.origin.after,
            "author": newest.origin.author and newest.origin.author.login,
            "message": "Break it\n\nfor good",
            "created": newest.created,
            "started": newest.started,
            "finished": newest.finished,
        },
    }
    assert [row["build"] for slug, row in rows.items() if slug != REPO] == [None] * (len(rows) - 1)


def test_ls_as_text_is_plain_and_one_line_a_repo(drone: Drone, cli: Cli) -> None:
    build = drone.ended(RED, message="Break it\n\nfor good")
    done = cli("ls")
    assert "\x1b" not in done.out
    lines = done.out.splitlines()
    assert len(lines) == len(drone.server.world.repos)
    (line,) = [line for line in lines if line.startswith(f"{REPO}#{build.number} ")]
    assert "✗ failure" in line
    assert line.endswith(": Break it")
    assert cli("ls", "--ascii").out.isascii()


@pytest.mark.parametrize(
    ("kind", "repo"),
    [("drone-0.5", "cellar/fax-gateway"), ("drone-0.7", "outlet/shopfront"), ("drone-0.8", "warehouse/picking")],
)
def test_ls_tells_killed_where_the_list_says_failure(
    kind: Kind, repo: str, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(kind) as old:
        monkeypatch.setenv("DRONE_SERVER", old.server.url)
        monkeypatch.setenv("DRONE_TOKEN", old.server.token)
        build = old.running(repo=repo)
        old.call(lambda: old.server.control.cancel(build))
        old.until(lambda: build.status.ended)
        rows = {row["repo"]: row["build"] for row in json.loads(cli("ls", "--json").out)}
        assert rows[repo]["status"] == "killed"
        assert f"{repo}#{build.number}  ⊘ killed" in cli("show", f"{repo}#{build.number}").out


def test_ls_goes_on_when_an_answer_fails_now_and_then(drone: Drone, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("buildwatch.sources.backoff.FIRST", 0.001)
    drone.server.faults.change({"seed": 2, "bad_gateway": 0.5})
    assert cli("ls").status == 0
    drone.server.faults.change({"bad_gateway": 1.0})
    done = cli("ls")
    assert (done.status, done.out) == (5, "")
    assert "(502)" in done.err


def test_a_wrong_token_is_told_with_its_remedy(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRONE_TOKEN", "wrong")
    done = cli("ls")
    assert (done.status, done.out) == (5, "")
    assert "does not accept the token (401); check token_env DRONE_TOKEN" in done.err
    monkeypatch.delenv("DRONE_TOKEN")
    assert "has no token: DRONE_TOKEN is not set" in cli("ls").err


def test_a_server_that_is_away_is_told(drone: Drone, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("buildwatch.sources.backoff.FIRST", 0.001)
    drone.call(drone.server.control.refuse)
    for argv in (["ls"], ["ls", "--json"], ["show", REPO], ["wait", REPO], ["logs", REPO]):
        done = cli(*argv)
        assert (done.status, done.out.strip()) == (5, "[]" if "--json" in argv else "")
        assert f"does not answer at {drone.server.url}" in done.err
        assert done.err.count("\n") == 1


def test_the_proxy_of_drones_own_command_line_is_used(started: Started, environ: dict[str, str]) -> None:
    """One that hangs up in the middle is told of like any other that does not work."""
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        environ["SOCKS_PROXY"] = f"127.0.0.1:{proxy.getsockname()[1]}"
        process = started("ls")
        client = proxy.accept()[0]
    with client:
        assert client.recv(64)[:1] == b"\x05"  # the version of SOCKS
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (5, "")
    assert err.count("\n") == 1


def test_show_tells_stages_and_steps(drone: Drone, cli: Cli) -> None:
    build = drone.ended(GREEN, RED)
    for repo in (REPO, REPO.rpartition("/")[2], f"{REPO}#{build.number}", f"{REPO}@latest"):
        told = json.loads(cli("show", repo, "--json").out)
        assert (told["repo"], told["build"]["number"], told["build"]["status"]) == (REPO, build.number, "failure")
    stages = told["build"]["stages"]
    assert [(stage["name"], stage["status"]) for stage in stages] == [("unit", "success"), ("unit", "failure")]
    assert [step["name"] for step in stages[0]["steps"]] == ["compile", "test"]
    assert stages[1]["steps"][0]["exit_code"] == 3
    text = cli("show", f"{drone.server.url}/{REPO}/{build.number}").out
    assert text.startswith(f"{REPO}#{build.number}  ✗ failure")
    assert "1/2  test" in text
    assert "exit 3" in text
    assert f"{drone.server.url}/{REPO}/{build.number}" in text


@pytest.mark.parametrize("after", [0.0, 60.0])
def test_show_tells_of_what_will_never_begin(cli: Cli, monkeypatch: pytest.MonkeyPatch, after: float) -> None:
    monkeypatch.setattr("buildwatch.insight.waterfall.STUCK_AFTER", after)
    with serving("drone-0.8") as old:
        monkeypatch.setenv("DRONE_SERVER", old.server.url)
        monkeypatch.setenv("DRONE_TOKEN", old.server.token)
        repo = "warehouse/picking"
        build = old.start(repo=repo, error="yaml: line 3")
        assert "was made and will never begin" in cli("restart", f"{repo}#{build.number}", "--yes").err
        shown = cli("show", f"{repo}@latest").out
        assert "○ pending" in shown
        assert ("it will never begin" in shown) is (not after)


def test_show_of_what_is_not_there_says_so(drone: Drone, cli: Cli) -> None:
    assert cli("show", REPO).err == f"buildwatch: {REPO} has no builds yet\n"
    build = drone.start()
    done = cli("show", f"{REPO}#999")
    assert (done.status, done.out) == (5, "")
    assert done.err == f"buildwatch: {REPO} has no build #999, or the token has no right to it\n"
    assert cli("show", "nobody").err == ("buildwatch: no server has a repo nobody, or the token has no right to it\n")
    assert "is on no server of the configuration" in cli("show", f"https://other.example.com/a/b/{build.number}").err


def test_two_servers_with_the_same_repo_must_be_told_apart(
    drone: Drone, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = drone.ended(GREEN)
    monkeypatch.delenv("DRONE_SERVER")
    file = tmp_path / "two.toml"
    file.write_text(
        "".join(
            f'[[server]]\nname = "{name}"\nurl = "{drone.server.url}"\ntoken_env = "DRONE_TOKEN"\n'
            for name in ("one", "two")
        )
    )
    done = cli("show", REPO, "--config", str(file))
    assert done.status == 2
    assert done.err == f"buildwatch: {REPO} can be {REPO} on one, {REPO} on two; give owner/name, and --server NAME\n"
    done = cli("show", REPO, "--json", "--config", str(file), "--server", "two")
    assert json.loads(done.out)["server"] == "two"
    servers = [row["server"] for row in json.loads(cli("ls", "--json", "--config", str(file)).out)]
    assert servers == ["one"] * 3 + ["two"] * 3
    assert f"one  {REPO}#{build.number}" in cli("ls", "--config", str(file)).out
