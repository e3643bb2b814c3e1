"""sprig's functions of numbers (`numeric.go`). Whole numbers are int64 and wrap around as those do."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from buildwatch.notify.templates.errors import Fault
from buildwatch.notify.templates.helpers.calls import helper
from buildwatch.notify.templates.helpers.texts import LONGEST_LIST
from buildwatch.notify.templates.run import Run
from buildwatch.notify.templates.values import Int64, Ints


def int64(value: object) -> Int64:
    """A value as a whole number, 0 for what is none (`toInt64`)."""
    if isinstance(value, str):
        made = _atoi(value)
        return Int64(made if abs(made) < 2**63 - 1 or value.lstrip("+-0") in (f"{2**63 - 1}", f"{2**63}") else 0)
    if isinstance(value, float):
        return Int64(int(value)) if math.isfinite(value) and abs(value) < 2**63 else Int64(-(2**63))
    return wrapped(int(value)) if isinstance(value, int) else Int64(0)


def _atoi(text: str) -> int:
    """A text as a whole number: 0 for what is none, the nearest there is for one that is too great (`Atoi`)."""
    if not re.fullmatch(r"[+-]?[0-9]+", text, re.ASCII):
        return 0
    size = text.lstrip("+-0")[:20]
    return max(-(2**63), min(int(f"{'-' * text.startswith('-')}{size or '0'}"), 2**63 - 1))


def wrapped(value: int) -> Int64:
    """What is left of a number in 64 bits."""
    return Int64((value + 2**63) % 2**64 - 2**63)


def float64(value: object) -> float:
    """A value as a float, 0 for what is none (`toFloat64`)."""
    if isinstance(value, str):
        return _parsed(value)
    return float(value) if isinstance(value, int | float) else 0.0


_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_HEX = re.compile(r"([+-]?)0x([0-9a-f]*)\.?([0-9a-f]*)p([+-]?\d+)", re.ASCII | re.IGNORECASE)
_UNDERSCORES = re.compile(r"(?<=[0-9a-fx])_(?=[0-9a-f])", re.IGNORECASE)


def _parsed(text: str) -> float:
    """A text as Go's `ParseFloat` reads it, 0 for what is none."""
    word = text.lower().lstrip("+-")
    if word in ("inf", "infinity", "nan") and len(text) - len(word) <= (word != "nan"):
        return float(text)
    plain = _UNDERSCORES.sub("", text)
    try:
        if _HEX.fullmatch(plain) and "0x." not in plain.lower().removesuffix("p"):
            made = float.fromhex(plain)
        elif _DECIMAL.fullmatch(plain):
            made = float(plain)
        else:
            return 0.0
    except (ValueError, OverflowError):
        return 0.0
    return made if math.isfinite(made) else 0.0


helper("int64", "any")(lambda run, value: int64(value))
helper("int", "any")(lambda run, value: int(int64(value)))
helper("float64", "any")(lambda run, value: float64(value))
helper("atoi", "string")(lambda run, value: _atoi(value))
helper("add1", "any")(lambda run, value: wrapped(int64(value) + 1))
helper("sub", "any", "any")(lambda run, left, right: wrapped(int64(left) - int64(right)))
helper("add", rest="any")(lambda run, *values: wrapped(sum(map(int64, values))))
helper("ceil", "any")(lambda run, value: _signed(math.ceil, float64(value)))
helper("floor", "any")(lambda run, value: _signed(math.floor, float64(value)))
for _name in ("max", "biggest"):
    helper(_name, "any", rest="any")(lambda run, *values: max(map(int64, values)))
helper("min", "any", rest="any")(lambda run, *values: min(map(int64, values)))


@helper("mul", "any", rest="any")
def mul(run: Run, *values: object) -> Int64:
    """The product."""
    made = Int64(1)
    for value in values:
        made = wrapped(made * int64(value))
    return made


@helper("div", "any", "any")
def div(run: Run, left: object, right: object) -> Int64:
    """The quotient, cut off towards zero."""
    top, bottom = int64(left), int64(right)
    if bottom == 0:
        raise Fault("divides by zero")
    size = abs(top) // abs(bottom)
    return wrapped(size if (top < 0) == (bottom < 0) else -size)


@helper("mod", "any", "any")
def mod(run: Run, left: object, right: object) -> Int64:
    """What is left over, with the sign of the left one."""
    return wrapped(int64(left) - int64(right) * div(run, left, right))


def _signed(way: Callable[[float], int], value: float) -> float:
    """A number made whole; zero keeps its sign, as floats have one."""
    return math.copysign(way(value), value) if -1.0 < value < 1.0 and not way(value) else float(way(value))


@helper("round", "any", "int", rest="float64")
def round_(run: Run, value: object, places: int, on: float = 0.5) -> float:
    """A number with so many places."""
    power = math.pow(10, places) if places < 309 else math.inf
    digit = power * float64(value)
    if not (math.isfinite(digit) and 0.0 < power < math.inf):
        return math.nan
    return _signed(math.ceil if math.modf(digit)[0] >= on else math.floor, digit) / power


@helper("until", "int")
def until(run: Run, count: int) -> Ints:
    """The numbers from 0 to before that one."""
    return until_step(run, 0, count, -1 if count < 0 else 1)


@helper("untilStep", "int", "int", "int")
def until_step(run: Run, begin: int, end: int, step: int) -> Ints:
    """The numbers from one to before another, in steps."""
    if (end < begin and step >= 0) or (end >= begin and step <= 0):
        return Ints()
    made = range(begin, end, step)
    if len(made) > LONGEST_LIST:
        raise Fault(f"makes a list of more than {LONGEST_LIST} parts")
    return Ints(made)
