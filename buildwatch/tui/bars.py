"""The lines at the top and the bottom of the screen. Pure.

The top tells how each server is watched and how much runs, fails and waits; the bottom the keys of the place one is in
and the address of what is selected, ready to copy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from buildwatch.model import Build, Status
from buildwatch.store import Known, Link, Server
from buildwatch.tui.cells import Pieces, fit, right, width_of
from buildwatch.tui.row_cells import link_sign
from buildwatch.tui.rows import Kind, Row
from buildwatch.words import Glyphs, ago, glyph

STALE = 60.0
"""Seconds after which the age of the data is told beside a connection that seems to live."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many builds run, wait for a person, and how many repos' newest ended build failed."""

    running: int = 0
    failing: int = 0
    waiting: int = 0


def count(store: Known) -> Counts:
    """Over all servers."""
    unfinished = store.unfinished()
    failing = 0
    for key in store.repos:
        newest = next((build for build in store.builds(key) if build.status.ended), None)
        failing += newest is not None and newest.status in (Status.FAILURE, Status.ERROR)
    return Counts(
        running=sum(build.status == Status.RUNNING for build in unfinished),
        failing=failing,
        waiting=sum(build.status == Status.BLOCKED for build in unfinished),
    )


def top_line(
    servers: Sequence[Server], counts: Counts, heard: Mapping[str, float], now: float, clock: str, width: int, g: Glyphs
) -> Pieces:
    """`servers` in their order, `heard` when each was last heard of and `now`, both unix seconds of our clock."""
    tails = [_count_builds(counts, clock, g, words=words) for words in (True, False)]
    words = {server.name: _link_words(server, heard.get(server.name, 0.0), now) for server in servers}
    troubled = {name: said for name, said in words.items() if said != Link.LIVE}
    heads = [_name_servers(servers, told, g) for told in (words, troubled, {})] + [_count_servers(servers, g)]
    for tail, head in [*((tails[0], head) for head in heads), (tails[1], heads[-1])]:
        room = width - _size(tail) - _size(head)
        if room >= 0:
            return [*head, (" " * room, "text"), *tail]
    return _cut(heads[-1], width)


def _count_builds(counts: Counts, clock: str, g: Glyphs, *, words: bool) -> Pieces:
    """What runs, fails and waits, and the time; without `words` by the signs alone."""
    tail: Pieces = []
    for number, word, status in (
        (counts.running, "running", Status.RUNNING),
        (counts.failing, "failing", Status.FAILURE),
        (counts.waiting, "waiting", Status.BLOCKED),
    ):
        if number:
            tail.append(
                (f"{glyph(status, g)} {number} {word}  " if words else f"{glyph(status, g)} {number}  ", str(status))
            )
    return [*tail, (f"{clock} ", "dim")]


def _name_servers(servers: Sequence[Server], words: Mapping[str, str], g: Glyphs) -> Pieces:
    """Every server by its sign and name, and with what is to be said of it."""
    head: Pieces = [(" buildwatch  ", "head")]
    for server in servers:
        sign, style = link_sign(server.link, g)
        said = words.get(server.name, "")
        head += [(f"{sign} ", style), (server.name, "text"), (f" {said}  " if said else "  ", "dim")]
    return head


def _link_words(server: Server, heard: float, now: float) -> str:
    """How the server is watched, and how old what is shown is, where it may be old."""
    at = heard if server.listed else server.heard
    trusted = server.listed and server.link in (Link.LIVE, Link.POLLING, Link.CONNECTING) and now - at < STALE
    if trusted or not at:
        return server.link.value
    return f"{server.link.value}, as of {ago(now - at)}"


def _count_servers(servers: Sequence[Server], g: Glyphs) -> Pieces:
    """Many servers: how many are in which state."""
    head: Pieces = [(" buildwatch  ", "head")]
    for link in Link:
        number = sum(server.link is link for server in servers)
        if number:
            sign, style = link_sign(link, g)
            head.append((f"{sign} {number} {link.value}  ", style))
    return head


def bottom_line(keys: Iterable[tuple[str, str]], address: str, width: int, g: Glyphs) -> tuple[int, Pieces]:
    """`keys` as (key, word), the most needed first; those without room are left out. And how many cells they take."""
    tail = f"{address} " if address else ""
    room = width - width_of(tail)
    if room < width // 2:
        tail = right(fit(address, width // 2 - 1, g.ellipsis).rstrip() + " ", width // 2)
        room = width - width_of(tail)
    pieces: Pieces = [(" ", "text")]
    used = 1
    for key, word in keys:
        size = width_of(key) + 1 + width_of(word) + 2
        if used + size > room:
            break
        pieces += [(f"{key} ", "accent"), (f"{word}  ", "text")]
        used += size
    return used, [*pieces, (" " * (room - used), "text"), (tail, "dim")]


def address_of(row: Row | None, build: Build | None) -> str:
    """What a person types to mean what is selected: `acme/gcd#9:test`."""
    if row is None:
        return ""
    if row.kind in (Kind.REPO, Kind.OLDER) and row.repo is not None:
        return row.repo.slug
    if build is None:
        return row.part or row.server
    stage = build.stage(row.stage) if row.stage else None
    if stage is None:
        return build.address
    step = stage.step(row.step) if row.step else None
    if step is None:
        return f"{build.address}:{stage.name}"
    alone = len(build.stages or ()) == 1
    return f"{build.address}:{step.name}" if alone else f"{build.address}:{stage.name}/{step.name}"


def _size(pieces: Pieces) -> int:
    return sum(width_of(text) for text, _ in pieces)


def _cut(pieces: Pieces, width: int) -> Pieces:
    return [(fit("".join(text for text, _ in pieces), width, ""), "text")]
