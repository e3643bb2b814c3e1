"""`buildwatch doctor`: what keeps buildwatch from working is found and said, and what is right is not doubted."""

from __future__ import annotations

import json
import os
import pty
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from buildwatch.cli import doctor

if TYPE_CHECKING:
    from tests.cli.conftest import Cli, Done, Drone


def levels(done: Done) -> dict[str, str]:
    """What was said, with its level."""
    return {row["said"]: row["level"] for row in map(json.loads, done.out.splitlines())}


def test_nothing_is_wrong(cli: Cli, drone: Drone) -> None:
    done = cli("doctor", "--json")
    said = levels(done)
    assert done.status == 0
    assert set(said.values()) == {"ok"}
    host = drone.server.url.removeprefix("http://")
    assert f"{host} is drone 2.28.1 at {drone.server.url}; the token is dana's, an admin" in said
    assert f"{host} lists 3 repos, 3 active" in said
    assert f"{host} tells what happens as it does: its event stream is open" in said
    assert cli("doctor").out.startswith("✓ configuration: none")


def test_a_wrong_token(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRONE_TOKEN", "hunter2hunter2")
    done = cli("doctor")
    assert done.status == 1
    assert "does not accept the token (401); check token_env DRONE_TOKEN" in done.out
    assert "hunter2" not in done.out + done.err


def test_what_is_dead_hides_nothing_of_what_lives(cli: Cli, drone: Drone, tmp_path: Path) -> None:
    file = tmp_path / "two.toml"
    file.write_text('[[server]]\nname = "dead"\nurl = "http://127.0.0.1:9"\ntoken_env = "DRONE_TOKEN"\n')
    done = cli("doctor", "--config", str(file))
    assert done.status == 1
    assert "✗ dead does not answer at http://127.0.0.1:9 (connection refused)" in done.out
    assert "lists 3 repos" in done.out


def test_a_stream_that_does_not_open_is_no_reason_not_to_work(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, drone: Drone
) -> None:
    from buildwatch.sources.drone1 import DroneSource
    from buildwatch.sources.errors import Denied

    def closed(_: DroneSource) -> object:
        raise Denied("the stream is closed to us", 403)

    monkeypatch.setattr(DroneSource, "events", closed)
    done = cli("doctor", "--json")
    assert done.status == 0
    (said,) = [said for said, level in levels(done).items() if level == "warning"]
    assert "does not open (the stream is closed to us); changes are found by reading" in said


def test_a_server_that_lists_nothing(cli: Cli, drone: Drone) -> None:
    drone.server.faults.null_lists = True
    done = cli("doctor", "--json")
    assert "lists no repos for dana: there is nothing to watch" in done.out


def test_a_server_that_never_answers(cli: Cli, drone: Drone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PATIENCE", 0.3)
    drone.server.faults.slow_answers = 30.0
    done = cli("doctor")
    assert done.status == 1
    assert "does not answer within" in done.out


def test_a_clock_that_is_wrong(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    from buildwatch.cli.servers import Server

    monkeypatch.setattr(Server, "now", lambda _: 0.0)
    assert "s behind ours; times are shown by it" in cli("doctor").out


def test_no_server_and_a_theme_that_cannot_be(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DRONE_SERVER")
    monkeypatch.delenv("DRONE_TOKEN")
    done = cli("doctor", "--theme", "nowhere")
    assert done.status == 1
    assert "no server is configured; set DRONE_SERVER and DRONE_TOKEN" in done.out
    assert '"nowhere"' in done.out


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"TERM": "dumb"}, "TERM is dumb: the screen cannot be drawn"),
        (
            {"TERM": "xterm", "COLORTERM": ""},
            "COLORTERM does not say truecolor: colours may be few; try --theme terminal",
        ),
        ({"TERM": "xterm-256color", "COLUMNS": "60", "LINES": "20"}, "60×20; the screen wants 80×24"),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "NO_COLOR is set"),
    ],
)
def test_the_terminal(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], said: str) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb"), os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr("sys.stdout", terminal)
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        found = list(doctor._terminal())
    assert any(said in one.said for one in found)


def test_the_theme_that_it_names_is_there(cli: Cli) -> None:
    assert "theme terminal and the keys can be used" in cli("doctor", "--theme", "terminal").out
