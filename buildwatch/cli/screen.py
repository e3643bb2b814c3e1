"""Opening the screen, where there is a terminal for it."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module

from buildwatch.cli.errors import UserError
from buildwatch.config import Settings


def require_terminal() -> None:
    """Raise `UserError` where no screen can be shown."""
    there = all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))
    if not there or os.environ.get("TERM") == "dumb":
        raise UserError("the screen needs a terminal; without one use `buildwatch ls` or `buildwatch watch`")


def open_screen(settings: Settings) -> int:
    """Run the app until a person leaves it; the exit status. Only here is textual imported."""
    gc.disable()  # the app enables it after its first paint: importing makes much and leaves no garbage
    status: int = import_module("buildwatch.tui.app").run(settings)
    return status
