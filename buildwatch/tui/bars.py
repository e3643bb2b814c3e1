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
from buildwatch.words import Glyphs, age, ago, glyph

STALE = 60.0
"""Seconds after which the age of the data is told beside a connection that seems to live."""


MOMENT = 5.0
"""Seconds that are told as just now."""


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
    """`servers` in their order, `heard` when each was last heard of and `now`, both unix seconds of our clock.

    Where there is little room, that a server is away and for how long is the last thing that is left out.
    """
    whole, signs = (_count_builds(counts, clock, g, words=words) for words in (True, False))
    ages = {server.name: _told_age(server, heard, now) for server in servers}
    words = {server.name: _link_words(server, ages[server.name]) for server in servers}
    troubled = {name: said for name, said in words.items() if said != Link.LIVE}
    short = {server.name: _link_words(server, ages[server.name], short=True) for server in servers}
    brief = _name_servers(servers, {name: short[name] for name in troubled}, g)
    grouped = _count_servers(servers, ages, g)
    choices = [(_name_servers(servers, words, g), whole), (_name_servers(servers, troubled, g), whole)]
    for head, tail in [*choices, (brief, whole), (brief, signs), (grouped, whole), (grouped, signs)]:
        room = width - _size(tail) - _size(head)
        if room >= 0:
            return [*head, (" " * room, "text"), *tail]
    return _cut(grouped, width)


def next_age(servers: Sequence[Server], heard: Mapping[str, float], now: float) -> float:
    """Seconds until the top has to tell another age; infinite where it tells none."""
    waits = []
    for server in servers:
        told = _told_age(server, heard, now)
        if told is not None:
            since = max(0.0, told)
            waits.append(MOMENT - since if since < MOMENT else 1.0 - since % 1 if since < 60 else 60.0 - since % 60)
    return min(waits, default=float("inf"))


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


def _told_age(server: Server, heard: Mapping[str, float], now: float) -> float | None:
    """How old what is shown of a server is, in seconds; None where it is as it is now, or nobody knows."""
    at = heard.get(server.name, 0.0) if server.listed else server.heard
    trusted = server.listed and server.link in (Link.LIVE, Link.POLLING, Link.CONNECTING) and now - at < STALE
    return None if trusted or not at else now - at


def _link_words(server: Server, old: float | None, *, short: bool = False) -> str:
    """How the server is watched, and how `old` what is shown is, where it may be old."""
    if old is None:
        return server.link.value
    if short:
        return f"{server.link.value} {age(old)}" if old >= MOMENT else server.link.value
    return f"{server.link.value}, as of {ago(old)}"


def _count_servers(servers: Sequence[Server], ages: Mapping[str, float | None], g: Glyphs) -> Pieces:
    """Many servers: how many are in which state, and of how long ago the oldest of them tells."""
    head: Pieces = [(" buildwatch  ", "head")]
    for link in Link:
        alike = [server for server in servers if server.link is link]
        if alike:
            sign, style = link_sign(link, g)
            oldest = max((old for server in alike if (old := ages[server.name]) is not None), default=None)
            head.append((f"{sign} {len(alike)} {_link_words(alike[0], oldest, short=True)}  ", style))
    return head


def hint_size(key: str, word: str) -> int:
    """How many cells a key with its word takes at the foot, with those behind it."""
    return width_of(key) + 1 + width_of(word) + 2


def with_help(sizes: Sequence[int], help: int | None, room: int) -> list[int]:
    """Which keys of such `sizes` have room at the foot, the most needed first; that of the help before others."""
    if help is None or sizes[help] > room:
        return list(range(len(sizes)))
    left, shown = room - sizes[help], list[int]()
    for at, size in enumerate(sizes):
        if at != help and size > left:
            return sorted({*shown, help})
        left -= size if at != help else 0
        shown.append(at)
    return shown


def bottom_line(
    keys: Iterable[tuple[str, str]], address: str, width: int, g: Glyphs, *, stressed: bool = False
) -> tuple[int, Pieces]:
    """`keys` as (key, word), the most needed first; those without room are left out. And how many cells they take."""
    tail = f"{address} " if address else ""
    room = width - width_of(tail)
    if room < width // 2:
        tail = right(fit(address, width // 2 - 1, g.ellipsis).rstrip() + " ", width // 2)
        room = width - width_of(tail)
    pieces: Pieces = [(" ", "text")]
    used = 1
    for key, word in keys:
        size = hint_size(key, word)
        if used + size > room:
            break
        pieces += [(f"{key} ", "accent"), (f"{word}  ", "text")]
        used += size
    return used, [*pieces, (" " * (room - used), "text"), (tail, "running" if stressed else "dim")]


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
