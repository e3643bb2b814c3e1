"""How often the same thing broke: failures grouped by their signatures. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, tzinfo
from typing import Final, NamedTuple

_TIMES: Final = "never once twice three four five six seven eight nine ten eleven twelve"


class Failure(NamedTuple):
    """One failed build: its number, when it began (unix seconds, 0: not known), and the signature of what broke."""

    number: int
    at: int
    signature: str


class Seen(NamedTuple):
    """How many `times` a failure was seen, `first` in which build, `since` when (unix seconds).

    `of` is how many failures are known, itself among them.
    """

    times: int
    first: int
    since: int
    of: int


def seen(this: Failure, others: Iterable[Failure]) -> Seen:
    """How often `this` was seen, itself and `others` taken together; one number is one failure."""
    known = {failure.number: failure for failure in (*others, this)}
    alike = [failure for failure in known.values() if failure.signature == this.signature]
    first = min(alike, key=lambda failure: failure.number)
    return Seen(len(alike), first.number, first.at, len(known))


def in_words(of: Seen, now: float, zone: tzinfo | None = None) -> str:
    """As `seen four times since Tuesday, first in #812`. Empty for the only failure that is known.

    `now` is unix seconds, `zone` where the reader is (None: where this machine is).
    """
    if of.times < 2:
        others = of.of - 1
        return f"not seen in the {others} other failures" if others > 1 else ""
    names = _TIMES.split()
    times = f"{names[of.times]}{' times' * (of.times > 2)}" if of.times < len(names) else f"{of.times} times"
    since = f" since {_day(of.since, now, zone)}" if of.since > 0 else ""
    return f"seen {times}{since}, first in #{of.first}"


def _day(at: float, now: float, zone: tzinfo | None) -> str:
    """Today the time, within six days the day of the week, before that the date."""
    then, today = datetime.fromtimestamp(at, zone), datetime.fromtimestamp(max(at, now), zone)
    days = (today.date() - then.date()).days
    if days == 0:
        return f"{then:%H:%M}"
    if days < 7:
        return _WEEKDAYS.split()[then.weekday()]
    return f"{then.day} {_MONTHS.split()[then.month - 1]}" + (f" {then.year}" if then.year != today.year else "")


_WEEKDAYS: Final = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
_MONTHS: Final = "January February March April May June July August September October November December"
"""Not by the machine's language: all other words are English."""
