"""`buildwatch doctor`: everything between this terminal and the servers, looked at one by one."""

from __future__ import annotations

import argparse
import asyncio
import locale
import os
import shutil
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

from buildwatch.cli.findings import tell
from buildwatch.cli.output import output
from buildwatch.cli.servers import Server, connected
from buildwatch.config import ConfigError, Settings
from buildwatch.findings import Finding
from buildwatch.sources.ending import end
from buildwatch.sources.errors import SourceError, Unauthorized
from buildwatch.text import clean

PATIENCE: Final = 10.0
"""Seconds that a server has to answer one question."""

AHEAD: Final = 120.0
"""Seconds between the server's clock and ours from which on somebody should be told."""

SLOW: Final = 3.0
"""Seconds from which on an answer is slow."""

_NARROW, _LOW = 80, 24


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Look at all of it and say what was found; 0 where nothing is wrong that would keep buildwatch from working."""
    return asyncio.run(tell(_findings(settings), output(settings), as_json=args.json))


async def _findings(settings: Settings) -> AsyncIterator[Finding]:
    for finding in [*_configuration(settings), *_folders(settings), *_terminal()]:
        yield finding
    if not settings.servers:
        yield Finding("problem", "no server is configured; set DRONE_SERVER and DRONE_TOKEN, or write a [[server]]")
    async with connected(settings) as servers:
        asked = [asyncio.ensure_future(_server(server)) for server in servers]
        try:
            for one in asked:
                for finding in await one:
                    yield finding
        finally:
            await end(asked)


def _configuration(settings: Settings) -> Iterator[Finding]:
    from buildwatch.tui.keymap import resolve
    from buildwatch.tui.themes import ThemeError, load_theme

    named = clean(str(settings.file)) if settings.file else "none: the environment and defaults are used"
    yield Finding("ok", f"configuration: {named}")
    for warning in settings.warnings:
        yield Finding("warning", warning)
    try:
        resolve(settings.keymap)
        load_theme(settings.theme, settings.paths.themes)
    except (ConfigError, ThemeError) as error:
        yield Finding("problem", str(error))
    else:
        yield Finding("ok", f"theme {settings.theme} and the keys can be used")


def _folders(settings: Settings) -> Iterator[Finding]:
    """Whether what is to be remembered can be written."""
    for name in ("state", "cache", "data"):
        path: Path = getattr(settings.paths, name)
        there = path if path.exists() else next(folder for folder in path.parents if folder.exists())
        if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
            yield Finding("warning", f"the {name} folder {clean(str(path))} cannot be written")


def _terminal() -> Iterator[Finding]:
    kind = os.environ.get("TERM", "")
    if not sys.stdout.isatty():
        yield Finding("ok", "this is no terminal; the screen needs one, the commands do not")
        return
    if kind in ("", "dumb"):
        yield Finding(
            "problem", f"TERM is {kind or 'not set'}: the screen cannot be drawn; set it to what the terminal is"
        )
        return
    columns, rows = shutil.get_terminal_size()
    small = columns < _NARROW or rows < _LOW
    yield Finding(
        "warning" if small else "ok",
        f"terminal: {clean(kind, 40)}, {columns}×{rows}" + (f"; the screen wants {_NARROW}×{_LOW}" if small else ""),
    )
    if "utf" not in locale.getpreferredencoding(do_setlocale=False).lower():
        yield Finding("warning", "the locale is not UTF-8: signs and bars are drawn wrong; set LANG, or use --ascii")
    if "NO_COLOR" in os.environ:
        yield Finding("ok", "NO_COLOR is set: nothing is coloured")
    elif os.environ.get("COLORTERM", "") not in ("truecolor", "24bit") and "256" not in kind:
        yield Finding("warning", "COLORTERM does not say truecolor: colours may be few; try --theme terminal")


async def _server(server: Server) -> list[Finding]:
    """All about one server, up to the first thing without which the rest cannot be asked."""
    name = server.source.name
    try:
        return [finding async for finding in _asked(server)]
    except TimeoutError:
        return [Finding("problem", f"{name} does not answer within {PATIENCE:.0f} s")]
    except SourceError as error:
        return [Finding("problem", str(error))]


async def _asked(server: Server) -> AsyncIterator[Finding]:
    source, loop = server.source, asyncio.get_running_loop()
    async with asyncio.timeout(PATIENCE):
        version = await source.version()
    try:
        async with asyncio.timeout(PATIENCE):
            user = await source.user()
    except Unauthorized as error:
        yield Finding("ok", f"{source.name} is {source.kind} {version} at {source.url}")
        yield Finding("problem", str(error))
        return
    rights = "an admin" if user.admin else "no admin"
    yield Finding(
        "ok", f"{source.name} is {source.kind} {version} at {source.url}; the token is {user.login}'s, {rights}"
    )
    begun = loop.time()
    async with asyncio.timeout(3 * PATIENCE):
        repos = await source.repos()
    took = loop.time() - begun
    active = sum(repo.active for repo, _ in repos)
    if not repos:
        yield Finding("warning", f"{source.name} lists no repos for {user.login}: there is nothing to watch")
    else:
        slow = f"; that took {took:.1f} s" if took > SLOW else ""
        yield Finding("warning" if slow else "ok", f"{source.name} lists {len(repos)} repos, {active} active{slow}")
    yield await _stream(server)
    ahead = server.now() - time.time()
    if abs(ahead) > AHEAD:
        which = "ahead of" if ahead > 0 else "behind"
        yield Finding(
            "warning", f"the clock of {source.name} is {abs(ahead):.0f} s {which} ours; times are shown by it"
        )
    missing = {"restart", "cancel", "approve", "decline", "promote", "rollback"} - source.actions
    if missing:
        yield Finding("ok", f"{source.name} knows no {', '.join(sorted(missing))}: {source.kind} has none")


async def _stream(server: Server) -> Finding:
    """Whether its events can be heard."""
    name = server.source.name
    try:
        async with asyncio.timeout(PATIENCE), server.source.events():
            return Finding("ok", f"{name} tells what happens as it does: its event stream is open")
    except TimeoutError:
        said = "a proxy between may hold it back"
    except SourceError as error:
        said = str(error)
    return Finding(
        "warning", f"the event stream of {name} does not open ({said}); changes are found by reading, up to 10 s later"
    )
