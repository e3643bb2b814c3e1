"""Which drone-slack is meant, and what each knows."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Like(StrEnum):
    """A version of drone-slack: 1.2 of Drone 0.8, 1.3 to 1.4, and what it has been since 2023."""

    V1_2 = "1.2"
    V1_4 = "1.4"
    CURRENT = "current"


class PluginError(Exception):
    """What ends the plugin with exit status 1: one sentence, as drone-slack has it, without secrets."""


_OLD: Final = frozenset(
    {
        *("duration", "datetime", "success", "failure", "truncate", "urlencode", "since", "uppercasefirst"),
        *("uppercase", "lowercase", "trim", "title", "if", "unless", "with", "each", "log", "lookup", "equal"),
        *("slackescape", "mention", "mrkdwn_link"),
    }
)
HELPERS: Final[dict[Like, frozenset[str] | None]] = {
    Like.V1_2: _OLD,
    Like.V1_4: _OLD | {"regexReplace"},
    Like.CURRENT: None,
}
"""What its templates can call, None for everything: sprig came with the current one. Ours for Slack are always there.
"""
