"""How text commands print: colours and a width on a terminal, plain text everywhere else."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from unicodedata import combining, east_asian_width

from buildwatch.config import Settings
from buildwatch.model import Status
from buildwatch.words import ASCII, UNICODE, Glyphs, glyph

_COLOURS: Final = {
    Status.SUCCESS: "32",
    Status.FAILURE: "31",
    Status.ERROR: "31",
    Status.KILLED: "31",
    Status.RUNNING: "33",
    Status.BLOCKED: "35",
}
_DIM: Final = "2"


@dataclass(frozen=True, slots=True)
class Output:
    """What stdout can show. `width` is None where nothing is cut: not a terminal."""

    colour: bool
    width: int | None
    glyphs: Glyphs

    def status(self, status: Status) -> str:
        """A status: its glyph and its word, coloured by it."""
        return self.painted(f"{glyph(status, self.glyphs)} {status}", status)

    def painted(self, text: str, status: Status) -> str:
        """`text` in the colour of a status."""
        return self._sgr(text, _COLOURS.get(status, _DIM))

    def dim(self, text: str) -> str:
        """`text` that is secondary."""
        return self._sgr(text, _DIM)

    def table(self, rows: Sequence[Sequence[str]], right: Iterable[int] = ()) -> list[str]:
        """Rows in aligned columns, those of `right` to the right; the last column is cut at the terminal's edge."""
        if not rows:
            return []
        widths = [max(cells(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
        aligned = set(right)
        lines = []
        for row in rows:
            padded = [
                " " * (width - cells(text)) + text if column in aligned else text + " " * (width - cells(text))
                for column, (text, width) in enumerate(zip(row, widths, strict=False))
            ]
            head = "  ".join(padded) + "  " * bool(padded)
            room = None if self.width is None else max(0, self.width - cells(head))
            lines.append((head + self._cut(row[-1], room)).rstrip())
        return lines

    def _cut(self, text: str, room: int | None) -> str:
        if room is None or cells(text) <= room:
            return text
        taken = 0
        for index, char in enumerate(text):
            taken += _cell(char)
            if taken > room - 1:
                return text[:index] + self.glyphs.ellipsis * (room > 0)
        return text

    def _sgr(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text


def output(settings: Settings) -> Output:
    """How this process may print."""
    terminal = sys.stdout is not None and sys.stdout.isatty()
    colour = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    width = shutil.get_terminal_size().columns if terminal else None
    return Output(colour, width, ASCII if settings.glyphs == "ascii" else UNICODE)


def say(*lines: str) -> None:
    """Print lines, and see to it that they leave."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def note(sentence: str) -> None:
    """Tell the person something beside what was asked for."""
    sys.stderr.write(f"buildwatch: {sentence}\n")
    sys.stderr.flush()


def cells(text: str) -> int:
    """How many cells of a terminal `text` takes, our own colour codes aside."""
    if "\x1b" in text:
        text = "".join(part.partition("m")[2] if index else part for index, part in enumerate(text.split("\x1b[")))
    return len(text) if text.isascii() else sum(map(_cell, text))


def _cell(char: str) -> int:
    return 0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1
