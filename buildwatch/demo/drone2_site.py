"""Drone 2.x put together."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response
from starlette.routing import BaseRoute

from buildwatch.demo.action_routes import Acting
from buildwatch.demo.admin_routes import Administering
from buildwatch.demo.answers import json_answer, not_found, page
from buildwatch.demo.events import Publisher, as_data
from buildwatch.demo.log_streams import LiveLogs
from buildwatch.demo.repo_routes import Reading
from buildwatch.demo.site import Parts, Usual
from buildwatch.demo.stream_routes import Streaming


class Drone2Site:
    """What is only Drone 2.x's of a server."""

    def __init__(self, parts: Parts) -> None:
        world = parts.world
        self._live = LiveLogs(world, parts.now, parts.ping_after)
        world.on_publish = Publisher(world, parts.hub, as_data).publish
        world.on_step_end = lambda _: self.wake()
        reading = Reading(world, parts.users)
        self.routes: Sequence[BaseRoute] = [
            *reading.routes(),
            *Acting(reading, parts.life).routes(),
            *Administering(reading, parts.hub).routes(),
            *Streaming(reading, parts.hub, self._live, parts.ping_after).routes(),
        ]
        self.usual = Usual(
            unauthorized=lambda: _message(401, "Unauthorized"),
            hidden=lambda: _message(404, "Not Found"),
            failed=lambda: _message(500, "Not Found"),
            elsewhere=_elsewhere,
        )

    def wake(self) -> None:
        """Let everybody who follows a log look again."""
        self._live.wake()


def _message(status: int, text: str) -> Response:
    return json_answer({"message": text}, status)


def _elsewhere(path: str) -> Response:
    """A path nobody knows: the web interface, or plain text under /api."""
    return not_found() if path == "/api" or path.startswith("/api/") else page()
