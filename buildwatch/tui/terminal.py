"""The app as a guest of its terminal: colours, clipboard, other programs, signals, what is left of a crash."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from textual.app import App
from textual.filter import LineFilter, Monochrome, NoColor


class TerminalApp(App[None]):
    """What an app does with its terminal, whatever it shows."""

    def get_line_filters(self) -> Sequence[LineFilter]:
        """With NO_COLOR, greys; but no colour at all where the theme's are the terminal's own, which nobody can mix."""
        filters = super().get_line_filters()
        if not self.native_ansi_color:
            return filters
        return [NoColor() if isinstance(filter, Monochrome) else filter for filter in filters]

    def _fatal_error(self) -> None:
        """A bug: show where it is, but no values of variables, as Textual would. Among them are tokens."""
        from rich.traceback import Traceback

        self.panic(Traceback(show_locals=False))

    def to_terminal(self, text: str) -> None:
        """Send this to the terminal as it is. Nothing from outside may be in it."""
        if self._driver is not None and not self.is_headless:
            self._driver.write(text)

    def warn(self, sentence: str) -> None:
        """Say what is wrong."""
        self.notify(sentence, severity="warning", markup=False)

    def copy(self, text: str) -> None:
        """Into the clipboard, where there is something; and say so."""
        if text:
            self.copy_to_clipboard(text)
            first, *others = text.split("\n")
            more = f" and {len(others)} more line{'s' * (len(others) > 1)}" if others else ""
            self.notify(f"copied {first[:60]}{more}", timeout=2, markup=False)

    @contextmanager
    def lend_terminal(self) -> Iterator[None]:
        """The terminal belongs to another program. An interrupt that is typed there is meant for that alone."""
        loop = asyncio.get_running_loop()
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, lambda *_: None)  # not to be ignored: that the other program would inherit
        try:
            with self.suspend():
                yield
        finally:  # later: the loop has yet to hear of the interrupts that were typed
            loop.call_later(0.1, self.end_by, signal.SIGINT)

    def end_by(self, number: signal.Signals) -> None:
        """Have a signal end the app as a key does."""
        asyncio.get_running_loop().add_signal_handler(number, self.exit, None, 128 + number)
