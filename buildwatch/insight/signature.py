"""What is the same about two errors that differ in numbers, hashes, paths and times. Pure."""

from __future__ import annotations

import re
from typing import Final

LONGEST: Final = 200
"""So many characters of a line count."""

_NORMAL: Final = tuple(
    (re.compile(pattern), word)
    for pattern, word in (
        (r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b", "<id>"),
        (r"(?<=\w)-[0-9a-f]{6,10}-[0-9a-z]{5}\b", "-<id>"),  # a pod of a deployment
        (
            r"\b\d{4}[-/]\d\d[-/]\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?\b"
            r"|\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b",
            "<time>",
        ),
        (r"\bsha\d+:[0-9a-fA-F]+\b|\b0x[0-9a-fA-F]+\b", "<hash>"),
        (r"\b(?=[0-9a-fA-F]*\d)(?=[0-9a-fA-F]*[a-fA-F])[0-9a-fA-F]{7,64}\b", "<hash>"),
        (r"(?:(?<=[\s\"'(=:,@>])|^)(?:[A-Za-z]:)?(?:file://)?(?:[\w.@~+-]*[/\\])+(?=[\w.@~+-])", ""),
        (r"\b(?:\d+(?:\.\d+)?(?:ns|µs|us|ms|s|m|h))+\b", "<n>"),
        (r"\b\d+(?:[.,]\d+)*(?:[kKMGT]i?B|%)?(?!\w)|(?<=[a-zA-Z_-])\d+", "<n>"),
        (r"(?:<n>[:.,-]?)+", "<n>"),
        (r"[\s=_*─━]{3,}|-{4,}|\s+", " "),
    )
)
"""In this order: what a later one finds is what the earlier ones left."""


def signature(text: str) -> str:
    """`text` (plain, one line) without what changes from one failure to the next.

    Numbers become `<n>`, hashes and addresses `<hash>`, UUIDs and pods `<id>`, times of day and dates `<time>`; of a
    path the last part stays.
    """
    text = text[:LONGEST]
    for pattern, word in _NORMAL:
        text = pattern.sub(word, text)
    return text.strip()
