"""What systemd wants to hear of a service (`sd_notify(3)`): a datagram to the socket that it names, if it does."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping


class Systemd:
    """The manager of this process, where there is one."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._address = environ.get("NOTIFY_SOCKET", "")
        limit = environ.get("WATCHDOG_USEC", "")
        ours = environ.get("WATCHDOG_PID", "") in ("", str(os.getpid()))
        self.beat = int(limit) / 2_000_000 if limit.isdecimal() and ours else 0.0
        """Seconds between two signs of life that it waits for; 0 where it does not."""

    def say(self, *words: str) -> None:
        """Tell it, for example `READY=1`."""
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as there:
                there.sendto("\n".join(words).encode(), address)
        except OSError:
            return  # it is gone, or not ours: no reason to stop
