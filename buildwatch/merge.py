"""Which of two things said of the same build is later, and what both say together. Pure.

Snapshots arrive in any order: an event, an answer to a read that was asked before it, the same again. They are
merged by what they say, not by when they came: each row (the build's own, each stage's, each step's) is compared by
the server's count of changes to that row, and where that does not tell, by how far along the row is. So merging is
idempotent and, as long as the server counts, does not depend on the order; an ended build never comes back to life
by an older message.
"""

from __future__ import annotations

from msgspec.structs import replace

from buildwatch.model import Build, Stage, Status, Step


def merge_build(old: Build, new: Build) -> Build:
    """What `old` and `new`, two snapshots of one build, say together; `old` itself where `new` adds nothing.

    A later run under the same id (a greater `run`, or another and later start) replaces the earlier one whole.
    """
    if new == old:
        return old
    if is_another_run(old, new):
        return settled(new) if _is_later_run(old, new) else old
    row = new if _build_order(new) >= _build_order(old) else old
    run, stages = max(old.run, new.run), _merge_stages(old.stages, new.stages)
    merged = settled(row if stages is row.stages and run == row.run else replace(row, run=run, stages=stages))
    return old if merged == old else merged


def settled(build: Build) -> Build:
    """`build` with what its stages say of its own state.

    Drone keeps a build that waits for approval `pending`; only its stages are `blocked`. Where it has no stages yet, as
    on the servers that make them when it is approved, its own word counts.
    """
    if not build.stages or build.status not in (Status.PENDING, Status.BLOCKED):
        return build
    blocked = any(stage.status == Status.BLOCKED for stage in build.stages)
    status = Status.BLOCKED if blocked else Status.PENDING
    return build if status == build.status else replace(build, status=status)


def is_another_run(old: Build, new: Build) -> bool:
    """Whether two snapshots of one build are of different runs: each has its own begin and its own end."""
    if old.run and new.run and old.run != new.run:
        return True
    return old.started > 0 and new.started > 0 and old.started != new.started


def _is_later_run(old: Build, new: Build) -> bool:
    told = old.run and new.run and old.run != new.run
    return new.run > old.run if told else new.started > old.started


def _build_order(build: Build) -> tuple[bool, int, int, int]:
    return build.started > 0, build.version, build.status.rank, build.finished


def _merge_stages(old: tuple[Stage, ...] | None, new: tuple[Stage, ...] | None) -> tuple[Stage, ...] | None:
    if new is None or old == new:
        return old
    if old is None:
        return new
    rows = {stage.number: stage for stage in old}
    for stage in new:
        known = rows.get(stage.number)
        rows[stage.number] = stage if known is None else _merge_stage(known, stage)
    merged = tuple(rows[number] for number in sorted(rows))
    return new if merged == new else merged


def _merge_stage(old: Stage, new: Stage) -> Stage:
    if new == old:
        return old
    row = new if _stage_order(new) >= _stage_order(old) else old
    steps = _merge_steps(old.steps, new.steps)
    return row if steps is row.steps else replace(row, steps=steps)


def _stage_order(stage: Stage) -> tuple[int, int, int, int]:
    return stage.version, stage.started, stage.status.rank, stage.stopped


def _merge_steps(old: tuple[Step, ...], new: tuple[Step, ...]) -> tuple[Step, ...]:
    if not new or old == new:
        return old
    if not old:
        return new
    rows = {step.number: step for step in old}
    for step in new:
        known = rows.get(step.number)
        if known is step:
            continue
        if known is None or _step_order(step) >= _step_order(known):
            rows[step.number] = step
    merged = tuple(rows[number] for number in sorted(rows))
    return new if merged == new else merged


def _step_order(step: Step) -> tuple[int, int, int, int]:
    return step.version, step.started, step.status.rank, step.stopped


def before_last_second(stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    """`stages` without those, and without the steps, that changed in the last second that any of them tells of.

    What is left was before whatever had a server tell of it. Times are whole seconds, so it can be a little less.
    """
    last = max((max([_changed(stage), *map(_changed, stage.steps)]) for stage in stages), default=0)
    return tuple(
        replace(stage, steps=tuple(step for step in stage.steps if _changed(step) < last or not last))
        for stage in stages
        if _changed(stage) < last or not last
    )


def _changed(row: Stage | Step) -> int:
    return row.stopped or row.started
