"""How a helper is called: its arguments made what it wants, as raymond's `callFunc` does.

Kinder in two things: a whole number passes for any kind of number, and functions that take any number of arguments can
be given any number of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from buildwatch.notify.templates.errors import Fault
from buildwatch.notify.templates.gotime import Time
from buildwatch.notify.templates.values import NoList, NoMap, Struct, is_true, text_of, type_of

if TYPE_CHECKING:
    from buildwatch.notify.templates.run import Run

Function = Callable[..., object]
F = TypeVar("F", bound=Function)


@dataclass(frozen=True, slots=True)
class Helper:
    """A function and the kinds of its arguments: `string int int64 uint32 float64 bool any map time`.

    `rest` is the kind of all further ones, empty for none. One that takes `options` renders the block that it opens and
    hears its named arguments. All are given the `Run` first.
    """

    name: str
    function: Function
    kinds: tuple[str, ...]
    rest: str = ""
    options: bool = False


HELPERS: Final[dict[str, Helper]] = {}

OPTIONS: Final = Struct("*raymond.Options", {}, text="")
"""What a function of anything is given for an argument that is left out at the end, as there."""


def helper(name: str, *kinds: str, rest: str = "", options: bool = False) -> Callable[[F], F]:
    """Make the function one that templates can call."""

    def register(function: F) -> F:
        HELPERS[name] = Helper(name, function, kinds, rest, options)
        return function

    return register


def call(helper: Helper, run: Run, given: list[object], named: Mapping[str, object]) -> object:
    """What a helper gives for these arguments. Raises `Fault` for such as it cannot be given."""
    kinds = helper.kinds
    if len(given) != len(kinds) and not (helper.rest and len(given) > len(kinds)):
        if helper.options and len(given) == len(kinds) + 1 and given[0] is None and kinds[:1] == ("bool",):
            return ""
        if helper.options or len(given) + 1 != len(kinds) or kinds[-1] != "any":
            wants = f"{len(kinds)}{' or more' if helper.rest else ''} argument{'s' * (len(kinds) != 1)}"
            raise Fault(f"needs {wants}, and is given {len(given)}")
        given = [*given, OPTIONS]
    made: list[object] = []
    work = 0
    for index, value in enumerate(given):
        kind = kinds[index] if index < len(kinds) else helper.rest
        if value is None:
            if kind not in _NONE:
                return ""
            value = (
                NoList() if helper.rest and index == len(given) - 1 == len(kinds) and kind == "any" else _NONE[kind]()
            )
        elif kind != "any" and (kind != "string" or not isinstance(value, str)):
            value = _as(kind, value, index)
        made.append(value)
        work += len(value) if isinstance(value, str) else weight(value)
    if helper.options:
        run.argument = text_of(given[0]) if given else ""
        return helper.function(run, *made, named=named)
    run.work(work)
    result = helper.function(run, *made)
    run.work(len(result) if isinstance(result, str) else weight(result))
    return result


def weight(value: object) -> int:
    """How much there is of a value that is no text, for `Run.work`."""
    return 10 * len(value) if isinstance(value, list | dict) else 1


_NONE: Final[dict[str, Callable[[], object]]] = {"any": lambda: None, "string": str, "map": NoMap}
"""What can be nothing, and what that is then."""


def _as(kind: str, value: object, index: int) -> object:
    match kind:
        case "string":
            return text_of(value)
        case "bool":
            return is_true(value)
        case "int" | "int64":
            if isinstance(value, int) and not isinstance(value, bool):
                return int(value)
        case "float64":
            if isinstance(value, int | float) and not isinstance(value, bool):
                return float(value)
        case "map":
            if isinstance(value, dict):
                return value
        case "time":
            if isinstance(value, Time):
                return value
    raise Fault(f"argument {index + 1} is a {type_of(value)}, but {_WORDS[kind]} is needed")


_WORDS: Final = {
    "int": "a whole number",
    "int64": "a whole number",
    "uint32": "a whole number without a sign",
    "float64": "a number",
    "map": "a map",
    "time": "a time",
}
