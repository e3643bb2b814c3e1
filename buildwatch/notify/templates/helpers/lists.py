"""sprig's functions of lists, maps and anything (`list.go`, `dict.go`, `defaults.go`, `reflect.go`)."""

from __future__ import annotations

from collections.abc import Callable

from buildwatch.notify.templates.errors import Fault
from buildwatch.notify.templates.gotime import Time
from buildwatch.notify.templates.helpers.calls import helper
from buildwatch.notify.templates.helpers.numbers import int64
from buildwatch.notify.templates.helpers.texts import LONGEST_LIST, strval
from buildwatch.notify.templates.run import Run
from buildwatch.notify.templates.values import NoList, NoMap, Strings, Struct, kind_of, type_of


def empty(value: object) -> bool:
    """Whether a value is its kind's zero."""
    return not isinstance(value, Struct | Time) and not value


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise Fault(f"needs a list, and is given a {type_of(value)}")
    return value


def _same(run: Run, left: object, right: object) -> bool:
    """Whether two values are deeply equal. Counted, since they can share parts and so be larger than they look."""
    run.work(1)
    if type_of(left) != type_of(right):
        return False
    if left is right:
        return True
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(_same(run, *pair) for pair in zip(left, right, strict=True))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(run, left[key], right[key]) for key in left)
    return left == right


for _name in ("list", "tuple"):
    helper(_name, rest="any")(lambda run, *values: list(values))
for _name in ("append", "push"):
    helper(_name, "any", "any")(lambda run, values, value: _grown([*_list(values), value]))
helper("prepend", "any", "any")(lambda run, values, value: _grown([value, *_list(values)]))
helper("first", "any")(lambda run, values: next(iter(_list(values)), None))
helper("last", "any")(lambda run, values: next(reversed(_list(values)), None))
helper("rest", "any")(lambda run, values: list(values[1:]) if _list(values) else NoList())
helper("initial", "any")(lambda run, values: list(values[:-1]) if _list(values) else NoList())
helper("reverse", "any")(lambda run, values: list(reversed(_list(values))))
helper("compact", "any")(lambda run, values: [one for one in _list(values) if not empty(one)])
helper("empty", "any")(lambda run, value: empty(value))
helper("ternary", "any", "any", "bool")(lambda run, yes, no, value: yes if value else no)
helper("typeOf", "any")(lambda run, value: type_of(value))
helper("typeIs", "string", "any")(lambda run, name, value: name == type_of(value))
helper("typeIsLike", "string", "any")(lambda run, name, value: type_of(value) in (name, f"*{name}"))
helper("kindOf", "any")(lambda run, value: kind_of(value))
helper("kindIs", "string", "any")(lambda run, name, value: name == kind_of(value))


def _grown(values: list[object]) -> list[object]:
    if len(values) > LONGEST_LIST:
        raise Fault(f"makes a list of more than {LONGEST_LIST} parts")
    return values


@helper("uniq", "any")
def uniq(run: Run, values: object) -> list[object]:
    """A list with each value once."""
    made: list[object] = []
    for value in _list(values)[:2000]:
        if not any(_same(run, value, one) for one in made):
            made.append(value)
    return made


@helper("without", "any", rest="any")
def without(run: Run, values: object, *omitted: object) -> list[object]:
    """A list without some values."""
    return [value for value in _list(values) if not any(_same(run, value, one) for one in omitted)]


@helper("has", "any", "any")
def has(run: Run, value: object, values: object) -> bool:
    """Whether a value is in a list."""
    return values is not None and any(_same(run, value, one) for one in _list(values))


@helper("slice", "any", rest="any")
def slice_(run: Run, values: object, *ends: object) -> object:
    """A part of a list."""
    whole = _list(values)
    if not whole:
        return None
    begin = int64(ends[0]) if ends else 0
    end = int64(ends[1]) if len(ends) > 1 else len(whole)
    if not 0 <= begin <= end <= len(whole):
        raise Fault("reaches beyond the list")
    return type(whole)(whole[begin:end])


@helper("default", "any", rest="any")
def default(run: Run, instead: object, *given: object) -> object:
    """A value, or another where it is empty."""
    return instead if not given or empty(given[0]) else given[0]


@helper("coalesce", rest="any")
def coalesce(run: Run, *values: object) -> object:
    """The first value that is not empty."""
    return next((value for value in values if not empty(value)), None)


# maps

Map = dict[str, object]


@helper("dict", rest="any")
def dict_(run: Run, *values: object) -> Map:
    """A map of keys and values in turn."""
    padded = [*values, ""] if len(values) % 2 else list(values)
    return {strval(key): value for key, value in zip(padded[::2], padded[1::2], strict=True)}


@helper("set", "map", "string", "any")
def set_(run: Run, into: Map, key: str, value: object) -> Map:
    """A map with one value more."""
    if isinstance(into, NoMap):
        raise Fault("is given no map")
    into[key] = value
    return into


@helper("unset", "map", "string")
def unset(run: Run, values: Map, key: str) -> Map:
    """A map with one value less."""
    values.pop(key, None)
    return values


helper("hasKey", "map", "string")(lambda run, values, key: key in values)
helper("pluck", "string", rest="map")(lambda run, key, *maps: [one[key] for one in maps if key in one])
helper("keys", rest="map")(lambda run, *maps: Strings(key for one in maps for key in sorted(one)))
helper("values", "map")(lambda run, values: [values[key] for key in sorted(values)])
helper("pick", "map", rest="string")(lambda run, values, *keys: {key: values[key] for key in keys if key in values})
helper("omit", "map", rest="string")(lambda run, values, *keys: {k: values[k] for k in values.keys() - set(keys)})


@helper("merge", "map", rest="map")
def merge(run: Run, into: Map, *others: Map) -> Map:
    """A map with what others have and it has not."""
    for other in others:
        _merge(run, into, other, lambda old: empty(old), 0)
    return into


@helper("mergeOverwrite", "map", rest="map")
def merge_overwrite(run: Run, into: Map, *others: Map) -> Map:
    """A map with what others have."""
    for other in others:
        _merge(run, into, other, lambda old: True, 0)
    return into


def _merge(run: Run, into: Map, other: Map, replaces: Callable[[object], bool], depth: int) -> None:
    run.work(len(other))
    if depth > 50:
        raise Fault("the maps are nested too deep")
    for key, value in other.items():
        old = into.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            _merge(run, old, value, replaces, depth + 1)
        elif key not in into or (replaces(old) and not empty(value)):
            into[key] = value


MUTATING = frozenset({"set", "unset", "merge", "mergeOverwrite"})
"""Those that change the map that they are given."""
