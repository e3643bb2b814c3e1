"""What a terminal shows of a line in which the cursor went back: progress bars, spinners, erased text. Pure.

Carriage return, backspace, the moves within a line (CSI C, D and G) and erasing in a line (CSI K) are obeyed, colours
go with the letters they were written in, and everything else that is no text is left out. Source: ECMA-48.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate, islice
from typing import Final
from unicodedata import east_asian_width

FARTHEST: Final = 500
"""So many cells a move goes to the right of what is written at most."""

REMEMBERED: Final = 1 << 16
REMEMBERED_TEXT: Final = 1 << 21
"""Of a longer line that is written over again and again, what was written more than so many characters ago is gone;
where nothing but text is written, that is quicker, and more is remembered.
"""

MOST: Final = 20_000
"""So many pieces of text, moves and colours of one such line are obeyed; nothing that follows is shown."""

_TOKEN: Final = re.compile(
    r"\x1b\[(?P<codes>[0-9;:]*)(?P<kind>[A-Za-z])"
    r"|(?P<back>\r)"
    r"|(?P<step>\x08)"
    r"|(?P<other>\x1b(?:\[[0-?]*[ -/]*[@-~]?|[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[ -/]*[0-~]?))"
    r"|(?P<text>[^\x1b\r\x08]+)"
)
_MOVES: Final = re.compile(r"\r|\x08|\x1b\[[0-9;]*[CDGK]")
_BACK: Final = re.compile(r"\r|\x1b\[1?G")
_CUT_SHORT: Final = re.compile(r"\x1b(?:\[[0-9;:]*)?$")
_LONGEST_STYLE: Final = 200

Cell = tuple[str, str]
"""A letter, and the codes of its style; no letter where the one before it takes two cells."""


def as_shown(line: str) -> str:
    """The line as it stands when all of it has been written."""
    line = line.rstrip("\r")
    if "\r" in line and line.isascii() and line.replace("\r", "").isprintable():
        return _written_over(_remembered(line, REMEMBERED_TEXT).split("\r"))
    return _Row(_remembered(line)).text if _MOVES.search(line) else line


def so_far(line: str) -> str:
    """A line that has not ended, without what was overwritten: what is written next goes where it would have gone."""
    if not _MOVES.search(line):
        return line
    line = _remembered(line)
    cut = _CUT_SHORT.search(line)
    row = _Row(line[: cut.start()] if cut else line)
    there = "" if row.at == len(row.cells) else "\r" + (f"\x1b[{row.at}C" if row.at else "")
    return row.text + there + row.style + (cut[0] if cut else "")


def _written_over(texts: list[str]) -> str:
    """What is left of texts that were written one over the other: of each what goes on behind all later ones.

    A hundred thousand of them take no longer than to read them.
    """
    texts.reverse()
    longest = list(accumulate(map(len, texts), max))
    parts = [texts[0]]
    end = len(texts[0])
    while end < longest[-1]:
        text = texts[bisect_right(longest, end)]
        parts.append(text[end:])
        end = len(text)
    return "".join(parts)


def _remembered(line: str, much: int = REMEMBERED) -> str:
    """The line without what was written before the cursor first went back in its last characters, so `much` of them."""
    if len(line) <= much:
        return line
    back = _BACK.search(line, len(line) - much)
    return line[back.start() :] if back else line


class _Row:
    """One row of a terminal, as wide as it needs to be."""

    def __init__(self, line: str) -> None:
        self.cells: list[Cell] = []
        self.at = 0
        self.style = ""
        for token in islice(_TOKEN.finditer(line), MOST):
            if token["text"]:
                self._write(token["text"])
            elif token["back"]:
                self.at = 0
            elif token["step"]:
                self.at = max(0, self.at - 1)
            elif token["kind"]:
                self._obey(token["kind"], token["codes"])

    @property
    def text(self) -> str:
        """The letters with the colours they were written in."""
        parts: list[str] = []
        last = ""
        for letter, style in self.cells:
            if style != last:
                parts.append(f"\x1b[0m{style}")
                last = style
            parts.append(letter)
        if last:
            parts.append("\x1b[0m")
        return "".join(parts)

    def _write(self, text: str) -> None:
        if self.at == len(self.cells) and text.isascii():
            self.cells += [(letter, self.style) for letter in text]
            self.at = len(self.cells)
            return
        if text.isascii() and self.at < len(self.cells):
            end = self.at + len(text)
            self._halve(self.at)
            self._halve(end)
            self.cells[self.at : end] = [(letter, self.style) for letter in text]
            self.at = end
            return
        for letter in text:
            self._blank(len(self.cells), self.at)
            width = 2 if east_asian_width(letter) in "WF" else 1
            end = self.at + width
            self._halve(self.at)
            self._halve(end)
            self.cells[self.at : end] = [(letter, self.style), *[("", self.style)] * (width - 1)]
            self.at = end

    def _obey(self, kind: str, codes: str) -> None:
        count = int(codes) if codes.isdigit() and len(codes) < 6 else 0
        if kind == "m":
            resets = codes in ("", "0") or codes.startswith(("0;", ";"))
            self.style = ("" if resets else self.style) + (f"\x1b[{codes}m" if codes.strip("0;") else "")
            self.style = self.style[-_LONGEST_STYLE:] if len(self.style) <= _LONGEST_STYLE else f"\x1b[{codes}m"
        elif kind == "C":
            self.at = min(self.at + max(1, count), len(self.cells) + FARTHEST)
        elif kind == "D":
            self.at = max(0, self.at - max(1, count))
        elif kind == "G":
            self.at = min(max(1, count) - 1, len(self.cells) + FARTHEST)
        elif kind == "K":
            self._erase(count)

    def _erase(self, which: int) -> None:
        """Erases from the cursor on, up to it, or all; a letter of two cells that loses one of them is gone whole."""
        if which == 0:
            self._halve(self.at)
            del self.cells[self.at :]
        elif which == 1:
            self._halve(self.at + 1)
            self._blank(0, min(self.at + 1, len(self.cells)))
        elif which == 2:
            self.cells.clear()

    def _halve(self, at: int) -> None:
        """Makes two blanks of a letter whose second cell stands here."""
        if 0 < at < len(self.cells) and not self.cells[at][0]:
            self.cells[at - 1 : at + 1] = [(" ", self.cells[at][1])] * 2

    def _blank(self, first: int, last: int) -> None:
        """Blanks from one cell up to another one."""
        if last > first:
            self.cells[first:last] = [(" ", "")] * (last - first)
