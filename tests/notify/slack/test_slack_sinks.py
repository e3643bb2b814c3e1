"""Sinks against a real HTTP Slack: what is there afterwards, and what every attempt is said to have come to."""

import asyncio
import time

import pytest

from buildwatch.config.errors import ConfigError
from buildwatch.config.token import Token
from buildwatch.demo.slack import SlackServer, running
from buildwatch.demo.slack_faults import SlackFaults
from buildwatch.notify.message import Found, Outcome, Sink, Snippet
from buildwatch.notify.slack import calls
from buildwatch.notify.slack.calls import Line, Lost, StillOut
from buildwatch.notify.slack.channel import ChannelSink, Workspace
from buildwatch.notify.slack.webhook import WebhookSink

BODY = {"text": "build 7 failed", "attachments": [{"color": "danger", "text": "why"}]}
DELIVERED, REJECTED, NOT_SENT, AMBIGUOUS = Outcome.DELIVERED, Outcome.REJECTED, Outcome.NOT_SENT, Outcome.AMBIGUOUS


def named(slack: SlackServer, name: str) -> ChannelSink:
    return ChannelSink(Workspace(lambda: Token(slack.token), slack.api_url), name)


async def test_a_message_of_a_channel_is_posted_found_changed_and_answered_to(
    slack: SlackServer, channel: ChannelSink
) -> None:
    sink: Sink = channel
    begin = time.time() - 30
    posted = await sink.post(BODY, key="lab/acme/7|all")
    assert (posted.outcome, posted.channel) == (DELIVERED, "C0BUILDS")
    assert await sink.search("lab/acme/7|all", since=begin) == (await sink.search("lab/acme/7|all", since=begin))
    found = await sink.search("lab/acme/7|all", since=begin)
    assert (found.found, found.ts, found.channel) == (Found.THERE, posted.ts, "C0BUILDS")
    assert (await sink.search("lab/acme/8|all", since=begin)).found is Found.NOT_THERE
    changed = await sink.update({"text": "fixed"}, channel=posted.channel, ts=posted.ts)
    assert (changed.outcome, changed.ts) == (DELIVERED, posted.ts)
    answer = await sink.post({"text": "below"}, key="reply", thread=posted.ts, broadcast=True)
    assert answer.outcome is DELIVERED
    assert (await sink.search("reply", since=begin, thread=posted.ts)).ts == answer.ts
    top, below = slack.workspace.messages
    assert (top.body["text"], top.body["attachments"], top.key, top.edits) == ("fixed", [], "lab/acme/7|all", 1)
    assert (below.thread_ts, below.broadcast) == (posted.ts, True)


async def test_a_search_reads_on_and_stops_at_what_is_too_old(slack: SlackServer, channel: ChannelSink) -> None:
    where = slack.workspace.channels["C0BUILDS"]
    old = slack.workspace.add(
        where, {"text": "x", "metadata": {"event_type": "buildwatch", "event_payload": {"key": "a"}}}, "api"
    )
    for number in range(450):
        slack.workspace.add(where, {"text": str(number)}, "api")
    assert (await channel.search("a", since=float(old.ts))).ts == old.ts
    assert (await channel.search("a", since=float(old.ts) + 0.001)).found is Found.NOT_THERE
    assert slack.asked["/api/conversations.history 200"] > 3


async def test_what_others_put_into_metadata_is_not_our_message(slack: SlackServer, channel: ChannelSink) -> None:
    where = slack.workspace.channels["C0BUILDS"]
    for metadata in (
        {"event_type": "other", "event_payload": {"key": "a"}},
        {"event_type": "buildwatch", "event_payload": ["key", "a"]},
        {"event_type": "buildwatch", "event_payload": {"key": ["a"]}},
    ):
        slack.workspace.add(where, {"text": "x", "metadata": metadata}, "api")
    assert (await channel.search("a", since=0)).found is Found.NOT_THERE


async def test_a_channel_is_found_by_its_name(slack: SlackServer) -> None:
    for name in ("#deploys", "deploys"):
        assert (await named(slack, name).search("a", since=0)).found is Found.NOT_THERE
        posted = await named(slack, name).post(BODY, key=name)
        assert posted.channel == "C0DEPLOYS"
    missing = await named(slack, "#nowhere").search("a", since=0)
    assert (missing.found, missing.said) == (Found.CANNOT_ASK, "channel_not_found")


async def test_a_snippet_goes_into_the_thread(slack: SlackServer, channel: ChannelSink) -> None:
    posted = await channel.post(BODY, key="k")
    text = "line 1\nläuft nicht\n"
    done = await channel.upload(Snippet("log.txt", "The log", text), channel=posted.channel, thread=posted.ts)
    assert done.outcome is DELIVERED
    (file,) = slack.workspace.files
    assert (file.name, file.title, file.content) == ("log.txt", "The log", text)
    assert (file.channel, file.thread_ts) == ("C0BUILDS", posted.ts)
    slack.faults.missing_scopes = ["files:write"]
    refused = await channel.upload(Snippet("log.txt", "The log", text), channel=posted.channel, thread=posted.ts)
    assert (refused.outcome, refused.said) == (REJECTED, "missing_scope")


async def test_a_webhook_takes_messages_and_can_do_no_more(slack: SlackServer, webhook: WebhookSink) -> None:
    sink: Sink = webhook
    assert (await sink.post(BODY, key="k", thread="1.0")).outcome is DELIVERED
    assert [one.body for one in slack.workspace.messages] == [BODY]
    assert (await sink.search("k", since=0)).found is Found.CANNOT_ASK
    assert (await sink.update(BODY, channel="C", ts="1")).outcome is REJECTED
    assert (await sink.upload(Snippet("a", "b", "c"), channel="C", thread="1")).outcome is REJECTED
    assert not sink.can_update


FAULTS: list[tuple[dict[str, object], Outcome, int | None]] = [
    ({"rate_limited": 1.0, "retry_after": 7}, NOT_SENT, 0),
    ({"server_error": 1.0, "stored_errors": 0.0}, AMBIGUOUS, 0),
    ({"server_error": 1.0, "stored_errors": 1.0}, AMBIGUOUS, 1),
    ({"lost_answers": 1.0}, AMBIGUOUS, 1),
    ({"cut_answers": 1.0}, AMBIGUOUS, 1),
]


@pytest.mark.parametrize(("faults", "outcome", "arrived"), FAULTS)
async def test_every_fault_ends_as_what_is_known_of_it(
    slack: SlackServer,
    channel: ChannelSink,
    webhook: WebhookSink,
    faults: dict[str, object],
    outcome: Outcome,
    arrived: int,
) -> None:
    slack.faults.change(faults)
    for sink in (channel, webhook):
        slack.workspace.clear()
        answer = await sink.post(BODY, key="k")
        assert (answer.outcome, len(slack.workspace.messages)) == (outcome, arrived)
        assert answer.retry_after == (7 if outcome is NOT_SENT else 0)
    search = await channel.search("k", since=0)
    assert search.found is Found.NO_ANSWER
    assert search.retry_after == (7 if outcome is NOT_SENT else 0)


async def test_a_lying_answer_proves_nothing(slack: SlackServer, channel: ChannelSink, webhook: WebhookSink) -> None:
    slack.faults.change({"lies": 1.0})
    for _ in range(20):
        assert (await channel.post(BODY, key="k")).outcome is AMBIGUOUS
        assert (await webhook.post(BODY, key="k")).outcome in (AMBIGUOUS, DELIVERED)  # {"ok": true} is a yes of some
        assert (await channel.search("k", since=0)).found is Found.NO_ANSWER


async def test_nobody_at_home_is_not_sent(slack: SlackServer, channel: ChannelSink, webhook: WebhookSink) -> None:
    slack.refuse()
    for sink in (channel, webhook):
        answer = await sink.post(BODY, key="k")
        assert (answer.outcome, answer.said) == (NOT_SENT, "connection refused")
    assert (await channel.search("k", since=0)).found is Found.NO_ANSWER


async def test_a_name_that_is_none_is_not_sent() -> None:
    answer = await WebhookSink("x", lambda: Token("http://nowhere.invalid/services/T/B/x")).post(BODY, key="k")
    assert (answer.outcome, answer.said) == (NOT_SENT, "its name cannot be resolved")


@pytest.mark.parametrize(
    ("name", "said"), [("C0NOWHERE", "channel_not_found"), ("C0OLD", "is_archived"), ("C0SECRET", "channel_not_found")]
)
async def test_what_slack_refuses_is_rejected_with_its_word(slack: SlackServer, name: str, said: str) -> None:
    answer = await named(slack, name).post(BODY, key="k")
    assert (answer.outcome, answer.said) == (REJECTED, said)


async def test_a_slow_answer_is_waited_for_and_then_given_up(
    slack: SlackServer, channel: ChannelSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack.faults.change({"slow": 1.0, "slow_seconds": 0.2})
    assert (await channel.post(BODY, key="k")).outcome is DELIVERED
    slack.faults.change({"slow_seconds": 30.0})
    monkeypatch.setattr("buildwatch.notify.slack.webhook.TIMEOUT", 1)
    answer = await WebhookSink("x", lambda: Token(slack.webhook())).post(BODY, key="k")
    assert answer.outcome is AMBIGUOUS
    assert len(slack.workspace.messages) == 2


async def test_nothing_is_sent_behind_a_call_that_has_not_come_back() -> None:
    import threading

    line: Line[int] = Line(deadline=0.05)
    let_go = threading.Event()
    with pytest.raises(Lost, match="no answer"):
        await line.call(lambda: int(let_go.wait(10)))
    with pytest.raises(StillOut):
        await line.call(lambda: 2)
    let_go.set()
    await asyncio.to_thread(line.wait)
    assert await line.call(lambda: 3) == 3


async def test_a_token_that_cannot_be_read_is_told() -> None:
    def missing() -> Token:
        raise ConfigError("SLACK_BOT_TOKEN is not set")

    answer = await ChannelSink(Workspace(missing, "http://127.0.0.1:9/api/"), "C1").post(BODY, key="k")
    assert (answer.outcome, answer.said) == (NOT_SENT, "SLACK_BOT_TOKEN is not set")
    answer = await WebhookSink("x", missing).post(BODY, key="k")
    assert (answer.outcome, answer.said) == (NOT_SENT, "SLACK_BOT_TOKEN is not set")


async def test_secrets_are_in_nothing_that_is_said_or_shown(
    slack: SlackServer, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(0)
    workspace = Workspace(lambda: Token(slack.token), slack.api_url)
    sink = ChannelSink(workspace, "C0BUILDS")
    hook = WebhookSink("team", lambda: Token(slack.webhook()))
    said = []
    orders: list[dict[str, object]] = [{"lies": 1.0}, {"invalid_auth": True, "no_service": True}]
    for faults in [*orders, *(one for one, _, _ in FAULTS)]:
        slack.faults.change({**SlackFaults().as_dict(), **faults})
        said += [repr(await sink.post(BODY, key="k")), repr(await hook.post(BODY, key="k"))]
        said += [repr(await sink.search("k", since=0))]
    said += [repr(sink), repr(hook), repr(workspace), caplog.text, *capfd.readouterr()]
    secret = slack.webhook().rpartition("/")[2]
    assert [text for text in said if slack.token in text or secret in text] == []


async def test_where_history_cannot_be_read_doubts_stay(slack: SlackServer, channel: ChannelSink) -> None:
    slack.faults.change({"missing_scopes": ["channels:history"]})
    search = await channel.search("k", since=0)
    assert (search.found, search.said) == (Found.CANNOT_ASK, "missing_scope")


async def test_two_slacks_know_nothing_of_each_other(slack: SlackServer) -> None:
    async with running(SlackServer()) as other:
        refused = await ChannelSink(Workspace(lambda: Token(slack.token), other.api_url), "C0BUILDS").post(
            BODY, key="k"
        )
    assert (refused.outcome, refused.said) == (REJECTED, "invalid_auth")
    assert calls.SILENT.handlers == []
