"""Lets many readers wait for the same thing."""

from __future__ import annotations

import asyncio


class Bell:
    """Rings for everybody who waits at that moment, and is forgotten by those who come later."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Event] = set()

    def ring(self) -> None:
        for event in self._waiting:
            event.set()

    async def wait(self, seconds: float) -> None:
        """Until it rings, or so many seconds have passed."""
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return
        finally:
            self._waiting.discard(event)
