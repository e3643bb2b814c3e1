"""Text as Slack reads it: what has to be escaped, links, code, and where a text is cut. Pure.

Slack gives a meaning to `&`, `<` and `>` only, and mentions are written with the latter two: escaped text mentions
nobody. Source: Slack's "Formatting text for app surfaces".
"""

from __future__ import annotations

import re
from typing import Final

TEXT: Final = 39_000
"""Characters of a message's text: Slack takes 40,000."""

DIGEST: Final = 12_000
"""Characters of a digest: some eighty lines, of which Slack shows the first and the rest on a click."""

BELOW: Final = 2_900
"""Characters of each part of what stands below it."""

_CUT: Final = "… (cut)"


def escape(text: str) -> str:
    """`text` with nothing in it that Slack would obey."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def link(address: str, label: str) -> str:
    """A link with its words (not escaped yet); the words alone where there is no web address."""
    if not re.fullmatch(r"https?://[^\s<>|]+", address):
        return escape(label)
    return f"<{escape(address)}|{escape(label).replace('|', '¦')}>"


def cut(text: str, limit: int) -> str:
    """At most `limit` characters of `text`: a note where it was cut, and no half of an escape, a link or code."""
    if len(text) <= limit:
        return text
    fence = "\n```"
    kept = text[: limit - len(_CUT) - len(fence)]
    opened = kept.find("<", kept.rfind(">") + 1)
    if opened >= 0:
        kept = kept[:opened]
    kept = re.sub(r"(&[a-z]{0,5}|`{1,2})\Z", "", kept)
    return kept + (fence if kept.count("```") % 2 else "") + _CUT


def code(text: str, limit: int) -> str:
    """`text` (not escaped yet) as a block of code of at most `limit` characters, whole lines from its end."""
    inner = escape(text.replace("```", "'''")).rstrip("\n")
    room = limit - len("```\n…\n\n```")
    if len(inner) > room:
        kept = inner[-room:]
        first, newline, rest = kept.partition("\n")
        kept = rest if newline else re.sub(r"\A[a-z]{0,5};", "", first)
        inner = f"…\n{kept}"
    return f"```\n{inner}\n```"
