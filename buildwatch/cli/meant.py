"""Which repo and build a command is about: what was given, or what is checked out in the clone where one stands."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import Final, Literal
from urllib.parse import urlsplit

from buildwatch.cli.address import Address, parse
from buildwatch.cli.clone import Clone, here
from buildwatch.cli.errors import UserError
from buildwatch.cli.output import note
from buildwatch.cli.servers import TIMED_OUT, Server, ask, find_build, find_repo, lists
from buildwatch.model import Build, Repo

COMING: Final = 60.0
"""Seconds that the build of a commit may take to come: a push goes from git to the code host to the CI server."""

LOOK_AGAIN: Final = 2.0
"""Seconds between two looks for it."""

PAGES: Final = 3
"""So many pages of a repo's builds are searched for what is checked out."""

Otherwise = Literal["wait", "branch", "refuse"]
"""What to do where the checked-out commit has no build: wait for it, take the newest of its branch, or neither."""


@dataclass(frozen=True, slots=True)
class Meant:
    """A repo of a server, and what was said of the build. `clone` is None where the repo was given by name."""

    server: Server
    slug: str
    address: Address
    clone: Clone | None = None


async def find(servers: Sequence[Server], text: str | None) -> Meant:
    """The repo that was meant by `text`, or without one (or with only `#12`, `@latest`, `:stage`) by the clone.

    Raises `UserError` where there is not just one.
    """
    urls = [server.source.url for server in servers]
    if text and text.strip()[:1] not in ("#", "@", ":"):
        address = parse(text, urls)
        return Meant(*await find_repo(servers, address), address)
    clone = here()
    server, slug = await _repo_of(servers, clone)
    return Meant(server, slug, parse(f"{slug}{text.strip() if text else ''}", urls), clone)


async def build_of(meant: Meant, otherwise: Otherwise) -> Build:
    """The build that was meant, with its stages.

    In a clone: the newest of the checked-out commit, for `@latest` the newest of the checked-out branch.
    """
    server, slug, clone = meant.server, meant.slug, meant.clone
    if clone is None or meant.address.number is not None or not (clone.commit or clone.branch):
        return await find_build(server, slug, meant.address)
    builds = await _builds(server, slug, PAGES if otherwise != "wait" else 1)
    of_commit, of_branch = _of_commit(builds, clone), _of_branch(builds, clone)
    found = of_branch if meant.address.latest else of_commit
    if found is None and not meant.address.latest and otherwise == "wait":
        found = await _come(server, slug, clone)
    if found is None and otherwise == "branch" and of_branch is not None:
        found = of_branch
        note(f"{clone.commit[:8]} has no build; {found.address} is the newest of {_branch(clone)}")
    if found is None:
        raise _none(meant, clone, of_branch)
    return await find_build(server, slug, replace(meant.address, number=found.number))


async def _come(server: Server, slug: str, clone: Clone) -> Build:
    """The build of the checked-out commit, once it is there."""
    told = False
    try:
        async with asyncio.timeout(COMING):
            while True:
                found = _of_commit(await _builds(server, slug, 1), clone)
                if found is not None:
                    return found
                if not told:
                    told = True
                    note(f"waiting for a build of {clone.commit[:8]} in {slug}")
                await asyncio.sleep(LOOK_AGAIN)
    except TimeoutError:
        said = f"{slug} has no build of {clone.commit[:8]}, and none came within {COMING:g} s; was it pushed?"
        raise UserError(said, TIMED_OUT) from None


async def _builds(server: Server, slug: str, pages: int) -> list[Build]:
    """The newest builds of the repo."""
    known: list[Build] = []
    for page in count(1):
        found = await ask(partial(server.source.builds, slug, page, 100))
        known += found
        if page >= pages or len(found) < server.source.page_size or not server.source.pages:
            break
    return known


def _of_commit(builds: list[Build], clone: Clone) -> Build | None:
    return max((one for one in builds if clone.commit and one.commit == clone.commit), key=_id, default=None)


def _of_branch(builds: list[Build], clone: Clone) -> Build | None:
    """The newest of the branch, or of all where none is checked out. A pull request is of the branch it is from."""
    of = [one for one in builds if clone.branch in ("", one.source or one.branch)]
    return max(of, key=_id, default=None)


def _id(build: Build) -> int:
    return build.id


def _branch(clone: Clone) -> str:
    return f"branch {clone.branch}" if clone.branch else "all"


def _none(meant: Meant, clone: Clone, of_branch: Build | None) -> UserError:
    what = f"build of {_branch(clone)}" if meant.address.latest else f"build of {clone.commit[:8] or 'what is here'}"
    hint = f"; the newest of {_branch(clone)} is {of_branch.address}" if of_branch else ""
    return UserError(f"{meant.slug} has no {what}{hint}")


async def _repo_of(servers: Sequence[Server], clone: Clone) -> tuple[Server, str]:
    """The one listed repo that the clone's remote names. Raises `UserError`."""
    answers = await lists(servers, Address(clone.slug))
    found: list[tuple[Server, Repo]] = []
    for server, listed in zip(servers, answers, strict=True):
        if not isinstance(listed, BaseException):
            found += [(server, repo) for repo, _ in listed if repo.slug.lower() == clone.slug.lower()]
    for closer in (lambda repo: repo.slug == clone.slug, lambda repo: _host(repo) == clone.host):
        nearer = [(server, repo) for server, repo in found if closer(repo)]
        found = nearer if nearer else found
    if len(found) == 1:
        return found[0][0], found[0][1].slug
    if found:
        where = ", ".join(f"{repo.slug} on {server.source.name}" for server, repo in found[:5])
        raise UserError(f"{clone.slug}, of the remote {clone.remote}, can be {where}; add --server NAME")
    for listed in answers:
        if isinstance(listed, BaseException):
            raise listed
    raise UserError(f"give a REPO; no server has {clone.slug}, which the remote {clone.remote} of this clone names")


def _host(repo: Repo) -> str:
    try:
        return urlsplit(repo.link).hostname or ""
    except ValueError:
        return ""
