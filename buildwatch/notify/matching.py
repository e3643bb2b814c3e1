"""Which builds a rule or a silence speaks of: globs on what a build is. Pure.

`*` stands for any characters, `/` among them, `?` for one, `[abc]` for one of these, `{a,b}` for either; a text that
begins with `!` takes out what it matches.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from buildwatch.model import Build

FIELDS: Final = ("server", "repo", "branch", "event", "author", "status", "target")
"""What can be matched, by the names of the configuration."""

LONGEST: Final = 200
MOST: Final = 64
"""Characters of a glob, and how many alternatives its braces may give."""


class BadGlob(Exception):
    """What is wrong with a glob, as the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Globs:
    """The globs of one key. A value matches when one of `wanted` does (or there is none) and none of `unwanted`."""

    texts: tuple[str, ...]
    wanted: re.Pattern[str] | None
    unwanted: re.Pattern[str] | None

    def match(self, *values: str) -> bool:
        """Whether one of the values is wanted and none is unwanted."""
        if self.unwanted is not None and any(self.unwanted.match(value) for value in values):
            return False
        return self.wanted is None or any(self.wanted.match(value) for value in values)


def globs(texts: tuple[str, ...], *, any_case: bool = False) -> Globs:
    """The globs of those texts. Raises `BadGlob`."""
    wanted = [regex for text in texts if not text.startswith("!") for regex in _regexes(text)]
    unwanted = [regex for text in texts if text.startswith("!") for regex in _regexes(text[1:])]
    return Globs(texts, _either(wanted, any_case), _either(unwanted, any_case))


@dataclass(frozen=True, slots=True)
class Matcher:
    """What is asked of a build, by the names of `FIELDS`; what is not named may be anything."""

    fields: Mapping[str, Globs]

    def why_not(self, build: Build) -> str:
        """Why `build` is not meant, for a person; empty when it is."""
        for name, asked in self.fields.items():
            values = values_of(build, name)
            if not asked.match(*values):
                shown = " or ".join(f'"{value}"' for value in dict.fromkeys(values) if value) or "empty"
                return f"{name} is {shown}, not {' or '.join(asked.texts)}"
        return ""


def values_of(build: Build, name: str) -> tuple[str, ...]:
    """What `build` has under one of the names of `FIELDS`: of an author the login and the name."""
    match name:
        case "server":
            return (build.server,)
        case "repo":
            return (build.repo,)
        case "branch":
            return (build.branch,)
        case "event":
            return (build.event,)
        case "author":
            return build.author, build.author_name
        case "status":
            return (build.status,)
        case _:
            return (build.deploy_to,)


def _either(regexes: list[str], any_case: bool) -> re.Pattern[str] | None:
    return re.compile("|".join(regexes), re.IGNORECASE if any_case else 0) if regexes else None


def _regexes(text: str) -> Iterator[str]:
    if not text:
        raise BadGlob("holds an empty text")
    if len(text) > LONGEST:
        raise BadGlob(f"holds a text of more than {LONGEST} characters")
    left = [MOST]
    for plain in _expanded(text, left):
        yield fnmatch.translate(plain)


def _expanded(text: str, left: list[int]) -> Iterator[str]:
    """`text` once for each alternative of its braces."""
    opened = _find(text, "{")
    if opened < 0:
        if _find(text, "}") >= 0:
            raise BadGlob('has a "}" without a "{"')
        left[0] -= 1
        if left[0] < 0:
            raise BadGlob(f"stands for more than {MOST} texts")
        yield text
        return
    parts, end = _alternatives(text, opened)
    for part in parts:
        yield from _expanded(text[:opened] + part + text[end:], left)


def _alternatives(text: str, opened: int) -> tuple[list[str], int]:
    """The alternatives of the brace at `opened`, and where the text goes on."""
    parts, begin, depth, at = [], opened + 1, 0, opened + 1
    while at < len(text):
        char = text[at]
        if char == "[":
            at = _class_end(text, at)
            continue
        if char == "{":
            depth += 1
        elif char == "}" and depth:
            depth -= 1
        elif char == "}" or (char == "," and not depth):
            parts.append(text[begin:at])
            begin = at + 1
            if char == "}":
                return parts, begin
        at += 1
    raise BadGlob('has a "{" that is not closed')


def _find(text: str, wanted: str) -> int:
    """Where `wanted` stands outside of a class; -1 where it does not."""
    at = 0
    while at < len(text):
        if text[at] == wanted:
            return at
        at = _class_end(text, at) if text[at] == "[" else at + 1
    return -1


def _class_end(text: str, at: int) -> int:
    """Where the text goes on after the class that begins at `at`: `[abc]`, `[!abc]`, `[]abc]`."""
    begin = at + (2 if text[at + 1 : at + 2] == "!" else 1)
    end = text.find("]", begin + 1)
    if end < 0:
        raise BadGlob('has a "[" that is not closed')
    return end + 1
