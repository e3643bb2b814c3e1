"""What stands in a group, and how much of it runs, fails or waits: always of what the tree shows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwatch.config.view import View
from buildwatch.model import Build, Repo, Status
from buildwatch.tui.groups import Tally, members, tallies
from buildwatch.tui.rows import HEADS, Kind, Row, Showing, flatten
from tests.tui.test_rows import CI, build, some_builds, store_of

ACME = Row(Kind.NAMESPACE, 0, CI, part="acme")


def test_a_repo_that_is_not_active_and_was_never_built_is_not_counted() -> None:
    store = store_of([build("acme/api", 1), build("acme/web", 2)])
    store.set_repos(CI, [*store.repos.values(), Repo(CI, "acme/never", active=False)])
    assert [repo.slug for repo, _ in members(ACME, store, Showing())] == ["acme/api", "acme/web"]
    assert tallies(store, store, Showing())[ACME.key] == Tally(2)


def test_what_fails_runs_and_waits_is_counted_as_at_the_top() -> None:
    store = store_of(
        [
            build("acme/api", 1, status=Status.FAILURE),
            build("acme/api", 2, status=Status.RUNNING, finished=0),
            build("acme/api", 3, status=Status.RUNNING, finished=0),
            build("acme/web", 4, status=Status.FAILURE),
            build("acme/web", 5),
            build("acme/web", 6, status=Status.BLOCKED, finished=0),
            build("zoo/b", 7, status=Status.ERROR),
        ]
    )
    counted = tallies(store, store, Showing())
    assert counted[ACME.key] == Tally(repos=2, failing=1, running=2, waiting=1)
    assert counted[Row(Kind.SERVER, 0, CI).key] == Tally(repos=3, failing=2, running=2, waiting=1)


def test_what_runs_is_counted_though_a_newer_build_has_ended() -> None:
    store = store_of(
        [build("acme/api", 1, status=Status.RUNNING, finished=0), build("acme/api", 2, status=Status.FAILURE)]
    )
    assert tallies(store, store, Showing())[ACME.key] == Tally(repos=1, failing=1, running=1)


def test_where_somebodys_builds_are_asked_for_only_these_count() -> None:
    store = store_of([build("acme/api", 1, author="ann"), build("acme/api", 2, author="bob", status=Status.FAILURE)])
    showing = Showing()
    showing.choose(View(filter="mine"))
    assert tallies(store, store, showing)[ACME.key] == Tally(repos=1)
    assert [one.number for _, one in members(ACME, store, showing) if one] == [1]


def test_what_no_server_has_confirmed_neither_runs_nor_fails() -> None:
    kept = store_of([build("acme/api", 1, status=Status.FAILURE)])
    assert tallies(kept, store_of([]), Showing())[ACME.key] == Tally(repos=1)


@pytest.mark.parametrize("group", ["namespace", "server", "status", "author"])
@given(builds=some_builds, text=st.sampled_from(["", "failed", "a", "!mine"]))
def test_a_group_counts_the_repos_that_are_seen_in_it(group: str, builds: list[Build], text: str) -> None:
    store, showing = store_of(builds, servers=(CI, "b")), Showing()
    showing.choose(View(group=group, filter=text))
    seen: dict[object, set[object]] = {}
    above: list[Row] = []
    for row in flatten(store, showing):
        above = [*(one for one in above if one.depth < row.depth), row]
        if row.kind in HEADS:
            seen[row.key] = set()
        elif row.repo is not None:
            for head in above:
                if head.kind in HEADS:
                    seen[head.key].add(row.repo)
    counted = tallies(store, store, showing)
    for row in flatten(store, showing):
        if row.kind is Kind.AUTHOR:  # who has more builds than are shown may have them in more repos
            assert counted[row.key].repos >= len(seen[row.key])
        elif row.kind in HEADS and (seen[row.key] or row.kind is not Kind.SERVER):
            assert counted[row.key].repos == len(seen[row.key])
            assert len(members(row, store, showing)) == len(seen[row.key]) or row.kind is Kind.SERVER
