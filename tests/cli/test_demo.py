"""`buildwatch demo`: the server alone, and the screen on a server of its own."""

from __future__ import annotations

import json
import os
import pty
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from buildwatch.cli.main import main

DEMO = [sys.executable, "-m", "buildwatch", "demo"]


def served(*argv: str) -> tuple[subprocess.Popen[str], dict[str, str]]:
    """A demo server, and what it says to set in the environment."""
    process = subprocess.Popen(
        [*DEMO, "--serve-only", *argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout
    return process, dict(process.stdout.readline().strip().split("=", 1) for _ in range(2))


def test_the_server_alone_says_how_to_watch_it_and_is_an_ordinary_server(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    process, says = served("--seed", "5", "--repos", "4", "--rate", "0")
    with process:
        for name, value in says.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("HOME", str(tmp_path))
        assert main(["ls", "--json"]) == 0
        assert len(json.loads(capsys.readouterr().out)) == 4
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_a_port_that_is_taken_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run([*DEMO, "--serve-only", "--port", str(port)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"buildwatch: cannot listen on http://127.0.0.1:{port}: ")
    assert done.stderr.count("\n") == 1


def test_the_server_of_a_screen_ends_with_it() -> None:
    process, _ = served("--with-parent", "--repos", "2", "--rate", "0")
    with process:
        assert process.stdin
        process.stdin.close()
        assert process.wait(30) == 0


@pytest.mark.parametrize(
    ("flag", "value", "said"),
    [
        ("--port", "99999", "argument --port: expected a number from 0 to 65535, not '99999'"),
        ("--repos", "0", "argument --repos: expected a number from 1 to 2000, not '0'"),
        ("--rate", "-1", "argument --rate: expected a number from 0 on, not '-1'"),
        ("--rate", "much", "argument --rate: expected a number from 0 on, not 'much'"),
        ("--rate", "nan", "argument --rate: expected a number from 0 on, not 'nan'"),
        ("--seed", "x", "argument --seed: expected a number from 0 to 999999999, not 'x'"),
    ],
)
def test_numbers_out_of_range_are_told(flag: str, value: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", f"{flag}={value}"]) == 2
    assert capsys.readouterr().err.startswith(f"buildwatch: {said}")


def test_without_a_terminal_the_screen_is_refused() -> None:
    done = subprocess.run(DEMO, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert "the screen needs a terminal" in done.stderr


def test_the_screen_shows_the_demo_and_leaves_nothing_behind(tmp_path: Path) -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        environ = {"HOME": str(tmp_path), "TERM": "xterm-256color", "PATH": os.environ["PATH"], "LINES": "30"}
        os.execve(sys.executable, [*DEMO, "--seed", "1", "--repos", "3"], environ | {"COLUMNS": "100"})
    shown = b""
    while b"storefront" not in shown:
        shown += os.read(terminal, 65536)
    os.write(terminal, b"q")
    try:
        while piece := os.read(terminal, 65536):
            shown += piece
    except OSError:  # the other end is closed
        pass
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert b"buildwatch watched demo for" in shown
