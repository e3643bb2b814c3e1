"""What a person has set: configuration file, environment and flags as frozen settings."""

from __future__ import annotations

from buildwatch.config.errors import ConfigError
from buildwatch.config.load import Flags, load
from buildwatch.config.paths import Paths
from buildwatch.config.settings import ServerSettings, Settings
from buildwatch.config.token import Token, TokenSource

__all__ = ["ConfigError", "Flags", "Paths", "ServerSettings", "Settings", "Token", "TokenSource", "load"]
