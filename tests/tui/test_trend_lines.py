"""What is said of a build against those before it."""

from __future__ import annotations

from buildwatch.insight.flaky import Flaky
from buildwatch.insight.pace import Pace
from buildwatch.model import Build, Stage, Status, Step
from buildwatch.tui.page import Page
from buildwatch.tui.trend_lines import trend_lines

STEP = Step(1, "test", Status.SUCCESS, 100, 190)
STAGE = Stage(1, "unit", Status.SUCCESS, started=100, stopped=200, steps=(STEP,))
BUILD = Build("ci", "acme/gcd", 9, 815, Status.SUCCESS, started=100, finished=200, stages=(STAGE,))
PACE = Pace(65.0, 20, {"unit": 90.0}, {("unit", "test"): 60.0})


def said(stage: Stage | None = None, step: Step | None = None, *, often: Flaky | None = None, pace: Pace = PACE) -> str:
    lines = trend_lines(BUILD, stage, step, pace, often, Page(50, 300))
    return " ".join(text for line in lines for text, _ in line)


def test_how_much_slower_it_was() -> None:
    assert said() == "▲ slow: 1:40, 54% over the 1:05 that 9 of 10 green ones keep"
    assert said(STAGE) == "", "a ninth more is no fifth"
    assert said(STAGE, STEP) == "▲ slow: 1:30, 50% over the 1:00 that 9 of 10 green ones keep"
    assert said(pace=Pace(None, 2, {}, {})) == ""


def test_which_builds_make_a_commit_flaky_and_how_often_that_is() -> None:
    often = Flaky(812, 815, 3, 20)
    calm = Pace(None, 0, {}, {})
    told = "≈ flaky: #812 failed, #815 went green on the same commit; 3 of 20 commits (15%) did so"
    assert said(often=often, pace=calm) == told
    assert said(STAGE, STEP, often=often, pace=calm) == ""
