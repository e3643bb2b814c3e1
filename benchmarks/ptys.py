"""Programs in real terminals: what they paint and when, and what that costs them."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

ROWS: Final = 48
COLUMNS: Final = 160
QUIT: Final = b"\x11"  # ctrl+q, in our app and in any of Textual's

_ASKS_SYNC: Final = b"\x1b[?2026$p"
_HAS_SYNC: Final = b"\x1b[?2026;2$y"


class Terminal:
    """One program in a terminal of its own, which answers as a modern one does and keeps what was painted last."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str]) -> None:
        self.screen, side = os.openpty()
        fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.painted = b""
        self.size = 0  # bytes painted so far
        self.began = time.perf_counter()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.close(self.screen)
                os.login_tty(side)
                os.execve(argv[0], list(argv), dict(env))
            finally:
                os._exit(127)
        os.close(side)

    def read(self) -> bytes:
        """What was painted since the last read, b"" at the end. Waits for something."""
        try:
            data = os.read(self.screen, 1 << 16)
        except OSError:  # the program has gone
            data = b""
        if _ASKS_SYNC in data:
            os.write(self.screen, _HAS_SYNC)
        self.size += len(data)
        self.painted = (self.painted + data)[-(1 << 18) :]
        return data

    def wait_for(self, text: str, seconds: float = 20.0) -> float:
        """Wait until `text` was painted (in one style: nothing may stand within); seconds since the program began."""
        mark, until = text.encode(), time.perf_counter() + seconds
        while mark not in self.painted:
            if time.perf_counter() > until or not (self._readable(0.5) or self.alive):
                raise TimeoutError(f"“{text}” was not painted: …{self.painted[-2000:]!r}")
            if self._readable(0.0):
                self.read()
        return time.perf_counter() - self.began

    def rest(self, seconds: float) -> None:
        """Let it run, and read what it paints."""
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            if self._readable(left):
                self.read()

    def press(self, keys: bytes) -> None:
        """Type."""
        os.write(self.screen, keys)

    def _readable(self, seconds: float) -> bool:
        return bool(select.select([self.screen], [], [], seconds)[0])

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return os.path.exists(f"/proc/{self.pid}/fd/0")

    @property
    def cpu(self) -> float:
        """CPU seconds so far, exact: by Linux's clock of another process (clock_getcpuclockid(3))."""
        return time.clock_gettime((~self.pid << 3) | 2)

    def memory(self, field: str = "VmHWM") -> float:
        """MB of memory: the most it ever held (`VmHWM`), or what it holds (`VmRSS`)."""
        with open(f"/proc/{self.pid}/status") as status:
            return next(int(line.split()[1]) / 1024 for line in status if line.startswith(field))

    def leave(self) -> None:
        """End it: as a person would, and if that does not help, by force."""
        if self.alive:
            self.press(QUIT)
        until = time.perf_counter() + 3
        while os.waitpid(self.pid, os.WNOHANG)[0] == 0:
            if time.perf_counter() > until:
                os.kill(self.pid, signal.SIGKILL)
            if self._readable(0.01):
                self.read()
        os.close(self.screen)


@contextmanager
def terminal(argv: Sequence[str], env: Mapping[str, str] | None = None) -> Iterator[Terminal]:
    """A program in a terminal, ended afterwards. It has a home of its own, so that no configuration is found."""
    with tempfile.TemporaryDirectory() as home:
        kept = {
            key: os.environ[key] for key in ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "VIRTUAL_ENV") if key in os.environ
        }
        about = {"HOME": home, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        program = Terminal(argv, kept | about | dict(env or {}))
        try:
            yield program
        finally:
            program.leave()


def installed() -> str:
    """The `buildwatch` command that belongs to this interpreter."""
    return os.path.join(os.path.dirname(sys.executable), "buildwatch")
