"""The sender against a model of Slack, killed at every step of a send."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buildwatch.notify.message import Doubt, Message, Snippet
from buildwatch.notify.outbox import Outbox
from buildwatch.notify.schema import State
from buildwatch.notify.sender import Sender
from tests.notify.slackmock import Killed, Table
from tests.notify.test_outbox import message


class Clock:
    """A time that passes as it is slept through."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def digest(parts: Sequence[Message]) -> Message:
    return message("digest:" + parts[0].key, destination=parts[0].destination, body={"text": f"{len(parts)} things"})


def sender_of(outbox: Outbox, table: Table, clock: Clock, told: list[tuple[str, str]] | None = None) -> Sender:
    def log(level: str, event: str, **facts: object) -> None:
        if told is not None:
            told.append((level, event))

    return Sender(outbox, lambda destination: table, digest, rate=0, log=log, random=Random(1), now=clock)


async def until_quiet(outbox: Outbox, sender: Sender, clock: Clock, limit: int = 400) -> None:
    """Do all that is due, and let the time pass that is waited for."""
    for _ in range(limit):
        busy = False
        for destination in outbox.destinations():
            queued = outbox.next(destination)
            if queued is None:
                continue
            busy = True
            clock.now = max(clock.now, queued.due, queued.message.hold_until)
            clock.now += await sender._one(queued)
        if not busy:
            return
    raise AssertionError(f"it does not come to rest: {outbox.counts()}")


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(f"sqlite:///{tmp_path}/outbox.db")


FAULTS = ["ok", "429", "500", "lost", "no answer"]


@pytest.mark.parametrize("fault", FAULTS[:4])
async def test_one_message_arrives_once(fault: str, outbox: Outbox) -> None:
    table, clock = Table(script=[fault]), Clock()
    outbox.composed(0, [message("a", snippet=Snippet("l", "l", "log"))], clock.now)
    await until_quiet(outbox, sender_of(outbox, table, clock), clock)
    assert [key for key, _ in table.posts.values()] == ["a"]
    assert table.snippets == ["log"]
    assert outbox.counts() == {"delivered": 1}


async def test_an_excerpt_of_what_is_not_in_slack_is_not_sent(outbox: Outbox) -> None:
    table, clock, told = Table(script=["no"]), Clock(), list[tuple[str, str]]()
    outbox.composed(0, [message("a"), message("a|excerpt", reply_to="a"), message("b")], clock.now)
    await until_quiet(outbox, sender_of(outbox, table, clock, told), clock)
    assert [key for key, _ in table.posts.values()] == ["b"]
    assert outbox.counts() == {"dead": 1, "dropped": 1, "delivered": 1}
    assert ("info", "dropped") in told


async def test_what_slack_refuses_is_kept_and_told_once(outbox: Outbox) -> None:
    table, clock, told = Table(script=["no"]), Clock(), list[tuple[str, str]]()
    outbox.composed(0, [message("a"), message("b")], clock.now)
    await until_quiet(outbox, sender_of(outbox, table, clock, told), clock)
    assert outbox.counts() == {"dead": 1, "delivered": 1}
    assert told == [("error", "refused"), ("info", "delivered")]


async def test_a_search_that_fails_is_no_answer(outbox: Outbox) -> None:
    table, clock = Table(script=["lost", "429", "500", "429"]), Clock()
    outbox.composed(0, [message("a")], clock.now)
    await until_quiet(outbox, sender_of(outbox, table, clock), clock)
    assert table.calls == ["post", "search", "search", "search", "search"]
    assert len(table.posts) == 1


@pytest.mark.parametrize(("doubt", "posts", "state"), [(Doubt.AGAIN, 2, "delivered"), (Doubt.NEVER, 1, "dead")])
async def test_a_webhook_cannot_be_asked(doubt: Doubt, posts: int, state: str, outbox: Outbox) -> None:
    table, clock = Table(can_update=False, script=["lost"]), Clock()
    outbox.composed(0, [message("a", doubt=doubt)], clock.now)
    await until_quiet(outbox, sender_of(outbox, table, clock), clock)
    assert len(table.posts) == posts
    assert outbox.counts() == {state: 1}


async def test_a_slot_is_updated_in_place_and_a_thread_follows(outbox: Outbox) -> None:
    table, clock = Table(), Clock()
    sender = sender_of(outbox, table, clock)
    outbox.composed(0, [message("started", "build")], clock.now)
    await until_quiet(outbox, sender, clock)
    outbox.composed(0, [message("ended", "build"), message("why", reply_to="build")], clock.now)
    table.script = ["lost", "ok", "ok"]
    await until_quiet(outbox, sender, clock)
    assert table.posts == {"1.0": ("started", "ended"), "2.0": ("why", "why")}
    assert table.calls == ["post", "update", "update", "post"]


async def test_a_webhooks_message_stays_as_it_is(outbox: Outbox) -> None:
    table, clock = Table(can_update=False), Clock()
    sender = sender_of(outbox, table, clock)
    for key in ("started", "ended"):
        outbox.composed(0, [message(key, "build")], clock.now)
        await until_quiet(outbox, sender, clock)
    assert table.posts == {"1.0": ("started", "started")}
    assert outbox.counts() == {"delivered": 1, "dropped": 1}


async def test_a_burst_becomes_one_digest(outbox: Outbox) -> None:
    table, clock = Table(), Clock()
    sender = sender_of(outbox, table, clock)
    burst = [message(f"m{number}", group="g", hold_until=clock.now + 30 + number) for number in range(5)]
    outbox.composed(0, [*burst, message("other")], clock.now)
    await until_quiet(outbox, sender, clock)
    assert [text for _, text in table.posts.values()] == ["other", "5 things"]
    assert outbox.counts() == {"delivered": 2, "gathered": 5}
    outbox.composed(0, [message("alone", group="g", hold_until=clock.now + 30)], clock.now)
    await until_quiet(outbox, sender, clock)
    assert [text for _, text in table.posts.values()][-1] == "alone"


STEPS = ["ok", "429", "500", "lost", "kill before", "kill after", "no answer"]


@settings(max_examples=150, deadline=None)
@given(
    script=st.lists(st.sampled_from(STEPS), max_size=14),
    slots=st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=6),
)
def test_killed_at_any_step_every_message_is_there_once(script: list[str], slots: list[str]) -> None:
    """With the Web API, whatever is lost, refused or killed: each slot is in Slack once, with its last text."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_story(f"sqlite:///{folder}/outbox.db", script, slots))


async def _story(url: str, script: list[str], slots: list[str]) -> None:
    table, clock = Table(script=[step for step in script if step != "no answer"]), Clock()
    outbox = Outbox(url)
    waiting = [message(f"{number}", slot) for number, slot in enumerate(slots)]
    last = {one.slot: one.key for one in waiting}
    while waiting or outbox.destinations():
        if waiting:
            outbox.composed(0, [waiting.pop(0)], clock.now)
        try:
            await until_quiet(outbox, sender_of(outbox, table, clock), clock)
        except Killed:
            outbox.close()
            clock.now += 1.5
            outbox = Outbox(url)
            outbox.take_over()
    assert sorted(text for _, text in table.posts.values()) == sorted(last.values())
    assert outbox.listed() == []
    outbox.close()


@settings(max_examples=60, deadline=None)
@given(script=st.lists(st.sampled_from(STEPS[:6]), max_size=10), count=st.integers(1, 4))
def test_over_a_webhook_none_is_missing(script: list[str], count: int) -> None:
    """Doubles occur only where the answer was lost, by the wire or by the kill."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_webhook_story(f"sqlite:///{folder}/outbox.db", list(script), count))


async def _webhook_story(url: str, script: list[str], count: int) -> None:
    table, clock = Table(can_update=False, script=list(script)), Clock()
    outbox = Outbox(url)
    outbox.composed(0, [message(f"{number}") for number in range(count)], clock.now)
    while outbox.destinations():
        try:
            await until_quiet(outbox, sender_of(outbox, table, clock), clock)
        except Killed:
            outbox.close()
            outbox = Outbox(url)
            outbox.take_over()
    keys = [key for key, _ in table.posts.values()]
    assert set(keys) == {str(number) for number in range(count)}
    used = script[: len(table.calls)]
    assert len(keys) - count <= sum(step in ("lost", "kill after") for step in used)
    outbox.close()


async def test_the_tasks_send_wait_and_stop(outbox: Outbox) -> None:
    """The same with the real clock: what is put into the queue is sent at once, and `stop` ends it all."""
    table = Table()
    sender = Sender(outbox, lambda _: table, digest, rate=0, log=lambda level, event, **facts: None)
    run = asyncio.create_task(sender.run())
    await asyncio.sleep(0)
    for number in range(3):
        outbox.composed(0, [message(f"{number}")], 0.0)
        sender.wake("channel:C1")
        while len(table.posts) <= number:  # noqa: ASYNC110  (nothing tells of it)
            await asyncio.sleep(0.001)
    outbox.composed(0, [message("much later", hold_until=4e9)], 0.0)
    sender.wake("channel:C1")
    sender.stop()
    await asyncio.wait_for(run, 10)
    assert len(table.posts) == 3
    assert outbox.counts()[State.WAITING] == 1
