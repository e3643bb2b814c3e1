"""From what was configured to something that can be asked."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Final

from buildwatch.clock import ServerClock
from buildwatch.config.errors import ConfigError
from buildwatch.config.settings import ServerSettings
from buildwatch.sources.auto import AutoSource
from buildwatch.sources.base import Source
from buildwatch.sources.detect import detect
from buildwatch.sources.drone1 import DroneSource
from buildwatch.sources.errors import Unauthorized
from buildwatch.sources.http import Http
from buildwatch.sources.sentences import Address


def connect(
    server: ServerSettings, clock: ServerClock, now: Callable[[], float], on_success: Callable[[], None] = lambda: None
) -> Source:
    """The source for a configured server. No request is made yet, and no token read.

    What it runs is found out when it is first asked for something, unless the configuration says it. `on_success` is
    called for each request that it granted.
    """
    if server.recording is not None:
        from buildwatch.sources.replay import ReplaySource

        played = ReplaySource(server.name, *server.recording, now)
        clock.play(played.time_there)
        return played
    http = Http(address_of(server), lambda date: clock.heard(date, now()), on_success)
    if server.kind != "auto":
        return _source(server.kind, http)
    return AutoSource(server.name, server.url, partial(_find, http), lambda: http.requests, http.close)


def address_of(server: ServerSettings) -> Address:
    """Where a configured server is and how to get there."""
    return Address(
        name=server.name,
        url=server.url,
        token=lambda: _token(server),
        remedy=server.token.remedy,
        ca_file=str(server.ca_file) if server.ca_file else None,
        insecure=server.insecure,
        proxy=server.proxy,
    )


async def _find(http: Http) -> Source:
    return _source(await detect(http), http)


def _source(kind: str, http: Http) -> Source:
    """The source for a kind of server. Older ones are imported only where there is one."""
    if kind in ("drone-1", "drone-2"):
        return DroneSource(http)
    module, name = _OLDER[kind]
    made: Source = getattr(import_module(f"buildwatch.sources.{module}"), name)(http)
    return made


_OLDER: Final = {
    "drone-0.5": ("drone05", "Drone05Source"),
    "drone-0.7": ("drone07", "Drone07Source"),
    "drone-0.8": ("drone08", "Drone08Source"),
    "woodpecker": ("woodpecker", "WoodpeckerSource"),
}


def _token(server: ServerSettings) -> str:
    try:
        return server.token.read().reveal()
    except ConfigError as error:
        raise Unauthorized(f"{server.name} has no token: {error}") from None
