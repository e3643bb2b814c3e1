"""What a reader looks for in a log, and going from one find to the next, also while lines are still being looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from buildwatch.tui.log_find import (
    COMMANDS,
    ERRORS,
    MATCHES,
    WARNINGS,
    Finds,
    Hit,
    Scan,
    look_for_kinds,
)
from buildwatch.tui.log_search import NONE, Column, Search, search_for
from buildwatch.wire.loglist import LogLines


class _Wish(NamedTuple):
    """A jump from a place to the next find of a kind, or to the one before."""

    kind: int
    forward: bool
    start: Hit


class Seeker:
    """The errors, warnings and commands of one log, and what is searched for in it."""

    def __init__(self) -> None:
        self.search: Search | None = None
        self.match: Hit | None = None  # the current match
        self.current = -1  # the line that was jumped to; -1 for none
        self._kinds = Scan(look_for_kinds, kinds=3)
        self._matches = Scan(_nothing)
        self._wish: _Wish | None = None

    @property
    def errors(self) -> Finds:
        """The errors found so far."""
        return self._kinds.finds[ERRORS]

    @property
    def warnings(self) -> Finds:
        """The warnings found so far."""
        return self._kinds.finds[WARNINGS]

    @property
    def commands(self) -> Finds:
        """The commands found so far."""
        return self._kinds.finds[COMMANDS]

    @property
    def matches(self) -> Finds:
        """What the search has found so far."""
        return self._matches.finds[0]

    def look_for(self, pattern: str, start: int) -> None:
        """Search for what was typed, and wish for its first match from the line `start` on. Nothing: for nothing.

        Raises `BadPattern`; then nothing is searched for.
        """
        self.search = None
        self._matches = Scan(_nothing)
        self.match = self._wish = None
        self.search = search_for(pattern) if pattern else None
        self._matches = Scan(self.search.look if self.search else _nothing)
        self.match = None
        self._wish = _Wish(MATCHES, True, Hit(start, -1)) if pattern else None

    def seek(self, start: Hit, kind: int, *, forward: bool) -> None:
        """Wish for the next find of a kind, or for the one before; past the last comes the first."""
        if kind != MATCHES or self.search:
            self._wish = _Wish(kind, forward, start)

    def forget(self) -> None:
        """Another log is looked at; the search stays."""
        self.change(0)
        self.match = self._wish = None
        self.current = -1

    def change(self, first: int) -> None:
        """Lines from here on are new or different."""
        self._kinds.forget_from(first)
        self._matches.forget_from(first)

    def move(self, by: int) -> None:
        """The lines that were looked at stand elsewhere now."""
        if self.current >= 0:
            self.current = max(-1, self.current + by)
        if self.match:
            self.match = Hit(max(0, self.match.line + by), self.match.nth)

    def done(self, lines: LogLines) -> bool:
        """Whether all lines have been looked at."""
        return self._kinds.done(lines) and self.searched(lines)

    def searched(self, lines: LogLines) -> bool:
        """Whether the search has looked at all lines."""
        return not self.search or self._matches.done(lines)

    @property
    def wanted(self) -> bool:
        """Whether anybody waits for what is found."""
        return self.search is not None or self._wish is not None

    def go_on(self, lines: LogLines, enough: Callable[[], bool], *, more: bool = False) -> tuple[Hit, bool] | None:
        """Look at more lines. Gives where to jump and whether that is a match, once there is something to jump to.

        `more` says that the log's end is not among the lines yet.
        """
        if self.search and not self._matches.done(lines):
            self._matches.go_on(lines, enough)
        if not enough() or not self.search:
            self._kinds.go_on(lines, enough)
        return self._granted(lines, more=more)

    def _granted(self, lines: LogLines, *, more: bool) -> tuple[Hit, bool] | None:
        if not self._wish:
            return None
        match = self._wish.kind == MATCHES
        scan = self._matches if match else self._kinds
        finds = self.matches if match else self._kinds.finds[self._wish.kind]
        done = scan.done(lines) and not more
        if self._wish.forward:
            hit = finds.after(self._wish.start) or (finds.after(Hit(-1, 0)) if done else None)
        else:
            hit = finds.before(self._wish.start) or finds.last() if done else None
        if hit is None:
            if done:
                self._wish = None
            return None
        self._wish = None
        self.current = hit.line
        if match:
            self.match = hit
        return hit, match


def _nothing(_: str) -> tuple[Column]:
    return (NONE,)
