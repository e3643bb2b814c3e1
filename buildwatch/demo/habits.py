"""What a kind of server does with builds, whatever it says about them on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from buildwatch.demo import actions, runner

if TYPE_CHECKING:
    from buildwatch.demo.plans import Outcome
    from buildwatch.demo.state import Build, Stage, Step
    from buildwatch.demo.world import World


class Habits(Protocol):
    """Between the making of a build and its end. Ended builds stay as they are, whatever is asked."""

    def start(self, build: Build) -> None:
        """Take over a build that was just made."""

    def restart(self, build: Build, login: str, pace: float) -> Build | None:
        """Run it again, under a new number or its own; None where that is refused."""

    def cancel(self, build: Build) -> None:
        """End it as somebody does by hand."""

    def supersede(self, build: Build) -> None:
        """End it because of a newer push."""

    def end_silently(self, build: Build) -> None:
        """End it so that no event stream ever hears of it."""

    def decline(self, build: Build, login: str) -> None:
        """Refuse a blocked build."""

    def release(self, build: Build, stage: Stage, step: Step, outcome: Outcome, exit_code: int) -> None:
        """End a running step, whatever its plan says."""

    def kill_runners(self) -> None:
        """All runners are gone at once, and the server does not notice."""

    def revive_runners(self) -> None:
        """Runners are back: they take what waits."""


class Drone2Habits:
    """Drone 2.x: `runner` and `actions` of this package, as one thing."""

    def __init__(self, world: World) -> None:
        self._world = world

    def start(self, build: Build) -> None:
        runner.start(self._world, build)

    def restart(self, build: Build, login: str, pace: float) -> Build | None:
        try:
            return actions.restart(self._world, build, login=login, params={}, pace=pace)
        except actions.Declined:
            return None

    def cancel(self, build: Build) -> None:
        actions.cancel(self._world, build)

    def supersede(self, build: Build) -> None:
        actions.supersede(self._world, build)

    def end_silently(self, build: Build) -> None:
        actions.cancel(self._world, build)

    def decline(self, build: Build, login: str) -> None:
        del login  # Drone 2.x does not keep who declined
        actions.decline_all(self._world, build)

    def release(self, build: Build, stage: Stage, step: Step, outcome: Outcome, exit_code: int) -> None:
        runner.release(self._world, build, stage, step, outcome, exit_code)

    def kill_runners(self) -> None:
        runner.kill_runners(self._world)

    def revive_runners(self) -> None:
        runner.revive(self._world)
