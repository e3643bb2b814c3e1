"""From what was configured to something that can be asked."""

from __future__ import annotations

from collections.abc import Callable

from buildwatch.clock import ServerClock
from buildwatch.config.errors import ConfigError
from buildwatch.config.settings import ServerSettings
from buildwatch.sources.base import Source
from buildwatch.sources.drone1 import DroneSource
from buildwatch.sources.errors import Unauthorized
from buildwatch.sources.http import Address, Http


def connect(server: ServerSettings, clock: ServerClock, now: Callable[[], float]) -> Source:
    """The source for a configured server. No request is made yet, and no token read."""
    address = Address(
        name=server.name,
        url=server.url,
        token=lambda: _token(server),
        remedy=server.token.remedy,
        ca_file=str(server.ca_file) if server.ca_file else None,
        insecure=server.insecure,
        proxy=server.proxy,
    )
    return DroneSource(Http(address, on_clock=lambda date: clock.heard(date, now())))


def _token(server: ServerSettings) -> str:
    try:
        return server.token.read().reveal()
    except ConfigError as error:
        raise Unauthorized(f"{server.name} has no token: {error}") from None
