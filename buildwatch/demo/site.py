"""What a kind of server brings along, and what it is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from starlette.responses import Response
from starlette.routing import BaseRoute

from buildwatch.demo.access import Users
from buildwatch.demo.life import Life
from buildwatch.demo.streams import Hub
from buildwatch.demo.world import World


@dataclass(frozen=True, slots=True)
class Parts:
    """What every kind of server has. `now` gives the time (unix seconds) after letting happen what is due;
    `ping_after` is in seconds."""

    world: World
    users: Users
    life: Life
    hub: Hub
    now: Callable[[], float]
    ping_after: float


@dataclass(frozen=True, slots=True)
class Usual:
    """Answers each kind words in its own way; `elsewhere` is for a path nobody knows."""

    unauthorized: Callable[[], Response]
    hidden: Callable[[], Response]
    failed: Callable[[], Response]
    elsewhere: Callable[[str], Response]


class Site(Protocol):
    """What only one kind of server has: its paths, its streams and its usual answers."""

    routes: Sequence[BaseRoute]
    usual: Usual

    def wake(self) -> None:
        """Let everybody who follows a log look again."""
