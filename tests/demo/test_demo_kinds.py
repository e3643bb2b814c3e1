"""What all kinds of demo server but the first have in common: ends in silence, lost runners, a life of their own."""

import pytest

from buildwatch.demo import actions, origins
from buildwatch.demo.driver import HandClock
from buildwatch.demo.kinds import KINDS, Kind
from buildwatch.demo.plans import BuildPlan
from buildwatch.demo.server import DemoServer
from buildwatch.demo.state import Status
from tests.demo.early import START, flaky, quiet, waiting

others = pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "drone-2"])


@others
def test_ends_that_nobody_hears_of(kind: Kind) -> None:
    server = quiet(kind)
    slug = server.world.repos[0].slug
    server.control.change_faults({"silent_cancels": 1.0})
    with server.hub.subscribed(lambda _: True) as subscriber:
        plan = waiting(slug).stages[0].plan()
        repo = server.world.repos[0]
        build = actions.create(
            server.world, repo, BuildPlan((plan,)), origins.push(repo.project, server.world.rng("x"))
        )
        server.advance(0.9)
        assert subscriber.take()
        server.advance(60)
        assert not subscriber.take()
    assert build.status is Status.KILLED


@others
def test_runners_that_are_gone(kind: Kind) -> None:
    """What they ran stays as it is for ever, what waits is taken when they are back."""
    server = quiet(kind)
    slug = server.world.repos[0].slug
    lost = server.control.start(waiting(slug))
    server.advance(3)
    server.control.runners(up=False)
    late = server.control.start(flaky(slug))
    server.advance(60)
    assert (lost.status, late.status) == (Status.RUNNING, Status.PENDING)
    server.control.runners(up=True)
    server.advance(60)
    assert (lost.status, late.status) == (Status.RUNNING, Status.FAILURE)


@others
def test_a_company_at_work(kind: Kind) -> None:
    """Three weeks and twenty minutes: two repos have a matrix, and only what was meant to hangs."""
    clock = HandClock(START)
    server = DemoServer(kind=kind, clock=clock, seed=5)
    server.life.begin()
    for _ in range(240):
        server.advance(5)
    repos = server.world.repos
    assert sum(bool(repo.project.axes) for repo in repos) == 2
    hanging = {build.repo.project.scene for build in server.world.open.values() if clock.now - build.created > 900}
    assert hanging <= {"stuck", "blocked"}
    assert len({build.status for build in server.world.builds if build.created > START}) > 1
