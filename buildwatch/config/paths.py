"""Where buildwatch keeps its files, by the XDG base directory specification."""

from __future__ import annotations

import os.path
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from buildwatch.config.errors import ConfigError

_BASES: Final = {
    "config": ("XDG_CONFIG_HOME", ".config"),
    "state": ("XDG_STATE_HOME", ".local/state"),
    "cache": ("XDG_CACHE_HOME", ".cache"),
    "data": ("XDG_DATA_HOME", ".local/share"),
}
"""The variable that moves each, and where it is under the home directory otherwise."""


class Paths(NamedTuple):
    """The places of one user. None of them need exist."""

    config: Path
    """The configuration file."""
    themes: Path
    """A folder with the user's own themes, one TOML file each."""
    state: Path
    cache: Path
    data: Path


def paths(environ: Mapping[str, str]) -> Paths:
    """The places that `environ` asks for. Raises `ConfigError` where there is no home directory to start from."""
    base = {place: _base(environ, *where) / "buildwatch" for place, where in _BASES.items()}
    config = base["config"]
    return Paths(config / "config.toml", config / "themes", base["state"], base["cache"], base["data"])


def origins(environ: Mapping[str, str]) -> dict[str, str]:
    """Where each of the paths came from, in words."""
    found = {
        place: f"environment {variable}" if _moved(environ, variable) else "default"
        for place, (variable, _) in _BASES.items()
    }
    return found | {"themes": found["config"]}


def _moved(environ: Mapping[str, str], variable: str) -> bool:
    """The specification says that a path which is not absolute must be ignored."""
    return os.path.isabs(environ.get(variable, ""))


def _base(environ: Mapping[str, str], variable: str, fallback: str) -> Path:
    return Path(environ[variable]) if _moved(environ, variable) else _home(environ, variable) / fallback


def _home(environ: Mapping[str, str], variable: str) -> Path:
    home = environ.get("HOME", "")
    if not os.path.isabs(home):
        home = os.path.expanduser("~")
    if not os.path.isabs(home):
        raise ConfigError(f"there is no home directory; set HOME or {variable} to an absolute path")
    return Path(home)
