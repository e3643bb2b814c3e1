"""What is to be said of a build against those before it: that it was slow, that its commit is flaky. Pure."""

from __future__ import annotations

from buildwatch.insight.eta import ran
from buildwatch.insight.flaky import Flaky
from buildwatch.insight.pace import Pace, is_slow
from buildwatch.model import Build, Stage, Step
from buildwatch.tui.cells import Pieces
from buildwatch.tui.page import Page
from buildwatch.words import duration


def trend_lines(
    build: Build, stage: Stage | None, step: Step | None, pace: Pace | None, often: Flaky | None, page: Page
) -> list[Pieces]:
    """The lines about a build, or its stage or step."""
    of = step or stage or build
    took = ran(of, page.now) if of.status.ended else None
    usual = pace.of(stage.name if stage else "", step.name if step else "") if pace else None
    lines: list[Pieces] = []
    if took is not None and usual is not None and is_slow(took, usual):
        share = f"{took / usual - 1:.0%}"
        said = f"slow: {duration(took)}, {share} over the {duration(usual)} that 9 of 10 green ones keep"
        lines += page.wrap(f"{page.glyphs.slow} {said}", "blocked", 2)
    if often is not None and step is None:
        other = f"#{often.red} failed, #{often.green} went green"
        rate = f"{often.times} of {often.of} commits ({often.rate:.0%}) did so"
        lines += page.wrap(f"{page.glyphs.flaky} flaky: {other} on the same commit; {rate}", "blocked", 3)
    return lines
