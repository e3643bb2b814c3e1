"""A template's text as tokens. Pure.

The grammar is that of raymond v2.0.2 (`lexer/lexer.go`), which is what Drone's plugins render with: what it takes for a
tag, a name, a number or a string is taken for one here. Positions are kept, so that an error can show its place.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final, NamedTuple

from buildwatch.notify.templates.errors import TemplateError


class Kind(Enum):
    """What a token is."""

    CONTENT = auto()
    COMMENT = auto()
    OPEN = auto()
    OPEN_UNESCAPED = auto()
    OPEN_BLOCK = auto()
    OPEN_END = auto()
    OPEN_RAW = auto()
    OPEN_END_RAW = auto()
    OPEN_PARTIAL = auto()
    OPEN_INVERSE = auto()
    OPEN_CHAIN = auto()
    INVERSE = auto()
    CLOSE = auto()
    CLOSE_UNESCAPED = auto()
    CLOSE_RAW = auto()
    OPEN_EXPRESSION = auto()
    CLOSE_EXPRESSION = auto()
    OPEN_PARAMS = auto()
    CLOSE_PARAMS = auto()
    ID = auto()
    NUMBER = auto()
    STRING = auto()
    BOOLEAN = auto()
    DATA = auto()
    EQUALS = auto()
    SEPARATOR = auto()
    END = auto()


class Token(NamedTuple):
    """A piece of the template: `text` as it stands there (a string's without its quotes), `at` its position."""

    kind: Kind
    text: str
    at: int


_S: Final = r"[\t\n\f\r ]"
_OPENS: Final = (
    (Kind.OPEN_END_RAW, re.compile(r"\{\{\{\{/")),
    (Kind.OPEN_RAW, re.compile(r"\{\{\{\{")),
    (Kind.OPEN_UNESCAPED, re.compile(r"\{\{~?\{")),
    (Kind.OPEN_BLOCK, re.compile(r"\{\{~?#")),
    (Kind.OPEN_END, re.compile(r"\{\{~?/")),
    (Kind.OPEN_PARTIAL, re.compile(r"\{\{~?>")),
    (Kind.INVERSE, re.compile(rf"\{{\{{~?\^{_S}*~?\}}\}}|\{{\{{~?{_S}*else{_S}*~?\}}\}}")),
    (Kind.OPEN_INVERSE, re.compile(r"\{\{~?\^")),
    (Kind.OPEN_CHAIN, re.compile(rf"\{{\{{~?{_S}*else")),
    (Kind.OPEN, re.compile(r"\{\{~?&?")),
)
_CLOSES: Final = (
    (Kind.CLOSE_RAW, re.compile(r"\}\}\}\}")),
    (Kind.CLOSE_UNESCAPED, re.compile(r"\}~?\}\}")),
    (Kind.CLOSE, re.compile(r"~?\}\}")),
)
_CLOSING: Final = re.compile(r"\}\}|~\}\}|\}~\}\}")
_COMMENT: Final = re.compile(rf"\{{\{{~?!(--)?{_S}*")
_COMMENT_ENDS: Final = (re.compile(r"\}\}"), re.compile(r"--~?\}\}"))
_PARAMS: Final = re.compile(rf"as{_S}+\|")
_DOT: Final = re.compile(r"\.(?=[\t\n\f\r =~}/)|])")
_BOOLEAN: Final = re.compile(r"(?:true|false)(?=[\t\n\f\r ~})])")
_ID: Final = re.compile(r"[^ \n\t!\"#%&'()*+,./;<=>@\[\\\]^`{|}~]+")
_SPACE: Final = re.compile(r"[ \t\n]+")
_NUMBER: Final = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]*(?:\.[0-9a-fA-F]*)?|[0-9]*(?:\.[0-9]*)?)(?:[eE][+-]?[0-9]*)?i?")
_SINGLE: Final = {
    "(": Kind.OPEN_EXPRESSION,
    ")": Kind.CLOSE_EXPRESSION,
    "=": Kind.EQUALS,
    "@": Kind.DATA,
    "/": Kind.SEPARATOR,
    ".": Kind.SEPARATOR,
    "|": Kind.CLOSE_PARAMS,
}


def tokens(source: str) -> list[Token]:
    """All tokens of a template, `END` last. Raises `TemplateError`."""
    return _Lexer(source).run()


class _Lexer:
    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._found: list[Token] = []
        self._raw = False

    def run(self) -> list[Token]:
        while self._at < len(self._source):
            if self._content():
                self._tag()
        if self._raw:
            raise TemplateError("a raw block is never closed; it needs {{{{/name}}}}", self._source, len(self._source))
        self._add(Kind.END, "")
        return self._found

    def _add(self, kind: Kind, text: str, *, skip: int = 0) -> None:
        self._found.append(Token(kind, text, self._at))
        self._at += len(text) + skip

    def _content(self) -> bool:
        """Take what stands between tags; whether a tag follows."""
        source = self._source
        if self._raw:
            end = source.find("{{{{/", self._at)
            if end < 0:
                raise TemplateError("a raw block is never closed; it needs {{{{/name}}}}", source, self._at)
            self._raw = False
            if end > self._at:
                self._add(Kind.CONTENT, source[self._at : end])
            return True
        begin = self._at
        look = begin
        while True:
            tag = source.find("{{", look)
            if tag < 0:
                self._add(Kind.CONTENT, source[begin:])
                return False
            if source[max(begin, tag - 2) : tag] == "\\\\":  # \\{{: one backslash, then a tag
                self._text(begin, tag - 1, tag)
                return True
            if tag > begin and source[tag - 1] == "\\":  # \{{: no tag
                self._text(begin, tag - 1, tag)
                begin = self._at
                look = begin + 2
                while source.startswith("{", look):
                    look += 1
                continue
            self._text(begin, tag, tag)
            return True

    def _text(self, begin: int, end: int, following: int) -> None:
        if end > begin:
            self._found.append(Token(Kind.CONTENT, self._source[begin:end], begin))
        self._at = following

    def _tag(self) -> None:
        source, begin = self._source, self._at
        comment = _COMMENT.match(source, begin)
        if comment:
            end = _COMMENT_ENDS[bool(comment[1])].search(source, comment.end())
            if end is None:
                needs = "--}}" if comment[1] else "}}"
                raise TemplateError(f"the comment is never closed; it needs {needs}", source, begin)
            self._add(Kind.COMMENT, source[begin : end.end()])
            return
        kind, text = next((kind, found[0]) for kind, pattern in _OPENS if (found := pattern.match(source, begin)))
        self._raw = self._raw or kind is Kind.OPEN_RAW
        self._add(kind, text)
        if kind is not Kind.INVERSE:
            self._expression(begin)

    def _expression(self, begin: int) -> None:
        """Take what stands in a tag, and its end."""
        source = self._source
        while not _CLOSING.match(source, self._at):
            self._word(begin)
        for kind, pattern in _CLOSES:
            found = pattern.match(source, self._at)
            if found:
                self._add(kind, found[0])
                return

    def _word(self, begin: int) -> None:
        source, at = self._source, self._at
        if at >= len(source):
            raise TemplateError("the tag is never closed; it needs }}", source, begin)
        found = _SPACE.match(source, at)
        if found:
            self._at = found.end()
        elif found := _PARAMS.match(source, at):
            self._add(Kind.OPEN_PARAMS, found[0])
        elif source.startswith("..", at):
            self._add(Kind.ID, "..")
        elif _DOT.match(source, at):
            self._add(Kind.ID, ".")
        elif found := _BOOLEAN.match(source, at):
            self._add(Kind.BOOLEAN, found[0])
        elif source[at] in _SINGLE:
            self._add(_SINGLE[source[at]], source[at])
        elif source[at] in "\"'":
            self._string()
        elif source[at] in "+-0123456789":
            self._number()
        elif source[at] == "[":
            end = source.find("]", at)
            if end < 0 or "\n" in source[at:end]:
                raise TemplateError("[ is never closed; it needs ]", source, at)
            self._add(Kind.ID, source[at : end + 1])
        elif found := _ID.match(source, at):
            self._add(Kind.ID, found[0])
        else:
            raise TemplateError(f"{source[at]} cannot stand in a tag", source, at)

    def _string(self) -> None:
        source, at = self._source, self._at
        quote = source[at]
        end = at + 1
        while end < len(source) and source[end] != "\n" and (source[end] != quote or source[end - 1] == "\\"):
            if source[end] == quote and end == at + 1:
                break
            end += 1
        if end >= len(source) or source[end] == "\n":
            raise TemplateError(f"the text is never closed; it needs {quote}", source, at)
        self._found.append(Token(Kind.STRING, source[at + 1 : end].replace(f"\\{quote}", quote), at))
        self._at = end + 1

    def _number(self) -> None:
        source, at = self._source, self._at
        found = _NUMBER.match(source, at)
        end = found.end() if found else at
        if end < len(source) and (source[end].isalnum() or source[end] in "_+-"):
            raise TemplateError(f"{source[at : end + 1]} is neither a number nor a name", source, at)
        self._add(Kind.NUMBER, source[at:end])
