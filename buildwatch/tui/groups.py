"""What stands in a namespace or other group of the tree, and how much of it runs, fails or waits. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass

from buildwatch.model import Build, Repo, Status
from buildwatch.store import Known
from buildwatch.tui.order import STANDINGS
from buildwatch.tui.rows import Kind, Row, Showing, author_of, is_shown


@dataclass(slots=True)
class Tally:
    """How many repos stand somewhere, how many of their builds run or wait for a person, and of how many repos the
    newest build that has ended failed.
    """

    repos: int = 0
    failing: int = 0
    running: int = 0
    waiting: int = 0


def members(row: Row, store: Known, showing: Showing) -> list[tuple[Repo, Build | None]]:
    """The repos that the tree shows in a group, each with the build that it is there for."""
    found: list[tuple[Repo, Build | None]] = []
    for repo, heads, builds in _placed(store, showing):
        if row.key in heads:
            stands = next(iter(builds), None) if row.kind is Kind.AUTHOR else showing.stands_by(store, repo.key)
            found.append((repo, stands))
    return found


def tallies(store: Known, confirmed: Known, showing: Showing) -> dict[Hashable, Tally]:
    """Of each server and each group that the tree shows, by its row's key.

    `confirmed` is what the servers themselves told: only of that it is known how it stands.
    """
    found: defaultdict[Hashable, Tally] = defaultdict(Tally)
    unfinished = Counter(build.repo_key for build in confirmed.unfinished())
    for repo, heads, builds in _placed(store, showing):
        failing, running, waiting, left = False, 0, 0, unfinished[repo.key]
        walk = iter(builds)
        for build in walk:
            if confirmed.build(build.key) is None:
                continue
            if build.status.ended:
                failing = build.status in (Status.FAILURE, Status.ERROR)
                break
            left -= 1
            running += build.status == Status.RUNNING
            waiting += build.status == Status.BLOCKED
        for build in walk if left else ():  # older ones that have not ended
            running += build.status == Status.RUNNING and confirmed.build(build.key) is not None
            waiting += build.status == Status.BLOCKED and confirmed.build(build.key) is not None
        for head in heads:
            tally = found[head]
            tally.repos += 1
            tally.failing += failing
            tally.running += running
            tally.waiting += waiting
    return found


def _placed(store: Known, showing: Showing) -> Iterator[tuple[Repo, tuple[Hashable, ...], Iterable[Build]]]:
    """Each repo that is shown, the keys of what it stands in, and its builds in there, newest first."""
    group = showing.view.group
    for repo in store.repos.values():
        if group == "author":
            yield from _by_author(store, showing, repo)
        elif is_shown(store, showing, repo):
            head = Row(Kind.SERVER, 0, repo.server)
            if group == "status":
                head = Row(Kind.STANDING, 0, "", part=STANDINGS[showing.order.standing(store, repo)])
            within = Row(Kind.NAMESPACE, 0, repo.server, part=repo.namespace)
            heads = (head.key, within.key) if group == "namespace" else (head.key,)
            builds = store.builds(repo.key)
            if showing.filter.asks_whose:
                me = store.servers[repo.server].user
                builds = (build for build in builds if showing.filter.is_theirs(repo, build, me))
            yield repo, heads, builds


def _by_author(
    store: Known, showing: Showing, repo: Repo
) -> Iterator[tuple[Repo, tuple[Hashable, ...], Iterable[Build]]]:
    theirs: dict[str, list[Build]] = {}
    me = store.servers[repo.server].user
    for build in store.builds(repo.key):
        if not showing.filter or showing.filter.shows(repo, build, me) or showing.holds(build):
            theirs.setdefault(author_of(build), []).append(build)
    for author, builds in theirs.items():
        yield repo, (Row(Kind.AUTHOR, 0, "", part=author).key,), builds
