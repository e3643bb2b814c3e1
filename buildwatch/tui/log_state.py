"""What can be said of a log on the screen, and which of its lines are on show."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Matches(IntEnum):
    """Which lines a search leaves on show."""

    ALL = 0
    AROUND = 1  # those with a match, and some around each
    ONLY = 2


@dataclass(frozen=True, slots=True)
class LogState:
    """What a title beside the log can say about it.

    `live` says that more may come, `reading` that not all is read of what has been written. `new` lines came since the
    log was let go of. `match` is the how-manieth (from 1, 0 for none) of `matches`; all counts are of what has been
    looked at so far, which is everything once `counted` (of matches: `searched`). `fault` is a sentence about what was
    to be searched for. `brief` says that only what broke is on show, `folded` that some commands are, `selected` is how
    many lines are. `links` are where those of the current line lead.
    """

    lines: int = 0
    live: bool = False
    reading: bool = False
    following: bool = True
    new: int = 0
    errors: int = 0
    warnings: int = 0
    pattern: str = ""
    fault: str = ""
    match: int = 0
    matches: int = 0
    searched: bool = True
    counted: bool = True
    wrap: bool = False
    times: bool = False
    filter: Matches = Matches.ALL
    brief: bool = False
    folded: bool = False
    selected: int = 0
    links: tuple[str, ...] = ()
