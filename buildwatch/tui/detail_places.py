"""What the pane beside the tree shows of a selected server, namespace or other group. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from buildwatch.model import Build, Repo, Status
from buildwatch.store import Link, Server
from buildwatch.tui.cells import Pieces
from buildwatch.tui.page import Page
from buildwatch.tui.styles import style_of
from buildwatch.words import age, ago, glyph

_LINKS: Final = {
    Link.CONNECTING: ("pending", "it is being asked for the first time"),
    Link.LIVE: ("success", "its stream is open: what happens there is here at once"),
    Link.POLLING: ("blocked", "its stream is not open: it is asked every few seconds"),
    Link.OFFLINE: ("failure", "it does not answer; it is tried again by itself"),
    Link.REFUSED: ("failure", "it answers no"),
}


def server_lines(server: Server, page: Page, *, repos: int, builds: int, requests: int) -> list[Pieces]:
    """A server and the connection to it, with how many of its repos and builds are known and what that cost.

    `page.now` is our own clock here, as `server.heard` is.
    """
    style, said = _LINKS[server.link]
    said += f"; press {page.names.reload} to try again" * (server.link is Link.REFUSED and bool(page.names.reload))
    who = f"{server.user}, an admin" if server.user and server.admin else server.user
    kind = " ".join(filter(None, (server.kind, server.version)))
    known = f"{_counted(repos, 'repo')} and {_counted(builds, 'build')} known"
    lines = [page.spread([(server.name, "head")], [(server.link.value, style)])]
    lines += page.wrap(server.url, "text")
    lines += page.listed(filter(None, (kind, who)), "dim")
    lines += [[], *page.wrap(server.said or said, style if server.said else "text"), []]
    lines += page.wrap(f"{known}, {_counted(requests, 'request')} sent", "dim")
    if server.heard > 0:
        lines += page.wrap(f"last heard of {ago(page.now - server.heard)}", "dim")
    return lines[: page.height or None]


def group_lines(
    name: str, repos: Sequence[tuple[Repo, Build | None]], page: Page, *, full: bool = False
) -> list[Pieces]:
    """A group of repos: how they stand by these builds, the worst first. `full`: with their owners."""
    counts = Counter(build.status for _, build in repos if build is not None)
    told = [f"{count} {status}" for status, count in sorted(counts.items(), key=lambda pair: (_urgency(pair[0]), pair))]
    lines = [page.spread([(name or "no owner", "head")], [(_counted(len(repos), "repo"), "dim")])]
    lines += page.listed(told, "dim")
    lines.append([])
    lines += [
        _repo(repo.slug if full else repo.name, build, page)
        for repo, build in sorted(repos, key=lambda pair: _place(*pair))
    ]
    return lines[: page.height or None]


def _repo(name: str, build: Build | None, page: Page) -> Pieces:
    if build is None:
        return page.line([(f"  {name}", "text"), ("  no builds yet", "dim")])
    when = build.finished or build.started or build.created
    sign = (f"{glyph(build.status, page.glyphs)} ", style_of(build.status))
    what = (f"  #{build.number} {page.cut(build.status, 12)}", "dim")
    return page.spread([sign, (name, "text"), what], [(age(page.now - when) if when > 0 else "", "dim")])


def _place(repo: Repo, build: Build | None) -> tuple[int, str]:
    return (_urgency(build.status) if build else 3), repo.slug


def _urgency(status: Status) -> int:
    if status.failed:
        return 0
    if status == Status.BLOCKED:
        return 1
    return 3 if status.ended else 2


def _counted(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
