"""The facts of one build, line by line: what it is, how it stands, whence it comes, what else is known. Pure."""

from __future__ import annotations

from typing import Final

from buildwatch.insight.eta import Expected, progress, ran
from buildwatch.insight.waterfall import queued
from buildwatch.model import Build, Stage, Status, Step
from buildwatch.tui.cells import Pieces, width_of
from buildwatch.tui.page import Page
from buildwatch.tui.styles import style_of
from buildwatch.words import age, ago, branch_of, duration, glyph

WORDS_FROM: Final = 44
"""The width from which on there is room for more than the sign and the time of a state."""

QUEUE_TOLD: Final = 5.0
"""From how many seconds on it is told that a build waited for a runner."""

_DEPLOYS: Final = ("promote", "rollback")


def head_line(build: Build, stage: Stage | None, step: Step | None, usual: Expected | None, page: Page) -> Pieces:
    """Which build, stage or step it is, and at the right end how it stands."""
    shown = state(step or stage or build, usual_of(build, stage, step, usual), page)
    several = len(build.stages or ()) > 1
    parts = [part.name for part in (stage if several or not step else None, step) if part is not None]
    below: Pieces = []
    for name in parts:
        below += [(f" {page.glyphs.into} ", "dim"), (name, "head")]
    room = page.width - 2 - sum(width_of(text) for text, _ in shown + below)
    slug = build.repo
    if width_of(f"{slug} #{build.number}") > room:
        slug = slug.rpartition("/")[2]
    return page.spread([(f"{slug} #{build.number}", "head"), *below], shown)


def usual_of(build: Build, stage: Stage | None, step: Step | None, usual: Expected | None) -> float | None:
    """How long the step, else the stage, else the build is expected to run (seconds)."""
    if usual is None:
        return None
    if stage is None:
        return usual.build
    return usual.step(stage.name, step.name) if step is not None else usual.stage(stage.name)


def state(of: Build | Stage | Step, usual: float | None, page: Page) -> Pieces:
    """The sign of a status, its word where there is room, and the time that goes with it."""
    style = style_of(of.status)
    sign: Pieces = [(f"{glyph(of.status, page.glyphs)} ", style)]
    wide = page.width >= WORDS_FROM
    took = ran(of, page.now)
    if took is not None and not of.status.ended:
        at = progress(of.started, usual, page.now)
        expected = [(f" / {duration(at.expected)}", "dim")] if at.expected is not None and wide else []
        return [*sign, (duration(took), style), *expected]
    if took is not None:
        return [*sign, (f"{of.status}  {duration(took)}" if wide else duration(took), style)]
    since = 0 if isinstance(of, Step) or of.status.ended else of.created
    waits = f" {age(page.now - since)}" if since > 0 and page.now - since >= 5 else ""
    return [*sign, (page.cut(of.status, 12) + waits, style)]


def facts_line(build: Build, page: Page, *, numbered: bool = False) -> Pieces:
    """Event, branch, commit and author; without room the author goes first, then the commit, then the event."""
    facts = [_event(build), _branch(build), build.commit[:8], build.author or build.author_name or build.sender]
    between = f" {page.glyphs.dot} "
    lead: Pieces = [(f"#{build.number}", "bright"), (between, "dim")] if numbered else []
    room = page.width - sum(width_of(text) for text, _ in lead)
    for chosen in (facts, facts[:3], facts[:2], facts[1:2]):
        told = between.join(filter(None, chosen))
        if width_of(told) <= room:
            break
    return page.line([*lead, (told, "dim")])


def wording(build: Build, page: Page, most: int) -> list[Pieces]:
    """What a person wrote of the change: the title, else the first line of the message, in at most `most` lines."""
    text = build.title or build.message.partition("\n")[0]
    return page.wrap(text, "text", most) if most else []


def origin_lines(build: Build, page: Page) -> list[Pieces]:
    """Whence it was started, where that is not simply a push: to where, from which build, by what or whom."""
    deploys = build.event in _DEPLOYS
    told = [f"to {build.deploy_to}"] if build.deploy_to else []
    if build.parent:
        told.append(f"{'from' if deploys else 'a restart of'} #{build.parent}")
    if build.cron:
        told.append(f"cron {build.cron}")
    if build.trigger and not build.trigger.startswith("@") and build.trigger != build.author:
        told.append(f"started by {build.trigger}")
    return page.listed(told, "dim")


def green_lines(build: Build, green: Build | None, page: Page) -> list[Pieces]:
    """Of what failed, the last green one before it."""
    if green is None or build.status not in (Status.FAILURE, Status.ERROR):
        return []
    before = f"{ago(build.created - green.created).removesuffix(' ago')} before" if green.created else ""
    told = f" {page.glyphs.dot} ".join(filter(None, (green.commit[:8], before)))
    return [page.line([("last green ", "dim"), (f"#{green.number} ", "text"), (told, "dim")])]


def beside_lines(build: Build, stage: Stage | None, step: Step | None, page: Page) -> list[Pieces]:
    """What is known beside that: what it comes after, where it ran, when it ended, how long it waited, parameters."""
    stages = build.stages or ()
    place = _place(stage or (stages[0] if len(stages) == 1 else None), step)
    if stage is not None:
        return page.listed(_after(step or stage) + place, "dim")
    lines = page.listed(_times(build, page.now) + (place if build.started > 0 else []), "dim")
    if build.params:
        lines += page.wrap("with " + " ".join(f"{name}={value}" for name, value in build.params), "dim", 2)
    return lines


def _event(build: Build) -> str:
    if build.event == "pull_request":
        number = build.ref.removeprefix("refs/pull/").partition("/")[0]
        return f"pull request {number}" if number.isdigit() else "pull request"
    return build.event


def _branch(build: Build) -> str:
    if build.source and build.branch and build.source != build.branch:
        return f"{build.source} into {build.branch}"
    return branch_of(build)


def _after(part: Stage | Step) -> list[str]:
    """What it began after, where that is not told as what it waits for."""
    return [f"after {', '.join(part.depends_on)}"] if part.depends_on and part.status.rank > 0 else []


def _place(stage: Stage | None, step: Step | None) -> list[str]:
    if stage is None:
        return []
    platform = "/".join(filter(None, (stage.os, stage.arch)))
    told = [f"on {stage.machine}" if stage.machine else "", platform, stage.kind, step.image if step else ""]
    return list(filter(None, told))


def _times(build: Build, now: float) -> list[str]:
    told = []
    if build.finished > 0:
        told.append(f"ended {ago(now - build.finished)}")
    waited = queued(build, now)
    if waited >= QUEUE_TOLD and (build.started > 0 or build.status == Status.RUNNING):
        told.append(f"waited {duration(waited)} to begin")
    return told
