"""Drawing one line of a log: its gutter, its own colours in those of the theme, and what was searched for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from rich.cells import cell_len, chop_cells
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from buildwatch.insight.errors import Level, level_of
from buildwatch.model import LogLine
from buildwatch.wire import ansi

COLOURS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
COLOUR_CLASSES = tuple(f"log-view--{light}{name}" for light in ("", "bright-") for name in COLOURS)
PART_CLASSES = tuple(
    f"log-view--{part}"
    for part in (
        "gutter",
        "error-gutter",
        "warning-gutter",
        "error",
        "command",
        "match",
        "match-current",
        "current",
        "new",
    )
)
Runs = list[tuple[int, int, Style]]
"""Styles of a text from one character up to another."""


class Marks(NamedTuple):
    """Signs that are no text of the log."""

    error: str = "✗"
    left: str = "‹"
    right: str = "›"
    below: str = "▼"


ASCII_MARKS = Marks(error="x", left="<", right=">", below="v")


class Layout(NamedTuple):
    """What is shown of each line, and where: all in cells. `left` is how far the text is moved sideways."""

    width: int
    numbers: int
    times: int
    wrap: bool
    left: int

    @property
    def gutter(self) -> int:
        """How wide number, time and mark are together."""
        return (self.numbers + 1 if self.numbers else 0) + (self.times + 2 if self.times else 0) + 2

    @property
    def room(self) -> int:
        """How wide the text may be."""
        return max(1, self.width - self.gutter)


class Extra(NamedTuple):
    """What is special about a line: places to mark, which of them is the current one, whether the line is current."""

    places: Sequence[tuple[int, int]] = ()
    place: int = -1
    current: bool = False


class Look:
    """The theme's styles for a log."""

    def __init__(self, base: Style, style_of: Callable[[str], Style]) -> None:
        """`base` is the widget's own style; `style_of` gives a component class's style."""
        self.base = base
        self._parts = {name.removeprefix("log-view--"): style_of(name) for name in PART_CLASSES}
        self._colours = [style_of(name).color for name in COLOUR_CLASSES]
        self._known: dict[tuple[ansi.Style, Style], Style] = {}

    def __getitem__(self, part: str) -> Style:
        return self._parts[part]

    def of(self, style: ansi.Style, base: Style) -> Style:
        """A log's own style on top of `base`."""
        if style == ansi.PLAIN:
            return base
        known = self._known.get((style, base))
        if known is None:
            if len(self._known) > 2_000:
                self._known.clear()
            known = self._known[style, base] = base + Style(
                color=base.bgcolor if _inverts(style) else self._colour(style.fg),
                bgcolor=None if style.bg in _BLACKS else self._colour(style.bg),
                bold=style.bold or None,
                dim=style.dim or None,
                italic=style.italic or None,
                underline=style.underline or None,
                reverse=style.reverse or None,
                strike=style.strike or None,
            )
        return known

    def _colour(self, colour: ansi.Colour | None) -> Color | None:
        if colour is None:
            return None
        if isinstance(colour, tuple):
            return Color.from_rgb(*colour)
        return self._colours[colour] if colour < 16 else Color.from_ansi(colour)


_BLACKS = (0, 8)


def _inverts(style: ansi.Style) -> bool:
    """Whether the ground is one of the theme's colours, which are made to be read on its ground, not to be one."""
    theme = range(16)
    return style.bg in theme and style.bg not in _BLACKS and (style.fg is None or style.fg in theme)


def height(raw: str, room: int) -> int:
    """How many rows of `room` cells a line takes when wrapped."""
    text = raw if raw.isascii() and raw.isprintable() and len(raw) <= ansi.LONGEST else ansi.drawn(raw)
    if text.isascii():
        return max(1, -(-len(text) // room))
    return 1 if cell_len(text) <= room else len(chop_cells(text, room))


def clock(seconds: int) -> str:
    """Seconds since the step began, as `0:41` or `1:02:03`."""
    minutes, seconds = divmod(max(0, seconds), 60)
    return f"{minutes}:{seconds:02}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


def paint(line: LogLine, number: int, layout: Layout, look: Look, marks: Marks, extra: Extra) -> list[Strip]:
    """The rows of one line. `number` counts from 1."""
    text = ansi.drawn(line.text)
    level = level_of(text)
    ground = Style(bgcolor=look["current"].bgcolor) if extra.current else Style.null()
    base = look.base + ground
    words = look["error"] if level is Level.ERROR else look["command"] if text.startswith("+ ") else look.base
    runs = _marked(_runs(line.text, look, words + ground), extra, look)
    gutters = _gutters(line, number, layout, level, look, marks, ground)
    if layout.wrap:
        rows = _rows(text, runs, layout.room)
        return [Strip([*next(gutters), *row]).adjust_cell_length(layout.width, base) for row in rows]
    strip = Strip([Segment(text[first:last], style) for first, last, style in runs], cell_len(text))
    shown = strip.crop_extend(layout.left, layout.left + layout.room, base)
    shown = _with_edges(shown, strip.cell_length, layout, look["gutter"] + ground, marks)
    return [Strip([*next(gutters), *shown], layout.width)]


def _runs(raw: str, look: Look, base: Style) -> Runs:
    runs: Runs = []
    at = 0
    for text, style in ansi.spans(raw):
        runs.append((at, at + len(text), look.of(style, base)))
        at += len(text)
    return runs


def _marked(runs: Runs, extra: Extra, look: Look) -> Runs:
    """The runs with the found places laid over them."""
    marked: Runs = []
    places = [(begin, end, nth) for nth, (begin, end) in enumerate(extra.places)]
    places.reverse()
    for first, last, style in runs:
        at = first
        while places and places[-1][0] < last:
            begin, end, nth = places[-1]
            over = look["match-current"] if nth == extra.place else look["match"]
            if begin > at:
                marked.append((at, begin, style))
            marked.append((max(begin, at), min(end, last), style + over))
            at = min(end, last)
            if end > last:
                break
            places.pop()
        if at < last:
            marked.append((at, last, style))
    return marked


def _rows(text: str, runs: Runs, room: int) -> Iterator[list[Segment]]:
    """The rows of a wrapped text; at least one. Cut between characters: marks stay with what they are on."""
    if text.isascii():
        lengths = [room] * max(1, -(-len(text) // room))
    else:
        lengths = [len(text)] if cell_len(text) <= room else [len(part) for part in chop_cells(text, room)]
    ahead = iter(runs)
    first, last, style = next(ahead, (len(text) + room, 0, Style.null()))
    for end in accumulate(lengths):
        row: list[Segment] = []
        while first < end:
            stop = min(last, end)
            row.append(Segment(text[first:stop], style))
            first = stop
            if first == last:
                first, last, style = next(ahead, (len(text) + room, 0, style))
        yield row


def _gutters(
    line: LogLine, number: int, layout: Layout, level: Level, look: Look, marks: Marks, ground: Style
) -> Iterator[list[Segment]]:
    """The gutter of a line's first row, then those of the rows after it."""
    dim = look["gutter"] + ground
    grave = {Level.ERROR: look["error-gutter"] + ground, Level.WARNING: look["warning-gutter"] + ground}.get(level, dim)
    first = [Segment(f"{number:>{layout.numbers}} ", grave)] if layout.numbers else []
    if layout.times:
        first.append(Segment(f" {clock(line.time):>{layout.times}} ", dim))
    first.append(Segment(f"{marks.error if level is Level.ERROR else ' '} ", grave))
    yield first
    while True:
        yield [Segment(" " * layout.gutter, dim)]


def _with_edges(strip: Strip, length: int, layout: Layout, style: Style, marks: Marks) -> Strip:
    """`strip` with a sign at each edge beyond which the line goes on."""
    room = layout.room
    if layout.left and length:
        strip = Strip([Segment(marks.left, style), *strip.crop(1, room)], room)
    if length > layout.left + room:
        strip = Strip([*strip.crop(0, room - 1), Segment(marks.right, style)], room)
    return strip
