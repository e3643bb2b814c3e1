"""sprig's functions of JSON, paths, times and chance. Chance is passed in (`Run.random`)."""

from __future__ import annotations

import math
import string
from uuid import UUID

from buildwatch.notify.templates.durations import duration_text, held, in_whole_seconds, parse_duration
from buildwatch.notify.templates.errors import Fault
from buildwatch.notify.templates.goparse import parse_time
from buildwatch.notify.templates.gotime import Time, at, format_time
from buildwatch.notify.templates.helpers.calls import helper
from buildwatch.notify.templates.helpers.texts import bounded
from buildwatch.notify.templates.run import Run
from buildwatch.notify.templates.values import MOST, NoList, NoMap, NoStrings, Struct, counted, plain_float

# JSON

_JSON = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
_JSON |= {one: f"\\u{ord(one):04x}" for one in "<>&\u2028\u2029"}
_JSON |= {chr(one): "\\ufffd" for one in range(0xDC80, 0xDD00)}  # bytes that are no text


@helper("toJson", "any")
def to_json(run: Run, value: object) -> str:
    """A value as JSON, as Go writes it: maps sorted, `<>&` escaped."""
    return _json(value, [MOST], "", "")


@helper("toPrettyJson", "any")
def to_pretty_json(run: Run, value: object) -> str:
    """The same, indented by two."""
    return _json(value, [MOST], "\n", "  ")


def _json(value: object, left: list[int], line: str, step: str) -> str:
    counted(value, left)
    colon = ": " if step else ":"
    if isinstance(value, Time):
        return f'"{format_time(value, "2006-01-02T15:04:05.999999999Z07:00")}"'
    if isinstance(value, NoMap | NoList | NoStrings):
        return "null"
    if isinstance(value, Struct | dict):
        fields = value.fields if isinstance(value, Struct) else {key: value[key] for key in sorted(value)}
        parts = [f"{_json_text(key)}{colon}{_json(one, left, line + step, step)}" for key, one in fields.items()]
        return _json_all("{", parts, "}", line, step)
    if isinstance(value, list):
        return _json_all("[", [_json(one, left, line + step, step) for one in value], "]", line, step)
    if isinstance(value, str):
        return _json_text(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return _json_number(value)


def _json_all(opened: str, parts: list[str], closed: str, line: str, step: str) -> str:
    if not parts:
        return opened + closed
    separator = f",{line}{step}" if step else ","
    return f"{opened}{line}{step}{separator.join(parts)}{line}{closed}" if step else opened + ",".join(parts) + closed


def _json_text(text: str) -> str:
    made = [_JSON.get(one, one) if one >= " " or one in _JSON else f"\\u{ord(one):04x}" for one in text]
    return '"' + "".join(made) + '"'


def _json_number(value: object) -> str:
    if isinstance(value, int):
        return int.__repr__(value)
    if not isinstance(value, float) or not math.isfinite(value):
        return ""
    if value and not 1e-6 <= abs(value) < 1e21:
        mantissa, _, exponent = repr(value).partition("e")
        return f"{mantissa.removesuffix('.0')}e{exponent.replace('-0', '-')}"
    return plain_float(value)


# paths


def clean_path(path: str) -> str:
    """The shortest path that means the same (`path.Clean`)."""
    if not path:
        return "."
    rooted, parts = path.startswith("/"), []
    for part in path.split("/"):
        if part in ("", "."):
            continue
        if part != "..":
            parts.append(part)
        elif parts and parts[-1] != "..":
            parts.pop()
        elif not rooted:
            parts.append(part)
    return "/" * rooted + "/".join(parts) or "."


helper("clean", "string")(lambda run, path: clean_path(path))
helper("isAbs", "string")(lambda run, path: path.startswith("/"))
helper("dir", "string")(lambda run, path: clean_path(path[: path.rfind("/") + 1]))


@helper("base", "string")
def base(run: Run, path: str) -> str:
    """The last part of a path."""
    if not path:
        return "."
    return path.rstrip("/").rpartition("/")[2] or "/"


@helper("ext", "string")
def ext(run: Run, path: str) -> str:
    """What follows the last dot of a path's last part, with the dot."""
    last = path.rpartition("/")[2]
    return last[last.rfind(".") :] if "." in last else ""


# times


def _time(value: object, now: float) -> Time:
    if isinstance(value, Time):
        return value
    return at(int(value)) if isinstance(value, int) and not isinstance(value, bool) else at(now)


def _formatted(run: Run, layout: str, value: object, zone: str) -> str:
    moment = _time(value, run.now)
    try:
        return format_time(Time(moment.nanos, zone), layout)
    except ValueError:
        return format_time(Time(moment.nanos, "UTC"), layout)


helper("now")(lambda run: at(run.now))
helper("date", "string", "any")(lambda run, layout, value: _formatted(run, layout, value, "Local"))
helper("htmlDate", "any")(lambda run, value: _formatted(run, "2006-01-02", value, "Local"))
helper("htmlDateInZone", "any", "string")(lambda run, value, zone: _formatted(run, "2006-01-02", value, zone))
for _name in ("dateInZone", "date_in_zone"):
    helper(_name, "string", "any", "string")(lambda run, layout, value, zone: _formatted(run, layout, value, zone))
helper("toDate", "string", "string")(lambda run, layout, text: parse_time(layout, text))


@helper("ago", "any")
def ago(run: Run, value: object) -> str:
    """How long ago a moment is, in whole seconds."""
    return duration_text(in_whole_seconds(held(at(run.now).nanos - _time(value, run.now).nanos)))


def _moved(run: Run, by: str, moment: Time) -> Time:
    nanos = parse_duration(by)
    return moment if nanos is None else Time(moment.nanos + nanos, moment.zone)


helper("date_modify", "string", "time")(_moved)
helper("dateModify", "string", "time")(_moved)


# chance


def _drawn(run: Run, letters: str, count: int) -> str:
    bounded(count)
    return "".join(run.random.choices(letters, k=max(count, 0)))


_DRAWN = {
    "AlphaNum": string.ascii_letters + string.digits,
    "Alpha": string.ascii_letters,
    "Ascii": "".join(map(chr, range(32, 127))),
    "Numeric": string.digits,
}
for _name, _letters in _DRAWN.items():
    for _prefix in ("rand", "cryptoRand"):
        helper(f"{_prefix}{_name}", "int")(lambda run, count, letters=_letters: _drawn(run, letters, count))


@helper("shuffle", "string")
def shuffle(run: Run, text: str) -> str:
    """The letters in another order."""
    run.work(10 * len(text))
    return "".join(run.random.sample(text, len(text)))


@helper("uuidv4")
def uuidv4(run: Run) -> str:
    """An identifier by chance."""
    return str(UUID(int=run.random.getrandbits(128), version=4))


@helper("derivePassword", "uint32", "string", "string", "string", "string")
def derive_password(run: Run, counter: int, *secrets: str) -> str:
    """No password is made here; its first argument is of a kind that no template can give, there neither."""
    raise Fault("a template makes no passwords")


@helper("genPrivateKey", "string")
def gen_private_key(run: Run, kind: str) -> str:
    """No key is made here."""
    if kind in ("", "rsa", "dsa", "ecdsa"):
        raise Fault("a template makes no keys")
    return f"Unknown type {kind}"


@helper("env", "string")
def env(run: Run, name: str) -> str:
    """Nothing: the environment holds secrets."""
    return ""


@helper("expandenv", "string")
def expandenv(run: Run, text: str) -> str:
    """The text with its variables taken out: the environment holds secrets."""
    return string.Template(text).safe_substitute(_Nothing())


class _Nothing(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""
