"""What does not end in Drone 0.8: `/stream/events` and `/stream/logs`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable

from starlette.requests import Request
from starlette.routing import Route

from buildwatch.demo.access import streamed
from buildwatch.demo.bell import Bell
from buildwatch.demo.drone2 import encode
from buildwatch.demo.early.answers import Calls, whole
from buildwatch.demo.early.lines import StageLog, is_open
from buildwatch.demo.early.reading import Reading
from buildwatch.demo.early.shapes import by_pid
from buildwatch.demo.state import Build, Repo, Stage
from buildwatch.demo.streams import END, PING, EventStream, Hub

LOOK_AGAIN = 0.2
"""Seconds between two looks at a running log: agents of early Drone send each line at once."""


class Streaming:
    """`ping_after` is in seconds of silence, `now` gives the time after letting happen what is due."""

    def __init__(self, reading: Reading, hub: Hub, bell: Bell, now: Callable[[], float], ping_after: float) -> None:
        self._reading = reading
        self._world = reading.world
        self._hub = hub
        self._bell = bell
        self._now = now
        self._ping_after = ping_after

    def routes(self) -> list[Route]:
        answers = self._reading.answers
        return [
            Route("/stream/events", Calls(answers, GET=self._events)),
            Route("/stream/logs/{owner}/{name}/{number}/{pid}", Calls(answers, GET=self._log)),
        ]

    def _events(self, request: Request) -> EventStream:
        """Public repos for everybody; private ones of the user's own list, admin or not, as it is now."""
        user = self._reading.users.asking(request)
        visible = frozenset(repo.id for repo in self._world.repos if streamed(user, repo))
        return self._stream(self._hub.listen(visible.__contains__, self._ping_after))

    def _log(self, request: Request) -> EventStream:
        """Everything that is wrong but the repo is told inside the stream."""
        repo = self._reading.repo(request)
        values = request.path_params
        skipped = request.headers.get("last-event-id", "")
        skip = int(skipped) if skipped.isascii() and skipped.isdigit() else 0
        found = self._find(repo, whole(values["number"]), whole(values["pid"]))
        return self._stream(refusal(found) if isinstance(found, str) else self._follow(*found, skip))

    def _find(self, repo: Repo, number: int, pid: int) -> tuple[Build, Stage] | str:
        build = repo.by_number.get(number)
        if build is None:
            return "build not found"
        proc = by_pid(build, pid)
        if proc is None:
            return "process not found"
        stage, step = proc
        if not is_open(build, stage):
            return "stream not found"
        return "eof" if step else (build, stage)

    def _stream(self, source: AsyncGenerator[bytes]) -> EventStream:
        headers = self._reading.answers.stream_headers()
        return EventStream(source, self._world.faults.cut_streams_after, headers)

    async def _follow(self, build: Build, stage: Stage, skip: int) -> AsyncGenerator[bytes]:
        """All lines of a stage from its begin, numbered as they come, without the first `skip`."""
        yield PING
        log = StageLog(self._world.seed, self._reading.generation, build, stage)
        count, quiet_since, running = 0, self._now(), True
        while running:
            now, running = self._now(), is_open(build, stage)
            frames = []
            for line in log.new(now):
                count += 1
                if count > skip:
                    frames.append(b"id: %d\ndata: %s\n\n" % (count, encode(line.shape())))
            if frames:
                quiet_since = now
                yield b"".join(frames)
            elif now - quiet_since >= self._ping_after:
                quiet_since = now
                yield PING
            if running:
                await self._bell.wait(LOOK_AGAIN)
        yield END


async def refusal(reason: str) -> AsyncGenerator[bytes]:
    """A stream that says why it ends, and ends."""
    yield PING
    yield b"event: error\ndata: %s\n\n" % reason.encode()
