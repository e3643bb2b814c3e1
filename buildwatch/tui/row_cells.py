"""What one row of the tree shows, cell by cell, for any width. Pure.

Every row is the same from left to right: fold mark, status, name, facts, the strip of the last results, time, age. Time
and age stand at the right edge in the same columns on every level, and nothing moves sideways while durations tick.
When room gets short the facts go in a fixed order: message, author, commit, event, branch, then the strip.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from buildwatch.config.view import View
from buildwatch.insight.eta import Expected, Progress, expect, progress, ran
from buildwatch.insight.flaky import Flaky, flaky
from buildwatch.insight.pace import Pace, is_slow, pace
from buildwatch.insight.strip import Bar, strip
from buildwatch.insight.waterfall import is_stuck
from buildwatch.model import Build, BuildKey, RepoKey, Stage, Status, Step
from buildwatch.shown import Shown
from buildwatch.store import Known, Link
from buildwatch.tui.cells import Pieces, fit, right, width_of
from buildwatch.tui.groups import Tally
from buildwatch.tui.row_facts import build_facts, repo_facts
from buildwatch.tui.rows import INDENT, Kind, Row
from buildwatch.tui.styles import bar_style, style_of
from buildwatch.words import UNICODE, Glyphs, age, duration, glyph

TIME = 14
AGE = 5
STRIP = 12

DOUBT = "?"
"""Stands behind the sign of a status that its server has not confirmed yet."""

_DEEPEST = 8
"""Cells before the name of a repo that stands below its owner and its server."""


@dataclass(slots=True)
class Painter:
    """Draws rows from a store. `times` are the servers' clocks; `kept` tells what no server has confirmed yet.

    Such rows are dim, with a question mark behind the sign of their status, and no time of theirs runs. Expectations
    and strips cost a walk over a repo's builds, so they are kept until `forget` is told that it changed.
    """

    store: Known
    glyphs: Glyphs = UNICODE
    name_width: int = 16
    times: dict[str, float] = field(default_factory=dict)  # server → its clock, unix seconds
    kept: Shown | None = None
    watched: Collection[BuildKey] = ()  # those with a sign behind their number
    marked: Collection[BuildKey] = ()  # those with a sign before it
    pinned: Collection[RepoKey] = ()  # those with a sign behind their name
    within: Callable[[Row], Tally | None] = lambda _: None  # how what stands in a group is
    view: View = field(default_factory=View)
    stands_by: Callable[[RepoKey], Build | None] | None = None  # the build that a repo's row shows; None: its newest
    _expected: dict[BuildKey, Expected | None] = field(default_factory=dict)
    _strips: dict[RepoKey, Pieces] = field(default_factory=dict)
    _trends: dict[BuildKey, tuple[Pace, Flaky | None]] = field(default_factory=dict)

    def forget(self, repos: set[RepoKey]) -> None:
        """These repos changed."""
        for repo in repos:
            self._strips.pop(repo, None)
        if repos:
            for key in [key for key, _ in self._expected.items() if self._repo_of(key) in repos]:
                del self._expected[key]
            for key in [key for key, _ in self._trends.items() if self._repo_of(key) in repos]:
                del self._trends[key]

    def _repo_of(self, key: BuildKey) -> RepoKey | None:
        build = self.store.build(key)
        return build.repo_key if build else None

    @property
    def _owners_told(self) -> bool:
        """Whether repos are named with their owners, since they do not stand below them."""
        return self.view.group != "namespace"

    @property
    def _columns(self) -> tuple[str, ...]:
        """What rows tell, with the server where that is not to be seen from where they stand."""
        mixed = self.view.group in ("status", "author") and len(self.store.servers) > 1
        return ("server", *self.view.columns) if mixed and "server" not in self.view.columns else self.view.columns

    def fit_names(self) -> None:
        """Give the name column the room that the repos' names need, within bounds."""
        names = (repo.slug if self._owners_told else repo.name for repo in self.store.repos.values())
        longest = max(map(width_of, names), default=12)
        self.name_width = min(max(longest, 12), 34 if self._owners_told else 26)

    def _fit(self, text: str, width: int) -> str:
        return fit(text, width, self.glyphs.ellipsis)

    def _cut(self, pieces: Pieces, width: int) -> Pieces:
        """Exactly `width` cells, whatever room there was."""
        shown: Pieces = []
        for text, style in pieces:
            if width > 0:
                text = text if width_of(text) <= width else self._fit(text, width)
                shown.append((text, style))
                width -= width_of(text)
        return [*shown, (" " * width, "text")] if width else shown

    def expected(self, build: Build) -> Expected | None:
        """What this build's own history expects of it."""
        if build.key not in self._expected:
            self._expected[build.key] = expect(build, self.store.builds(build.repo_key))
        return self._expected[build.key]

    def trend(self, build: Build) -> tuple[Pace, Flaky | None]:
        """What this build is compared with, and whether its commit is flaky."""
        if build.key not in self._trends:
            builds = list(self.store.builds(build.repo_key))
            self._trends[build.key] = pace(build, builds), flaky(build, builds)
        return self._trends[build.key]

    def _marks(self, build: Build, part: Stage | Step | None, usual: float | None, now: float) -> str:
        """The signs before the time of what has ended: slow, flaky."""
        took = ran(part or build, now)
        often = self.trend(build)[1] if part is None else None
        return (f"{self.glyphs.flaky} " if often else "") + (f"{self.glyphs.slow} " if is_slow(took, usual) else "")

    def is_old(self, row: Row) -> bool:
        """Whether what a row shows is from the last time, and was not told by its server yet."""
        if self.kept is None or row.kind is Kind.SERVER:
            return False
        if row.build is not None:
            below = row.kind in (Kind.STAGE, Kind.STEP)
            return self.kept.is_old(row.build) or (below and self.kept.has_old_stages(row.build))
        return self.kept.is_old_repo(row.repo) if row.repo is not None else self.kept.is_all_old(row.server)

    def draw(self, row: Row, width: int, is_open: bool) -> Pieces:
        """The row in exactly `width` cells."""
        pieces = self._drawn(row, width, is_open)
        return [(text, "dim") for text, _ in pieces] if self.is_old(row) else pieces

    def _drawn(self, row: Row, width: int, is_open: bool) -> Pieces:
        now = self.times.get(row.server, 0.0)
        if row.kind is Kind.SERVER:
            return self._server(row, width, is_open)
        if row.kind in (Kind.NAMESPACE, Kind.STANDING, Kind.AUTHOR):
            return self._group(row, width, is_open)
        if row.kind is Kind.OLDER:
            return [(self._fit(f"{' ' * (INDENT * row.depth + 2)}older builds: enter", width), "dim")]
        if row.kind is Kind.REPO and row.repo is not None:
            return self._repo(row, row.repo, width, is_open, now)
        build = self.store.build(row.build) if row.build else None
        if build is None:
            return [(" " * width, "text")]
        if row.kind is Kind.BUILD:
            return self._build(row, build, width, is_open, now)
        stage = build.stage(row.stage)
        if stage is None:
            return [(" " * width, "text")]
        if row.kind is Kind.STAGE:
            return self._stage(row, build, stage, width, is_open, now)
        step = stage.step(row.step)
        return self._step(row, build, stage, step, width, now) if step else [(" " * width, "text")]

    def _group(self, row: Row, width: int, is_open: bool) -> Pieces:
        mark = self.glyphs.open if is_open else self.glyphs.closed
        doubt = f" {DOUBT}" if self.is_old(row) else ""
        head = f"{' ' * (INDENT * row.depth)}{mark} {row.part or 'no owner'}{doubt}"
        told = [] if is_open else self._tally(row, max(0, width - max(12, width_of(head))))
        head = head if width_of(head) <= width - _size(told) else self._fit(head, width - _size(told))
        return self._cut([(head, "head"), *told], width)

    def _tally(self, row: Row, room: int) -> Pieces:
        """What is in a folded group that somebody may have to look at, and, where there is room, how many repos."""
        tally = self.within(row)
        if tally is None:
            return []
        counts = ((tally.failing, Status.FAILURE), (tally.running, Status.RUNNING), (tally.waiting, Status.BLOCKED))
        signs = [(f"  {glyph(status, self.glyphs)} {count}", style_of(status)) for count, status in counts if count]
        repos = (f"  {tally.repos} repo{'s' * (tally.repos != 1)}", "dim")
        return [*signs, repos] if _size([*signs, repos]) <= room else signs

    def _server(self, row: Row, width: int, is_open: bool) -> Pieces:
        server = self.store.servers[row.server]
        mark = self.glyphs.open if is_open else self.glyphs.closed
        sign, style = link_sign(server.link, self.glyphs)
        head = f"{' ' * (INDENT * row.depth)}{mark} "
        said = server.said.removeprefix(f"{server.name} ") or server.link.value
        pieces = [(head, "dim"), (f"{sign} ", style), (server.name, "head")]
        room = width - _size(pieces)
        told = [] if is_open else self._tally(row, room - 2 - width_of(server.link.value))
        return self._cut([*pieces, *told, (self._fit(f"  {said}", max(0, room - _size(told))), "dim")], width)

    def _repo(self, row: Row, key: RepoKey, width: int, is_open: bool, now: float) -> Pieces:
        build, repo = (self.stands_by or self.store.newest)(key), self.store.repos[key]
        pieces = self._lead(row, is_open, build.status if build else None, build)
        name = repo.slug if self._owners_told else repo.name
        if key in self.pinned:
            pieces += [(self._fit(name, self.name_width - 2), "bright"), (f" {self.glyphs.pinned}", "accent")]
        else:
            pieces.append((self._fit(name, self.name_width), "bright"))
        time_and_age = self._right(row, build, now)
        bars = self._strip(key, width)
        room = width - sum(width_of(text) for text, _ in pieces + bars + time_and_age)
        facts = (
            repo_facts(build, room, self.glyphs, self._columns)
            if build
            else [(self._fit("  no builds yet", room), "dim")]
        )
        return self._cut(pieces + facts + bars + time_and_age, width)

    def has_strip(self, width: int) -> bool:
        """Whether rows of `width` cells have room for the strip, whatever else goes."""
        told = "last" in self.view.columns and self.view.group != "author"  # where builds stand without their repos
        return told and width >= _DEEPEST + self.name_width + STRIP + 1 + TIME + AGE

    def _strip(self, key: RepoKey, width: int) -> Pieces:
        if not self.has_strip(width):
            return []
        if key not in self._strips:
            builds = list(self.store.builds(key))
            bars = strip(builds, STRIP)
            old = [self.kept is not None and self.kept.is_old(build.key) for build in reversed(builds[:STRIP])]
            styles = ["dim" if was else bar_style(bar.status) for bar, was in zip(bars, old, strict=True)]
            signs = [(bar_sign(bar, self.glyphs), style) for bar, style in zip(bars, styles, strict=True)]
            self._strips[key] = [(" " * (STRIP - len(bars) + 1), "text"), *signs]
        return self._strips[key]

    def _build(self, row: Row, build: Build, width: int, is_open: bool, now: float) -> Pieces:
        pieces = self._lead(row, is_open, build.status, build)
        if self.view.group == "author":
            return self._build_of_author(row, pieces, build, width, now)
        newest = self.store.newest(build.repo_key) or build
        number = max(5, len(str(newest.number)) + 2)
        if build.key in self.watched:
            pieces += [(self._fit(f"#{build.number}", number - 1), "bright"), (self.glyphs.watched, "accent")]
        else:
            pieces.append((self._fit(f"#{build.number}", number), "bright"))
        time_and_age = self._right(row, build, now)
        room = width - sum(width_of(text) for text, _ in pieces + time_and_age)
        return self._cut(pieces + build_facts(build, room, self.glyphs, self._columns) + time_and_age, width)

    def _build_of_author(self, row: Row, pieces: Pieces, build: Build, width: int, now: float) -> Pieces:
        """The rest of the row of a build that does not stand below its repo."""
        sign = self.glyphs.watched if build.key in self.watched else ""
        number = f" #{build.number}"
        room = max(4, self.name_width - width_of(number) + 6)
        name = build.repo if width_of(build.repo) <= room else self._fit(build.repo, room)
        columns = [column for column in self._columns if column != "author"]
        time_and_age = self._right(row, build, now)
        pieces += [(name, "bright"), (number, "bright"), (sign, "accent")]
        named = width_of(name + number + sign)
        pieces.append((" " * (self.name_width + 8 - named), "text"))
        left = width - sum(width_of(text) for text, _ in pieces + time_and_age)
        return self._cut(pieces + build_facts(build, left, self.glyphs, columns) + time_and_age, width)

    def _stage(self, row: Row, build: Build, stage: Stage, width: int, is_open: bool, now: float) -> Pieces:
        pieces = self._lead(row, is_open, stage.status)
        expected, usual = self.expected(build), self.trend(build)[0].of(stage.name)
        marks = self._marks(build, stage, usual, now) if stage.status.ended else ""
        return self._part(
            row, pieces, stage.name, stage, expected.stage(stage.name) if expected else None, width, now, marks
        )

    def _step(self, row: Row, build: Build, stage: Stage, step: Step, width: int, now: float) -> Pieces:
        pieces = self._lead(row, None, step.status)
        expected, usual = self.expected(build), self.trend(build)[0].of(stage.name, step.name)
        marks = self._marks(build, step, usual, now) if step.status.ended else ""
        return self._part(
            row, pieces, step.name, step, expected.step(stage.name, step.name) if expected else None, width, now, marks
        )

    def _part(
        self,
        row: Row,
        pieces: Pieces,
        name: str,
        part: Stage | Step,
        expected: float | None,
        width: int,
        now: float,
        marks: str,
    ) -> Pieces:
        """The rest of a stage's or step's row: name, a word or a bar, time."""
        was = _was(part.status) if self.is_old(row) and not part.status.ended else None
        tail = was or self._part_time(part, expected, now, marks)
        room = width - sum(width_of(text) for text, _ in pieces + tail)
        named = min(max(self.name_width, width_of(name) + 1), max(room - 8, 8), room)
        pieces.append((self._fit(name, named), "bright" if part.status == Status.RUNNING else _name_style(part.status)))
        pieces += [(" " * (room - named), "text")] if was else self._bar_or_word(part, expected, room - named, now)
        return self._cut(pieces + tail, width)

    def _bar_or_word(self, part: Stage | Step, expected: float | None, room: int, now: float) -> Pieces:
        if part.status == Status.RUNNING and room >= 12:
            length = min(room - 2, 32)
            done = progress(part.started, expected, now).fraction
            filled = round(length * done) if done is not None else 0
            bar = [(self.glyphs.line_done * filled, "running"), (self.glyphs.line_left * (length - filled), "dim")]
            return [("  ", "text"), *bar, (" " * (room - length - 2), "text")]
        word = part.error or (f"exit {part.exit_code}" if part.exit_code and part.status != Status.SKIPPED else "")
        if part.status == Status.SUCCESS and part.exit_code == 0:
            word = ""
        if part.ignored and part.status.failed:
            word = f"{word}, ignored".strip(", ")
        if not part.status.known:
            word = part.status
        return [(self._fit(f"  {word}" if word else "", room), style_of(part.status) if part.status.failed else "dim")]

    def _lead(self, row: Row, is_open: bool | None, status: Status | None, build: Build | None = None) -> Pieces:
        """What stands before the name: fold, status, and whether the `build` that the row stands for is marked."""
        mark = " " if is_open is None else self.glyphs.open if is_open else self.glyphs.closed
        sign = glyph(status, self.glyphs) if status is not None else " "
        style, old = style_of(status) if status else "dim", self.is_old(row)
        lead, doubt = f"{' ' * (INDENT * row.depth)}{mark}", DOUBT if old else " "
        if build is not None and build.key in self.marked:
            return [(f"{lead}{doubt}", "dim"), (sign, style), (self.glyphs.marked, "accent")]
        return [(f"{lead} ", "dim"), (f"{sign}{doubt}", style)]

    def _right(self, row: Row, build: Build | None, now: float) -> Pieces:
        """Time and age of a build, in their columns."""
        if build is None:
            return [(" " * (TIME + AGE), "text")]
        if not build.status.ended and self.is_old(row):
            return _was(build.status)
        if build.status == Status.BLOCKED:
            return [(right("approve?", TIME), "blocked"), (right(_age(build.created, now), AGE), "dim")]
        if not build.status.ended:
            expected = self.expected(build)
            if not build.started:
                word, style = ("stuck", "blocked") if is_stuck(build, now) else ("queued", "dim")
                return [(right(word, TIME), style), (right(_age(build.created, now), AGE), "dim")]
            return _running(progress(build.started, expected.build if expected else None, now))
        took = ran(build, now)
        at = build.finished or build.started or build.created
        shown = duration(took) if took is not None else build.status
        marks = self._marks(build, None, self.trend(build)[0].build, now)
        return [(right(marks, TIME - width_of(shown)), "blocked"), (shown, "text"), (right(_age(at, now), AGE), "dim")]

    def _part_time(self, part: Stage | Step, expected: float | None, now: float, marks: str) -> Pieces:
        if part.status == Status.RUNNING and part.started:
            return _running(progress(part.started, expected, now))
        if part.status.rank == 0:
            text = f"~{duration(expected)}" if expected is not None else ""
            if part.status == Status.BLOCKED:
                text = "approve?"
            return [(right(text, TIME), "dim"), (" " * AGE, "text")]
        took = ran(part, now)
        text = duration(took) if took is not None else part.status
        style = "text" if took is not None else "dim"
        return [(right(marks, TIME - width_of(text)), "blocked"), (text, style), (" " * AGE, "text")]


def _size(pieces: Pieces) -> int:
    return sum(width_of(text) for text, _ in pieces)


def bar_sign(bar: Bar, glyphs: Glyphs) -> str:
    """A cell of a strip: how long a build took; its sign where it was stopped before its end, or has none yet."""
    told = bar.status in (Status.SUCCESS, Status.FAILURE, Status.ERROR)
    return glyphs.bars[bar.height] if told else glyph(bar.status, glyphs)


def _was(status: Status) -> Pieces:
    """In place of times: how something stood that may have gone on since."""
    return [(right(f"was {status}", TIME), "dim"), (" " * AGE, "text")]


def link_sign(link: Link, glyphs: Glyphs) -> tuple[str, str]:
    """The sign of a connection's state and its style."""
    if link is Link.LIVE:
        return glyphs.live, "success"
    if link in (Link.POLLING, Link.CONNECTING):
        return glyphs.polling, "blocked"
    return glyphs.offline, "failure"


def _age(since: int, now: float) -> str:
    """How long ago that was, in a form that needs no redrawing before a minute is full; empty where nobody knows."""
    if not since:
        return ""
    return age(now - since) if now - since >= 60 else "now"


def _running(at: Progress) -> Pieces:
    """Elapsed and expected, the elapsed time always in the same cells. Hours also take the cells of the age."""
    elapsed = duration(at.elapsed)
    style = "failure" if at.overdue else "running"
    tail = f" / {duration(at.expected)}" if at.expected is not None else ""
    if len(elapsed + tail) > TIME + AGE - 1:
        tail = ""
    room = TIME if len(elapsed + tail) < TIME else TIME + AGE
    return [(right(elapsed, room - len(tail)), style), (tail, "dim"), (" " * (TIME + AGE - room), "text")]


def _name_style(status: Status) -> str:
    if status.failed:
        return style_of(status)
    return "dim" if status.rank == 0 or status == Status.SKIPPED else "text"
