"""Drawing one line of a log: its gutter, its own colours in those of the theme, and what was searched for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
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
        "said",
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
    open: str = "▾"
    closed: str = "▸"
    gap: str = "⋯"
    on_bar: str = "━─•"  # an error, a warning, a match


ASCII_MARKS = Marks(error="x", left="<", right=">", below="v", open="v", closed=">", gap="...", on_bar="x!*")


class Layout(NamedTuple):
    """What is shown of each line, and where: all in cells. `left` is how far the text is moved sideways.

    `began` is when the log's first second was (unix seconds) if times of day are shown, 0 for times since then.
    `names` are those of the logs that are read as one, all equally wide; empty where it is one alone.
    """

    width: int
    numbers: int
    times: int
    wrap: bool
    left: int
    began: int = 0
    names: tuple[str, ...] = ()

    @property
    def gutter(self) -> int:
        """How wide number, time, name and mark are together."""
        name = cell_len(self.names[0]) + 1 if self.names else 0
        return (self.numbers + 1 if self.numbers else 0) + (self.times + 2 if self.times else 0) + name + 2

    @property
    def room(self) -> int:
        """How wide the text may be."""
        return max(1, self.width - self.gutter)


class Extra(NamedTuple):
    """What is special about a line: places to mark, which of them is the current one, whether the line is current.

    Of a command also what is said beside it, and whether its group is folded (None for what is no command).
    """

    places: Sequence[tuple[int, int]] = ()
    place: int = -1
    current: bool = False
    said: str = ""
    folded: bool | None = None


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

    def name(self, source: int) -> Style:
        """The style of the name of one of several logs: neighbours differ."""
        return self.base + Style(color=self._colours[_NAMES[source % len(_NAMES)]])

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
_NAMES = (6, 5, 4, 2, 3)
_LEAST_BESIDE = 12  # cells that a command keeps beside what is said of it


def _inverts(style: ansi.Style) -> bool:
    """Whether the ground is one of the theme's colours, which are made to be read on its ground, not to be one."""
    theme = range(16)
    return style.bg in theme and style.bg not in _BLACKS and (style.fg is None or style.fg in theme)


def height(raw: str, room: int) -> int:
    """How many rows of `room` cells a line takes when wrapped."""
    text = ansi.drawn(raw)
    if text.isascii():
        return max(1, -(-len(text) // room))
    return 1 if len(text) <= room and cell_len(text) <= room else max(1, len(chop_cells(text, room)))


def clock(seconds: int) -> str:
    """Seconds since the step began, as `0:41` or `1:02:03`."""
    minutes, seconds = divmod(max(0, seconds), 60)
    return f"{minutes}:{seconds:02}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


def time_of_day(at: int) -> str:
    """A moment (unix seconds) by this machine's clock on the wall, as `14:03:22`."""
    return datetime.fromtimestamp(at).strftime("%H:%M:%S")


def gap(count: int, layout: Layout, look: Look, marks: Marks) -> list[Strip]:
    """The row that stands for so many lines that are not on show."""
    text = f"{' ' * layout.gutter}{marks.gap} {count:,} lines"
    return [Strip([Segment(text, look["gutter"])], cell_len(text)).adjust_cell_length(layout.width, look.base)]


def paint(line: LogLine, number: int, layout: Layout, look: Look, marks: Marks, extra: Extra) -> list[Strip]:
    """The rows of one line. `number` counts from 1."""
    text = ansi.drawn(line.text)
    level = level_of(text)
    ground = Style(bgcolor=look["current"].bgcolor, underline=look["current"].underline or None)
    ground = ground if extra.current else Style.null()
    base = look.base + ground
    words = look["error"] if level is Level.ERROR else look["command"] if text.startswith("+ ") else look.base
    runs = _marked(_runs(line.text, look, words + ground), extra, look)
    gutters = _gutters(line, number, layout, level, look, marks, ground, extra.folded)
    if layout.wrap:
        rows = _rows(text, runs, layout.room)
        strips = [Strip([*next(gutters), *row]).adjust_cell_length(layout.width, base) for row in rows]
        if extra.said and cell_len(text) + len(extra.said) < layout.room:
            told = Segment(extra.said, look["said"] + ground)
            strips[0] = Strip([*strips[0].crop(0, layout.width - len(extra.said)), told], layout.width)
        return strips
    strip = Strip([Segment(text[first:last], style) for first, last, style in runs], cell_len(text))
    said = f" {extra.said}" if extra.said and layout.room - len(extra.said) > _LEAST_BESIDE else ""
    within = layout._replace(width=layout.width - len(said))
    shown = strip.crop_extend(within.left, within.left + within.room, base)
    shown = _with_edges(shown, strip.cell_length, within, look["gutter"] + ground, marks)
    return [Strip([*next(gutters), *shown, Segment(said, look["said"] + ground)], layout.width)]


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
        fits = len(text) <= room and cell_len(text) <= room
        lengths = [len(text)] if fits else [len(part) for part in chop_cells(text, room)] or [0]
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
    line: LogLine,
    number: int,
    layout: Layout,
    level: Level,
    look: Look,
    marks: Marks,
    ground: Style,
    folded: bool | None,
) -> Iterator[list[Segment]]:
    """The gutter of a line's first row, then those of the rows after it."""
    dim = look["gutter"] + ground
    grave = {Level.ERROR: look["error-gutter"] + ground, Level.WARNING: look["warning-gutter"] + ground}.get(level, dim)
    first = [Segment(f"{number:>{layout.numbers}} ", grave)] if layout.numbers else []
    if layout.times:
        time = time_of_day(layout.began + line.time) if layout.began else clock(line.time)
        first.append(Segment(f" {time:>{layout.times}} ", dim))
    if layout.names:
        name = layout.names[min(line.source, len(layout.names) - 1)]
        first.append(Segment(f"{name} ", look.name(line.source) + ground))
    mark = marks.error if level is Level.ERROR else " "
    if folded is not None:
        mark = marks.closed if folded else marks.open
    first.append(Segment(f"{mark} ", grave))
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
