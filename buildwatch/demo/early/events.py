"""From news of a build to the message every event stream of an early Drone gets."""

from __future__ import annotations

from typing import Any

from buildwatch.demo.agents import News
from buildwatch.demo.early.shapes import NO_JOB, NO_PROC, Json, Shapes, job
from buildwatch.demo.events import Publisher
from buildwatch.demo.state import Build, Stage

_WORDS = {News.ENQUEUED: "enqueued", News.BEGUN: "started", News.DONE: "finished"}
_STRANGE = {"running": "warming_up", "pending": "quarantined"}


class Announcer:
    """Puts news into messages: snapshots of the build in 0.7 and 0.8, of one job in 0.5, which has no more."""

    def __init__(self, shapes: Shapes, publisher: Publisher) -> None:
        self._shapes = shapes
        self._publisher = publisher

    def tell(self, build: Build, news: News, stage: Stage | None) -> None:
        if self._shapes.generation.jobs:
            if news is not News.STEP:
                self._publisher.send(build, lambda: self._of_job(build, news, stage), estrange)
        else:
            self._publisher.send(build, lambda: self._of_build(build, news), estrange)

    def _of_build(self, build: Build, news: News) -> Json:
        """Only the first message has a type, none a proc, and that of a begun pipeline is flat."""
        shape = self._shapes.build(build, procs=True, flat=news is News.BEGUN)
        kind = "enqueued" if news is News.ENQUEUED else ""
        return {"type": kind, "repo": self._shapes.repo(build.repo), "build": shape, "proc": NO_PROC}

    def _of_job(self, build: Build, news: News, stage: Stage | None) -> Json:
        told = job(stage, build) if stage else NO_JOB
        return {
            "type": _WORDS[news],
            "repo": self._shapes.repo(build.repo),
            "build": self._shapes.build(build),
            "job": told,
        }


def estrange(shape: Json) -> None:
    """Make a message look as if a newer server had sent it: fields nobody knows, words nobody has heard."""
    shape["insights"] = {"score": 0.5, "tags": ["new"]}
    _reword(shape)


def _reword(value: Any) -> None:
    if isinstance(value, dict):
        for name, item in value.items():
            if name in ("status", "state"):
                value[name] = _STRANGE.get(item, item)
            else:
                _reword(item)
    elif isinstance(value, list):
        for item in value:
            _reword(item)
