"""What is about the whole server: its version and health, and what only its admins may ask."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from buildwatch.demo import company, drone2
from buildwatch.demo.answers import FRESH, PAGE_HEADERS, Methods, json_answer
from buildwatch.demo.repo_routes import Reading
from buildwatch.demo.runner import ARCHES
from buildwatch.demo.state import Build, Stage, Status
from buildwatch.demo.streams import Hub

MOST_INCOMPLETE = 50
_QUEUED = (Status.PENDING, Status.RUNNING)


class Administering:
    """The calls about the server."""

    def __init__(self, reading: Reading, hub: Hub) -> None:
        self._reading = reading
        self._world = reading.world
        self._hub = hub

    def routes(self) -> list[Route]:
        return [
            Route("/version", Methods(GET=self._version)),
            Route("/healthz", Methods(GET=self._health)),
            Route("/varz", Methods(GET=self._varz)),
            Route("/api/builds/incomplete", Methods(GET=self._incomplete)),
            Route("/api/builds/incomplete/v2", Methods(GET=self._incomplete_rows)),
            Route("/api/queue", Methods(GET=self._queue)),
            Route("/api/system/stats", Methods(GET=self._stats)),
            Route("/api/repos", Methods(GET=self._repos)),
            Route("/api/users", Methods(GET=self._users)),
        ]

    def _version(self, _: Request) -> Response:
        return json_answer({"version": drone2.VERSION}, headers=PAGE_HEADERS)

    def _health(self, _: Request) -> Response:
        return Response(b"OK", 200, {**FRESH, "Content-Type": "text/plain; charset=utf-8"})

    def _varz(self, _: Request) -> Response:
        return json_answer(
            {
                "scm": {"url": f"{company.SCM}/", "rate": {"limit": 0, "remaining": 0, "reset": 0}},
                "license": {"kind": "free", "seats": 0, "repos": 0, "expire_at": "0001-01-01T00:00:00Z"},
            },
            headers=PAGE_HEADERS,
        )

    def _queued(self) -> list[tuple[Build, Stage]]:
        """The stages that run or wait for a runner; blocked ones and those that wait for others do not."""
        return [
            (build, stage) for build in self._world.open.values() for stage in build.stages if stage.status in _QUEUED
        ]

    def _incomplete(self, request: Request) -> Response:
        self._reading.admin(request)
        builds = {build.id: build for build, _ in self._queued()}
        newest = sorted(builds.values(), key=lambda build: -build.id)[:MOST_INCOMPLETE]
        return json_answer([drone2.repo(build.repo, build=build) for build in newest])

    def _incomplete_rows(self, request: Request) -> Response:
        self._reading.admin(request)
        return json_answer([drone2.incomplete_row(build, stage) for build, stage in self._queued()])

    def _queue(self, request: Request) -> Response:
        self._reading.admin(request)
        return json_answer([drone2.stage_of(stage, build, steps=False) for build, stage in self._queued()])

    def _repos(self, request: Request) -> Response:
        self._reading.admin(request)
        return json_answer([drone2.repo(repo) for repo in self._world.repos])

    def _users(self, request: Request) -> Response:
        self._reading.admin(request)
        return json_answer([drone2.user(one, self._world.seconds) for one in self._reading.users.users])

    def _stats(self, request: Request) -> Response:
        self._reading.admin(request)
        queued = [stage for _, stage in self._queued()]
        states = [build.status for build in self._world.open.values()]
        pipelines = [
            {
                "subscribers": int(arch in ARCHES),
                "os": "linux",
                "arch": arch,
                "variant": "",
                "kernel": "",
                "pending": sum(s.plan.arch == arch and s.status is Status.PENDING for s in queued),
                "running": sum(s.plan.arch == arch and s.status is Status.RUNNING for s in queued),
            }
            for arch in ("amd64", "arm64")
        ]
        return json_answer(
            {
                "users": {"total": len(self._reading.users.users)},
                "repos": {"active": len(self._world.repos)},
                "builds": {
                    "pending": states.count(Status.PENDING),
                    "running": states.count(Status.RUNNING),
                    "total": len(self._world.builds),
                },
                "pipelines": pipelines,
                "events": {"subscribers": len(self._hub)},
                "streams": {},
                "watchers": None,
            }
        )
