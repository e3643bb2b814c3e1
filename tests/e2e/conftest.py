"""The installed program in a real pseudo-terminal, and a terminal that understands what it draws."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
import urllib.request
from collections.abc import Callable, Iterator
from fcntl import ioctl
from pathlib import Path
from struct import pack
from typing import Any, NamedTuple

import pytest
from rich.cells import cell_len

LIMIT = 40.0
"""Seconds after which something that did not come about is a failure."""

BUILDWATCH = [sys.executable, "-m", "buildwatch"]

_WITH_TERMINAL = "import os, sys; os.close(os.open(os.ttyname(0), os.O_RDWR)); os.execv(sys.argv[1], sys.argv[1:])"
"""Makes the terminal the one that signals come from: the first that the leader of a session opens."""

_SEQUENCE = re.compile(
    r"\x1b\[(?P<csi>[0-?]*[ -/]*[@-~])"
    r"|\x1b\](?P<osc>[^\x07\x1b]*)(?:\x07|\x1b\\)"
    r"|\x1b(?P<other>[PX^_][^\x1b]*\x1b\\|[ -/]*[0-Z\\-~])"
    r"|(?P<control>[\x00-\x1a\x1c-\x1f\x7f-\x9f])"
    r"|(?P<text>[^\x00-\x1f\x7f-\x9f]+)"
)
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b]*\x1b?|[ -/]*)?$")


class Screen:
    """As much of a terminal as the program uses. What it does not know it keeps in `strange`."""

    def __init__(self, width: int, height: int) -> None:
        self.modes: dict[str, bool] = {"25": True}
        self.keyboard = 0  # how many times the keyboard's mode was pushed
        self.strange: list[str] = []
        self.titles: list[str] = []
        self.tab: list[str] = []  # the titles that the tab had, the last one now
        self.kept = 0  # how many titles the terminal keeps
        self.styles: set[str] = set()
        self.printed: list[str] = []  # what was printed outside the alternate screen
        self._rest = ""
        self._row = self._column = 0
        self.resize(width, height)

    def resize(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.cells = [[" "] * width for _ in range(height)]

    @property
    def lines(self) -> list[str]:
        return ["".join(row).rstrip() for row in self.cells]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.lines).replace("▏", " ").split())

    def feed(self, text: str) -> None:
        text = self._rest + text
        cut = _UNFINISHED.search(text)
        self._rest = text[cut.start() :] if cut else ""
        for found in _SEQUENCE.finditer(text[: cut.start()] if cut else text):
            for kind, value in found.groupdict().items():
                if value is not None:
                    getattr(self, f"_{kind}")(value)

    def _text(self, text: str) -> None:
        if not self.modes.get("1049"):
            self.printed.append(text)
            return
        for letter in text:
            size = cell_len(letter)
            if size and self._column + size <= self.width and self._row < self.height:
                self.cells[self._row][self._column : self._column + size] = [letter, *[""] * (size - 1)]
                self._column += size

    def _control(self, letter: str) -> None:
        if not self.modes.get("1049"):
            self.printed.append(letter)
        elif letter == "\n":
            self._row += 1
        elif letter == "\r":
            self._column = 0
        else:
            self.strange.append(repr(letter))

    def _csi(self, sequence: str) -> None:
        parameters, final = sequence[:-1], sequence[-1]
        if final == "m":
            self.styles.add(parameters)
        elif final == "H":
            row, _, column = parameters.partition(";")
            self._row, self._column = int(row or 1) - 1, int(column or 1) - 1
        elif final in "hl" and parameters.startswith("?"):
            for mode in parameters[1:].split(";"):
                self.modes[mode] = final == "h"
                if mode == "1049":
                    self.resize(self.width, self.height)
        elif final == "u" and parameters[:1] in (">", "<"):
            self.keyboard += 1 if parameters[0] == ">" else -1
        elif final == "t" and parameters in ("22;2", "23;2"):
            self.kept += 1 if parameters == "22;2" else -1
        elif final == "J" and parameters in ("2", ""):
            self.resize(self.width, self.height)
        elif final != "p":  # asks which modes there are; no answer is an answer
            self.strange.append(f"CSI {sequence}")

    def _osc(self, text: str) -> None:
        if text.startswith("2;"):
            self.tab.append(text[2:])
        elif text != "22;default":  # the shape of the mouse's pointer, as it was
            self.titles.append(text)

    def _other(self, sequence: str) -> None:
        if sequence[:1] in ("7", "8"):
            return
        self.strange.append(f"ESC {sequence}")


class Ended(NamedTuple):
    """How the program ended."""

    status: int
    printed: str


class Terminal:
    """One program in a terminal of its own."""

    def __init__(self, argv: list[str], environ: dict[str, str], size: tuple[int, int]) -> None:
        self.screen = Screen(*size)
        self.bytes = b""
        self._master, self._slave = pty.openpty()
        self.resize(*size)
        self.before = termios.tcgetattr(self._slave)
        self.process = subprocess.Popen(
            [sys.executable, "-c", _WITH_TERMINAL, *argv],
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            env=environ,
            start_new_session=True,
        )

    def resize(self, width: int, height: int) -> None:
        """As when a person pulls at the window."""
        self.screen.resize(width, height)
        ioctl(self._master, termios.TIOCSWINSZ, pack("HHHH", height, width, 0, 0))

    def read(self, seconds: float = 0.05) -> bool:
        """Take in what the program draws; whether there was something."""
        if not select.select([self._master], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self._master, 1 << 16)
        except OSError:
            return False
        self.bytes += data
        self.screen.feed(data.decode("utf-8", "replace") if data.isascii() else self._decoded(data))
        return bool(data)

    _half = b""

    def _decoded(self, data: bytes) -> str:
        """A read may end within a letter."""
        data = self._half + data
        for cut in range(4):
            try:
                text = data[: len(data) - cut].decode("utf-8")
            except UnicodeDecodeError:
                continue
            self._half = data[len(data) - cut :]
            return text
        raise AssertionError(f"this is not UTF-8: {data!r}")

    def until(self, true: Callable[[], object]) -> None:
        """Wait for something to come about."""
        end = time.monotonic() + LIMIT
        while not true():
            self.read()
            if time.monotonic() > end or (self.process.poll() is not None and not self.read(0)):
                shown = "\n".join(self.screen.lines)
                printed = "".join(self.screen.printed)
                raise AssertionError(f"it did not come about; printed: {printed!r}; on the screen:\n{shown}")

    def shows(self, *texts: str) -> None:
        """Wait until all of these are on the screen."""
        self.until(lambda: all(text in self.screen.text for text in texts))

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._master, keys.encode())

    def kill(self, number: signal.Signals) -> None:
        """Send a signal to the program."""
        os.kill(self.process.pid, number)

    def ends(self) -> Ended:
        """Wait until the program has ended."""
        end = time.monotonic() + LIMIT
        while self.process.poll() is None:
            self.read()
            assert time.monotonic() < end, f"it did not end; on the screen:\n{self.screen.text}"
        while self.read(0):
            pass
        return Ended(self.process.returncode, "".join(self.screen.printed).replace("\r\n", "\n"))

    def is_sane(self) -> bool:
        """Whether the terminal is as it was before."""
        left = {mode for mode, on in self.screen.modes.items() if on}
        assert left <= {"25", "7"}, f"still switched on: {left}"
        assert self.screen.modes["25"], "the cursor is hidden"
        assert self.screen.keyboard <= 0
        assert termios.tcgetattr(self._slave) == self.before
        return True

    def close(self) -> None:
        """End it, whatever it does."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(LIMIT)
        for end in (self._master, self._slave):
            os.close(end)


Open = Callable[..., Terminal]


class Served(NamedTuple):
    """A demo server in a process of its own."""

    url: str
    token: str
    environ: dict[str, str]

    def order(self, what: str, **body: Any) -> dict[str, Any]:
        """Have the server do something that no CI server offers."""
        request = urllib.request.Request(f"{self.url}/_demo/{what}", json.dumps(body).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=LIMIT) as answer:
            read: dict[str, Any] = json.loads(answer.read())
            return read

    def state(self) -> list[dict[str, Any]]:
        """The truth about all builds."""
        with urllib.request.urlopen(f"{self.url}/_demo/state", timeout=LIMIT) as answer:
            builds: list[dict[str, Any]] = json.loads(answer.read())["builds"]
            return builds


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """The environment of a person who has configured nothing."""
    kept = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "VIRTUAL_ENV", "TMPDIR")
    mine = {name: os.environ[name] for name in kept if name in os.environ}
    return mine | {"HOME": str(tmp_path), "TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONUTF8": "1"}


@pytest.fixture
def terminal(environ: dict[str, str]) -> Iterator[Open]:
    """Opens the program in a terminal: `terminal("demo", size=(80, 24), NO_COLOR="1")`."""
    opened: list[Terminal] = []

    def open(*argv: str, size: tuple[int, int] = (120, 40), **more: str) -> Terminal:
        one = Terminal([*BUILDWATCH, *argv], environ | more, size)
        opened.append(one)
        return one

    yield open
    for one in opened:
        one.close()


@pytest.fixture(scope="session")
def served_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    environ = {"PATH": os.environ.get("PATH", ""), "HOME": str(tmp_path_factory.mktemp("home"))}
    environ |= {name: os.environ[name] for name in ("PYTHONPATH", "VIRTUAL_ENV") if name in os.environ}
    argv = ["demo", "--serve-only", "--control", "--seed=1", "--repos=3", "--rate=0", "--with-parent"]
    with subprocess.Popen(
        [*BUILDWATCH, *argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ
    ) as process:
        assert process.stdout
        said = dict(process.stdout.readline().strip().split("=", 1) for _ in range(2))
        yield Served(said["DRONE_SERVER"], said["DRONE_TOKEN"], said)
        process.terminate()


@pytest.fixture
def served(served_once: Served) -> Served:
    """A demo server whose builds do what one orders."""
    served_once.order("faults", unauthorized=False)
    return served_once
