"""Themes: one TOML file each, shipped in the package's `themes` folder, a user's own in the configuration's."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from textual.theme import Theme

from buildwatch.config.errors import ConfigError
from buildwatch.text import clean
from buildwatch.tui.styles import STATUS_NAMES

COLORS: Final = (
    "background",
    "bar",
    "cursor",
    "cursor-away",
    "rule",
    "text",
    "bright",
    "dim",
    "head",
    "accent",
)

_COLOR: Final = re.compile("#[0-9a-fA-F]{6}")


class ThemeError(ConfigError):
    """One sentence: which theme, what is wrong with it, what is expected."""


def load_theme(name: str, own: Path) -> Theme:
    """The theme of that name, a user's own (in the folder `own`) before a shipped one. Raises `ThemeError`."""
    known = names(own)
    if name not in known:
        raise ThemeError(
            f'there is no theme "{clean(name, 60)}"; there are {", ".join(sorted(known))}, and your own go into {own}'
        )
    file = own / f"{name}.toml"
    if not file.exists():
        return read_theme(name, (_shipped() / file.name).read_text(encoding="utf-8"), f"themes/{file.name}")
    try:
        return read_theme(name, file.read_text(encoding="utf-8"), str(file))
    except (OSError, UnicodeDecodeError):
        raise ThemeError(f"{file} cannot be read as text; make it readable, or choose another theme") from None


def names(own: Path) -> set[str]:
    """The names of all themes there are."""
    shipped = {item.name for item in _shipped().iterdir()}
    mine = {path.name for path in own.glob("*.toml")}
    return {name.removesuffix(".toml") for name in shipped | mine if name.endswith(".toml")}


def read_theme(name: str, text: str, where: str) -> Theme:
    """A theme from the text of its file. Raises `ThemeError`."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ThemeError(f"{where} is not TOML: {error}") from None
    unknown = set(table) - {"dark", "colors", "status"}
    if unknown:
        raise ThemeError(f"{where}: {sorted(unknown)[0]} is not known; there are dark, [colors] and [status]")
    if not isinstance(table.get("dark", True), bool):
        raise ThemeError(f"{where}: dark should be true or false")
    colors = _table(table, "colors", COLORS, where)
    status = _table(table, "status", STATUS_NAMES, where)
    variables = {f"bw-{key}": value for key, value in (colors | status).items()}
    return Theme(
        name=name,
        primary=colors["accent"],
        accent=colors["accent"],
        foreground=colors["text"],
        background=colors["background"],
        surface=colors["background"],
        panel=colors["bar"],
        success=status["success"],
        warning=status["blocked"],
        error=status["failure"],
        dark=table.get("dark", True),
        variables=variables
        | {
            "scrollbar": colors["rule"],
            "scrollbar-hover": colors["dim"],
            "scrollbar-active": colors["dim"],
            "scrollbar-background": colors["background"],
            "scrollbar-background-hover": colors["background"],
            "scrollbar-background-active": colors["background"],
            "scrollbar-corner-color": colors["background"],
            "border": colors["accent"],
            "border-blurred": colors["rule"],
        },
    )


def _table(of: Mapping[str, Any], key: str, names: tuple[str, ...], where: str) -> dict[str, str]:
    table = of.get(key)
    if not isinstance(table, dict):
        raise ThemeError(f"{where}: [{key}] is missing; it holds {', '.join(names)}")
    for name in table:
        if name not in names:
            raise ThemeError(f"{where}: {key}.{name} is not known; there are {', '.join(names)}")
    for name in names:
        color = table.get(name)
        if not isinstance(color, str) or not _COLOR.fullmatch(color):
            raise ThemeError(f'{where}: {key}.{name} should be a colour like "#1f2b3a"')
    return dict(table)


def _shipped() -> Any:
    """The folder of the shipped themes: inside an installed package, beside it in a checkout."""
    installed = files("buildwatch") / "themes"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "themes"
