"""A step's log as it grows: the live stream while the step runs, the stored log in its place once it has ended.

A live log loses pieces, in the middle when the runner is fast and at its end always (the end of the stream overtakes
the last pieces), so at its end the stored log is read and shown instead. Reconnecting replays the past: pieces are told
apart by their position.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from random import Random

from buildwatch.model import LogLine, Status
from buildwatch.sources.backoff import Backoff
from buildwatch.sources.base import Source
from buildwatch.sources.errors import Denied, SourceError, Unauthorized
from buildwatch.wire.loglines import LogAssembler, Piece

STORED_AFTER = (0.0, 0.5, 1.0, 2.0, 4.0)
"""Seconds to wait before each try to read the stored log: after a kill it is there only a moment later."""

LONGEST_PAUSE = 30.0
"""Seconds that are waited at most because a server asks for a pause, while a person waits for a log."""

READ_PAUSE = 0.1
"""Seconds in which what comes of a stored log is gathered; its begin is told at once."""

SCREEN = 100
"""So many lines of it are worth telling before the rest is there."""

QUIET_END = 1.0
"""Seconds without a piece after which the step's status is looked at: with some set-ups the stream does not end."""

GONE = "the server has no live log of this step any more; the whole comes when it ends"
"""What is said where a stream ends as soon as it opens, though the step runs: live logs are in a server's memory, and
one that was started anew knows nothing of what it had told."""


@dataclass(frozen=True, slots=True)
class LogState:
    """A log as far as it is known.

    Its lines, how many of the first ones are as in the state before, whether it still grows, a sentence where there is
    something to say (no log kept, a connection that broke), and while it grows how many lines have ended. What is
    `read` of a step that has ended grows too, until all has come, and nothing of it is news.
    """

    lines: Sequence[LogLine]
    same: int
    live: bool
    said: str = ""
    ended: int = 0
    read: bool = False


_NEVER_RAN = (Status.SKIPPED, Status.DECLINED)

StepStatus = Callable[[], Status]
"""What is known of the step right now."""


async def follow(
    source: Source,
    slug: str,
    number: int,
    stage: int,
    step: int,
    status: StepStatus,
    random: Random | None = None,
    away: Callable[[], bool] = lambda: False,
) -> AsyncGenerator[LogState, None]:
    """The log of a step, from what is there until it has ended. Waits while the step has not begun.

    `away` tells whether the server is known not to answer; once it does again, a live log is tried at once.
    """
    while status().rank == 0:
        yield LogState([], 0, live=True, said="not begun yet")
        await _while(lambda: status().rank == 0)
    seen = LogState([], 0, live=True)
    if not status().ended:
        chance = random or Random()  # noqa: S311  (spreads requests; nothing secret)
        async with aclosing(_live(source, slug, number, stage, step, status, chance, away)) as states:
            async for seen in states:
                yield seen
    if not seen.live:
        return
    if status() in _NEVER_RAN:
        yield LogState([], 0, live=False, said=f"{status()}: it has no log")
        return
    async with aclosing(_read(source, slug, number, stage, step)) as states:
        async for state in states:
            if not seen.lines:
                yield state
            elif not state.live:  # what was seen stays until all of what takes its place is there
                lines, same = (seen.lines, len(seen.lines)) if state.said else (state.lines, 0)
                yield LogState(lines, same, live=False, said=state.said)


async def stored(source: Source, slug: str, number: int, stage: int, step: int) -> LogState:
    """The log of a step that has ended. Where not all of it can be had, it is said why."""
    *_, end = [state async for state in _read(source, slug, number, stage, step)]
    return end


async def _read(source: Source, slug: str, number: int, stage: int, step: int) -> AsyncGenerator[LogState, None]:
    """The log of a step that has ended, as it comes. Where not all of it can be had, it is said why."""
    log, said, pause, same = LogAssembler(), "", 0.0, 0
    now, told = asyncio.get_running_loop().time, float("-inf")
    for wait in STORED_AFTER:
        await asyncio.sleep(max(wait, pause))
        try:
            async with source.log(slug, number, stage, step) as batches:
                async for pieces in batches:
                    same = min(same, log.feed(pieces))
                    if log.ended >= SCREEN and now() - told >= READ_PAUSE:
                        told = now()
                        yield LogState(log.lines, same, live=True, ended=log.ended, read=True)
                        same = log.ended
            yield LogState(log.lines, same, live=False, read=True)
            return
        except Denied as error:
            said = "the server keeps no log of this step" if error.status == 404 else str(error)
        except Unauthorized as error:
            said = str(error)
            break
        except SourceError as error:
            said, pause = str(error), min(error.retry_after, LONGEST_PAUSE)
    yield LogState(log.lines, same, live=False, said=said, read=True)


async def _live(
    source: Source,
    slug: str,
    number: int,
    stage: int,
    step: int,
    status: StepStatus,
    random: Random,
    away: Callable[[], bool],
) -> AsyncGenerator[LogState, None]:
    """The log while it grows. A state that is not live is the last: the token is refused."""
    log, backoff, said, now = LogAssembler(), Backoff(random), "", asyncio.get_running_loop().time
    while not (known := status()).ended:
        pause, ends = 0.0, False
        try:
            async with (
                source.follow(slug, number, stage, step) as batches,
                aclosing(_until(lambda: status().ended, batches)) as coming,
            ):
                opened, ends = now(), True
                if said not in ("", GONE):
                    said = ""
                    yield LogState(log.lines, len(log.lines), live=True, ended=log.ended)
                async for pieces in coming:
                    if pieces:
                        same, said, ends = log.feed(pieces), "", False
                        yield LogState(log.lines, same, live=True, ended=log.ended)
                        backoff.succeeded()
                ends = ends and now() - opened < QUIET_END
        except SourceError as error:
            refused, said, ends = isinstance(error, Unauthorized), str(error), False
            yield LogState(log.lines, len(log.lines), live=not refused, said=said, ended=log.ended)
            if refused:
                return
            pause = error.retry_after
        # The end of the stream comes a moment before the end of the step is told, or the connection broke.
        wait = backoff.failed(pause)
        soon, as_before = min(wait, QUIET_END), _AsBefore(status, known, away)
        await _while(as_before, at_most=soon)
        if ends and said != GONE and status() == known:
            said = GONE
            yield LogState(log.lines, len(log.lines), live=True, said=said, ended=log.ended)
        await _while(as_before, at_most=wait - soon)
        if status() != known:
            backoff.succeeded()


async def _until(over: Callable[[], bool], batches: AsyncIterator[list[Piece]]) -> AsyncGenerator[list[Piece], None]:
    """The batches, until they end, or until it is `over` and nothing came for a while."""
    while True:
        coming = asyncio.ensure_future(anext(batches, None))
        try:
            while not (await asyncio.wait({coming}, timeout=QUIET_END))[0]:
                if over():
                    return
            pieces = coming.result()
        finally:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)
        if pieces is None:
            return
        yield pieces


class _AsBefore:
    """Whether nothing happened that makes another try worth it: the step is as `known`, and no server came back."""

    def __init__(self, status: StepStatus, known: Status, away: Callable[[], bool]) -> None:
        self._status = status
        self._known = known
        self._away = away
        self._was_away = away()

    def __call__(self) -> bool:
        away = self._away()
        self._was_away = self._was_away or away
        return self._status() == self._known and away == self._was_away


async def _while(condition: Callable[[], bool], at_most: float = float("inf")) -> None:
    """Wait as long as `condition` holds, looking a few times a second, `at_most` so many seconds."""
    waited = 0.0
    while condition() and waited < at_most:
        await asyncio.sleep(0.1)
        waited += 0.1
