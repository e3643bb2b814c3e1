"""What a notifier tells beside the tree: the last lines of its outbox, as they go out.

`read` opens the file anew each time and only to read, so that the notifier is never held up; the rest is pure.
"""

from __future__ import annotations

import re
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from buildwatch.text import clean
from buildwatch.tui.cells import Pieces, fit
from buildwatch.words import Glyphs

SHOWN: Final = 5
"""How many lines at most."""

_QUERY: Final = (
    "SELECT at, state, destination, line FROM messages "
    "WHERE state NOT IN ('replaced', 'gathered') AND key NOT LIKE '%|excerpt' ORDER BY id DESC LIMIT ?"
)
_STATES: Final = {"delivered": "text", "dead": "failure", "doubtful": "blocked"}
_SIGNS: Final = {
    ":white_check_mark:": ("success", "success"),
    ":x:": ("failure", "failure"),
    ":hourglass_flowing_sand:": ("running", "running"),
}


class Said(NamedTuple):
    """A message: when that happened which it tells (unix seconds), its state, where to, and what it says."""

    at: float
    state: str
    destination: str
    line: str


def read(path: Path, count: int = SHOWN) -> list[Said]:
    """The last messages of an outbox, oldest first; none where there is no outbox yet."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=1)) as connection:
            rows = connection.execute(_QUERY, (count,)).fetchall()
    except sqlite3.Error:
        return []
    return [Said(*row) for row in reversed(rows)]


def lines(messages: list[Said], width: int, g: Glyphs) -> list[Pieces]:
    """A line for each message, below a head; nothing for none."""
    if not messages:
        return []
    head = " told in Slack "
    made: list[Pieces] = [[(head, "head"), (g.rule * max(0, width - len(head)), "rule")]]
    for said in messages:
        clock = time.strftime("%H:%M:%S", time.localtime(said.at))
        where = said.destination.partition(":")[2]
        style = _STATES.get(said.state, "dim")
        text = said.line
        for emoji, (name, shade) in _SIGNS.items():
            if text.startswith(emoji):
                text, style = f"{g.status[name]} {text.removeprefix(emoji).strip()}", shade
                break
        start = f" {clock}  "
        room = width - len(start) - len(where) - 3
        made.append([(start, "dim"), (fit(plain(text), room, g.ellipsis), style), (f"  {where} ", "dim")])
    return made


def plain(text: str) -> str:
    """Slack's markup as the words it shows, safe to show here."""
    text = re.sub(r"<[^<>|]*\|([^<>]*)>", r"\1", text)
    text = re.sub(r"[*_`]([^*_`]+)[*_`]", r"\1", text)
    for entity, letter in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        text = text.replace(entity, letter)
    return clean(text, 400)
