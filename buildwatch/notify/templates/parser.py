"""Tokens as a tree. Pure. The grammar is raymond's (`parser/parser.go`); what it refuses is refused here."""

from __future__ import annotations

from typing import NoReturn

from buildwatch.notify.templates.errors import TemplateError
from buildwatch.notify.templates.lexer import Kind, Token, tokens
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
    Statement,
    Value,
    strip_of,
)
from buildwatch.notify.templates.values import text_of

DEEPEST = 50
"""How deep blocks and parentheses may be nested."""

_NAMES = frozenset({Kind.BOOLEAN, Kind.NUMBER, Kind.STRING, Kind.DATA, Kind.ID})
_STATEMENTS = frozenset(
    {Kind.OPEN, Kind.OPEN_UNESCAPED, Kind.OPEN_BLOCK, Kind.OPEN_INVERSE, Kind.OPEN_RAW, Kind.OPEN_PARTIAL}
    | {Kind.CONTENT, Kind.COMMENT}
)


def parse(source: str) -> Program:
    """The tree of a template. Raises `TemplateError`."""
    parser = _Parser(source)
    program = parser.program()
    token = parser.next
    if token.kind is Kind.OPEN_END:
        parser.fail(token, "this closes a block that was never opened")
    if token.kind is not Kind.END:
        parser.fail(token, f"{token.text} stands outside of a block")
    return program


class _Parser:
    def __init__(self, source: str) -> None:
        self._source = source
        self._tokens = tokens(source)
        self._index = 0
        self._depth = 0

    @property
    def next(self) -> Token:
        return self._tokens[self._index]

    def fail(self, token: Token, what: str) -> NoReturn:
        raise TemplateError(what, self._source, token.at)

    def _shift(self) -> Token:
        token = self._tokens[self._index]
        if token.kind is not Kind.END:
            self._index += 1
        return token

    def _expect(self, kind: Kind, wanted: str) -> Token:
        token = self._shift()
        if token.kind is not kind:
            found = f"{token.text} stands there" if token.text else "it ends there"
            self.fail(token, f"{wanted} is needed here, but {found}")
        return token

    def _deeper(self, token: Token) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            self.fail(token, f"this is nested more than {DEEPEST} deep")

    def program(self) -> Program:
        result = Program(self.next.at)
        while self.next.kind in _STATEMENTS:
            result.body.append(self._statement())
        return result

    def _statement(self) -> Statement:
        token = self.next
        match token.kind:
            case Kind.CONTENT:
                self._shift()
                return Content(token.at, token.text)
            case Kind.COMMENT:
                self._shift()
                return Comment(strip_of(token.text, token.text))
            case Kind.OPEN_BLOCK:
                return self._block()
            case Kind.OPEN_INVERSE:
                return self._inverse()
            case Kind.OPEN_RAW:
                return self._raw()
            case Kind.OPEN_PARTIAL:
                return self._partial()
        return self._mustache()

    def _mustache(self) -> Mustache:
        token = self._shift()
        unescaped = token.kind is Kind.OPEN_UNESCAPED
        expression = self._expression()
        closed = self._expect(*((Kind.CLOSE_UNESCAPED, "}}}") if unescaped else (Kind.CLOSE, "}}")))
        return Mustache(expression, unescaped or token.text.endswith("&"), strip_of(token.text, closed.text))

    def _partial(self) -> Partial:
        token = self._shift()
        name = self._value()
        self._params_and_hash()
        closed = self._expect(Kind.CLOSE, "}}")
        return Partial(token.at, name, strip_of(token.text, closed.text))

    def _raw(self) -> Block:
        token = self._shift()
        block = Block(self._expression())
        opened = self._expect(Kind.CLOSE_RAW, "}}}}")
        content = self._expect(Kind.CONTENT, "the raw block's text")
        block.program = Program(opened.at, [Content(content.at, content.text)])
        self._expect(Kind.OPEN_END_RAW, "{{{{/")
        self._match(token, block)
        self._expect(Kind.CLOSE_RAW, "}}}}")
        return block

    def _block(self) -> Block:
        token = self.next
        self._deeper(token)
        block, params = self._open_block()
        block.program = self.program()
        block.program.params = params
        if self.next.kind in (Kind.OPEN_CHAIN, Kind.INVERSE):
            block.inverse = self._chain()
        self._close(token, block)
        self._depth -= 1
        return block

    def _inverse(self) -> Block:
        token = self.next
        self._deeper(token)
        block, params = self._open_block()
        block.inverse = self.program()
        block.inverse.params = params
        if self.next.kind is Kind.INVERSE:
            block.program = self._inverse_program()
        self._close(token, block)
        self._depth -= 1
        return block

    def _open_block(self) -> tuple[Block, list[str]]:
        token = self._shift()
        block, params = Block(self._expression()), list[str]()
        if self.next.kind is Kind.OPEN_PARAMS:
            params = self._block_params()
        closed = self._expect(Kind.CLOSE, "}}")
        block.open_strip = strip_of(token.text, closed.text)
        return block, params

    def _block_params(self) -> list[str]:
        self._shift()
        params: list[str] = []
        while self.next.kind is Kind.ID:
            params.append(self._shift().text)
        if not params:
            self.fail(self.next, "a name is needed here")
        self._expect(Kind.CLOSE_PARAMS, "|")
        return params

    def _chain(self) -> Program:
        if self.next.kind is Kind.INVERSE:
            return self._inverse_program()
        self._deeper(self.next)
        result = Program(self.next.at, chained=True)
        block, params = self._open_block()
        block.program = self.program()
        block.program.params = params
        if self.next.kind in (Kind.OPEN_CHAIN, Kind.INVERSE):
            block.inverse = self._chain()
        _share_strip(block)
        result.body.append(block)
        self._depth -= 1
        return result

    def _inverse_program(self) -> Program:
        token = self._shift()
        result = self.program()
        result.strip = strip_of(token.text, token.text)
        return result

    def _close(self, opened: Token, block: Block) -> None:
        token = self.next
        if token.kind is Kind.END:
            name = block.expression.canonical
            self.fail(opened, f"the block {name} is never closed; it needs {{{{/{name}}}}}")
        if token.kind is not Kind.OPEN_END:
            self.fail(token, f"{token.text} cannot stand here: there was an else before")
        self._shift()
        self._match(token, block)
        closed = self._expect(Kind.CLOSE, "}}")
        block.close_strip = strip_of(token.text, closed.text)
        _share_strip(block)

    def _match(self, token: Token, block: Block) -> None:
        name, closing = block.expression.canonical, self._name().canonical
        if name != closing:
            self.fail(token, f"{closing} is closed here, but {name} was opened")

    def _expression(self) -> Expression:
        token = self.next
        path = self._name()
        params, hash = self._params_and_hash()
        return Expression(token.at, path, params, hash)

    def _params_and_hash(self) -> tuple[list[Value], dict[str, Value]]:
        params: list[Value] = []
        hash: dict[str, Value] = {}
        while (self.next.kind is Kind.OPEN_EXPRESSION or self.next.kind in _NAMES) and not self._at_hash:
            params.append(self._value())
        while self._at_hash:
            key = self._shift().text
            self._shift()
            hash[key] = self._value()
        return params, hash

    @property
    def _at_hash(self) -> bool:
        return self.next.kind is Kind.ID and self._tokens[self._index + 1].kind is Kind.EQUALS

    def _value(self) -> Value:
        token = self.next
        if token.kind is not Kind.OPEN_EXPRESSION:
            return self._name()
        self._deeper(token)
        self._shift()
        expression = self._expression()
        self._expect(Kind.CLOSE_EXPRESSION, ")")
        self._depth -= 1
        return expression

    def _name(self) -> Path | Literal:
        token = self.next
        match token.kind:
            case Kind.BOOLEAN:
                self._shift()
                return Literal(token.at, token.text == "true", token.text)
            case Kind.STRING:
                self._shift()
                return Literal(token.at, token.text, token.text)
            case Kind.NUMBER:
                self._shift()
                return self._number(token)
            case Kind.DATA:
                self._shift()
                path = self._path(data=True)
                if not path.parts:
                    self.fail(token, f"@{path.original} is no name")
                return path
        return self._path(data=False)

    def _number(self, token: Token) -> Literal:
        try:
            number = float(int(token.text))
            if abs(number) < 2**63:
                return Literal(token.at, int(number), f"{number:.0f}")
        except (ValueError, OverflowError):
            pass
        try:
            value = float(token.text)
        except ValueError:
            value = float("inf")
        if value in (float("inf"), float("-inf")):
            self.fail(token, f"{token.text} is not a number")
        return Literal(token.at, value, text_of(value))

    def _path(self, *, data: bool) -> Path:
        path = Path(self.next.at, data)
        self._part(path, self._id())
        while self.next.kind is Kind.SEPARATOR:
            path.original += self._shift().text
            token = self._id()
            self._part(path, token)
            if path.parts and token.text in ("..", ".", "this"):
                self.fail(token, f"{path.original} is no name: {token.text} can stand only at its beginning")
        path.names = tuple(part[1:-1] if part[0] == "[" and part[-1] == "]" else part for part in path.parts)
        return path

    def _id(self) -> Token:
        token = self._shift()
        if token.kind is not Kind.ID:
            found = f"{token.text} stands there" if token.text else "it ends there"
            self.fail(token, f"a name is needed here, but {found}")
        return token

    def _part(self, path: Path, token: Token) -> None:
        path.original += token.text
        if token.text == "..":
            path.depth += 1
            path.scoped = True
        elif token.text in (".", "this"):
            path.scoped = True
        else:
            path.parts.append(token.text)


def _share_strip(block: Block) -> None:
    """An `else` has no tag of its own for its end: what closes the block closes it."""
    if block.inverse is None:
        return
    if block.inverse.chained:
        chained = block.inverse.body[0]
        if isinstance(chained, Block):
            chained.close_strip = block.close_strip
    block.inverse_strip = block.inverse.strip
