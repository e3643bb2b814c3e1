"""Reading Woodpecker over REST. Repos are asked for by their number, logs by the id of a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from buildwatch.demo.access import User, Users, listed, rights
from buildwatch.demo.early.answers import NOT_AUTHORIZED, Answers, Calls, Handler, Refused, whole
from buildwatch.demo.state import Build, Repo, Stage, Status, Step
from buildwatch.demo.woodpecker import logs, shapes

if TYPE_CHECKING:
    from buildwatch.demo.world import World

PAGE = 50
ONE = "/api/repos/{repo}"
WORKERS = 4
_OPEN = (Status.CREATED, Status.PENDING, Status.RUNNING)
_OF_INTEREST = (*_OPEN, Status.BLOCKED)


class Reading:
    """The read-only calls, and what the other calls need to find things."""

    def __init__(self, world: World, users: Users, answers: Answers) -> None:
        self.world = world
        self.users = users
        self.answers = answers

    def routes(self) -> list[Route]:
        calls: dict[str, Handler] = {
            "/version": self._version,
            "/healthz": lambda _: self.answers.empty(204),
            "/api/user": self._user,
            "/api/user/repos": self._user_repos,
            "/api/user/feed": self._feed,
            "/api/pipelines": self._open,
            "/api/queue/info": self._queue,
            "/api/repos/lookup/{slug:path}": self._lookup,
            ONE: self._repo,
            ONE + "/permissions": self._permissions,
            ONE + "/branches": self._branches,
            ONE + "/pipelines/latest": self._latest,
            ONE + "/logs/{number}/{step}": self._log,
        }
        return [Route(path, Calls(self.answers, GET=call)) for path, call in calls.items()]

    # Finding things

    def signed_in(self, request: Request) -> User:
        user = self.users.asking(request)
        if user is None:
            raise Refused(401, NOT_AUTHORIZED)
        return user

    def _admin(self, request: Request) -> None:
        if not self.signed_in(request).admin:
            raise Refused(403, NOT_AUTHORIZED)

    def repo(self, request: Request, need: str = "read") -> Repo:
        """The repo of the path, if the asking user may `read` or `write` it."""
        number = whole(request.path_params["repo"])
        found = self.world.repos[number - 1] if 1 <= number <= len(self.world.repos) else None
        return self._allowed(request, found, need)

    def _allowed(self, request: Request, repo: Repo | None, need: str = "read") -> Repo:
        user = self.users.asking(request)
        if repo is not None and getattr(rights(user, repo), need):
            return repo
        if user is None:
            raise Refused(401 if repo else 404)
        raise Refused(403 if repo and rights(user, repo).read else 404)

    def build(self, request: Request, need: str = "read") -> Build:
        repo = self.repo(request, need)
        build = repo.by_number.get(whole(request.path_params["number"]))
        if build is None:
            raise Refused(404)
        return build

    # Answers

    def _version(self, _: Request) -> Response:
        source = "https://github.com/woodpecker-ci/woodpecker"
        return self.answers.json({"source": source, "version": self.answers.version})

    def _user(self, request: Request) -> Response:
        return self.answers.json(shapes.user(self.signed_in(request)))

    def _own(self, request: Request) -> list[Repo]:
        user = self.signed_in(request)
        return sorted((repo for repo in self.world.repos if listed(user, repo)), key=lambda repo: repo.slug)

    def _user_repos(self, request: Request) -> Response:
        rows = []
        for repo in self._own(request):
            row = shapes.repo(repo)
            if repo.builds:
                row["last_pipeline"] = shapes.pipeline(repo.builds[-1])
            rows.append(row)
        return self.answers.json(rows)

    def _feed(self, request: Request) -> Response:
        own = self._own(request)
        if request.query_params.get("latest") == "true":
            return self.answers.json([shapes.feed(repo.builds[-1]) for repo in own if repo.builds])
        builds = [build for build in self.world.open.values() if build.repo in own and build.status in _OF_INTEREST]
        return self.answers.json([shapes.feed(build) for build in builds])

    def _open(self, request: Request) -> Response:
        self._admin(request)
        return self.answers.json([shapes.feed(build) for build in self.world.open.values() if build.status in _OPEN])

    def _queue(self, request: Request) -> Response:
        self._admin(request)
        queued: dict[Status, list[shapes.Json]] = {
            status: [shapes.task(stage, build) for build, stage in self._stages() if stage.status is status]
            for status in (Status.PENDING, Status.WAITING, Status.RUNNING)
        }
        pending, waiting, running = queued.values()
        stats = {
            "worker_count": max(0, WORKERS - len(running)),
            "pending_count": len(pending),
            "waiting_on_deps_count": len(waiting),
            "running_count": len(running),
        }
        return self.answers.json(
            {"pending": pending, "waiting_on_deps": waiting, "running": running, "stats": stats, "paused": False}
        )

    def _stages(self) -> list[tuple[Build, Stage]]:
        return [(build, stage) for build in self.world.open.values() for stage in build.stages]

    def _lookup(self, request: Request) -> Response:
        found = self.world.by_slug.get(request.path_params["slug"])
        return self.answers.json(shapes.repo(self._allowed(request, found)))

    def _repo(self, request: Request) -> Response:
        return self.answers.json(shapes.repo(self.repo(request)))

    def _permissions(self, request: Request) -> Response:
        repo = self.repo(request)
        return self.answers.json(shapes.permissions(rights(self.users.asking(request), repo), repo))

    def _branches(self, request: Request) -> Response:
        repo = self.repo(request)
        names = {build.origin.target for build in repo.builds if build.origin.event == "push"}
        return self.answers.json(sorted(names | {repo.project.default_branch}))

    def builds(self, request: Request) -> Response:
        """A page, newest first, of those with a branch, an event or a status."""
        query = request.query_params
        found = sorted(self.repo(request).builds, key=lambda build: -build.number)
        if query.get("branch"):
            found = [build for build in found if shapes.branch(build.origin) == query["branch"]]
        if query.get("event"):
            found = [build for build in found if shapes.event_of(build.origin) in query["event"].split(",")]
        if query.get("status"):
            found = [build for build in found if build.status == query["status"]]
        size = _whole(query.get("perPage", ""))
        size = size if 1 <= size <= PAGE else PAGE
        start = (max(1, _whole(query.get("page", ""))) - 1) * size
        return self.answers.json([shapes.pipeline(build) for build in found[start : start + size]])

    def one(self, request: Request) -> Response:
        """A pipeline with its workflows."""
        return self.answers.json(shapes.pipeline(self.build(request), workflows=True))

    def _latest(self, request: Request) -> Response:
        """The newest push to a branch, which need not be the newest pipeline."""
        repo = self.repo(request)
        branch = request.query_params.get("branch") or repo.project.default_branch
        for build in reversed(repo.builds):
            if (build.origin.event, build.origin.target) == ("push", branch):
                return self.answers.json(shapes.pipeline(build, workflows=True))
        raise Refused(404)

    def _log(self, request: Request) -> Response:
        build = self.build(request)
        step = step_of(build, whole(request.path_params["step"]))
        if step is None:
            raise Refused(404)
        lines = logs.stored(self.world, build, step)
        if lines is None:
            return self.answers.json(None)
        rows = (shapes.log_entry(step, number, line.out, line.at, stored=True) for number, line in enumerate(lines))
        return self.answers.json(list(rows))


def step_of(build: Build, number: int) -> Step | None:
    """The step with an id."""
    steps = (step for stage in build.stages for step in stage.steps)
    return next((step for step in steps if step.id == number), None)


def _whole(text: str) -> int:
    """A number of a query; 0 for what is none."""
    try:
        return whole(text)
    except Refused:
        return 0
