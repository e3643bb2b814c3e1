"""Room for looking up the names of many servers at once."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Final
from weakref import WeakSet

MOST: Final = 1024
"""Threads, each begun when there is a name to look up and no other thread is idle."""

_roomy: WeakSet[asyncio.AbstractEventLoop] = WeakSet()


def make_room() -> None:
    """Have the running event loop look up as many names at once as there are.

    Of itself it has a few threads for that, and the names that nobody answers for would keep all others waiting.
    """
    loop = asyncio.get_running_loop()
    if loop not in _roomy:
        _roomy.add(loop)
        loop.set_default_executor(ThreadPoolExecutor(MOST, "look-up"))
