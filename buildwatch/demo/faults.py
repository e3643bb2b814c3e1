"""Faults on order: what the server is to do wrong, for tests and benchmarks. All off by default."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from random import Random
from typing import Any

import msgspec


@dataclass
class Faults:
    """Shares are from 0 to 1, times in seconds. May be changed while the server runs."""

    seed: int = 0
    # The streams
    cut_streams_after: float | None = None
    drop_events: float = 0.0
    duplicate_events: float = 0.0
    strange_events: float = 0.0
    """Share of events with fields nobody knows and status words nobody has heard of."""
    lose_log_tail: bool | None = None
    """Whether the last batch of a live log is lost at its end; None decides by step, as the race would."""
    starve_logs: bool = False
    """Woodpecker sends nothing of a step that prints more often than once a second, as one version does."""
    # The answers
    bad_gateway: float = 0.0
    slow_answers: float = 0.0
    unauthorized: bool = False
    html_instead: bool = False
    null_lists: bool = False
    scm_down: bool = False
    """Repo-scoped calls answer 404, as when permissions cannot be read again."""
    create_fails_after: float | None = None
    retry_after: int | None = None
    """Everything is answered 429 with this Retry-After."""
    truncate: float = 0.0
    # The builds
    silent_cancels: float = 0.0
    silent_builds: float = 0.0
    number_holes: float = 0.0
    late_numbers: float = 0.0
    killed_flips: bool = False
    """A cancelled build becomes a failure 2 s later, with a higher version and no event."""

    def __post_init__(self) -> None:
        self._rng = Random(self.seed)  # noqa: S311 - repeatable, not secret

    def hits(self, share: float) -> bool:
        """Whether this one is one of the `share` that go wrong; draws only when there is a share."""
        return share > 0 and self._rng.random() < share

    def change(self, values: dict[str, Any]) -> None:
        """Set some of the faults. Raises msgspec.ValidationError for an unknown name or a wrong type."""
        unknown = sorted(set(values) - set(self.as_dict()))
        if unknown:
            raise msgspec.ValidationError(f"no such fault: {', '.join(unknown)}")
        wanted = msgspec.convert(self.as_dict() | values, Faults)
        for item in fields(self):
            if item.name in values:
                setattr(self, item.name, getattr(wanted, item.name))
        if "seed" in values:
            self._rng.seed(self.seed)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
