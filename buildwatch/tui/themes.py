"""Themes: one TOML file each, shipped in the package's `themes` folder, a user's own in the configuration's.

A colour is `#rrggbb` or one of the terminal's own by name; `bold`, `dim`, `italic`, `underline` or `reverse` may stand
before it. A theme is of one kind throughout: what can be read on a ground is only known among colours that are.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, NamedTuple

from textual.theme import BUILTIN_THEMES, Theme

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

GROUNDS: Final = ("background", "bar", "cursor", "cursor-away")
"""Those of `COLORS` that text stands on."""

ATTRIBUTES: Final = ("bold", "dim", "italic", "underline", "reverse")

_NAMED: Final = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
TERMINAL: Final = ("default", *_NAMED, *(f"bright-{name}" for name in _NAMED))
"""The names of a terminal's own colours: that of its text and of its ground, and the sixteen."""

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
    file = own_file(name, own)
    if not file.exists():
        return read_theme(name, (_shipped() / file.name).read_text(encoding="utf-8"), f"themes/{file.name}")
    try:
        return read_theme(name, file.read_text(encoding="utf-8"), str(file))
    except (OSError, UnicodeDecodeError):
        raise ThemeError(f"{file} cannot be read as text; make it readable, or choose another theme") from None


def own_file(name: str, own: Path) -> Path:
    """Where a user's own theme of that name is, or would be."""
    return own / f"{name}.toml"


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
        raise ThemeError(
            f"{where}: {clean(sorted(unknown)[0], 60)} is not known; there are dark, [colors] and [status]"
        )
    if not isinstance(table.get("dark", True), bool):
        raise ThemeError(f"{where}: dark should be true or false")
    colors = _table(table, "colors", COLORS, where)
    status = _table(table, "status", STATUS_NAMES, where)
    looks = colors | status
    own = [look.color.startswith("ansi") for look in looks.values()]
    if any(own) and not all(own):
        raise ThemeError(f"{where}: colours like #1f2b3a and the terminal's own stand side by side; use only one kind")
    return _theme(name, looks, dark=table.get("dark", True), ansi=any(own))


class Look(NamedTuple):
    """How something is drawn: its colour, as Textual names it, and attributes between blanks (none: empty)."""

    color: str
    attributes: str


def _theme(name: str, looks: Mapping[str, Look], *, dark: bool, ansi: bool) -> Theme:
    colors = {key: look.color for key, look in looks.items()}
    textuals = BUILTIN_THEMES["ansi-dark" if dark else "ansi-light"].variables if ansi else {}
    variables = textuals | {f"bw-{key}": color for key, color in colors.items()}
    variables |= {f"bw-{key}-style": look.attributes for key, look in looks.items() if look.attributes}
    return Theme(
        name=name,
        primary=colors["accent"],
        accent=colors["accent"],
        foreground=colors["text"],
        background=colors["background"],
        surface=colors["background"],
        panel=colors["bar"],
        boost=colors["bar"] if ansi else None,
        success=colors["success"],
        warning=colors["blocked"],
        error=colors["failure"],
        secondary=colors["killed"] if ansi else None,
        dark=dark,
        ansi=ansi,
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


def _table(of: Mapping[str, Any], key: str, names: tuple[str, ...], where: str) -> dict[str, Look]:
    table = of.get(key)
    if not isinstance(table, dict):
        raise ThemeError(f"{where}: [{key}] is missing; it holds {', '.join(names)}")
    for name in table:
        if name not in names:
            raise ThemeError(f"{where}: {key}.{clean(name, 60)} is not known; there are {', '.join(names)}")
    looks: dict[str, Look] = {}
    for name in names:
        look = _look(table.get(name))
        if look is None:
            raise ThemeError(
                f'{where}: {key}.{name} should be a colour like "#1f2b3a" or one of the terminal\'s own like '
                f'"bright-red" or "default"; {", ".join(ATTRIBUTES)} may stand before it'
            )
        looks[name] = look
    return looks


def _look(value: object) -> Look | None:
    *attributes, color = value.split() or [""] if isinstance(value, str) else [""]
    if any(word not in ATTRIBUTES for word in attributes):
        return None
    if color in TERMINAL:
        return Look(f"ansi_{color.replace('-', '_')}", " ".join(attributes))
    return Look(color, " ".join(attributes)) if _COLOR.fullmatch(color) else None


def _shipped() -> Any:
    """The folder of the shipped themes: inside an installed package, beside it in a checkout."""
    installed = files("buildwatch") / "themes"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "themes"
