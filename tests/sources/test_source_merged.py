"""The logs of all steps of a build as one."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

from buildwatch.demo.control import StageScript, StepScript
from buildwatch.demo.state import Build as ServerBuild
from buildwatch.model import Build
from buildwatch.sources.merged import Merged, merged

if TYPE_CHECKING:
    from tests.sources.conftest import Rig

REPO = "acme/search"
STORED = "/api/repos/{owner}/{name}/builds/{n}/logs/{n}/{n}"


def known(rig: Rig, build: ServerBuild) -> Build:
    found = rig.known(build)
    assert found is not None
    return found


def has_ended(rig: Rig, build: ServerBuild) -> bool:
    status = rig.status(build)
    return status is not None and status.ended


async def read(rig: Rig, build: ServerBuild) -> list[Merged]:
    """All states, until the last."""
    rig.watcher.look_at(known(rig, build))
    await rig.until(lambda: known(rig, build).stages)
    async with asyncio.timeout(100), aclosing(merged(rig.source, lambda: known(rig, build))) as states:
        return [state async for state in states]


def said(state: Merged) -> list[tuple[str, str]]:
    return [(state.names[line.source], line.text) for line in state.lines]


async def test_what_has_ended_is_put_in_the_order_of_its_times(rig: Rig) -> None:
    steps = (StepScript("clone", 4, log=("a\n", "b\n")), StepScript("test", 4, log=("c\n", "d\n")))
    await rig.begin()
    build = rig.start(steps=steps)
    await rig.until(lambda: has_ended(rig, build))
    last = (await read(rig, build))[-1]
    assert said(last) == [("clone", "a"), ("clone", "b"), ("test", "c"), ("test", "d")]
    assert not last.live
    assert [line.time for line in last.lines] == sorted(line.time for line in last.lines)
    assert last.lines[-1].time >= 4, "times are those since the build began"
    assert last.began == known(rig, build).stages[0].steps[0].started  # type: ignore[index]  # they are known
    assert rig.asked(STORED) == 2


async def test_stages_side_by_side_are_told_apart(rig: Rig) -> None:
    stages = tuple(
        StageScript((StepScript("test", 4, log=(f"{name} 1\n", f"{name} 2\n")),), name) for name in ("amd64", "arm64")
    )
    await rig.begin()
    build = rig.start(stages=stages)
    await rig.until(lambda: has_ended(rig, build))
    last = (await read(rig, build))[-1]
    assert sorted(said(last)) == [
        ("amd64/test", "amd64 1"),
        ("amd64/test", "amd64 2"),
        ("arm64/test", "arm64 1"),
        ("arm64/test", "arm64 2"),
    ]


async def test_what_begins_meanwhile_joins_in(rig: Rig) -> None:
    steps = (StepScript("first", 6, log=("one\n", "two\n")), StepScript("second", 6, log=("three\n", "four\n")))
    await rig.begin()
    build = rig.start(steps=steps)
    await rig.until(lambda: rig.status(build) == "running")
    states = await read(rig, build)
    assert [state.live for state in states] == [True] * (len(states) - 1) + [False]
    assert len(states) > 2
    assert said(states[-1]) == [("first", "one"), ("first", "two"), ("second", "three"), ("second", "four")]
    counts = [len(state.lines) for state in states]
    assert counts == sorted(counts)


async def test_a_log_that_nobody_keeps_does_not_hold_up_the_others(rig: Rig) -> None:
    steps = (StepScript("kept", 2, log=("one\n",)), StepScript("never", 1, outcome="failure"), StepScript("skipped"))
    await rig.begin()
    build = rig.start(steps=steps)
    await rig.until(lambda: has_ended(rig, build))
    last = (await read(rig, build))[-1]
    assert ("kept", "one") in said(last)
    assert "skipped" not in {name for name, _ in said(last)}
    assert last.names == ("kept", "never", "skipped")
