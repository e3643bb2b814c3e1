"""Asking several servers at once, so that those that are dead keep nobody waiting for those that live."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Final, TypeVar

from buildwatch.cli.errors import UserError
from buildwatch.cli.servers import CANNOT_ASK, Server

TOGETHER: Final = 0.5
"""Seconds that answers which come one after the other are gathered: what is printed at once has common columns."""

LATE: Final = 5.0
"""Seconds that the other servers have once one has answered: dead ones would take half a minute."""

T = TypeVar("T")


async def together(
    servers: Sequence[Server], call: Callable[[Server], Awaitable[T]]
) -> AsyncIterator[dict[int, T | UserError]]:
    """What each server gives, by its place in `servers`: first what comes within half a second, then the later ones.

    In place of an answer there is the sentence that says why there is none. One server alone has all the time it needs.
    """
    now = asyncio.get_running_loop().time
    asked = [asyncio.ensure_future(call(server)) for server in servers]
    pending, last = set(asked), None
    try:
        while pending:
            rest = None if last is None else max(0.0, last - now())
            done, pending = await asyncio.wait(pending, timeout=rest, return_when=asyncio.FIRST_COMPLETED)
            if done and pending:
                more, pending = await asyncio.wait(pending, timeout=TOGETHER)
                done |= more
            answers: dict[int, T | UserError] = {}
            for at, one in enumerate(asked):
                if one in done:
                    error = one.exception()
                    answers[at] = error if isinstance(error, UserError) else one.result()
            if last is None and not all(isinstance(answer, UserError) for answer in answers.values()):
                last = now() + LATE
            if not done:
                yield {at: _silent(servers[at]) for at, one in enumerate(asked) if one in pending}
                return
            yield answers
    finally:
        for one in pending:
            one.cancel()
        await asyncio.gather(*pending, return_exceptions=True)


def _silent(server: Server) -> UserError:
    source = server.source
    return UserError(
        f"{source.name} has not answered at {source.url} while others have (within {LATE:g} s); "
        f"--server {source.name} waits for it",
        CANNOT_ASK,
    )
