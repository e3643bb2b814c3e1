"""Room for looking up the names of many servers at once."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, ParamSpec, TypeVar
from weakref import WeakSet

MOST: Final = 1024
"""Threads, each begun when there is a name to look up and no other thread is idle."""

P = ParamSpec("P")
T = TypeVar("T")

_roomy: WeakSet[asyncio.AbstractEventLoop] = WeakSet()


def make_room() -> None:
    """Have the running event loop look up as many names at once as there are.

    Of itself it has a few threads for that, and the names that nobody answers for would keep all others waiting.
    """
    loop = asyncio.get_running_loop()
    if loop not in _roomy:
        _roomy.add(loop)
        loop.set_default_executor(_Lookups(MOST))


class _Lookups(ThreadPoolExecutor):
    """An event loop's threads. A look-up has one of its own for which no end waits: it can take minutes."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Start a call; look-ups are known by what is called."""
        looks_up = fn is socket.getaddrinfo
        if not looks_up:
            return super().submit(fn, *args, **kwargs)
        future: Future[T] = Future()

        def look_up() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(fn(*args, **kwargs))
            except BaseException as error:
                future.set_exception(error)

        threading.Thread(target=look_up, name="look-up", daemon=True).start()
        return future
