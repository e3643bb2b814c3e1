"""Acting on early Drone: restart, deploy, stop, approve, decline."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from buildwatch.demo import actions, origins
from buildwatch.demo.early.answers import Calls, Refused, whole
from buildwatch.demo.early.habits import EarlyHabits
from buildwatch.demo.early.reading import ONE, Reading
from buildwatch.demo.early.shapes import by_pid
from buildwatch.demo.life import Life
from buildwatch.demo.state import Build, Origin, Status

_RESERVED = ("fork", "event", "deploy_to", "access_token")


class Acting:
    """The calls that change something. Parameters come in the query string."""

    def __init__(self, reading: Reading, habits: EarlyHabits, life: Life) -> None:
        self._reading = reading
        self._answers = reading.answers
        self._generation = reading.generation
        self._habits = habits
        self._world = reading.world
        self._life = life

    def routes(self) -> list[Route]:
        answers, one = self._answers, ONE + "/builds/{number}"
        calls = {"GET": self._reading.one, "POST": self._restart}
        if self._generation.zombies:
            calls["DELETE"] = self._zombie_kill
        routes = [
            Route(one, Calls(answers, **calls)),
            Route(one + "/{pid}", Calls(answers, DELETE=self._kill)),
        ]
        if self._generation.gates:
            routes.insert(1, Route(one + "/approve", Calls(answers, POST=self._approve)))
            routes.insert(1, Route(one + "/decline", Calls(answers, POST=self._decline)))
        return routes

    def _restart(self, request: Request) -> Response:
        build = self._reading.build(request, "write")
        if build.status in (Status.BLOCKED, Status.DECLINED):
            raise Refused(500, f"cannot restart a build with status {build.status}")
        if self._generation.renews and not build.status.ended:
            raise Refused(409, "Cannot re-start a started build")
        origin = self._again(request, build)
        if self._generation.renews and request.query_params.get("fork") != "true":
            self._habits.run_again(build, replace(origin, parent=build.origin.parent), self._life.pace)
            return self._made(build)
        event = "promote" if origin.deploy_to else ""
        plan = actions.plan_again(self._world, build, self._life.pace, event)
        if build.plan.error:
            return self._stuck(build, origin)
        return self._made(actions.create(self._world, build.repo, plan, origin))

    def _again(self, request: Request, build: Build) -> Origin:
        """The same commit once more, or a deployment of it."""
        query = request.query_params
        params = {name: value for name, value in query.items() if name not in _RESERVED}
        if query.get("event") == "deployment":
            login = self._reading.signed_in(request).login
            return origins.deployment(build, "promote", login, query.get("deploy_to", ""), params)
        return replace(build.origin, parent=build.number, params=build.origin.params | params)

    def _stuck(self, build: Build, origin: Origin) -> Response:
        """What cannot be read a second time is answered as an error, and kept as pending for ever."""
        made = self._world.create(build.repo, build.plan, origin)
        answer = self._answers.json(self._reading.shapes.build(made), 500)
        made.status, made.error, made.started, made.finished = Status.PENDING, "", 0, 0
        return answer

    def _made(self, build: Build) -> Response:
        """The build as the call answers that made it: 0.5 tells no jobs, the others no tree."""
        procs = not self._generation.jobs
        return self._answers.json(self._reading.shapes.build(build, procs=procs, flat=True), 202)

    def _kill(self, request: Request) -> Response:
        build = self._reading.build(request, "write")
        found = by_pid(build, whole(request.path_params["pid"]))
        if found is None:
            raise Refused(404)
        stage, step = found
        if (step or stage).status is not Status.RUNNING:
            raise Refused(400, "Cannot cancel a non-running build")
        if step is None:
            self._habits.kill(build, stage)
        return self._answers.text("", 204)

    def _zombie_kill(self, request: Request) -> Response:
        build = self._reading.build(request, "admin")
        if build.status is not Status.RUNNING:
            raise Refused(400, "Cannot force cancel a non-running build")
        self._habits.zombie_kill(build)
        return self._answers.text("", 204)

    def _approve(self, request: Request) -> Response:
        build = self._blocked(request)
        self._habits.approve(build, self._reading.signed_in(request).login)
        return self._answers.json(self._reading.shapes.build(build))

    def _decline(self, request: Request) -> Response:
        build = self._blocked(request)
        self._habits.decline(build, self._reading.signed_in(request).login)
        return self._answers.json(self._reading.shapes.build(build))

    def _blocked(self, request: Request) -> Build:
        """A blocked build; the refusal speaks of declining even where it was to be approved."""
        build = self._reading.build(request, "write")
        if build.status is not Status.BLOCKED:
            raise Refused(500, f"cannot decline a build with status {build.status}")
        return build
