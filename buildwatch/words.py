"""How times, ages and statuses are written, everywhere the same. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from buildwatch.model import Build, Status


def branch_of(build: Build) -> str:
    """The branch of a build; where it has none, as tags of Woodpecker, what its ref is called: `v1.7.0`."""
    return build.branch or build.ref.removeprefix("refs/tags/").removeprefix("refs/heads/")


def duration(seconds: float) -> str:
    """A length of time: `0:41`, `12:05`, `1:02:03`. Never negative."""
    whole = max(0, int(seconds))
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}:{rest:02d}"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"


def age(seconds: float) -> str:
    """How long ago, short: `now`, `42s`, `3m`, `4h`, `2d`, `5w`, `3y`. Never negative."""
    whole = max(0, int(seconds))
    if whole < 5:
        return "now"
    for unit, length, until in (("s", 1, 60), ("m", 60, 3600), ("h", 3600, 86400), ("d", 86400, 14 * 86400)):
        if whole < until:
            return f"{whole // length}{unit}"
    weeks = whole // (7 * 86400)
    return f"{weeks}w" if weeks < 104 else f"{whole // (365 * 86400)}y"


def ago(seconds: float) -> str:
    """How long ago, in a sentence: `just now`, `3 minutes ago`."""
    whole = max(0, int(seconds))
    for name, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        count = whole // length
        if count:
            return f"{count} {name}{'s' if count > 1 else ''} ago"
    return f"{whole} seconds ago" if whole >= 5 else "just now"


def of_greens(count: int) -> str:
    """In how many green builds something was as it is told to be: only from three on it is a rule."""
    if count >= 3:
        return "as a rule"
    return "in the last green build" if count == 1 else f"in the last {count} green builds"


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The signs of one glyph set. Each stands one cell wide and has one meaning."""

    status: dict[str, str]
    unknown: str
    open: str
    closed: str
    bars: str  # from the lowest to the highest
    line_done: str
    line_left: str
    separator: str
    rule: str
    live: str
    polling: str
    offline: str
    ellipsis: str
    dot: str
    waterfall: str  # queued, expected, run
    halves: str  # the left half and the right half of a waterfall's cell, where there are such
    thin: str  # the same three of what did not decide the length: a cell, its left half, its right half
    pair: str  # of two bars in one line: where both are, only the first, only the second
    axis: str  # of a waterfall: its begin, its line, a tick, its end
    into: str  # between a build and a part of it
    watched: str  # a build whose end is waited for
    marked: str  # a build that the next action is for
    pinned: str  # a repo that stands above the others
    slow: str = "▲"  # slower than nearly always
    flaky: str = "≈"  # went green without a change


UNICODE = Glyphs(
    status={
        "success": "✓",
        "failure": "✗",
        "running": "●",
        "pending": "○",
        "waiting": "○",
        "blocked": "◆",
        "skipped": "⊝",
        "killed": "⊘",
        "error": "!",
        "declined": "∅",
    },
    unknown="?",
    open="▾",
    closed="▸",
    bars="▁▂▃▄▅▆▇█",
    line_done="━",
    line_left="─",
    separator="│",
    rule="─",
    live="●",
    polling="◐",
    offline="○",
    ellipsis="…",
    dot="·",
    waterfall="·░█",
    halves="▌▐",
    thin="━╸╺",
    pair="█▀▄",
    axis="└─┴┘",
    into="›",
    watched="♪",
    marked="»",
    pinned="★",
)

ASCII = Glyphs(
    status={
        "success": "+",
        "failure": "x",
        "running": "*",
        "pending": ".",
        "waiting": ".",
        "blocked": "?",
        "skipped": "-",
        "killed": "#",
        "error": "!",
        "declined": "o",
    },
    unknown="~",
    open="v",
    closed=">",
    bars="_.,-=+*#",
    line_done="=",
    line_left="-",
    separator="|",
    rule="-",
    live="*",
    polling="%",
    offline="o",
    ellipsis="~",
    dot=".",
    waterfall=".-#",
    halves="##",
    thin="===",
    pair="#-=",
    axis="+-++",
    into=">",
    watched="@",
    marked="M",
    pinned="P",
    slow="^",
    flaky="&",
)

NERD = replace(
    UNICODE,
    status={
        "success": "\uf00c",  # check
        "failure": "\uf00d",  # times
        "running": "\uf144",  # play-circle
        "pending": "\uf10c",  # circle-o
        "waiting": "\uf10c",
        "blocked": "\uf256",  # hand-paper-o
        "skipped": "\uf051",  # step-forward
        "killed": "\uf04d",  # stop
        "error": "\uf071",  # exclamation-triangle
        "declined": "\uf05e",  # ban
    },
    unknown="\uf128",  # question
    open="\uf107",  # angle-down
    closed="\uf105",  # angle-right
    live="\uf111",  # circle
    polling="\uf042",  # adjust
    offline="\uf10c",  # circle-o
    watched="\uf0f3",  # bell
    pinned="\uf08d",  # thumb-tack
)
"""Signs of Font Awesome at the places where the patched fonts of nerdfonts.com have them, in all versions the same."""


def glyph(status: Status, glyphs: Glyphs) -> str:
    """The sign of a status; an unknown one has its own."""
    return glyphs.status.get(status, glyphs.unknown)
