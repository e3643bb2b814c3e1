"""Acting on Woodpecker: run, restart, deploy, cancel, approve, decline."""

from __future__ import annotations

from dataclasses import replace

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from buildwatch.demo import actions, origins
from buildwatch.demo.early.answers import Calls, Refused
from buildwatch.demo.life import Life
from buildwatch.demo.state import Build, Repo, Status
from buildwatch.demo.templates import Draw, draw
from buildwatch.demo.woodpecker import shapes
from buildwatch.demo.woodpecker.habits import WoodpeckerHabits
from buildwatch.demo.woodpecker.reading import ONE, Reading

_RESERVED = ("event", "deploy_to", "deploy_task", "access_token")
_STOPPABLE = "Cannot cancel a non-running or non-pending or non-blocked pipeline"


class Wanted(msgspec.Struct):
    """The body of a call that starts a pipeline."""

    branch: str = ""
    variables: dict[str, str] = {}


class Acting:
    """The calls that change something."""

    def __init__(self, reading: Reading, habits: WoodpeckerHabits, life: Life) -> None:
        self._reading = reading
        self._answers = reading.answers
        self._habits = habits
        self._world = reading.world
        self._life = life

    def routes(self) -> list[Route]:
        answers, builds = self._answers, ONE + "/pipelines"
        one = builds + "/{number}"
        return [
            Route(builds, Calls(answers, GET=self._reading.builds, POST=self._run)),
            Route(one, Calls(answers, GET=self._reading.one, POST=self._restart)),
            Route(one + "/cancel", Calls(answers, POST=self._cancel)),
            Route(one + "/approve", Calls(answers, POST=self._approve)),
            Route(one + "/decline", Calls(answers, POST=self._decline)),
        ]

    def _run(self, request: Request) -> ASGIApp:
        repo = self._reading.repo(request, "write")
        login = self._reading.signed_in(request).login

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            try:
                wanted = msgspec.json.decode(await request.body(), type=Wanted)
                made = self._answers.json(shapes.pipeline(self._start(repo, wanted, login), workflows=True))
            except msgspec.DecodeError:
                made = self._answers.empty(400)
            except Refused as refused:
                made = self._answers.refusal(refused)
            await made(scope, receive, send)

        return answer

    def _start(self, repo: Repo, wanted: Wanted, login: str) -> Build:
        """A pipeline of a branch's newest commit. A branch nobody knows is an error of the server's own."""
        branch = wanted.branch or repo.project.default_branch
        head = origins.newest_commit(repo, branch)
        if head is None and branch != repo.project.default_branch:
            raise Refused(500)
        after = head.origin.after if head else "0" * 40
        rng = self._world.rng(f"create/{repo.slug}/{repo.counter}")
        plan = draw(repo.project, Draw("custom", pace=self._life.pace), rng)
        return actions.create(self._world, repo, plan, origins.custom(repo, login, branch, after, wanted.variables))

    def _restart(self, request: Request) -> Response:
        build = self._reading.build(request, "write")
        login, query = self._reading.signed_in(request).login, request.query_params
        if build.status is Status.BLOCKED:
            raise Refused(400, "cannot restart a pipeline with status blocked")
        if query.get("event", "deployment") != "deployment":
            raise Refused(400)
        params = {name: value for name, value in query.items() if name not in _RESERVED}
        origin, event = replace(build.origin, parent=build.number, params=build.origin.params | params), ""
        if "event" in query:
            if not build.repo.project.targets:
                raise Refused(404)
            event = "promote"
            origin = origins.deployment(build, event, login, query.get("deploy_to", ""), params)
        if build.plan.error:
            self._habits.start(self._world.create(build.repo, build.plan, origin))
            raise Refused(500)
        made = actions.create(
            self._world, build.repo, actions.plan_again(self._world, build, self._life.pace, event), origin
        )
        return self._told(made)

    def _cancel(self, request: Request) -> Response:
        build = self._reading.build(request, "write")
        if build.status.ended:
            raise Refused(400, _STOPPABLE)
        self._habits.cancel_by(build, self._reading.signed_in(request).login)
        return self._answers.empty(204)

    def _approve(self, request: Request) -> Response:
        build = self._blocked(request, "approve")
        self._habits.approve(build, self._reading.signed_in(request).login)
        return self._told(build)

    def _decline(self, request: Request) -> Response:
        build = self._blocked(request, "decline")
        self._habits.decline(build, self._reading.signed_in(request).login)
        return self._told(build)

    def _blocked(self, request: Request, verb: str) -> Build:
        build = self._reading.build(request, "write")
        if build.status is not Status.BLOCKED:
            raise Refused(400, f"cannot {verb} a pipeline with status {build.status}")
        return build

    def _told(self, build: Build) -> Response:
        return self._answers.json(shapes.pipeline(build, workflows=True))
