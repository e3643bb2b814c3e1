"""What Slack's answers mean, and bodies within its limits: without a network."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwatch.notify.message import Outcome
from buildwatch.notify.slack.limits import ATTACHMENTS, BLOCKS, FIELD, HEADER, SECTION, TEXT, fitted, within
from buildwatch.notify.slack.words import LONGEST_PAUSE, Reply, of_call, of_webhook

DELIVERED, REJECTED, NOT_SENT, AMBIGUOUS = Outcome.DELIVERED, Outcome.REJECTED, Outcome.NOT_SENT, Outcome.AMBIGUOUS
SECRET = "https://hooks.slack.com/services/T0/B0/abcdefghijklmnop"


@pytest.mark.parametrize(
    ("status", "body", "outcome", "said"),
    [
        (200, "ok", DELIVERED, ""),
        (200, "ok\n", DELIVERED, ""),
        (200, '{"ok":true}', DELIVERED, ""),
        (200, '{"success":true}', DELIVERED, ""),
        (200, "", AMBIGUOUS, "an answer that is none"),
        (200, "<html>hello</html>", AMBIGUOUS, "an answer that is none"),
        (200, "no_service", REJECTED, "no_service"),
        (200, '{"ok":false,"error":"channel_not_found"}', REJECTED, "channel_not_found"),
        (404, "channel_not_found", REJECTED, "channel_not_found"),
        (403, "invalid_token", REJECTED, "invalid_token"),
        (410, "channel_is_archived", REJECTED, "channel_is_archived"),
        (400, "a_word_of_tomorrow", REJECTED, "a_word_of_tomorrow"),
        (400, "abcdefghijklmnop", REJECTED, "HTTP 400"),
        (403, "<html>proxy</html>", REJECTED, "HTTP 403"),
        (307, "", REJECTED, "HTTP 307"),
        (408, "", AMBIGUOUS, "HTTP 408"),
        (429, "", NOT_SENT, "HTTP 429"),
        (200, "rate_limited", NOT_SENT, "rate_limited"),
        (500, "rollup_error", AMBIGUOUS, "rollup_error"),
        (500, "no_active_hooks", REJECTED, "no_active_hooks"),
        (502, "<html>", AMBIGUOUS, "HTTP 502"),
    ],
)
def test_a_webhooks_answer(status: int, body: str, outcome: Outcome, said: str) -> None:
    answer = of_webhook(Reply(status, {}, body), SECRET)
    assert (answer.outcome, answer.said) == (outcome, said)


@pytest.mark.parametrize(
    ("status", "body", "outcome", "said"),
    [
        (200, {"ok": True, "ts": "1.0", "channel": "C1"}, DELIVERED, ""),
        (200, {"ok": True}, AMBIGUOUS, "an answer without the message's ts"),
        (200, {"ok": True, "ts": ["1.0"]}, AMBIGUOUS, "an answer without the message's ts"),
        (200, {"ok": "true", "ts": "1.0"}, AMBIGUOUS, "an answer that is none"),
        (200, None, AMBIGUOUS, "an answer that is none"),
        (200, [1], AMBIGUOUS, "an answer that is none"),
        (200, {"ok": False}, AMBIGUOUS, "an answer that is none"),
        (200, {"ok": False, "error": "ratelimited"}, NOT_SENT, "ratelimited"),
        (200, {"ok": False, "error": "fatal_error"}, AMBIGUOUS, "fatal_error"),
        (200, {"ok": False, "error": "internal_error"}, AMBIGUOUS, "internal_error"),
        (200, {"ok": False, "error": "invalid_auth"}, REJECTED, "invalid_auth"),
        (200, {"ok": False, "error": "a_word_of_tomorrow"}, REJECTED, "a_word_of_tomorrow"),
        (429, None, NOT_SENT, "HTTP 429"),
        (503, None, AMBIGUOUS, "HTTP 503"),
    ],
)
def test_an_answer_of_the_web_api(status: int, body: object, outcome: Outcome, said: str) -> None:
    answer = of_call(Reply(status, {}, body), "xoxb-1")
    assert (answer.outcome, answer.said) == (outcome, said)


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"Retry-After": "7"}, "", 7.0),
        ({"retry-after": "0.5"}, "", 0.5),
        ({"Retry-After": "Wed, 21 Oct 2030 07:28:00 GMT"}, "", 0.0),
        ({"Retry-After": "-3"}, "", 0.0),
        ({"Retry-After": "nan"}, "", 0.0),
        ({"Retry-After": "1e12"}, "", LONGEST_PAUSE),
        ({}, '{"ok":false,"error":"rate_limited","retry_after":3}', 3.0),
        ({}, "", 0.0),
    ],
)
def test_how_long_slack_asks_to_wait(headers: dict[str, str], body: str, seconds: float) -> None:
    assert of_webhook(Reply(429, headers, body), SECRET).retry_after == seconds


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.integers(100, 599), ANYTHING, st.dictionaries(st.sampled_from(["Retry-After", "x"]), st.text()))
def test_no_answer_whatever_it_is_makes_a_delivery_or_an_error(
    status: int, body: object, headers: dict[str, str]
) -> None:
    for answer in (
        of_call(Reply(status, headers, body), "xoxb-1"),
        of_webhook(Reply(status, headers, json.dumps(body)), SECRET),
        of_webhook(Reply(status, headers, str(body)), SECRET),
    ):
        assert answer.outcome is not DELIVERED
        assert answer.said
        assert answer.said.isascii()


def test_what_is_within_the_limits_stays_as_it_is() -> None:
    body = {
        "text": "a" * TEXT,
        "attachments": [{"text": "b"}] * ATTACHMENTS,
        "blocks": [{"type": "divider"}] * BLOCKS,
        "username": "x",
    }
    assert within(body) == body


def test_what_is_over_is_cut_with_a_note() -> None:
    section = {
        "type": "section",
        "text": {"type": "mrkdwn", "text": "s" * 9000},
        "fields": [{"type": "mrkdwn", "text": "f" * 9000}] * 20,
    }
    header = {"type": "header", "text": {"type": "plain_text", "text": "h" * 900}}
    body = within({"text": "t" * 90_000, "attachments": [{"text": "a"}] * 300, "blocks": [section, header] * 40})
    text, attachments, blocks = body["text"], body["attachments"], body["blocks"]
    assert isinstance(text, str)
    assert isinstance(attachments, list)
    assert isinstance(blocks, list)
    assert len(text) <= TEXT
    assert text.endswith("(cut)")
    assert len(attachments) == ATTACHMENTS
    assert attachments[-1]["text"] == "… and 201 more"
    assert len(blocks) == BLOCKS
    assert "and 31 more" in json.dumps(blocks[-1], ensure_ascii=False)
    assert len(blocks[0]["text"]["text"]) <= SECTION
    assert [len(field["text"]) <= FIELD for field in blocks[0]["fields"]] == [True] * 10
    assert len(blocks[1]["text"]["text"]) <= HEADER


@given(st.text(alphabet="a`<>&;|\n "), st.integers(20, 60))
def test_a_cut_leaves_no_half_of_an_escape_and_no_open_code(text: str, limit: int) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    kept = fitted(escaped, limit)
    assert len(kept) <= limit
    if kept != escaped:
        assert "(cut)" in kept
        body = kept.partition("… (cut)")[0]
        assert "&" not in body.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
        assert kept.count("```") % 2 == 0
