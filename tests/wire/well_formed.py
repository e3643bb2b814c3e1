"""What every value must be that a decoder gives, whatever came."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, get_type_hints

from buildwatch.model import Build, Repo, Stage, Status, Step
from buildwatch.wire.drone1 import User
from buildwatch.wire.loglines import Piece

FARTHEST = 253_402_300_800  # the year 10000


def assert_well_formed(value: Any) -> None:
    """Every value of the type that the model says, texts fit to be shown, times times."""
    if isinstance(value, Build | Repo | Stage | Step | User):
        hints = get_type_hints(type(value))
        assert hints
        for name, kind in hints.items():
            of = getattr(value, name)
            if kind in (int, bool, str, Status):
                assert type(of) is kind, name
            if name in ("created", "started", "stopped", "finished"):
                assert 0 <= of < FARTHEST
            if type(of) is int:
                assert abs(of) < 2**63
            if name != "message":
                assert "\n" not in str(of)
            assert_well_formed(of)
    elif isinstance(value, list | tuple) and not isinstance(value, Piece):
        for item in value:
            assert_well_formed(item)
    elif isinstance(value, str):
        assert len(value) <= 4000
        assert not [c for c in value if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") and c != "\n"]
        assert not re.search("[\u202a-\u202e\u200b-\u200f\ufe0f]", value)
