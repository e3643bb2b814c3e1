"""What does not end in Woodpecker: `/api/stream/events` and `/api/stream/logs`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable

from starlette.requests import Request
from starlette.routing import Route

from buildwatch.demo.access import streamed
from buildwatch.demo.bell import Bell
from buildwatch.demo.drone2 import encode
from buildwatch.demo.early.answers import Calls, Refused, whole
from buildwatch.demo.early.streaming import refusal
from buildwatch.demo.state import Build, Repo, Step
from buildwatch.demo.streams import PING, EventStream, Hub
from buildwatch.demo.woodpecker import logs, shapes
from buildwatch.demo.woodpecker.reading import Reading, step_of

LOOK_AGAIN = 0.25
"""Seconds between two looks at a running log."""
END = b"event: eof\ndata: eof\n\n"


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
            Route("/api/stream/events", Calls(answers, GET=self._events)),
            Route("/api/stream/logs/{repo}/{number}/{step}", Calls(answers, GET=self._log)),
        ]

    def _events(self, request: Request) -> EventStream:
        """Public repos for everybody; private ones of the user's own list as it is now."""
        user = self._reading.users.asking(request)
        visible = frozenset(repo.id for repo in self._world.repos if streamed(user, repo))
        return self._stream(self._hub.listen(visible.__contains__, self._ping_after), "no-store")

    def _log(self, request: Request) -> EventStream:
        """Everything that is wrong but the repo is told inside the stream."""
        repo = self._reading.repo(request)
        skipped = request.headers.get("last-event-id", "")
        skip = int(skipped) if skipped.isascii() and skipped.isdigit() else 0
        found = self._find(repo, request.path_params["number"], request.path_params["step"])
        return self._stream(refusal(found) if isinstance(found, str) else self._follow(*found, skip), "no-cache")

    def _find(self, repo: Repo, number: str, step: str) -> tuple[Build, Step] | str:
        try:
            build = repo.by_number.get(whole(number))
        except Refused:
            return "pipeline number invalid"
        if build is None:
            return "pipeline not found"
        try:
            found = step_of(build, whole(step))
        except Refused:
            return "step id invalid"
        if found is None:
            return "process not found"
        return (build, found) if logs.may_come(found) else "step not running (anymore)"

    def _stream(self, source: AsyncGenerator[bytes], caching: str) -> EventStream:
        headers = self._reading.answers.stream_headers(caching)
        return EventStream(source, self._world.faults.cut_streams_after, headers)

    async def _follow(self, build: Build, step: Step, skip: int) -> AsyncGenerator[bytes]:
        """All lines of a step from its begin, without the first `skip`; it may begin later."""
        yield PING
        count, quiet_since, running = skip, self._now(), True
        while running:
            now, running = self._now(), logs.may_come(step)
            lines = logs.sent(self._world, build, step)
            if len(lines) > count:
                yield b"".join(_frame(step, number, *lines[number]) for number in range(count, len(lines)))
                count, quiet_since = len(lines), now
            elif now - quiet_since >= self._ping_after:
                quiet_since = now
                yield PING
            if running:
                await self._bell.wait(LOOK_AGAIN)
        yield END


def _frame(step: Step, number: int, at: float, out: str) -> bytes:
    entry = encode(shapes.log_entry(step, number, out, at, stored=False))
    return b"id: %d\ndata: %s\n\n" % (number + 1, entry)
