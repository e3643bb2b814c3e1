"""Notices that the terminal has gone where no signal tells of it: the one who had it went away and we have no session.

Textual would read its end again and again, as fast as it can.
"""

from __future__ import annotations

import asyncio
import os
import select
import threading
from collections.abc import Callable
from typing import Final

GRACE: Final = 2.0
"""Seconds for leaving in order. What is still to be written can go nowhere, so it may never come to an end."""

STATUS: Final = 129
"""What shells show for a program that SIGHUP ended."""


def look_out(terminal: int, gone: Callable[[], None]) -> None:
    """Call `gone` once nobody holds the other end of this terminal any more. Does nothing where it cannot be known."""
    if not hasattr(select, "epoll") or not os.isatty(terminal):
        return
    loop = asyncio.get_running_loop()
    ends = select.epoll()
    ends.register(terminal, 0)  # for nothing but that and errors, which are always told

    def ended() -> None:
        loop.remove_reader(ends.fileno())
        ends.close()
        last = threading.Timer(GRACE, os._exit, (STATUS,))
        last.daemon = True
        last.start()
        gone()

    loop.add_reader(ends.fileno(), ended)
