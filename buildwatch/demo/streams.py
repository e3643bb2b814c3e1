"""The event streams: who listens, what they are told, and how a stream looks on the wire.

Drone 2.x keeps 100 events for a slow reader and drops the rest without a word, whether or not the reader may
see them; its keep-alive is put off by every event of every repo.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing, contextmanager

from starlette.types import Receive, Scope, Send

from buildwatch.demo.answers import STREAM_HEADERS

BUFFER = 100
PING = b": ping\n\n"
END = b"event: error\ndata: eof\n\n"


class Subscriber:
    """One open event stream; what it may see was decided when it opened."""

    def __init__(self, visible: Callable[[int], bool]) -> None:
        self._visible = visible
        self._waiting: deque[tuple[int, bytes]] = deque()
        self.news = asyncio.Event()

    def offer(self, repo: int, frame: bytes) -> None:
        if len(self._waiting) >= BUFFER:
            return
        self._waiting.append((repo, frame))
        self.news.set()

    def take(self) -> list[bytes]:
        """What has come and may be seen."""
        self.news.clear()
        taken, self._waiting = self._waiting, deque()
        return [frame for repo, frame in taken if self._visible(repo)]


class Hub:
    """All open event streams."""

    def __init__(self) -> None:
        self._subscribers: set[Subscriber] = set()

    def __len__(self) -> int:
        return len(self._subscribers)

    def publish(self, repo: int, frame: bytes) -> None:
        for subscriber in self._subscribers:
            subscriber.offer(repo, frame)

    @contextmanager
    def subscribed(self, visible: Callable[[int], bool]) -> Iterator[Subscriber]:
        """A place among the listeners, for as long as the block lasts."""
        subscriber = Subscriber(visible)
        self._subscribers.add(subscriber)
        try:
            yield subscriber
        finally:
            self._subscribers.discard(subscriber)

    async def listen(self, visible: Callable[[int], bool], ping_after: float) -> AsyncGenerator[bytes]:
        """The bytes of one event stream, for ever."""
        with self.subscribed(visible) as subscriber:
            yield PING
            while True:
                try:
                    async with asyncio.timeout(ping_after):
                        await subscriber.news.wait()
                except TimeoutError:
                    yield PING
                    continue
                frames = subscriber.take()
                if frames:
                    yield b"".join(frames)


class EventStream:
    """An answer that goes on: it ends when the source ends, the reader leaves, or it is cut.

    `cut_after` (seconds) breaks the connection off in the middle of the chunked body, as a proxy does.
    """

    def __init__(
        self,
        source: AsyncGenerator[bytes],
        cut_after: float | None,
        headers: Mapping[str, str] = STREAM_HEADERS,
    ) -> None:
        self._source = source
        self._cut_after = cut_after
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self._headers})
        try:
            async with asyncio.timeout(self._cut_after) as deadline, aclosing(self._source) as source:
                watcher = asyncio.create_task(_watch(receive, deadline))
                try:
                    async for chunk in source:
                        await send({"type": "http.response.body", "body": chunk, "more_body": True})
                finally:
                    watcher.cancel()
        except TimeoutError:
            return  # without the last chunk the server breaks the connection off
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _watch(receive: Receive, deadline: asyncio.Timeout) -> None:
    """End the stream when its reader has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
    deadline.reschedule(0)
