"""The selection: what is to be said of it, and the log of the step that matters."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace

from textual.app import ComposeResult
from textual.containers import Vertical

from buildwatch.insight.seen import in_words
from buildwatch.model import Build, BuildKey, Stage, Status, Step
from buildwatch.shown import Shown
from buildwatch.store import Link
from buildwatch.tui import detail_model, detail_places
from buildwatch.tui.broke_lines import broke_lines
from buildwatch.tui.broken import place_of
from buildwatch.tui.cells import Pieces, fit, right, width_of
from buildwatch.tui.groups import members
from buildwatch.tui.key_names import KeyNames
from buildwatch.tui.lines import Lines
from buildwatch.tui.log_feed import ALL, LogFeed
from buildwatch.tui.log_paint import ASCII_MARKS, Marks
from buildwatch.tui.log_state import LogState, Matches
from buildwatch.tui.log_view import LogView
from buildwatch.tui.outside import Outside
from buildwatch.tui.page import Page
from buildwatch.tui.row_cells import Painter
from buildwatch.tui.rows import Kind, Row, Showing
from buildwatch.tui.styles import style_of
from buildwatch.tui.trend_lines import trend_lines
from buildwatch.words import ASCII, ago, glyph


class Side(Vertical):
    """Facts above, log below."""

    def __init__(
        self,
        outside: Outside,
        painter: Painter,
        showing: Showing,
        names: KeyNames,
        painting: Callable[[], None],
        *,
        id: str,
    ) -> None:
        """`painting` is called when more of a log is about to be painted."""
        super().__init__(id=id)
        self._outside = outside
        self._painter = painter
        self._showing = showing
        self._names = names
        self._painting = painting
        self._row: Row | None = None
        self._wanted_for: Hashable = None  # the row for whose log somebody waits
        self._build: Build | None = None
        self._store: Shown | None = None
        self._fact_lines = Lines(id="facts")
        self._log_title = Lines(id="log-title")
        self.log_view = LogView(id="log", marks=ASCII_MARKS if painter.glyphs is ASCII else Marks())
        self._feed = LogFeed(self.log_view, self._known, self._builds, self._away, self._show_again, self._grew)

    def compose(self) -> ComposeResult:
        """Facts, a title for the log, the log."""
        yield self._fact_lines
        yield self._log_title
        yield self.log_view

    def on_resize(self) -> None:
        """Said anew, for another width; the first time, once there is any."""
        self._show_again()

    # what is said

    def show(self, row: Row | None, build: Build | None, store: Shown) -> None:
        """Show this row's facts; its log follows when the cursor rests (`rest`)."""
        self._row, self._build, self._store = row, build, store
        step = self._step_that_matters()
        has_log = step is not None and (step[2].status.rank > 0 or self._feed.place == place_of(*step))
        self.set_class(not has_log, "-no-log")
        if has_log and self._wanted_for is not None:
            if row is not None and row.key == self._wanted_for:
                self.call_after_refresh(self.log_view.focus)
            self._wanted_for = None
        width, height = self.size.width, self.size.height
        if width > 4 and height > 0:
            doubt = self._doubt(width - 2)
            self._fact_lines.show(doubt + self._facts(width - 2, max(1, height - len(doubt)), has_log))
        self._show_title()

    def _facts(self, width: int, height: int, has_log: bool) -> list[Pieces]:
        row, store, painter = self._row, self._store, self._painter
        if row is None or store is None:
            return []
        old = painter.is_old(row)
        runs = self._build is not None and not self._build.status.ended
        now = store.at(row.server) if old and runs else painter.times.get(row.server, 0.0)
        room = max(6, height * 11 // 20, height - self._log_height()) if has_log else height
        page = Page(width, now, room, painter.glyphs, self._names)
        if row.kind is Kind.SERVER:
            return self._server(row.server, page)
        if row.kind in (Kind.NAMESPACE, Kind.STANDING, Kind.AUTHOR):
            full = row.kind is not Kind.NAMESPACE
            return detail_places.group_lines(row.part, members(row, store, self._showing), page, full=full)
        build = self._build
        if build is None or row.kind is Kind.REPO:
            repo = store.repos.get(row.repo) if row.repo else None
            builds = list(store.builds(row.repo)) if row.repo else []
            if repo is None:
                return []
            usual = painter.expected(build) if build else None
            green = detail_model.last_green(build, builds) if build and build.status.failed else None
            told = self._told(page)
            return detail_model.repo_lines(repo, builds, page, build=build, usual=usual, green=green, broke=told)
        usual = painter.expected(build)
        green = detail_model.last_green(build, list(store.builds(build.repo_key))) if build.status.failed else None
        return detail_model.build_lines(
            build, page, usual=usual, green=green, stage=row.stage, step=row.step, broke=self._told(page)
        )

    def _log_height(self) -> int:
        """How many rows the log needs with its title, where that will stay so."""
        place, state = self._step_that_matters(), self.log_view.state
        settled = place is not None and self._feed.place == place_of(*place) and not (state.live or state.reading)
        return state.lines + 3 if settled and state.lines else self.size.height

    def _doubt(self, width: int) -> list[Pieces]:
        """That what follows is from the last time, where it is."""
        if self._row is None or self._store is None or not self._painter.is_old(self._row):
            return []
        said = f"as it was {ago(time.time() - self._store.at(self._row.server))}, not confirmed yet"
        return Page(width, 0.0, 0, self._painter.glyphs).wrap(said, "blocked")

    def _told(self, page: Page) -> list[Pieces]:
        """The lines on how the selection stands against what was before it, and on what broke, once that is known."""
        row, build, lines = self._row, self._build, list[Pieces]()
        if row is not None and build is not None:
            stage = build.stage(row.stage)
            step = stage.step(row.step) if stage else None
            lines = trend_lines(build, stage, step, *self._painter.trend(build), page)
        place = self._step_that_matters()
        known = self._feed.broken.of(*place) if place else None
        return lines + (broke_lines(known, self._feed.broken.seen(*place), page) if place and known else [])

    def _server(self, name: str, page: Page) -> list[Pieces]:
        store = self._store
        if store is None:
            return []
        keys = [key for key in store.repos if key.server == name]
        server = store.servers[name]
        server = replace(server, heard=self._outside.heard().get(name, 0.0) or server.heard)
        builds = sum(store.count(key) for key in keys)
        return detail_places.server_lines(
            server, page, repos=len(keys), builds=builds, requests=self._outside.requests(name)
        )

    # the log

    def _step_that_matters(self) -> tuple[Build, Stage, Step] | None:
        """The selected step; of a build or stage the one that failed, runs, or ran last."""
        build, row = self._build, self._row
        if build is None or row is None or not build.stages or self._painter.is_old(row):
            return None
        stages = [stage for stage in build.stages if not row.stage or stage.number == row.stage]
        pairs = [(stage, step) for stage in stages for step in stage.steps if not row.step or step.number == row.step]
        if row.step and pairs:
            return build, *pairs[0]
        for wanted in (_broke, _runs, _ran):
            found = [pair for pair in pairs if wanted(pair[1])]
            if found:
                return build, *found[0 if wanted is _broke else -1]
        return None

    def rest(self) -> None:
        """The cursor rests: follow the log of the step that matters."""
        place, feed = self._step_that_matters(), self._feed
        source = self._outside.source(place[0].server) if place else None
        if place is None or source is None or (place[2].status == Status.SKIPPED and not feed.together):
            feed.nothing("skipped: it has no log" if place else "")
            self._show_title()
            return
        on_step = self._row is not None and self._row.step > 0
        reading = self.log_view.has_focus and feed.place is not None and feed.place[:2] == place_of(*place)[:2]
        if feed.place is None or not reading or on_step or feed.together is not (feed.place.step == ALL):
            feed.read(source, place, brief=not on_step)

    def toggle_together(self) -> None:
        """The logs of all steps of the build as one, or that of one step."""
        self._feed.together = not self._feed.together
        self.rest()
        self._show_title()

    async def on_unmount(self) -> None:
        """Nothing goes on reading."""
        await self._feed.close()

    def _show_again(self) -> None:
        """More is known of what is shown."""
        if self._store is not None and self.is_attached:
            self.show(self._row, self._build, self._store)

    def _grew(self) -> None:
        """There is more of the log."""
        self._show_title()
        self._painting()

    def _known(self, key: BuildKey) -> Build | None:
        return self._store.build(key) if self._store else None

    def _builds(self, build: Build) -> Iterable[Build]:
        return self._store.builds(build.repo_key) if self._store else ()

    def _away(self, server: str) -> bool:
        return self._store is not None and self._store.servers[server].link is Link.OFFLINE

    def focus_log(self) -> None:
        """The keys go to the log; where it is not there yet, as soon as it is."""
        if not self.has_class("-no-log"):
            self.screen.set_focus(self.log_view)  # at once: the next key may have come with this one
        elif self._row is not None:
            self._wanted_for = self._row.key

    def on_log_view_state_changed(self) -> None:
        """The title tells what the log says of itself."""
        self._show_title()

    def log_name(self) -> str:
        """What the log in the pane is of, in a word; empty where there is none."""
        place = self._feed.which() or self._step_that_matters()
        if place is None:
            return ""
        build, stage, step = place
        if self._feed.together:
            return "all steps"
        return step.name if len(build.stages or ()) == 1 else f"{stage.name}/{step.name}"

    def _show_title(self) -> None:
        place = self._feed.which() or self._step_that_matters()
        width = self.size.width - 2
        if place is None or width < 8:
            self._log_title.show([[("", "text")]])
            return
        build, stage, step = place
        name, glyphs = self.log_name(), self._painter.glyphs
        most = max(4, width - 30)
        if name == f"{stage.name}/{step.name}" and width_of(name) > most:  # of the two the step is what is shown
            left = most - width_of(step.name) - 1
            name = f"{fit(stage.name, left, glyphs.ellipsis)}/{step.name}" if left > 3 else step.name
        status = build.status if self._feed.together else step.status
        head: Pieces = [("log ", "dim"), (f"{glyph(status, glyphs)} ", style_of(status))]
        head += [(fit(name, min(width_of(name), most), glyphs.ellipsis), "head"), ("  ", "text")]
        room = width - sum(width_of(text) for text, _ in head)
        words = self._log_words(self.log_view.state, room)
        text = right(words, room) if width_of(words) <= room else fit(words, room, glyphs.ellipsis)
        self._log_title.show([[*head, (text, "blocked" if self._feed.said else "dim")]])

    def _log_words(self, state: LogState, room: int) -> str:
        """What there is room for to say of the log, in an order of its own: what matters least goes first."""
        place, between = self._feed.which(), f" {self._painter.glyphs.dot} "
        words = [(1, self._feed.said)] if self._feed.said else log_words(state, place[2] if place else None)
        if place and not self._fact_lines.size.height and (often := self._feed.broken.seen(*place)):
            told = in_words(often, self._painter.times.get(place[0].server, 0.0))
            words += [(5, told)] if told else []
        for link in state.links[:1]:
            words.append(
                (3, fit(f"link to {link}", min(width_of(link) + 8, max(20, room // 2)), self._painter.glyphs.ellipsis))
            )
        while len(words) > 1 and width_of(between.join(word for _, word in words)) > room:
            words.remove(max(words))
        return between.join(word for _, word in words)


def log_words(state: LogState, step: Step | None) -> list[tuple[int, str]]:
    """What is to be said of a step's log, each with how little it matters (from 1)."""
    words: list[tuple[int, str]] = []
    if state.selected:
        words.append((1, f"{state.selected} selected"))
    if state.fault:
        words.append((2, state.fault))
    if state.pattern:
        words.append((2, _found(state)))
    if state.filter:
        words.append((3, "matches only" if state.filter is Matches.ONLY else "around matches"))
    elif state.brief:
        words.append((9, "what broke"))
    if step is not None and step.status.failed and step.exit_code:
        words.append((8, f"exit {step.exit_code}"))
    if state.live:
        words.append((4, "following" if state.following else f"{state.new} new"))
    words.append((7, f"{_counted(state.lines, 'line')} so far" if state.reading else _counted(state.lines, "line")))
    if state.errors:
        words.append((6, _counted(state.errors, "error")))
    if state.warnings:
        words.append((10, _counted(state.warnings, "warning")))
    return words


def _found(state: LogState) -> str:
    if state.matches:
        return f"{state.match} of {state.matches}{'' if state.searched else '+'}"
    return f"no {state.pattern!r}" if state.searched else f"looking for {state.pattern!r}"


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def _broke(step: Step) -> bool:
    return step.status.failed and not step.ignored


def _runs(step: Step) -> bool:
    return step.status == Status.RUNNING


def _ran(step: Step) -> bool:
    return step.status.ended and step.status != Status.SKIPPED
