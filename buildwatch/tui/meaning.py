"""What a status means for a person, in sentences: who has to do what, and why something went wrong. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from buildwatch.insight.eta import Expected, progress, ran
from buildwatch.model import Build, Stage, Status, Step
from buildwatch.words import age, duration

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


def of_build(build: Build, usual: Expected | None, now: float) -> list[Said]:
    """What there is to say of a whole build."""
    said = [Said(build.error, "error")] if build.error else []
    said += _of_its_status(build, usual, now)
    alone = len(build.stages or ()) == 1
    for stage in build.stages or ():
        said += _within(build, stage, "" if alone else f"{stage.name}: ", now)
    return list(dict.fromkeys(said))


def of_stage(build: Build, stage: Stage, usual: Expected | None, now: float) -> list[Said]:
    """What there is to say of one stage."""
    said = list(_within(build, stage, "", now))
    if stage.status == Status.WAITING and stage.depends_on:
        said.append(Said(f"waits for {', '.join(stage.depends_on)}", "dim"))
    if stage.status == Status.RUNNING:
        said += _overdue(stage.started, usual.stage(stage.name) if usual else None, now)
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
        said.append(_failed(step, "", now))
    elif step.status == Status.RUNNING:
        said += _overdue(step.started, usual.step(stage.name, step.name) if usual else None, now)
    elif step.status == Status.KILLED:
        said.append(Said(_why_killed([step]), "killed"))
    elif step.status == Status.SKIPPED:
        said.append(Said(_why_skipped(build, stage), "dim"))
    elif step.status.rank == 0 and step.depends_on:
        said.append(Said(f"waits for {', '.join(step.depends_on)}", "dim"))
    return said + _unknown(step.status)


def _of_its_status(build: Build, usual: Expected | None, now: float) -> Iterator[Said]:
    waits = _for(build.created, now)
    if build.status == Status.BLOCKED:
        yield Said(f"waits for approval{waits}: A approves, D declines", "blocked")
    elif build.status.rank == 0:
        yield _no_runner(build.created, now, "", next(iter(build.stages or ()), None))
    elif build.status == Status.RUNNING:
        yield from _overdue(build.started, usual.build if usual else None, now)
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


def _within(build: Build, stage: Stage, lead: str, now: float) -> Iterator[Said]:
    """What a stage adds to what is said of its build; `lead` names it."""
    if stage.error and stage.error != build.error:
        yield Said(lead + stage.error, "error")
    if stage.status == Status.BLOCKED and build.status != Status.BLOCKED:
        yield Said(f"{lead}waits for approval{_for(stage.created, now)}: A approves, D declines", "blocked")
    if stage.status == Status.PENDING and build.status.rank == 1:
        yield _no_runner(stage.created, now, lead, stage)
    for step in stage.steps:
        if step.status in (Status.FAILURE, Status.ERROR):
            yield _failed(step, lead, now)


def _failed(step: Step, lead: str, now: float) -> Said:
    took = ran(step, now)
    code = f" with exit {step.exit_code}" if step.exit_code else ""
    after = f" after {duration(took)}" if took is not None else ""
    if step.ignored:
        return Said(f"{lead}{step.name} failed{code}{after}, which this build ignores", "dim")
    why = f": {step.error}" if step.error and lead else ""
    return Said(f"{lead}{step.name} failed{code}{after}{why}", "failure")


def _no_runner(since: int, now: float, lead: str, stage: Stage | None) -> Said:
    waits = _for(since, now)
    if since <= 0 or now - since < LONG_WAIT:
        return Said(f"{lead}waits for a runner{waits}", "dim")
    platform = "/".join(filter(None, (stage.os, stage.arch))) if stage else ""
    wants = ", ".join(filter(None, (platform, stage.kind if stage else "")))
    asks = f" (it asks for {wants})" if wants else ""
    return Said(f"{lead}waits for a runner{waits}: no runner has taken it{asks}", "blocked")


def _overdue(started: int, usual: float | None, now: float) -> Iterator[Said]:
    at = progress(started, usual, now)
    if at.overdue and usual is not None:
        yield Said(
            f"takes much longer than usual: {duration(at.elapsed)} so far, {duration(usual)} as a rule", "blocked"
        )


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
