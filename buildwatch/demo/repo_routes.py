"""Reading over REST: the user, the repos, the builds, the logs. Drone 2.x's paths and paging."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from itertools import islice

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from buildwatch.demo import drone2, logs
from buildwatch.demo.access import User, Users, listed, rights
from buildwatch.demo.answers import Methods, Problem, hidden, json_answer, no_rows, number, unauthorized
from buildwatch.demo.state import Build, Repo
from buildwatch.demo.world import World

PAGE = 25
RECENT = 25


class Reading:
    """The read-only calls, and what the other routes need to find things: `repo`, `build`."""

    def __init__(self, world: World, users: Users) -> None:
        self.world = world
        self.users = users

    def routes(self) -> list[Route]:
        builds = "/api/repos/{owner}/{name}/builds"
        return [
            Route("/api/user", Methods(GET=self._user)),
            Route("/api/user/repos", Methods(GET=self._user_repos, POST=self._sync)),
            Route("/api/user/builds", Methods(GET=self._recent)),
            Route("/api/user/builds/recent", Methods(GET=self._recent)),
            Route("/api/repos/{owner}/{name}", Methods(GET=self._repo)),
            Route(builds + "/latest", Methods(GET=self._latest)),
            Route(builds + "/branches", Methods(GET=self._branches)),
            Route(builds + "/deployments", Methods(GET=self._deployments)),
            Route(builds + "/pulls", Methods(GET=self._pulls)),
            Route(builds + "/{number}/logs/{stage}/{step}", Methods(GET=self._log)),
        ]

    # Finding things

    def signed_in(self, request: Request) -> User:
        user = self.users.asking(request)
        if user is None:
            raise unauthorized()
        return user

    def admin(self, request: Request) -> User:
        user = self.signed_in(request)
        if not user.admin:
            raise Problem(403, "Forbidden")
        return user

    def repo(self, request: Request, need: str = "read") -> Repo:
        """The repo of the path, if the asking user may `read`, `write` or `admin` it."""
        user = self.users.asking(request)
        values = request.path_params
        repo = self.world.by_slug.get(f"{values['owner']}/{values['name']}")
        if repo is not None and getattr(rights(user, repo), need):
            return repo
        raise unauthorized() if user is None else hidden()

    def build(self, request: Request, need: str = "read") -> Build:
        repo = self.repo(request, need)
        build = repo.by_number.get(number(request.path_params["number"]))
        if build is None:
            raise no_rows()
        return build

    # Answers

    def _user(self, request: Request) -> Response:
        return json_answer(drone2.user(self.signed_in(request), self.world.seconds))

    def _user_repos(self, request: Request) -> Response:
        latest = request.query_params.get("latest") == "true"
        return json_answer(self._repos_of(self.signed_in(request), latest=latest))

    def _sync(self, request: Request) -> Response:
        return json_answer(self._repos_of(self.signed_in(request), latest=False))

    def _repos_of(self, user: User, *, latest: bool) -> list[drone2.Json]:
        own = sorted((repo for repo in self.world.repos if listed(user, repo)), key=lambda repo: repo.slug)
        return [drone2.repo(repo, build=repo.builds[-1] if latest and repo.builds else None) for repo in own]

    def _recent(self, request: Request) -> Response:
        user = self.signed_in(request)
        mine = (build for build in reversed(self.world.builds) if listed(user, build.repo))
        return json_answer([drone2.repo(build.repo, build=build) for build in islice(mine, RECENT)])

    def _repo(self, request: Request) -> Response:
        repo = self.repo(request)
        return json_answer(drone2.repo(repo, rights=asdict(rights(self.users.asking(request), repo))))

    def builds(self, request: Request) -> Response:
        """A page of builds, newest first. Nothing is ever refused: what makes no sense is ignored."""
        repo, query = self.repo(request), request.query_params
        per_page = _whole(query.get("per_page", ""))
        per_page = per_page if 1 <= per_page <= 100 else PAGE
        start = (max(1, _whole(query.get("page", ""))) - 1) * per_page
        found: Iterable[Build] = reversed(repo.builds)
        if query.get("branch"):
            found = (build for build in found if build.origin.ref == f"refs/heads/{query['branch']}")
        elif query.get("tag"):
            found = (build for build in found if build.origin.ref == f"refs/tags/{query['tag']}")
        return json_answer([drone2.build_of(build) for build in islice(found, start, start + per_page)])

    def one(self, request: Request) -> Response:
        """A build with its stages and steps."""
        return json_answer(drone2.build_of(self.build(request), stages=True))

    def _latest(self, request: Request) -> Response:
        repo = self.repo(request)
        branch = request.query_params.get("branch") or repo.project.default_branch
        for build in reversed(repo.builds):
            if build.origin.ref == f"refs/heads/{branch}":
                return json_answer(drone2.build_of(build, stages=True))
        raise no_rows()

    def _branches(self, request: Request) -> Response:
        pushed = (b for b in self.repo(request).builds if b.origin.event == "push")
        return _newest({build.origin.target: build for build in pushed})

    def _deployments(self, request: Request) -> Response:
        deployed = (b for b in self.repo(request).builds if b.origin.deploy_to)
        return _newest({build.origin.deploy_to: build for build in deployed})

    def _pulls(self, request: Request) -> Response:
        pulled = (b for b in self.repo(request).builds if b.origin.event == "pull_request")
        return _newest({build.origin.ref: build for build in pulled})

    def _log(self, request: Request) -> Response:
        """The log of an ended step that ran; nothing for any other."""
        build = self.build(request)
        values = request.path_params
        step = build.step(number(values["stage"], "Atoi"), number(values["step"], "Atoi"))
        if step is None or not logs.stored(step, self.world.now):
            raise no_rows()
        pieces = logs.kept(logs.pieces(self.world.seed, build, step), step.ended - step.begun)
        return json_answer([drone2.log_entry(pos, piece.out, piece.at) for pos, piece in pieces])


def _newest(found: dict[str, Build]) -> Response:
    return json_answer([drone2.build_of(build) for build in sorted(found.values(), key=lambda b: b.id)])


def _whole(text: str) -> int:
    """A number as Go's Atoi with its error ignored: 0 when it is none."""
    try:
        return number(text, "Atoi")
    except Problem:
        return 0
