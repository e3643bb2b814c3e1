"""How long to wait before trying again. Pure: randomness is passed in."""

from __future__ import annotations

from random import Random

FIRST = 0.5
LAST = 30.0


class Backoff:
    """Exponential waits from 0.5 s to 30 s, each shortened by up to a half at random, so that many clients spread."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._failures = 0

    def failed(self, retry_after: float = 0.0) -> float:
        """Seconds to wait after one more failure; at least `retry_after`, which the server asked for."""
        wait = min(LAST, FIRST * float(2**self._failures))
        self._failures = min(self._failures + 1, 10)
        return max(retry_after, wait * (1 - self._random.random() / 2))

    def succeeded(self) -> None:
        """Begin anew."""
        self._failures = 0
