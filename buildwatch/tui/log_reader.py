"""A log that is looked through: which lines are on show, what is in them, and going from one find to the next.

What must look at every line (a search, the errors, the heights of wrapped lines) goes on in slices of a few
milliseconds, so that no key waits for it, however long the log is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from time import perf_counter

from rich.cells import cell_len
from textual.message import Message
from textual.timer import Timer

from buildwatch.model import LogLine
from buildwatch.tui.log_bar import Mark
from buildwatch.tui.log_find import ERRORS, Finds, Hit, place_in
from buildwatch.tui.log_folds import Folds, end_of, head_of, said_of
from buildwatch.tui.log_paint import Extra, Marks
from buildwatch.tui.log_pane import LogPane
from buildwatch.tui.log_search import BadPattern
from buildwatch.tui.log_seek import Seeker
from buildwatch.tui.log_shown import Part, Shown, around, everything, folded, parts_of
from buildwatch.tui.log_state import LogState, Matches
from buildwatch.wire.ansi import drawn, links, plain
from buildwatch.wire.loglist import LogLines

AROUND = 3
"""How many lines around a match are its context."""

_SLICE = 0.008  # seconds of work between keys
_REST = 0.002
_NEWS = 0.1  # seconds between two times that is told how far the work is
_OFTEN = 0.3  # seconds between two times that finds which come change what is on show


class LogReader(LogPane, can_focus=True, inherit_bindings=False):
    """The lines of one log, and what was found in them.

    Fill it with `show` and `extend`, empty it with `clear` when another step is looked at. It tells of itself by
    `StateChanged`.
    """

    class StateChanged(Message, namespace="log_view"):
        """What the log can say about itself is different."""

        def __init__(self, view: LogReader, state: LogState) -> None:
            super().__init__()
            self.view = view
            self.state = state

        @property
        def control(self) -> LogReader:
            """The log."""
            return self.view

    def __init__(self, *, marks: Marks | None = None, id: str | None = None, classes: str | None = None) -> None:
        """`marks` are the signs beside the text; give `ASCII_MARKS` to a terminal that has no others."""
        super().__init__(marks=marks, id=id, classes=classes)
        self._live = False
        self._reading = False  # whether more comes of what had been written before
        self._seeker = Seeker()
        self._folds = Folds()
        self._fault = ""  # what is wrong with what was to be searched for
        self._filter = Matches.ALL
        self._parts: tuple[Part, ...] = ()
        self._brief = False
        self._anchor = -1  # where a selection began; it goes from there to the current line
        self._told = LogState()
        self._told_at = 0.0
        self._working: Timer | None = None
        self._by = 0  # how many finds what is on show was made by
        self._made = 0.0

    # What the app gives

    def show(
        self, lines: Iterable[LogLine], *, live: bool, began: int | None = None, names: Sequence[str] = ()
    ) -> None:
        """Show these lines in place of what is there. Whoever reads does not lose the place, if it is still there.

        `live` says that more may come. A log that has ended and was not there before is shown from its first line.
        `began` is when the step began (unix seconds; 0: not known, None: as before), `names` are those of the logs
        that the lines' `source` counts, where they are of several.
        """
        self._live, self._reading = live, False
        self._set_origin(self._began if began is None else began, names)
        fresh = not self._lines
        lines = LogLines(lines)
        same, top = place_in(self._lines, lines, self._top[0])
        if moved := top - self._top[0]:
            self._seeker.move(moved)
            self._seen += moved
            self._top = (top, self._top[1])
            self._anchor = -1
        self._seeker.change(same)
        self._folds.forget_from(same)
        self._replace(same, lines)
        if fresh:
            self.following = live
        self._flush_now()

    def show_more(self, lines: Iterable[LogLine], same: int, *, reading: bool, began: int) -> None:
        """Show these lines of a log that has ended and is being read; the first `same` are there. None of it is news.

        The first ones are shown from the first line on, unless whoever reads has gone to the end.
        """
        fresh = not self._lines
        self._live, self._reading = False, reading
        self._set_origin(began, ())
        self._seeker.change(same)
        self._folds.forget_from(same)
        self._replace(same, lines)
        if fresh:
            self.following = False
        self._seen = len(self._lines)
        if fresh or not reading:
            self._flush_now()
        else:
            self._flush()

    def extend(self, new_lines: Sequence[LogLine], replace_last: int = 0) -> None:
        """Add lines at the end, in place of the last `replace_last` ones."""
        first = len(self._lines) - replace_last
        self._seeker.change(first)
        self._put(first, new_lines)
        self._flush()

    def clear(self, message: str = "") -> None:
        """Show no lines, but this sentence (ours: no text from outside)."""
        self._message = message
        self._live = self._reading = False
        self._seeker.forget()
        self._folds.forget()
        self._parts, self._brief = (), False
        self._anchor = -1
        self._top = (0, 0)
        self._left = 0
        self.following = True
        self._set_origin(0, ())
        self._put(0, ())
        self._flush_now()

    def broke(self, parts: Sequence[Part], tells: int | None, *, brief: bool) -> None:
        """What broke is in these parts of the log. Go to the line that tells; show only the parts if so wanted."""
        self._parts = tuple(parts)
        self._set_brief(brief)
        if tells is not None and tells < len(self._lines):
            self._seeker.current = tells
            self._go(Hit(tells, 0), match=False)

    def set_search(self, pattern: str) -> None:
        """Look for what was typed, as `search_for` takes it. The first match from here on is jumped to."""
        match, self._fault = self._seeker.match, ""
        try:
            self._seeker.look_for(pattern, match.line if match else self._here(forward=True).line)
        except BadPattern as error:
            pattern, self._fault = "", str(error)
        if self._filter:
            self._filter = self._filter if pattern else Matches.ALL
            self._changed()
        self._repaint()
        self._work()

    def clear_search(self) -> None:
        """Look for nothing."""
        self.set_search("")

    def first_error(self) -> None:
        """Jump to the first error, as soon as it is found."""
        self._seeker.seek(Hit(-1, 0), ERRORS, forward=True)
        self._work()

    def current_text(self) -> str:
        """The selected lines as plain text, else the current one; when there is none, all lines on the screen."""
        first, last = self._selection()
        if first < 0:
            first, last = self._top[0], self._bottom()
        places = range(self._shown.place(first), self._shown.place(last) + 1) if len(self._shown) else ()
        lines = [line for line in map(self._shown.line, places) if not self._shown.gap(line)]
        return "\n".join(plain(self._lines[line].text) for line in lines)

    def whole_text(self) -> Iterator[str]:
        """All lines as they are now, as plain text, each with its end; a long log is never there as a whole."""
        lines = LogLines(self._lines)
        return (f"{plain(line.text)}\n" for line in lines)

    @property
    def searched(self) -> bool:
        """Whether the search has looked at all lines."""
        return self._seeker.searched(self._lines)

    @property
    def at_begin(self) -> bool:
        """Whether the first line is looked at, as nobody has gone elsewhere."""
        return self._top == (0, 0) and self._seeker.current < 0 and not self.following

    @property
    def current_line(self) -> int:
        """The current line if it is in sight, else the first on the screen; from 1."""
        current = self._seeker.current
        return (current if self._in_sight(current) else self._top[0]) + 1

    @property
    def state(self) -> LogState:
        """What the log can say about itself now."""
        seeker = self._seeker
        first, last = self._selection()
        return LogState(
            lines=len(self._lines),
            live=self._live,
            reading=self._reading,
            following=self.following,
            new=self.new,
            errors=seeker.errors.total,
            warnings=seeker.warnings.total,
            pattern=seeker.search.text if seeker.search else "",
            fault=self._fault,
            match=seeker.matches.ordinal(seeker.match) if seeker.match else 0,
            matches=seeker.matches.total,
            searched=seeker.searched(self._lines) and not self._reading,
            counted=seeker.done(self._lines),
            wrap=self.wrap,
            times=bool(self.times),
            filter=self._filter,
            brief=self._brief,
            folded=self._folds.any(),
            selected=last - first + 1 if self._anchor >= 0 else 0,
            links=tuple(links(self._lines[last].text)) if 0 <= last < len(self._lines) else (),
        )

    # What is on show

    def _choose(self) -> Shown:
        count, seeker = len(self._lines), self._seeker
        self._made = perf_counter()
        if self._filter and seeker.search:
            self._by = seeker.matches.total
            return around(count, seeker.matches.lines, AROUND if self._filter is Matches.AROUND else 0)
        if self._brief:
            return parts_of(count, self._parts)
        if self._folds.any() and self._can_fold():
            self._by = seeker.commands.total
            return folded(count, seeker.commands.lines, self._folds.is_folded)
        return everything(count)

    def _changed(self) -> None:
        """Show what is to be shown now, with the current line where it was, or else the one in the first row."""
        current, following = self._seeker.current, self.following
        seen = self._in_sight(current) and not following
        above = self._row_of(current) - self.scroll_offset.y if seen else 0
        self._reshow()
        self._flush_now()
        if seen:
            self._scroll(self._row_of(current) - above)
        self.following = following
        self._repaint()

    def _can_fold(self) -> bool:
        """Whether commands hold what follows them: not where several logs are read as one."""
        return not self._names

    def _set_brief(self, brief: bool) -> None:
        brief = brief and bool(self._parts)
        if brief is not self._brief:
            self._brief = brief
            self._changed()

    def _reveal(self, line: int) -> None:
        """Have a line on show that may be folded or left out."""
        if self._shown.has(line):
            return
        head = head_of(line, self._seeker.commands)
        if self._filter:
            self._filter = Matches.ALL
        elif self._brief:
            self._brief = False
        elif head is not None:
            self._folds.open(head)
        self._changed()

    def _keep_up(self) -> None:
        """Show what finds that came since would have on show, now and then while they come, and at their end."""
        if self._filter and self._seeker.search:
            finds, done = self._seeker.matches.total, self._seeker.searched(self._lines)
        elif self._folds.any() and not self._brief:
            finds, done = self._seeker.commands.total, self._seeker.done(self._lines)
        else:
            return
        if finds != self._by and (done or not self._by or perf_counter() - self._made > _OFTEN):
            self._reshow()
            self._fit()
            self.refresh()

    # Where things are

    def _here(self, *, forward: bool) -> Hit:
        """Where a jump begins: at the current line while it is in sight, else at the edge of the screen."""
        if self._in_sight(self._seeker.current):
            return Hit(self._seeker.current, 0)
        return Hit(self._top[0], -1 if forward else 0)

    def _in_sight(self, line: int) -> bool:
        return self._top[0] <= line <= self._bottom() and bool(self._lines)

    def _selection(self) -> tuple[int, int]:
        """The selected lines, first and last; the current line alone; -1 where there is none."""
        current = self._seeker.current
        if self._anchor >= 0:
            return min(self._anchor, current), max(self._anchor, current)
        return (current, current) if self._in_sight(current) else (-1, -1)

    def _go(self, hit: Hit, match: bool) -> None:
        """Bring a find into sight, a third down the screen unless it is there already."""
        self._reveal(hit.line)
        self._repaint()
        row = self._row_of(hit.line)
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
        if self._reading and not self._seeker.wanted:
            self._tell()  # all the work goes into the reading
            return
        until = perf_counter() + _SLICE
        jump = self._seeker.go_on(self._lines, lambda: perf_counter() >= until, more=self._reading)
        self._keep_up()
        if not self._rows.measured:
            self._rows.measure(lambda: perf_counter() >= until)
            self._fit()
        working = not (self._rows.measured and self._seeker.done(self._lines))
        if working:
            self._working = self.set_timer(_REST, self._work)
        if jump:
            self._go(*jump)
        if jump or not working or perf_counter() - self._told_at > _NEWS:
            self._tell()

    def _tell(self) -> None:
        state, self._told_at = self.state, perf_counter()
        if state != self._told:
            self._told = state
            self.vertical_scrollbar.refresh()
            self.post_message(self.StateChanged(self, state))

    # Painting

    def _extra(self, line: int) -> Extra:
        seeker = self._seeker
        first, last = self._selection()
        current = first <= line <= last if self._anchor >= 0 else line == seeker.current
        said, is_folded = "", None
        if seeker.commands.within(line, line + 1) and not self._filter and self._can_fold():
            end = end_of(line, seeker.commands, len(self._lines))
            is_folded = self._folds.is_folded(line) and not self._brief
            said = said_of(line, end, self._lines, seeker.errors, folded=is_folded)
        if not seeker.search:
            return Extra(current=current, said=said, folded=is_folded)
        nth = seeker.match.nth if seeker.match and seeker.match.line == line else -1
        places = seeker.search.places(drawn(self._lines[line].text))
        return Extra(places, nth, current, said, is_folded)

    def _bar_marks(self, height: int) -> Mapping[int, Mark]:
        """The gravest of what was found in each cell's lines; none where all of them can be seen anyway."""
        look, count = self._styles_now(), len(self._shown)
        if self._rows.rows <= height:
            return {}
        kinds: tuple[tuple[Finds, Mark], ...] = (
            (self._seeker.errors, (self._marks.on_bar[0], look["error-gutter"].color)),
            (self._seeker.matches, (self._marks.on_bar[2], look["new"].color)),
            (self._seeker.warnings, (self._marks.on_bar[1], look["warning-gutter"].color)),
        )
        kinds = tuple((finds, mark) for finds, mark in kinds if finds.total)
        marks: dict[int, Mark] = {}
        if not kinds or not height:
            return marks
        edges = [self._shown.line(min(count - 1, cell * count // height)) for cell in range(height)]
        for cell, (first, last) in enumerate(zip(edges, [*edges[1:], len(self._lines)], strict=True)):
            found = next((mark for finds, mark in kinds if finds.within(first, max(last, first + 1))), None)
            if found:
                marks[cell] = found
        return marks
