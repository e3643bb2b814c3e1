"""A build as the notifier sees it, read from its server: its past, its steps, and the log of the one that failed."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from typing import Final

from buildwatch.cli.address import parse
from buildwatch.cli.errors import UserError
from buildwatch.cli.servers import Server, ask, connected, find_build, find_repo
from buildwatch.config import Settings
from buildwatch.model import Build
from buildwatch.notify.context import failed_step, with_links
from buildwatch.notify.excerpts import plain_log
from buildwatch.notify.occasions import Occasion, end_of, occasion, overdue
from buildwatch.notify.past import Past, line_of
from buildwatch.sources.errors import Denied
from buildwatch.sources.stored import whole_log

PAGES: Final = 3
SIZE: Final = 100
"""How many pages of a repo's builds are looked at for those of the same line, and how many builds one has."""

STUCK_AFTER: Final = 3600.0
"""Seconds, where no configuration says it."""


async def read(settings: Settings, text: str, stuck_after: float = STUCK_AFTER) -> list[Occasion]:
    """What there is to tell now of the build that `text` names: its end, or its start and what time made of it.

    Empty for one that has not begun. Raises `UserError`.
    """
    address = parse(text, [server.url for server in settings.servers])
    async with connected(settings) as servers:
        server, slug = await find_repo(servers, address)
        build = await find_build(server, slug, address)
        past = await _past(server, build)
        now = time.time()
        first = occasion(build, past, now)
        found = [first] if first else []
        found += overdue(build, past, server.now(), now, stuck_after)
        log = await _log(server, build)
        return [replace(with_links(one, server.source.page_of), log=log) for one in found]


async def _past(server: Server, build: Build) -> Past:
    """The ended builds of the same line, as far as the last pages reach."""
    source = server.source
    size = min(SIZE, source.page_size)
    found: list[Build] = []
    for page in range(1, PAGES + 1):
        listed = await ask(partial(source.builds, build.repo, page, size))
        found += listed
        if len(listed) < size or not source.pages:
            break
    line = line_of(build)
    return Past(end_of(one) for one in found if one.status.ended and line_of(one) == line and one.id != build.id)


async def _log(server: Server, build: Build) -> tuple[str, ...]:
    failed = failed_step(build)
    if failed is None:
        return ()
    stage, step = failed
    try:
        return plain_log(await whole_log(server.source, build.repo, build.number, stage.number, step.number))
    except Denied:  # it never ran, or its log is gone
        return ()


def only_end(found: list[Occasion], text: str) -> Occasion:
    """The one to render a template with. Raises `UserError` where the build has not begun."""
    if not found:
        raise UserError(f"{text} has not begun; there is nothing to tell of it yet")
    return found[0]
