"""What stands above a comparison: which two builds, how they went, and what it comes to in sentences. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from buildwatch.insight.comparison import Order
from buildwatch.insight.eta import ran
from buildwatch.insight.reference import WEEK, Reference
from buildwatch.model import Build
from buildwatch.store import Link, Server
from buildwatch.tui.cells import Pieces
from buildwatch.tui.page import Page
from buildwatch.tui.styles import style_of
from buildwatch.words import age, branch_of, duration, glyph

SAID: Final = 4
"""Lines of sentences at most, where the screen is low."""


def title_line(repo: str, order: Order, changed: bool, server: Server | None, page: Page) -> Pieces:
    """The repo, what is shown in which order, and of a server that does not answer that it does not."""
    told = f" {page.glyphs.dot} ".join(filter(None, ("only what changed" if changed else "", order.value)))
    away: Pieces = []
    if server is not None and server.link in (Link.OFFLINE, Link.REFUSED):
        away = [(f"  {server.name} {server.link.value}", "failure")]
    return page.spread([(" compare ", "head"), (repo, "text"), *away], [(f"{told} ", "dim")])


def build_line(role: str, build: Build | None, why: str, page: Page) -> Pieces:
    """One of the two builds: its number, how it went, branch, commit, age, and why it is this one."""
    lead: Pieces = [(f" {role:<8} ", "dim")]
    if build is None:
        return page.line([*lead, (why, "blocked")])
    took = ran(build, page.now)
    lasted = f" {duration(took)}" if took is not None else ""
    when = age(page.now - build.created) if build.created else ""
    lead += [
        (f"#{build.number} ", "head"),
        (f"{glyph(build.status, page.glyphs)} {build.status}{lasted}", style_of(build.status)),
    ]
    facts = [
        when,
        branch_of(build),
        build.commit[:8],
        why,
        build.event,
        build.title or build.message.partition("\n")[0],
    ]
    between = f" {page.glyphs.dot} "
    told = "".join(between + fact for fact in facts if fact)
    return page.line([*lead, (told, "dim")])


def reference_words(reference: Reference | None, this: Build, older: float) -> str:
    """Why the build is compared with this one, or that there is none."""
    if reference is None:
        return f"no green build {'a week older than' if older >= WEEK else 'before'} #{this.number} is known"
    old = " of a week before" if older >= WEEK else ""
    return f"last green{old} on {reference.of}" if reference.of == this.branch else f"last green {reference.of}{old}"


def said_lines(said: Sequence[str], page: Page) -> list[Pieces]:
    """The sentences, the first of them bright; of a low screen no more than a few lines."""
    inner = Page(max(2, page.width - 2), page.now, 0, page.glyphs)
    lines = [
        [(" ", "text"), *line]
        for at, sentence in enumerate(said)
        for line in inner.wrap(sentence, "text" if at else "bright")
    ]
    return lines[:SAID] if page.height and page.height < 30 else lines
