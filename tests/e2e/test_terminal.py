"""The program as a person starts it: in a terminal, from the first character to the shell's prompt."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import termios
import unicodedata
from base64 import b64decode
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.conftest import Open, Served

NASTY = (
    "\x1b]0;owned\x07\x1b[31mred\x1b[2J\x1b[5n\x9b5n \x1b]52;c;b3duZWQ=\x07 "
    "\u202eevil\u202c [/foo] [b]x[/b] \x00\x08\x7f"
)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def is_served(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


# the demo


@pytest.mark.parametrize("key", ["q", "\x11"], ids=["q", "ctrl+q"])
def test_the_demo_from_the_first_screen_to_the_verdict(key: str, terminal: Open) -> None:
    port = free_port()
    screen = terminal("demo", "--seed=1", f"--port={port}")
    screen.shows("● demo live", "acme", "storefront", "running", "q quit")
    assert screen.screen.modes["1049"]
    assert is_served(port)
    screen.press(key)
    ended = screen.ends()
    assert ended.status == 0
    assert re.search(r"^buildwatch watched demo for 0:\d\d: ", ended.printed, re.MULTILINE)
    assert len(ended.printed.strip().splitlines()) <= 3
    assert screen.is_sane()
    assert not is_served(port), "its server goes with it"
    assert screen.screen.strange == []
    assert screen.screen.titles == []
    assert any(re.fullmatch(r"(✗\d+ )?●\d+ (◆\d+ )?buildwatch", tab) for tab in screen.screen.tab)
    assert (screen.screen.tab[-1], screen.screen.kept) == ("", 0), "the terminal's own title again"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_the_demo_with_its_server(number: signal.Signals, terminal: Open) -> None:
    port = free_port()
    screen = terminal("demo", "--seed=1", f"--port={port}")
    screen.shows("● demo live")
    screen.kill(number)
    ended = screen.ends()
    assert ended.status == 128 + number
    assert "Traceback" not in ended.printed
    assert screen.is_sane()
    assert not is_served(port)


def test_ctrl_c_neither_ends_it_nor_breaks_it(terminal: Open) -> None:
    screen = terminal("demo", "--seed=1")
    screen.shows("● demo live")
    screen.press("\x03")
    screen.press("?")
    screen.shows("in the tree")
    screen.press("\x1b")
    screen.press("\x11")
    assert screen.ends().status == 0
    assert screen.is_sane()


def test_a_terminal_that_goes_away_without_a_word_ends_it(served: Served, environ: dict[str, str]) -> None:
    """No signal comes where the terminal is not that of a session, as with some tools that run programs in one."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (30, 100))
    process = subprocess.Popen(
        [sys.executable, "-m", "buildwatch"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        env=environ | served.environ,
    )
    try:
        os.close(theirs)
        while select.select([ours], [], [], 40)[0] and b"buildwatch" not in os.read(ours, 65536):
            pass
        os.close(ours)
        assert process.wait(20) in (120, 129)  # 120: Python could not flush what it had left to say
    finally:
        process.kill()
        process.wait()


# a server of one's own


def test_two_variables_are_enough(terminal: Open, served: Served) -> None:
    build = served.order("builds", repo="acme/search", stages=[{"steps": [{"name": "test", "hold": True}]}])
    screen = terminal(**served.environ)
    screen.shows("live", "search", f"#{build['number']}", "● test")
    screen.press("c")
    screen.shows(f"stop acme/search#{build['number']}", "DELETE /api/repos/acme/search/builds/")
    screen.press("y")
    screen.shows("⊘ search")
    state = next(one for one in served.state() if one["id"] == build["id"])
    assert state["status"] == "killed"
    screen.press("q")
    ended = screen.ends()
    assert ended.status == 0
    assert "1 build ended, 1 stopped" in ended.printed
    assert served.token.encode() not in screen.bytes


def test_without_any_configuration_it_leads_to_the_tree_and_back_there_the_next_time(
    terminal: Open, served: Served, environ: dict[str, str]
) -> None:
    first = terminal(size=(80, 24))
    first.shows("No server is configured yet", "the demo instead")
    first.press(f"{served.url}\r")
    first.shows("Drone 2.28", "answers there", "With which token?")
    first.press(f"{served.token}\r")
    first.shows("hello", "Where is the token to be kept?")
    assert served.token not in first.screen.text
    first.press("\r")
    first.shows("live", "acme")
    first.press("q")
    assert first.ends().status == 0
    config = Path(environ["HOME"]) / ".config" / "buildwatch" / "config.toml"
    assert f'url = "{served.url}"' in config.read_text()
    assert served.token not in config.read_text()
    again = terminal()
    again.shows("live", "acme")
    again.press("q")
    assert again.ends().status == 0


def test_the_first_start_is_left_as_quietly_as_it_came(terminal: Open) -> None:
    screen = terminal()
    screen.shows("No server is configured yet")
    screen.press("\x11")
    ended = screen.ends()
    assert (ended.status, ended.printed.strip()) == (0, "")
    assert screen.is_sane()


def test_the_pager_has_the_terminal_and_gives_it_back(terminal: Open, served: Served, tmp_path: Path) -> None:
    pager = tmp_path / "pager"
    pager.write_text(
        '#!/bin/sh\ntrap "echo INTERRUPTED" INT\necho "LINES: $(wc -l < "$1")"\nread answer\nread answer\n'
    )
    pager.chmod(0o700)
    step = {"name": "test", "log": [f"line {number}\n" for number in range(7)]}
    served.order("builds", repo="acme/checkout-api", stages=[{"steps": [step]}])
    screen = terminal(PAGER=str(pager), **served.environ)
    screen.shows("live", "checkout-api")
    screen.press("/checkout-api\r")
    screen.shows("line 6")
    screen.press("\tp")
    screen.until(lambda: "LINES: 7" in "".join(screen.screen.printed))
    screen.press("\x03")
    screen.until(lambda: "INTERRUPTED" in "".join(screen.screen.printed))
    screen.press("\r\r")
    screen.shows("line 6", "checkout-api")
    screen.press("q")
    assert screen.ends().status == 0
    assert screen.is_sane()


def test_it_follows_the_size_of_the_window(terminal: Open, served: Served) -> None:
    screen = terminal(size=(120, 40), **served.environ)
    screen.shows("live", "storefront")

    def fills(height: int) -> bool:
        return "live" in screen.screen.lines[0] and "/ filter" in screen.screen.lines[height - 1]

    for width, height in ((80, 24), (200, 60), (100, 30)):
        screen.resize(width, height)
        screen.until(partial(fills, height))
    screen.press("q")
    assert screen.ends().status == 0


def test_a_wrong_token(terminal: Open, served: Served) -> None:
    screen = terminal(DRONE_SERVER=served.url, DRONE_TOKEN="not-this-one")
    screen.shows("does not accept the token (401)", "DRONE_TOKEN", "press R")
    screen.press("q")
    assert screen.ends().status == 0
    assert b"not-this-one" not in screen.bytes


def test_a_server_that_never_answers_holds_nobody_back(terminal: Open) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        screen = terminal(DRONE_SERVER=f"http://127.0.0.1:{deaf.getsockname()[1]}", DRONE_TOKEN="x")
        screen.shows("asking http://127.0.0.1")
        screen.press("q")
        assert screen.ends().status == 0
        assert screen.is_sane()


def test_nothing_from_outside_reaches_the_terminal(terminal: Open, served: Served) -> None:
    said = [f"{NASTY}\n", f"error: {NASTY}\n", f"{NASTY}"]
    step = {"name": NASTY, "log": said, "hold": True}
    stages = [{"name": NASTY, "steps": [step]}]
    served.order("repos", repo="aaa/first")  # so that it is what the app opens on
    served.order("builds", repo="aaa/first", message=NASTY, branch=NASTY, author=NASTY, stages=stages)
    screen = terminal(size=(140, 40), **served.environ)
    screen.shows("live", "aaa/first#1", "[/foo] [b]x[/b]", "error: red")
    screen.press("l\r")
    screen.shows("w wrap")
    screen.press("wey")
    screen.until(lambda: any(title.startswith("52;c;") for title in screen.screen.titles))
    screen.press("\tr")
    screen.shows("again as a new build?")
    screen.press("\x11")
    ended = screen.ends()
    assert ended.status == 0
    copied = [title for title in screen.screen.titles if title.startswith("52;c;")]
    assert screen.screen.titles == copied
    assert all("b3duZWQ" not in title for title in copied)
    assert all(b"\x1b" not in b64decode(title.removeprefix("52;c;")) for title in copied)
    assert screen.screen.strange == []
    assert b"\x1b[5n" not in screen.bytes
    text = screen.bytes.decode()
    assert [letter for letter in text if unicodedata.category(letter) == "Cf"] == []
    assert "\x9b" not in text
    assert screen.is_sane()


# poorer terminals


def test_without_colour(terminal: Open, served: Served) -> None:
    screen = terminal(NO_COLOR="1", **served.environ)
    screen.shows("live", "storefront")
    screen.press("q")
    screen.ends()
    colors = re.findall(r"[34]8;2;(\d+);(\d+);(\d+)", ";".join(screen.screen.styles))
    assert all(red == green == blue for red, green, blue in colors)
    assert not re.search(
        r"(?:^|;)(?:3[1-6]|4[1-6]|9[1-6])(?:;|$)",
        "\n".join(re.sub(r"[34]8;2;\d+;\d+;\d+", "", s) for s in screen.screen.styles),
    )


def test_ascii(terminal: Open, served: Served) -> None:
    screen = terminal("--ascii", **served.environ)
    screen.shows("* ", "live", "storefront", "q quit")
    screen.press("q")
    assert screen.ends().status == 0
    assert all(letter.isascii() or letter.isalpha() for letter in screen.bytes.decode()), "but for people's names"


@pytest.mark.parametrize("argv", [(), ("demo",)])
def test_a_dumb_terminal_gets_a_sentence(argv: tuple[str, ...], terminal: Open, served: Served) -> None:
    screen = terminal(*argv, TERM="dumb", **served.environ)
    ended = screen.ends()
    assert ended.status == 2
    assert ended.printed.strip() == (
        "buildwatch: the screen needs a terminal; without one use `buildwatch ls` or `buildwatch watch`"
    )
    assert b"\x1b" not in screen.bytes


@pytest.mark.parametrize("argv", [(), ("demo",)])
def test_a_pipe_gets_a_sentence(argv: tuple[str, ...], environ: dict[str, str], served: Served) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "buildwatch", *argv],
        env=environ | served.environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("buildwatch: the screen needs a terminal;")
    assert done.stderr.count("\n") == 1


def test_a_theme_that_is_not_there_is_a_sentence(terminal: Open, served: Served) -> None:
    ended = terminal("--theme", "sea", **served.environ).ends()
    assert ended.status == 2
    assert ended.printed.strip().startswith('buildwatch: there is no theme "sea"; there are dark, deuteranopia')


def test_a_key_that_would_mean_two_things_is_a_sentence(terminal: Open, served: Served, tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    file.write_text('[keymap]\n"tree.failed" = "r"\n')
    ended = terminal("--config", str(file), **served.environ).ends()
    assert ended.status == 2
    assert re.fullmatch(
        r'buildwatch: .*keys\.toml: \[keymap\] "r" would mean both build\.restart and tree\.failed .*',
        " ".join(ended.printed.split()),
    )
    assert "\n" not in ended.printed.strip()
