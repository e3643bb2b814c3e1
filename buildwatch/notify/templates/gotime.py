"""Go's times: layouts such as `2006-01-02 15:04`, zones by name, years before 1 and after 9999.

Pure but for the files of time zones.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

LOCAL: Final = "Local"
SECOND: Final = 1_000_000_000


class Fixed(NamedTuple):
    """A zone that is only a name, which may be empty, and seconds before UTC."""

    name: str
    offset: int


Zone = str | Fixed


@dataclass(frozen=True, slots=True)
class Time:
    """A moment: unix nanoseconds, and the zone it is printed in."""

    nanos: int
    zone: Zone = LOCAL

    def __str__(self) -> str:
        """As Go prints a time, without the reading of a steady clock that it shows of `now`."""
        return format_time(self, "2006-01-02 15:04:05.999999999 -0700 MST")


def at(seconds: float, zone: Zone = LOCAL) -> Time:
    """The moment of so many unix seconds."""
    whole = int(seconds // 1)
    return Time(whole * SECOND + round((seconds - whole) * SECOND), zone)


_BEGIN: Final = -(292_277_022_400 * 146_097 // 400 + 306) * 86400 - 62_135_596_800
"""From which moment on Go counts 64 bits of seconds; it goes round there and back."""


class Clock(NamedTuple):
    """What a clock and a calendar show at a moment. `weekday` is 0 for Monday, `offset` in seconds."""

    year: int
    month: int
    day: int
    yearday: int
    weekday: int
    hour: int
    minute: int
    second: int
    nanos: int
    offset: int
    abbreviation: str


def clock_of(moment: Time) -> Clock:
    """What clock and calendar show. Raises ValueError for a zone that there is not."""
    seconds, nanos = divmod(moment.nanos, SECOND)
    offset, abbreviation = offset_at(moment.zone, seconds)
    days, rest = divmod((seconds + offset - _BEGIN) % 2**64 + _BEGIN, 86400)
    year, month, day = _civil(days)
    return Clock(
        year=year,
        month=month,
        day=day,
        yearday=days - days_before(year, 1, 1) + 1,
        weekday=(days + 3) % 7,
        hour=rest // 3600,
        minute=rest // 60 % 60,
        second=rest % 60,
        nanos=nanos,
        offset=offset,
        abbreviation=abbreviation,
    )


def days_before(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 to that date, by the calendar of today for all times."""
    year -= month <= 2
    era, of_era = divmod(year, 400)
    of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


def _civil(days: int) -> tuple[int, int, int]:
    """The date so many days after 1970-01-01. (Both count years from March, so that leap days come last.)"""
    era, of_era = divmod(days + 719468, 146097)
    years = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    of_year = of_era - (365 * years + years // 4 - years // 100)
    month = (5 * of_year + 2) // 153
    day = of_year - (153 * month + 2) // 5 + 1
    month = month + 3 if month < 10 else month - 9
    return years + era * 400 + (month <= 2), month, day


# zones

_CYCLE: Final = 146097 * 86400
"""Seconds after which the calendar, and with it the rules of zones, repeat themselves."""
_FIRST: Final = -62_000_000_000
_LAST: Final = 253_000_000_000
"""Between which moments Python can say how late it is; before the first one no zone has rules."""


def offset_at(zone: Zone, seconds: int) -> tuple[int, str]:
    """Seconds before UTC at a moment, and what that time is called. Raises ValueError for a zone that there is not."""
    if isinstance(zone, Fixed):
        return zone.offset, zone.name
    if seconds > _LAST:
        seconds -= (seconds - _LAST + _CYCLE - 1) // _CYCLE * _CYCLE
    seconds = max(seconds, _FIRST)
    if zone == LOCAL:
        local = time.localtime(seconds)
        return local.tm_gmtoff, local.tm_zone
    info = _zone(zone)
    there = (datetime.fromtimestamp(0, UTC) + timedelta(seconds=seconds)).astimezone(info)
    return round((there.utcoffset() or timedelta()).total_seconds()), there.tzname() or ""


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (OSError, ValueError, KeyError):
        raise ValueError(f"there is no time zone {name}") from None


def local_time(seconds: int) -> int:
    """The unix seconds at which this machine's clocks show what those of UTC show at that moment."""
    return seconds - offset_at(LOCAL, seconds - offset_at(LOCAL, seconds)[0])[0]


# layouts

MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def format_time(moment: Time, layout: str) -> str:
    """A time after Go's reference layout (`time.Format`, chunks as in `nextStdChunk`)."""
    clock = clock_of(moment)
    return "".join(_value(clock, part) if is_chunk else part for part, is_chunk in chunks(layout))


_CHUNKS: Final = (
    *("January", "Jan", "Monday", "Mon", "MST", "002", "01", "02", "03", "04", "05", "06", "2006"),
    *("__2", "_2", "15", "1", "2", "3", "4", "5", "PM", "pm"),
    *("-070000", "-07:00:00", "-0700", "-07:00", "-07", "Z070000", "Z07:00:00", "Z0700", "Z07:00", "Z07"),
)
_FRACTION: Final = re.compile(r"[.,](0+|9+)(?![0-9])")


@lru_cache(maxsize=64)
def chunks(layout: str) -> tuple[tuple[str, bool], ...]:
    """The parts of a layout, each with whether it stands for a part of the time."""
    made: list[tuple[str, bool]] = []
    text = index = 0
    while index < len(layout):
        chunk = _chunk(layout, index)
        if chunk:
            made += [(layout[text:index], False), (chunk, True)] if text < index else [(chunk, True)]
            index += len(chunk)
            text = index
        else:
            index += 1
    return (*made, (layout[text:], False)) if text < len(layout) else tuple(made)


def _chunk(layout: str, index: int) -> str:
    """The chunk of the reference time that stands there, empty for other text."""
    for chunk in _CHUNKS:
        if layout.startswith(chunk, index):
            following = layout[index + len(chunk) : index + len(chunk) + 1]
            if chunk in ("Jan", "Mon") and "a" <= following <= "z":
                continue  # no abbreviation but the beginning of a word
            if chunk == "_2" and layout.startswith("_2006", index):
                return ""  # an underscore before the year
            return chunk
    found = _FRACTION.match(layout, index)
    return found[0] if found else ""


def _value(clock: Clock, chunk: str) -> str:
    if chunk[0] in "-Z" and len(chunk) > 1:
        return _offset(clock.offset, chunk)
    if chunk[0] in ".,":
        digits = f"{clock.nanos:09d}"[: len(chunk) - 1]
        if chunk[1] == "9":
            digits = digits.rstrip("0")
        return f"{chunk[0]}{digits}" if digits else ""
    return _SHOWN[chunk](clock)


_SHOWN: Final[dict[str, Callable[[Clock], str]]] = {
    "January": lambda clock: MONTHS[clock.month - 1],
    "Jan": lambda clock: MONTHS[clock.month - 1][:3],
    "Monday": lambda clock: DAYS[clock.weekday],
    "Mon": lambda clock: DAYS[clock.weekday][:3],
    "MST": lambda clock: clock.abbreviation or _offset(clock.offset, "-0700"),
    "002": lambda clock: f"{clock.yearday:03d}",
    "__2": lambda clock: f"{clock.yearday:3d}",
    "01": lambda clock: f"{clock.month:02d}",
    "1": lambda clock: f"{clock.month}",
    "02": lambda clock: f"{clock.day:02d}",
    "_2": lambda clock: f"{clock.day:2d}",
    "2": lambda clock: f"{clock.day}",
    "03": lambda clock: f"{clock.hour % 12 or 12:02d}",
    "3": lambda clock: f"{clock.hour % 12 or 12}",
    "04": lambda clock: f"{clock.minute:02d}",
    "4": lambda clock: f"{clock.minute}",
    "05": lambda clock: f"{clock.second:02d}",
    "5": lambda clock: f"{clock.second}",
    "06": lambda clock: f"{abs(clock.year) % 100:02d}",
    "2006": lambda clock: "-" * (clock.year < 0) + f"{abs(clock.year):04d}",
    "15": lambda clock: f"{clock.hour:02d}",
    "PM": lambda clock: "PM" if clock.hour >= 12 else "AM",
    "pm": lambda clock: "pm" if clock.hour >= 12 else "am",
}


def _offset(seconds: int, chunk: str) -> str:
    if chunk[0] == "Z" and seconds == 0:
        return "Z"
    sign, size = "-" if seconds < 0 else "+", abs(seconds)
    parts = [f"{size // 3600:02d}", f"{size // 60 % 60:02d}", f"{size % 60:02d}"]
    shown = {2: 1, 4: 2, 5: 2, 6: 3, 8: 3}[len(chunk) - 1]
    return sign + (":" if ":" in chunk else "").join(parts[:shown])
