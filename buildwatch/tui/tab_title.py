"""The title of the terminal's tab: how much fails, runs and waits, as `✗2 ●3 buildwatch`.

Set with OSC 2; the one before is kept on the terminal's own stack and brought back (XTWINOPS 22 and 23, as xterm, VTE,
kitty, WezTerm and iTerm2 have it). Only numbers, signs and our own name ever get there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from buildwatch.model import Status
from buildwatch.tui.bars import Counts
from buildwatch.words import ASCII, UNICODE, Glyphs, glyph

KEEP: Final = "\x1b[22;2t"
BACK: Final = "\x1b]2;\x07\x1b[23;2t"
"""No title, which most terminals without such a stack take for their own one; then the one before."""


def title(counts: Counts, glyphs: Glyphs) -> str:
    """What stands in the tab. Its font is not the terminal's, so signs of patched fonts are not used."""
    signs = ASCII if glyphs is ASCII else UNICODE
    parts = (
        (Status.FAILURE, counts.failing),
        (Status.RUNNING, counts.running),
        (Status.BLOCKED, counts.waiting),
    )
    return " ".join([*(f"{glyph(status, signs)}{number}" for status, number in parts if number), "buildwatch"])


class TabTitle:
    """Keeps the title true, and gives back the one before."""

    def __init__(self, glyphs: Glyphs, write: Callable[[str], None]) -> None:
        """`write` brings text to the terminal as it is."""
        self._glyphs = glyphs
        self._write = write
        self._now = ""

    def show(self, counts: Counts) -> None:
        """Set the title, where it is another one."""
        new = title(counts, self._glyphs)
        if new != self._now:
            self._write(f"{'' if self._now else KEEP}\x1b]2;{new}\x07")
            self._now = new

    @property
    def leaving(self) -> str:
        """What the terminal has to be sent at the end."""
        return BACK if self._now else ""
