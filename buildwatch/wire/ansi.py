"""One raw log line as text with styles: colours and weights of SGR, and nothing else of what a terminal would obey.

A hyperlink (OSC 8) is underlined, and where it leads is told by `links`; nothing makes it one for the terminal. Cursor
moves, titles, clipboard writes (OSC 52), device queries, every other control character and what reorders or hides text
leave no trace. Colours end with the line, as in `less -R`: each line can be looked at on its own, and no line colours
another. Source of the codes: ECMA-48, ITU T.416 for the forms with colons, and the egmontkob gist on OSC 8.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple
from unicodedata import east_asian_width

from buildwatch.text import clean, without_unseen

Colour = int | tuple[int, int, int]
"""0 to 15: a colour of the theme; 16 to 255: of the fixed palette; or red, green, blue, each 0 to 255."""

LONGEST = 20_000
"""So many characters of a line are shown."""

_LONGEST_LINK = 500


class Style(NamedTuple):
    """How a piece of text looks."""

    fg: Colour | None = None
    bg: Colour | None = None
    bold: bool = False
    dim: bool = False
    italic: bool = False
    underline: bool = False
    reverse: bool = False
    strike: bool = False


Spans = list[tuple[str, Style]]

PLAIN = Style()

_LINK = r"(?:\x1b\]|\x9d)8;[^;\x07\x1b\x9c\n]*;([^\x07\x1b\x9c\n]*)(?:\x07|\x9c|\x1b\\)"  # OSC 8; its end leads nowhere
_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)([0-9;:]*)m"  # SGR: the first group
    rf"|{_LINK}"  # the second
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # any other CSI, or one cut short
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x9c|\x1b\\)?"  # OSC, DCS, SOS, PM, APC
    r"|\x1b[ -/]*[0-~]?"  # the rest of what ESC begins
)
_BEGINS = re.compile("[\x1b\x9b\x9d\x90\x98\x9e\x9f]")
_LINKS = re.compile(_LINK)
_CONTROLS = re.compile("[\x00-\x08\x0a-\x1f\x7f]")
_CONTROLS_WITHIN = re.compile("[\x00-\x08\x0b-\x1f\x7f]")  # the same where lines are joined by feeds
_PRINTABLE = bytes([0x0A, *range(0x20, 0x7F)])
_MARKS = r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_PILE = re.compile(f"({_MARKS}{{3}}){_MARKS}+")  # marks piled higher than any language does run into other lines


def spans(raw: str) -> Spans:
    """The line as it is to be drawn: tabs are spaces, and what is too long is cut and says so."""
    if len(raw) > LONGEST:
        return _long(*_head(raw))
    if raw.isascii() and raw.isprintable():
        return [(raw, PLAIN)] if raw else []
    return _spans(raw, len(raw))


def _head(raw: str) -> tuple[str, int]:
    """As much of a long line as can matter, and how long it is. Where nothing is obeyed each character is shown."""
    head = raw[: 4 * LONGEST]
    return (head if _BEGINS.search(head) else head[:LONGEST]), len(raw)


def _spans(head: str, length: int) -> Spans:
    drawn: Spans = []
    room = LONGEST
    column = 0
    tabs = "\t" in head
    for text, style in _styled(head):
        shown = text[:room]
        if tabs:
            shown, column = _expanded(shown, column)
            shown = shown[:room]
        drawn.append((shown, style))
        room -= len(shown)
        if not room:
            break
    if not room or len(head) < length:
        drawn.append((f" ... cut: the line has {length:,} characters", Style(dim=True)))
    return drawn


@lru_cache(4)  # who paints a line asks more than once
def _long(head: str, length: int) -> Spans:
    if head.isascii() and head.isprintable():
        return [(head, PLAIN), *_spans("", length)]
    return _spans(head, length)


@lru_cache(4)
def _long_drawn(head: str, length: int) -> str:
    return "".join(text for text, _ in _long(head, length))


def plain(raw: str) -> str:
    """The line's text alone, whole and with its tabs: to be searched, copied or piped."""
    if raw.isascii() and raw.isprintable():
        return raw
    text = _cleaned(_SEQUENCE.sub("", raw))
    if text.isascii() or not _PILE.search(text):
        return text
    return "".join(run for run, _ in _styled(raw))


def links(raw: str) -> list[str]:
    """Where the line's hyperlinks lead, each once, safe to show."""
    if "]8;" not in raw and "\x9d8;" not in raw:
        return []
    return [link for link in dict.fromkeys(clean(found, _LONGEST_LINK) for found in _LINKS.findall(raw)) if link]


def drawn(raw: str) -> str:
    """The very text of `spans`."""
    if len(raw) > LONGEST:
        return _long_drawn(*_head(raw))
    if raw.isascii() and raw.isprintable():
        return raw
    return "".join(text for text, _ in spans(raw)) if "\t" in raw else plain(raw)


def drawn_all(lines: str) -> str:
    """Many lines joined by line feeds, each as `drawn` gives it: the same and much quicker."""
    if not lines.isascii() or "\t" in lines or (len(lines) > LONGEST and max(map(len, lines.split("\n"))) > LONGEST):
        return "\n".join(map(drawn, lines.split("\n")))
    if not lines.encode("ascii").translate(None, _PRINTABLE):
        return lines
    return _CONTROLS_WITHIN.sub("", _SEQUENCE.sub("", lines))


def safe_sgr(raw: str) -> str:
    """The whole line for a colour terminal: its text, and colour codes of our own writing only."""
    if raw.isascii() and raw.isprintable():
        return raw
    parts: list[str] = []
    last = PLAIN
    for text, style in _styled(raw):
        if style != last:
            parts.append(_codes(style))
            last = style
        parts.append(text)
    if last != PLAIN:
        parts.append("\x1b[0m")
    return "".join(parts)


def _styled(raw: str) -> Iterator[tuple[str, Style]]:
    """The line's runs of one style, no two neighbours alike."""
    parts = _SEQUENCE.split(raw)
    style = after = PLAIN
    linked = False
    run: list[str] = []
    for codes, link, part in zip([None, *parts[1::3]], [None, *parts[2::3]], parts[::3], strict=True):
        if codes is not None:
            after = _after(after, codes)
        if link is not None:
            linked = bool(link)
        text = _cleaned(part)
        if not text:
            continue
        shown = after._replace(underline=True) if linked else after
        if shown != style and run:
            yield _unpiled("".join(run)), style
            run = []
        style = shown
        run.append(text)
    if run:
        yield _unpiled("".join(run)), style


def _cleaned(text: str) -> str:
    return without_unseen(_CONTROLS.sub("", text))


def _unpiled(text: str) -> str:
    return text if text.isascii() else _PILE.sub(r"\1", text)


def _expanded(text: str, column: int) -> tuple[str, int]:
    """`text`, beginning at `column`, with spaces up to the next multiple of 8 for each tab; and the column after it."""
    first, *rest = text.split("\t")
    parts = [first]
    column += _width(first)
    for part in rest:
        gap = 8 - column % 8
        parts += (" " * gap, part)
        column += gap + _width(part)
    return "".join(parts), column


def _width(text: str) -> int:
    return len(text) if text.isascii() else sum(1 + (east_asian_width(char) in "WF") for char in text)


_SIMPLE: dict[int, dict[str, object]] = {
    1: {"bold": True},
    2: {"dim": True},
    3: {"italic": True},
    4: {"underline": True},
    7: {"reverse": True},
    9: {"strike": True},
    21: {"underline": True},
    22: {"bold": False, "dim": False},
    23: {"italic": False},
    24: {"underline": False},
    27: {"reverse": False},
    29: {"strike": False},
    39: {"fg": None},
    49: {"bg": None},
    **{30 + n: {"fg": n} for n in range(8)},
    **{40 + n: {"bg": n} for n in range(8)},
    **{90 + n: {"fg": n + 8} for n in range(8)},
    **{100 + n: {"bg": n + 8} for n in range(8)},
}
_LAYERS = {38: "fg", 48: "bg", 58: ""}  # 58 is the underline's colour: read, to know where it ends, and left out


@lru_cache(4096)
def _after(style: Style, codes: str) -> Style:
    """The style after one SGR sequence with these parameters."""
    items = codes.split(";")[:64]
    while items:
        code, *sub = map(_number, items.pop(0).split(":"))
        if code in _LAYERS:
            if sub:
                colour = _colour(sub[0], sub[2:] if len(sub) > 4 else sub[1:])
            else:
                kind = _number(items.pop(0)) if items else 0
                count = {2: 3, 5: 1}.get(kind, 0)
                colour = _colour(kind, [_number(item) for item in items[:count]])
                del items[:count]
            if colour is not None and _LAYERS[code]:
                style = style._replace(**{_LAYERS[code]: colour})  # type: ignore[arg-type]
        elif code == 0:
            style = PLAIN
        elif code == 4 and sub:
            style = style._replace(underline=sub[0] != 0)
        elif code in _SIMPLE:
            style = style._replace(**_SIMPLE[code])  # type: ignore[arg-type]
    return style


def _number(digits: str) -> int:
    """A parameter's value; an empty one is 0, one beyond all meaning is 999."""
    return int(digits or 0) if len(digits) < 4 else 999


def _colour(kind: int, values: list[int]) -> Colour | None:
    if any(value > 255 for value in values):
        return None
    if kind == 5 and values:
        return values[0]
    if kind == 2 and len(values) > 2:
        return (values[0], values[1], values[2])
    return None


@lru_cache(4096)
def _codes(style: Style) -> str:
    codes = ["0"]
    codes += [str(code) for name, code in _WEIGHTS if getattr(style, name)]
    for colour, base in ((style.fg, 30), (style.bg, 40)):
        if isinstance(colour, tuple):
            codes.append(f"{base + 8};2;{colour[0]};{colour[1]};{colour[2]}")
        elif colour is not None:
            codes.append(str(base + colour + (52 if colour > 7 else 0)) if colour < 16 else f"{base + 8};5;{colour}")
    return f"\x1b[{';'.join(codes)}m"


_WEIGHTS = (("bold", 1), ("dim", 2), ("italic", 3), ("underline", 4), ("reverse", 7), ("strike", 9))
