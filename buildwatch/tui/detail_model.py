"""What the pane beside the tree shows of a selected build, stage, step or repo. Pure.

Everything comes out as lines of styled text that fit the page: what it is and how it stands, what a person has to know
of it, the waterfall, and what is known beside that. When lines get short the last goes first, then the axis, then the
message; of a long waterfall the rows around the one that matters stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Final

from buildwatch.insight.critical import critical_path, idle
from buildwatch.insight.eta import Expected, ran
from buildwatch.insight.strip import strip
from buildwatch.insight.waterfall import waterfall
from buildwatch.model import Build, Repo, Stage, Status, Step
from buildwatch.tui import meaning
from buildwatch.tui.build_facts import (
    beside_lines,
    facts_line,
    green_lines,
    head_line,
    origin_lines,
    state,
    usual_of,
    wording,
)
from buildwatch.tui.cells import Pieces, width_of
from buildwatch.tui.page import Page
from buildwatch.tui.path_lines import path_lines
from buildwatch.tui.row_cells import bar_sign
from buildwatch.tui.styles import bar_style
from buildwatch.tui.waterfall_lines import WaterfallLines
from buildwatch.words import duration, of_greens

ROWS_KEPT: Final = 8
"""How many rows of a waterfall stay in sight before anything else is left out for them."""

SAID_AT_MOST: Final = 5
"""How many sentences are shown: a build can have a hundred failed steps."""


def build_lines(
    build: Build,
    page: Page,
    *,
    usual: Expected | None = None,
    green: Build | None = None,
    stage: int = 0,
    step: int = 0,
    broke: Sequence[Pieces] = (),
) -> list[Pieces]:
    """A build, or its stage or step of those numbers. `green` is the last green build before it, where it is known.

    `broke` are the lines on what broke in it (`broke_lines`).
    """
    of_stage = build.stage(stage)
    of_step = of_stage.step(step) if of_stage else None
    top = [head_line(build, of_stage, of_step, usual, page), facts_line(build, page)]
    return _composed(top, build, page, usual, green, of_stage, of_step, broke)


def repo_lines(
    repo: Repo,
    builds: Sequence[Build],
    page: Page,
    *,
    build: Build | None = None,
    usual: Expected | None = None,
    green: Build | None = None,
    broke: Sequence[Pieces] = (),
) -> list[Pieces]:
    """A repo by its known `builds` (newest first): how they went, and one, else the newest, in full."""
    build = build or next(iter(builds), None)
    if build is None:
        said = "no builds yet" if repo.active else "not active: this server does not build it"
        return [page.line([(repo.slug, "head")]), page.line([(said, "dim")])][: page.height or None]
    head = page.spread([(repo.slug, "head")], state(build, usual_of(build, None, None, usual), page))
    top = [head, _summary(builds, page), [], facts_line(build, page, numbered=True)]
    return _composed(top, build, page, usual, green, None, None, broke)


def last_green(build: Build, builds: Sequence[Build]) -> Build | None:
    """The newest green build of the same branch and event before `build`, of its repo's `builds` (newest first)."""
    alike = (other for other in builds if other.id < build.id and other.status == Status.SUCCESS)
    return next((other for other in alike if (other.branch, other.event) == (build.branch, build.event)), None)


def _composed(
    top: list[Pieces],
    build: Build,
    page: Page,
    usual: Expected | None,
    green: Build | None,
    stage: Stage | None,
    step: Step | None,
    broke: Sequence[Pieces],
) -> list[Pieces]:
    """`top` and what follows it of a build, in as many lines as the page has."""
    top = [*top, *origin_lines(build, page)]
    said = _sentences(_meaning(build, stage, step, usual, page), page)
    said += broke
    said += green_lines(build, green, page) if step is None else []
    beside = beside_lines(build, stage, step, page)
    of = waterfall(build, usual, page.now)
    path = critical_path(build, of.rows)
    drawn = WaterfallLines(of, page, stage.number if stage else 0, step.number if step else 0, path)
    axis = drawn.axis()
    decided = path_lines(path, idle(build, of.rows), of.rows, page)
    rows: list[Pieces] = [
        []
    ] * drawn.count  # in place of all lines, of which only those are drawn that there is room for
    for words, marks, below, airy in (
        (2, axis + decided, beside, True),
        (2, axis + decided, [], True),
        (2, axis, [], True),
        (2, [], [], False),
        (1, [], [], False),
    ):
        blocks = (top + wording(build, page, words), said, rows + marks, below)
        over = max(0, len(_joined(blocks, airy)) - page.height) if page.height else 0
        if not over or drawn.count - over >= ROWS_KEPT:
            return _joined((*blocks[:2], drawn.lines(drawn.count - over) + marks, below), airy)
    return (top + said + drawn.lines(max(1, page.height - len(top) - len(said))))[: page.height]


def _joined(blocks: Iterable[list[Pieces]], airy: bool) -> list[Pieces]:
    """The lines of all `blocks`, an empty one between each two if there is room for that."""
    lines: list[Pieces] = []
    for block in filter(None, blocks):
        lines += [[], *block] if lines and airy else block
    return lines


def _meaning(
    build: Build, stage: Stage | None, step: Step | None, usual: Expected | None, page: Page
) -> list[meaning.Said]:
    if stage is None:
        return meaning.of_build(build, usual, page.now, page.names)
    if step is None:
        return meaning.of_stage(build, stage, usual, page.now, page.names)
    return meaning.of_step(build, stage, step, usual, page.now)


def _sentences(said: list[meaning.Said], page: Page) -> list[Pieces]:
    most = max(3, page.height // 3) if page.height else 0
    lines = [line for text, style in said[:SAID_AT_MOST] for line in page.wrap(text, style, most)]
    if len(said) > SAID_AT_MOST:
        lines.append(page.line([(f"and {len(said) - SAID_AT_MOST} more like that", "dim")]))
    return lines


def _summary(builds: Sequence[Build], page: Page) -> Pieces:
    """How the last builds went: the strip, the share of green ones, and how long one takes."""
    bars: Pieces = [(bar_sign(bar, page.glyphs), bar_style(bar.status)) for bar in strip(builds)]
    told = [build for build in builds if build.status == Status.SUCCESS or build.status.failed]
    greens = [build for build in told if build.status == Status.SUCCESS]
    lengths = [length for build in greens if (length := ran(build, page.now)) is not None]
    said = f"{len(greens)} of the last {len(told)} green ({len(greens) / len(told):.0%})" if told else ""
    usual = f"{duration(median(lengths))} {of_greens(len(lengths))}" if lengths else ""
    both = f" {page.glyphs.dot} ".join(filter(None, (said, usual)))
    has_room = width_of(both) + 2 + len(bars) <= page.width
    return page.spread([(both if has_room else said or usual, "dim")], bars)
