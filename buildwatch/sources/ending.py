"""Ending tasks for good."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

AGAIN = 1.0
"""Seconds after which a task that has not ended is cancelled once more."""


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks until all have ended, however.

    Once is not always enough: a cancellation that comes in the moment in which a connection is made or given up can
    get lost in the libraries below us, and would leave us waiting for ever.
    """
    chosen = set(tasks)
    pending = {task for task in chosen if not task.done()}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=AGAIN)
    for task in chosen:
        if not task.cancelled():
            task.exception()  # looked at: whoever ends a task does not want to know
