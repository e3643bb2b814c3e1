"""A step's log on the screen: followed while it grows, searched, wrapped, and led to its errors.

What must look at every line (a search, the errors, the heights of wrapped lines) goes on in slices of a few
milliseconds, so that no key waits for it, however long the log is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.timer import Timer

from buildwatch.model import LogLine
from buildwatch.tui.log_find import Hit, place_in
from buildwatch.tui.log_paint import Extra, Marks
from buildwatch.tui.log_pane import LogPane
from buildwatch.tui.log_seek import Seeker
from buildwatch.wire.ansi import drawn, plain

_SLICE = 0.008  # seconds of work between keys
_REST = 0.01


@dataclass(frozen=True, slots=True)
class LogState:
    """What a title beside the log can say about it.

    `new` lines came since the log was let go of. `match` is the how-manieth (from 1, 0 for none) of `matches`; all
    counts are of what has been looked at so far, which is everything once `counted`.
    """

    lines: int = 0
    live: bool = False
    following: bool = True
    new: int = 0
    errors: int = 0
    warnings: int = 0
    pattern: str = ""
    match: int = 0
    matches: int = 0
    counted: bool = True
    wrap: bool = False
    times: bool = False


class LogView(LogPane, can_focus=True, inherit_bindings=False):
    """The lines of one log.

    Fill it with `show` and `extend`, empty it with `clear` when another step is looked at. It tells of itself by
    `StateChanged`.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", "Down", show=False, id="log.down"),
        Binding("k,up", "move(-1)", "Up", show=False, id="log.up"),
        Binding("ctrl+d", "move(0.5, True)", "Half a page down", show=False, id="log.half-down"),
        Binding("ctrl+u", "move(-0.5, True)", "Half a page up", show=False, id="log.half-up"),
        Binding("ctrl+f,pagedown,space", "move(1, True)", "Page down", show=False, id="log.page-down"),
        Binding("ctrl+b,pageup", "move(-1, True)", "Page up", show=False, id="log.page-up"),
        Binding("g,home", "top", "Top", show=False, id="log.top"),
        Binding("G,end,f", "follow", "Follow", show=False, id="log.follow"),
        Binding("h,left", "sideways(-8)", "Left", show=False, id="log.left"),
        Binding("l,right", "sideways(8)", "Right", show=False, id="log.right"),
        Binding("e", "seek_error(True)", "Next error", id="log.error.next"),
        Binding("E", "seek_error(False)", "Previous error", show=False, id="log.error.previous"),
        Binding("n", "seek_match(True)", "Next match", show=False, id="log.search.next"),
        Binding("N", "seek_match(False)", "Previous match", show=False, id="log.search.previous"),
        Binding("w", "toggle_wrap", "Wrap", id="log.wrap"),
        Binding("t", "toggle_times", "Time", id="log.times"),
    ]

    class StateChanged(Message):
        """What the log can say about itself is different."""

        def __init__(self, view: LogView, state: LogState) -> None:
            super().__init__()
            self.view = view
            self.state = state

        @property
        def control(self) -> LogView:
            """The log."""
            return self.view

    def __init__(self, *, marks: Marks | None = None, id: str | None = None, classes: str | None = None) -> None:
        """`marks` are the signs beside the text; give `ASCII_MARKS` to a terminal that has no others."""
        super().__init__(marks=marks, id=id, classes=classes)
        self._live = False
        self._seeker = Seeker()
        self._told = LogState()
        self._working: Timer | None = None

    # What the app gives

    def show(self, lines: Sequence[LogLine], *, live: bool) -> None:
        """Show these lines in place of what is there. Whoever reads does not lose the place, if it is still there.

        `live` says that more may come. A log that has ended and was not there before is shown from its first line.
        """
        self._live = live
        fresh = not self._lines
        same, top = place_in(self._lines, lines, self._top[0])
        if moved := top - self._top[0]:
            self._seeker.move(moved)
            self._seen += moved
            self._top = (top, self._top[1])
        self._seeker.change(same)
        self._put(same, lines[same:])
        if fresh:
            self.following = live
        self._flush_now()

    def extend(self, new_lines: Sequence[LogLine], replace_last: int = 0) -> None:
        """Add lines at the end, in place of the last `replace_last` ones."""
        first = len(self._lines) - replace_last
        self._seeker.change(first)
        self._put(first, new_lines)
        self._flush()

    def clear(self, message: str = "") -> None:
        """Show no lines, but this sentence (ours: no text from outside)."""
        self._message = message
        self._live = False
        self._seeker.forget()
        self._top = (0, 0)
        self._left = 0
        self.following = True
        self._put(0, ())
        self._flush_now()

    def set_search(self, pattern: str) -> None:
        """Look for a text; capitals matter only where it has some. The first match from here on is jumped to."""
        match = self._seeker.match
        self._seeker.look_for(pattern, match.line if match else self._here(forward=True).line)
        self._repaint()
        self._work()

    def clear_search(self) -> None:
        """Look for nothing."""
        self.set_search("")

    def first_error(self) -> None:
        """Jump to the first error, as soon as it is found."""
        self._seeker.seek(Hit(-1, 0), match=False, forward=True)
        self._work()

    def current_text(self) -> str:
        """The current line as plain text; when none is current, all lines on the screen."""
        current = self._seeker.current
        if self._in_sight(current):
            return plain(self._lines[current].text)
        return "\n".join(plain(line.text) for line in self._lines[self._top[0] : self._bottom() + 1])

    @property
    def state(self) -> LogState:
        """What the log can say about itself now."""
        seeker = self._seeker
        return LogState(
            lines=len(self._lines),
            live=self._live,
            following=self.following,
            new=self.new,
            errors=seeker.errors.total,
            warnings=seeker.warnings.total,
            pattern=seeker.search.text if seeker.search else "",
            match=seeker.matches.ordinal(seeker.match) if seeker.match else 0,
            matches=seeker.matches.total,
            counted=seeker.done(self._lines),
            wrap=self.wrap,
            times=self.times,
        )

    # Keys

    def action_move(self, by: float, pages: bool = False) -> None:
        """Scroll by rows, or by pages; half a page is 0.5."""
        self._scroll(self.scroll_offset.y + (round(by * max(1, self.size.height - 1)) if pages else round(by)))
        if by > 0 and self.is_vertical_scroll_end:
            self.following = True

    def action_top(self) -> None:
        """Scroll to the first line."""
        self._scroll(0)

    def action_follow(self) -> None:
        """Go to the end, and stay there when lines come."""
        self._seeker.current = -1
        self._repaint()
        self.following = True
        self._flush_now()

    def action_sideways(self, by: int) -> None:
        """Move the text sideways, as far as a line on the screen goes on."""
        if self.wrap:
            return
        widest = max((cell_len(drawn(line.text)) for line in self._lines[self._top[0] : self._bottom() + 1]), default=0)
        self._left = min(max(0, self._left + by), max(0, widest - self._layout.room))
        self._lay_out()

    def action_seek_error(self, forward: bool) -> None:
        """Go to the next error, or to the one before."""
        self._seeker.seek(self._here(forward=forward), match=False, forward=forward)
        self._work()

    def action_seek_match(self, forward: bool) -> None:
        """Go to the next match of the search, or to the one before."""
        match = self._seeker.match
        here = match if match and self._in_sight(match.line) else self._here(forward=forward)
        self._seeker.seek(here, match=True, forward=forward)
        self._work()

    def action_toggle_wrap(self) -> None:
        """Let long lines go on in the next row, or not."""
        self.wrap = not self.wrap

    def action_toggle_times(self) -> None:
        """Show each line's time, or not."""
        self.times = not self.times

    def on_click(self, event: events.Click) -> None:
        """Make the line under the pointer the current one."""
        if self._lines and event.y < self._rows.rows:
            self._seeker.current = self._rows.line_at(self.scroll_offset.y + event.y)[0]
            self._repaint()

    def on_mouse_scroll_left(self) -> None:
        """Move the text as the pointer's wheel does."""
        self.action_sideways(-4)

    def on_mouse_scroll_right(self) -> None:
        """Move the text as the pointer's wheel does."""
        self.action_sideways(4)

    # Where things are

    def _here(self, *, forward: bool) -> Hit:
        """Where a jump begins: at the current line while it is in sight, else at the edge of the screen."""
        if self._in_sight(self._seeker.current):
            return Hit(self._seeker.current, 0)
        return Hit(self._top[0], -1 if forward else 0)

    def _in_sight(self, line: int) -> bool:
        return self._top[0] <= line <= self._bottom() and bool(self._lines)

    def _go(self, hit: Hit, match: bool) -> None:
        """Bring a find into sight, a third down the screen unless it is there already."""
        self._repaint()
        row = self._rows.row_of(hit.line)
        if match and self._seeker.search:
            text = drawn(self._lines[hit.line].text)
            place = self._seeker.search.places(text)[hit.nth]
            before, within = cell_len(text[: place[0]]), cell_len(text[slice(*place)])
            if self.wrap:
                row += before // self._layout.room
            elif not self._left <= before <= self._left + self._layout.room - within - 1:
                self._left = max(0, before + within - self._layout.room * 2 // 3)
        if not self.scroll_offset.y <= row < self.scroll_offset.y + self.size.height:
            self._scroll(row - self.size.height // 3)
        self.following = False
        self._lay_out()

    # Work in slices

    def _settled(self) -> None:
        if self._working is None:
            self._work()
        else:
            self._tell()

    def _work(self) -> None:
        if self._working is not None:
            self._working.stop()
            self._working = None
        if not self.size:
            return
        until = perf_counter() + _SLICE
        jump = self._seeker.go_on(self._lines, lambda: perf_counter() >= until)
        if not self._rows.measured:
            self._rows.measure(lambda: perf_counter() >= until)
            self._fit()
        if not (self._rows.measured and self._seeker.done(self._lines)):
            self._working = self.set_timer(_REST, self._work)
        if jump:
            self._go(*jump)
        self._tell()

    def _tell(self) -> None:
        state = self.state
        if state != self._told:
            self._told = state
            self.post_message(self.StateChanged(self, state))

    def _extra(self, line: int) -> Extra:
        seeker = self._seeker
        current = line == seeker.current
        if not seeker.search:
            return Extra(current=current)
        nth = seeker.match.nth if seeker.match and seeker.match.line == line else -1
        return Extra(seeker.search.places(drawn(self._lines[line].text)), nth, current)
