"""What time it is at a server, so that running durations neither start below zero nor jump. Pure.

The only thing a server tells is the `Date` of its answers: whole seconds, cut off. The largest difference to our clock
that was ever seen is the closest to the truth from below, so a duration never shows more than the server will say at
the end.
"""

from __future__ import annotations

from collections.abc import Callable

TRUST = 2.0
"""Seconds by which the estimate must be wrong before it is given up: a clock was set."""


class ServerClock:
    """One server's clock, estimated from the dates of its answers."""

    def __init__(self) -> None:
        self._ahead: float | None = None
        self._doubt = 0
        self._played: Callable[[float], float] | None = None

    def play(self, told: Callable[[float], float]) -> None:
        """It is the server of a recording: its time is what `told` makes of ours (both unix seconds)."""
        self._played = told

    def heard(self, date: int, ours: float) -> None:
        """An answer with this `Date` (unix seconds) came when our clock said `ours` (unix seconds)."""
        ahead = date - ours
        if self._ahead is None or 0 < ahead - self._ahead <= TRUST:
            self._ahead, self._doubt = ahead, 0
        elif abs(ahead - self._ahead) <= TRUST:
            self._doubt = 0
        else:
            self._doubt += 1
            if self._doubt >= 3:
                self._ahead, self._doubt = ahead, 0

    def now(self, ours: float) -> float:
        """The server's time when our clock says `ours`; ours, where it never told its own."""
        return ours + (self._ahead or 0.0) if self._played is None else self._played(ours)
