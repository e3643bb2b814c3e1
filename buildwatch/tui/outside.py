"""What the board and what is on it want of the app, so that they know no servers themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from buildwatch.model import Build, RepoKey

if TYPE_CHECKING:
    from buildwatch.sources.base import Source
    from buildwatch.tui.bars import Counts


class Outside(Protocol):
    """Clocks, reads, and where logs come from."""

    def now_at(self, server: str) -> float:
        """What time it is at a server, unix seconds."""

    def face(self) -> str:
        """The clock at the end of the top line."""

    def heard(self) -> Mapping[str, float]:
        """When each server was last heard of, unix seconds of our clock."""

    def counted(self, counts: Counts) -> None:
        """So much runs, fails and waits now."""

    def ask_views(self, *, saving: bool) -> None:
        """Ask which view is to be on show, or for a name for this one: at once, so that what is typed with the same
        stroke is no command.
        """

    def requests(self, server: str) -> int:
        """How many requests were sent to a server."""

    def source(self, server: str) -> Source | None:
        """Where a server's logs can be read, once it is connected."""

    def look_at(self, build: Build) -> None:
        """Read this build's stages."""

    def look_back(self, repo: RepoKey, builds: int) -> None:
        """Read a repo's last builds."""
