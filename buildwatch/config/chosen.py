"""The themes that a person chose on the screen, one for each set of servers, in a file in the folder for state.

Each line is a choice, its parts with tabs between: the theme, the one that was configured when it was chosen, and name
and address of each server that was watched then. Once the configuration names another theme than that, the newer word
holds.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

NAME: Final = "[A-Za-z0-9][A-Za-z0-9_-]{0,60}"
"""The form of a theme's name: it becomes the name of a file."""

ORIGIN: Final = "chosen on the screen"
"""Where a theme came from that was read here."""

MOST: Final = 100
"""For so many sets of servers a choice is kept; the oldest goes first."""

_LARGEST: Final = 1 << 20
"""Bytes of that file."""

Servers = Iterable[tuple[str, str]]
"""Names and addresses. Neither holds a control character."""


def read(state: Path, configured: str, servers: Servers) -> str:
    """The theme that was chosen for these servers in place of the `configured` one; empty where none was, or what the
    file says makes no sense.
    """
    theme, before = _lines(state).get(_set(servers), ("", ""))
    return theme if re.fullmatch(NAME, theme) and before == configured else ""


def write(state: Path, theme: str, configured: str, servers: Servers) -> None:
    """Remember it. Raises `OSError`."""
    of = _set(servers)
    chosen = _lines(state)
    chosen.pop(of, None)
    if theme != configured:
        chosen[of] = (theme, configured)
    file = _file(state)
    if not chosen:
        with suppress(FileNotFoundError):
            file.unlink()
        return
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = state / f"themes.{os.getpid()}"
    kept = list(chosen.items())[-MOST:]
    new.write_text("".join("\t".join((*names, of)) + "\n" for of, names in kept), encoding="utf-8")
    new.replace(file)


def _file(state: Path) -> Path:
    return state / "themes"


def _set(servers: Servers) -> str:
    return "\t".join(part for server in sorted(servers) for part in server)


def _lines(state: Path) -> dict[str, tuple[str, str]]:
    """By the servers: the theme, and what was configured."""
    try:
        with _file(state).open("rb") as file:
            lines = file.read(_LARGEST).decode("utf-8", "replace").split("\n")
    except OSError:
        return {}
    parts = (line.split("\t", 2) for line in lines)
    return {part[2]: (part[0], part[1]) for part in parts if len(part) == 3}
