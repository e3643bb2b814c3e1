"""What the board says in words when it has nothing to show, and when something is wrong. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from buildwatch.store import Link, Server
from buildwatch.tui.cells import Pieces, fit
from buildwatch.tui.filters import Filter
from buildwatch.tui.row_cells import AGE, STRIP, TIME


def banner(servers: Sequence[Server], width: int) -> list[Pieces]:
    """A line for each server that has something to say; at most three."""
    lines: list[Pieces] = []
    for server in servers:
        if server.said and server.link in (Link.OFFLINE, Link.REFUSED, Link.POLLING):
            remedy = "; then press R" if server.link is Link.REFUSED else ""
            style = "blocked" if server.link is Link.POLLING else "failure"
            lines.append([(fit(f" {server.said}{remedy}", width), style)])
    if len(lines) > 3:
        lines = [*lines[:2], [(fit(f" and {len(lines) - 2} more servers in trouble", width), "failure")]]
    return lines


def title(filter: Filter, follow_newest: bool, width: int, *, strip: bool) -> Pieces:
    """The line above the tree: what is shown, and the heads of the columns. The last cell is the scrollbar's."""
    shown = [f"filter: {filter.text}"] * bool(filter.text) + ["failed only"] * filter.failed_only
    shown += ["following the newest"] * follow_newest
    head = " builds"
    tail = "last 12".ljust(STRIP) * strip + "time".rjust(TIME) + "age".rjust(AGE) + " "
    room = width - len(head) - len(tail)
    return [(head, "head"), (fit("  " + ", ".join(shown) if shown else "", room), "accent"), (tail, "dim")]


def empty(servers: Sequence[Server], filter: Filter, width: int) -> list[Pieces]:
    """Why the tree has no rows and what to do about it."""
    if filter:
        which = "only failed builds" if filter.failed_only and not filter.text else repr(filter.text)
        return _centred([f"nothing matches {which}", "esc shows everything again"], width)
    sentences = []
    for server in servers:
        if server.link is Link.CONNECTING:
            sentences.append(f"connecting to {server.url}")
        elif not server.listed:
            sentences.append(server.said or f"{server.name} does not answer yet")
            if server.link is Link.REFUSED:
                sentences.append("mend it and press R to try again")
            elif server.link is Link.OFFLINE:
                sentences.append("it is tried again by itself; R tries now, q leaves")
        else:
            sentences.append(f"{server.name} has no repos for {server.user or 'you'}")
            sentences.append(f"activate one at {server.url}, or sync there; it appears here by itself")
    return _centred(sentences, width)


def _centred(sentences: list[str], width: int) -> list[Pieces]:
    lines: list[Pieces] = [[("", "text")], [("", "text")]]
    for sentence in sentences:
        for line in _wrapped(sentence, max(20, width - 6)):
            lines.append([(fit(line.center(width).rstrip(), width), "dim")])
    return lines


def _wrapped(sentence: str, width: int) -> list[str]:
    lines, line = [], ""
    for word in sentence.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*lines, line]
