"""Reading early Drone over REST: the user, the repos, the builds, the logs. Its paths, paging and refusals."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from buildwatch.demo import logs
from buildwatch.demo.access import User, Users, listed, rights
from buildwatch.demo.drone2 import encode
from buildwatch.demo.early.answers import NO_ROWS, NOT_AUTHORIZED, Answers, Calls, Handler, Refused, whole
from buildwatch.demo.early.lines import StageLog
from buildwatch.demo.early.shapes import Json, Shapes, by_pid
from buildwatch.demo.state import Build, Repo, Stage, Status, Step

if TYPE_CHECKING:
    from buildwatch.demo.world import World

PAGE = 50
ONE = "/api/repos/{owner}/{name}"
WORKERS = 4
_OPEN = (Status.PENDING, Status.RUNNING)


class Reading:
    """The read-only calls, and what the other calls need to find things."""

    def __init__(self, world: World, users: Users, answers: Answers, shapes: Shapes) -> None:
        self.world = world
        self.users = users
        self.answers = answers
        self.shapes = shapes
        self.generation = shapes.generation

    def routes(self) -> list[Route]:
        calls: dict[str, Handler] = {
            "/api/user": self._user,
            "/api/user/repos": self._user_repos,
            "/api/user/feed": self._feed,
            "/api/builds": self._open,
            ONE: self._repo,
            ONE + "/builds": self._builds,
            ONE + "/builds/latest": self._latest,
        }
        if self.generation.jobs:
            calls[ONE + "/logs/{number}/{job}"] = self._job_log
        else:
            calls[ONE + "/logs/{number}/{pid}/{step:path}"] = self._named_log
            calls["/api/info/queue"] = self._queue
        if self.generation.pages:
            calls[ONE + "/logs/{number}/{pid}"] = self._log
            calls["/version"] = self._version
            calls["/healthz"] = lambda _: self.answers.text("")
        return [Route(path, Calls(self.answers, GET=call)) for path, call in calls.items()]

    # Finding things

    def signed_in(self, request: Request) -> User:
        user = self.users.asking(request)
        if user is None:
            raise Refused(401, NOT_AUTHORIZED)
        return user

    def _admin(self, request: Request) -> None:
        """Early Drone answers 413 where 403 is meant."""
        if not self.signed_in(request).admin:
            raise Refused(413, NOT_AUTHORIZED)

    def repo(self, request: Request, need: str = "read") -> Repo:
        """The repo of the path, if the asking user may `read`, `write` or `admin` it."""
        user = self.users.asking(request)
        values = request.path_params
        repo = self.world.by_slug.get(f"{values['owner']}/{values['name']}")
        if repo is None or not rights(user, repo).read or (user is None and need != "read"):
            raise Refused(401 if user is None else 404)
        if not getattr(rights(user, repo), need):
            raise Refused(403, NOT_AUTHORIZED) if need == "admin" else Refused(404)
        return repo

    def build(self, request: Request, need: str = "read", unknown: int = 404) -> Build:
        repo = self.repo(request, need)
        build = repo.by_number.get(whole(request.path_params["number"]))
        if build is None:
            raise Refused(unknown)
        return build

    # Answers

    def _user(self, request: Request) -> Response:
        return self.answers.json(self.shapes.user(self.signed_in(request), self.world.seconds))

    def _own(self, request: Request) -> list[Repo]:
        user = self.signed_in(request)
        return sorted((repo for repo in self.world.repos if listed(user, repo)), key=lambda repo: repo.slug)

    def _user_repos(self, request: Request) -> Response:
        return self.answers.json([self.shapes.repo(repo) for repo in self._own(request)])

    def _feed(self, request: Request) -> Response:
        own = self._own(request)
        if request.query_params.get("latest") == "true":
            return self.answers.json([self.shapes.feed(repo, repo.builds[-1] if repo.builds else None) for repo in own])
        builds = (build for build in reversed(self.world.builds) if build.repo in own)
        return self._feeds(list(islice(builds, PAGE)))

    def _open(self, request: Request) -> Response:
        self._admin(request)
        return self._feeds([build for build in self.world.open.values() if build.status in _OPEN])

    def _feeds(self, builds: list[Build]) -> Response:
        return self.answers.json([self.shapes.feed(build.repo, build) for build in builds])

    def _repo(self, request: Request) -> Response:
        return self.answers.json(self.shapes.repo(self.repo(request)))

    def _builds(self, request: Request) -> Response:
        """The newest builds; only 0.8 has more pages, and it takes none below 1 for 1."""
        repo = self.repo(request)
        page = whole(request.query_params.get("page") or "1") if self.generation.pages else 1
        start = (max(1, page) - 1) * PAGE
        newest = sorted(repo.builds, key=lambda build: -build.number)
        return self.answers.json([self.shapes.build(build) for build in newest[start : start + PAGE]])

    def one(self, request: Request) -> Response:
        """A build with what is in it. An unknown number is an error of the server's own."""
        return self.answers.json(self.shapes.build(self.build(request, unknown=500), procs=True))

    def _latest(self, request: Request) -> Response:
        repo = self.repo(request)
        branch = request.query_params.get("branch") or repo.project.default_branch
        for build in reversed(repo.builds):
            if (build.origin.event, build.origin.target) == ("push", branch):
                return self.answers.json(self.shapes.build(build, procs=True))
        raise Refused(500, NO_ROWS)

    def _job_log(self, request: Request) -> Response:
        """The log of an ended job, with the empty object that 0.5 puts behind the last line."""
        build = self.build(request)
        stage = build.stage(whole(request.path_params["job"]))
        if stage is None or not stage.status.ended or not stage.steps:
            raise Refused(404)
        lines = StageLog(self.world.seed, self.generation, build, stage).new(self.world.now)
        rows = b",\n".join([*(encode(line.shape()) for line in lines), b"{}"])
        return self.answers.body(b"[" + rows + b"]\n", "application/json")

    def _log(self, request: Request) -> Response:
        build = self.build(request)
        found = by_pid(build, whole(request.path_params["pid"]))
        return self._log_of(build, *(found or (None, None)))

    def _named_log(self, request: Request) -> Response:
        build = self.build(request)
        stage = build.stage(whole(request.path_params["pid"]))
        steps = stage.steps if stage else []
        named = (step for step in steps if step.plan.name == request.path_params["step"])
        return self._log_of(build, stage, next(named, None))

    def _log_of(self, build: Build, stage: Stage | None, step: Step | None) -> Response:
        """The log of a step that has ended; nothing of one that did not run."""
        if stage is None or step is None or not step.begun or not logs.stored(step, self.world.now):
            raise Refused(404)
        lines = StageLog(self.world.seed, self.generation, build, stage).lines(step, self.world.now)
        return self.answers.body(encode([line.shape() for line in lines]), "application/json")

    def _queue(self, request: Request) -> Response:
        self._admin(request)
        tasks: dict[Status, list[Json]] = {status: [] for status in _OPEN}
        for build in self.world.open.values():
            for stage in build.stages:
                if stage.status in _OPEN:
                    labels = {"platform": f"linux/{stage.plan.arch}"}
                    if self.generation.pages:
                        labels["repo"] = build.repo.slug
                    tasks[stage.status].append({"id": str(stage.id), "data": "e30=", "labels": labels})
        pending, running = tasks[Status.PENDING], tasks[Status.RUNNING]
        stats = {
            "worker_count": max(0, WORKERS - len(running)),
            "pending_count": len(pending),
            "running_count": len(running),
            "completed_count": 0,
        }
        shape = {"pending": pending or None, "running": running or None, "stats": stats}
        return self.answers.body(msgspec.json.format(encode(shape), indent=4), "application/json; charset=utf-8")

    def _version(self, _: Request) -> Response:
        return self.answers.json({"source": "https://github.com/drone/drone", "version": self.answers.version})
