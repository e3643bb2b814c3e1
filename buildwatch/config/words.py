"""Words that the environment uses for yes and no."""

from __future__ import annotations

from typing import Final

from buildwatch.config.errors import ConfigError

_YES: Final = frozenset({"1", "t", "true", "y", "yes", "on"})
_NO: Final = frozenset({"0", "f", "false", "n", "no", "off"})


def truth(text: str, variable: str) -> bool:
    """Whether `text` means yes. Raises `ConfigError` when it is neither yes nor no."""
    word = text.strip().lower()
    if word not in _YES | _NO:
        raise ConfigError(f"{variable} must be true or false")
    return word in _YES
