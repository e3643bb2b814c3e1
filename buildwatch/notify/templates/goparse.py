"""Reading a time after Go's layouts (`time.ParseInLocation` of this machine's zone, as sprig's `toDate` calls it)."""

from __future__ import annotations

import re
import time
from calendar import monthrange
from typing import Final

from buildwatch.notify.templates.gotime import (
    DAYS,
    LOCAL,
    MONTHS,
    SECOND,
    Fixed,
    Time,
    Zone,
    chunks,
    days_before,
    local_time,
    offset_at,
)

ZERO: Final = Time(-62_135_596_800 * SECOND, "UTC")
"""The year 1: what there is where nothing could be read."""


def parse_time(layout: str, text: str) -> Time:
    """A text read after a layout; the year 1 for one that does not fit."""
    try:
        return _Reader(text).time(layout)
    except ValueError:
        return ZERO


_MOST: Final = {"01": 12, "1": 12, "15": 23, "03": 12, "3": 12, "04": 59, "4": 59, "05": 59, "5": 59}
_FIELD: Final = {
    "01": "month",
    "1": "month",
    "02": "day",
    "2": "day",
    "_2": "day",
    "15": "hour",
    "03": "hour",
    "3": "hour",
    "04": "minute",
    "4": "minute",
    "05": "second",
    "5": "second",
}
_FIXED: Final = frozenset({"01", "02", "03", "04", "05"})
_NAMES: Final = {
    "January": MONTHS,
    "Jan": tuple(name[:3] for name in MONTHS),
    "Monday": DAYS,
    "Mon": tuple(name[:3] for name in DAYS),
}
_OFFSET: Final = {
    3: r"([+-])(\d\d)()()",
    5: r"([+-])(\d\d)(\d\d)()",
    6: r"([+-])(\d\d):(\d\d)()",
    7: r"([+-])(\d\d)(\d\d)(\d\d)",
    9: r"([+-])(\d\d):(\d\d):(\d\d)",
}
_ABBREVIATION: Final = re.compile(
    r"ChST|MeST|GMT(?:[+-]\d+)?|[+-]\d+|[A-Z]{4}T(?![A-Z])|(?:[A-Z]{3}T|WITA)(?![A-Z])|[A-Z]{3}(?![A-Z])", re.ASCII
)


class _Reader:
    """What is left of a text, and what was read of it. Its methods raise ValueError for what does not fit."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._read: dict[str, int] = {}
        self._half = ""
        self._zone: Zone = LOCAL
        self._offset: int | None = None
        self._name = ""

    def time(self, layout: str) -> Time:
        parts = chunks(layout)
        for index, (part, is_chunk) in enumerate(parts):
            if not is_chunk:
                self._skip(part)
                continue
            self._chunk(part)
            following = next((one for one, is_one in parts[index + 1 :] if is_one), "")
            if part in ("05", "5") and following[:1] not in (".", ","):
                self._fraction(r"[.,](\d+)", needed=False)  # one that the layout does not name
        if self._text:
            raise ValueError
        return self._made()

    def _take(self, pattern: str) -> re.Match[str]:
        found = re.match(pattern, self._text, re.ASCII)
        if found is None:
            raise ValueError
        self._text = self._text[found.end() :]
        return found

    def _skip(self, text: str) -> None:
        """Leave out what the layout has, too: any number of spaces for as many as there are."""
        for piece in re.findall(" +|[^ ]+", text):
            if piece[0] != " ":
                if not self._text.startswith(piece):
                    raise ValueError
                self._text = self._text[len(piece) :]
            elif self._text and self._text[0] != " ":
                raise ValueError
            else:
                self._text = self._text.lstrip(" ")

    def _chunk(self, chunk: str) -> None:
        if chunk in _FIELD:
            self._take(" ?" if chunk == "_2" else "")
            value = int(self._take(r"\d\d" if chunk in _FIXED else r"\d\d?")[0])
            if value > _MOST.get(chunk, 99) or (chunk in ("01", "1") and value == 0):
                raise ValueError
            self._read[_FIELD[chunk]] = value
        elif chunk in _NAMES:
            found = self._take("|".join(f"(?i:{name})" for name in _NAMES[chunk]))[0].title()
            if chunk.startswith("J"):
                self._read["month"] = _NAMES[chunk].index(found) + 1
        elif chunk == "2006":
            self._read["year"] = int(self._take(r"\d{4}")[0])
        elif chunk == "06":
            year = int(self._take(r"\d\d")[0])
            self._read["year"] = year + (1900 if year >= 69 else 2000)
        elif chunk in ("002", "__2"):
            self._read["yearday"] = int(self._take(r"\d{3}" if chunk == "002" else r" {0,2}(\d{1,3})")[0])
        elif chunk in ("PM", "pm"):
            self._half = self._take("PM|AM" if chunk == "PM" else "pm|am")[0].lower()
        elif chunk == "MST":
            self._abbreviation()
        elif chunk[0] in ".,":
            digits = len(chunk) - 1
            self._fraction(rf"[.,](\d{{{digits}}})" if chunk[1] == "0" else r"[.,](\d+)", needed=chunk[1] == "0")
        else:
            self._signed(chunk)

    def _fraction(self, pattern: str, *, needed: bool) -> None:
        if needed or re.match(pattern, self._text, re.ASCII):
            self._read["nanos"] = int(self._take(pattern)[1][:9].ljust(9, "0"))

    def _signed(self, chunk: str) -> None:
        if chunk[0] == "Z" and self._text.startswith("Z"):
            self._text = self._text[1:]
            self._zone = "UTC"
            return
        found = self._take(_OFFSET[len(chunk)])
        hours, minutes, seconds = (int(part or "0") for part in found.groups()[1:])
        if hours > 24 or minutes > 60 or seconds > 60:
            raise ValueError
        size = (hours * 60 + minutes) * 60 + seconds
        self._offset = size if found[1] == "+" else -size

    def _abbreviation(self) -> None:
        if self._text.startswith("UTC"):
            self._text = self._text[3:]
            self._zone = "UTC"
            return
        name = self._take(_ABBREVIATION.pattern)[0]
        signed = re.search(r"[+-](\d+)", name)
        if signed is not None and int(signed[1]) > 23:
            raise ValueError
        self._name = name

    def _made(self) -> Time:
        read = self._read
        year, hour = read.get("year", 0), read.get("hour", 0)
        if self._half == "pm" and hour < 12:
            hour += 12
        elif self._half == "am" and hour == 12:
            hour = 0
        month, day = self._date(year)
        seconds = days_before(year, month, day) * 86400 + hour * 3600 + read.get("minute", 0) * 60
        return self._placed(seconds + read.get("second", 0), read.get("nanos", 0))

    def _date(self, year: int) -> tuple[int, int]:
        month, day = self._read.get("month"), self._read.get("day")
        leap = 2000 + year % 400  # a year with the same calendar, which the standard library knows
        if "yearday" in self._read:
            rest = self._read["yearday"]
            lengths = [monthrange(leap, one)[1] for one in range(1, 13)]
            if not 1 <= rest <= sum(lengths):
                raise ValueError
            at = 0
            while rest > lengths[at]:
                rest -= lengths[at]
                at += 1
            if month not in (None, at + 1) or day not in (None, rest):
                raise ValueError
            return at + 1, rest
        month, day = month or 1, 1 if day is None else day
        if not 1 <= day <= monthrange(leap, month)[1]:
            raise ValueError
        return month, day

    def _placed(self, seconds: int, nanos: int) -> Time:
        """The moment at which the clocks of the zone that was read show that."""
        if self._zone == "UTC":
            return Time(seconds * SECOND + nanos, "UTC")
        if self._offset is not None and self._offset != -1:
            moment = Time((seconds - self._offset) * SECOND + nanos)
            here, name = offset_at(LOCAL, seconds - self._offset)
            if here == self._offset and self._name in ("", name):
                return moment
            return Time(moment.nanos, Fixed(self._name, self._offset))
        if self._name:
            for name, offset in zip(time.tzname, (-time.timezone, -time.altzone), strict=True):
                if name == self._name:
                    return Time((seconds - offset) * SECOND + nanos)
            offset = int(self._name[3:]) * 3600 if self._name.startswith("GMT") and len(self._name) > 3 else 0
            return Time(seconds * SECOND + nanos, Fixed(self._name, offset))
        return Time(local_time(seconds) * SECOND + nanos)
