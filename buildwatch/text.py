"""Making text from outside safe to show: names, commit messages, errors, answers of servers.

Everything that reaches the model passes through here once, at the wire. What comes out holds no control character, no
escape sequence, no character that reorders its neighbours (bidi controls), none that is invisible and none whose width
depends on its neighbours (joiners, variation selectors), so a terminal shows exactly the cells that were counted.
Log text has colours worth keeping and is taken apart by `buildwatch.wire.ansi` instead.
"""

from __future__ import annotations

import re

_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor moves
    r"|\x1b[\]PX^_].*?(?:\x07|\x1b\\|$)"  # OSC, DCS, SOS, PM, APC up to their terminator
    r"|\x9b[0-?]*[ -/]*[@-~]"  # the same as one C1 byte
    r"|[\x9d\x90\x98\x9e\x9f].*?(?:\x07|\x9c|$)"
    r"|\x1b[ -/]*[0-~]?",
    re.DOTALL,
)
_SPACES = re.compile("[\t\n\x0b\x0c\r\x1c-\x1f\x85\u2028\u2029]")
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\ud800-\udfff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def is_plain(text: str) -> bool:
    """Whether `text` is safe as it is. Beyond ASCII much that shows nothing counts as printable: fillers, selectors."""
    return text.isascii() and text.isprintable()


def clean(text: str, limit: int = 500) -> str:
    """`text` as one safe line of at most `limit` characters (a cut is marked by '…')."""
    if not is_plain(text):
        text = _UNSEEN.sub("", _SPACES.sub(" ", _ESCAPES.sub("", text)))
    return text if len(text) <= limit else text[: limit - 1] + "…"


def clean_lines(text: str, limit: int = 4000) -> str:
    """`text` as safe lines joined by newlines, at most `limit` characters in all; carriage returns end a line too."""
    if is_plain(text):
        return clean(text, limit)
    text = _ESCAPES.sub("", text[: 2 * limit])
    return "\n".join(clean(line, limit) for line in re.split("\r\n|[\n\r\u2028\u2029]", text))[:limit]


def without_unseen(text: str) -> str:
    """`text` without the characters that are invisible, reorder or join; control characters and spaces stay.

    For log text, whose escape sequences and tabs mean something.
    """
    if text.isascii():
        return text
    return _UNSEEN_ABOVE_ASCII.sub("", text)


_UNSEEN_ABOVE_ASCII = re.compile(
    _UNSEEN.pattern.replace("\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f", "\x80-\x9f\u2028\u2029")
)
