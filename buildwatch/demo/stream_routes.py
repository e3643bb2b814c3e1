"""The paths of the event streams and the live logs."""

from __future__ import annotations

from starlette.requests import Request
from starlette.routing import Route

from buildwatch.demo.access import streamed
from buildwatch.demo.answers import Methods, no_rows, number
from buildwatch.demo.log_streams import LiveLogs
from buildwatch.demo.repo_routes import Reading
from buildwatch.demo.streams import EventStream, Hub


class Streaming:
    """What does not end. `ping_after` is in seconds without any event of any repo."""

    def __init__(self, reading: Reading, hub: Hub, live: LiveLogs, ping_after: float) -> None:
        self._reading = reading
        self._hub = hub
        self._live = live
        self._ping_after = ping_after

    def routes(self) -> list[Route]:
        one = "/api/stream/{owner}/{name}"
        return [
            Route("/api/stream", Methods(GET=self._all)),
            Route(one, Methods(GET=self._one)),
            Route(one + "/{number}/{stage}/{step}", Methods(GET=self._log)),
        ]

    def _all(self, request: Request) -> EventStream:
        user = self._reading.users.asking(request)
        visible = frozenset(repo.id for repo in self._reading.world.repos if streamed(user, repo))
        return self._stream(visible)

    def _one(self, request: Request) -> EventStream:
        return self._stream(frozenset({self._reading.repo(request).id}))

    def _stream(self, visible: frozenset[int]) -> EventStream:
        source = self._hub.listen(visible.__contains__, self._ping_after)
        return EventStream(source, self._reading.world.faults.cut_streams_after)

    def _log(self, request: Request) -> EventStream:
        repo = self._reading.repo(request)
        values = request.path_params
        build_number = number(values["number"])
        stage, step = number(values["stage"], "Atoi"), number(values["step"], "Atoi")
        build = repo.by_number.get(build_number)
        found = build.step(stage, step) if build else None
        if build is None or found is None:
            raise no_rows()
        return EventStream(self._live.follow(build, found), self._reading.world.faults.cut_streams_after)
