"""Which of a log's commands are folded, and what is said beside each: how long it took, what is hidden. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from buildwatch.model import LogLine
from buildwatch.tui.log_find import Finds
from buildwatch.words import duration


class Folds:
    """The groups of a log: each is a command that the runner printed, and what that printed, up to the next one."""

    def __init__(self) -> None:
        self._all = False
        self._others: set[int] = set()  # heads that are not as `_all` says

    def any(self) -> bool:
        """Whether any group may be folded."""
        return self._all or bool(self._others)

    def is_folded(self, head: int) -> bool:
        """Whether the group of this head is folded."""
        return self._all is not (head in self._others)

    def toggle(self, head: int) -> None:
        """Fold a group, or open it."""
        self._others ^= {head}

    def open(self, head: int) -> None:
        """Open a group."""
        if self.is_folded(head):
            self.toggle(head)

    def toggle_all(self) -> None:
        """Open all groups where any is folded, else fold all."""
        self._all = not self.any()
        self._others.clear()

    def forget_from(self, line: int) -> None:
        """Lines from here on are others."""
        self._others = {head for head in self._others if head < line}

    def forget(self) -> None:
        """Another log is looked at, with nothing folded."""
        self._all = False
        self._others.clear()


def head_of(line: int, commands: Finds) -> int | None:
    """The command that printed a line; None for those before the first."""
    at = bisect_right(commands.lines, line)
    return commands.lines[at - 1] if at else None


def end_of(head: int, commands: Finds, count: int) -> int:
    """One past the last line of a group in a log of `count` lines."""
    at = bisect_right(commands.lines, head)
    return commands.lines[at] if at < len(commands.lines) else count


def said_of(head: int, end: int, lines: Sequence[LogLine], errors: Finds, *, folded: bool) -> str:
    """What is said beside a command: what of it is folded away, and how long it took where that can be told.

    Of the last command of a log it is told up to its last line.
    """
    words = []
    hidden = end - head - 1
    if folded and hidden:
        words.append(f"{hidden:,} line{'s' * (hidden > 1)}")
        if broken := errors.within(head, end):
            words.append(f"{broken} error{'s' * (broken > 1)}")
    took = lines[min(end, len(lines) - 1)].time - lines[head].time
    if took > 0:
        words.append(duration(took))
    return ", ".join(words)
