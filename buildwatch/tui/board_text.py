"""What the board says in words when it has nothing to show, and when something is wrong. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from buildwatch.config.view import View
from buildwatch.store import Link, Server
from buildwatch.tui.cells import Pieces, fit, width_of
from buildwatch.tui.filters import Filter
from buildwatch.tui.key_names import USUAL, KeyNames
from buildwatch.tui.page import Page
from buildwatch.tui.row_cells import AGE, STRIP, TIME
from buildwatch.words import Glyphs


def banner(servers: Sequence[Server], width: int, g: Glyphs, names: KeyNames = USUAL) -> list[Pieces]:
    """A line for each server that has something to say; at most three. One alone may take them all."""
    sentences: list[tuple[str, str]] = []
    for server in servers:
        if server.said and server.link in (Link.OFFLINE, Link.REFUSED, Link.POLLING):
            remedy = f"; then press {names.reload}" if server.link is Link.REFUSED else ""
            style = "blocked" if server.link is Link.POLLING else "failure"
            sentences.append((f"{server.said}{remedy}", style))
    if len(sentences) > 3:
        sentences = [*sentences[:2], (f"and {len(sentences) - 2} more servers in trouble", "failure")]
    page = Page(width - 1, 0.0, 0, g)
    lines = [line for said, style in sentences for line in page.wrap(said, style, 3 if len(sentences) == 1 else 1)]
    return [[(" ", "text"), *line] for line in lines]


def title(view: View, marked: int, follow_newest: bool, width: int, g: Glyphs, *, strip: bool) -> Pieces:
    """The line above the tree: the view by its name or in words, how many builds are marked, and the heads of the
    columns. The last cell is the scrollbar's.
    """
    shown = [f"{marked} marked"] * bool(marked)
    shown += [] if view.name else view_words(view)
    shown += ["following the newest"] * follow_newest
    name = f" {view.name if view.name and view != View() else 'builds'}"
    tail = "last 12".ljust(STRIP) * strip + "time".rjust(TIME) + "age".rjust(AGE) + " "
    head = fit(name, min(width_of(name), max(0, width - len(tail))), g.ellipsis)
    room = width - width_of(head) - len(tail)
    return [(head, "head"), (fit("  " + ", ".join(shown) if shown else "", room, g.ellipsis), "accent"), (tail, "dim")]


def view_words(view: View) -> list[str]:
    """What is not as usual in a view."""
    words = [f"filter: {view.filter}"] * bool(view.filter)
    words += [f"by {view.group}"] * (view.group != "namespace")
    return [*words, _ORDERS[view.sort]] if view.sort in _ORDERS else words


_ORDERS: Final = {"newest": "newest first", "status": "worst first", "duration": "longest first"}


def empty(servers: Sequence[Server], filter: Filter, width: int, g: Glyphs, names: KeyNames = USUAL) -> list[Pieces]:
    """Why the tree has no rows and what to do about it."""
    if filter:
        return _centred(
            [(f"nothing matches {filter.text!r}", "text"), (f"{names.back} shows everything again", "dim")], width, g
        )
    sentences: list[tuple[str, str]] = []
    for server in servers:
        if server.link is Link.CONNECTING:
            named = server.url if server.name in server.url else f"{server.name} at {server.url}"
            sentences.append((f"asking {named}{g.ellipsis}", "text"))
        elif not server.listed:
            sentences.append((server.said or f"{server.name} does not answer yet", "text"))
            if server.link is Link.REFUSED:
                sentences.append((f"mend it and press {names.reload} to try again", "dim"))
            elif server.link is Link.OFFLINE:
                sentences.append((f"it is tried again by itself; {names.reload} tries now, {names.quit} leaves", "dim"))
        else:
            sentences.append((f"{server.name} has no repos for {server.user or 'you'}", "text"))
            sentences.append((f"activate one at {server.url}, or sync there; it appears here by itself", "dim"))
    return _centred(sentences, width, g)


def _centred(sentences: list[tuple[str, str]], width: int, g: Glyphs) -> list[Pieces]:
    lines: list[Pieces] = [[("", "text")], [("", "text")]]
    for sentence, style in sentences:
        for line in Page(min(width, max(20, width - 6)), 0.0, 0, g).wrap(sentence, style):
            size = sum(width_of(text) for text, _ in line)
            lines.append([(" " * ((width - size) // 2), "text"), *line])
    return lines
