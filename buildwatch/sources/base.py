"""What every kind of server can be asked, whatever it speaks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from buildwatch.model import Build, Repo, Status
from buildwatch.wire.drone1 import User
from buildwatch.wire.loglines import Piece

Told = tuple[Repo, Build]
"""One event: the repo and the whole build, as they were when it was sent."""


class Source(Protocol):
    """One server. Every call raises `SourceError`; nothing is kept and nothing is tried twice."""

    name: str
    url: str

    @property
    def kind(self) -> str:
        """What it runs; empty while that is not known."""

    @property
    def global_ids(self) -> bool:
        """Whether build ids grow over the whole server, so that a greater one was made later, in whichever repo."""

    @property
    def page_size(self) -> int:
        """How many builds a full page of `builds` holds."""

    @property
    def pages(self) -> bool:
        """Whether there are further pages."""

    @property
    def actions(self) -> frozenset[str]:
        """What can be done to a build, of `restart cancel approve decline promote rollback create`."""

    @property
    def requests(self) -> int:
        """How many requests were sent so far."""

    def now(self) -> int:
        """The server's time, unix seconds; 0 where it has not told it."""

    async def version(self) -> str:
        """The server's own word for its version."""

    async def user(self) -> User:
        """Whose token this is. The only way to know that it is accepted: some servers go on as anonymous."""

    async def repos(self) -> list[tuple[Repo, Build | None]]:
        """All repos of the user, each with its newest build by id, without stages."""

    async def recent(self) -> list[Build]:
        """The newest builds over all repos of the user, a constant number, without stages."""

    async def incomplete(self) -> list[Build]:
        """The builds that are queued or run, of all repos, for admins; without stages."""

    async def builds(self, slug: str, page: int = 1, size: int = 100) -> list[Build]:
        """A page of a repo's builds, newest first, without stages. Pages count from 1; one past the end is empty."""

    async def build(self, slug: str, number: int) -> Build:
        """One build with its stages and steps."""

    def log(
        self, slug: str, number: int, stage: int, step: int
    ) -> AbstractAsyncContextManager[AsyncIterator[list[Piece]]]:
        """The whole log of a step that has ended, as it comes; what has come of one that breaks off is true.

        `Denied` (404) before the step has ended, and for steps that never ran.
        """

    def events(self) -> AbstractAsyncContextManager[AsyncIterator[list[Told]]]:
        """The event stream, entered once it is open; each item holds the events of one piece of the wire."""

    def follow(
        self, slug: str, number: int, stage: int, step: int
    ) -> AbstractAsyncContextManager[AsyncIterator[list[Piece]]]:
        """The live log of a running step, its past first. It may lose pieces and says so by their positions."""

    async def restart(self, slug: str, number: int, params: Mapping[str, str]) -> Build | None:
        """Run it again as a new build, which comes back."""

    async def cancel(self, slug: str, number: int) -> None:
        """Stop a build that is queued, blocked or runs."""

    async def approve(self, slug: str, number: int) -> None:
        """Let all blocked stages of a build run."""

    async def decline(self, slug: str, number: int) -> None:
        """Refuse all blocked stages of a build."""

    async def promote(self, slug: str, number: int, target: str, params: Mapping[str, str]) -> Build | None:
        """Deploy a build to `target`, as a new build."""

    async def rollback(self, slug: str, number: int, target: str, params: Mapping[str, str]) -> Build | None:
        """Take `target` back to a build, as a new build."""

    async def create(self, slug: str, branch: str, commit: str, params: Mapping[str, str]) -> Build | None:
        """Start a build of a branch's head, or of a commit; None when no pipeline matches."""

    def page_of(self, build: Build, stage: int | None = None, step: int | None = None) -> str:
        """The address of the build's (step's) page in the server's own web interface."""

    async def close(self) -> None:
        """Let go of all connections."""


def may_be_killed(source: Source, row: Build) -> bool:
    """Whether only its stages tell how a build ended: lists that have no ids say `failure` of one that was stopped."""
    return not source.global_ids and row.stages is None and row.status in (Status.FAILURE, Status.ERROR)
