"""The table `[keymap]`: other keys for what the screen does, each by the id of its binding.

Which ids and keys there are is the screen's business.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from buildwatch.config.errors import ConfigError, near
from buildwatch.config.tomlfile import Table
from buildwatch.text import clean

PRESETS: Final = ("vim", "emacs")


@dataclass(frozen=True, slots=True)
class KeySettings:
    """The preset (empty: none), the keys by id (none: it has no key), and the file they are from, for sentences."""

    preset: str = ""
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    where: str = ""

    def __str__(self) -> str:
        """In a few words."""
        return ", ".join(filter(None, (self.preset, *sorted(self.keys)))) or "as it is"


def from_file(table: Table, where: str) -> KeySettings:
    """What the file's `[keymap]` says. Raises `ConfigError`."""
    entries = dict(table.get("keymap", {}))
    preset = entries.pop("preset", "")
    if preset not in ("", *PRESETS) or not isinstance(preset, str):
        hint = near(preset, PRESETS) if isinstance(preset, str) else ""
        raise ConfigError(f'{where}: [keymap] preset must be "vim" or "emacs"{hint}')
    return KeySettings(preset, {id: _keys(id, value, where) for id, value in _flat(entries)}, where)


def _flat(entries: Table, before: str = "") -> Iterator[tuple[str, object]]:
    """`app.quit = "Q"` is a table in a table for TOML, `"app.quit" = "Q"` is not; both mean the same."""
    for key, value in entries.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield before + key, value


def _keys(id: str, value: object, where: str) -> tuple[str, ...]:
    if value == ",":
        return (",",)
    keys = value.split(",") if isinstance(value, str) else value
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise ConfigError(
            f'{where}: [keymap] {clean(id, 60)} must be keys like "Q", "ctrl+x,f2" or ["Q", "f2"], or "" for none'
        )
    return tuple(dict.fromkeys(key.strip() for key in keys if key.strip()))
