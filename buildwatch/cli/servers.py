"""The configured servers as something that can be asked, and finding on them what a person meant."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Final, TypeVar

from buildwatch.cli.address import Address
from buildwatch.cli.errors import UserError
from buildwatch.clock import ServerClock
from buildwatch.config import Settings
from buildwatch.config.errors import near
from buildwatch.model import Build, Repo
from buildwatch.sources.backoff import Backoff
from buildwatch.sources.base import Source
from buildwatch.sources.connect import connect
from buildwatch.sources.errors import Broken, Busy, Denied, SourceError, Unreachable

CANNOT_ASK: Final = 5
"""Exit status when a server does not answer, does not accept the token, or says no."""

TIMED_OUT: Final = 4
"""Exit status when what was waited for did not come in time."""

LONGEST_WAIT: Final = 10.0
"""Seconds that a server may ask us to wait before it counts as one that cannot be asked."""

HOPELESS: Final = 5.0
"""Seconds that a server may take to fail and still be asked once more."""

PATIENCE: Final = 1.0
"""Seconds that the other servers have to answer once one has what was meant: dead ones would take half a minute."""

T = TypeVar("T")

Listed = list[tuple[Repo, Build | None]]


@dataclass(frozen=True, slots=True)
class Server:
    """One server: what it can be asked, and its clock."""

    source: Source
    clock: ServerClock

    def now(self) -> float:
        """Unix seconds by the server's clock."""
        return self.clock.now(time.time())


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[list[Server]]:
    """The servers, in the order of the configuration. Nothing is asked yet."""
    servers = []
    for configured in settings.servers:
        clock = ServerClock()
        servers.append(Server(connect(configured, clock, time.time), clock))
    try:
        yield servers
    finally:
        for server in servers:
            await server.source.close()


async def ask(call: Callable[[], Awaitable[T]]) -> T:
    """What `call` gives. Tried again where the reason may pass. Raises `UserError` with `CANNOT_ASK`."""
    backoff = Backoff(Random())  # noqa: S311 - spreads requests
    tried, now = 0, asyncio.get_running_loop().time
    while True:
        begun = now()
        try:
            return await call()
        except SourceError as error:
            tried += 1
            if tried >= _tries(error) or now() - begun > HOPELESS:
                raise UserError(str(error), CANNOT_ASK) from None
            pause = backoff.failed(error.retry_after)
        await asyncio.sleep(pause)


def _tries(error: SourceError) -> int:
    """How often a request is sent in all that fails like this."""
    if isinstance(error, Broken | Busy) and error.retry_after <= LONGEST_WAIT:
        return 4
    return 2 if isinstance(error, Unreachable) else 1


async def find_repo(servers: Iterable[Server], address: Address) -> tuple[Server, str]:
    """The one server that has the repo, and the repo's `owner/name`. Raises `UserError` when there is not just one.

    Asks nothing where only one server comes into question and the owner was given.
    """
    candidates = [server for server in servers if address.server in (None, server.source.url)]
    if "/" in address.repo and len(candidates) == 1:
        return candidates[0], address.repo
    answers = await lists(candidates, address)
    found = []
    slugs = []
    for server, listed in zip(candidates, answers, strict=True):
        if not isinstance(listed, BaseException):
            slugs += [repo.slug for repo, _ in listed]
            found += [(server, repo.slug) for repo, _ in listed if means(address, repo.slug)]
    if len(found) == 1:
        return found[0]
    if found:
        where = ", ".join(f"{slug} on {server.source.name}" for server, slug in found[:5])
        raise UserError(f"{address.repo} can be {where}; give owner/name, and --server NAME")
    for listed in answers:
        if isinstance(listed, BaseException):
            raise listed
    raise no_repo(address, slugs)


async def lists(servers: Sequence[Server], address: Address) -> list[Listed | BaseException]:
    """What each server lists, or why not; once one has the repo that was meant, only of those that answer soon."""
    asked = [asyncio.ensure_future(ask(server.source.repos)) for server in servers]
    pending, patience = set(asked), None
    try:
        while pending:
            done, pending = await asyncio.wait(pending, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                break
            told = [one.result() for one in done if one.exception() is None]
            if any(means(address, repo.slug) for listed in told for repo, _ in listed):
                patience = PATIENCE
    finally:
        for one in pending:
            one.cancel()
    return list(await asyncio.gather(*asked, return_exceptions=True))


async def find_build(server: Server, slug: str, address: Address) -> Build:
    """The build that was meant, with its stages: the one of that number, or the newest. Raises `UserError`."""
    source = server.source
    number = address.number
    if number is None:
        builds = await ask(lambda: source.builds(slug, 1, 25))
        if not builds:
            raise UserError(f"{slug} has no builds yet")
        number = max(builds, key=lambda build: build.id).number

    async def read() -> Build:
        try:
            return await source.build(slug, number)
        except Denied as error:
            if error.status != 404:
                raise
            raise UserError(f"{slug} has no build #{number}, or the token has no right to it", CANNOT_ASK) from None

    return await ask(read)


def means(address: Address, slug: str) -> bool:
    """Whether the repo of an address, which may lack its owner, is the one of that name."""
    return slug == address.repo or ("/" not in address.repo and slug.rpartition("/")[2] == address.repo)


def no_repo(address: Address, slugs: Iterable[str]) -> UserError:
    """What to say of a repo that no server lists."""
    names = {slug if "/" in address.repo else slug.rpartition("/")[2] for slug in slugs}
    return UserError(f"no server has a repo {address.repo}, or the token has no right to it{near(address.repo, names)}")
