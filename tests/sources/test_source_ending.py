"""Tasks are ended for good, also such as lose a cancellation."""

from __future__ import annotations

import asyncio

from buildwatch.sources.ending import end


async def test_a_task_that_loses_a_cancellation_is_ended_all_the_same() -> None:
    lost = 0

    async def careless() -> None:
        nonlocal lost
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                lost += 1
                if lost == 3:
                    raise

    async def fails() -> None:
        raise ValueError

    async def ends() -> None:
        return

    tasks = [asyncio.create_task(careless()), asyncio.create_task(fails()), asyncio.create_task(ends())]
    await asyncio.sleep(1)
    async with asyncio.timeout(10):
        await end(tasks)
    assert lost == 3
    assert all(task.done() for task in tasks)
