"""The helpers that render blocks: raymond's own, and drone-template-lib's `success`, `failure` and `urlencode`."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote_plus

from buildwatch.notify.templates.helpers.calls import helper
from buildwatch.notify.templates.run import MARK, Run
from buildwatch.notify.templates.values import MISSING, Rendered, Struct, found_in, is_true, text_of

Named = Mapping[str, object]


def _holds(value: object, named: Named) -> bool:
    zero = named.get("includeZero") is True and type(value) is int and value == 0
    return zero or is_true(value)


@helper("if", "any", options=True)
def if_(run: Run, value: object, *, named: Named) -> object:
    """The block for what is true (with `includeZero=true` for 0 too), else its other part."""
    return run.inside() if _holds(value, named) else run.otherwise()


@helper("unless", "any", options=True)
def unless(run: Run, value: object, *, named: Named) -> object:
    """The reverse of `if`."""
    return run.otherwise() if _holds(value, named) else run.inside()


@helper("with", "any", options=True)
def with_(run: Run, value: object, *, named: Named) -> object:
    """The block with the value as its context."""
    return run.inside(value) if is_true(value) else run.otherwise()


@helper("each", "any", options=True)
def each(run: Run, value: object, *, named: Named) -> object:
    """The block for each part of a list, a map or a struct."""
    if not is_true(value):
        return run.otherwise()
    pairs: list[tuple[object, object]]
    if isinstance(value, list):
        turns = [run.inside(one, run.iteration(i, len(value), None), i) for i, one in enumerate(value)]
        return Rendered("".join(turns))
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, Struct):
        pairs = list(value.fields.items())
    else:
        return ""
    turns = [run.inside(one, run.iteration(i, len(pairs), key), key) for i, (key, one) in enumerate(pairs)]
    return Rendered("".join(turns))


@helper("equal", "any", "any", options=True)
def equal(run: Run, left: object, right: object, *, named: Named) -> object:
    """The block where both are printed alike. Its other part is never rendered, as there."""
    one, other = text_of(left), text_of(right)
    run.work(len(one) + len(other))
    return run.inside() if one == other else ""


@helper("lookup", "any", "string", options=True)
def lookup(run: Run, value: object, name: str, *, named: Named) -> object:
    """What is under a name, as text."""
    found = found_in(value, name) if name and value is not None else MISSING
    text = "" if found is MISSING else text_of(found)
    run.work(len(text))
    return text


@helper("log", "string")
def log(run: Run, message: str) -> object:
    """Nothing: what would be logged comes from outside."""
    return ""


@helper("success", "bool", options=True)
def success(run: Run, status: bool, *, named: Named) -> object:
    """The block for a build that succeeded."""
    return _by_status(run, status, ("success",))


@helper("failure", "bool", options=True)
def failure(run: Run, status: bool, *, named: Named) -> object:
    """The block for a build that failed, could not be run or was killed."""
    return _by_status(run, status, ("failure", "error", "killed"))


def _by_status(run: Run, given: bool, wanted: tuple[str, ...]) -> object:
    return run.inside() if given and run.argument in wanted else run.otherwise()


@helper("urlencode", options=True)
def urlencode(run: Run, *, named: Named) -> object:
    """What the block renders, as a part of a query."""
    return quote_plus(run.inside().replace(MARK, ""), safe="-_.~")
