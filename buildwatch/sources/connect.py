"""From what was configured to something that can be asked."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from buildwatch.clock import ServerClock
from buildwatch.config.errors import ConfigError
from buildwatch.config.settings import ServerSettings
from buildwatch.sources.auto import AutoSource
from buildwatch.sources.base import Source
from buildwatch.sources.detect import detect
from buildwatch.sources.drone1 import DroneSource
from buildwatch.sources.errors import Stranger, Unauthorized
from buildwatch.sources.http import Address, Http


def connect(server: ServerSettings, clock: ServerClock, now: Callable[[], float]) -> Source:
    """The source for a configured server. No request is made yet, and no token read.

    What it runs is found out when it is first asked for something, unless the configuration says it.
    """
    address = Address(
        name=server.name,
        url=server.url,
        token=lambda: _token(server),
        remedy=server.token.remedy,
        ca_file=str(server.ca_file) if server.ca_file else None,
        insecure=server.insecure,
        proxy=server.proxy,
    )
    http = Http(address, on_clock=lambda date: clock.heard(date, now()))
    if server.kind != "auto":
        return _source(server.kind, http)
    return AutoSource(server.name, server.url, partial(_find, http), lambda: http.requests, http.close)


async def _find(http: Http) -> Source:
    return _source(await detect(http), http)


def _source(kind: str, http: Http) -> Source:
    """The source for a kind of server. Raises `Stranger` for one that cannot be read yet."""
    if kind in ("drone-1", "drone-2"):
        return DroneSource(http)
    if kind == "drone-0.8":
        from buildwatch.sources.drone08 import Drone08Source  # only where there is one

        return Drone08Source(http)
    if kind == "woodpecker":
        from buildwatch.sources.woodpecker import WoodpeckerSource  # only where there is one

        return WoodpeckerSource(http)
    if kind == "drone-0.8":
        from buildwatch.sources.drone08 import Drone08Source

        return Drone08Source(http)
    if kind == "drone-0.7":
        from buildwatch.sources.drone07 import Drone07Source

        return Drone07Source(http)
    if kind == "drone-0.5":
        from buildwatch.sources.drone05 import Drone05Source

        return Drone05Source(http)
    raise Stranger(f"{http.address.name} runs {kind}, which this buildwatch cannot read yet")


def _token(server: ServerSettings) -> str:
    try:
        return server.token.read().reveal()
    except ConfigError as error:
        raise Unauthorized(f"{server.name} has no token: {error}") from None
