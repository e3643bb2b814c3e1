"""One rendering: where it is in the context, and how much it may still do.

Contexts, frames (`@index` …) and block parameters are stacks, and names are looked up in them, as in raymond's
`eval.go`. Everything is bounded, since templates and contexts come from outside.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

from buildwatch.notify.templates.errors import Fault
from buildwatch.notify.templates.tree import Path
from buildwatch.notify.templates.values import MISSING, Own, Rendered, found_in, text_of

if TYPE_CHECKING:
    from buildwatch.notify.templates.compiler import Compiled

MOST_OUTPUT: Final = 256 * 1024
"""Characters that a template may print."""

MOST_STEPS: Final = 100_000
"""How often a text, a value or a block may be come to."""

MOST_WORK: Final = 8_000_000
"""Through how many characters helpers may go, a part of a list counting as ten: a second or two in all."""

DEEPEST_RUN: Final = 100
"""How many blocks may be rendered in each other; a helper that is no block's own renders the block around it."""

MARK: Final = "\ufdd0"
"""Stands at the edge of a value that could make a mention with the text beside it; never in what comes out."""


class Frame:
    """What `@index`, `@key`, `@first` and `@last` are here, and in the frames around."""

    __slots__ = ("data", "parent")

    def __init__(self, data: dict[str, object], parent: Frame | None) -> None:
        self.data = data
        self.parent = parent


@dataclass(slots=True)
class Section:
    """A block that is being rendered: its program and its inverse, where it has them."""

    program: Callable[[], str] | None
    inverse: Callable[[], str] | None
    params: list[str]


class Run:
    """The state of one rendering."""

    __slots__ = (
        "argument",
        "compiled",
        "contexts",
        "depth",
        "drawn",
        "frame",
        "now",
        "params",
        "safe",
        "sections",
        "size",
        "steps",
        "worked",
    )

    def __init__(self, compiled: Compiled, context: object, now: float, random: Random | None, *, safe: bool) -> None:
        self.argument = ""  # the first one of the helper that opens the block at hand, as text
        self.compiled = compiled
        self.contexts: list[object] = [context]
        self.depth = 0
        self.frame = Frame({}, None)
        self.params: list[dict[str, object]] = []
        self.sections: list[Section] = []
        self.now = now
        self.drawn = random
        self.safe = safe
        self.size = 0
        self.steps = 0
        self.worked = 0

    @property
    def random(self) -> Random:
        """What is drawn from by chance. Made when it is needed, since that takes a while."""
        if self.drawn is None:
            self.drawn = Random()  # noqa: S311  (nothing secret)
        return self.drawn

    def step(self) -> None:
        """Count. Raises `Fault` when it is too much."""
        self.steps += 1
        if self.size > MOST_OUTPUT or self.steps > MOST_STEPS:
            self.too_much()

    def work(self, amount: int) -> None:
        """Count what a helper has to do. Raises `Fault` when it is too much."""
        self.worked += amount
        if self.worked > MOST_WORK:
            raise Fault("the template takes too much work")

    def too_much(self) -> None:
        """Raise `Fault`."""
        if self.size > MOST_OUTPUT:
            raise Fault(f"the template prints more than {MOST_OUTPUT} characters")
        raise Fault(f"the template takes more than {MOST_STEPS} steps")

    def value(self, value: object, *, escaped: bool = False) -> str:
        """A value as text; where it must not mention, with every `<!` and `<@` in it or at its edges broken.

        In one that is to be `escaped` no `<` will be left, so that only its beginning matters.
        """
        text = text_of(value)
        if not self.safe or type(value) is Rendered:
            return text if type(text) is str else str.__str__(text)  # pybars3 takes others apart letter by letter
        text = text.replace(MARK, "")
        if type(value) is Own:
            return text
        if escaped:
            return MARK + text if text[:1] in ("!", "@") else text
        text = broken(text)
        if text[:1] in ("!", "@"):
            text = MARK + text
        return text + MARK if text[-1:] == "<" else text

    # names

    def find(self, path: Path) -> object:
        """What a name stands for; None for nothing."""
        if not (path.data or path.depth or self.params):
            return self._here(path.names)
        param = self._param(path)
        if param is not MISSING:
            self.contexts.append({path.parts[0]: param})
            found = self._in_contexts(path)
            self.contexts.pop()
            return found
        if path.is_root:
            found = self._in_contexts(path)
            return self._in_frames(path) if found is None else found
        if path.data:
            found = self._in_frames(path)
            if found is not None:
                return found
        return self._in_contexts(path)

    def _here(self, names: tuple[str, ...]) -> object:
        """What a plain name stands for: in this context, or else in those around."""
        for context in reversed(self.contexts):
            if isinstance(context, list) or not names:
                self._goes_through(context)
                found, resolved = _walk(context, names)
                if found is not None or resolved:
                    return found
                continue
            value = context
            for index, name in enumerate(names):
                value = found_in(value, name)
                if value is MISSING:
                    if index:
                        return None
                    break
            else:
                return value
        return None

    def field(self, name: str) -> object:
        """What is under that name right here, or `MISSING`."""
        return found_in(self.contexts[-1], name)

    def _param(self, path: Path) -> object:
        if self.params and path.parts:
            for names in reversed(self.params):
                value = names.get(path.parts[0])
                if value is not None:
                    return value
        return MISSING

    def _in_frames(self, path: Path) -> object:
        frame = self.frame
        for _ in range(path.depth):
            if frame.parent is None:
                return None
            frame = frame.parent
        return _walk(frame.data, path.names)[0]

    def _in_contexts(self, path: Path) -> object:
        if path.is_root:
            return _walk(self.contexts[0], path.names[1:])[0]
        for index in range(len(self.contexts) - 1 - path.depth, -1, -1):
            self._goes_through(self.contexts[index])
            found, resolved = _walk(self.contexts[index], path.names)
            if found is not None or resolved:
                return found
        return None

    def _goes_through(self, context: object) -> None:
        if isinstance(context, list):
            self.work(len(context))

    # blocks

    def enter(
        self, program: Callable[[], str], names: list[str], context: object, data: Frame | None, key: object
    ) -> str:
        """Render a program with that context, unless it is None; with a frame, and with block parameters."""
        self.steps += 1
        if self.steps > MOST_STEPS:
            self.too_much()
        given: dict[str, object] = {}
        if names:
            given[names[0]] = context
            if len(names) > 1 and key is not None:
                given[names[1]] = key
            self.params.append(given)
        if context is not None:
            self.contexts.append(context)
        if data is not None:
            self.frame = data
        self.depth += 1
        if self.depth > DEEPEST_RUN:
            raise Fault("the block renders itself for ever")
        text = program()
        self.depth -= 1
        if data is not None and self.frame.parent is not None:
            self.frame = self.frame.parent
        if context is not None:
            self.contexts.pop()
        if names:
            self.params.pop()
        return text

    def inside(self, context: object = None, data: Frame | None = None, key: object = None) -> Rendered:
        """What the block at hand renders with that context."""
        section = self.sections[-1] if self.sections else None
        if section is None or section.program is None:
            return Rendered()
        return Rendered(self.enter(section.program, section.params, context, data, key))

    def otherwise(self) -> Rendered:
        """What the block at hand renders instead."""
        section = self.sections[-1] if self.sections else None
        return Rendered(section.inverse() if section is not None and section.inverse is not None else "")

    def iteration(self, index: int, length: int, key: object) -> Frame:
        """A frame for one of `length` turns."""
        turn = {"index": index, "key": key, "first": index == 0, "last": index == length - 1}
        return Frame({**self.frame.data, **turn}, self.frame)


def broken(text: str) -> str:
    """A text in which no `<!` and no `<@` is left: a zero-width space stands between the two."""
    if "<" in text:
        text = text.replace("<!", "<\u200b!").replace("<@", "<\u200b@")
    return text


def _walk(context: object, names: tuple[str, ...]) -> tuple[object, bool]:
    """What is at the end of a path, None for nothing; and whether its first part was there."""
    if isinstance(context, list):
        found = [_down(one, names)[0] for one in context]
        return [one for one in found if one is not MISSING], False
    value, resolved = _down(context, names)
    return (None if value is MISSING else value), resolved


def _down(context: object, names: tuple[str, ...]) -> tuple[object, bool]:
    resolved = False
    for name in names:
        context = found_in(context, name)
        if context is MISSING:
            return MISSING, resolved
        resolved = True
    return context, resolved
