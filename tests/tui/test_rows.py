"""Which rows the tree has, in which order, and that they are the same things whatever happens around them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from buildwatch.config.view import View
from buildwatch.model import Build, Repo, RepoKey, Stage, Status, Step
from buildwatch.store import Server, Store
from buildwatch.tui.filters import Filter
from buildwatch.tui.rows import HEADS, Kind, Row, Showing, flatten, parent_of

CI = "ci.acme"
LONE = (Stage(1, "default", Status.SUCCESS, steps=(Step(1, "clone", Status.SUCCESS), Step(2, "test", Status.SUCCESS))),)
TWO = (
    Stage(1, "unit", Status.SUCCESS, steps=(Step(1, "clone", Status.SUCCESS),)),
    Stage(2, "deploy", Status.PENDING),
)


def build(repo: str, id: int, *, server: str = CI, **facts: object) -> Build:
    made = Build(server, repo, id, id, Status.SUCCESS, branch="main", started=1_000, finished=1_060)
    return replace(made, **facts)


def store_of(builds: Iterable[Build], *, servers: tuple[str, ...] = (CI,), idle: tuple[str, ...] = ()) -> Store:
    store = Store()
    builds = list(builds)
    for name in servers:
        store.set_server(Server(name, f"https://{name}", user="ann", listed=True))
        slugs = sorted({one.repo for one in builds if one.server == name} | set(idle))
        store.set_repos(name, [Repo(name, slug) for slug in slugs])
    for one in builds:
        store.apply(one, news=False)
    return store


def opened(store: Store, *slugs: str, view: Showing | None = None, server: str = CI) -> Showing:
    """A view in which these repos are open."""
    view = view or Showing()
    for row in flatten(store, view):
        if row.kind is Kind.REPO and row.repo is not None and row.repo.slug in slugs and row.server == server:
            view.toggled.add(row.key)
    return view


def words(rows: list[Row]) -> list[str]:
    """Rows as words, indented by how deep they stand."""
    return ["  " * row.depth + _word(row) for row in rows]


def _word(row: Row) -> str:
    if row.kind is Kind.SERVER:
        return row.server
    if row.kind is Kind.NAMESPACE:
        return f"{row.part}/"
    if row.kind is Kind.REPO and row.repo:
        return row.repo.slug
    if row.kind is Kind.BUILD and row.build:
        return f"#{row.build.id}"
    if row.kind is Kind.STAGE:
        return f"stage {row.stage}"
    return f"step {row.stage}.{row.step}" if row.kind is Kind.STEP else "older"


def test_repos_stand_by_name_under_their_owners_and_are_folded() -> None:
    store = store_of([build("zoo/b", 3), build("Acme/web", 1), build("acme/api", 2)])
    assert words(flatten(store, Showing())) == ["Acme/", "  Acme/web", "acme/", "  acme/api", "zoo/", "  zoo/b"]


def test_an_open_repo_has_its_builds_newest_first() -> None:
    store = store_of([build("acme/api", id) for id in (5, 9, 7)])
    assert words(flatten(store, opened(store, "acme/api"))) == ["acme/", "  acme/api", "    #9", "    #7", "    #5"]


def test_newest_is_by_id_and_not_by_number() -> None:
    store = store_of([build("acme/api", 5, number=80), build("acme/api", 6, number=3)])
    rows = flatten(store, opened(store, "acme/api"))
    assert words(rows)[2:] == ["    #6", "    #5"]


def test_a_lone_stage_is_folded_away_and_several_are_not() -> None:
    store = store_of([build("acme/api", 1, stages=LONE), build("acme/api", 2, stages=TWO)])
    view = opened(store, "acme/api")
    view.toggled |= {row.key for row in flatten(store, view) if row.kind is Kind.BUILD}
    assert words(flatten(store, view))[2:] == [
        "    #2",
        "      stage 1",
        "        step 1.1",
        "      stage 2",
        "    #1",
        "      step 1.1",
        "      step 1.2",
    ]


def test_stages_are_open_and_can_be_folded() -> None:
    store = store_of([build("acme/api", 2, stages=TWO)])
    view = opened(store, "acme/api")
    view.toggled |= {row.key for row in flatten(store, view) if row.kind is Kind.BUILD}
    view.toggled |= {row.key for row in flatten(store, view) if row.kind is Kind.STAGE and row.stage == 1}
    assert words(flatten(store, view))[2:] == ["    #2", "      stage 1", "      stage 2"]


def test_namespaces_are_open_and_can_be_folded() -> None:
    store = store_of([build("acme/api", 1), build("zoo/b", 2)])
    view = Showing()
    view.toggled.add(flatten(store, view)[0].key)
    assert words(flatten(store, view)) == ["acme/", "zoo/", "  zoo/b"]


def test_several_servers_stand_as_configured_and_can_be_folded() -> None:
    builds = [build("acme/api", 1, server="z.example"), build("acme/api", 1, server="a.example")]
    store = store_of(builds, servers=("z.example", "a.example"))
    view = Showing()
    assert words(flatten(store, view)) == [
        "z.example",
        "  acme/",
        "    acme/api",
        "a.example",
        "  acme/",
        "    acme/api",
    ]
    view.toggled.add(flatten(store, view)[0].key)
    assert words(flatten(store, view)) == ["z.example", "a.example", "  acme/", "    acme/api"]
    view = opened(store, "acme/api", view=view, server="a.example")
    assert words(flatten(store, view))[-2:] == ["    acme/api", "      #1"]


def test_one_server_has_no_row_of_its_own() -> None:
    assert all(row.kind is not Kind.SERVER for row in flatten(store_of([build("acme/api", 1)]), Showing()))


def test_a_repo_without_builds_is_shown_while_it_is_active() -> None:
    store = store_of([], idle=("acme/api", "acme/old"))
    store.set_repos(CI, [Repo(CI, "acme/api"), Repo(CI, "acme/old", active=False)])
    assert words(flatten(store, Showing())) == ["acme/", "  acme/api"]


def test_a_slug_without_an_owner_and_one_with_several() -> None:
    store = store_of([build("lonely", 1), build("group/sub/app", 2)])
    assert words(flatten(store, Showing())) == ["/", "  lonely", "group/sub/", "  group/sub/app"]


def test_the_older_row_stands_below_a_full_page_only() -> None:
    view = Showing(shown=3)
    for count, more in ((2, False), (3, True), (5, True)):
        store = store_of([build("acme/api", id) for id in range(1, count + 1)])
        rows = flatten(store, opened(store, "acme/api", view=view))
        assert sum(row.kind is Kind.BUILD for row in rows) == min(count, 3)
        assert any(row.kind is Kind.OLDER for row in rows) is more
        view.toggled.clear()


def test_more_builds_of_one_repo_leave_the_others_alone() -> None:
    store = store_of([build(repo, id + base) for base, repo in ((0, "acme/a"), (50, "acme/b")) for id in range(1, 8)])
    view = opened(store, "acme/a", "acme/b", view=Showing(shown=2))
    view.more[RepoKey(CI, "acme/a")] = 4
    assert words(flatten(store, view)) == [
        "acme/",
        *("  acme/a", "    #7", "    #6", "    #5", "    #4", "    older"),
        *("  acme/b", "    #57", "    #56", "    older"),
    ]


def test_a_filter_hides_builds_repos_and_owners_that_have_none() -> None:
    red = build("acme/api", 2, status=Status.FAILURE)
    store = store_of([build("acme/api", 1), red, build("acme/web", 3), build("zoo/b", 4)])
    view = opened(store, "acme/api")
    view.filter = Filter("failed")
    assert words(flatten(store, view)) == ["acme/", "  acme/api", "    #2"]
    view.filter = Filter("failed")
    assert words(flatten(store, view)) == ["acme/", "  acme/api", "    #2"]
    view.filter = Filter("nothing-like-it")
    assert flatten(store, view) == []


@pytest.mark.parametrize("group", ["namespace", "server", "status", "author"])
def test_what_is_filtered_is_seen_whatever_was_folded(group: str) -> None:
    store = store_of([build("acme/api", 1), build("zoo/b", 2), build("zoo/b", 3, server="b")], servers=(CI, "b"))
    view = Showing(View(group=group))
    for _ in range(2):
        view.toggled |= {row.key for row in flatten(store, view) if row.kind in HEADS}
    folded = flatten(store, view)
    assert all(row.kind in HEADS for row in folded)
    view.choose(dataclasses.replace(view.view, filter="api"))
    rows = flatten(store, view)
    assert any(row.repo == RepoKey(CI, "acme/api") for row in rows)
    view.toggle(rows[0])
    assert not view.is_open(rows[0]), "what is in the way can still be folded"
    view.choose(dataclasses.replace(view.view, filter="api b"))
    view.choose(dataclasses.replace(view.view, filter="api"))
    assert flatten(store, view) == rows, "for as long as there is that filter"
    view.choose(dataclasses.replace(view.view, filter=""))
    assert flatten(store, view) == folded, "the folds are as they were"


def test_a_repo_that_runs_again_is_still_found_by_how_it_ended_last() -> None:
    builds = [
        build("acme/api", 1, status=Status.FAILURE),
        build("acme/api", 2, status=Status.RUNNING, finished=0),
        build("acme/web", 3, status=Status.FAILURE),
        build("acme/web", 4, status=Status.SUCCESS),
    ]
    view = Showing(filter=Filter("failed"))
    assert words(flatten(store_of(builds), view)) == ["acme/", "  acme/api"]


def test_mine_asks_each_server_for_its_own_user() -> None:
    store = store_of(
        [build("acme/api", 1, author="ann"), build("acme/api", 1, server="b", author="ann")], servers=(CI, "b")
    )
    store.set_server(dataclasses.replace(store.servers["b"], user="bob"))
    assert words(flatten(store, Showing(filter=Filter("mine")))) == [CI, "  acme/", "    acme/api", "b"]


def test_a_key_is_the_things_own_and_its_place_does_not_matter() -> None:
    shallow = Row(Kind.BUILD, 2, CI, RepoKey(CI, "acme/api"), None)
    assert shallow._replace(depth=3).key == shallow.key
    assert shallow._replace(kind=Kind.REPO).key != shallow.key


@pytest.mark.parametrize(("index", "parent"), [(0, None), (1, 0), (2, 1), (3, 1), (4, 0), (5, None)])
def test_what_a_row_stands_under(index: int, parent: int | None) -> None:
    rows = [Row(Kind.REPO, depth, CI) for depth in (0, 1, 2, 2, 1, 0)]
    assert parent_of(rows, index) == parent


statuses = st.sampled_from(["running", "success", "failure", "pending", "blocked", "new-word"]).map(Status)
some_builds = st.lists(
    st.builds(
        build,
        st.sampled_from(["acme/a", "acme/b", "zoo/a", "lonely"]),
        st.integers(1, 40),
        server=st.sampled_from([CI, "b"]),
        status=statuses,
        stages=st.sampled_from([None, (), LONE, TWO]),
    ),
    max_size=30,
)


@given(some_builds, st.lists(st.integers(0, 60), max_size=20), st.sampled_from(["", "failed", "a", "!mine", "zoo run"]))
def test_rows_are_a_tree_with_keys_of_their_own(builds: list[Build], toggled: list[int], text: str) -> None:
    store = store_of(builds, servers=(CI, "b"))
    view = Showing(filter=Filter(text), shown=4)
    for index in toggled:
        rows = flatten(store, view)
        if index < len(rows):
            view.toggle(rows[index])
    rows = flatten(store, view)
    assert len({row.key for row in rows}) == len(rows)
    for before, row in zip([None, *rows], rows, strict=False):
        assert row.depth <= (before.depth + 1 if before else 0), "no level is left out"
        if before is not None and row.depth > before.depth:
            assert view.is_open(before), "only what is open has rows below"
    assert flatten(store, view) == rows, "the same store and view give the same rows"


@given(some_builds, statuses)
def test_what_runs_does_not_change_the_order(builds: list[Build], status: Status) -> None:
    store, moved = (store_of(some, servers=(CI, "b")) for some in (builds, [replace(b, status=status) for b in builds]))
    view = Showing()
    for _ in range(4):
        view.toggled |= {row.key for row in flatten(store, view) if row.kind in (Kind.REPO, Kind.BUILD)}
    assert flatten(store, view) == flatten(moved, view)
