"""Reading fields of a server's JSON without trusting it: whatever is there, a value of the right type comes out.

A field that is absent, `null` or of another type counts as empty; unknown fields are not looked at. So neither a newer
server nor a broken proxy between can make decoding fail half-way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from buildwatch.model import Status
from buildwatch.text import clean

Object = Mapping[str, Any]

_MOST = 2**63 - 1


class BadAnswer(ValueError):
    """What came is not what the protocol says: not JSON, or not of the expected shape."""


def decode(data: bytes) -> Any:
    """The JSON value in `data`. Raises `BadAnswer`."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return msgspec.json.decode(data.decode("utf-8", "replace").encode())
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadAnswer(f"not JSON ({clean(str(error), 80)})") from None


def objects(value: Any) -> list[Object]:
    """The objects in a list; Go servers send `null` for an empty one. Raises `BadAnswer` for anything else."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadAnswer("not a list")
    return [item for item in value if isinstance(item, dict)]


def an_object(value: Any) -> Object:
    """`value`, when it is an object. Raises `BadAnswer`."""
    if not isinstance(value, dict):
        raise BadAnswer("not an object")
    return value


def number(of: Object, key: str) -> int:
    """A whole number, 0 where there is none that fits into the 64 bits that Go servers count with."""
    value = of.get(key)
    return a_number(value) if value.__class__ is int else 0


def a_number(value: int) -> int:
    """`value`, 0 where it does not fit into 64 bits."""
    return value if -_MOST <= value <= _MOST else 0


def moment(of: Object, key: str) -> int:
    """A time in unix seconds, 0 for 'not yet'."""
    value = of.get(key)
    return a_moment(value) if value.__class__ is int else 0


def a_moment(value: int) -> int:
    """`value` as a time in unix seconds, 0 for 'not yet'. What lies before 1970 or after the year 9999 is no time."""
    return value if 0 < value < 253_402_300_800 else 0


def flag(of: Object, key: str) -> bool:
    """A yes or no."""
    return of.get(key) is True


def word(of: Object, key: str, limit: int = 250) -> str:
    """A short text, safe to show."""
    value = of.get(key)
    return a_word(value, limit) if value.__class__ is str else ""


def a_word(value: str, limit: int = 250) -> str:
    """`value` as a short text, safe to show."""
    if value.isascii() and value.isprintable() and len(value) <= limit:  # `is_plain`, which most are, without a call
        return value
    return clean(value, limit)


def words(of: Object, key: str) -> tuple[str, ...]:
    """A list of short texts, safe to show."""
    value = of.get(key)
    if not value or not isinstance(value, list | tuple):
        return ()
    return tuple(clean(item, 250) for item in value[:200] if isinstance(item, str))


_STATUSES = {str(status): status for status in Status.__dict__.values() if isinstance(status, Status)}


def status(of: Object, key: str, other: Mapping[str, Status]) -> Status:
    """A status, pending where there is none."""
    value = of.get(key)
    return a_status(value, other) if value.__class__ is str else Status.PENDING


def a_status(value: str, other: Mapping[str, Status]) -> Status:
    """A status; `other` holds the server's words that differ from the model's. An unknown word stays as it is."""
    return _STATUSES.get(value) or other.get(value) or Status(clean(value, 40) or "unknown")
