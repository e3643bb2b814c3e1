"""`quiet = { from = "22:00", to = "07:00", timezone = "Europe/Berlin", days = […], whole_days = […] }` → `Quiet`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from buildwatch.config import tomlfile
from buildwatch.config.errors import ConfigError, near
from buildwatch.config.tomlfile import Key, Table
from buildwatch.notify import amounts
from buildwatch.notify.hours import quiet_until
from buildwatch.notify.settings import Quiet
from buildwatch.text import clean

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_QUIET: Final[Mapping[str, Key]] = {
    "from": Key((str, time), amounts.CLOCK),
    "to": Key((str, time), amounts.CLOCK),
    "timezone": Key((str,), 'the name of a time zone, like "Europe/Berlin"', form=r"[A-Za-z0-9_+/-]{1,60}"),
    "days": Key((list,), f"a list of {', '.join(_DAYS)}: on which evenings it begins"),
    "whole_days": Key((list,), f"a list of {', '.join(_DAYS)}: which are quiet all day"),
}


def quiet(entry: Table, where: str) -> Quiet:
    """The quiet hours of a rule's table. Raises `ConfigError`."""
    tomlfile.check(entry, _QUIET, where)
    for key in ("from", "to", "timezone"):
        if key not in entry:
            raise ConfigError(f"{where}: {key} is missing; expected {_QUIET[key].expected}")
    begin, end = _clock(entry, "from", where), _clock(entry, "to", where)
    if begin == end:
        raise ConfigError(f"{where}: from and to are the same; expected two times of day")
    made = Quiet(
        begin,
        end,
        _zone(entry["timezone"], where),
        _days(entry.get("days", list(_DAYS)), "days", where),
        _days(entry.get("whole_days", []), "whole_days", where),
    )
    if quiet_until(made, quiet_until(made, 0.0)):
        raise ConfigError(f"{where}: it is never over; expected hours that leave some in which to tell")
    return made


def _clock(entry: Table, key: str, where: str) -> time:
    found = amounts.clock(entry[key])
    if found is None:
        raise ConfigError(f"{where}: {key} must be {amounts.CLOCK}")
    return found


def _zone(name: str, where: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder of the database
        raise ConfigError(f'{where}: timezone must be {_QUIET["timezone"].expected}, not "{clean(name, 60)}"') from None


def _days(listed: list[object], key: str, where: str) -> frozenset[int]:
    for day in listed:
        if day not in _DAYS:
            hint = near(day, _DAYS) if isinstance(day, str) else ""
            raise ConfigError(f"{where}: {key} must be {_QUIET[key].expected}{hint}")
    return frozenset(number for number, day in enumerate(_DAYS) if day in listed)
