"""What a status means for a person, in sentences: who has to do what, and why something went wrong. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from buildwatch.insight.eta import Expected, progress, ran
from buildwatch.insight.waterfall import is_stuck
from buildwatch.model import Build, Stage, Status, Step
from buildwatch.tui.key_names import USUAL, KeyNames
from buildwatch.words import age, duration, of_greens

LONG_WAIT: Final = 60.0
"""Seconds after which waiting for a runner is worth a word."""

EXIT_CANCELLED: Final = 130
"""What Drone's runners give the steps of a build that a person cancelled, also those that never ran."""

EXIT_KILLED: Final = 137
"""What a step ends with that was killed: by the repo's time limit, or by its machine for want of memory."""


class Said(NamedTuple):
    """One sentence, and the name of its style."""

    text: str
    style: str


def of_build(build: Build, usual: Expected | None, now: float, names: KeyNames = USUAL) -> list[Said]:
    """What there is to say of a whole build."""
    said = [Said(build.error, "error")] if build.error else []
    said += _of_its_status(build, usual, now, names)
    alone = len(build.stages or ()) == 1
    for stage in build.stages or ():
        lead = "" if alone else f"{stage.name}: "
        if build.status != Status.BLOCKED and build.status.rank == 1:
            said += _waits(stage, lead, now, names)
        said += _broke(build, stage, lead, now)
    return list(dict.fromkeys(said))


def of_stage(build: Build, stage: Stage, usual: Expected | None, now: float, names: KeyNames = USUAL) -> list[Said]:
    """What there is to say of one stage."""
    said = [*_waits(stage, "", now, names), *_broke(build, stage, "", now)]
    if stage.status == Status.WAITING and stage.depends_on:
        said.append(Said(f"waits for {', '.join(stage.depends_on)}", "dim"))
    if stage.status == Status.RUNNING:
        said += _overdue(stage.started, usual, stage.name, "", now)
    if stage.status == Status.SKIPPED:
        said.append(Said("never ran: what it depends on did not succeed, or the build was stopped", "dim"))
    if stage.status == Status.KILLED:
        said.append(Said(_why_killed(stage.steps), "killed"))
    if stage.status == Status.DECLINED:
        said.append(Said("a person declined it", "declined"))
    return said + _unknown(stage.status)


def of_step(build: Build, stage: Stage, step: Step, usual: Expected | None, now: float) -> list[Said]:
    """What there is to say of one step."""
    said = [Said(step.error, "error")] if step.error else []
    if step.status == Status.FAILURE or step.status == Status.ERROR:
        said.append(_failed(step, now))
    elif step.status == Status.RUNNING:
        said += _overdue(step.started, usual, stage.name, step.name, now)
    elif step.status == Status.KILLED:
        said.append(Said(_why_killed([step]), "killed"))
    elif step.status == Status.SKIPPED:
        said.append(Said(_why_skipped(build, stage), "dim"))
    elif step.status.rank == 0 and step.depends_on:
        said.append(Said(f"waits for {', '.join(step.depends_on)}", "dim"))
    return said + _unknown(step.status)


def _of_its_status(build: Build, usual: Expected | None, now: float, names: KeyNames) -> Iterator[Said]:
    waits = _for(build.created, now)
    if build.status == Status.BLOCKED:
        yield Said(f"waits for approval{waits}: {names.answers}", "blocked")
    elif is_stuck(build, now):
        yield Said(f"stuck{waits}: the server made nothing of it that could run, so it will never begin", "blocked")
    elif build.status.rank == 0:
        yield _no_runner(build.created, "", next(iter(build.stages or ()), None), now)
    elif build.status == Status.RUNNING:
        yield from _overdue_build(build, usual, now)
    elif build.status == Status.KILLED:
        steps = [step for stage in build.stages or () for step in stage.steps]
        yield Said(_why_killed(steps) if build.started or steps else "stopped before any of it ran", "killed")
    elif build.status == Status.SKIPPED:
        yield Said("stopped: a newer build took its place", "skipped")
    elif build.status == Status.DECLINED:
        yield Said("a person declined it: it cannot be restarted, only created anew", "declined")
    elif build.status == Status.ERROR and not build.error and not any(stage.error for stage in build.stages or ()):
        yield Said("could not be run, and the server does not say why", "error")
    yield from _unknown(build.status)


def _waits(stage: Stage, lead: str, now: float, names: KeyNames) -> Iterator[Said]:
    """What a stage waits for that somebody has to give it. `lead` names the stage, where it has to be named."""
    if stage.status == Status.BLOCKED:
        yield Said(f"{lead}waits for approval{_for(stage.created, now)}: {names.answers}", "blocked")
    if stage.status == Status.PENDING:
        yield _no_runner(stage.created, lead, stage, now)


def _broke(build: Build, stage: Stage, lead: str, now: float) -> Iterator[Said]:
    """What went wrong in a stage."""
    if stage.error and stage.error != build.error:
        yield Said(lead + stage.error, "error")
    for step in stage.steps:
        if step.status in (Status.FAILURE, Status.ERROR):
            text, style = _failed(step, now)
            yield Said(f"{lead}{text}: {step.error}" if step.error else lead + text, style)


def _failed(step: Step, now: float) -> Said:
    took = ran(step, now)
    code = f" with exit {step.exit_code}" if step.exit_code else ""
    after = f" after {duration(took)}" if took is not None else ""
    if step.ignored:
        return Said(f"{step.name} failed{code}{after}, which this build ignores", "dim")
    return Said(f"{step.name} failed{code}{after}", "failure")


def _no_runner(since: int, lead: str, stage: Stage | None, now: float) -> Said:
    waits = _for(since, now)
    if since <= 0 or now - since < LONG_WAIT:
        return Said(f"{lead}waits for a runner{waits}", "dim")
    platform = "/".join(filter(None, (stage.os, stage.arch))) if stage else ""
    wants = ", ".join(filter(None, (platform, stage.kind if stage else "")))
    asks = f" (it asks for {wants})" if wants else ""
    return Said(f"{lead}waits for a runner{waits}: no runner has taken it{asks}", "blocked")


def _overdue(started: int, usual: Expected | None, stage: str, step: str, now: float) -> Iterator[Said]:
    if usual is not None:
        length = usual.step(stage, step) if step else usual.stage(stage)
        yield from _much_longer(started, length, now, of_greens(usual.counts.get((stage, step), 0)))


def _overdue_build(build: Build, usual: Expected | None, now: float) -> Iterator[Said]:
    if usual is not None:
        among = f"in the last {usual.greens} green builds" if usual.greens > 1 else of_greens(usual.greens)
        yield from _much_longer(build.started, usual.build, now, among)


def _much_longer(started: int, usual: float | None, now: float, among: str) -> Iterator[Said]:
    at = progress(started, usual, now)
    if at.overdue and usual is not None:
        yield Said(f"takes much longer than usual: {duration(at.elapsed)} so far, {duration(usual)} {among}", "blocked")


def _why_killed(steps: list[Step] | tuple[Step, ...]) -> str:
    codes = {step.exit_code for step in steps}
    if EXIT_CANCELLED in codes:
        return "stopped: a person cancelled it"
    if EXIT_KILLED in codes:
        return f"killed from outside (exit {EXIT_KILLED}): by the repo's time limit, or for want of memory"
    return "stopped before its end: by a person, or by the repo's time limit"


def _why_skipped(build: Build, stage: Stage) -> str:
    if build.status in (Status.KILLED, Status.SKIPPED) or stage.status == Status.KILLED:
        return "never ran: the build was stopped before"
    broke = next((step for step in stage.steps if step.status.failed and not step.ignored), None)
    return f"never ran: {broke.name} failed" if broke else "never ran: a step before it ended the stage"


def _unknown(status: Status) -> list[Said]:
    if status.known:
        return []
    return [Said(f"the server calls this '{status}', a word that this version does not know", "unknown")]


def _for(since: int, now: float) -> str:
    waited = now - since
    return f" for {age(waited)}" if since > 0 and waited >= 5 else ""
