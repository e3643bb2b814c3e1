"""A log on the screen with its keys: followed while it grows, searched, folded, wrapped, and led to its errors."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType

from buildwatch.tui.log_find import COMMANDS, ERRORS, MATCHES, WARNINGS
from buildwatch.tui.log_folds import head_of
from buildwatch.tui.log_pane import Times
from buildwatch.tui.log_reader import LogReader
from buildwatch.tui.log_state import Matches
from buildwatch.wire.ansi import drawn


class LogView(LogReader, can_focus=True, inherit_bindings=False):
    """A log and its keys."""

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
        Binding("J,shift+down", "select(1)", "Select down", show=False, id="log.select-down"),
        Binding("K,shift+up", "select(-1)", "Select up", show=False, id="log.select-up"),
        Binding("e", "seek_error(True)", "Next error", id="log.error.next"),
        Binding("E", "seek_error(False)", "Previous error", show=False, id="log.error.previous"),
        Binding("v", "seek_warning(True)", "Next warning", show=False, id="log.warning.next"),
        Binding("V", "seek_warning(False)", "Previous warning", show=False, id="log.warning.previous"),
        Binding("right_curly_bracket", "seek_command(True)", "Next command", show=False, id="log.command.next"),
        Binding("left_curly_bracket", "seek_command(False)", "Previous command", show=False, id="log.command.previous"),
        Binding("n", "seek_match(True)", "Next match", show=False, id="log.search.next"),
        Binding("N", "seek_match(False)", "Previous match", show=False, id="log.search.previous"),
        Binding("ampersand", "filter", "Matches only", show=False, id="log.filter"),
        Binding("b", "toggle_brief", "What broke", show=False, id="log.brief"),
        Binding("enter", "fold", "Fold", show=False, id="log.fold"),
        Binding("minus", "fold_all", "Fold all", show=False, id="log.fold-all"),
        Binding("m", "app.log_together", "All steps", show=False, id="log.together"),
        Binding("s", "app.log_out('save')", "Save", show=False, id="log.save"),
        Binding("p", "app.log_out('pager')", "Pager", show=False, id="log.pager"),
        Binding("ctrl+o", "app.log_out('editor')", "Editor", show=False, id="log.editor"),
        Binding("w", "toggle_wrap", "Wrap", id="log.wrap"),
        Binding("t", "toggle_times", "Time", id="log.times"),
        Binding("number_sign", "toggle_numbers", "Line numbers", show=False, id="log.numbers"),
    ]

    def look_as(self, wrap: bool, numbers: bool, times: int) -> None:
        """Lines as they were shown the last time; `times` is of `Times`, what is none of them shows none."""
        self.wrap, self.numbers = wrap, numbers
        self.times = Times(times) if times in list(Times) else Times.NONE

    # Keys that move

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
        self._seeker.current = self._anchor = -1
        self._repaint()
        self.following = True
        self._flush_now()

    def action_sideways(self, by: int) -> None:
        """Move the text sideways, as far as a line on the screen goes on."""
        if self.wrap or not len(self._shown):
            return
        places = range(self._shown.place(self._top[0]), self._shown.place(self._bottom()) + 1)
        texts = (self._lines[self._shown.line(place)].text for place in places)
        widest = max((cell_len(drawn(text)) for text in texts), default=0)
        self._left = min(max(0, self._left + by), max(0, widest - self._layout.room))
        self._lay_out()

    def action_seek_error(self, forward: bool) -> None:
        """Go to the next error, or to the one before."""
        self._seek(ERRORS, forward)

    def action_seek_warning(self, forward: bool) -> None:
        """Go to the next warning, or to the one before."""
        self._seek(WARNINGS, forward)

    def action_seek_command(self, forward: bool) -> None:
        """Go to the next command, or to the one before."""
        self._seek(COMMANDS, forward)

    def action_seek_match(self, forward: bool) -> None:
        """Go to the next match of the search, or to the one before."""
        self._seek(MATCHES, forward)

    def _seek(self, kind: int, forward: bool) -> None:
        match = self._seeker.match if kind == MATCHES else None
        here = match if match and self._in_sight(match.line) else self._here(forward=forward)
        self._anchor = -1
        self._seeker.seek(here, kind, forward=forward)
        self._work()

    # Keys that change what is shown

    def action_filter(self) -> None:
        """Of a search show all lines, those around its matches, or the matches alone."""
        if self._seeker.search:
            self._filter = Matches((self._filter + 1) % len(Matches))
            self._message = "no line has what is searched for"
            self._changed()
            self._work()

    def action_toggle_brief(self) -> None:
        """Only what broke, or everything."""
        self._set_brief(not self._brief)
        self._tell()

    def action_fold(self) -> None:
        """Fold the command that printed the current (else the first) line on the screen, or open it."""
        line = self._seeker.current if self._in_sight(self._seeker.current) else self._top[0]
        head = head_of(line, self._seeker.commands)
        if head is not None and self._can_fold():
            self._toggle(head)

    def _toggle(self, head: int) -> None:
        self._filter, self._brief = Matches.ALL, False
        self._folds.toggle(head)
        self._seeker.current = head
        self._anchor = -1
        self.following = self.following and self._live
        self._changed()
        self._tell()

    def action_fold_all(self) -> None:
        """Fold all commands, or open all."""
        if self._can_fold():
            self._filter, self._brief = Matches.ALL, False
            self._folds.toggle_all()
            self._changed()
            self._work()

    def action_toggle_wrap(self) -> None:
        """Let long lines go on in the next row, or not."""
        self.wrap = not self.wrap

    def action_toggle_times(self) -> None:
        """Show no times, those since the step began, or those of the day."""
        self.times = Times((self.times + 1) % (len(Times) if self._began else 2))

    def action_toggle_numbers(self) -> None:
        """Show each line's number, or not."""
        self.numbers = not self.numbers

    # Selecting

    def action_select(self, by: int) -> None:
        """Select one line more, down or up."""
        if not len(self._shown):
            return
        current = self._seeker.current
        if not self._in_sight(current):
            current = self._top[0] if by > 0 else self._bottom()
            by = 0
        if self._anchor < 0:
            self._anchor = current
        place = min(max(0, self._shown.place(current) + by), len(self._shown) - 1)
        self._seeker.current = self._shown.line(place)
        self._keep_in_sight()

    def select_none(self) -> bool:
        """Select nothing. Whether anything was selected."""
        selected, self._anchor = self._anchor >= 0, -1
        self._repaint()
        self._tell()
        return selected

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Begin a selection, or fold a command whose mark is clicked."""
        if event.y < self._rows.rows and len(self._shown):
            self.capture_mouse()  # what is dragged goes on past the edges, and what began elsewhere selects nothing
            line = self._line_at(self.scroll_offset.y + event.y)[0]
            self._anchor, self._seeker.current = -1, line
            if self._shown.gap(line):
                self._reveal(line)
            elif event.x < self._layout.gutter and self._can_fold() and self._seeker.commands.within(line, line + 1):
                self._toggle(line)
            self._repaint()
            self._tell()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Select up to the line under the pointer."""
        if self.app.mouse_captured is self and len(self._shown) and self._in_sight(self._seeker.current):
            under = self.scroll_offset.y + max(-1, min(event.y, self.size.height))  # one more each time, past an edge
            line = self._line_at(max(0, min(under, self._rows.rows - 1)))[0]
            if line != self._seeker.current:
                self._anchor = self._seeker.current if self._anchor < 0 else self._anchor
                self._seeker.current = line
                self._keep_in_sight()

    def on_mouse_up(self) -> None:
        """The selection is made."""
        self.release_mouse()

    def _keep_in_sight(self) -> None:
        row, top = self._row_of(self._seeker.current), self.scroll_offset.y
        if not top <= row < top + self.size.height:
            self._scroll(row if row < top else row - self.size.height + 1)
        self.following = False
        self._repaint()
        self._tell()

    def on_mouse_scroll_left(self) -> None:
        """Move the text as the pointer's wheel does."""
        self.action_sideways(-4)

    def on_mouse_scroll_right(self) -> None:
        """Move the text as the pointer's wheel does."""
        self.action_sideways(4)
