"""Handlebars templates as Drone's plugins render them, so that one written for drone-slack works unchanged.

The judge is drone-template-lib v1.0.0 with raymond v2.0.2; `docs/templates.md` says where this is kinder. The engine is
pybars3, behind a lexer, a parser and helpers of our own, so that nothing of a template's text becomes code.
"""

from __future__ import annotations

import copy
import re
import time
from collections.abc import Collection, Iterator
from random import Random

from buildwatch.notify.templates import helpers as _helpers
from buildwatch.notify.templates.compiler import compiled
from buildwatch.notify.templates.context import drone_context
from buildwatch.notify.templates.errors import TemplateError
from buildwatch.notify.templates.helpers import (
    bases,
    blocks,
    calls,
    cases,
    drone,
    encodings,
    lists,
    numbers,
    regexes,
    slack,
    texts,
)
from buildwatch.notify.templates.parser import parse
from buildwatch.notify.templates.run import MARK, Run
from buildwatch.notify.templates.values import MISSING, Struct, found_in, readable
from buildwatch.notify.templates.whitespace import control

LARGEST = 64 * 1024
"""Characters of a template."""

_JOINED = re.compile(f"<{MARK}+(?=[!@])")
"""A sign of which one half came from a value; the template's own text may hold marks, too."""


class Template:
    """A template, compiled once. Raises `TemplateError` for one that is none.

    With `only`, names of helpers, all other helpers are unknown names, as they are to an older plugin.
    """

    def __init__(self, source: str, *, only: Collection[str] | None = None) -> None:
        if len(source) > LARGEST:
            raise TemplateError(f"the template has {len(source)} characters; at most {LARGEST} are allowed")
        self.source = source
        program = parse(source)
        control(program)
        self._compiled = compiled(source, program, only)
        self._changes = bool(self._compiled.helpers & lists.MUTATING)

    def render(
        self, context: object, *, now: float | None = None, slack_safe: bool = False, random: Random | None = None
    ) -> str:
        """What it prints for a context, as it is, untrimmed. Raises `TemplateError`.

        `now` is in unix seconds, this moment for None. With `slack_safe` no `<!` and no `<@` comes out that a value had
        a part in. What `uuidv4` and the like draw comes from `random`.
        """
        if self._changes:
            context = copy.deepcopy(context)
        moment = time.time() if now is None else now
        run = Run(self._compiled, context, moment, random, safe=slack_safe)
        text = readable(self._compiled.render(run))
        if not slack_safe:
            return text
        return _JOINED.sub("<\u200b", text).replace(MARK, "") if MARK in text else text

    def unknown(self, sample: Struct) -> list[tuple[str, int, int]]:
        """The names that stand for nothing in a sample context, with line and column: likely slips of the pen.

        Names in a list's parts cannot be known; of those only such are told as begin like the sample's own.
        """
        places = [sample, *_structs(sample)]
        loops = "each" in self._compiled.helpers
        found: list[tuple[str, int, int]] = []
        for path in self._compiled.paths:
            own = found_in(sample, path.parts[0]) is not MISSING if path.parts else False
            if path.depth or path.scoped or path.data or not path.parts or (loops and not own):
                continue
            if not any(_leads(place, path.parts) for place in places):
                place = TemplateError("", self.source, path.at)
                found.append((path.original, place.line, place.column))
        return found


def _structs(struct: Struct) -> Iterator[Struct]:
    for value in struct.fields.values():
        if isinstance(value, Struct):
            yield value
            yield from _structs(value)


def _leads(value: object, parts: list[str]) -> bool:
    for part in parts:
        value = found_in(value, part)
    return value is not MISSING


__all__ = ["LARGEST", "Template", "TemplateError", "drone_context"]

_USED = (
    _helpers,
    bases,
    blocks,
    calls,
    cases,
    drone,
    encodings,
    numbers,
    regexes,
    slack,
    texts,
)  # importing them registers them
