"""Reading a configuration file, and checking keys and values against a table of what there is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from buildwatch.config.errors import ConfigError, near
from buildwatch.text import clean

LARGEST: Final = 1024 * 1024
"""Bytes of a configuration file."""

_WORDS: Final[Mapping[type, str]] = {
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "a table",
}

Table = Mapping[str, Any]


class Key(NamedTuple):
    """What a key takes: the types of its value, in words what is expected, the only texts allowed, or their form."""

    types: tuple[type, ...]
    expected: str
    choices: tuple[str, ...] = ()
    form: str = ""


def read(path: Path, required: bool) -> Table | None:
    """The file's content, or None when there is none and it is not `required`. Raises `ConfigError`."""
    shown = clean(str(path))
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError:
        if required:
            raise ConfigError(f"there is no configuration file {shown}") from None
        return None
    except OSError as error:
        raise ConfigError(f"{shown} cannot be read ({(error.strerror or 'no reason given').lower()})") from None
    if len(data) > LARGEST:
        raise ConfigError(f"{shown} is larger than {LARGEST // 1024} KiB; expected a configuration file")
    return _parsed(data, shown)


def _parsed(data: bytes, shown: str) -> Table:
    import tomllib  # 3 ms that a start without a file need not pay

    try:
        return tomllib.loads(data.decode())
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{shown}, line {line}: expected text in UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{shown}, {_place_and_fault(str(error))}") from None
    except (RecursionError, ValueError):  # ValueError: a number with thousands of digits
        raise ConfigError(f"{shown} holds something too deep or too long; expected a configuration file") from None


def check(table: Table, schema: Mapping[str, Key], where: str) -> None:
    """Raise `ConfigError` for the first key that is unknown or whose value is not as expected.

    No value is quoted: it may be a secret in the wrong place.
    """
    for key, value in table.items():
        rule = schema.get(key)
        if rule is None:
            raise ConfigError(f'{where}: unknown key "{clean(key, 60)}"{near(key, schema)}')
        if type(value) not in rule.types:
            what = _WORDS.get(type(value), "a date or time")
            raise ConfigError(f"{where}: {key} must be {rule.expected}, not {what}")
        if rule.choices and value not in rule.choices:
            raise ConfigError(f"{where}: {key} must be {rule.expected}{near(value, rule.choices)}")
        if rule.form and isinstance(value, str) and not re.fullmatch(rule.form, value):
            raise ConfigError(f"{where}: {key} must be {rule.expected}")


def _place_and_fault(message: str) -> str:
    """tomllib's `Fault (at line 3, column 5)` the way a person looks for it: `line 3, column 5: fault`."""
    found = re.fullmatch(r"(.*) \(at (line \d+, column \d+|end of document)\)", message, re.DOTALL)
    fault, place = (found[1], found[2]) if found else (message, "somewhere")
    return f"{place}: {clean(fault[:1].lower() + fault[1:], 120)}"
