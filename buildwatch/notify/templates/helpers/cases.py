"""sprig's functions of upper and lower case (goutils, xstrings v1.2.0), with their peculiarities."""

from __future__ import annotations

import unicodedata

from buildwatch.notify.templates.helpers.calls import helper
from buildwatch.notify.templates.helpers.texts import SPACE
from buildwatch.notify.templates.run import Run
from buildwatch.notify.templates.values import bytes_of, lower, title_letter, upper


@helper("initials", "string")
def initials(run: Run, text: str) -> str:
    """The first letter of each word."""
    made, gap = [], True
    for letter in bytes_of(text).decode("latin-1"):
        if letter in SPACE:
            gap = True
        elif gap:
            made.append(letter)
            gap = False
    return "".join(made)


@helper("swapcase", "string")
def swapcase(run: Run, text: str) -> str:
    """Upper case to lower, lower case to upper, but to title case at the beginning of a word."""
    made, white = [], True
    for letter in text:
        category = unicodedata.category(letter)
        if category in ("Lu", "Lt"):
            made.append(lower(letter))
            white = False
        elif category == "Ll" or letter.islower():
            made.append(title_letter(letter) if white else upper(letter))
            white = False
        else:
            made.append(letter)
            white = letter in SPACE
    return "".join(made)


@helper("untitle", "string")
def untitle(run: Run, text: str) -> str:
    """The first letter of each word in lower case."""
    made, gap = [], True
    for letter in text:
        made.append(lower(letter) if gap and letter not in SPACE else letter)
        gap = letter in SPACE
    return "".join(made)


@helper("camelcase", "string")
def camelcase(run: Run, text: str) -> str:
    """`foo_bar` as `FooBar`."""
    rest = text.lstrip("_")
    made = [text[: len(text) - len(rest)]]
    if len(rest) <= 1:  # as there: a single letter is lost
        return made[0]
    here = upper(rest[0])
    for letter in rest[1:]:
        before, here = here, letter
        if before == "_" == here:
            made.append(before)
            continue
        here = upper(here) if before == "_" else lower(here)
        if before != "_":
            made.append(before)
    return "".join([*made, here])


@helper("snakecase", "string")
def snakecase(run: Run, text: str) -> str:
    """`FooBar` as `foo_bar`."""
    return _lowered(text, "_")


@helper("kebabcase", "string")
def kebabcase(run: Run, text: str) -> str:
    """`FooBar` as `foo-bar`."""
    return _lowered(text, "-")


def _is_upper(letter: str) -> bool:
    return unicodedata.category(letter) == "Lu"


def _is_number(letter: str) -> bool:
    return unicodedata.category(letter).startswith("N")


def _lowered(text: str, connector: str) -> str:
    """xstrings' `camelCaseToLowerCase` of v1.2.0, with its peculiarities."""
    made: list[str] = []
    here, index = connector, 0
    while index < len(text):
        before, here = here, text[index]
        index += 1
        if _is_upper(here):
            if before != connector and not _is_number(before):
                made.append(connector)
            made.append(lower(here))
            if index == len(text):
                break
            here = text[index]
            index += 1
            if not _is_upper(here):
                made.append(here)
                continue
            while index < len(text):
                last, here = here, text[index]
                index += 1
                if not _is_upper(here):
                    if here in "_ -":
                        here = connector
                        made.append(lower(last))
                    elif _is_number(here):
                        made.extend((lower(last), connector, here))
                    else:
                        made.extend((connector, lower(last), here))
                    break
                made.append(lower(last))
            if index == len(text) or here == connector:
                made.append(lower(here))
        elif _is_number(here):
            if before != connector and not _is_number(before):
                made.append(connector)
            made.append(here)
        else:
            here = connector if here in " -_" else here
            made.append(here)
    return "".join(made)
