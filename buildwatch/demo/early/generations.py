"""What tells the early generations of Drone apart, for the demo server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Generation:
    """One early Drone, as it was recorded.

    `jobs`: no steps anywhere but in the log, whose lines have no ends. `sockets`: websockets instead of event
    streams. `renews`: a restart runs the same number again. `pages`: the list of builds has pages. `gates`:
    builds can wait for approval. `zombies`: a whole build can be marked as killed.
    """

    version: str
    jobs: bool = False
    sockets: bool = False
    renews: bool = False
    pages: bool = False
    gates: bool = True
    zombies: bool = False
    cancel_error: str = "Cancelled"
    cancel_exit: int = 137


DRONE_0_8 = Generation("0.8.6", pages=True, zombies=True)
DRONE_0_7 = Generation("0.7.3", sockets=True, renews=True)
DRONE_0_5 = Generation(
    "0.5.0+dev",
    jobs=True,
    sockets=True,
    renews=True,
    gates=False,
    cancel_error="termination request received, build cancelled",
    cancel_exit=255,
)
