"""How people write lengths of time and times of day in a configuration. Pure."""

from __future__ import annotations

import re
from datetime import time
from typing import Final

_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 7 * 86400.0}
_PART: Final = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)(ms|[smhdw])")
_CLOCK: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")

LENGTH: Final = 'a length of time, like "90s", "1h30m" or "7d"'
CLOCK: Final = 'a time of day, like "22:00"'


def seconds(value: object) -> float | None:
    """The seconds of `90s`, `1h30m`, `7d`, or of a bare number; None for anything else, and for less than 0."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if 0 <= value < 1e11 else None
    if not isinstance(value, str) or not re.fullmatch(f"(?:{_PART.pattern})+", value.replace(" ", "")):
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(value.replace(" ", "")))


def clock(value: object) -> time | None:
    """The time of day of `22:00` or of TOML's own local time; None for anything else."""
    if isinstance(value, time):
        return value
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    return time(int(found[1]), int(found[2])) if found else None


def told(length: float) -> str:
    """A length of time as drone-slack's helpers print one: `1h6m40s`, `41s`. Whole seconds, never negative."""
    minutes, rest = divmod(max(0, int(length)), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes}m{rest}s"
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
