"""Which theme is on the screen: the one to begin with, another at once, a user's own again each time it is saved."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console
from textual.app import App
from textual.theme import Theme

from buildwatch.config import chosen
from buildwatch.config.settings import DEFAULT, THEME
from buildwatch.tui.themes import ThemeError, load_theme, own_file

if TYPE_CHECKING:
    from textual.timer import Timer

    from buildwatch.config import Settings

POLL: Final = 1.0
"""Seconds between two looks at the file of a user's own theme. A shipped one is not looked at."""

Stamp = tuple[int, int, int]
"""What changes when a file is saved: time in nanoseconds, size, number."""


class Theming:
    """The themes of one app."""

    def __init__(self, settings: Settings) -> None:
        """Loads the first one. Raises `ThemeError`, but not for want of one that was chosen on the screen."""
        self._settings = settings
        self._own: Path = settings.paths.themes
        self._timer: Timer | None = None
        self._file: Path | None = None
        self._stamp: Stamp | None = None
        self.lost = ""
        """A sentence, where what was chosen once is not there any more."""
        try:
            chosen_none = settings.theme == THEME and settings.origins.get("theme", DEFAULT) == DEFAULT
            self.first = self._load(_fitting() if chosen_none else settings.theme)
        except ThemeError as error:
            if settings.origins.get("theme") != chosen.ORIGIN:
                raise
            self.lost = str(error)
            self.first = self._load(settings.theme_set)

    def _load(self, name: str) -> Theme:
        """A theme; from now on its file is looked at, if it is a user's own. Raises `ThemeError`."""
        file = own_file(name, self._own)
        stamp = _stamp(file)  # before it is read: what is saved meanwhile is read again
        theme = load_theme(name, self._own)
        self._file, self._stamp = (file, stamp) if stamp is not None else (None, None)
        return theme

    def show(self, app: App[None], name: str) -> None:
        """Have this theme on the screen. Raises `ThemeError`; then the one that was stays."""
        theme = self._load(name)
        app.register_theme(theme)
        if app.theme == name:
            app.mutate_reactive(App.theme)
        else:
            app.theme = name
        self.look_after(app)

    def look_after(self, app: App[None]) -> None:
        """Look at the file now and then, if there is one."""
        if self._file is None:
            if self._timer is not None:
                self._timer.stop()
                self._timer = None
        elif self._timer is None:
            self._timer = app.set_interval(POLL, lambda: self.look(app))

    def look(self, app: App[None]) -> None:
        """Show the theme anew if its file was saved; tell once what is wrong with it, and keep the old one."""
        stamp = _stamp(self._file) if self._file is not None else None
        if stamp is None or stamp == self._stamp:  # away: an editor is about to put the new one there
            return
        self._stamp = stamp
        try:
            self.show(app, app.theme)
        except ThemeError as error:
            app.notify(str(error), severity="warning", timeout=10, markup=False)

    def keep(self, name: str) -> None:
        """Begin with this one the next time that these servers are watched. Raises `OSError`."""
        if self._settings.keep:
            servers = [(server.name, server.url) for server in self._settings.servers]
            chosen.write(self._settings.paths.state, name, self._settings.theme_set, servers)


def _fitting() -> str:
    """The theme for those who chose none: the colours of the usual one are not apart where there are only sixteen."""
    if "NO_COLOR" in os.environ:
        return "monochrome"
    few = Console(force_terminal=True).color_system == "standard"
    return "terminal" if few else THEME


def _stamp(file: Path) -> Stamp | None:
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
