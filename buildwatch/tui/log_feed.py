"""Fills the log's pane: with the log of the step that is looked at, or with those of all steps of its build."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import aclosing
from functools import partial

from buildwatch.model import Build, BuildKey, LogLine, Stage, Status, Step
from buildwatch.sources.base import Source
from buildwatch.tui.broken import Broken, Place, place_of
from buildwatch.tui.log_view import LogView

Which = tuple[Build, Stage, Step]
"""A step, with where it is."""

ALL = 0
"""The number of a stage and step that stands for all of a build: they count from 1."""


class LogFeed:
    """What is read for the pane, and what is known of it.

    `known` tells a build as it is known now, `builds` a repo's builds (newest first), `away` whether a server does not
    answer, `changed` is called when there is more to say than before, `grew` when there is more of the log alone: at
    once, to be painted with it.
    """

    def __init__(
        self,
        view: LogView,
        known: Callable[[BuildKey], Build | None],
        builds: Callable[[Build], Iterable[Build]],
        away: Callable[[str], bool],
        changed: Callable[[], None],
        grew: Callable[[], None],
    ) -> None:
        self._view = view
        self._known = known
        self._builds = builds
        self._away = away
        self._changed = changed
        self._grew = grew
        self._reading: asyncio.Task[None] | None = None
        self._closed = False
        self.place: Place | None = None
        self.said = ""
        self.together = False
        self.broken = Broken()

    def read(self, source: Source, which: Which, *, brief: bool) -> None:
        """Fill the pane with this step's log; `brief` says that of a failed one what broke is enough."""
        place = place_of(*which)
        if self.together:
            place = place._replace(stage=ALL, step=ALL)
        if place == self.place or self._closed:  # a cursor can come to rest while the app is being left
            return
        self.stop()
        self.place = place
        self._view.clear("reading the log")
        work = self._all(source, which[0]) if self.together else self._one(source, which, brief=brief)
        self._reading = asyncio.create_task(work)

    def nothing(self, message: str) -> None:
        """There is no log to show."""
        self.stop()
        self._view.clear(message)

    def stop(self) -> None:
        """Read no more."""
        self.place = None
        self.said = ""
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    async def close(self) -> None:
        """Read no more, and leave nothing half read."""
        reading, self._closed = self._reading, True
        self.stop()
        if reading is not None:
            await asyncio.gather(reading, return_exceptions=True)

    def which(self) -> Which | None:
        """The step whose log is in the pane, as it is now; None where it is none or those of all."""
        build = self._known(self.place.build) if self.place else None
        stage = build.stage(self.place.stage) if build and self.place else None
        step = stage.step(self.place.step) if stage and self.place else None
        return (build, stage, step) if build and stage and step else None

    async def _one(self, source: Source, which: Which, *, brief: bool) -> None:
        from buildwatch.sources.follow import follow  # brings the network's imports; the first paint does without

        build, stage, step = which
        count, fresh = 0, True
        place = build.repo, build.number, stage.number, step.number
        away = partial(self._away, build.server)
        log = follow(source, *place, lambda: self._now(which)[2].status, away=away)
        async with aclosing(log) as states:
            async for state in states:
                said, self.said = self.said, state.said if state.live or not state.lines else ""
                if not state.lines:
                    self._view.clear(state.said or "no output" + " yet" * state.live)
                elif state.read:
                    began = self._now(which)[2].started
                    self._view.show_more(state.lines, state.same, reading=state.live, began=began)
                elif not state.live or not count or state.same < count - 200:
                    self._view.show(state.lines, live=state.live, began=self._now(which)[2].started)
                else:
                    self._view.extend(state.lines[state.same :], replace_last=count - state.same)
                if not state.live or not count or self.said != said:
                    self._changed()
                else:
                    self._grew()
                fresh, count = fresh and (state.read or not count), len(state.lines)
                if state.lines and not state.live:
                    await self._look(source, self._now(which), state.lines, fresh=fresh, brief=brief)

    async def _all(self, source: Source, build: Build) -> None:
        from buildwatch.sources.merged import merged

        away = partial(self._away, build.server)
        async with aclosing(merged(source, lambda: self._known(build.key) or build, away)) as states:
            async for state in states:
                self.said = state.said if state.live or not state.lines else ""
                if state.lines:
                    self._view.show(state.lines, live=state.live, began=state.began, names=state.names)
                else:
                    self._view.clear(state.said or "no output" + " yet" * state.live)
                self._changed()

    def _now(self, which: Which) -> Which:
        """A step as it is known now."""
        build, stage, step = which
        build = self._known(build.key) or build
        stage = build.stage(stage.number) or stage
        return build, stage, stage.step(step.number) or step

    async def _look(self, source: Source, which: Which, lines: Sequence[LogLine], *, fresh: bool, brief: bool) -> None:
        """Find out what broke, if anything did, and show it to whoever does not read elsewhere in the log."""
        build, stage, step = which
        if step.status not in (Status.FAILURE, Status.ERROR):
            return
        known = await self.broken.look(build, stage, step, lines)
        free = (fresh and self._view.at_begin) or (self._view.following and not self._view.has_focus)
        self._view.broke(known.parts, known.tells if free else None, brief=free and brief)
        self._changed()
        await self.broken.read_older(source, build, list(self._builds(build)), self._changed)
