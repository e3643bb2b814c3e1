"""From a changed build to the bytes every event stream gets: one snapshot, encoded once for all readers."""

from __future__ import annotations

from buildwatch.demo import drone2
from buildwatch.demo.state import Build
from buildwatch.demo.streams import Hub
from buildwatch.demo.world import World


class Publisher:
    """Tells the streams about builds, with the faults ordered for events."""

    def __init__(self, world: World, hub: Hub) -> None:
        self._world = world
        self._hub = hub

    def publish(self, build: Build) -> None:
        faults = self._world.faults
        if faults.hits(faults.drop_events):
            return
        if build.status.ended and not build.told:
            build.told = self._world.now
        if not len(self._hub):
            return
        shape = drone2.repo(build.repo, build=build, stages=True)
        if faults.hits(faults.strange_events):
            _estrange(shape)
        frame = b"data: " + drone2.encode(shape) + b"\n\n"
        self._hub.publish(build.repo.id, frame)
        if faults.hits(faults.duplicate_events):
            self._hub.publish(build.repo.id, frame)


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
