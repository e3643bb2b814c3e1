"""What was kept stands behind what the servers tell, and goes thing by thing as they do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from buildwatch.kept import Kept
from buildwatch.model import Build, BuildKey, Repo, RepoKey, Stage, Status, Step
from buildwatch.shown import Shown
from buildwatch.store import Changes, Link, Server, Store

NOW = 1_795_420_000
API, WEB = RepoKey("s", "a/api"), RepoKey("s", "a/web")
STAGES = (Stage(1, "unit", Status.SUCCESS, steps=(Step(1, "test", Status.SUCCESS),)),)


def build(id: int, status: str = "success", repo: str = "a/api", stages: tuple[Stage, ...] | None = None) -> Build:
    return Build("s", repo, id, id, Status(status), started=NOW - 100, finished=NOW, stages=stages)


class Desk:
    """A store whose changes reach what is shown, as in the app."""

    def __init__(self, *builds: Build) -> None:
        self.store = Store()
        self.store.set_server(Server("s", "https://s.example"))
        self.shown = Shown(self.store)
        repos = tuple(Repo("s", slug) for slug in ("a/api", "a/web"))
        assert self.shown.remember("s", Kept(NOW, "dana", repos, builds))

    def tell(self, changes: Changes) -> Changes:
        self.shown.take(changes)
        return changes

    def listed(self, *newest: Build, repos: tuple[str, ...] = ("a/api", "a/web")) -> Changes:
        """The first list has come."""
        self.tell(self.store.set_repos("s", [Repo("s", slug) for slug in repos]))
        for one in newest:
            self.tell(self.store.apply(one, news=False))
        return self.tell(self.store.set_server(Server("s", "https://s.example", link=Link.LIVE, listed=True)))

    def told(self, *builds: Build) -> None:
        for one in builds:
            self.tell(self.store.apply(one, news=False))

    def ids(self, repo: RepoKey = API) -> list[int]:
        return [one.id for one in self.shown.builds(repo)]


def key(id: int) -> BuildKey:
    return BuildKey("s", id)


def test_before_anything_is_told_all_that_was_kept_is_shown() -> None:
    desk = Desk(build(5), build(7, stages=STAGES), build(6, repo="a/web"))
    assert desk.ids() == [7, 5]
    assert set(desk.shown.repos) == {API, WEB}
    assert desk.shown.newest(WEB) == build(6, repo="a/web")
    assert (desk.shown.count(API), desk.shown.at("s"), desk.shown.servers["s"].user) == (2, NOW, "dana")
    assert desk.shown.is_all_old("s")
    assert desk.shown.is_old_repo(API)
    assert desk.shown.is_old(key(7))
    assert desk.shown.has_old_stages(key(7))
    assert desk.store.newest(API) is None
    assert desk.shown.to_keep("s") is None


def test_the_list_confirms_each_repo_and_its_newest_build() -> None:
    desk = Desk(build(5), build(7, stages=STAGES), build(6, repo="a/web"))
    changes = desk.listed(build(7), build(6, repo="a/web"))
    assert changes.structure
    assert {API, WEB} <= changes.repos
    assert not desk.shown.is_all_old("s")
    assert not desk.shown.is_old_repo(API)
    assert not desk.shown.is_old(key(7))
    assert desk.shown.is_old(key(5))
    assert desk.ids() == [7, 5]


def test_what_the_list_does_not_have_goes() -> None:
    desk = Desk(build(5), build(7), build(6, repo="a/web"))
    desk.listed(build(5), repos=("a/api",))
    assert set(desk.shown.repos) == {API}
    assert desk.ids() == [5]
    assert desk.ids(WEB) == []


def test_when_the_last_builds_were_read_nothing_is_old() -> None:
    desk = Desk(build(3), build(5), build(7))
    desk.listed(build(7))
    desk.told(build(3))
    changes = desk.tell(Changes(read_back={API}))
    assert changes.structure
    assert desk.ids() == [7, 3]
    assert not any(desk.shown.is_old(key(id)) for id in desk.ids())
    assert not desk.tell(Changes(read_back={API})).structure


def test_stages_are_shown_until_the_server_tells_them() -> None:
    desk = Desk(build(7, stages=STAGES))
    desk.listed(build(7))
    assert desk.shown.build(key(7)) == build(7, stages=STAGES)
    assert [one.stages for one in desk.shown.builds(API)] == [STAGES]
    assert desk.shown.has_old_stages(key(7))
    other = (replace(STAGES[0], name="another"),)
    desk.told(build(7, stages=other))
    assert desk.shown.build(key(7)) == build(7, stages=other)
    assert not desk.shown.has_old_stages(key(7))


@pytest.mark.parametrize("now", [build(7, "failure"), replace(build(7), started=NOW - 50), replace(build(7), run=2)])
def test_stages_of_another_state_are_not_shown(now: Build) -> None:
    desk = Desk(replace(build(7, stages=STAGES), run=1))
    desk.listed(now)
    assert desk.shown.build(key(7)) == now
    assert not desk.shown.has_old_stages(key(7))


def test_what_ran_when_it_was_kept_is_not_known_to_run() -> None:
    desk = Desk(build(7, "running"))
    assert desk.shown.unfinished() == []
    desk.listed(build(9))
    kept = desk.shown.to_keep("s")
    assert kept is not None
    assert [one.id for one in kept[1][API]] == [9]  # what cannot be confirmed any more is not kept on


def test_what_was_not_confirmed_is_kept_on_where_it_had_ended() -> None:
    desk = Desk(build(5), build(7))
    desk.listed(build(9))
    kept = desk.shown.to_keep("s")
    assert kept is not None
    assert [one.id for one in kept[1][API]] == [9, 7, 5]


def test_what_comes_late_is_not_shown() -> None:
    desk = Desk()
    desk.listed(build(9))
    assert not desk.shown.remember("s", Kept(NOW, "dana", (Repo("s", "a/api"),), (build(7),)))
    assert not desk.shown.remember("another", Kept(NOW, "dana", (), ()))
    assert desk.ids() == [9]


BUILDS = st.builds(
    build,
    st.integers(1, 12),
    st.sampled_from(["success", "failure", "running"]),
    st.just("a/api"),
    st.sampled_from([None, STAGES]),
)


@given(st.lists(BUILDS, max_size=8), st.lists(BUILDS, min_size=1, max_size=8), st.integers(0, 8))
def test_what_a_server_tells_is_news_or_not_whatever_was_kept(kept: list[Build], told: list[Build], at: int) -> None:
    desk, plain = Desk(*kept), Desk()
    newest = max(told, key=lambda one: one.id)
    for one in (desk, plain):
        one.listed(newest)
    for number, it in enumerate(told):
        ours, theirs = (where.tell(where.store.apply(it, news=number % 2 == 0)) for where in (desk, plain))
        assert ours.moves == theirs.moves
        if number == at:
            desk.tell(Changes(read_back={API}))
        ids = desk.ids()
        assert ids == sorted(set(ids), reverse=True)
        assert desk.shown.newest(API) == next(desk.shown.builds(API))
        assert desk.shown.count(API) == len(ids)
        for mine in desk.shown.builds(API):
            known = desk.store.build(mine.key)
            assert known is None or replace(mine, stages=known.stages) == known
            assert mine == desk.shown.build(mine.key)
    desk.tell(Changes(read_back={API}))
    assert desk.ids() == plain.ids()
