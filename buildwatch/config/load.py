"""Configuration file + environment + flags → `Settings`.

Flags win over the environment, the environment over the file.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from buildwatch.config import alert, chosen, keymap, servers, tomlfile, view
from buildwatch.config.errors import ConfigError, near
from buildwatch.config.paths import Paths, paths
from buildwatch.config.paths import origins as path_origins
from buildwatch.config.settings import DEFAULT, GLYPHS, THEME, ServerSettings, Settings
from buildwatch.config.tomlfile import Key, Table
from buildwatch.config.words import truth
from buildwatch.text import clean

SCHEMA: Final[Mapping[str, Key]] = {
    "server": Key((list,), "tables that begin with [[server]]"),
    "theme": Key((str,), "the name of a theme (letters, digits, - and _)", form=chosen.NAME),
    "glyphs": Key((str,), '"unicode", "ascii" or "nerd"', GLYPHS),
    "read_only": Key((bool,), "true or false"),
    "mouse": Key((bool,), "true or false"),
    "title": Key((bool,), "true or false"),
    "keep": Key((bool,), "true or false"),
    "alert": Key((dict,), "a table that begins with [alert]"),
    "keymap": Key((dict,), "a table that begins with [keymap]"),
    "view": Key((list,), "tables that begin with [[view]]"),
    "slack": Key((dict,), "a table that begins with [slack]"),
    "store": Key((dict,), "a table that begins with [store]"),
    "notify": Key((dict,), "a table that begins with [notify]"),
    "users": Key((dict,), "a table that begins with [users]"),
    "rule": Key((list,), "tables that begin with [[rule]]"),
    "silence": Key((list,), "tables that begin with [[silence]]"),
}
"""What the last six hold is read by `buildwatch.notify.settings`, where it is needed."""

OPTIONS: Final = ("theme", "glyphs", "read_only", "mouse", "title", "keep")
"""The settings beside the servers and the notifier's."""


class Flags(NamedTuple):
    """What the command line says; None and False where it says nothing."""

    config: str | None = None
    server: str | None = None
    theme: str | None = None
    glyphs: str | None = None
    ascii: bool = False
    read_only: bool = False
    fresh: bool = False
    no_keep: bool = False


NO_FLAGS: Final = Flags()


def load(flags: Flags = NO_FLAGS, environ: Mapping[str, str] = os.environ) -> Settings:
    """Everything that is set. Raises `ConfigError`.

    Reads the file, and what a person chose on the screen; runs nothing and reads no token.
    """
    places = paths(environ)
    file, named_by = _file(flags, environ, places)
    content = tomlfile.read(file, required=bool(named_by))
    table = content or {}
    tomlfile.check(table, SCHEMA, clean(str(file)))
    values, origins = _options(flags, environ, table, file)
    known = servers.with_environment(servers.from_file(table, file, environ), environ)
    watched = _chosen(known, flags.server)
    if values.get("keep", True) and not flags.fresh and origins["theme"] in (DEFAULT, file.name):
        picked = chosen.read(places.state, values["theme_set"], [(server.name, server.url) for server in watched])
        if picked:
            values["theme"], origins["theme"] = picked, chosen.ORIGIN
    return Settings(
        servers=watched,
        paths=places,
        file=None if content is None else file,
        alert=alert.from_file(table, clean(str(file))),
        keymap=keymap.from_file(table, clean(str(file))),
        views=view.from_file(table, clean(str(file))),
        fresh=flags.fresh,
        origins=path_origins(environ) | ({"config": named_by} if named_by else {}) | origins,
        warnings=servers.warnings(known, file),
        **values,
    )


def _file(flags: Flags, environ: Mapping[str, str], places: Paths) -> tuple[Path, str]:
    """The configuration file, and who named it: only then does it have to exist."""
    if flags.config is not None:
        return Path(os.path.expanduser(flags.config)), "flag --config"
    if environ.get("BUILDWATCH_CONFIG"):
        return Path(os.path.expanduser(environ["BUILDWATCH_CONFIG"])), "environment BUILDWATCH_CONFIG"
    return places.config, ""


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
    if flags.glyphs is not None:
        values["glyphs"], origins["glyphs"] = flags.glyphs, "flag --glyphs"
    if flags.ascii:
        values["glyphs"], origins["glyphs"] = "ascii", "flag --ascii"
    if flags.read_only:
        values["read_only"], origins["read_only"] = True, "flag --read-only"
    if flags.no_keep:
        values["keep"], origins["keep"] = False, "flag --no-keep"
    for key, value in values.items():
        tomlfile.check({key: value}, SCHEMA, origins[key])
    origins |= {key: file.name if key in table else DEFAULT for key in ("alert", "keymap", "view")}
    values["theme_set"] = table.get("theme", THEME)
    return values, origins


def _chosen(known: tuple[ServerSettings, ...], name: str | None) -> tuple[ServerSettings, ...]:
    """All servers, or the one that --server names."""
    if name is None:
        return known
    named = tuple(server for server in known if server.name == name)
    if not named:
        names = [server.name for server in known]
        there = f"there are {', '.join(names)}" if names else "none is configured"
        raise ConfigError(f'--server: no server is named "{clean(name, 60)}"; {there}{near(name, names)}')
    return named
