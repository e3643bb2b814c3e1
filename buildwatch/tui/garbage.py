"""When Python looks for garbage in cycles: rarely, and never again among what the app is made of."""

from __future__ import annotations

import asyncio
import gc
from typing import Final

MANY: Final = 5_000
"""So many more objects than were let go of, after which the new ones are looked at: half a megabyte, in 1 ms."""

SETTLED: Final = 5.0
"""Seconds after which nothing more is imported or laid out for the first time."""


def collect_garbage() -> None:
    """Begin to collect garbage, if none is collected yet.

    What is there after a while are modules, classes and widgets, which stay. To look at all of them again and again was
    a seventh of all that the app did while builds ran, in pauses of 30 ms for which keys waited.
    """
    if gc.isenabled():
        return
    gc.set_threshold(MANY, 10, 10)
    gc.enable()
    asyncio.get_running_loop().call_later(SETTLED, settle)


def settle() -> None:
    """Collect once, and from then on only from what is made later."""
    gc.collect()
    gc.freeze()
