"""Fitting text into cells of a terminal, where a character may take two of them or none. Pure."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

Pieces = list[tuple[str, str]]
"""A line of the screen: pieces of text, each with the name of its style."""


def fit(text: str, width: int, ellipsis: str) -> str:
    """`text` in exactly `width` cells: padded, or cut, with an ellipsis of one cell (or none) for what is missing."""
    if width <= 0:
        return ""
    size = len(text) if text.isascii() else cell_len(text)
    if size <= width:
        return text + " " * (width - size)
    return set_cell_size(text, width - len(ellipsis)) + ellipsis


def width_of(text: str) -> int:
    """How many cells `text` takes."""
    return len(text) if text.isascii() else cell_len(text)


def right(text: str, width: int) -> str:
    """`text` at the right end of exactly `width` cells; cut from the left where it is longer."""
    gap = width - width_of(text)
    while gap < 0 and text:
        gap += width_of(text[0])
        text = text[1:]
    return " " * gap + text
