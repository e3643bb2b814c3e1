"""Opening the screen, where there is a terminal for it."""

from __future__ import annotations

import gc
import os
import sys
import time
from importlib import import_module
from typing import Final

from buildwatch.cli.errors import UserError
from buildwatch.config import Settings

SIZE_TRIES: Final = 10
SIZE_WAIT: Final = 0.05
"""How often, and with how many seconds between, a terminal without a size is asked for it."""


def require_terminal() -> None:
    """Raise `UserError` where no screen can be shown."""
    there = all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))
    if not there or os.environ.get("TERM") == "dumb":
        raise UserError("the screen needs a terminal; without one use `buildwatch ls` or `buildwatch watch`")


def _wait_for_size() -> None:
    """A terminal that does not know its size gets the usual one, but for the moment that it may take to be told it.

    (`docker exec` and the like tell it a moment later.) Where it stays unknown, Textual and Rich mean different sizes,
    and what is drawn changes between them for ever.
    """
    for _ in range(SIZE_TRIES):
        if all(os.get_terminal_size(sys.stdout.fileno())):
            return
        time.sleep(SIZE_WAIT)
    os.environ.update(COLUMNS=os.environ.get("COLUMNS") or "80", LINES=os.environ.get("LINES") or "24")


def open_screen(settings: Settings) -> int:
    """Run the app until a person leaves it; the exit status. Only here is textual imported."""
    _wait_for_size()
    gc.disable()  # the app enables it after its first paint: importing makes much and leaves no garbage
    status: int = import_module("buildwatch.tui.app").run(settings)
    return status
