"""The names of the styles that text on the screen can have. A status is drawn in the style of its own word."""

from __future__ import annotations

from buildwatch.model import Status

STATUS_NAMES = (
    "waiting",
    "blocked",
    "pending",
    "running",
    "success",
    "failure",
    "error",
    "killed",
    "skipped",
    "declined",
    "unknown",
)

TEXT_NAMES = ("text", "bright", "dim", "head", "accent", "rule")

STYLE_NAMES = (*STATUS_NAMES, *TEXT_NAMES)


def style_of(status: Status) -> str:
    """The name of the style in which a status is drawn."""
    return str(status) if status.known else "unknown"


def bar_style(status: Status) -> str:
    """The name of the style of a bar in a strip: what failed is underlined too, to be seen without colour."""
    return f"{style_of(status)} underline" if status in (Status.FAILURE, Status.ERROR) else style_of(status)
