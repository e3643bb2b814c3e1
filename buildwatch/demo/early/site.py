"""An early Drone put together."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.routing import BaseRoute

from buildwatch.demo.bell import Bell
from buildwatch.demo.early.acting import Acting
from buildwatch.demo.early.answers import NOT_AUTHORIZED, Answers, Refused
from buildwatch.demo.early.events import Announcer
from buildwatch.demo.early.generations import Generation
from buildwatch.demo.early.habits import EarlyHabits
from buildwatch.demo.early.reading import Reading
from buildwatch.demo.early.shapes import Shapes
from buildwatch.demo.early.sockets import Sockets
from buildwatch.demo.early.streaming import Streaming
from buildwatch.demo.events import Publisher, as_data
from buildwatch.demo.site import Parts, Usual


class EarlySite:
    """What is only early Drone's of a server."""

    def __init__(self, parts: Parts, habits: EarlyHabits, generation: Generation) -> None:
        world = parts.world
        self._bell = Bell()
        shapes = Shapes(generation)
        answers = Answers("Drone", generation.version, lambda: world.now)
        reading = Reading(world, parts.users, answers, shapes)
        frame = bytes if generation.sockets else as_data
        habits.tell = Announcer(shapes, Publisher(world, parts.hub, frame)).tell
        world.on_step_end = lambda _: self.wake()
        streaming = Sockets if generation.sockets else Streaming
        live = streaming(reading, parts.hub, self._bell, parts.now, parts.ping_after)
        self.routes: Sequence[BaseRoute] = [
            *reading.routes(),
            *Acting(reading, habits, parts.life).routes(),
            *live.routes(),
        ]
        self.usual = Usual(
            unauthorized=lambda: answers.refusal(Refused(401, NOT_AUTHORIZED)),
            hidden=lambda: answers.empty(404),
            failed=lambda: answers.empty(500),
            elsewhere=lambda _: answers.page(),
        )

    def wake(self) -> None:
        """Let everybody who follows a log look again."""
        self._bell.ring()
