"""The plain helpers of drone-template-lib v1.0.0 (`template/helpers.go`).

`datetime` and `duration` take whole numbers too and `uppercasefirst` takes nothing, where the original fails or panics.
"""

from __future__ import annotations

from buildwatch.notify.templates.durations import duration_text, held
from buildwatch.notify.templates.gotime import SECOND, at, format_time
from buildwatch.notify.templates.helpers.calls import helper
from buildwatch.notify.templates.helpers.numbers import int64, wrapped
from buildwatch.notify.templates.helpers.regexes import replace_all
from buildwatch.notify.templates.run import Run
from buildwatch.notify.templates.values import lower, upper


@helper("uppercasefirst", "string")
def uppercasefirst(run: Run, text: str) -> str:
    """The first letter in upper case."""
    return upper(text[:1]) + text[1:]


@helper("uppercase", "string")
def uppercase(run: Run, text: str) -> str:
    """All letters in upper case."""
    return upper(text)


@helper("lowercase", "string")
def lowercase(run: Run, text: str) -> str:
    """All letters in lower case."""
    return lower(text)


@helper("truncate", "string", "int")
def truncate(run: Run, text: str, length: int) -> str:
    """The first characters."""
    if length < 0:
        raise ValueError("a negative length")
    return text[:length]


@helper("duration", "float64", "float64")
def duration(run: Run, started: float, finished: float) -> str:
    """The time from one moment to the other, in whole seconds."""
    return duration_text(wrapped(int64(finished - started) * SECOND))


@helper("datetime", "float64", "string", "string")
def datetime(run: Run, moment: float, layout: str, zone: str) -> str:
    """A moment after Go's layout, in a zone; this machine's own where it is empty or there is no such zone."""
    try:
        return format_time(at(int64(moment), zone or "Local"), layout)
    except ValueError:
        return format_time(at(int64(moment)), layout)


@helper("since", "int64")
def since(run: Run, moment: int) -> str:
    """How long ago a moment is, in whole seconds."""
    return duration_text(held((int(run.now) - moment) * SECOND))


@helper("regexReplace", "string", "string", "string")
def regex_replace(run: Run, pattern: str, text: str, by: str) -> str:
    """A text with all that a pattern finds replaced; `$1` and `${name}` stand for groups."""
    return replace_all(run, pattern, text, by)
