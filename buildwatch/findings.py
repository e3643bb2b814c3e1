"""What a check found: one thing that was looked at, whether it is right, and a sentence. Pure."""

from __future__ import annotations

from typing import NamedTuple


class Finding(NamedTuple):
    """One thing that was looked at: `ok`, `warning` or `problem`, and a sentence."""

    level: str
    said: str
