"""What is shown: all that the store knows, and where it does not know yet, what was known the last time. Pure.

The store alone decides what is news; nothing that was kept ever gets into it. What the server says takes the place of
what was kept, thing by thing: a repo's and its newest build with the list of repos, a repo's other builds each as it is
told of, and what is then left of them once the repo's last builds were read; stages once the build was read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace as with_fields
from typing import TYPE_CHECKING

from msgspec.structs import replace

from buildwatch.merge import is_another_run
from buildwatch.model import Build, BuildKey, Repo, RepoKey
from buildwatch.store import Changes, Server, Store

if TYPE_CHECKING:
    from buildwatch.kept import Kept


class Shown:
    """A store to read from, with what was kept behind it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._at: dict[str, float] = {}
        self._users: dict[str, str] = {}  # of servers whose repos are not listed yet
        self._repos: dict[RepoKey, Repo] = {}  # of such servers
        self._builds: dict[BuildKey, Build] = {}
        self._of_repo: dict[RepoKey, list[int]] = {}  # ids, newest first
        self._union: Mapping[RepoKey, Repo] = store.repos

    def remember(self, name: str, kept: Kept) -> bool:
        """Show this of a server, unless its repos are known already. Whether it is shown."""
        server = self._store.servers.get(name)
        if server is None or server.listed or name in self._at:
            return False
        self._at[name], self._users[name] = kept.at, kept.user
        for repo in kept.repos:
            self._repos[repo.key] = repo
        for build in sorted(kept.builds, key=lambda build: -build.id):
            if build.repo_key in self._repos and build.key not in self._builds:
                self._builds[build.key] = build
                self._of_repo.setdefault(build.repo_key, []).append(build.id)
        self._join()
        return True

    def take(self, changes: Changes) -> None:
        """The store knows more: what it knows better is not needed any more. Where rows go, `changes` is told so."""
        if not self._at:
            return
        for name in changes.servers & self._users.keys():
            if self._store.servers[name].listed:
                changes.repos |= {key for key in self._union if key.server == name}
                changes.structure = True
                self._listed(name)
        for repo in changes.read_back & self._of_repo.keys():
            self._drop(key for key in self._kept_of(repo) if self._store.build(key) is None)
            changes.repos.add(repo)
            changes.structure = True
        self._drop(key for key in changes.builds & self._builds.keys() if self._is_known_better(key))
        if self._users:
            self._join()

    def at(self, server: str) -> float:
        """When what was kept of a server was true, unix seconds of our clock; 0 where nothing was kept."""
        return self._at.get(server, 0.0)

    def is_all_old(self, server: str) -> bool:
        """Whether all that is shown of a server is what was kept."""
        return server in self._users

    def is_old_repo(self, repo: RepoKey) -> bool:
        """Whether a repo, or its newest build, was not told by the server yet."""
        if not self._at:
            return False
        newest = self.newest(repo)
        return repo not in self._store.repos or (newest is not None and self._store.build(newest.key) is None)

    def is_old(self, build: BuildKey) -> bool:
        """Whether a build was not told by the server yet."""
        return bool(self._at) and self._store.build(build) is None

    def has_old_stages(self, build: BuildKey) -> bool:
        """Whether the stages that are shown of a build were not told by the server yet."""
        if build not in self._builds:
            return False
        known = self._store.build(build)
        return known is None or known.stages is None

    @property
    def confirmed(self) -> Store:
        """What the servers told, alone."""
        return self._store

    # as a store is read

    @property
    def servers(self) -> Mapping[str, Server]:
        """The configured servers; one whose repos are not listed yet was heard of when what is shown was kept."""
        if not self._users:
            return self._store.servers
        return {
            name: with_fields(server, user=server.user or self._users[name], heard=self._at[name])
            if name in self._users
            else server
            for name, server in self._store.servers.items()
        }

    @property
    def repos(self) -> Mapping[RepoKey, Repo]:
        """All repos."""
        return self._union

    def build(self, key: BuildKey) -> Build | None:
        """The build of that key."""
        known = self._store.build(key)
        if known is None:
            return self._builds.get(key)
        return self._with_stages(known)

    def builds(self, repo: RepoKey) -> Iterator[Build]:
        """The builds of `repo`, newest (by id) first."""
        ids = self._of_repo.get(repo)
        if ids is None:
            return self._store.builds(repo)
        known = {build.id: self._with_stages(build) for build in self._store.builds(repo)}
        kept = (self._builds[BuildKey(repo.server, id)] for id in ids)
        merged = {build.id: build for build in kept} | known
        return (merged[id] for id in sorted(merged, reverse=True))

    def newest(self, repo: RepoKey) -> Build | None:
        """The newest build of `repo`, by id."""
        known, kept = self._store.newest(repo), self._newest_kept(repo)
        if known is None or (kept is not None and kept.id > known.id):
            return kept
        return self._with_stages(known)

    def count(self, repo: RepoKey) -> int:
        """How many builds of `repo` there are to see."""
        ids = self._of_repo.get(repo)
        return (
            self._store.count(repo) if ids is None else len({*ids, *(build.id for build in self._store.builds(repo))})
        )

    def unfinished(self, server: str | None = None) -> list[Build]:
        """The builds that have not ended: only what the servers told. What ran when it was kept need not run."""
        return self._store.unfinished(server)

    # for the next start

    def to_keep(self, server: str) -> tuple[list[Repo], Mapping[RepoKey, list[Build]]] | None:
        """A server's repos and builds, newest first; None where it told nothing itself. What was kept and not confirmed
        is kept on where it had ended.
        """
        if not self._store.servers[server].listed:
            return None
        repos = [repo for repo in self._store.repos.values() if repo.server == server]
        return repos, {
            repo.key: [build for build in self.builds(repo.key) if build.status.ended or not self.is_old(build.key)]
            for repo in repos
        }

    def _newest_kept(self, repo: RepoKey) -> Build | None:
        ids = self._of_repo.get(repo)
        return self._builds[BuildKey(repo.server, ids[0])] if ids else None

    def _kept_of(self, repo: RepoKey) -> list[BuildKey]:
        return [BuildKey(repo.server, id) for id in self._of_repo[repo]]

    def _drop(self, keys: Iterable[BuildKey]) -> None:
        """What was kept of these builds is of no use any more."""
        for key in list(keys):
            repo = self._builds.pop(key).repo_key
            self._of_repo[repo].remove(key.id)
            if not self._of_repo[repo]:
                del self._of_repo[repo]

    def _is_known_better(self, key: BuildKey) -> bool:
        """Whether the server told of a build, and what was kept has no stages to add."""
        known, old = self._store.build(key), self._builds[key]
        return known is not None and (known.stages is not None or old.stages is None or not _same(old, known))

    def _with_stages(self, known: Build) -> Build:
        """A build as the server told it, with the stages that were kept where it told none of the same run."""
        old = self._builds.get(known.key) if known.stages is None else None
        return known if old is None else replace(known, stages=old.stages)

    def _listed(self, server: str) -> None:
        """The list of its repos has come, and with it the newest build of each: what is later was purged."""
        del self._users[server]
        self._repos = {key: repo for key, repo in self._repos.items() if key.server != server}
        for repo in [key for key in self._of_repo if key.server == server]:
            newest = self._store.newest(repo) if repo in self._store.repos else None
            self._drop(key for key in self._kept_of(repo) if newest is None or key.id > newest.id)
        self._join()

    def _join(self) -> None:
        self._union = self._repos | self._store.repos if self._users else self._store.repos


def _same(old: Build, known: Build) -> bool:
    """Whether a build stands as it stood when it was kept, so that its stages do as well, for all that is known."""
    return not is_another_run(old, known) and (old.status, old.finished) == (known.status, known.finished)
