"""A channel of the Web API as a sink: messages with metadata, that can be changed, answered to and found again.

Sources: Slack's reference of chat.postMessage, chat.update, conversations.history, conversations.replies, and
"Message metadata".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from slack_sdk import WebClient
from slack_sdk.errors import SlackRequestError

from buildwatch.config.token import Token
from buildwatch.notify.message import Answer, Found, Outcome, Search, Snippet
from buildwatch.notify.slack.calls import SILENT, TIMEOUT, Line, Lost, NotSent, StillOut, api_reply, trust
from buildwatch.notify.slack.limits import within
from buildwatch.notify.slack.words import Reply, of_call

EVENT: Final = "buildwatch"
"""The type of our messages' metadata."""

PAGE: Final = 200
"""Messages, and channels, a page: as many as Slack advises."""

PAGES: Final = 50
"""Pages that a search reads at most."""

_ID: Final = re.compile("[CGDUW][A-Z0-9]{2,}")
_UNASKABLE: Final = frozenset(
    {
        *(
            "missing_scope",
            "not_in_channel",
            "channel_not_found",
            "no_permission",
            "access_denied",
            "not_allowed_token_type",
        ),
        *("method_not_supported_for_channel_type", "invalid_auth", "not_authed", "token_revoked", "account_inactive"),
    }
)


class Failed(Exception):
    """A question was not answered; with what Slack said of it."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.said)
        self.answer = answer


class Workspace:
    """The bot in its workspace. `token` is called once, in a thread; it may raise `ConfigError`."""

    def __init__(self, token: Callable[[], Token], api_url: str = "https://slack.com/api/") -> None:
        self._token = token
        self._api_url = api_url
        self._client: WebClient | None = None
        self.secret = ""
        self.ids: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"Workspace({self._api_url!r})"

    def client(self) -> WebClient:
        """The client of slack-sdk, that tries once and logs nothing. Raises `ConfigError`."""
        if self._client is None:
            self.secret = self._token().reveal()
            self._client = WebClient(
                self.secret,
                self._api_url,
                timeout=TIMEOUT,
                ssl=trust() if self._api_url.startswith("https") else None,
                logger=SILENT,
                retry_handlers=[],
            )
            self._client.proxy = None  # slack-sdk's reading of the environment knows no NO_PROXY; urllib's own does
        return self._client

    def ask(self, method: str, **params: object) -> dict[str, object]:
        """What a reading method answers. Raises `Failed`, `NotSent` and `Lost`."""
        given = {name: value for name, value in params.items() if value not in ("", None)}
        reply = api_reply(lambda: self.client().api_call(method, params=given))
        answer = of_call(reply, self.secret, posted=False)
        if answer.outcome is not Outcome.DELIVERED or not isinstance(reply.body, dict):
            raise Failed(answer)
        return reply.body

    def pages(self, method: str, rows: str, **params: object) -> Iterator[list[object]]:
        """The rows of each page, as long as there are more. Raises as `ask`."""
        cursor = ""
        while True:
            page = self.ask(method, **params, limit=PAGE, cursor=cursor)
            found = page.get(rows)
            if not isinstance(found, list):
                raise Failed(Answer(Outcome.AMBIGUOUS, f"an answer without {rows}"))
            yield found
            metadata = page.get("response_metadata")
            following = metadata.get("next_cursor") if isinstance(metadata, dict) else None
            if not isinstance(following, str) or not following or following == cursor:
                return
            cursor = following


class ChannelSink:
    """A channel by its id or its name, with or without `#`; or a person by id."""

    can_update = True

    def __init__(self, workspace: Workspace, channel: str) -> None:
        self._workspace = workspace
        self._channel = channel if _ID.fullmatch(channel) or channel[:1] in "#@" else f"#{channel}"
        self._answers: Line[Answer] = Line()
        self._searches: Line[Search] = Line()
        self._last = ""

    def __repr__(self) -> str:
        return f"ChannelSink({self._channel!r})"

    async def post(self, body: Mapping[str, object], *, key: str, thread: str = "", broadcast: bool = False) -> Answer:
        """Post a message whose metadata holds its key."""
        message = within(body) | {
            "channel": self._channel,
            "metadata": {"event_type": EVENT, "event_payload": {"key": key}},
        }
        if thread:
            message |= {"thread_ts": thread} | ({"reply_broadcast": True} if broadcast else {})
        answer = await self._answer("chat.postMessage", message, key)
        if answer.channel:
            self._workspace.ids[self._channel] = answer.channel
        return answer

    async def update(self, body: Mapping[str, object], *, channel: str, ts: str) -> Answer:
        """Change a message. What it had and has no more is taken away; its metadata stays."""
        fit = within(body)
        message = {
            "channel": channel,
            "ts": ts,
            **{name: fit.get(name, []) for name in ("attachments", "blocks")},
            "text": fit.get("text", ""),
        }
        return await self._answer("chat.update", message, f"{channel} {ts}")

    async def search(self, key: str, *, since: float, thread: str = "") -> Search:
        """Look for the message of that key among those since then, in the channel or the thread."""
        try:
            return await self._searches.call(lambda: self._search(key, since, thread))
        except (Lost, NotSent) as error:
            return Search(Found.NO_ANSWER, str(error))
        except Failed as error:
            said = error.answer.said
            if thread and said == "thread_not_found":
                return Search(Found.NOT_THERE)
            found = Found.CANNOT_ASK if said in _UNASKABLE else Found.NO_ANSWER
            return Search(found, said, retry_after=error.answer.retry_after)
        except StillOut:
            return Search(Found.NO_ANSWER, "the search before has not come back yet")

    async def upload(self, snippet: Snippet, *, channel: str, thread: str) -> Answer:
        """Put a snippet into a thread: files.getUploadURLExternal, the upload, files.completeUploadExternal."""

        def work() -> Answer:
            try:
                reply = api_reply(
                    lambda: self._workspace.client().files_upload_v2(
                        filename=snippet.name,
                        title=snippet.title,
                        content=snippet.text,
                        channel=channel,
                        thread_ts=thread,
                    )
                )
            except Lost as error:
                if isinstance(error.__context__, SlackRequestError):  # the second call of three
                    return Answer(Outcome.NOT_SENT, "the file was not taken")
                raise
            return of_call(reply, self._workspace.secret, posted=False)

        return await self._run(work, "")

    async def _answer(self, method: str, message: dict[str, object], key: str) -> Answer:
        def work() -> Answer:
            reply = api_reply(lambda: self._workspace.client().api_call(method, json=message))
            return of_call(reply, self._workspace.secret)

        return await self._run(work, key)

    async def _run(self, work: Callable[[], Answer], key: str) -> Answer:
        try:
            answer = await self._answers.call(work)
        except StillOut:
            outcome = Outcome.AMBIGUOUS if key and key == self._last else Outcome.NOT_SENT
            return Answer(outcome, "the attempt before has not come back yet")
        except NotSent as error:
            answer = Answer(Outcome.NOT_SENT, str(error))
        except Lost as error:
            answer = Answer(Outcome.AMBIGUOUS, str(error))
        self._last = key
        return answer

    def _search(self, key: str, since: float, thread: str) -> Search:
        if self._answers.out():
            return Search(Found.NO_ANSWER, "the attempt before has not come back yet")
        channel = self._id()
        method = "conversations.replies" if thread else "conversations.history"
        span: dict[str, object] = {"oldest": f"{max(0.0, since):.6f}", "inclusive": True, "include_all_metadata": True}
        pages = self._workspace.pages(method, "messages", channel=channel, ts=thread, **span)
        for count, messages in enumerate(pages, 1):
            for message in messages:
                ts = _told(message, key)
                if ts:
                    return Search(Found.THERE, ts=ts, channel=channel)
            if count == PAGES:
                return Search(Found.CANNOT_ASK, f"more than {PAGES * PAGE} messages since")
        return Search(Found.NOT_THERE)

    def _id(self) -> str:
        """The channel's id: it is asked for by name where nothing was posted yet."""
        known = self._channel if _ID.fullmatch(self._channel) else self._workspace.ids.get(self._channel)
        if known:
            return known
        for page in self._workspace.pages(
            "conversations.list", "channels", types="public_channel,private_channel", exclude_archived=True
        ):
            for channel in page:
                if isinstance(channel, dict) and f"#{channel.get('name')}" == self._channel:
                    found = str(channel.get("id"))
                    self._workspace.ids[self._channel] = found
                    return found
        raise Failed(Answer(Outcome.REJECTED, "channel_not_found"))


def _told(message: object, key: str) -> str:
    """The ts of a message that has the key, else empty."""
    metadata = message.get("metadata") if isinstance(message, dict) else None
    payload = metadata.get("event_payload") if isinstance(metadata, dict) else None
    if not isinstance(message, dict) or not isinstance(metadata, dict) or not isinstance(payload, dict):
        return ""
    if metadata.get("event_type") != EVENT or payload.get("key") != key:
        return ""
    return of_call(Reply(200, {}, {"ok": True, "ts": message.get("ts")}), "").ts
