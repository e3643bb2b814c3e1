"""An end of a build to try templates with: it has everything that a build can have. Pure."""

from __future__ import annotations

from buildwatch.model import Build, Stage, Status, Step
from buildwatch.notify.message import End
from buildwatch.notify.occasions import Links, Occasion, end_of
from buildwatch.notify.past import Past, Standing
from buildwatch.notify.settings import Kind

_BEGAN = 1_700_000_001
_PAGE = "https://drone.example.com/octocat/hello-world"


def sample(status: Status = Status.FAILURE) -> Occasion:
    """A build that ended so after a minute, in its second step."""
    build = _build(42, status, _BEGAN)
    before = _end(41, Status.SUCCESS if status.failed else Status.FAILURE)
    failed = status.failed
    turn = Kind.BROKEN if failed else Kind.FIXED
    return Occasion(
        frozenset({Kind.EVERY, Kind(str(status)), turn}),
        build,
        _BEGAN + 70.0,
        Past([before]),
        Standing(before, before, 0 if failed else 1, None if failed else before),
        70.0,
        links=Links(f"{_PAGE}/42", f"{_PAGE}/42/1/2" if failed else "", f"{_PAGE}/41"),
        log=("+ go test ./...", "--- FAIL: TestHello (0.00s)", "    hello_test.go:7: nobody was greeted", "FAIL"),
    )


def _end(number: int, status: Status) -> End:
    return end_of(_build(number, status, _BEGAN - 3600))


def _build(number: int, status: Status, began: int) -> Build:
    steps = (
        Step(1, "clone", Status.SUCCESS, began, began + 8, image="drone/git"),
        Step(2, "test", status, began + 8, began + 70, int(status.failed), image="golang:1.22"),
    )
    return Build(
        "ci",
        "octocat/hello-world",
        number,
        number,
        status,
        event="push",
        branch="main",
        source="main",
        ref="refs/heads/main",
        commit="7fd1a60b01f91b314f59955a4e4d4e80d8edf11d",
        title="Say hello to all",
        message="Say hello to all\n\nNobody was greeted before.",
        author="octocat",
        author_name="The Octocat",
        sender="octocat",
        trigger="@hook",
        link="https://github.com/octocat/hello-world/commit/7fd1a60b",
        created=began - 1,
        started=began,
        finished=began + 70,
        stages=(Stage(1, "default", status, began - 1, began, began + 70, steps=steps),),
    )
