"""The few lines of a failed step's log that tell why it failed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from buildwatch.insight.digest import digest, is_command
from buildwatch.model import LogLine
from buildwatch.wire.ansi import plain

KEPT: Final = 2_000
"""So many of a log's last lines are looked at."""

LONGEST: Final = 300
"""Characters of a line that is shown."""


def plain_log(lines: Iterable[LogLine]) -> tuple[str, ...]:
    """The last lines of a log as plain text: no escape sequences and nothing that hides or reorders."""
    texts = [line.text for line in lines]
    return tuple(plain(text) for text in texts[-KEPT:])


def excerpt(log: Sequence[str], exit_code: int, most: int) -> list[str]:
    """At most `most` lines: the command that failed and the lines around the error, else the log's last."""
    if not log:
        return []
    found = digest(log, exit_code)
    command = next((index for index in range(len(log) - 1, -1, -1) if is_command(log[index])), None)
    first = len(log) - most
    if found.error is not None:
        first = min(found.error - most // 4, first)
    first = max(0, first)
    lines = [_short(line) for line in log[first : first + most]]
    if command is not None and command < first and most > 1:
        lines = [_short(log[command]), *lines[: most - 1]]
    return lines


def _short(line: str) -> str:
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
