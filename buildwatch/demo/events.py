"""From a changed build to the bytes every event stream gets: one snapshot, encoded once for all readers."""

from __future__ import annotations

from collections.abc import Callable

from buildwatch.demo import drone2
from buildwatch.demo.state import Build
from buildwatch.demo.streams import Hub
from buildwatch.demo.world import World


class Publisher:
    """Tells the streams about builds, with the faults ordered for events.

    `frame` puts one message into what a stream sends.
    """

    def __init__(self, world: World, hub: Hub, frame: Callable[[bytes], bytes]) -> None:
        self._world = world
        self._hub = hub
        self._frame = frame

    def publish(self, build: Build) -> None:
        """Tell of a build as Drone 2.x does."""
        self.send(build, lambda: drone2.repo(build.repo, build=build, stages=True), _estrange)

    def send(self, build: Build, shape: Callable[[], drone2.Json], estrange: Callable[[drone2.Json], None]) -> None:
        """Tell of a build; its `shape` is made only when somebody listens."""
        faults = self._world.faults
        if faults.hits(faults.drop_events):
            return
        if build.status.ended and not build.told:
            build.told = self._world.now
        if not len(self._hub):
            return
        message = shape()
        if faults.hits(faults.strange_events):
            estrange(message)
        frame = self._frame(drone2.encode(message))
        self._hub.publish(build.repo.id, frame)
        if faults.hits(faults.duplicate_events):
            self._hub.publish(build.repo.id, frame)


def as_data(message: bytes) -> bytes:
    """A message as an event stream sends it."""
    return b"data: " + message + b"\n\n"


def _estrange(shape: drone2.Json) -> None:
    """Make a snapshot look as if a newer server had sent it."""
    shape["insights"] = {"score": 0.5, "tags": ["new"]}
    build = shape["build"]
    build["pipeline_graph"] = None
    if build["status"] == "running":
        build["status"] = "warming_up"
    for stage in build.get("stages", []):
        stage["attempts"] = [1]
        for step in stage.get("steps", []):
            if step["status"] == "pending":
                step["status"] = "quarantined"
