"""The theme that a person chose on the screen, remembered in a file of its own in the folder for state.

It holds two lines: the theme, and the one that was configured when it was chosen. Once the configuration names another
theme than that, the newer word holds.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Final

NAME: Final = "[A-Za-z0-9][A-Za-z0-9_-]{0,60}"
"""The form of a theme's name: it becomes the name of a file."""

ORIGIN: Final = "chosen on the screen"
"""Where a theme came from that was read here."""

_LARGEST: Final = 200
"""Bytes of that file."""


def read(state: Path, configured: str) -> str:
    """The theme that was chosen in place of the `configured` one; empty where none was, or the file makes no sense."""
    try:
        with (state / "theme").open("rb") as file:
            lines = file.read(_LARGEST).decode("ascii", "replace").splitlines()
    except OSError:
        return ""
    fits = len(lines) == 2 and re.fullmatch(NAME, lines[0]) and lines[1] == configured
    return lines[0] if fits else ""


def write(state: Path, theme: str, configured: str) -> None:
    """Remember it. Raises `OSError`."""
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = state / "theme"
    if theme == configured:
        with suppress(FileNotFoundError):
            file.unlink()
        return
    new = state / f"theme.{os.getpid()}"
    new.write_text(f"{theme}\n{configured}\n", encoding="ascii")
    new.replace(file)
