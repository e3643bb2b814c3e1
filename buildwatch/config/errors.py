"""What can be wrong with a configuration, as one sentence."""

from __future__ import annotations

from collections.abc import Iterable


class ConfigError(Exception):
    """One sentence that names the file, variable or flag, the key, and what is expected. It never holds a secret."""


def near(word: str, words: Iterable[str]) -> str:
    """`; did you mean "…"?` when one of `words` is much like `word`, else nothing."""
    from difflib import get_close_matches  # only needed once something is wrong

    found = get_close_matches(word[:100], sorted(words), n=1, cutoff=0.6)
    return f'; did you mean "{found[0]}"?' if found else ""
