"""Go's durations: whole nanoseconds in 64 bits, written `1h6m40s`, `-5s`, `1.5s`, `300ms`. Pure."""

from __future__ import annotations

import re
from typing import Final

from buildwatch.notify.templates.gotime import SECOND

LONGEST: Final = 2**63 - 1


def held(nanos: int) -> int:
    """The nearest duration there is (`Time.Sub`)."""
    return max(-LONGEST - 1, min(nanos, LONGEST))


def in_whole_seconds(nanos: int) -> int:
    """The nearest one in whole seconds, halves away from zero (`Duration.Round`)."""
    size = (abs(nanos) + SECOND // 2) // SECOND * SECOND
    return held(size if nanos >= 0 else -size)


def duration_text(nanos: int) -> str:
    """Nanoseconds as Go prints a duration."""
    sign, nanos = "-" if nanos < 0 else "", abs(nanos)
    if nanos < SECOND:
        for unit, size in (("ms", 1_000_000), ("µs", 1_000), ("ns", 1)):
            if nanos >= size:
                return f"{sign}{_trimmed(nanos, size)}{unit}"
        return "0s"
    whole, rest = divmod(nanos, SECOND)
    hours, minutes = whole // 3600, whole // 60 % 60
    text = f"{_trimmed(whole % 60 * SECOND + rest, SECOND)}s"
    if hours:
        return f"{sign}{hours}h{minutes}m{text}"
    return f"{sign}{minutes}m{text}" if minutes else sign + text


def _trimmed(value: int, size: int) -> str:
    whole, rest = divmod(value, size)
    fraction = str(rest).rjust(len(str(size)) - 1, "0").rstrip("0") if rest else ""
    return f"{whole}.{fraction}" if fraction else str(whole)


_UNITS: Final = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": SECOND,
    "m": 60 * SECOND,
    "h": 3600 * SECOND,
}
_TERM: Final = re.compile(r"(?=\.?[0-9])([0-9]*)(?:\.([0-9]*))?([^.0-9]+)", re.ASCII)


def parse_duration(text: str) -> int | None:
    """Nanoseconds of a duration as Go writes it (`time.ParseDuration`); None for what is none."""
    negative, rest = text.startswith("-"), text[1:] if text[:1] in ("+", "-") else text
    if rest == "0":
        return 0
    total, index = 0, 0
    while index < len(rest):
        term = _TERM.match(rest, index)
        if term is None or term[3] not in _UNITS:
            return None
        unit, fraction = _UNITS[term[3]], (term[2] or "")[:18]
        total += int(term[1] or "0") * unit
        if fraction:
            total += int(float(int(fraction)) * (float(unit) / 10.0 ** len(fraction)))
        index = term.end()
    if not rest or total > LONGEST + negative:
        return None
    return -total if negative else total
