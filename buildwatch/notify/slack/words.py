"""What Slack's answers mean for a message: delivered, rejected, not sent, or nobody knows. Pure.

Webhooks answer with a word in plain text, the Web API with `{"ok": …, "error": word}`. The words are Slack's own, of
its reference of chat.postMessage and of "Sending messages using incoming webhooks"; their statuses vary, so a known
word comes before the status.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from buildwatch.notify.message import Answer, Outcome

LONGEST_PAUSE: Final = 3600.0
"""Seconds that Slack is obeyed for at most; it asks for some minutes at worst."""

_NOT_SENT: Final = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded", "team_added_to_org"})
_DOUBTFUL: Final = frozenset(
    {"fatal_error", "internal_error", "server_error", "service_unavailable", "request_timeout", "rollup_error"}
)
_REJECTED: Final = frozenset(
    {
        *("action_prohibited", "channel_is_archived", "channel_not_found", "invalid_blocks", "invalid_payload"),
        *("invalid_token", "missing_text_or_fallback_or_attachments", "no_active_hooks", "no_service", "no_service_id"),
        *("no_team", "no_text", "posting_to_general_channel_denied", "team_disabled", "too_many_attachments"),
        *("user_not_found", "invalid_auth", "not_in_channel", "is_archived", "token_revoked", "account_inactive"),
    }
)


class Reply(NamedTuple):
    """What came back over HTTP: `body` is text from a webhook, and whatever the JSON was from the Web API."""

    status: int
    headers: Mapping[str, str]
    body: object


def of_webhook(reply: Reply, secret: str) -> Answer:
    """What a webhook's answer means. `secret` is its address, no part of which is repeated."""
    text = reply.body.strip() if isinstance(reply.body, str) else ""
    given = _json(text) if text.startswith("{") else None
    if reply.status == 200 and (text == "ok" or (given and (given.get("ok") is True or given.get("success") is True))):
        return Answer(Outcome.DELIVERED)
    word = _word(given.get("error") if given else text, secret)
    refused = reply.status != 200 or (given is not None and given.get("ok") is False)
    return _not_delivered(reply, word, refused, given)


def of_call(reply: Reply, secret: str, *, posted: bool = True) -> Answer:
    """What an answer of the Web API means. Where a message was `posted`, one without its ts is no answer."""
    given = reply.body if isinstance(reply.body, dict) else None
    if reply.status == 200 and given and given.get("ok") is True:
        ts, channel = (_id(given.get(name)) for name in ("ts", "channel"))
        if ts or not posted:
            return Answer(Outcome.DELIVERED, ts=ts, channel=channel)
        return Answer(Outcome.AMBIGUOUS, "an answer without the message's ts")
    word = _word(given.get("error") if given else None, secret)
    return _not_delivered(reply, word, bool(word) and given is not None and given.get("ok") is False, given)


def pause(reply: Reply) -> float:
    """Seconds that the answer asks to wait, 0 where it does not."""
    named = {name.lower(): value for name, value in reply.headers.items()}.get("retry-after")
    if named is None and isinstance(reply.body, dict):
        named = reply.body.get("retry_after")
    try:
        seconds = float(named or 0)
    except (TypeError, ValueError):
        return 0.0
    return min(max(seconds, 0.0), LONGEST_PAUSE) if math.isfinite(seconds) else 0.0


def _not_delivered(reply: Reply, word: str, refused: bool, given: Mapping[str, object] | None) -> Answer:
    status = reply.status
    said = word or (f"HTTP {status}" if status != 200 else "an answer that is none")
    wait = pause(reply if given is None else reply._replace(body=given))
    if status == 429 or word in _NOT_SENT:
        return Answer(Outcome.NOT_SENT, said, retry_after=wait)
    if word in _REJECTED:
        return Answer(Outcome.REJECTED, said)
    if status >= 500 or status == 408 or word in _DOUBTFUL:
        return Answer(Outcome.AMBIGUOUS, said, retry_after=wait)
    if refused or 300 <= status < 500:
        return Answer(Outcome.REJECTED, said)
    return Answer(Outcome.AMBIGUOUS, said, retry_after=wait)


def _word(given: object, secret: str) -> str:
    """One of Slack's words, or empty: what else an answer says may repeat what was sent."""
    if not isinstance(given, str) or not re.fullmatch("[a-z]+(_[a-z]+)*", given) or len(given) > 60 or given in secret:
        return ""
    return given


def _id(given: object) -> str:
    return given if isinstance(given, str) and re.fullmatch("[A-Za-z0-9.]{1,40}", given) else ""


def _json(text: str) -> dict[str, object] | None:
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return given if isinstance(given, dict) else None
