"""What is asked of the servers for what is on show: each thing once, or not again at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from buildwatch.insight.eta import model_of
from buildwatch.model import Build, BuildKey, RepoKey
from buildwatch.shown import Shown
from buildwatch.tui.outside import Outside

ASK_AGAIN = 30.0
"""Seconds after which stages that did not come are asked for again."""

HISTORY = 25
"""How many builds of a repo that is seen are read."""


class Wants:
    """Remembers what was asked for."""

    def __init__(self, shown: Shown, outside: Outside) -> None:
        self._shown = shown
        self._outside = outside
        self._histories: set[RepoKey] = set()
        self._builds: dict[BuildKey, float] = {}  # loop time when its stages were asked for

    def build(self, build: Build) -> None:
        """Have a build read, but not again at once where that was of no use, and not before its server told of it."""
        if self._shown.is_old(build.key):
            return
        now = asyncio.get_running_loop().time()
        if now - self._builds.get(build.key, -ASK_AGAIN) >= ASK_AGAIN:
            self._builds[build.key] = now
            self._outside.look_at(build)

    def stages(self, build: Build) -> bool:
        """Have its stages read where they are old or not there; whether that is so."""
        wanted = build.stages is None or self._shown.has_old_stages(build.key)
        if wanted:
            self.build(build)
        return wanted

    def details(self, build: Build) -> None:
        """Have read what is missing to show it: its stages, or those of a green one for what to expect."""
        if not self.stages(build) and not build.status.ended:
            green = model_of(build, self._shown.builds(build.repo_key))
            if green is not None and green.stages is None:
                self.build(green)

    def histories(self, repos: Iterable[RepoKey | None]) -> None:
        """Have the history of these read, once."""
        for repo in repos:
            if repo is not None and repo not in self._histories and not self._shown.is_all_old(repo.server):
                self._histories.add(repo)
                self._outside.look_back(repo, HISTORY)
