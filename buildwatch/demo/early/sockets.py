"""What does not end in Drone 0.5 and 0.7: the websockets `/ws/feed` and `/ws/logs`.

They begin without a word and never close: whoever does not answer pings for a minute is cut off, and so is,
a while after its end, whoever follows a log. The end itself is told by the feed alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from starlette.requests import Request
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from buildwatch.demo.access import streamed
from buildwatch.demo.bell import Bell
from buildwatch.demo.drone2 import encode
from buildwatch.demo.early.answers import Answers, Calls, Handler, Refused, whole
from buildwatch.demo.early.lines import StageLog, is_open
from buildwatch.demo.early.reading import Reading
from buildwatch.demo.early.shapes import by_pid
from buildwatch.demo.early.streaming import LOOK_AGAIN
from buildwatch.demo.state import Build, Stage
from buildwatch.demo.streams import Hub

PATIENCE = 2.0
"""How long the server waits for the next pong, in times between two pings."""
COLLECTED = 0.3
"""When 0.5 is rid of the socket of an ended log, in times between two pings; a real one leaves that to chance."""

Source = AsyncGenerator[str]
Find = Callable[[Request], Source]


class Sockets:
    """`ping_after` is in seconds, `now` gives the time after letting happen what is due."""

    def __init__(self, reading: Reading, hub: Hub, bell: Bell, now: Callable[[], float], ping_after: float) -> None:
        self._reading = reading
        self._world = reading.world
        self._jobs = reading.generation.jobs
        self._hub = hub
        self._bell = bell
        self._now = now
        self._ping_after = ping_after

    def routes(self) -> list[BaseRoute]:
        answers = self._reading.answers
        paths: dict[str, Find] = {"/ws/feed": self._feed, "/ws/logs/{owner}/{name}/{number}/{pid}": self._log}
        routes: list[BaseRoute] = []
        for path, find in paths.items():
            socket = _Socket(find, answers, self._ping_after, lambda: self._world.faults.cut_streams_after)
            routes += [WebSocketRoute(path, socket), Route(path, Calls(answers, GET=_bad_request(answers)))]
        return routes

    def _feed(self, request: Request) -> Source:
        user = self._reading.users.asking(request)
        visible = frozenset(repo.id for repo in self._world.repos if streamed(user, repo))
        return self._messages(visible)

    async def _messages(self, visible: frozenset[int]) -> Source:
        with self._hub.subscribed(visible.__contains__) as subscriber:
            while True:
                await subscriber.news.wait()
                for frame in subscriber.take():
                    yield frame.decode()

    def _log(self, request: Request) -> Source:
        """What does not run is refused before there is a socket; a running step has one that stays silent."""
        build = self._reading.build(request)
        found = by_pid(build, whole(request.path_params["pid"]))
        if found is None or not is_open(build, found[0]) or (self._jobs and found[1]):
            raise Refused(404)
        stage, step = found
        return _silence() if step else self._lines(build, stage)

    async def _lines(self, build: Build, stage: Stage) -> Source:
        log = StageLog(self._world.seed, self._reading.generation, build, stage)
        running = True
        while running:
            now, running = self._now(), is_open(build, stage)
            for line in log.new(now):
                yield encode(line.shape()).decode()
            if running:
                await self._bell.wait(LOOK_AGAIN)
        if self._jobs:
            await asyncio.sleep(self._ping_after * COLLECTED)
            raise TimeoutError


class _Socket:
    """One path: refuses as over HTTP, or sends what a source gives."""

    def __init__(self, find: Find, answers: Answers, ping_after: float, cut_after: Callable[[], float | None]) -> None:
        self._find = find
        self._answers = answers
        self._ping_after = ping_after
        self._cut_after = cut_after

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            source = self._find(Request({**scope, "type": "http", "method": "GET"}, receive))
        except Refused as refused:
            await self._answers.refusal(refused)(scope, receive, send)
            return
        await receive()
        await send({"type": "websocket.accept"})
        try:
            async with asyncio.timeout(self._cut_after()), asyncio.timeout(None) as patience:
                await self._talk(source, patience, receive, send)
        except TimeoutError:
            return  # without a close frame

    async def _talk(self, source: Source, patience: asyncio.Timeout, receive: Receive, send: Send) -> None:
        """Send all there is, then nothing more until patience runs out."""
        hearing = asyncio.create_task(self._hear(receive, patience))
        pinging = asyncio.create_task(self._ping(send))
        try:
            async with aclosing(source):
                async for text in source:
                    await send({"type": "websocket.send", "text": text})
            pinging.cancel()
            await asyncio.Event().wait()
        finally:
            hearing.cancel()
            pinging.cancel()

    async def _hear(self, receive: Receive, patience: asyncio.Timeout) -> None:
        """Wait a while from each pong on, and no more once the reader has gone. What he says is not looked at."""
        loop = asyncio.get_running_loop()
        patience.reschedule(loop.time() + self._ping_after * PATIENCE)
        while (message := await receive())["type"] != "websocket.disconnect":
            if message["type"] == "websocket.pong":
                patience.reschedule(loop.time() + self._ping_after * PATIENCE)
        patience.reschedule(0)

    async def _ping(self, send: Send) -> None:
        while True:
            await asyncio.sleep(self._ping_after)
            await send({"type": "websocket.ping"})


async def _silence() -> Source:
    """A source that has nothing to say."""
    nothing: tuple[str, ...] = ()
    for text in nothing:
        yield text


def _bad_request(answers: Answers) -> Handler:
    """Without an upgrade there is no socket."""
    return lambda _: answers.text("Bad Request\n", 400)
