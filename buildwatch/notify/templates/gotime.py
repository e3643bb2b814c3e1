"""Go's times: layouts such as `2006-01-02 15:04`, durations such as `1h6m40s`, zones by name.

Pure but for the files of time zones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

LOCAL: Final = "Local"


@dataclass(frozen=True, slots=True)
class Time:
    """A moment: unix seconds, and the zone it is printed in."""

    seconds: float
    zone: str = LOCAL

    def __str__(self) -> str:
        """As Go prints a time."""
        moment = self.moment()
        fraction = f"{moment.microsecond:06d}".rstrip("0")
        return format_time(self, "2006-01-02 15:04:05" + (f".{fraction}" if fraction else "") + " -0700 MST")

    def moment(self) -> datetime:
        """The same with its zone. Raises OverflowError or ValueError outside of the years 1 to 9999."""
        return datetime.fromtimestamp(0, UTC) + timedelta(seconds=self.seconds) if self.zone == "UTC" else self._local()

    def _local(self) -> datetime:
        utc = datetime.fromtimestamp(0, UTC) + timedelta(seconds=self.seconds)
        return utc.astimezone(zone_of(self.zone))


@lru_cache(maxsize=64)
def zone_of(name: str) -> tzinfo | None:
    """The zone of that name, None for this machine's own. Raises ValueError for one that there is not."""
    if name in ("", "UTC"):
        return UTC
    if name == LOCAL:
        return None
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise ValueError(f"there is no time zone {name}") from None


_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def format_time(time: Time, layout: str) -> str:
    """A time after Go's reference layout (`time.Format`, chunks as in `nextStdChunk`)."""
    return _format(time.moment(), layout)


def _format(moment: datetime, layout: str) -> str:
    made: list[str] = []
    index = 0
    while index < len(layout):
        chunk = _chunk(layout, index)
        if chunk:
            made.append(_value(moment, chunk))
            index += len(chunk)
        else:
            made.append(layout[index])
            index += 1
    return "".join(made)


_CHUNKS: Final = (
    *("January", "Jan", "Monday", "Mon", "MST", "002", "01", "02", "03", "04", "05", "06", "2006"),
    *("__2", "_2", "15", "1", "2", "3", "4", "5", "PM", "pm"),
    *("-070000", "-07:00:00", "-0700", "-07:00", "-07", "Z070000", "Z07:00:00", "Z0700", "Z07:00", "Z07"),
)
_FRACTION: Final = re.compile(r"[.,](0+|9+)(?![0-9])")


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


def _value(moment: datetime, chunk: str) -> str:
    if chunk[0] in "-Z" and len(chunk) > 1:
        return _offset(moment, chunk)
    if chunk[0] in ".,":
        digits = f"{moment.microsecond:06d}000"[: len(chunk) - 1].ljust(len(chunk) - 1, "0")
        if chunk[1] == "9":
            digits = digits.rstrip("0")
        return f"{chunk[0]}{digits}" if digits else ""
    hour = moment.hour % 12 or 12
    yearday = moment.timetuple().tm_yday
    return {
        "January": _MONTHS[moment.month - 1],
        "Jan": _MONTHS[moment.month - 1][:3],
        "Monday": _DAYS[moment.weekday()],
        "Mon": _DAYS[moment.weekday()][:3],
        "MST": _abbreviation(moment),
        "002": f"{yearday:03d}",
        "__2": f"{yearday:3d}",
        "01": f"{moment.month:02d}",
        "1": f"{moment.month}",
        "02": f"{moment.day:02d}",
        "_2": f"{moment.day:2d}",
        "2": f"{moment.day}",
        "03": f"{hour:02d}",
        "3": f"{hour}",
        "04": f"{moment.minute:02d}",
        "4": f"{moment.minute}",
        "05": f"{moment.second:02d}",
        "5": f"{moment.second}",
        "06": f"{moment.year % 100:02d}",
        "2006": f"{moment.year:04d}",
        "15": f"{moment.hour:02d}",
        "PM": "PM" if moment.hour >= 12 else "AM",
        "pm": "pm" if moment.hour >= 12 else "am",
    }[chunk]


def _abbreviation(moment: datetime) -> str:
    return moment.tzname() or "UTC"


def _offset(moment: datetime, chunk: str) -> str:
    seconds = int((moment.utcoffset() or timedelta()).total_seconds())
    if chunk[0] == "Z" and seconds == 0:
        return "Z"
    sign, seconds = "-" if seconds < 0 else "+", abs(seconds)
    parts = [f"{seconds // 3600:02d}", f"{seconds // 60 % 60:02d}", f"{seconds % 60:02d}"]
    shown = {2: 1, 4: 2, 5: 2, 6: 3, 8: 3}[len(chunk) - 1]
    return sign + (":" if ":" in chunk else "").join(parts[:shown])


def duration_text(seconds: float) -> str:
    """Seconds as Go prints a duration: `1h6m40s`, `0s`, `-5s`, `1.5s`, `300ms`."""
    nanos = round(abs(seconds) * 1e9)
    sign = "-" if seconds < 0 and nanos else ""
    if nanos < 1_000_000_000:
        for unit, size in (("ms", 1_000_000), ("µs", 1_000), ("ns", 1)):
            if nanos >= size:
                return f"{sign}{_trimmed(nanos, size)}{unit}"
        return "0s"
    whole, rest = divmod(nanos, 1_000_000_000)
    hours, minutes = whole // 3600, whole // 60 % 60
    text = f"{_trimmed(whole % 60 * 1_000_000_000 + rest, 1_000_000_000)}s"
    if hours:
        return f"{sign}{hours}h{minutes}m{text}"
    return f"{sign}{minutes}m{text}" if minutes else sign + text


def _trimmed(value: int, size: int) -> str:
    whole, rest = divmod(value, size)
    fraction = str(rest).rjust(len(str(size)) - 1, "0").rstrip("0") if rest else ""
    return f"{whole}.{fraction}" if fraction else str(whole)


_UNITS: Final = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_TERM: Final = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)")


def parse_duration(text: str) -> float | None:
    """Seconds of a duration as Go writes it; None for what is none."""
    sign, rest = (-1.0, text[1:]) if text.startswith("-") else (1.0, text.removeprefix("+"))
    if rest == "0":
        return 0.0
    total, index = 0.0, 0
    while index < len(rest):
        term = _TERM.match(rest, index)
        if term is None:
            return None
        total += float(term[1]) * _UNITS[term[2]]
        index = term.end()
    return sign * total if rest else None


def parse_time(layout: str, text: str) -> Time:
    """A text read after a layout; the year 1 for one that does not fit, as sprig's `toDate` has it."""
    names: list[str] = []
    pattern, index = "", 0
    while index < len(layout):
        chunk = _chunk(layout, index)
        if chunk in _READ:
            names.append(chunk)
            pattern += _READ[chunk]
        elif chunk:
            return ZERO
        else:
            pattern += re.escape(layout[index])
        index += len(chunk) or 1
    found = re.fullmatch(pattern, text)
    if found is None:
        return ZERO
    try:
        return _read(dict(zip(names, found.groups(), strict=True)))
    except ValueError:
        return ZERO


_READ: Final = {
    "January": f"({'|'.join(_MONTHS)})",
    "Jan": f"({'|'.join(name[:3] for name in _MONTHS)})",
    "Monday": f"({'|'.join(_DAYS)})",
    "Mon": f"({'|'.join(name[:3] for name in _DAYS)})",
    "MST": "(UTC|GMT)",
    **dict.fromkeys(("01", "02", "03", "04", "05", "06", "15"), r"([0-9]{2})"),
    **dict.fromkeys(("1", "2", "3", "4", "5"), r"([0-9]{1,2})"),
    "_2": r" ?([0-9]{1,2})",
    "2006": r"([0-9]{4})",
    "PM": "(AM|PM)",
    "pm": "(am|pm)",
    "-0700": r"([+-][0-9]{4})",
    "-07:00": r"([+-][0-9]{2}:[0-9]{2})",
    "Z07:00": r"(Z|[+-][0-9]{2}:[0-9]{2})",
    "Z0700": r"(Z|[+-][0-9]{4})",
}
ZERO: Final = Time(-62135596800.0, "UTC")


def _read(parts: dict[str, str]) -> Time:
    def number(*chunks: str, default: int) -> int:
        return next((int(parts[chunk]) for chunk in chunks if chunk in parts), default)

    month = number("01", "1", default=1)
    for index, name in enumerate(_MONTHS, 1):
        if name == parts.get("January") or name[:3] == parts.get("Jan"):
            month = index
    year = number("2006", default=0)
    if "06" in parts:
        year = int(parts["06"]) + (1900 if int(parts["06"]) >= 69 else 2000)
    hour = number("15", "03", "3", default=0)
    half = (parts.get("PM") or parts.get("pm") or "").lower()
    if half == "pm" and hour < 12:
        hour += 12
    elif half == "am" and hour == 12:
        hour = 0
    day = number("02", "2", "_2", default=1)
    moment = datetime(max(year, 1), month, day, hour, number("04", "4", default=0), number("05", "5", default=0))
    offset = next((parts[chunk] for chunk in ("-0700", "-07:00", "Z07:00", "Z0700") if chunk in parts), "")
    if offset and offset != "Z":
        digits = offset[1:].replace(":", "")
        shift = int(digits[:2]) * 3600 + int(digits[2:]) * 60
        return Time(moment.replace(tzinfo=UTC).timestamp() - (shift if offset[0] == "+" else -shift))
    if offset or "MST" in parts:
        return Time(moment.replace(tzinfo=UTC).timestamp(), "UTC")
    return Time(moment.timestamp() if year > 1 else moment.replace(tzinfo=UTC).timestamp())
