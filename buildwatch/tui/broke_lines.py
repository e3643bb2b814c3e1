"""What broke, in the pane beside the tree: the command, what it said, and how often that was seen. Pure."""

from __future__ import annotations

from buildwatch.insight.digest import Digest
from buildwatch.insight.seen import Seen, in_words
from buildwatch.text import clean
from buildwatch.tui.cells import Pieces, width_of
from buildwatch.tui.page import Page

MOST = 3
"""So many lines a command or a message takes at most."""


def broke_lines(of: Digest, often: Seen | None, page: Page) -> list[Pieces]:
    """The lines on what broke in a step."""
    lines: list[Pieces] = []
    exit = f"exit {of.exit_code}" if of.exit_code else ""
    if of.command:
        lines += _with_lead("+ ", clean(of.command), "text", page, MOST)
    because = page.wrap(f"{exit}: {of.because}", "failure", 2) if exit and of.because else []
    if not of.last:
        lines += because
    for text in of.says:
        lines += page.wrap(clean(text), "error" if of.error is not None else "text", MOST)
    if of.last:
        lines += _with_lead("then + ", clean(of.last), "text", page, MOST) + because
    if often is not None and (told := in_words(often, page.now)):
        lines += page.wrap(told, "accent" if often.times > 1 else "dim", 2)
    return lines


def _with_lead(lead: str, text: str, style: str, page: Page, most: int) -> list[Pieces]:
    """`text` wrapped behind `lead`, which stands only before its first line."""
    inner = Page(max(2, page.width - width_of(lead)), page.now, 0, page.glyphs)
    wrapped = inner.wrap(text, style, most)
    return [[(lead if not nth else " " * width_of(lead), "dim"), *line] for nth, line in enumerate(wrapped)]
