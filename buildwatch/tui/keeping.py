"""What a person arranged on the screen, kept between two starts unless nothing is: pinned repos and saved views."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from buildwatch.config import saved
from buildwatch.config.view import View, offered
from buildwatch.model import RepoKey

if TYPE_CHECKING:
    from buildwatch.config import Settings


class Keeping:
    """The files of one app. What writes raises `OSError`; then nothing has changed."""

    def __init__(self, settings: Settings) -> None:
        self._state = settings.paths.state
        self._configured = settings.views
        self.keeps = settings.keep
        """Whether it is there at the next start, too."""
        self._saved = saved.views(self._state) if self.keeps else ()
        self.pins = saved.pins(self._state) if self.keeps else set()

    @property
    def offered(self) -> tuple[View, ...]:
        """All views that can be chosen."""
        return offered(self._configured, self._saved)

    def is_saved(self, view: View) -> bool:
        """Whether it was saved on the screen, so that it can be dropped there."""
        return any(one.name == view.name for one in self._saved)

    def save(self, view: View, name: str) -> View:
        """Keep this view under a name, in place of one that had it."""
        named = replace(view, name=name)
        self._keep([*(one for one in self._saved if one.name != name), named])
        return named

    def drop(self, view: View) -> None:
        """Keep the view of that name no more."""
        self._keep([one for one in self._saved if one.name != view.name])

    def _keep(self, views: Iterable[View]) -> None:
        kept = tuple(views)
        if self.keeps:
            saved.keep_views(self._state, kept)
        self._saved = kept

    def keep_pins(self, pins: Iterable[RepoKey]) -> None:
        """Keep these."""
        if self.keeps:
            saved.keep_pins(self._state, pins)
