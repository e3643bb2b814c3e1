"""Groups and orders of the tree, that what is held does not move, and that the cursor's thing does not go."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from buildwatch.config.view import GROUPS, SORTS, View
from buildwatch.model import Build, RepoKey, Stage, Status
from buildwatch.tui.board import FRAME, SLOWEST, spacing
from buildwatch.tui.rows import OF_AUTHOR, Kind, Row, Showing, flatten
from tests.tui.test_rows import CI, build, opened, some_builds, store_of, words

FOUR = [
    build("acme/api", 11, status=Status.SUCCESS, created=100, finished=1_500, author="ann"),
    build("acme/web", 12, status=Status.FAILURE, created=300, finished=1_100, author="bob"),
    build("zoo/app", 13, status=Status.RUNNING, created=200, finished=0, author="ann"),
    build("zoo/b", 14, status=Status.BLOCKED, created=250, started=0, finished=0, author="Carl"),
]


def showing(group: str = "server", sort: str = "name", filter: str = "") -> Showing:
    made = Showing()
    made.choose(View("", filter, group, sort))
    return made


def slugs(rows: list[Row]) -> list[str]:
    return [row.repo.slug for row in rows if row.kind is Kind.REPO and row.repo]


def test_the_dearer_the_rows_the_rarer_the_frames() -> None:
    assert [spacing(cost) for cost in (0.001, 0.02, 3)] == [FRAME, 0.08, SLOWEST]


def test_by_server_repos_stand_without_their_owners() -> None:
    assert words(flatten(store_of(FOUR), showing())) == ["acme/api", "acme/web", "zoo/app", "zoo/b"]
    store = store_of([*FOUR, build("zoo/c", 1, server="b")], servers=("b", CI))
    assert words(flatten(store, showing()))[:3] == ["b", "  zoo/c", CI]


def test_sorted_by_each() -> None:
    store = store_of([*FOUR, build("zoo/app", 2, created=50, started=0, finished=4_000)], idle=("idle/one",))
    assert slugs(flatten(store, showing(sort="newest"))) == ["acme/web", "zoo/b", "zoo/app", "acme/api", "idle/one"]
    assert slugs(flatten(store, showing(sort="status"))) == ["acme/web", "zoo/b", "zoo/app", "acme/api", "idle/one"]
    assert slugs(flatten(store, showing(sort="duration")))[:2] == ["acme/api", "acme/web"]


def test_a_running_build_is_as_long_as_the_one_before_it() -> None:
    store = store_of([*FOUR, build("zoo/app", 1, started=1_000, finished=9_000)])
    assert slugs(flatten(store, showing(sort="duration")))[0] == "zoo/app"


def test_by_status_over_all_servers_the_worst_first() -> None:
    store = store_of([*FOUR, build("a/b", 1, server="b", status=Status.KILLED)], servers=(CI, "b"), idle=("idle/one",))
    rows = flatten(store, showing("status"))
    assert [row.part or (row.repo and row.repo.slug) for row in rows] == [
        *("failed", "a/b", "acme/web"),
        *("waiting for approval", "zoo/b"),
        *("running", "zoo/app"),
        *("succeeded", "acme/api"),
        *("no builds", "idle/one", "idle/one"),
    ]


def test_by_author_each_with_builds_of_all_repos() -> None:
    store = store_of([*FOUR, build("acme/web", 9, author="", sender="hook", created=400)])
    rows = flatten(store, showing("author", "newest"))
    assert [row.part or (row.build and row.build.id) for row in rows] == [
        *("ann", 13, 11),
        *("bob", 12),
        *("Carl", 14),
        *("hook", 9),
    ]


def test_an_author_has_only_so_many_builds_until_more_are_asked_for() -> None:
    store = store_of([build("acme/api", id, author="ann") for id in range(1, OF_AUTHOR + 4)])
    seen = showing("author")
    rows = flatten(store, seen)
    assert [row.kind for row in rows].count(Kind.BUILD) == OF_AUTHOR
    assert rows[-1] == Row(Kind.OLDER, 1, "", part="ann")
    seen.more["ann"] = OF_AUTHOR + 25
    assert [row.kind for row in flatten(store, seen)].count(Kind.OLDER) == 0


def test_pinned_repos_stand_above_the_others_of_their_group() -> None:
    store = store_of(FOUR)
    seen = showing("namespace")
    seen.pins |= {RepoKey(CI, "acme/web"), RepoKey(CI, "zoo/b")}
    assert slugs(flatten(store, seen)) == ["acme/web", "acme/api", "zoo/b", "zoo/app"]


def test_mine_finds_repos_where_another_was_there_last() -> None:
    store = store_of([build("acme/api", 1, author="ann"), build("acme/api", 2, author="bob")])
    seen = opened(store, "acme/api", view=showing(filter="mine"))
    assert words(flatten(store, seen)) == ["acme/api", "  #1"]
    assert flatten(store, showing(filter="mine failed")) == []


def test_a_build_that_waits_in_one_of_its_stages_is_blocked() -> None:
    stages = (Stage(1, "unit", Status.RUNNING), Stage(2, "deploy", Status.BLOCKED))
    store = store_of([build("acme/api", 1, status=Status.RUNNING, finished=0, stages=stages)])
    assert slugs(flatten(store, showing(filter="blocked"))) == ["acme/api"]


def test_what_the_cursor_stands_on_stays_though_it_does_not_match_any_more() -> None:
    store = store_of(FOUR)
    seen = opened(store, "acme/web", view=showing("namespace", filter="failed"))
    seen.held = flatten(store, seen)[2]
    assert seen.held.build is not None
    store.apply(build("acme/web", 12, status=Status.SUCCESS, version=5, author="bob"), news=True)
    assert words(flatten(store, seen)) == ["acme/", "  acme/web", "    #12"]
    seen.held = None
    assert flatten(store, seen) == []


@given(some_builds, some_builds, st.sampled_from(GROUPS), st.sampled_from(SORTS))
def test_what_is_held_keeps_its_order(before: list[Build], after: list[Build], group: str, sort: str) -> None:
    store, seen = store_of(before, servers=(CI, "b")), showing(group, sort)
    was = [row.key for row in flatten(store, seen)]
    seen.order.held = True
    for one in after:
        known = store.build(one.key)
        if one.repo_key in store.repos and (known is None or known.repo == one.repo):
            store.apply(one, news=True)
    now = [row.key for row in flatten(store, seen)]
    assert [key for key in now if key in was] == [key for key in was if key in now]
    seen.order.held = False
    rows = flatten(store, seen)
    assert rows == flatten(store, showing(group, sort)), "once it is let go, it is as if it had never been held"
    assert len({row.key for row in rows}) == len(rows)
