"""Where buildwatch keeps its files, by the XDG base directory specification."""

from __future__ import annotations

import os.path
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from buildwatch.config.errors import ConfigError


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
    config = _base(environ, "XDG_CONFIG_HOME", ".config")
    return Paths(
        config=config / "config.toml",
        themes=config / "themes",
        state=_base(environ, "XDG_STATE_HOME", ".local/state"),
        cache=_base(environ, "XDG_CACHE_HOME", ".cache"),
        data=_base(environ, "XDG_DATA_HOME", ".local/share"),
    )


def _base(environ: Mapping[str, str], variable: str, fallback: str) -> Path:
    """The specification says that a path which is not absolute must be ignored."""
    given = environ.get(variable, "")
    return (Path(given) if os.path.isabs(given) else _home(environ, variable) / fallback) / "buildwatch"


def _home(environ: Mapping[str, str], variable: str) -> Path:
    home = environ.get("HOME", "")
    if not os.path.isabs(home):
        home = os.path.expanduser("~")
    if not os.path.isabs(home):
        raise ConfigError(f"there is no home directory; set HOME or {variable} to an absolute path")
    return Path(home)
