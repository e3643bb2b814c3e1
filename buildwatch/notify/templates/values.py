"""The values in a template, as Go has them: what is true, how they are printed, what is found in them. Pure.

A context is plain data: str, int, float, bool, None, list, dict, and `Struct` where the original has a struct. Go tells
more kinds of numbers and lists apart than JSON does; the classes here are what templates can see of that.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from buildwatch.notify.templates.errors import Fault
from buildwatch.notify.templates.gotime import Time

MISSING: Final = object()
"""What is found where there is nothing; None is a value that is there."""


class Int64(int):
    """Go's int64, where the original tells it from int."""


class Strings(list[str]):
    """Go's []string."""


class Ints(list[int]):
    """Go's []int."""


class StringMap(dict[str, str]):
    """Go's map[string]string."""


class NoMap(dict[str, object]):
    """Go's nil map: it can be read like an empty one, and not be written to."""


class NoList(list[object]):
    """Go's nil slice: an empty one, but for JSON."""


class NoStrings(Strings):
    """The same of texts."""


class Own(str):
    """A text that stands in the template itself."""


class Rendered(str):
    """What a block rendered: escaped and made safe already."""


MOST: Final = 100_000
"""Of how many parts a value may consist when it is printed; ten characters of a text count as one, too."""


class Struct:
    """A struct: its fields under Go's names, in their order; `text` is how it is printed, None for Go's own way.

    What is in `extra` is found under its exact name, but is neither printed nor gone through with the fields.
    """

    __slots__ = ("extra", "fields", "known", "text", "type")

    def __init__(
        self,
        type: str,
        fields: Mapping[str, object],
        text: str | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> None:
        self.type = type
        self.fields = fields
        self.text = text
        self.extra = extra or {}
        self.known: dict[str, object] = {name[:1].lower() + name[1:]: value for name, value in fields.items()}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Struct) and (self.type, self.fields, self.text) == (
            other.type,
            other.fields,
            other.text,
        )

    __hash__ = None  # type: ignore[assignment]  # like the lists and maps in it

    def get(self, name: str) -> object:
        """The field of that name; its first letter is case-free, as in raymond's `evalField`."""
        if not name:  # the first field without a tag, and none has one
            return next(iter(self.fields.values()), MISSING)
        titled = title(name)
        if titled == "String" and self.text is not None:
            return self.text
        return self.fields.get(titled, self.extra.get(name, MISSING))


def found_in(value: object, name: str) -> object:
    """What is under a name in a value, or `MISSING`."""
    if type(value) is Struct:
        known = value.known.get(name, MISSING)
        return known if known is not MISSING else value.get(name)
    if isinstance(value, dict):
        return value.get(name, MISSING)
    if isinstance(value, list) and name.isascii():
        digits = name[1:] if name[:1] == "+" else name
        if digits.isdigit() and len(digits) < 10 and int(digits) < len(value):
            return value[int(digits)]
    return MISSING


def is_true(value: object) -> bool:
    """Whether a value counts as true: not zero, not empty; every struct does."""
    return isinstance(value, Struct | Time) or bool(value)


def text_of(value: object) -> str:
    """How a value is printed: lists without separators, numbers without exponent, nothing for None."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return plain_float(value)
    if isinstance(value, list):
        return "".join(_leaves(value, [MOST]))
    return verb(value, "s")


def _leaves(values: list[object], left: list[int]) -> Iterator[str]:
    """What is in a list and in the lists in it, as text. Raises `Fault` for more than can be meant."""
    for value in values:
        counted(value, left)
        if isinstance(value, list):
            yield from _leaves(value, left)
        else:
            yield verb(value, "s", left) if isinstance(value, dict | Struct) else text_of(value)


def counted(value: object, left: list[int]) -> None:
    """Take one value from what is left of `MOST`. Raises `Fault` where nothing is."""
    left[0] -= 1 + len(value) // 10 if isinstance(value, str) else 1
    if left[0] < 0:
        raise Fault(f"this has more than {MOST} parts")


def plain_float(value: float) -> str:
    """A float without exponent, with as many digits as it needs (`strconv.FormatFloat(v, 'f', -1, 64)`)."""
    if value != value or value in (float("inf"), float("-inf")):
        return {"inf": "+Inf", "-inf": "-Inf"}.get(repr(value), "NaN")
    return format(Decimal(repr(value)), "f").removesuffix(".0")


def float_v(value: float) -> str:
    """A float as `%v` prints it: with an exponent below 1e-4 and from 1e6."""
    if not value or not math.isfinite(value):
        return plain_float(value)
    digits = Decimal(repr(value)).normalize().as_tuple()
    exponent = len(digits.digits) + int(digits.exponent) - 1
    if -4 <= exponent < 6:
        return plain_float(value)
    first, *others = map(str, digits.digits)
    mantissa = f"{first}.{''.join(others)}" if others else first
    return f"{'-' if digits.sign else ''}{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def verb(value: object, letter: str, left: list[int] | None = None) -> str:
    """A value as Go's fmt prints it under `%s` or `%v`. Raises `Fault` for more than can be meant."""
    left = left if left is not None else [MOST]
    counted(value, left)
    if isinstance(value, Struct):
        if value.text is not None:
            return value.text
        return "{" + " ".join(verb(one, letter, left) for one in value.fields.values()) + "}"
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{verb(value[key], letter, left)}" for key in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(verb(one, letter, left) for one in value) + "]"
    if isinstance(value, str | Time):
        return str(value)
    plain = "<nil>" if value is None else float_v(value) if isinstance(value, float) else text_of(value)
    return plain if letter == "v" or value is None else f"%!s({type_of(value)}={plain})"


_TYPES: Final[dict[type, str]] = {
    str: "string",
    Own: "string",
    Rendered: "string",
    bool: "bool",
    int: "int",
    Int64: "int64",
    float: "float64",
    list: "[]interface {}",
    Strings: "[]string",
    NoStrings: "[]string",
    Ints: "[]int",
    dict: "map[string]interface {}",
    NoList: "[]interface {}",
    NoMap: "map[string]interface {}",
    StringMap: "map[string]string",
    Time: "time.Time",
    type(None): "<nil>",
}


def type_of(value: object) -> str:
    """Go's name for the type of a value."""
    return value.type if isinstance(value, Struct) else _TYPES[type(value)]


def kind_of(value: object) -> str:
    """Go's name for the kind of a value."""
    if isinstance(value, Struct | Time):
        return "ptr" if type_of(value).startswith("*") else "struct"
    name = _TYPES[type(value)]
    return "slice" if name.startswith("[") else "map" if name.startswith("map") else name.replace("<nil>", "invalid")


def from_bytes(data: bytes) -> str:
    """Bytes as text. Each that is none is kept as a letter of its own, which `readable` replaces at the end."""
    return data.decode("utf-8", "surrogateescape")


def bytes_of(text: str) -> bytes:
    """The bytes of a text (`from_bytes`). Raises ValueError for what has none."""
    return text.encode("utf-8", "surrogateescape")


def readable(text: str) -> str:
    """The text with U+FFFD for each byte that is none, as Go's JSON has it."""
    return text if text.isascii() else text.translate(_NO_TEXT)


_NO_TEXT: Final = dict.fromkeys(range(0xDC80, 0xDD00), "\ufffd")


def upper(text: str) -> str:
    """Upper case letter by letter, where that is one letter (`strings.ToUpper`)."""
    return text.upper() if text.isascii() else "".join(map(_upper, text))


def lower(text: str) -> str:
    """Lower case letter by letter (`strings.ToLower`)."""
    return text.lower() if text.isascii() else "".join(one.lower()[0] for one in text)


def _upper(letter: str) -> str:
    for way in (letter.upper(), letter.title()):
        if len(way) == 1:
            return way
    return letter


def title_letter(letter: str) -> str:
    """One letter in title case, where that is one letter."""
    made = letter.title()
    return made if len(made) == 1 else letter


def title(text: str) -> str:
    """The first letter of each word in title case, the rest as it is (`strings.Title`)."""
    made, before = [], " "
    for letter in text:
        made.append(title_letter(letter) if _separates(before) else letter)
        before = letter
    return "".join(made)


def _separates(letter: str) -> bool:
    if letter.isascii():
        return not (letter.isalnum() or letter == "_")
    return not (letter.isalpha() or letter.isdigit()) and letter.isspace()


def escape(text: str) -> str:
    """The five characters that raymond escapes."""
    return text.translate(_ENTITIES) if _SPECIAL.search(text) else text


_SPECIAL: Final = re.compile("[&'<>\"]")
_ENTITIES: Final = str.maketrans({"&": "&amp;", "'": "&apos;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})
