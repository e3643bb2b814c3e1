"""What is searched for in a log: a text, or between slashes a regular expression. Pure.

Capitals matter only where a search has some (smart case). Expressions are RE2's: they take time in proportion to what
they look through, whatever that is, and know no lookaround and no references back.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from itertools import compress, count, repeat
from typing import TYPE_CHECKING, Final, Protocol

from buildwatch.text import clean
from buildwatch.wire.ansi import drawn_all

if TYPE_CHECKING:
    import re2

MOST: Final = 200
"""So many finds in one line are told apart."""

LONGEST: Final = 1000
"""So many characters an expression has at most."""

Place = tuple[int, int]
"""Begin and end of a find in a line, in characters."""

Column = tuple[Sequence[int], Sequence[int]]
"""What was found of one kind in some lines: which lines (from 0, in order), and how many in each."""

NONE: Final[Column] = ((), ())


class BadPattern(ValueError):
    """One sentence: what is wrong with an expression."""


class Search(Protocol):
    """What is looked for."""

    text: str
    """As it was typed."""

    def look(self, raw: str) -> tuple[Column]:
        """Which of many lines (raw, joined by line feeds) have it."""

    def places(self, line: str) -> list[Place]:
        """Where a line (drawn) has it."""


def search_for(text: str) -> Search:
    """The search that was typed: `/…/` is an expression, all else a text. Raises `BadPattern`."""
    if len(text) > 2 and text[0] == text[-1] == "/":
        return _Expression(text)
    return _Text(text)


class _Text:
    def __init__(self, text: str) -> None:
        self.text = text
        self._lower = text == text.lower()
        self._pattern = re.compile(re.escape(text), re.IGNORECASE if self._lower else 0)

    def look(self, raw: str) -> tuple[Column]:
        texts = drawn_all(raw)
        if texts.isascii() and self.text.isascii():
            texts = texts.lower() if self._lower else texts
            if self.text not in texts:
                return (NONE,)
            counts = list(map(str.count, texts.split("\n"), repeat(self.text)))
        elif self._pattern.search(texts):
            counts = [len(self._pattern.findall(line)) for line in texts.split("\n")]
        else:
            return (NONE,)
        return ((list(compress(count(), counts)), [min(found, MOST) for found in counts if found]),)

    def places(self, line: str) -> list[Place]:
        return [match.span() for _, match in zip(range(MOST), self._pattern.finditer(line), strict=False)]


class _Expression:
    """A line that has it counts once, however often it has it: `.` is in a log more often than anybody can wait for.

    Each find costs a call, so lines that have it and follow each other are found as one. No expression matches a line
    feed (`never_nl`), but `\\C`, which is any byte, does.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._pattern = _compiled(text[1:-1], b"(?m)%b")
        self._runs = _compiled(text[1:-1], rb"(?m)(?:^.*(?:%b).*$\C)+")

    def look(self, raw: str) -> tuple[Column]:
        data = drawn_all(raw).encode("utf-8", "replace") + b"\n"
        if self._pattern.search(data) is None:
            return (NONE,)
        lines, line, at = array("l"), 0, 0
        for match in self._runs.finditer(data):
            begin, end = match.span()
            line += data.count(b"\n", at, begin)
            following = line + data.count(b"\n", begin, end)
            lines.extend(range(line, following))
            line, at = following, end
        return ((lines, array("l", [1]) * len(lines)),)

    def places(self, line: str) -> list[Place]:
        data = line.encode("utf-8", "replace")
        found = [match.span() for _, match in zip(range(MOST), self._pattern.finditer(data), strict=False)]
        if len(data) == len(line):
            return found
        return [
            (len(data[:begin].decode("utf-8", "replace")), len(data[:end].decode("utf-8", "replace")))
            for begin, end in found
        ]


def _compiled(pattern: str, within: bytes) -> re2._Regexp[bytes]:
    import re2  # looked for only by who uses it

    if len(pattern) > LONGEST:
        raise BadPattern(f"the expression is longer than {LONGEST} characters")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 8 << 20
    options.never_capture = True
    options.never_nl = True
    letters = re.sub(r"\\.|\(\?P<", "", pattern)  # without those that are none
    options.case_sensitive = letters != letters.lower()
    try:
        return re2.compile(within % pattern.encode("utf-8", "replace"), options)
    except re2.error as error:
        what = error.args[0] if error.args else ""
        what = (what.decode("utf-8", "replace") if isinstance(what, bytes) else str(what)).replace("(?m)", "", 1)
        raise BadPattern(f"{clean(pattern, 40)} is no regular expression ({clean(what, 60)})") from None
