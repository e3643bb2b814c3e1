"""Lines of a log on the screen: only what can be seen is taken apart, and the end is kept in sight while it grows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from time import monotonic
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar
from textual.strip import Strip
from textual.timer import Timer

from buildwatch.model import LogLine
from buildwatch.tui.cells import fit
from buildwatch.tui.line_cache import LineCache
from buildwatch.tui.log_bar import LogBar, Mark
from buildwatch.tui.log_paint import (
    COLOUR_CLASSES,
    PART_CLASSES,
    Extra,
    Layout,
    Look,
    Marks,
    clock,
    gap,
    height,
    paint,
    time_of_day,
)
from buildwatch.tui.log_rows import RowMap
from buildwatch.tui.log_shown import Shown, everything
from buildwatch.wire.loglist import LogLines

_FLUSH = 0.1  # seconds between paints while lines come
_FLUSH_BUSY = 0.2
_BUSY = 50  # more lines a second than this are busy
_NARROW = 40  # cells: there is no room for more than the text


_LONGEST_NAME = 16  # cells


class Times(IntEnum):
    """Which time stands before each line."""

    NONE = 0
    SINCE = 1  # since the step began
    OF_DAY = 2


class LogPane(ScrollView, can_focus=True, inherit_bindings=False):
    """The lines, their rows, and painting them no more often than an eye needs."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {*PART_CLASSES, *COLOUR_CLASSES}
    DEFAULT_CSS = """
    LogPane {
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
        & > .log-view--gutter { color: $foreground 60%; }
        & > .log-view--error-gutter { color: $text-error; text-style: bold; }
        & > .log-view--warning-gutter { color: $text-warning; }
        & > .log-view--error { color: $text-error; }
        &:nocolor > .log-view--error { color: $foreground; text-style: bold; }
        & > .log-view--command { color: $foreground 65%; }
        & > .log-view--match { text-style: underline; background: $primary 30%; }
        & > .log-view--match-current { text-style: bold reverse; color: $text-warning; }
        & > .log-view--current { background: $foreground 10%; }
        & > .log-view--said { color: $foreground 65%; }
        & > .log-view--new { color: $text-primary; background: $foreground 10%; text-style: bold; }
        & > .log-view--black { color: $foreground 55%; }
        & > .log-view--red, & > .log-view--bright-red { color: $text-error; }
        & > .log-view--green, & > .log-view--bright-green { color: $text-success; }
        & > .log-view--yellow, & > .log-view--bright-yellow { color: $text-warning; }
        & > .log-view--blue, & > .log-view--bright-blue { color: $text-primary; }
        & > .log-view--magenta, & > .log-view--bright-magenta { color: $text-secondary; }
        & > .log-view--cyan, & > .log-view--bright-cyan { color: $text-accent; }
        & > .log-view--white, & > .log-view--bright-white { color: $foreground; }
        & > .log-view--bright-black { color: $foreground 65%; }
    }
    """

    wrap: reactive[bool] = reactive(False, init=False)
    """Whether long lines go on in the next row."""
    numbers: reactive[bool] = reactive(True, init=False)
    """Whether each line has its number before it."""
    times: reactive[Times] = reactive(Times.NONE, init=False)
    """Which time each line has before it."""
    following: reactive[bool] = reactive(True, init=False)
    """Whether the end is kept in sight when lines come."""

    def __init__(self, *, marks: Marks | None = None, id: str | None = None, classes: str | None = None) -> None:
        """`marks` are the signs beside the text; give `ASCII_MARKS` to a terminal that has no others."""
        super().__init__(id=id, classes=classes)
        self._styles_cache = LineCache()
        self._marks = marks or Marks()
        self._lines = LogLines()
        self._message = ""
        self._began = 0  # when the log's first second was, unix seconds; 0 where that is not known
        self._names: tuple[str, ...] = ()
        self._layout = Layout(1, 0, 0, False, 0)
        self._shown = everything(0)
        self._rows = RowMap(self._height)
        self._strips: LRUCache[int, list[Strip]] = LRUCache(2048)
        self._look: Look | None = None
        self._left = 0  # cells that the text is moved sideways
        self._top = (0, 0)  # the line in the first row, and which of its rows that is
        self._seen = 0  # how many lines there were when the end was let go of
        self._fitting = False
        self._painted = 0.0
        self._came = 0
        self._pause = _FLUSH
        self._flushing: Timer | None = None

    @property
    def vertical_scrollbar(self) -> ScrollBar:
        """A bar with marks, made when it is asked for."""
        if self._vertical_scrollbar is None:
            self._vertical_scrollbar = LogBar(self._bar_marks, self.scrollbar_size_vertical)
            self._vertical_scrollbar.display = False
            self.app._start_widget(self, self._vertical_scrollbar)
        return self._vertical_scrollbar

    def _extra(self, _line: int) -> Extra:
        """What is special about a line."""
        return Extra()

    def _choose(self) -> Shown:
        """Which lines are on show."""
        return everything(len(self._lines))

    def _bar_marks(self, _height: int) -> Mapping[int, Mark]:
        """Which cells of the scroll bar have a mark."""
        return {}

    def _height(self, place: int) -> int:
        """How many rows a place takes."""
        line = self._shown.line(place)
        return 1 if self._shown.gap(line) else height(self._lines[line].text, self._layout.room)

    def _settled(self) -> None:
        """Called after lines, size or place have changed."""

    @property
    def new(self) -> int:
        """How many lines have come since the end was let go of."""
        return 0 if self.following else max(0, len(self._lines) - self._seen)

    # Lines that come

    def _put(self, first: int, lines: Sequence[LogLine]) -> None:
        """From `first` on the lines are these."""
        count = len(self._lines)
        self._lines.cut(first)
        self._lines.extend(lines)
        self._came_from(first, count)

    def _replace(self, first: int, lines: Iterable[LogLine]) -> None:
        """The lines are these, those before `first` as they were. A copy is kept, which costs next to nothing."""
        count = len(self._lines)
        self._lines = LogLines(lines)
        self._came_from(first, count)

    def _came_from(self, first: int, count: int) -> None:
        """From `first` on lines are new or different; there were `count` before."""
        self._came += len(self._lines) - first
        if count - first > 100:
            self._strips.clear()
        for line in range(first, min(count, first + 100)):
            self._strips.discard(line)
        self._reshow(first)

    def _reshow(self, first: int = 0) -> None:
        """Find out anew which lines are on show. Those before `first` are as they were."""
        before, self._shown = self._shown, self._choose()
        if before.everything and self._shown.everything:
            self._rows.change(first, len(self._shown))
        else:
            self._rows.reset(len(self._shown), wrapped=self._layout.wrap)
            self._strips.clear()
            self._top = (self._top[0], 0)

    def _flush(self) -> None:
        """Paint what came: at once after a quiet time, else a little later together with what comes until then."""
        if self._flushing is None:
            wait = self._painted + self._pause - monotonic()
            if wait <= 0:
                self._flush_now()
            else:
                self._flushing = self.set_timer(wait, self._flush_now)

    def _flush_now(self) -> None:
        if self._flushing is not None:
            self._flushing.stop()
            self._flushing = None
        now = monotonic()
        self._pause = _FLUSH_BUSY if self._came > _BUSY * max(_FLUSH, now - self._painted) else _FLUSH
        self._painted = now
        self._came = 0
        if self.size:
            self._lay_out()
            self._fit()
            end_is_seen = self.scroll_offset.y + self.size.height >= self._rows.rows - 1
            self.refresh(*(() if end_is_seen else (Region(0, self.size.height - 1, self._width, 1),)))
            self._settled()

    # Where things are

    @property
    def _width(self) -> int:
        """How wide a row is: what the scrollbar leaves."""
        return max(1, self.size.width - self.scrollbar_size_vertical)

    def _lay_out(self) -> None:
        """Measure anew if width, gutter or wrapping are different."""
        width = self._width
        last = self._lines[-1].time if self._lines else 0
        roomy = width >= _NARROW
        began = self._began if self.times is Times.OF_DAY else 0
        time = len(time_of_day(began)) if began else max(4, len(clock(last)))
        layout = Layout(
            width=width,
            numbers=max(3, len(str(len(self._lines)))) if self.numbers and roomy else 0,
            times=time if self.times and roomy else 0,
            wrap=self.wrap,
            left=0 if self.wrap else self._left,
            began=began,
            names=self._names if roomy else (),
        )
        if layout != self._layout:
            if (layout.wrap, layout.room) != (self._layout.wrap, self._layout.room):
                self._top = (self._top[0], 0)
                self._layout = layout
                self._rows.reset(len(self._shown), wrapped=layout.wrap)
            self._layout = layout
            self._repaint()

    def _fit(self) -> None:
        """Make the scrolled area as high as the rows, and keep in sight what was there.

        `virtual_size` is set past its layout pass, which would cost as much again as the paint; both scrollbars hold
        still, so there is nothing to lay out.
        """
        self._fitting = True
        if self.following and len(self._shown):
            self._rows.line_at(self._rows.rows - self.size.height)
            self._rows.row_of(len(self._shown) - 1)
        row = self._row_of(self._top[0]) + self._top[1] if len(self._shown) else 0
        size = Size(self._width, self._rows.rows)
        if size != self.virtual_size:
            self.set_reactive(ScrollView.virtual_size, size)
            self._scroll_update(size)
        self._scroll(self.max_scroll_y if self.following else row)
        self._fitting = False
        self._top = self._line_at(self.scroll_offset.y)

    def _line_at(self, row: int) -> tuple[int, int]:
        """The line that takes a row, and which of its rows (from 0) that is."""
        if not len(self._shown):
            return 0, 0
        place, nth = self._rows.line_at(row)
        return self._shown.line(place), nth

    def _row_of(self, line: int) -> int:
        """The first row of a line, or of what stands for it."""
        return self._rows.row_of(self._shown.place(line))

    def _scroll(self, row: int) -> None:
        self.scroll_to(y=row, animate=False, force=True)

    def _bottom(self) -> int:
        """The line in the last row of the screen."""
        return self._line_at(self.scroll_offset.y + max(1, self.size.height) - 1)[0]

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Let go of the end when a person scrolls away from it, and take hold of it again there."""
        super().watch_scroll_y(old_value, new_value)
        if not self._fitting:
            self._top = self._line_at(round(new_value))
            self.following = round(new_value) >= self.max_scroll_y
            self._settled()

    def watch_following(self, following: bool) -> None:
        """Count what comes from here on."""
        if not following:
            self._seen = len(self._lines)

    def watch_wrap(self) -> None:
        """Lay out anew, with the same line in the first row."""
        self._flush_now()

    watch_numbers = watch_times = watch_wrap

    def on_resize(self) -> None:
        """Lay out anew, with the same line in the first row."""
        self._flush_now()

    def _set_origin(self, began: int, names: Sequence[str]) -> None:
        """When the log began (unix seconds, 0: not known), and the names of the logs of which it is made."""
        self._began = began
        width = min(_LONGEST_NAME, max((cell_len(name) for name in names), default=0))
        self._names = tuple(fit(name, width, self._marks.right) for name in names)

    # Painting

    def notify_style_update(self) -> None:
        """Forget the old theme's colours."""
        super().notify_style_update()
        self._look = None
        self._strips.clear()

    def _repaint(self) -> None:
        self._strips.clear()
        self.refresh()

    def _styles_now(self) -> Look:
        if self._look is None:
            self._look = Look(self.rich_style, self.get_component_rich_style)
        return self._look

    def render_line(self, y: int) -> Strip:
        """One row of the screen."""
        look = self._styles_now()
        width = self._width
        row = self.scroll_offset.y + y
        if row < self._rows.rows and len(self._shown):
            line, nth = self._line_at(row)
            strips = self._strips_of(line, look)
            strip = strips[min(nth, len(strips) - 1)]
        elif not len(self._shown) and y == 0:
            strip = Strip([Segment(self._message, look["gutter"])]).adjust_cell_length(width, look.base)
        else:
            strip = Strip.blank(width, look.base)
        if self.new and y == self.size.height - 1:
            hint = ", f to follow" if width >= _NARROW else ""
            label = f" {self._marks.below} {self.new:,} new{hint} "
            strip = Strip([*strip.crop(0, width - len(label)), Segment(label, look["new"])], width)
        return strip

    def _strips_of(self, line: int, look: Look) -> list[Strip]:
        strips = self._strips.get(line)
        if strips is None:
            if count := self._shown.gap(line):
                strips = gap(count, self._layout, look, self._marks)
            else:
                of = self._lines[line]
                strips = paint(of, line + 1, self._layout, look, self._marks, self._extra(line))
            self._strips[line] = strips
        return strips
