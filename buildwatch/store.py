"""All that is known of all servers, kept by one writer, and what each new message changed. Pure: no I/O, no clock.

Whoever reads the wire applies what it said; whoever shows or tells something reads the `Changes` that come back. A
status that moved is told as a `Move`, each end of a run exactly once.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol

from msgspec.structs import replace

from buildwatch.let_go import LetGo
from buildwatch.merge import is_another_run, merge_build, settled
from buildwatch.model import Build, BuildKey, Repo, RepoKey, Status

BUILDS_KEPT = 100
"""How many builds of a repo stay in memory, unfinished ones aside."""

DETAILS_KEPT = 25
"""Of how many of a repo's newest builds the stages stay in memory, unfinished ones aside."""


class Link(StrEnum):
    """How a server is being watched right now."""

    CONNECTING = "connecting"
    LIVE = "live"  # its stream is open
    POLLING = "polling"  # it answers, but its stream is not open
    OFFLINE = "offline"  # it does not answer; tried again by itself
    REFUSED = "refused"  # it answers no; only a person can mend it


@dataclass(frozen=True, slots=True)
class Server:
    """One configured server and the state of the connection to it.

    `said` is a whole sentence where something is wrong, else empty. `heard` is when it was last heard of and `since`
    when `link` last changed, both in unix seconds of our own clock. `user` and `admin` tell who the token belongs to,
    `listed` whether its list of repos has been read.
    """

    name: str
    url: str
    kind: str = ""
    version: str = ""
    user: str = ""
    admin: bool = False
    link: Link = Link.CONNECTING
    said: str = ""
    heard: float = 0.0
    since: float = 0.0
    listed: bool = False


class Move(NamedTuple):
    """One status that changed.

    `stage` and `step` are names, None on a build's (a stage's) own line; `before` is None where it was not known.
    """

    build: Build
    stage: str | None
    step: str | None
    before: Status | None
    after: Status


@dataclass(slots=True)
class Changes:
    """What one message changed.

    `builds` whose value is another now, `repos` whose line or list of builds is, `servers`, whether rows came or went
    (`structure`), and the `moves` in the order of build, stage, step. `read_back` are repos whose last builds were just
    read as a list: whatever else there was of them lately is gone.
    """

    builds: set[BuildKey] = field(default_factory=set)
    repos: set[RepoKey] = field(default_factory=set)
    servers: set[str] = field(default_factory=set)
    structure: bool = False
    moves: list[Move] = field(default_factory=list)
    read_back: set[RepoKey] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.builds or self.repos or self.servers or self.structure)

    def take(self, later: Changes) -> None:
        """Add what a later message changed."""
        self.builds |= later.builds
        self.repos |= later.repos
        self.servers |= later.servers
        self.structure |= later.structure
        self.moves += later.moves
        self.read_back |= later.read_back


class Known(Protocol):
    """What is known of all servers, to read from."""

    @property
    def servers(self) -> Mapping[str, Server]:
        """The configured servers, by name."""

    @property
    def repos(self) -> Mapping[RepoKey, Repo]:
        """All repos."""

    def build(self, key: BuildKey) -> Build | None:
        """The build of that key, if it is known."""

    def builds(self, repo: RepoKey) -> Iterator[Build]:
        """The known builds of `repo`, newest (by id) first."""

    def newest(self, repo: RepoKey) -> Build | None:
        """The newest known build of `repo`, by id."""

    def count(self, repo: RepoKey) -> int:
        """How many builds of `repo` are known."""

    def unfinished(self, server: str | None = None) -> list[Build]:
        """The builds that are known not to have ended, of one server or of all."""


class Store:
    """The one place where what is known lives. Only sources write to it."""

    def __init__(self, *, builds: int = BUILDS_KEPT, details: int = DETAILS_KEPT) -> None:
        """Keep so many of a repo's builds, and the stages of so many of the newest; unfinished ones aside."""
        self._kept = builds
        self._detailed = details
        self.servers: dict[str, Server] = {}
        self.repos: dict[RepoKey, Repo] = {}
        self._builds: dict[BuildKey, Build] = {}
        self._of_repo: dict[RepoKey, list[int]] = {}  # build ids, oldest first
        self._unfinished: dict[BuildKey, None] = {}
        self._missing: dict[str, set[RepoKey]] = {}
        self._let_go: dict[RepoKey, LetGo] = {}
        self._told: set[BuildKey] = set()  # ended, told, and since then kept without stages or forgotten with its repo

    def build(self, key: BuildKey) -> Build | None:
        """The build of that key, if it is known."""
        return self._builds.get(key)

    def builds(self, repo: RepoKey) -> Iterator[Build]:
        """The known builds of `repo`, newest (by id) first."""
        for id in reversed(self._of_repo.get(repo, ())):
            yield self._builds[BuildKey(repo.server, id)]

    def newest(self, repo: RepoKey) -> Build | None:
        """The newest known build of `repo`, by id."""
        ids = self._of_repo.get(repo)
        return self._builds[BuildKey(repo.server, ids[-1])] if ids else None

    def count(self, repo: RepoKey) -> int:
        """How many builds of `repo` are known."""
        return len(self._of_repo.get(repo, ()))

    def unfinished(self, server: str | None = None) -> list[Build]:
        """The known builds that have not ended, of one server or of all, in the order in which they became known."""
        return [self._builds[key] for key in self._unfinished if server is None or key.server == server]

    def set_server(self, server: Server) -> Changes:
        """Take in the state of a connection."""
        if self.servers.get(server.name) == server:
            return Changes()
        fresh = server.name not in self.servers
        self.servers[server.name] = server
        return Changes(servers={server.name}, structure=fresh)

    def set_repos(self, server: str, repos: Iterable[Repo]) -> Changes:
        """Take in the whole list of repos of `server`: those missing in two lists running are gone, with their builds.

        In two, because a server in trouble sends a list that is too short.
        """
        changes = Changes()
        listed = {repo.key: repo for repo in repos}
        missing = {key for key in self.repos if key.server == server and key not in listed}
        for key in missing & self._missing.get(server, set()):
            self._forget(key, changes)
        self._missing[server] = missing
        for repo in listed.values():
            self._set_repo(repo, changes)
        return changes

    def apply(self, build: Build, *, news: bool) -> Changes:
        """Take in one snapshot of a build.

        `news` says whether what was not known before (the build, or its stages) counts as a change: it does when the
        build began after we did, or when the server just told of it; not when it was read as history. What was known
        and moved is always told.
        """
        changes = Changes()
        old = self._builds.get(build.key)
        if old is None and self.is_old_news(build):
            return changes
        now = settled(build) if old is None else merge_build(old, build)
        if now is old:
            return changes
        if old is not None and now.repo != old.repo:
            now = replace(now, repo=old.repo)  # a rename: the list of repos tells it whole
        news = news and build.key not in self._told
        if old is None and not build.status.ended and self._knew(build):
            news = False  # a late word, or another run, whose end is told
        self._put(old, now, changes)
        changes.moves = list(_moves(old, now, news))
        return changes

    def is_old_news(self, build: Build) -> bool:
        """Whether this is a build that was known to have ended so, and is kept no more."""
        gone = self._let_go.get(build.repo_key)
        return gone is not None and build.key not in self._builds and gone.told(build)

    def _knew(self, build: Build) -> bool:
        gone = self._let_go.get(build.repo_key)
        return gone is not None and gone.knew(build)

    def _set_repo(self, repo: Repo, changes: Changes) -> None:
        old = self.repos.get(repo.key)
        if old == repo:
            return
        self.repos[repo.key] = repo
        changes.repos.add(repo.key)
        changes.structure |= old is None or old.active != repo.active

    def _put(self, old: Build | None, build: Build, changes: Changes) -> None:
        key, repo = build.key, build.repo_key
        self._builds[key] = build
        changes.builds.add(key)
        changes.repos.add(repo)
        if build.status.ended:
            self._unfinished.pop(key, None)
        else:
            self._unfinished[key] = None
        if old is None:
            insort(self._of_repo.setdefault(repo, []), build.id)
            changes.structure = True
            self._bound(repo)
        elif old.stages != build.stages:
            changes.structure |= _shape(old) != _shape(build)

    def _bound(self, repo: RepoKey) -> None:
        """Let go of the oldest ended builds, and of the stages of all but the newest."""
        ids = self._of_repo[repo]
        if len(ids) > self._detailed:
            key = BuildKey(repo.server, ids[-self._detailed - 1])
            build = self._builds[key]
            if build.status.ended and build.stages is not None:
                self._builds[key] = replace(build, stages=None)
                self._told.add(key)
        if len(ids) > self._kept:
            keys = (BuildKey(repo.server, id) for id in ids)
            ended = next((key for key in keys if key not in self._unfinished), None)
            if ended is not None:
                ids.remove(ended.id)
                self._told.discard(ended)
                self._let_go.setdefault(repo, LetGo()).add(self._builds.pop(ended))

    def _forget(self, repo: RepoKey, changes: Changes) -> None:
        del self.repos[repo]
        for id in self._of_repo.pop(repo, []):
            key = BuildKey(repo.server, id)
            if self._builds.pop(key).status.ended:
                self._told.add(key)
            self._unfinished.pop(key, None)
        changes.repos.add(repo)
        changes.structure = True


def _shape(build: Build) -> tuple[tuple[int, int], ...] | None:
    """What decides which rows a build has."""
    if build.stages is None:
        return None
    return tuple((stage.number, len(stage.steps)) for stage in build.stages)


def _was_listed_as_failed(earlier: Build | None) -> bool:
    return earlier is not None and earlier.stages is None and earlier.status in (Status.FAILURE, Status.ERROR)


def _moves(old: Build | None, new: Build, news: bool) -> Iterator[Move]:
    """The statuses in which `new` differs from `old`. A later run has an end, stages and steps of its own."""
    if old is None and not news:
        return
    earlier = old if old is not None and not is_another_run(old, new) else None
    if old is not None and old.stages is None and not news and new.status == Status.BLOCKED:
        return  # it was blocked before: only its stages say so
    if _was_listed_as_failed(earlier) and new.status == Status.KILLED:
        return  # the same: what a list says of one that was stopped
    if old is None or old.status != new.status:
        yield Move(new, None, None, old.status if old else None, new.status)
    elif earlier is None:
        yield Move(new, None, None, None, new.status)
    if new.stages is None or (earlier is not None and earlier.stages == new.stages):
        return
    if old is not None and old.stages is None and not news:
        return
    for stage in new.stages:
        was = earlier.stage(stage.number) if earlier else None
        if was == stage:
            continue
        steps = {step.number: step for step in was.steps} if was else {}
        if was is None or was.status != stage.status:
            yield Move(new, stage.name, None, was.status if was else None, stage.status)
        for step in stage.steps:
            before = steps.get(step.number)
            if before is step:
                continue
            if before is None or before.status != step.status:
                yield Move(new, stage.name, step.name, before.status if before else None, step.status)
