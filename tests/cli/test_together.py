"""Several servers of which some are dead: what the living ones say does not wait for them."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from buildwatch.cli import together as module
from buildwatch.cli.errors import UserError
from buildwatch.cli.servers import Server
from buildwatch.cli.together import together
from buildwatch.clock import ServerClock
from buildwatch.config.settings import ServerSettings
from buildwatch.config.token import plain
from buildwatch.sources.connect import connect

if TYPE_CHECKING:
    from tests.cli.conftest import Cli, Drone, Started


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """Takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.fixture
def file(
    drone: Drone, silent: socket.socket, environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """A configuration of three servers: one that is silent, one that lives and one that refuses."""
    monkeypatch.delenv("DRONE_SERVER")
    with socket.create_server(("127.0.0.1", 0)) as gone:
        ports = {"silent": silent.getsockname()[1], "gone": gone.getsockname()[1]}
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()} | {"living": drone.server.url}
    path = tmp_path / "three.toml"
    path.write_text(
        "".join(
            f'[[server]]\nname = "{name}"\nurl = "{urls[name]}"\ntoken_env = "DRONE_TOKEN"\nkind = "drone-2"\n'
            for name in ("silent", "living", "gone")
        )
    )
    return str(path)


def made(*names: str) -> list[Server]:
    """Servers that are not asked for anything over the network."""
    return [
        Server(connect(ServerSettings(name, f"http://{name}", plain("secret")), ServerClock(), float), ServerClock())
        for name in names
    ]


def test_ls_tells_what_lives_before_a_silent_server_has_failed(
    file: str, silent: socket.socket, started: Started, environ: dict[str, str]
) -> None:
    environ.pop("DRONE_SERVER")
    process = started("ls", "--config", file)
    assert process.stdout is not None
    rows = [process.stdout.readline() for _ in range(3)]
    assert all(row.startswith("living  acme/") for row in rows)
    assert process.poll() is None
    silent.close()
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (5, "")
    assert sorted(line.split()[1] for line in err.splitlines()) == ["gone", "silent"]


def test_ls_waits_a_bounded_time_for_the_rest_and_says_which(
    file: str, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TOGETHER", 0.1)
    monkeypatch.setattr(module, "LATE", 1.5)
    for argv in (["ls"], ["ls", "--json"]):
        done = cli(*argv, "--config", file)
        assert done.status == 5
        said = done.err.splitlines()
        assert len(said) == 2
        assert any("gone does not answer at http://127.0.0.1:" in line for line in said)
        assert any("silent has not answered" in line and "--server silent waits for it" in line for line in said)
        told = (
            [row["server"] for row in json.loads(done.out)]
            if "--json" in argv
            else [line.split()[0] for line in done.out.splitlines()]
        )
        assert told == ["living"] * 3


async def test_answers_that_come_together_are_told_together_and_later_ones_after_them() -> None:
    later: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def call(server: Server) -> str:
        if server.source.name == "later":
            return await later
        if server.source.name == "broken":
            raise UserError("broken is broken", 5)
        return server.source.name

    answers = together(made("one", "later", "broken", "two"), call)
    first = await anext(answers)
    assert {at: str(answer) for at, answer in first.items()} == {0: "one", 2: "broken is broken", 3: "two"}
    later.set_result("here")
    assert [batch async for batch in answers] == [{1: "here"}]


async def test_no_limit_before_anybody_has_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that says no at once does not make those impatient that are only slow."""
    monkeypatch.setattr(module, "TOGETHER", 0.0)
    monkeypatch.setattr(module, "LATE", 0.0)
    slow: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def call(server: Server) -> str:
        if server.source.name == "slow":
            return await slow
        raise UserError("no", 5)

    answers = together(made("broken", "slow"), call)
    assert [str(answer) for answer in (await anext(answers)).values()] == ["no"]
    asyncio.get_running_loop().call_later(0.05, slow.set_result, "here")
    assert [batch async for batch in answers] == [{1: "here"}]


async def test_a_bug_in_a_call_is_not_hidden() -> None:
    async def call(server: Server) -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        async for _ in together(made("one"), call):
            pass
