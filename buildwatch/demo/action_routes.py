"""Acting over REST: create, restart, cancel, approve, decline, promote, roll back, run a timer."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from buildwatch.demo import actions, drone2, origins
from buildwatch.demo.answers import Methods, Problem, empty, json_answer, no_rows, number
from buildwatch.demo.life import Life
from buildwatch.demo.plans import BuildPlan
from buildwatch.demo.repo_routes import Reading
from buildwatch.demo.state import Build, Origin, Repo, Stage
from buildwatch.demo.templates import Draw, draw

_UNKNOWN_COMMIT = "Internal Server Error"
"""What the server passes on when its SCM does not know a branch or a commit."""


class Acting:
    """The calls that change something. Parameters come in the query string."""

    def __init__(self, reading: Reading, life: Life) -> None:
        self._reading = reading
        self._world = reading.world
        self._life = life

    def routes(self) -> list[Route]:
        builds = "/api/repos/{owner}/{name}/builds"
        one = builds + "/{number}"
        return [
            Route(builds, Methods(GET=self._reading.builds, POST=self._create)),
            Route(one, Methods(GET=self._reading.one, POST=self._restart, DELETE=self._cancel)),
            Route(one + "/approve/{stage}", Methods(POST=self._approve)),
            Route(one + "/decline/{stage}", Methods(POST=self._decline)),
            Route(one + "/decline", Methods(POST=self._decline_all)),
            Route(one + "/promote", Methods(POST=self._promote)),
            Route(one + "/rollback", Methods(POST=self._roll_back)),
            Route("/api/repos/{owner}/{name}/cron", Methods(GET=self._crons)),
            Route("/api/repos/{owner}/{name}/cron/{cron}", Methods(POST=self._run_cron)),
        ]

    def _create(self, request: Request) -> Response:
        repo = self._reading.repo(request, "write")
        user = self._reading.signed_in(request)
        branch = request.query_params.get("branch") or repo.project.default_branch
        if branch == origins.NO_PIPELINE_BRANCH:
            return json_answer(None)
        head = origins.newest_commit(repo, branch)
        commit = request.query_params.get("commit", "")
        known = any(build.origin.after == commit for build in repo.builds)
        if (commit and not known) or (head is None and branch != repo.project.default_branch):
            raise Problem(404, _UNKNOWN_COMMIT)
        after = commit or (head.origin.after if head else "0" * 40)
        params = _params(request, "branch", "commit")
        origin = origins.custom(repo, user.login, branch, after, params)
        rng = self._world.rng(f"create/{repo.slug}/{repo.counter}")
        plan = draw(repo.project, Draw("custom", pace=self._life.pace), rng)
        return self._run(repo, plan, origin)

    def _restart(self, request: Request) -> Response:
        build = self._reading.build(request, "write")
        login = self._reading.signed_in(request).login
        try:
            made = actions.restart(self._world, build, login=login, params=_params(request), pace=self._life.pace)
        except actions.Declined:
            raise Problem(400, "cannot start a declined build") from None
        return json_answer(drone2.build_of(made))

    def _cancel(self, request: Request) -> Response:
        build = self._reading.build(request, "write")
        actions.cancel(self._world, build)
        return json_answer(drone2.build_of(build, stages=True))

    def _approve(self, request: Request) -> Response:
        build, stage = self._stage(request)
        try:
            actions.approve(self._world, build, stage)
        except actions.NotBlocked as no:
            raise Problem(400, f'Cannot approve a Pipeline with Status "{drone2.word(no.status)}"') from None
        return empty(204)

    def _decline(self, request: Request) -> Response:
        build, stage = self._stage(request)
        try:
            actions.decline(self._world, build, stage)
        except actions.NotBlocked as no:
            raise _not_declined(no) from None
        return empty(204)

    def _decline_all(self, request: Request) -> Response:
        try:
            actions.decline_all(self._world, self._reading.build(request, "admin"))
        except actions.NotBlocked as no:
            raise _not_declined(no) from None
        return empty(204)

    def _promote(self, request: Request) -> Response:
        return self._deploy(request, "promote")

    def _roll_back(self, request: Request) -> Response:
        return self._deploy(request, "rollback")

    def _deploy(self, request: Request, event: str) -> Response:
        build = self._reading.build(request, "write")
        login = self._reading.signed_in(request).login
        target = request.query_params.get("target", "")
        if not target:
            raise Problem(400, "Missing target environment")
        origin = origins.deployment(build, event, login, target, _params(request, "target"))
        plan = actions.plan_again(self._world, build, self._life.pace, event)
        return self._run(build.repo, plan, origin)

    def _crons(self, request: Request) -> Response:
        repo = self._reading.repo(request, "write")
        midnight = (self._world.seconds // 86400 + 1) * 86400
        return json_answer(
            [
                {
                    "id": repo.id * 10 + index,
                    "repo_id": repo.id,
                    "name": name,
                    "expr": "@daily",
                    "next": midnight,
                    "prev": midnight - 86400,
                    "event": "push",
                    "branch": repo.project.default_branch,
                    "disabled": False,
                    "created": 0,
                    "updated": 0,
                    "version": 0,
                }
                for index, name in enumerate(repo.project.crons)
            ]
        )

    def _run_cron(self, request: Request) -> Response:
        repo = self._reading.repo(request, "write")
        name = request.path_params["cron"]
        if name not in repo.project.crons:
            raise no_rows()
        rng = self._world.rng(f"cron/{repo.slug}/{repo.counter}")
        plan = draw(repo.project, Draw("cron", pace=self._life.pace), rng)
        return self._run(repo, plan, origins.cron(repo, name, rng))

    def _run(self, repo: Repo, plan: BuildPlan, origin: Origin) -> Response:
        """A build as the call that made it answers: without stages; `null` when no pipeline is for it."""
        if not plan.stages and not plan.error:
            return json_answer(None)
        return json_answer(drone2.build_of(actions.create(self._world, repo, plan, origin)))

    def _stage(self, request: Request) -> tuple[Build, Stage]:
        build = self._reading.build(request, "admin")
        stage = build.stage(number(request.path_params["stage"], "Atoi"))
        if stage is None:
            raise Problem(404, "Stage not found")
        return build, stage


def _params(request: Request, *reserved: str) -> dict[str, str]:
    """The query's own parameters: all but those that mean something to the server."""
    skipped = {*reserved, "access_token"}
    return {name: value for name, value in request.query_params.items() if name not in skipped}


def _not_declined(no: actions.NotBlocked) -> Problem:
    return Problem(400, f'Cannot decline build with status "{drone2.word(no.status)}"')
