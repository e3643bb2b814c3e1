"""What is known of all servers: told once, in order, within bounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from buildwatch.model import Build, Repo, RepoKey, Stage, Status, Step
from buildwatch.store import BUILDS_KEPT, DETAILS_KEPT, Changes, Link, Move, Server, Store

BEGIN = 1_795_420_000
REPO = RepoKey("s", "a/b")
Told = tuple[str | None, str | None, str | None, str]


def build(id: int = 7, status: str = "success", *, number: int | None = None, repo: str = "a/b", run: int = 1) -> Build:
    """A build as a list tells it."""
    of = Status(status)
    version = {0: 1, 1: 2, 2: 3}[of.rank]
    began = of.rank > 0 and of != Status.DECLINED
    return Build("s", repo, id, number or id, of, started=BEGIN * began, version=version, run=run)


def staged(of: Build, *stages: str, step: str = "") -> Build:
    """The same with stages in these states, each with a step in the same state, or in that of `step`."""
    made = []
    for number, word in enumerate(stages, 1):
        status = Status(word)
        steps = (Step(1, "test", Status(step or word), version=status.rank),)
        made.append(Stage(number, f"stage {number}", status, version=status.rank, steps=steps))
    return replace(of, stages=tuple(made))


def told(changes: Changes) -> list[Told]:
    return [(move.stage, move.step, move.before, move.after) for move in changes.moves]


@pytest.fixture
def store() -> Store:
    made = Store()
    made.set_repos("s", [Repo("s", "a/b", 1)])
    return made


# what is told


def test_what_is_read_as_history_is_no_change(store: Store) -> None:
    changes = store.apply(staged(build(), "success"), news=False)
    assert changes.moves == []
    assert changes.builds == {build().key}
    assert changes.repos == {REPO}
    assert changes.structure


def test_what_is_new_is_told_whole_in_the_order_of_build_stage_step(store: Store) -> None:
    changes = store.apply(staged(build(status="running"), "success", "running"), news=True)
    assert told(changes) == [
        (None, None, None, "running"),
        ("stage 1", None, None, "success"),
        ("stage 1", "test", None, "success"),
        ("stage 2", None, None, "running"),
        ("stage 2", "test", None, "running"),
    ]


def test_what_was_there_at_the_start_is_told_from_where_it_goes_on(store: Store) -> None:
    store.apply(build(status="running"), news=False)
    assert store.apply(staged(build(status="running"), "running"), news=False).moves == []
    assert told(store.apply(staged(build(), "success"), news=False)) == [
        (None, None, "running", "success"),
        ("stage 1", None, "running", "success"),
        ("stage 1", "test", "running", "success"),
    ]


def test_the_same_again_is_no_change_at_all(store: Store) -> None:
    store.apply(staged(build(), "success"), news=True)
    for again in (staged(build(), "success"), build()):
        assert not store.apply(again, news=True)


def test_a_later_other_end_is_told_with_the_old_one(store: Store) -> None:
    store.apply(build(status="killed"), news=True)
    flipped = replace(build(status="failure"), version=4)
    assert told(store.apply(flipped, news=True)) == [(None, None, "killed", "failure")]
    assert not store.apply(build(status="killed"), news=True)


def test_a_partly_declined_build_that_goes_on_ends_again(store: Store) -> None:
    declined = replace(build(status="declined"), version=2)
    store.apply(staged(declined, "running", "declined"), news=True)
    end = replace(build(status="success"), version=3)
    assert told(store.apply(staged(end, "success", "declined"), news=True))[0] == (None, None, "declined", "success")


@pytest.mark.parametrize(
    "again", [replace(build(), started=BEGIN + 60), build(run=2)], ids=["another start", "another run"]
)
def test_each_run_has_its_own_end_even_when_it_is_the_same(store: Store, again: Build) -> None:
    store.apply(staged(build(), "success"), news=True)
    assert told(store.apply(staged(again, "success"), news=True)) == [
        (None, None, None, "success"),
        ("stage 1", None, None, "success"),
        ("stage 1", "test", None, "success"),
    ]
    assert not store.apply(staged(build(), "success"), news=True)


def test_a_build_that_runs_again_is_told_from_its_end(store: Store) -> None:
    store.apply(build(), news=True)
    again = replace(build(status="running"), started=BEGIN + 60)
    assert told(store.apply(again, news=True)) == [(None, None, "success", "running")]
    assert [one.id for one in store.unfinished()] == [7]


@pytest.mark.parametrize(("held", "moves"), [("failure", []), ("running", [(None, None, "running", "killed")])])
def test_what_a_list_called_failure_and_was_killed_is_no_change(store: Store, held: str, moves: list[Told]) -> None:
    store.apply(build(status=held), news=False)
    changes = store.apply(staged(build(status="killed"), "killed"), news=False)
    assert told(changes) == moves
    assert changes.builds
    assert [one.status for one in store.builds(REPO)] == [Status.KILLED]


# approval


def test_what_a_list_told_as_killed_has_its_stages_told_once_they_are_read(store: Store) -> None:
    assert told(store.apply(build(status="killed"), news=True)) == [(None, None, None, "killed")]
    assert told(store.apply(staged(build(status="killed"), "killed", step="skipped"), news=True)) == [
        ("stage 1", None, None, "killed"),
        ("stage 1", "test", None, "skipped"),
    ]


def test_what_already_waited_for_approval_is_no_change(store: Store) -> None:
    store.apply(build(status="pending"), news=False)
    changes = store.apply(staged(build(status="pending"), "blocked", "blocked"), news=False)
    assert changes.moves == []
    assert [one.status for one in store.unfinished()] == [Status.BLOCKED]


def test_approval_and_decline_are_told(store: Store) -> None:
    store.apply(staged(build(1, "pending"), "blocked"), news=False)
    store.apply(staged(build(2, "pending"), "blocked"), news=False)
    running = staged(build(1, "running"), "running")
    assert told(store.apply(running, news=True))[:2] == [
        (None, None, "blocked", "running"),
        ("stage 1", None, "blocked", "running"),
    ]
    declined = staged(build(2, "declined"), "declined")
    assert told(store.apply(declined, news=True))[0] == (None, None, "blocked", "declined")


# bounds


def fill(store: Store, count: int, first: int = 1) -> None:
    for id in range(first, first + count):
        store.apply(staged(build(id), "success"), news=True)


def test_so_many_builds_of_a_repo_are_kept_and_so_many_with_their_stages(store: Store) -> None:
    fill(store, BUILDS_KEPT + 40)
    kept = list(store.builds(REPO))
    assert [one.id for one in kept] == list(range(BUILDS_KEPT + 40, 40, -1))
    assert [one.stages is not None for one in kept] == [True] * DETAILS_KEPT + [False] * (BUILDS_KEPT - DETAILS_KEPT)
    assert store.count(REPO) == BUILDS_KEPT


def test_what_has_not_ended_is_never_let_go(store: Store) -> None:
    store.apply(staged(build(1, "running"), "running"), news=True)
    fill(store, BUILDS_KEPT + 5, first=2)
    assert store.build(build(1).key) == staged(build(1, "running"), "running")
    assert told(store.apply(staged(build(1), "success"), news=True))[0] == (None, None, "running", "success")


def test_what_was_let_go_is_never_told_again(store: Store) -> None:
    fill(store, BUILDS_KEPT + 40)
    assert store.apply(staged(build(3), "success"), news=True).moves == []
    assert store.count(REPO) == BUILDS_KEPT


def test_of_what_was_let_go_another_end_is_told_and_so_is_what_was_never_known() -> None:
    store = Store(builds=3, details=1)
    for id in (1, 2, 4, 5, 6, 7, 8):
        store.apply(build(id, "killed"), news=True)
    assert [one.id for one in store.builds(REPO)] == [8, 7, 6]
    assert told(store.apply(build(2, "failure"), news=True)) == [(None, None, None, "failure")]
    assert store.apply(build(2, "failure"), news=True).moves == []
    assert told(store.apply(build(3, "killed"), news=True)) == [(None, None, None, "killed")]
    assert not store.apply(build(3, "killed"), news=True)
    late = store.apply(build(4, "running"), news=True)
    assert late.moves == []


def test_what_was_let_go_long_ago_is_never_news(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("buildwatch.let_go.REMEMBERED", 5)
    store = Store(builds=2)
    fill(store, 20)
    for id in range(1, 19):
        assert store.is_old_news(build(id, "success"))
        assert not store.apply(build(id, "success"), news=True)
    assert [told(store.apply(build(id, "failure"), news=True)) for id in (13, 14)] == [
        [],
        [(None, None, None, "failure")],
    ]


def test_stages_that_were_let_go_are_not_told_again_when_they_are_read_again(store: Store) -> None:
    fill(store, DETAILS_KEPT + 5)
    changes = store.apply(staged(build(3), "success"), news=True)
    assert changes.moves == []
    again = store.build(build(3).key)
    assert again is not None
    assert again.stages == staged(build(3), "success").stages


@given(st.lists(st.tuples(st.integers(1, 400), st.booleans()), max_size=300))
def test_bounds_hold_whatever_comes(coming: list[tuple[int, bool]]) -> None:
    store = Store()
    ends: list[int] = []
    for id, running in coming:
        changes = store.apply(staged(build(id, "running" if running else "success"), "running"), news=True)
        ends += [move.build.id for move in changes.moves if move.stage is None and move.after.ended]
    open = {one.id for one in store.unfinished()}
    assert store.count(REPO) <= BUILDS_KEPT + len(open)
    assert len(ends) == len(set(ends))
    assert [one.id for one in store.builds(REPO)] == sorted((one.id for one in store.builds(REPO)), reverse=True)


# repos


def listing(store: Store, *slugs: str) -> Changes:
    return store.set_repos("s", [Repo("s", slug, len(slug)) for slug in slugs])


def test_a_repo_is_gone_when_two_lists_running_are_without_it() -> None:
    store = Store()
    listing(store, "a/b", "a/cc")
    store.apply(build(status="running"), news=False)
    assert not listing(store, "a/cc")
    assert not listing(store, "a/b", "a/cc")
    assert not listing(store, "a/cc")
    changes = listing(store, "a/cc")
    assert (changes.repos, changes.structure) == ({REPO}, True)
    assert (list(store.repos), store.unfinished(), list(store.builds(REPO))) == ([RepoKey("s", "a/cc")], [], [])


def test_other_servers_keep_their_repos() -> None:
    store = Store()
    store.set_repos("t", [Repo("t", "a/b")])
    for _ in range(3):
        listing(store)
    assert list(store.repos) == [RepoKey("t", "a/b")]


def test_a_repo_that_comes_back_is_not_told_again() -> None:
    store = Store()
    listing(store, "a/b")
    store.apply(build(), news=True)
    store.apply(build(8, "running"), news=True)
    for slugs in ((), (), ("a/b",)):
        listing(store, *slugs)
    assert store.apply(build(), news=True).moves == []
    assert told(store.apply(build(8, "failure"), news=True)) == [(None, None, None, "failure")]
    assert told(store.apply(build(9), news=True)) == [(None, None, None, "success")]


def test_a_repo_that_is_renamed_takes_its_builds_along_without_a_word() -> None:
    store = Store()
    listing(store, "a/b")
    store.apply(build(), news=True)
    moves: list[Move] = []
    for _ in range(3):
        listing(store, "a/new")
        moves += store.apply(build(repo="a/new"), news=True).moves
    assert moves == []
    assert [one.id for one in store.builds(RepoKey("s", "a/new"))] == [7]
    assert list(store.repos) == [RepoKey("s", "a/new")]


def test_a_changed_repo_is_told(store: Store) -> None:
    assert store.set_repos("s", [Repo("s", "a/b", 1, default_branch="main")]).repos == {REPO}
    assert not store.set_repos("s", [Repo("s", "a/b", 1, default_branch="main")])
    assert store.set_repos("s", [Repo("s", "a/b", 1, default_branch="main", active=False)]).structure


# looking things up


def test_builds_are_in_the_order_of_their_ids_not_of_their_numbers(store: Store) -> None:
    for id, number in ((5, 9), (3, 10), (8, 4)):
        store.apply(build(id, number=number), news=False)
    assert [(one.id, one.number) for one in store.builds(REPO)] == [(8, 4), (5, 9), (3, 10)]
    newest = store.newest(REPO)
    assert newest is not None
    assert newest.number == 4
    assert store.newest(RepoKey("s", "a/none")) is None


def test_unfinished_builds_by_server(store: Store) -> None:
    store.apply(build(5, "running"), news=False)
    store.apply(replace(build(5, "pending"), server="t"), news=False)
    store.apply(build(6), news=False)
    assert [one.key for one in store.unfinished("t")] == [("t", 5)]
    assert [one.key for one in store.unfinished()] == [("s", 5), ("t", 5)]


def test_an_unknown_status_counts_as_unfinished(store: Store) -> None:
    store.apply(build(5, "warming_up"), news=False)
    assert [one.status for one in store.unfinished()] == ["warming_up"]


def test_rows_that_come_are_a_change_of_structure_and_statuses_are_not(store: Store) -> None:
    store.apply(staged(build(status="running"), "running"), news=True)
    assert not store.apply(staged(build(), "success"), news=True).structure
    assert store.apply(staged(build(), "success", "success"), news=True).structure


# servers


def test_the_state_of_a_connection_is_told_when_it_changes() -> None:
    store = Store()
    server = Server("s", "https://drone.example.com")
    first = store.set_server(server)
    assert (first.servers, first.structure) == ({"s"}, True)
    assert not store.set_server(server)
    later = store.set_server(Server("s", "https://drone.example.com", link=Link.LIVE))
    assert (later.servers, later.structure) == ({"s"}, False)


def test_changes_add_up(store: Store) -> None:
    both = store.apply(build(1, "running"), news=True)
    both.take(store.apply(build(1), news=True))
    both.take(store.set_server(Server("s", "")))
    assert told(both) == [(None, None, None, "running"), (None, None, "running", "success")]
    assert (both.builds, both.repos, both.servers, both.structure) == ({build(1).key}, {REPO}, {"s"}, True)
    assert bool(both)
    assert not Changes()
