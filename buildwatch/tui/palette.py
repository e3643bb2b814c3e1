"""The palette of all commands: which of them are meant by what is typed, the best first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

EXACT: Final = 1.0
BEGIN: Final = 0.9
WHOLE: Final = 0.8
WORD: Final = 0.7
BEGINS: Final = 0.6
INSIDE: Final = 0.3
"""How well it fits where what is typed is all of it, its begin, a whole word, the begin of one, begins of several (`rb`
for "roll back"), or a part in the middle of a word."""

_LONGEST: Final = 10_000


def fit(typed: str, name: str) -> tuple[float, list[int]]:
    """How well `typed` fits a command's name, 0 for not at all, and which of its letters these are.

    Letters that only happen to be there in their order mean nothing: what is offered first is what enter runs.
    """
    wanted, text = " ".join(typed.lower().split()), name.lower()
    if not wanted or len(text) != len(name):  # a letter whose small form is two cannot be pointed at
        return 0.0, []
    longer = len(text) / _LONGEST
    words = [found.start() for found in re.finditer(r"\w+", text)]
    if wanted == text:
        return EXACT, list(range(len(text)))
    begun = [begin for begin in words if text.startswith(wanted, begin)]
    whole = [begin for begin in begun if not text[begin + len(wanted) : begin + len(wanted) + 1].isalnum()]
    if begun:
        at = (whole or begun)[0]
        how = BEGIN if begun[0] == 0 else WHOLE if whole else WORD
        return how - longer, list(range(at, at + len(wanted)))
    letters = next(_in_begins(wanted.replace(" ", ""), text, words), None) or _each(wanted.split(), text, words)
    if letters:
        return BEGINS - longer, letters
    at = text.find(wanted)
    return (INSIDE - longer, list(range(at, at + len(wanted)))) if at >= 0 else (0.0, [])


def _in_begins(wanted: str, text: str, words: Sequence[int]) -> Iterator[list[int]]:
    """The ways to have all letters in begins of words, in their order, more of the earlier word first."""
    if not wanted:
        yield []
        return
    for at, begin in enumerate(words):
        most = next((n for n in range(len(wanted)) if text[begin + n : begin + n + 1] != wanted[n]), len(wanted))
        for count in range(most, 0, -1):
            for rest in _in_begins(wanted[count:], text, words[at + 1 :]):
                yield [*range(begin, begin + count), *rest]


def _each(wanted: Sequence[str], text: str, words: Sequence[int]) -> list[int]:
    """Where each word that is typed begins one of the name, in whatever order; nothing where one does not."""
    letters: list[int] = []
    for one in wanted:
        at = next((begin for begin in words if text.startswith(one, begin)), None)
        if at is None:
            return []
        letters += range(at, at + len(one))
    return letters


class Commands(Provider):
    """What the app can do, from `App.get_system_commands`."""

    async def discover(self) -> Hits:
        """All that are worth being told before anything is typed."""
        for name, told, do, discover in sorted(self.app.get_system_commands(self.screen), key=lambda one: one[0]):
            if discover:
                yield DiscoveryHit(name, do, help=told)

    async def search(self, query: str) -> Hits:
        """Those that are meant."""
        style = self.matcher(query).match_style
        for name, told, do, _ in self.app.get_system_commands(self.screen):
            score, letters = fit(query, name)
            if score > 0:
                shown = Content(name)
                for at in letters:
                    shown = shown.stylize(style, at, at + 1)
                yield Hit(score, shown, do, text=name, help=told)
