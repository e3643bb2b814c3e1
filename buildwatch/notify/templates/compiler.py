"""A tree as a program for pybars3, and the tables that it refers to.

The program holds nothing but three helper names and integers, for example what pybars3's own parser would make of
`{{{_t 0}}}{{#_b 0}}{{{_v 0}}}{{/_b}}`: pybars3 pastes what it is given into Python code, so nothing of a template's
text may reach it. It keeps the structure; texts, names, values, helpers and truth are ours.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol, cast

from buildwatch.notify.templates.errors import Fault, TemplateError
from buildwatch.notify.templates.helpers.calls import HELPERS, call
from buildwatch.notify.templates.run import MARK, MOST_OUTPUT, MOST_STEPS, Run, Section
from buildwatch.notify.templates.tree import (
    Block,
    Comment,
    Content,
    Expression,
    Literal,
    Mustache,
    Partial,
    Path,
    Program,
)
from buildwatch.notify.templates.tree import Value as Node
from buildwatch.notify.templates.values import MISSING, Own, escape, is_true

Evaluate = Callable[[Run], object]
Inner = Callable[[object], list[str]]
Written = list[object]
"""A program as pybars3's parser makes it: `template`, then its statements."""

MOST_TAGS: Final = 1000
"""Tags in a template. pybars3 takes a millisecond for each."""

_BROKEN: Final = (ArithmeticError, LookupError, TypeError, ValueError, RecursionError)
"""What a helper raises for arguments that its original would end the whole program for."""


class _This(Protocol):
    """What pybars3 hands to a helper: its own wrapping of the context, which is the `Run`."""

    context: Run


@dataclass(slots=True)
class BlockPlan:
    """A block: what decides it, and whether that is a helper, which then says what is rendered."""

    at: int
    evaluate: Evaluate
    is_call: bool
    has_program: bool
    has_inverse: bool
    params: list[str]


@dataclass(slots=True)
class Compiled:
    """A template that is ready: pybars3's function, and the tables that its integers are indexes of."""

    source: str
    render: Callable[..., str] = str
    texts: list[str] = field(default_factory=list)
    values: list[tuple[int, Evaluate, bool]] = field(default_factory=list)
    blocks: list[BlockPlan] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)
    helpers: set[str] = field(default_factory=set)


def compiled(source: str, program: Program, only: Collection[str] | None = None) -> Compiled:
    """The program of a tree, in which `only` those helpers are known, None for all. Raises `TemplateError`."""
    made = Compiled(source)
    written = _Writer(made, HELPERS if only is None else only).program(program)
    if len(made.values) + len(made.blocks) > MOST_TAGS:
        raise TemplateError(f"the template has more than {MOST_TAGS} tags", source)
    made.render = _function(written)
    return made


class _Writer:
    def __init__(self, made: Compiled, known: Collection[str]) -> None:
        self._made = made
        self._known = known

    def program(self, program: Program) -> Written:
        written: Written = ["template"]
        after_text = False
        for node in program.body:
            if not isinstance(node, Content | Comment):
                after_text = False
            match node:
                case Content():
                    if node.text and after_text:
                        self._made.texts[-1] += node.text
                    elif node.text:
                        self._made.texts.append(node.text)
                        written.append(_printing("_t", len(self._made.texts) - 1))
                        after_text = True
                case Comment():
                    continue
                case Mustache():
                    written.append(self._value(node.expression.at, self._expression(node.expression), node.unescaped))
                case Partial():
                    written.append(self._value(node.at, self._partial(node), True))
                case Block():
                    written.append(self._block(node))
        return written

    def _value(self, at: int, evaluate: Evaluate, unescaped: bool) -> object:
        self._made.values.append((at, evaluate, unescaped))
        return _printing("_v", len(self._made.values) - 1)

    def _partial(self, node: Partial) -> Evaluate:
        source, at = self._made.source, node.at

        def missing(run: Run) -> object:
            raise TemplateError("there are no partials, so this one cannot be found", source, at)

        return missing

    def _block(self, node: Block) -> object:
        expression = node.expression
        plan = BlockPlan(
            expression.at,
            self._expression(expression),
            expression.helper in self._known,
            node.program is not None,
            node.inverse is not None,
            node.program.params if node.program is not None else [],
        )
        self._made.blocks.append(plan)
        index = len(self._made.blocks) - 1
        program, inverse = (self.program(one or Program(0)) for one in (node.program, node.inverse))
        return ("block", "_b", [("literalparam", index)], program, inverse)

    def _expression(self, node: Expression) -> Evaluate:
        name = node.helper
        if name in self._known:
            return self._call(name, node)
        path = node.path
        if isinstance(path, Literal):
            canonical = path.canonical

            def literal(run: Run) -> object:
                found = run.field(canonical)
                return None if found is MISSING else found

            return literal
        return self._path(path)

    def _path(self, path: Path) -> Evaluate:
        self._made.paths.append(path)
        return lambda run: run.find(path)

    def _call(self, name: str, node: Expression) -> Evaluate:
        self._made.helpers.add(name)
        helper = HELPERS[name]
        params = [self._param(param) for param in node.params]
        named = {key: self._param(value) for key, value in node.hash.items()}
        source, at = self._made.source, node.at

        def run_it(run: Run) -> object:
            given = [param(run) for param in params]
            hash = {key: value(run) for key, value in named.items()} if named else {}
            try:
                run.step()
                return call(helper, run, given, hash)
            except Fault as fault:
                raise TemplateError(f"{name}: {fault}", source, at) from None
            except _BROKEN as error:
                raise TemplateError(f"{name} cannot work with what it is given ({error})", source, at) from None

        return run_it

    def _param(self, node: Node) -> Evaluate:
        if isinstance(node, Expression):
            return self._expression(node)
        if isinstance(node, Path):
            return self._path(node)
        value = Own(node.value) if isinstance(node.value, str) else node.value
        return lambda run: value


# what pybars3 calls


def _text(this: _This, index: int) -> str:
    run = this.context
    text = run.compiled.texts[index]
    if run.safe:
        text = text.replace(MARK, "")
    run.size += len(text)
    run.steps += 1
    return text


def _print(this: _This, index: int) -> str:
    run = this.context
    at, evaluate, unescaped = run.compiled.values[index]
    value = evaluate(run)
    run.steps += 1
    try:
        text = value if type(value) is str and not run.safe else run.value(value, escaped=not unescaped)
        if not unescaped:
            text = escape(text)
        run.size += len(text)
        if run.size > MOST_OUTPUT or run.steps > MOST_STEPS:
            run.too_much()
    except (Fault, RecursionError) as fault:
        raise TemplateError(_what(fault), run.compiled.source, at) from None
    return text


def _block(this: _This, options: Mapping[str, Inner], index: int) -> str:
    run = this.context
    plan = run.compiled.blocks[index]
    fn, inverse = options["fn"], options["inverse"]
    section = Section(
        (lambda: "".join(fn(this))) if plan.has_program else None,
        (lambda: "".join(inverse(this))) if plan.has_inverse else None,
        plan.params,
    )
    run.sections.append(section)
    value = plan.evaluate(run)
    try:
        run.step()
        text = run.value(value) if plan.is_call else _section(run, section, plan, value)
    except (Fault, RecursionError) as fault:
        raise TemplateError(_what(fault), run.compiled.source, plan.at) from None
    run.sections.pop()
    return text


def _what(error: Exception) -> str:
    return str(error) if isinstance(error, Fault) else "this value is nested too deep, perhaps in itself"


def _section(run: Run, section: Section, plan: BlockPlan, value: object) -> str:
    """What a block without a helper renders: its program for what is true, its inverse for the rest."""
    if not is_true(value):
        return section.inverse() if section.inverse is not None else ""
    if section.program is None:
        return ""
    if isinstance(value, list):
        turns = enumerate(value)
        length = len(value)
        return "".join(
            run.enter(section.program, plan.params, one, run.iteration(index, length, None), index)
            for index, one in turns
        )
    return run.enter(section.program, plan.params, value, None, None)


_CALLED: Final[Mapping[str, Callable[..., str]]] = {"_t": _text, "_v": _print, "_b": _block}


class _Function(Protocol):
    def __call__(self, context: object, helpers: Mapping[str, Callable[..., str]]) -> str: ...


_ONE_AT_A_TIME: Final = threading.Lock()


def _printing(name: str, index: int) -> object:
    return ("expand", ("path", [name]), [("literalparam", index)])


def _function(program: Written) -> Callable[[Run], str]:
    """pybars3's function for a program. Its compiler keeps its state in its class, and its modules for ever."""
    from pybars import Compiler

    class Plain(Compiler):  # type: ignore[misc]  # pybars3 has no types
        def _generate_code(self, source: Written) -> object:
            """Its own way from a parsed template on: there is no text to parse."""
            self._compiler.globals["builder"]._reset()
            return self._compiler(source).apply("compile")[0]

    with _ONE_AT_A_TIME:
        before = set(sys.modules)
        function = cast(_Function, Plain().compile(program))
        for name in set(sys.modules) - before:
            if name.startswith("pybars._templates."):
                del sys.modules[name]
    return lambda run: function(run, _CALLED)
