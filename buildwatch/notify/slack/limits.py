"""A message within Slack's limits: what is over is cut with a note, since Slack would cut it without one or refuse it.

The numbers are those of Slack's reference of blocks and of chat.postMessage. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast

from buildwatch.notify.mrkdwn import cut, escape

TEXT: Final = 40_000
"""Characters of a message's text; what is longer Slack truncates."""

ATTACHMENTS: Final = 100
"""More are `too_many_attachments`."""

ATTACHMENT: Final = 8_000
"""Characters of a text of an attachment. Slack names no limit; this much it shows."""

BLOCKS: Final = 50
SECTION: Final = 3_000
FIELD: Final = 2_000
HEADER: Final = 150
MARKDOWN: Final = 12_000
PARTS: Final = 10
"""Fields of a section, elements of a context."""

_FENCE: Final = "```"
_TEXTS: Final = ("text", "fallback", "pretext", "title", "footer", "author_name")

Body = dict[str, object]

__all__ = ["escape", "fitted", "within"]


def fitted(text: str, limit: int) -> str:
    """At most `limit` characters of `text`, with a note where something was cut and no code left open."""
    if len(text) <= limit:
        return text
    kept = cut(text, limit - len(_FENCE) - 1)
    return f"{kept}\n{_FENCE}" if kept.count(_FENCE) % 2 else kept


def within(body: Mapping[str, object]) -> Body:
    """The body of a message with all its parts within the limits; what is within them is as it was."""
    fit = dict(body)
    if isinstance(text := fit.get("text"), str):
        fit["text"] = fitted(text, TEXT)
    if isinstance(attachments := fit.get("attachments"), list):
        fit["attachments"] = _attachments(attachments)
    if isinstance(blocks := fit.get("blocks"), list):
        fit["blocks"] = _blocks(blocks)
    return fit


def _attachments(given: list[object]) -> list[object]:
    kept = given if len(given) <= ATTACHMENTS else given[: ATTACHMENTS - 1]
    fit = [_attachment(one) for one in kept]
    if len(kept) < len(given):
        note = f"… and {len(given) - len(kept)} more"
        fit.append({"fallback": note, "text": note})
    return fit


def _attachment(given: object) -> object:
    if not isinstance(given, dict):
        return given
    fit = cast(Body, dict(given))
    for name in _TEXTS:
        if isinstance(text := fit.get(name), str):
            fit[name] = fitted(text, ATTACHMENT)
    if isinstance(blocks := fit.get("blocks"), list):
        fit["blocks"] = _blocks(blocks)
    return fit


def _blocks(given: list[object]) -> list[object]:
    kept = given if len(given) <= BLOCKS else given[: BLOCKS - 1]
    fit = [_block(one) for one in kept]
    if len(kept) < len(given):
        note = {"type": "plain_text", "text": f"… and {len(given) - len(kept)} more"}
        fit.append({"type": "context", "elements": [note]})
    return fit


def _block(given: object) -> object:
    if not isinstance(given, dict):
        return given
    fit = cast(Body, dict(given))
    limit = HEADER if fit.get("type") == "header" else SECTION
    if isinstance(text := fit.get("text"), str):
        fit["text"] = fitted(text, MARKDOWN)
    elif "text" in fit:
        fit["text"] = _text(fit["text"], limit)
    if isinstance(fields := fit.get("fields"), list):
        fit["fields"] = [_text(one, FIELD) for one in fields[:PARTS]]
    if fit.get("type") == "context" and isinstance(elements := fit.get("elements"), list):
        fit["elements"] = [_text(one, FIELD) for one in elements[:PARTS]]
    return fit


def _text(given: object, limit: int) -> object:
    if not isinstance(given, dict) or not isinstance(text := given.get("text"), str):
        return given
    return {**given, "text": fitted(text, limit)}
