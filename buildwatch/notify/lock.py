"""Only one daemon at a time works on one outbox: whoever holds the lock is it. The kernel lets go of a killed one's."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class Taken(Exception):
    """Another process holds the lock; a sentence."""


class Lock:
    """A lock on a file beside the outbox, held until `release` or the end of the process. Raises `Taken`."""

    def __init__(self, outbox: Path) -> None:
        path = outbox.with_name(outbox.name + ".lock")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            who = os.read(self._file, 20).decode("ascii", "replace").strip()
            os.close(self._file)
            by = f" (process {who})" if who.isdecimal() else ""
            raise Taken(
                f"another buildwatch notify{by} already works on {outbox}; stop it, or set [store] url"
            ) from None
        os.ftruncate(self._file, 0)
        os.write(self._file, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Let go."""
        os.close(self._file)
