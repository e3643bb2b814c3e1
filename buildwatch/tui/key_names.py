"""The keys that sentences name: what a person presses to answer, to try again, to leave. Pure."""

from __future__ import annotations

from typing import Final, NamedTuple


class KeyNames(NamedTuple):
    """Each as it is shown; empty where nothing is mapped to it."""

    approve: str = "A"
    decline: str = "D"
    reload: str = "R"
    back: str = "esc"
    quit: str = "q"

    @property
    def answers(self) -> str:
        """How a person answers a build that waits."""
        return ", ".join(
            f"{key} {does}" for key, does in ((self.approve, "approves"), (self.decline, "declines")) if key
        )


USUAL: Final = KeyNames()
