"""Woodpecker put together."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.routing import BaseRoute

from buildwatch.demo.agents import News
from buildwatch.demo.bell import Bell
from buildwatch.demo.early.answers import NOT_AUTHORIZED, Answers, Refused
from buildwatch.demo.early.events import estrange
from buildwatch.demo.events import Publisher, as_data
from buildwatch.demo.site import Parts, Usual
from buildwatch.demo.state import Build, Stage
from buildwatch.demo.woodpecker import shapes
from buildwatch.demo.woodpecker.acting import Acting
from buildwatch.demo.woodpecker.habits import WoodpeckerHabits
from buildwatch.demo.woodpecker.reading import Reading
from buildwatch.demo.woodpecker.streaming import Streaming


class WoodpeckerSite:
    """What is only Woodpecker's of a server."""

    def __init__(self, parts: Parts, habits: WoodpeckerHabits) -> None:
        world = parts.world
        self._bell = Bell()
        self._publisher = Publisher(world, parts.hub, as_data)
        answers = Answers("Woodpecker", shapes.VERSION, lambda: world.now)
        reading = Reading(world, parts.users, answers)
        habits.tell = self._tell
        world.on_step_end = lambda _: self.wake()
        self.routes: Sequence[BaseRoute] = [
            *reading.routes(),
            *Acting(reading, habits, parts.life).routes(),
            *Streaming(reading, parts.hub, self._bell, parts.now, parts.ping_after).routes(),
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

    def _tell(self, build: Build, news: News, stage: Stage | None) -> None:
        """Every piece of news is a snapshot of the whole pipeline."""
        del news, stage
        self._publisher.send(build, lambda: _event(build), estrange)


def _event(build: Build) -> shapes.Json:
    return {"repo": shapes.repo(build.repo), "pipeline": shapes.pipeline(build, workflows=True, event=True)}
