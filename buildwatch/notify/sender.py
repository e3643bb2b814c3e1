"""Sends what is in the queue: one task for each destination, in order, one message at a time.

What is known to be not sent is tried again, what was refused is kept for a person, and what may have arrived is looked
for before it is sent once more. Each step is in the outbox before it is done, so that being killed at any of them
leaves a message that is at most doubted.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from random import Random
from typing import Final, Protocol

from buildwatch.notify.message import OF_IT, Answer, Doubt, Found, Message, Outcome, Search, Sink
from buildwatch.notify.outbox import Outbox
from buildwatch.notify.queue import Queued
from buildwatch.notify.schema import State

LOOK_AFTER: Final = 1.0
"""Seconds until a doubtful message is looked for: before, Slack may not show it yet."""

LONGEST: Final = 300.0
"""Seconds between two attempts at most."""

SEARCHED: Final = 30.0
"""Seconds before a message's first attempt from which on it is looked for: clocks differ."""

Digest = Callable[[Sequence[Message]], Message]


class Log(Protocol):
    """Where what happens is told."""

    def __call__(self, level: str, event: str, **facts: object) -> None: ...


class Sender:
    """The senders of all destinations. `sink_of` gives the sink of one, None where it is not configured."""

    def __init__(
        self,
        outbox: Outbox,
        sink_of: Callable[[str], Sink | None],
        digest: Digest,
        *,
        rate: float = 1.0,
        log: Log,
        random: Random | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self.latest: float = 0.0
        """Seconds from an event to its message's delivery, the last time."""
        self._outbox = outbox
        self._sink_of = sink_of
        self._digest = digest
        self._rate = rate
        self._log = log
        self._random = random or Random()  # noqa: S311  (spreads attempts; nothing secret)
        self._now = now
        self._wakes: dict[str, asyncio.Event] = {}
        self._group: asyncio.TaskGroup | None = None
        self._stopped = asyncio.Event()

    async def run(self) -> None:
        """Send until `stop`."""
        async with asyncio.TaskGroup() as self._group:
            self.wake_all()
            await self._stopped.wait()

    def wake(self, destination: str) -> None:
        """There may be something to send to that destination."""
        if self._stopped.is_set() or self._group is None:
            return
        event = self._wakes.get(destination)
        if event is None:
            event = self._wakes[destination] = asyncio.Event()
            self._group.create_task(self._serve(destination, event))
        event.set()

    def wake_all(self) -> None:
        """Sinks may have changed, or a person has put messages back into the queue."""
        for destination in {*self._wakes, *self._outbox.destinations()}:
            self.wake(destination)

    def stop(self) -> None:
        """Begin nothing more; `run` ends when what is being sent is done."""
        self._stopped.set()
        for event in self._wakes.values():
            event.set()

    async def _serve(self, destination: str, wake: asyncio.Event) -> None:
        free_at = 0.0
        while not self._stopped.is_set():
            wake.clear()
            wait = free_at - self._now()
            queued = self._outbox.next(destination) if wait <= 0 else None
            if queued is not None:
                wait = max(queued.due, queued.message.hold_until) - self._now()
            if queued is not None and wait <= 0:
                pause = await self._one(queued)
                free_at = self._now() + max(pause, 1.0 / self._rate if self._rate > 0 else 0.0)
            elif free_at > self._now():
                await _within(self._stopped, wait)  # left alone, whatever comes
            else:
                await _within(wake, wait if queued is not None else None)

    async def _one(self, queued: Queued) -> float:
        """Do the next thing about a message; seconds for which the destination is to be left alone."""
        sink = self._sink_of(queued.message.destination)
        if sink is None:
            self._refuse(queued, "this destination is not configured any more")
            return 0.0
        if queued.message.group and queued.state == State.WAITING and not queued.attempts:
            parts = self._outbox.gathered(queued)
            if len(parts) > 1:
                self._outbox.gather(parts, self._digest([part.message for part in parts]), self._now())
                return 0.0
        if queued.state == State.DOUBTFUL and not queued.posted:
            if not sink.can_update:
                return await self._doubt(queued, sink)
            since = queued.message.at - SEARCHED
            search = await sink.search(queued.message.key, since=since, thread=queued.thread)
            if search.found is not Found.NOT_THERE:
                return await self._found(queued, sink, search)
        if queued.posted and not sink.can_update:
            return self._drop(queued, "a webhook's message cannot be changed")
        if queued.message.slot.endswith(OF_IT) and not queued.thread:
            return self._drop(queued, "the message that it belongs to is not in Slack")
        return await self._send(queued, sink)

    async def _send(self, queued: Queued, sink: Sink) -> float:
        message = queued.message
        self._outbox.claim(queued, self._now())
        self.counts["attempts"] += 1
        if queued.posted:
            answer = await sink.update(message.body, channel=queued.channel, ts=queued.ts)
        else:
            answer = await sink.post(message.body, key=message.key, thread=queued.thread, broadcast=message.broadcast)
        attempts = queued.attempts + 1
        match answer.outcome:
            case Outcome.DELIVERED:
                await self._delivered(queued, sink, answer.channel or queued.channel, answer.ts or queued.ts)
            case Outcome.REJECTED:
                self._refuse(queued, answer.said)
            case Outcome.NOT_SENT:
                return self._again(queued, attempts, answer)
            case Outcome.AMBIGUOUS:
                self.counts["ambiguous"] += 1
                self._log("warning", "doubtful", message=message.line, said=answer.said, attempts=attempts)
                if queued.posted:
                    return self._again(queued, attempts, answer)
                due = self._now() + max(LOOK_AFTER if sink.can_update else 0.0, answer.retry_after)
                self._outbox.later(queued, self._now(), due, answer.said, state=State.DOUBTFUL)
                return answer.retry_after
        return 0.0

    async def _found(self, queued: Queued, sink: Sink, search: Search) -> float:
        """What a search for a doubtful message came to, other than that it is not there."""
        if search.found is Found.THERE:
            await self._delivered(queued, sink, search.channel, search.ts)
            return 0.0
        if search.found is Found.CANNOT_ASK:
            return await self._doubt(queued, sink)
        self.counts["unanswered"] += 1
        pause = max(search.retry_after, self._backoff(queued.attempts))
        self._outbox.later(queued, self._now(), self._now() + pause, search.said, state=State.DOUBTFUL)
        return search.retry_after

    async def _doubt(self, queued: Queued, sink: Sink) -> float:
        """Nobody can be asked: the rule says whether it is rather told twice, or perhaps not at all."""
        if queued.message.doubt is Doubt.NEVER:
            self._refuse(queued, f"it may have arrived ({queued.said})")
            return 0.0
        if queued.attempts > 1:
            pause = queued.changed + self._backoff(queued.attempts) - self._now()
            if pause > 0:
                self._outbox.later(queued, queued.changed, self._now() + pause, queued.said, state=State.DOUBTFUL)
                return 0.0
        return await self._send(queued, sink)

    async def _delivered(self, queued: Queued, sink: Sink, channel: str, ts: str) -> None:
        now = self._now()
        self._outbox.delivered(queued, now, channel=channel, ts=ts)
        self.counts["delivered"] += 1
        self.latest = max(0.0, now - queued.message.at)
        self._log("info", "delivered", message=queued.message.line, to=queued.message.destination)
        if queued.message.snippet is not None and sink.can_update and ts:
            answer = await sink.upload(queued.message.snippet, channel=channel, thread=queued.thread or ts)
            if answer.outcome is not Outcome.DELIVERED:
                self._log("warning", "no snippet", message=queued.message.line, said=answer.said)

    def _again(self, queued: Queued, attempts: int, answer: Answer) -> float:
        self.counts["retried"] += 1
        pause = answer.retry_after or self._backoff(attempts)
        self._outbox.later(queued, self._now(), self._now() + pause, answer.said)
        if attempts in (1, 5) or attempts % 20 == 0:
            self._log("warning", "not sent", message=queued.message.line, said=answer.said, attempts=attempts)
        return answer.retry_after

    def _drop(self, queued: Queued, why: str) -> float:
        self._outbox.settled(queued, self._now(), State.DROPPED, why)
        self._log("info", "dropped", message=queued.message.line, why=why)
        return 0.0

    def _refuse(self, queued: Queued, said: str) -> None:
        self.counts["dead"] += 1
        self._outbox.settled(queued, self._now(), State.DEAD, said)
        self._log("error", "refused", message=queued.message.line, to=queued.message.destination, said=said)

    def _backoff(self, attempts: int) -> float:
        """Half a second, doubled each time, up to five minutes; less by chance, so that not all come at once."""
        grown = min(LONGEST, 0.5 * 2.0 ** min(attempts - 1, 12)) if attempts else 0.5
        return float(grown * (0.75 + 0.25 * self._random.random()))


async def _within(event: asyncio.Event, wait: float | None) -> None:
    """Wait for the event, at most for that many seconds."""
    try:
        async with asyncio.timeout(None if wait is None else max(0.0, wait)):
            await event.wait()
    except TimeoutError:
        return
