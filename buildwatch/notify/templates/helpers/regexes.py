"""Regular expressions: RE2's, as Go's are, so that none can run away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, Protocol, cast

from buildwatch.notify.templates.errors import Fault
from buildwatch.notify.templates.helpers.calls import helper
from buildwatch.notify.templates.run import Run
from buildwatch.notify.templates.values import NoStrings, Strings, readable

LONGEST: Final = 1024 * 1024
"""Characters of a text that a helper may make."""


class _Found(Protocol):
    def group(self, index: int | str = 0) -> str | None: ...
    def start(self) -> int: ...
    def end(self) -> int: ...


class _Pattern(Protocol):
    groups: int
    groupindex: dict[str, int]

    def search(self, text: str) -> _Found | None: ...
    def finditer(self, text: str) -> Iterator[_Found]: ...


_BYTE: Final = re.compile(r"^(?:[^\\]|\\[^CQ]|\\Q(?:(?!\\E).)*(?:\\E|$))*\\C", re.DOTALL)
"""A pattern that asks for one byte, which C++'s RE2 knows and Go's does not."""


@lru_cache(maxsize=64)
def _pattern(text: str) -> _Pattern:
    import re2

    if _BYTE.search(text):
        raise Fault(f"{text} is not a pattern (\\C is not Go's)")
    if len(text) > 1000:
        raise Fault("the pattern is longer than 1000 characters")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 8 << 20
    try:
        return cast(_Pattern, re2.compile(text, options=options))
    except re2.error as error:
        what = error.args[0] if error.args else error
        what = what.decode("utf-8", "replace") if isinstance(what, bytes) else what
        raise Fault(f"{text} is not a pattern ({what})") from None


def _all(run: Run, pattern: _Pattern, text: str) -> Iterator[_Found]:
    """All that is found; nothing right behind another find is none, as in Go. `text` is readable."""
    end = -1
    for found in pattern.finditer(text):
        if found.start() == found.end() == end:
            continue
        end = found.end()
        run.work(20)
        yield found


def replace_all(run: Run, pattern: str, text: str, by: str) -> str:
    """A text with all finds replaced; `$1`, `${1}` and `${name}` in `by` stand for groups, `$$` for a dollar."""
    compiled = _pattern(pattern)
    template, text = _template(by), readable(text)
    made: list[str] = []
    end = size = 0
    for found in _all(run, compiled, text):
        piece = text[end : found.start()] + "".join(_expanded(compiled, found, template))
        made.append(piece)
        size += len(piece)
        if size > LONGEST:
            raise Fault("the text grows too long")
        end = found.end()
    return "".join(made) + text[end:]


_GROUP: Final = re.compile(r"\$(?:\$|\{(\w+)\}|(\w+))")
_NUMBER: Final = re.compile(r"0|[1-9][0-9]*")


def _template(by: str) -> list[tuple[str, bool]]:
    """The parts of a replacement: texts, and names of groups."""
    parts: list[tuple[str, bool]] = []
    end = 0
    for found in _GROUP.finditer(by):
        parts.append((by[end : found.start()], False))
        name = found[1] or found[2]
        parts.append((name, True) if name else ("$", False))
        end = found.end()
    return [*parts, (by[end:], False)]


def _expanded(pattern: _Pattern, found: _Found, template: list[tuple[str, bool]]) -> Iterator[str]:
    for text, is_group in template:
        if not is_group:
            yield text
        elif _NUMBER.fullmatch(text):
            yield (found.group(int(text)) or "") if int(text) <= pattern.groups else ""
        elif text in pattern.groupindex:
            yield found.group(pattern.groupindex[text]) or ""


@helper("regexMatch", "string", "string")
def regex_match(run: Run, pattern: str, text: str) -> bool:
    """Whether the pattern is found; not, where it is none."""
    try:
        return _pattern(pattern).search(readable(text)) is not None
    except Fault:
        return False


@helper("regexFind", "string", "string")
def regex_find(run: Run, pattern: str, text: str) -> str:
    """The first find."""
    found = _pattern(pattern).search(readable(text))
    return (found.group() or "") if found else ""


@helper("regexFindAll", "string", "string", "int")
def regex_find_all(run: Run, pattern: str, text: str, count: int) -> Strings:
    """The first finds, all for a negative count."""
    found = [one.group() or "" for one in _all(run, _pattern(pattern), readable(text))]
    kept = found if count < 0 else found[:count]
    return Strings(kept) if kept else NoStrings()


@helper("regexReplaceAll", "string", "string", "string")
def regex_replace_all(run: Run, pattern: str, text: str, by: str) -> str:
    """The same as `regexReplace`."""
    return replace_all(run, pattern, text, by)


@helper("regexReplaceAllLiteral", "string", "string", "string")
def regex_replace_all_literal(run: Run, pattern: str, text: str, by: str) -> str:
    """The same, where a dollar is a dollar."""
    return replace_all(run, pattern, text, by.replace("$", "$$"))


@helper("regexSplit", "string", "string", "int")
def regex_split(run: Run, pattern: str, text: str, count: int) -> Strings:
    """What stands between the finds, in at most `count` parts."""
    compiled, text = _pattern(pattern), readable(text)
    if count == 0:
        return NoStrings()
    if pattern and not text:
        return Strings([""])
    parts: list[str] = []
    begin = end = 0
    for index, found in enumerate(_all(run, compiled, text)):
        if count > 0 and (len(parts) == count - 1 or index >= count):
            break
        end = found.start()
        if found.end() != 0:
            parts.append(text[begin:end])
        begin = found.end()
    if end != len(text):
        parts.append(text[begin:])
    return Strings(parts)
