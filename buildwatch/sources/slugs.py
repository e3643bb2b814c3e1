"""The names of repos in addresses."""

from __future__ import annotations

from urllib.parse import quote

from buildwatch.sources.errors import Denied


def slug_path(slug: str) -> str:
    """`owner/name` for an address. A name that would climb out of its place is refused: raises `Denied`."""
    parts = slug.split("/")
    if any(part in ("", ".", "..") for part in parts):
        raise Denied(f"{slug} is not the name of a repo", 404)
    return "/".join(quote(part, safe="", errors="replace") for part in parts)
