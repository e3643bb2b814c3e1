"""Which build numbers of a repo are accounted for, and when its builds must be read to find what nobody told. Pure.

The list of repos shows only each repo's newest build by id, and a creation is on no stream. Numbers go up by one, but
some are never used (the counter moves before the build is stored) and some come late (a lower number stored after a
higher one). So: when a repo's newest build is not the next after the last accounted for, its builds are read; what then
is still missing is a hole, which is looked for in `LOOKS` reads in all and then let go.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

LOOKS = 3
"""In how many reads a missing number is looked for."""

WIDEST = 1000
"""Of how many numbers a gap may be. A wider one is no gap but a counter that was moved."""


class Mark(NamedTuple):
    """Up to which build of a repo all is accounted for: its number, and the greatest id of a build up to it."""

    server: str
    repo: str
    number: int
    build: int


class Ledger:
    """The numbers of one repo. Begins with the newest build there was: all before it is history."""

    def __init__(self, newest: int) -> None:
        self._cursor = newest  # every number up to here is accounted for
        self._known: set[int] = set()  # numbers above the cursor that are known
        self._looked: dict[int, int] = {}  # holes: in how many reads they were missing
        self._late = False  # something came below the cursor: what else came there nobody knows

    @property
    def cursor(self) -> int:
        """The number up to which all is accounted for."""
        return self._cursor

    def saw(self, number: int, *, unknown: bool) -> None:
        """A build of this number was told of; `unknown` says that its id was not known before."""
        if number > self._cursor:
            self._known.add(number)
            self._looked.pop(number, None)
            self._advance()
        elif unknown:
            self._late = True

    @property
    def must_read(self) -> bool:
        """Whether the repo's builds have to be read: a number is missing, or one came late."""
        return self._late or bool(self._known)

    def read(self, numbers: Iterable[int]) -> None:
        """A read of the repo's builds succeeded and went back to a known one; `numbers` is all it found."""
        self._known.update(number for number in numbers if number > self._cursor)
        self._late = False
        newest = max(self._known, default=self._cursor)
        if newest - WIDEST > self._cursor:
            self._cursor = newest - WIDEST
            self._known = {number for number in self._known if number > self._cursor}
            self._looked = {number: looks for number, looks in self._looked.items() if number > self._cursor}
        for number in range(self._cursor + 1, newest):
            if number not in self._known:
                self._looked[number] = self._looked.get(number, 0) + 1
        self._advance()

    def _advance(self) -> None:
        while self._known:
            following = self._cursor + 1
            if following in self._known:
                self._known.discard(following)
            elif self._looked.get(following, 0) < LOOKS:
                return
            self._looked.pop(following, None)
            self._cursor = following
