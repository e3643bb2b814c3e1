"""Quiet hours: until when a rule holds back. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Final

from buildwatch.notify.settings import Quiet

_SPANS: Final = 21
"""How many spans in a row are joined: three weeks of whole days."""


def quiet_until(quiet: Quiet, now: float) -> float:
    """When the quiet that now is ends, in unix seconds; 0 where it is not quiet. Spans that touch are one."""
    until = now
    for _ in range(_SPANS):
        end = max((end for begin, end in _spans(quiet, until) if begin <= until < end), default=0.0)
        if not end:
            break
        until = end
    return until if until > now else 0.0


def _spans(quiet: Quiet, at: float) -> Iterator[tuple[float, float]]:
    """The spans that begin on this day or the day before it."""
    today = datetime.fromtimestamp(at, quiet.zone).date()
    for day in (today - timedelta(days=1), today):
        next_day = day + timedelta(days=1)
        if day.weekday() in quiet.whole:
            yield _moment(day, time(), quiet), _moment(next_day, time(), quiet)
        if day.weekday() in quiet.days:
            last = day if quiet.end > quiet.begin else next_day
            yield _moment(day, quiet.begin, quiet), _moment(last, quiet.end, quiet)


def _moment(day: date, at: time, quiet: Quiet) -> float:
    return datetime.combine(day, at, quiet.zone).timestamp()
