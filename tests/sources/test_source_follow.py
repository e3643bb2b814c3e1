"""A step's log as it grows: what the live stream loses the stored log brings, what nobody keeps stays as seen."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from buildwatch.demo.control import StepScript
from buildwatch.demo.state import Build as ServerBuild
from buildwatch.model import Status
from buildwatch.sources.drone1 import DroneSource
from buildwatch.sources.follow import LogState, StepStatus, follow
from buildwatch.sources.http import Http
from buildwatch.sources.sentences import Address
from tests.sources.conftest import reply

if TYPE_CHECKING:
    from tests.sources.conftest import Odd, Rig

REPO = "acme/search"
STREAM = "/api/stream/{owner}/{name}/{n}/{n}/{n}"
STORED = "/api/repos/{owner}/{name}/builds/{n}/logs/{n}/{n}"


def now() -> float:
    return asyncio.get_running_loop().time()


def of_step(build: ServerBuild, step: int = 1) -> StepStatus:
    """What the server itself knows of a step."""

    def status() -> Status:
        found = build.step(1, step)
        return Status(str(found.status)) if found else Status.PENDING

    return status


def followed(rig: Rig, build: ServerBuild, step: int = 1) -> AsyncGenerator[LogState, None]:
    return follow(rig.source, REPO, build.number, 1, step, of_step(build, step), Random(1))


async def all_of(states: AsyncGenerator[LogState, None]) -> list[tuple[list[str], int, bool, str]]:
    """Every state: the lines, how many are as before, whether it grows, and what is said."""
    seen = []
    async with aclosing(states) as coming:
        async for state in coming:
            seen.append(([line.text for line in state.lines], state.same, state.live, state.said))
    return seen


def saying(*pieces: str, seconds: float = 5, **how: Any) -> tuple[StepScript, ...]:
    return (StepScript("test", seconds=seconds, log=pieces, **how), StepScript("after", hold=True))


def put_together(seen: list[tuple[list[str], int, bool, str]]) -> list[str]:
    """What somebody has who only looks at what is new in each state."""
    lines: list[str] = []
    for told, same, _, _ in seen:
        assert lines[:same] == told[:same]
        lines = lines[:same] + told[same:]
    return lines


async def test_a_log_from_its_first_line_to_its_end(rig: Rig) -> None:
    rig.faults.lose_log_tail = False
    build = rig.start(steps=saying(*(f"line {n}\n" for n in range(10)), seconds=10))
    seen = await all_of(followed(rig, build))
    whole = [f"line {n}" for n in range(10)]
    assert seen[0][3] == "not begun yet"
    assert seen[-1] == (whole, 0, False, "")
    assert len([state for state in seen if state[2]]) > 5
    assert put_together(seen[:-1]) == whole
    assert (rig.asked(STREAM), rig.asked(STORED)) == (1, 1)


async def test_the_end_that_the_stream_loses_is_in_the_stored_log(rig: Rig) -> None:
    rig.faults.lose_log_tail = True
    build = rig.start(steps=saying(*(f"line {n}\n" for n in range(10)), seconds=4.5))
    seen = await all_of(followed(rig, build))
    assert len(seen[-2][0]) < 10
    assert seen[-1][0] == [f"line {n}" for n in range(10)]


async def test_pieces_are_not_lines(rig: Rig) -> None:
    rig.faults.lose_log_tail = False
    pieces = ("one\ntw", "o", "", "\n", "10%\r", "50%\r", "100%\n", "a\r\n", "\u2028x\x1b[31m", "red\n", "no end")
    build = rig.start(steps=saying(*pieces))
    seen = await all_of(followed(rig, build))
    assert seen[-1][0] == put_together(seen[:-1])
    assert seen[-1][0][:3] == ["one", "two", "100%"]
    assert seen[-1][0][-1] == "no end"


async def test_a_stream_that_is_cut_goes_on_where_it_was(rig: Rig) -> None:
    rig.faults.cut_streams_after = 3.0
    rig.faults.lose_log_tail = False
    build = rig.start(steps=saying(*(f"line {n}\n" for n in range(30)), seconds=30))
    seen = await all_of(followed(rig, build))
    assert rig.asked(STREAM) >= 8
    for before, after in pairwise(seen):
        assert after[0][: len(before[0])] == before[0]
    assert put_together(seen) == [f"line {n}" for n in range(30)]


async def test_a_server_that_goes_away_in_the_middle(rig: Rig) -> None:
    build = rig.start(steps=saying(*(f"line {n}\n" for n in range(40)), seconds=40))
    seen = asyncio.create_task(all_of(followed(rig, build)))
    await asyncio.sleep(10)
    rig.control.refuse()
    await asyncio.sleep(10)
    await rig.control.accept()
    states = await seen
    said = {state[3] for state in states if state[2]} - {"", "not begun yet"}
    assert [text for text in said if "does not answer" in text]
    assert states[-1] == ([f"line {n}" for n in range(40)], 0, False, "")


async def test_what_was_wrong_with_a_stream_is_taken_back_when_the_server_is_back(odd: Odd) -> None:
    """As of a Drone that was started anew: it has no live log of that step, and says so as of one that has ended."""
    entry = b'data: {"pos": 0, "out": "one\\n", "time": 0}\n\n'
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    stream = "/api/stream/acme/search/1/1/1"
    odd.answers[stream] = head + entry
    odd.answers["/api/repos/acme/search/builds/1/logs/1/1"] = reply(b'[{"pos": 0, "out": "one\\n", "time": 0}]')
    source = DroneSource(Http(Address("drone", odd.url, lambda: "t")))
    status = [Status.RUNNING]
    states = follow(source, REPO, 1, 1, 1, lambda: status[-1], Random(1))
    seen = [await anext(states)]

    async def said(words: str) -> None:
        async with asyncio.timeout(60):
            while words not in seen[-1].said:
                seen.append(await anext(states))

    odd.answers[stream] = reply(b"", status="502 Bad Gateway")
    await said("502")
    odd.answers[stream] = head + b"event: error\ndata: eof\n\n"
    await said("no live log of this step any more; the whole comes when it ends")
    assert seen[-2].said == ""  # it had answered
    told = len(seen)
    begun = len(odd.asked)
    status.append(Status.RUNNING)
    last = asyncio.ensure_future(anext(states))
    await asyncio.sleep(120)
    assert not last.done()  # it is said once
    assert 2 <= len(odd.asked) - begun <= 10
    status.append(Status.SUCCESS)
    seen.append(await last)
    assert (seen[-1].live, seen[-1].said, [line.text for line in seen[-1].lines]) == (False, "", ["one"])
    assert [[line.text for line in state.lines] for state in seen[:told]] == [["one"]] * told
    await states.aclose()
    await source.close()


async def test_a_log_goes_on_as_soon_as_the_server_is_known_to_be_back(rig: Rig) -> None:
    build = rig.start(steps=(StepScript("test", hold=True, log=("one\n",)),))
    await asyncio.sleep(5)
    away = False
    states = follow(rig.source, REPO, build.number, 1, 1, of_step(build), Random(1), lambda: away)
    assert [line.text for line in (await anext(states)).lines] == ["one"]
    rig.control.refuse()
    away = True
    while "does not answer" not in (await anext(states)).said:
        pass
    looking = asyncio.create_task(anext(states))
    tries = rig.source.requests
    for _ in range(30):
        await asyncio.sleep(10)
        if looking.done():
            looking = asyncio.create_task(anext(states))
    assert rig.source.requests - tries < 20
    await rig.control.accept()
    await asyncio.sleep(0.2)
    away = False
    begin = now()
    while (await looking).said:
        looking = asyncio.create_task(anext(states))
    assert now() - begin <= 0.5
    await states.aclose()


async def test_a_stream_that_is_open_again_says_so_though_nothing_comes(odd: Odd) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: ping\n\n"
    never = asyncio.Event()

    async def silent(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        await writer.drain()
        await never.wait()

    stream = "/api/stream/acme/search/1/1/1"
    odd.answers[stream] = reply(b"", status="502 Bad Gateway")
    source = DroneSource(Http(Address("drone", odd.url, lambda: "t")))
    states = follow(source, REPO, 1, 1, 1, lambda: Status.RUNNING, Random(1))
    assert "502" in (await anext(states)).said
    odd.answers[stream] = silent
    async with asyncio.timeout(60):
        while (state := await anext(states)).said:
            pass
    assert (state.live, len(state.lines)) == (True, 0)
    await states.aclose()
    await source.close()


async def test_a_live_log_that_never_ends_after_a_cancel(odd: Odd) -> None:
    """As on real servers: the step is killed, and its stream neither ends nor says anything more."""
    entries = [{"pos": n, "out": f"line {n}\n", "time": n} for n in range(3)]
    cancelled, never = asyncio.Event(), asyncio.Event()

    async def held(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: ping\n\n")
        writer.writelines(b"data: " + json.dumps(entry).encode() + b"\n\n\n" for entry in entries)
        await writer.drain()
        cancelled.set()
        await never.wait()

    stored = json.dumps([*entries, {"pos": 3, "out": "killed\n", "time": 3}]).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(stored)}\r\n\r\n".encode()
    odd.answers["/api/stream/acme/search/1/1/1"] = held
    odd.answers["/api/repos/acme/search/builds/1/logs/1/1"] = head + stored
    source = DroneSource(Http(Address("drone", odd.url, lambda: "t")))

    def status() -> Status:
        return Status.KILLED if cancelled.is_set() else Status.RUNNING

    begin = now()
    seen = await all_of(follow(source, REPO, 1, 1, 1, status))
    assert now() - begin <= 2
    assert seen[-1] == (["line 0", "line 1", "line 2", "killed"], 0, False, "")
    assert len(odd.paths) == 2
    await source.close()


async def test_the_log_of_a_killed_step_is_there_a_moment_later(rig: Rig) -> None:
    build = rig.start(steps=(StepScript("test", hold=True, log=("one\n",)),))
    seen = asyncio.create_task(all_of(followed(rig, build)))
    await asyncio.sleep(5)
    rig.control.cancel(build)
    assert (await seen)[-1] == (["one"], 0, False, "")


async def test_what_was_seen_stays_when_the_server_keeps_no_log(rig: Rig) -> None:
    build = rig.start(steps=(StepScript("test", hold=True, log=("one\n", "two\n")),))
    seen = asyncio.create_task(all_of(followed(rig, build)))
    await asyncio.sleep(5)
    rig.control.runners(up=False)  # what a runner has when it dies is lost
    rig.control.cancel(build)
    assert (await seen)[-1] == (["one", "two"], 2, False, "the server keeps no log of this step")


async def test_the_log_of_a_step_that_has_ended_is_read_and_not_followed(rig: Rig) -> None:
    build = rig.start(steps=saying("one\n", "two\n", seconds=1))
    await asyncio.sleep(5)
    assert await all_of(followed(rig, build)) == [(["one", "two"], 0, False, "")]
    assert (rig.asked(STREAM), rig.asked(STORED)) == (0, 1)


async def test_a_long_log_is_there_line_by_line_while_it_comes(odd: Odd) -> None:
    """Its begin before its end has been sent; what breaks off goes on where it was when it is read again."""
    data = json.dumps([{"pos": n, "out": f"line {n}\n", "time": n // 100} for n in range(20_000)]).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n".encode()
    seen, tries = asyncio.Event(), 0

    async def in_two(writer: asyncio.StreamWriter) -> None:
        nonlocal tries
        tries += 1
        writer.write(head + data[:200_000])
        await seen.wait()
        writer.write(data[200_000 : 300_000 if tries == 1 else None])
        await writer.drain()

    odd.answers["/api/repos/acme/search/builds/1/logs/1/1"] = in_two
    source = DroneSource(Http(Address("drone", odd.url, lambda: "t")))
    states, counts, lines = [], [], list[str]()
    async for state in follow(source, REPO, 1, 1, 1, lambda: Status.FAILURE):
        seen.set()
        states.append(state)
        counts.append(len(state.lines))
        assert lines[: state.same] == [line.text for line in state.lines[: state.same]]
        lines = [line.text for line in state.lines]
    assert 100 <= counts[0] < 10_000
    assert [(state.live, state.read, state.said) for state in (states[0], states[-1])] == [
        (True, True, ""),
        (False, True, ""),
    ]
    assert lines == [f"line {n}" for n in range(20_000)]
    assert tries == 2
    await source.close()


async def test_what_came_of_a_log_that_breaks_off_again_and_again_stays(odd: Odd) -> None:
    data = json.dumps([{"pos": n, "out": f"line {n}\n", "time": 0} for n in range(2_000)]).encode()
    odd.answers["/api/repos/acme/search/builds/1/logs/1/1"] = (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {2 * len(data)}\r\n\r\n".encode() + data
    )
    source = DroneSource(Http(Address("drone", odd.url, lambda: "t")))
    states = [state async for state in follow(source, REPO, 1, 1, 1, lambda: Status.FAILURE)]
    assert not states[-1].live
    assert "drone" in states[-1].said
    assert [line.text for line in states[-1].lines][:3] == ["line 0", "line 1", "line 2"]
    await source.close()


async def test_a_pending_step_is_waited_for_without_a_request(rig: Rig) -> None:
    steps = (StepScript("first", seconds=60), StepScript("second", seconds=5, log=("here\n",)))
    build = rig.start(steps=steps)
    seen = asyncio.create_task(all_of(followed(rig, build, step=2)))
    await asyncio.sleep(30)
    assert rig.asked() == 0
    states = await seen
    assert states[0] == ([], 0, True, "not begun yet")
    assert states[-1][0] == ["here"]


async def test_a_skipped_step_has_no_log_and_none_is_asked_for(rig: Rig) -> None:
    steps = (StepScript("first", seconds=1, outcome="failure"), StepScript("second"))
    build = rig.start(steps=steps)
    assert (await all_of(followed(rig, build, step=2)))[-1] == ([], 0, False, "skipped: it has no log")
    assert rig.asked() == 0


async def test_a_step_without_output(rig: Rig) -> None:
    build = rig.start(steps=(StepScript("test", seconds=3, log=()),))
    assert (await all_of(followed(rig, build)))[-1] == ([], 0, False, "")


async def test_scm_down_while_a_log_is_followed(rig: Rig) -> None:
    build = rig.start(steps=saying(*(f"line {n}\n" for n in range(30)), seconds=30))
    await asyncio.sleep(1)
    rig.faults.scm_down = True
    seen = asyncio.create_task(all_of(followed(rig, build)))
    await asyncio.sleep(10)
    rig.faults.scm_down = False
    states = await seen
    assert "no such thing, or no right to it" in states[0][3]
    assert states[-1][0] == [f"line {n}" for n in range(30)]


async def test_a_refused_token_is_not_tried_again(rig: Rig) -> None:
    build = rig.start(steps=saying(*(f"line {n}\n" for n in range(30)), seconds=30))
    await asyncio.sleep(1)
    rig.faults.unauthorized = True
    states = await all_of(followed(rig, build))
    assert states == [([], 0, False, "drone does not accept the token (401); set DRONE_TOKEN or token_command")]
    assert rig.asked() == 1


async def test_a_server_that_asks_for_a_pause_gets_it(rig: Rig) -> None:
    build = rig.start(steps=saying(*(f"line {n}\n" for n in range(30)), seconds=30))
    await asyncio.sleep(1)
    rig.faults.retry_after = 8
    seen = asyncio.create_task(all_of(followed(rig, build)))
    await asyncio.sleep(6)
    assert rig.asked() == 1
    rig.faults.retry_after = None
    assert (await seen)[-1][0] == [f"line {n}" for n in range(30)]


@pytest.mark.parametrize("fault", [{"bad_gateway": 1.0}, {"truncate": 1.0}, {"html_instead": True}])
async def test_a_stored_log_that_cannot_be_read_at_once(rig: Rig, fault: dict[str, object]) -> None:
    build = rig.start(steps=saying("one\n", seconds=1))
    await asyncio.sleep(3)
    rig.control.change_faults(fault)
    seen = asyncio.create_task(all_of(followed(rig, build)))
    await asyncio.sleep(1)
    rig.control.change_faults({key: type(value)() for key, value in fault.items()})
    assert await seen == [(["one"], 0, False, "")]


async def test_a_stored_log_that_is_null(rig: Rig) -> None:
    build = rig.start(steps=saying("one\n", seconds=1))
    await asyncio.sleep(3)
    rig.faults.null_lists = True
    assert await all_of(followed(rig, build)) == [([], 0, False, "")]


async def test_a_stream_that_ends_before_the_step_does_is_not_opened_in_a_tight_loop(rig: Rig) -> None:
    """The server ends it at once for a step that it knows to have ended, or not begun; we may not know yet."""
    build = rig.start(steps=(StepScript("test", seconds=1, log=("one\n",)),))
    await asyncio.sleep(5)
    ended = now() + 60

    def late() -> Status:
        return Status.SUCCESS if now() > ended else Status.RUNNING

    seen = await all_of(follow(rig.source, REPO, build.number, 1, 1, late, Random(1)))
    assert seen[-1][0] == ["one"]
    assert rig.asked(STREAM) <= 10


async def test_a_step_in_a_state_nobody_knows_is_followed_as_soon_as_it_runs(rig: Rig) -> None:
    steps = (StepScript("first", seconds=60), StepScript("second", seconds=20, log=("here\n", "there\n")))
    build = rig.start(steps=steps)
    real = of_step(build, 2)

    def status() -> Status:
        return Status("quarantined") if real() == "pending" else real()

    live = [state async for state in follow(rig.source, REPO, build.number, 1, 2, status, Random(1)) if state.live]
    assert [line.text for line in live[-1].lines] == ["here", "there"]
    found = build.step(1, 2)
    assert found is not None
    assert rig.asked(STREAM) <= 12


async def test_who_looks_away_leaves_no_stream_open(rig: Rig) -> None:
    build = rig.start(steps=saying(*(f"line {n}\n" for n in range(30)), seconds=30))
    await asyncio.sleep(5)
    looking = asyncio.create_task(all_of(followed(rig, build)))
    await asyncio.sleep(5)
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    async with aclosing(followed(rig, build)) as states:
        async for state in states:
            if state.lines:
                break
    await asyncio.sleep(1)
    assert [task for task in asyncio.all_tasks() if "run_asgi" in repr(task.get_coro())] == []
    assert rig.asked(STREAM) == 2
