"""The table `[alert]`: what happens beyond the screen when a watched build ends. Nothing, unless it says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from buildwatch.config import secrets
from buildwatch.config.tomlfile import Key, Table, check

DESKTOP: Final = ("off", "osc9", "osc777")

SCHEMA: Final[Mapping[str, Key]] = {
    "bell": Key((bool,), "true or false"),
    "desktop": Key((str,), '"off", "osc9" or "osc777"', DESKTOP),
    "command": Key((str, list), 'a command, like "notify-build" or ["say", "done"]'),
}


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """Whether the bell rings, how the terminal is asked for a desktop notification, what is run, without a shell."""

    bell: bool = False
    desktop: str = "off"
    command: tuple[str, ...] = ()

    def __str__(self) -> str:
        """In a few words."""
        ways = ("bell" * self.bell, self.desktop * (self.desktop != "off"), " ".join(self.command))
        return ", ".join(filter(None, ways)) or "off"


def from_file(table: Table, where: str) -> AlertSettings:
    """What the file's `[alert]` says. Raises `ConfigError`."""
    entry = table.get("alert", {})
    check(entry, SCHEMA, f"{where}: [alert]")
    command = secrets.argv(entry["command"], "command", f"{where}: [alert]") if "command" in entry else []
    return AlertSettings(entry.get("bell", False), entry.get("desktop", "off"), tuple(command))
