"""The demo server as a program: what it says when ready, whom it lets in, and that it ends with its parent."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from buildwatch.demo.kinds import KINDS
from buildwatch.demo.serve import ServeError, serve

PROGRAM = (
    "from buildwatch.demo.serve import serve\n"
    "serve(seed=1, repos=2, history=1, exit_with_parent=True,"
    " ready=lambda url, token: print(url, token, flush=True))"
)


@contextmanager
def program(*command: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """The program once it is ready, and the words it said then."""
    with subprocess.Popen(
        [sys.executable, *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "BUILDWATCH_DEMO_TOKEN": "from-the-environment"},
    ) as process:
        assert process.stdout
        try:
            yield process, process.stdout.readline().split()
        finally:
            process.kill()


def test_it_ends_with_its_parent() -> None:
    with program("-c", PROGRAM) as (process, (url, token)):
        user = httpx.get(f"{url}/api/user", headers={"Authorization": f"Bearer {token}"})
        assert (user.status_code, token) == (200, "from-the-environment")
        assert process.stdin
        process.stdin.close()
        assert process.wait(timeout=10) == 0


def test_it_ends_when_told_with_streams_open() -> None:
    with program("-m", "buildwatch.demo", "--seed", "1", "--repos", "1") as (process, (word, url, _)):
        assert word == "ready"
        with httpx.stream("GET", f"{url}/api/stream") as response:
            assert next(response.iter_text()) == ": ping\n\n"
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=10) == 0


def test_it_listens_on_loopback_only() -> None:
    with pytest.raises(ServeError, match="loopback only"):
        serve(host="0.0.0.0", ready=lambda url, token: None)


def test_a_taken_port_is_said_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ServeError, match=f"cannot listen on http://127.0.0.1:{port}"):
            serve(port=port, repos=1, history=0, ready=lambda url, token: None)


ALL = (
    "from buildwatch.demo.kinds import KINDS\n"
    "from buildwatch.demo.serve import serve_all\n"
    "serve_all(list(KINDS), lambda servers: print(*(word for one in servers for word in one), flush=True),"
    " seed=1, history=1, exit_with_parent=True)"
)


def test_all_kinds_at_once() -> None:
    """Each with repos of its own, and each known by its own headers."""
    with program("-c", ALL) as (process, words):
        assert words[::3] == list(KINDS)
        slugs: list[str] = []
        for kind, url, token in zip(*(iter(words),) * 3, strict=True):
            answer = httpx.get(f"{url}/api/user/repos", headers={"Authorization": f"Bearer {token}"})
            rows = answer.json()
            slugs += [row.get("slug") or row["full_name"] for row in rows]
            version = answer.headers.get("X-Drone-Version") or answer.headers.get("X-Woodpecker-Version")
            assert (version is None) == (kind == "drone-2")
        assert len(slugs) == len(set(slugs)) > 30
        assert process.stdin
        process.stdin.close()
        assert process.wait(10) == 0


def test_a_kind_is_chosen_on_the_command_line() -> None:
    with program("-m", "buildwatch.demo", "--kind", "drone-0.5", "--seed", "1", "--history", "1") as (_, words):
        assert httpx.get(f"{words[1]}/api/user").headers["X-Drone-Version"] == "0.5.0+dev"
    with program("-m", "buildwatch.demo", "--kind", "all", "--seed", "1", "--history", "1") as (_, words):
        assert words[:2] == ["ready", "drone-2"]
