"""What broke in a step: the command, the first line that says so, what it says, and the parts of the log to show. Pure.

Runners print each command before they run it (`+ go test ./...`) and stop at the first that fails. So the last command
printed is the one that failed, and whatever the ones before it complained of did not stop them. Where it says
nothing of an error itself, as `exit 2` does, the first complaint before it is told, with the command that printed it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from msgspec import Struct

from buildwatch.insight.errors import bare, first_error, rule_of
from buildwatch.insight.exits import meaning_of
from buildwatch.insight.leads import above, leads_to
from buildwatch.insight.signature import signature

BEFORE: Final = 3
AFTER: Final = 10
"""How many lines around an error are its context."""

TAIL: Final = 20
"""How many of a log's last lines are shown."""

LOOKED_AT: Final = 50_000
"""So many lines from a log's end are looked at: a megabyte or two."""

_COMMAND: Final = re.compile(r"\+ (?=\S)(?!(?:Expected|Received|expected|actual)\b)")  # which tests print of a diff


class Digest(Struct, frozen=True, gc=False):
    """What broke in one log; indices count its lines from 0.

    `command` is the one that printed what broke, without its `+ `, empty where none was; `last` is the last one, with
    which the step ended, where that is another (`+ exit 2` after a command that said why). `error` is the first line
    that tells of it, `says` the lines that tell most (at most three, in their order, plain text) and `tells` the one
    of them that all others lead to, `tool` which tool wrote them where that is certain. `because` is what the exit
    status means by itself, of the last command. `parts` are the lines worth showing as (first, one past the last): the
    commands, the error in its context, and the last `TAIL` lines. `signature` is the same for failures that are alike.
    """

    exit_code: int
    command: str = ""
    last: str = ""
    error: int | None = None
    tells: int | None = None
    says: tuple[str, ...] = ()
    tool: str = ""
    because: str = ""
    parts: tuple[tuple[int, int], ...] = ()
    signature: str = ""


def digest(texts: Sequence[str], exit_code: int = 0) -> Digest:
    """What broke in a log of plain lines (no escape sequences), whose step ended with this exit status.

    Where no line tells of an error, the last one that says anything stands for it.
    """
    begin = max(0, len(texts) - LOOKED_AT)
    ended = at = _command_above(texts, len(texts), begin)
    start = begin if at is None else at
    error = _error(texts, start)
    if error is None and start > begin:
        error = _error(texts, begin, start)
        at = at if error is None else _command_above(texts, error, begin)
    command, last = _command(texts, at), _command(texts, ended)
    told, tells = _said(texts, error) if error is not None else (_last(texts, start), None)
    rule = rule_of(texts[error]) if error is not None else None
    because = meaning_of(exit_code, last)
    says = tuple(bare(texts[line]).strip() for line in told)
    return Digest(
        exit_code,
        command,
        last if at != ended else "",
        error,
        tells,
        says,
        rule.tool if rule and rule.tool != "any" else "",
        because,
        tuple(
            _parts(
                len(texts),
                {line for line in (at, ended) if line is not None},
                error if error is not None else told[0] if told else None,
            )
        ),
        _signature(says, command, exit_code),
    )


def is_command(text: str) -> bool:
    """Whether a line of a log (plain) is a command that the runner is about to run."""
    return _COMMAND.match(text) is not None


def _command_above(texts: Sequence[str], end: int, begin: int) -> int | None:
    return next((line for line in range(end - 1, begin - 1, -1) if is_command(texts[line])), None)


def _command(texts: Sequence[str], at: int | None) -> str:
    return _COMMAND.sub("", texts[at].strip(), count=1) if at is not None else ""


def _error(texts: Sequence[str], begin: int, end: int | None = None) -> int | None:
    found = first_error(texts[line] for line in range(begin, len(texts) if end is None else end))
    return None if found is None else begin + found


def _said(texts: Sequence[str], error: int) -> tuple[tuple[int, ...], int]:
    """The lines that tell most of an error: from what only announces it to where it is told, at most three times.

    And the last of these, to which they lead.
    """
    chain = [error]
    while len(chain) < 4 and (further := leads_to(texts, chain[-1])) is not None and further not in chain:
        chain.append(further)
    over = above(texts, chain[-1]) if len(chain) == 1 else None
    return tuple(sorted([over, *chain] if over is not None else chain[-3:])), chain[-1]


def _last(texts: Sequence[str], start: int) -> tuple[int, ...]:
    """The last line of what the failed command said; empty where it said nothing."""
    lines = (line for line in range(len(texts) - 1, start - 1, -1) if texts[line].strip())
    return tuple(line for line in [next(lines, None)] if line is not None and not is_command(texts[line]))


def _parts(count: int, commands: Iterable[int], error: int | None) -> Iterator[tuple[int, int]]:
    """The parts of `count` lines that are worth showing, in order, none of them touching the one before."""
    wanted = [(command, command + 1) for command in commands]
    if error is not None:
        wanted.append((max(0, error - BEFORE), min(count, error + AFTER + 1)))
    wanted.append((max(0, count - TAIL), count))
    begin = end = 0
    for first, last in sorted(wanted):
        if first > end + 1:
            if end > begin:
                yield begin, end
            begin = first
        elif not end:
            begin = first if first > 1 else 0
        end = max(end, last)
    if end > begin:
        yield begin, end


def _signature(says: Sequence[str], command: str, exit_code: int) -> str:
    told = " | ".join(filter(None, map(signature, says)))
    return told or f"{signature(command)} | exit {exit_code}".removeprefix(" | ")
