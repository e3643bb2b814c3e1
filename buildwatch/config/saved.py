"""What a person arranged on the screen and wants to find again: pinned repos, and views saved by name.

Each is a file of JSON in the folder for state, never `config.toml`, which is the person's own. What makes no sense in
one is left out: it is no reason not to start.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import msgspec

from buildwatch.config.errors import ConfigError
from buildwatch.config.view import MOST, View, from_entry, to_entry
from buildwatch.model import RepoKey

LARGEST: Final = 256 * 1024
"""Bytes of such a file."""

MOST_PINS: Final = 1000


def pins(state: Path) -> set[RepoKey]:
    """The pinned repos."""
    found = (entry for entry in _read(state / "pins.json") if isinstance(entry, list) and len(entry) == 2)
    return {RepoKey(*entry) for entry in found if all(isinstance(word, str) for word in entry)}


def keep_pins(state: Path, pinned: Iterable[RepoKey]) -> None:
    """Remember them. Raises `OSError`."""
    _write(state / "pins.json", [list(key) for key in sorted(pinned)[:MOST_PINS]])


def views(state: Path) -> tuple[View, ...]:
    """The saved views, in the order in which they were saved."""
    found: dict[str, View] = {}
    for entry in _read(state / "views.json")[:MOST]:
        try:
            view = from_entry(entry, "")
        except ConfigError:
            continue
        found[view.name] = view
    return tuple(found.values())


def keep_views(state: Path, saved: Iterable[View]) -> None:
    """Remember them. Raises `OSError`."""
    _write(state / "views.json", [to_entry(view) for view in saved])


def _read(file: Path) -> list[Any]:
    try:
        with file.open("rb") as opened:
            found = msgspec.json.decode(opened.read(LARGEST))
    except (OSError, msgspec.DecodeError, RecursionError):
        return []
    return found if isinstance(found, list) else []


def _write(file: Path, entries: list[Any]) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = file.with_name(f"{file.name}.{os.getpid()}")
    new.write_bytes(msgspec.json.encode(entries))
    new.replace(file)
