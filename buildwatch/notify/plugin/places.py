"""Where a template comes from: what Go's `url.Parse` takes for an address. Pure.

drone-slack hands a template to `url.Parse`; what has the scheme http, https or file is fetched or read, everything else
is the template itself, and so is everything that it cannot parse.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from urllib.parse import unquote

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(.*)", re.DOTALL)
_BROKEN: Final = re.compile("%(?![0-9A-Fa-f]{2})")
_HOST: Final = re.compile(r"(\[[^\]]*\]|[A-Za-z0-9._~!$&'()*+,;=<>\"\u0080-\U0010ffff-]*?)(:[0-9]*)?")
_USER: Final = re.compile(r"[A-Za-z0-9._:~!$&'()*+,;=%@-]*")


class Place(NamedTuple):
    """An address (`http`, `https`) or a file (`file`, with its path)."""

    scheme: str
    path: str


def place(text: str) -> Place | None:
    """The place that a template's text names, None for a text that is the template."""
    found = _SCHEME.fullmatch(text)
    if found is None or re.search("[\x00-\x1f\x7f]", text):
        return None
    scheme = found[1].lower()
    if scheme not in ("http", "https", "file"):
        return None
    rest, _, fragment = found[2].partition("#")
    rest, _, _ = rest.partition("?")
    if _BROKEN.search(fragment):
        return None
    path = ""
    if rest.startswith("//"):
        authority, slash, path = rest[2:].partition("/")
        path = slash + path
        user, at, host = authority.rpartition("@")
        if _HOST.fullmatch(host) is None or (at and _USER.fullmatch(user) is None):
            return None
    elif rest.startswith("/"):
        path = rest
    if _BROKEN.search(path):
        return None
    return Place(scheme, unquote(path) if scheme == "file" else text)
