"""Configuration file + environment + flags → `Settings`.

Flags win over the environment, the environment over the file.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from buildwatch.config import servers, tomlfile
from buildwatch.config.errors import ConfigError, near
from buildwatch.config.paths import Paths, paths
from buildwatch.config.settings import DEFAULT, GLYPHS, ServerSettings, Settings
from buildwatch.config.tomlfile import Key, Table
from buildwatch.config.words import truth
from buildwatch.text import clean

SCHEMA: Final[Mapping[str, Key]] = {
    "server": Key((list,), "tables that begin with [[server]]"),
    "theme": Key((str,), "the name of a theme (letters, digits, - and _)", form="[A-Za-z0-9][A-Za-z0-9_-]{0,60}"),
    "glyphs": Key((str,), '"unicode" or "ascii"', GLYPHS),
    "read_only": Key((bool,), "true or false"),
    "mouse": Key((bool,), "true or false"),
}

OPTIONS: Final = tuple(key for key in SCHEMA if key != "server")
"""The settings beside the servers."""


class Flags(NamedTuple):
    """What the command line says; None and False where it says nothing."""

    config: str | None = None
    server: str | None = None
    theme: str | None = None
    ascii: bool = False
    read_only: bool = False


NO_FLAGS: Final = Flags()


def load(flags: Flags = NO_FLAGS, environ: Mapping[str, str] = os.environ) -> Settings:
    """Everything that is set. Raises `ConfigError`. Reads one file; runs nothing and reads no token."""
    places = paths(environ)
    file, content = _file(flags, environ, places)
    table = content or {}
    values, origins = _options(flags, environ, table, file)
    known = servers.with_environment(servers.from_file(table, file, environ), environ)
    return Settings(
        servers=_chosen(known, flags.server),
        paths=places,
        file=None if content is None else file,
        origins=origins,
        warnings=servers.warnings(known, file),
        **values,
    )


def _file(flags: Flags, environ: Mapping[str, str], places: Paths) -> tuple[Path, Table | None]:
    """The configuration file and its content; only one that somebody named has to exist."""
    named = flags.config if flags.config is not None else environ.get("BUILDWATCH_CONFIG") or None
    file = places.config if named is None else Path(os.path.expanduser(named))
    table = tomlfile.read(file, required=named is not None)
    tomlfile.check(table or {}, SCHEMA, clean(str(file)))
    return file, table


def _options(
    flags: Flags, environ: Mapping[str, str], table: Table, file: Path
) -> tuple[dict[str, Any], dict[str, str]]:
    """The settings beside the servers, and where each came from."""
    values: dict[str, Any] = {}
    origins = dict.fromkeys(OPTIONS, DEFAULT)
    for key in OPTIONS:
        if key in table:
            values[key], origins[key] = table[key], file.name
        variable = f"BUILDWATCH_{key.upper()}"
        text = environ.get(variable, "")
        if text:
            values[key] = truth(text, variable) if SCHEMA[key].types == (bool,) else text
            origins[key] = f"environment {variable}"
    if flags.theme is not None:
        values["theme"], origins["theme"] = flags.theme, "flag --theme"
    if flags.ascii:
        values["glyphs"], origins["glyphs"] = "ascii", "flag --ascii"
    if flags.read_only:
        values["read_only"], origins["read_only"] = True, "flag --read-only"
    for key, value in values.items():
        tomlfile.check({key: value}, SCHEMA, origins[key])
    return values, origins


def _chosen(known: tuple[ServerSettings, ...], name: str | None) -> tuple[ServerSettings, ...]:
    """All servers, or the one that --server names."""
    if name is None:
        return known
    chosen = tuple(server for server in known if server.name == name)
    if not chosen:
        names = [server.name for server in known]
        there = f"there are {', '.join(names)}" if names else "none is configured"
        raise ConfigError(f'--server: no server is named "{clean(name, 60)}"; {there}{near(name, names)}')
    return chosen
