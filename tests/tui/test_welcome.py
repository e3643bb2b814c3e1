"""The first start: from an address to a token that works, to a configuration, to the tree."""

from __future__ import annotations

import os
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot
from textual.widgets import Input

from buildwatch.config import ConfigError, load
from buildwatch.config.first import text, with_token_command, with_token_file
from buildwatch.config.servers import from_file
from buildwatch.demo.driver import HandClock
from buildwatch.demo.kinds import Kind
from buildwatch.demo.server import DemoServer, running
from buildwatch.sources.greet import Greeting
from buildwatch.tui.welcome import BY_COMMAND, COMMAND, DEMO, FILE, KEEP, ONCE, TOKEN, Answer, Welcome

tomllib = pytest.importorskip("tomllib")


class Start:
    """The app and what is done in it."""

    def __init__(self, app: Welcome, pilot: Pilot[Answer]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def text(self) -> str:
        strips = self.app.screen._compositor.render_strips()
        return " ".join(" ".join("".join(segment.text for segment in strip) for strip in strips).split())

    async def shows(self, *texts: str) -> None:
        for _ in range(800):
            if all(text in self.text for text in texts):
                return
            await self.pilot.pause(0.01)
        raise AssertionError(f"not shown: {texts}; but: {self.text}")

    async def answer(self, typed: str) -> None:
        line = self.app.query_one(Input)
        for _ in range(800):
            if not line.disabled and line.display:
                break
            await self.pilot.pause(0.01)
        line.value = typed
        await self.pilot.press("enter")

    async def ended(self) -> Answer | None:
        for _ in range(800):
            if not self.app.is_running:
                break
            await self.pilot.pause(0.01)
        return self.app.return_value


@asynccontextmanager
async def started(size: tuple[int, int] = (80, 24)) -> AsyncIterator[Start]:
    app = Welcome(load(environ={"HOME": os.environ["HOME"]}))
    async with app.run_test(size=size) as pilot:
        yield Start(app, pilot)


async def test_by_hand_from_an_address_to_a_token_in_a_file(server: DemoServer) -> None:
    async with started() as start:
        await start.shows("No server is configured yet", "the demo instead")
        await start.answer(server.url)
        await start.shows("Drone 2.28", "answers there", f"{server.url}/account")
        assert start.app.query_one(Input).password
        await start.answer("not-this-one")
        await start.shows("the server does not accept that token")
        assert start.app.step == TOKEN
        await start.answer(server.token)
        await start.shows("hello", "3 repos to watch", "Where is the token to be kept?")
        assert server.token not in start.text
        await start.pilot.press("enter")
        answer = await start.ended()
    host = server.url.partition("://")[2]
    assert answer == Answer(FILE, host, server.url, server.token)


async def test_or_from_a_command(server: DemoServer) -> None:
    async with started((120, 40)) as start:
        await start.answer(server.url)
        await start.shows("answers there")
        await start.answer(server.token)
        await start.shows("Where is the token to be kept?")
        await start.pilot.press("down", "enter")
        await start.shows("A command prints it. Which?")
        await start.answer("no-such-command-anywhere")
        await start.shows("token_command no-such-command-anywhere cannot be run")
        await start.answer('sh -c "unclosed')
        await start.shows("a quote that is not closed")
        await start.answer("sh -c 'echo wrong'")
        await start.shows("does not accept the token")
        assert start.app.step == COMMAND
        command = f"sh -c 'echo {server.token}'"
        await start.answer(command)
        answer = await start.ended()
    assert answer is not None
    assert (answer.how, answer.command, answer.token) == (BY_COMMAND, command, "")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("ftp://ci.example.com", "the address begins with ftp://; expected http or https"),
        ("https://dana:secret@ci.example.com", "the address must not hold a user or password"),
        ("http://127.0.0.1:1", "127.0.0.1:1 does not answer at http://127.0.0.1:1 (connection refused)"),
        ("two words", "the address holds a space"),
    ],
)
async def test_what_is_wrong_with_an_address_is_said(typed: str, said: str) -> None:
    async with started() as start:
        await start.answer(typed)
        await start.shows(said)
        assert start.app.query_one(Input).value == typed  # to be mended
        assert "secret@" not in start.text.replace(typed, "")


async def test_the_question_stays_in_sight_when_the_screen_becomes_low(server: DemoServer) -> None:
    async with started() as start:
        await start.answer(server.url)
        await start.shows("With which token?")
        await start.pilot.resize_terminal(50, 11)
        await start.shows("/account")
        assert "Which one shall be watched" not in start.text


async def test_one_question_back_and_the_demo(server: DemoServer) -> None:
    async with started() as start:
        await start.pilot.press("f1")
        await start.shows("buildwatch shows the builds of Drone", "go on with what was typed", "one question back")
        await start.pilot.press("escape")  # closes it, and is not one question back
        await start.answer(server.url)
        await start.shows("With which token?")
        await start.answer("a token")
        await start.shows("holds characters that no token has")
        await start.pilot.press("escape")
        await start.shows("Which server, then?")
        await start.answer(server.url)
        await start.shows("With which token?")
        await start.answer(server.token)
        await start.shows("Where is the token to be kept?")
        assert start.app.step == KEEP
        await start.pilot.press("escape", "f2")
        assert await start.ended() == Answer(DEMO)


async def test_a_configuration_that_is_there_is_not_offered(server: DemoServer) -> None:
    config = Path(os.environ["HOME"]) / ".config" / "buildwatch" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('theme = "light"\n')
    async with started() as start:
        await start.answer(server.url)
        await start.shows("answers there")
        await start.answer(server.token)
        await start.shows("only this time", "is not changed")
        await start.pilot.press("enter")
        answer = await start.ended()
    assert answer is not None
    assert answer.how == ONCE
    assert config.read_text() == 'theme = "light"\n'


@pytest.mark.parametrize(
    ("kind", "words", "page"),
    [
        ("drone-0.8", "Drone 0.8", "/account/token"),
        ("woodpecker", "Woodpecker", "/user"),
        ("drone-0.5", "Drone 0.5", "/account/token"),
    ],
)
async def test_it_tells_what_answers(kind: Kind, words: str, page: str, clock: HandClock) -> None:
    async with running(DemoServer(kind=kind, clock=clock, seed=1, history=0, rate=0)) as server, started() as start:
        await start.answer(server.url)
        await start.shows(words, f"{server.url}{page}")


def test_a_server_that_tells_nothing_without_a_token() -> None:
    assert Greeting("https://ci.example").words == "something answers there, and tells what it is only with a token"
    assert Greeting("https://ci.example").token_page == "https://ci.example/account"


# what is written


@given(st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=30), st.text(max_size=20))
def test_what_is_written_is_read_as_it_was_meant(name: str, command: str) -> None:
    command = command.replace("\ud800", "")
    try:
        command.encode()
    except UnicodeEncodeError:
        return
    (server,) = tomllib.loads(text(name, "https://ci.example", "token_command", command))["server"]
    assert server == {"name": name, "url": "https://ci.example", "token_command": command}


def test_a_token_lies_in_a_file_of_its_own_for_its_user_alone(tmp_path: Path) -> None:
    config = tmp_path / "deep" / "config.toml"
    with_token_file(config, "ci.example:8080/x", "https://ci.example:8080/x", "t0k3n")
    (token,) = config.parent.glob("*.token")
    assert [stat.S_IMODE(file.stat().st_mode) for file in (config, token)] == [0o600, 0o600]
    assert "t0k3n" not in config.read_text()
    (server,) = from_file(tomllib.loads(config.read_text()), config, {})
    assert server.token.read().reveal() == "t0k3n"
    before = config.read_text()
    with pytest.raises(ConfigError, match="is there already and is left as it is; nothing was written"):
        with_token_file(config, "ci.example:8080/x", "https://other.example", "another")
    with pytest.raises(ConfigError, match="is there already"):
        with_token_command(config, "ci", "https://other.example", "pass show drone")
    with pytest.raises(ConfigError, match="is there already"):
        with_token_file(config, "ci.other", "https://other.example", "another")
    assert [file.name for file in sorted(config.parent.iterdir())] == sorted([config.name, token.name])
    assert (config.read_text(), token.read_text()) == (before, "t0k3n\n")


def test_where_nothing_can_be_written_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be written"):
        with_token_command(tmp_path / "file" / "config.toml", "ci", "https://ci.example", "pass show drone")
