"""Running a person's own command for its output, bounded in time and size."""

from __future__ import annotations

import os
import select
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic
from typing import IO, cast


def run(argv: Sequence[str], seconds: float, size: int) -> tuple[int, bytes]:
    """Exit status and output of a command, without a shell, input or terminal; its error output is thrown away.

    At most `size` + 1 bytes are read: more than `size` tells that it gave too much (and was ended, as any other that
    goes on). Raises `TimeoutError` after `seconds`, and `OSError` or `ValueError` when it cannot be started.
    """
    with subprocess.Popen(  # noqa: S603 - the command is the person's own
        argv,
        bufsize=0,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # so that what it starts can be ended with it
    ) as process:
        try:
            until = monotonic() + seconds
            data = _read(process, size, until)
            if len(data) > size:
                return 0, data
            return process.wait(max(0.0, until - monotonic())), data
        except subprocess.TimeoutExpired:
            raise TimeoutError from None
        finally:
            if process.poll() is None:
                _end(process)


def _read(process: subprocess.Popen[bytes], size: int, until: float) -> bytes:
    output = cast(IO[bytes], process.stdout).fileno()
    poll = select.poll()
    poll.register(output, select.POLLIN | select.POLLHUP)
    data = b""
    while len(data) <= size:
        if not poll.poll(max(0.0, until - monotonic()) * 1000):
            _end(process)  # also where only a child of it is left, which poll() of the process would not tell
            raise TimeoutError
        piece = os.read(output, size + 1 - len(data))
        if not piece:
            break
        data += piece
    return data


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):  # it has ended meanwhile
        os.killpg(process.pid, signal.SIGKILL)
