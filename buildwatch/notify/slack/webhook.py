"""An incoming webhook as a sink: it takes messages and tells nothing of them afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlsplit

from slack_sdk.webhook import WebhookClient

from buildwatch.config.errors import ConfigError
from buildwatch.config.token import Token
from buildwatch.notify.message import Answer, Found, Outcome, Search, Snippet
from buildwatch.notify.slack.calls import SILENT, TIMEOUT, Line, Lost, NotSent, StillOut, trust, webhook_reply
from buildwatch.notify.slack.limits import within
from buildwatch.notify.slack.words import of_webhook

_CANNOT: Final = "a webhook cannot be asked, updated or given files"


class WebhookSink:
    """The webhook of that name. `address` is called once, in a thread, before the first message; it may raise
    `ConfigError`.
    """

    can_update = False

    def __init__(self, name: str, address: Callable[[], Token]) -> None:
        self.name = name
        self._address = address
        self._known: Token | None = None
        self._line: Line[Answer] = Line()
        self._last = ""

    def __repr__(self) -> str:
        return f"WebhookSink({self.name!r})"

    async def post(self, body: Mapping[str, object], *, key: str, thread: str = "", broadcast: bool = False) -> Answer:
        """Post a message. Webhooks know no threads and no metadata."""
        message = within(body)
        try:
            answer = await self._line.call(lambda: self._post(message))
        except StillOut:
            outcome = Outcome.AMBIGUOUS if key == self._last else Outcome.NOT_SENT
            return Answer(outcome, "the attempt before has not come back yet")
        except NotSent as error:
            answer = Answer(Outcome.NOT_SENT, str(error))
        except Lost as error:
            answer = Answer(Outcome.AMBIGUOUS, str(error))
        self._last = key
        return answer

    async def update(self, body: Mapping[str, object], *, channel: str, ts: str) -> Answer:
        """A webhook cannot."""
        return Answer(Outcome.REJECTED, _CANNOT)

    async def search(self, key: str, *, since: float, thread: str = "") -> Search:
        """A webhook cannot."""
        return Search(Found.CANNOT_ASK, _CANNOT)

    async def upload(self, snippet: Snippet, *, channel: str, thread: str) -> Answer:
        """A webhook cannot."""
        return Answer(Outcome.REJECTED, _CANNOT)

    def _read(self) -> str:
        if self._known is None:
            self._known = self._address()
        return self._known.reveal()

    def _post(self, message: dict[str, object]) -> Answer:
        try:
            address = self._read()
        except ConfigError as error:
            return Answer(Outcome.NOT_SENT, str(error))
        if not is_address(address):
            return Answer(Outcome.REJECTED, NO_ADDRESS)
        return of_webhook(webhook_reply(lambda: client(address, TIMEOUT).send_dict(message)), address)


NO_ADDRESS: Final = "the webhook is no web address"


def is_address(text: str) -> bool:
    """Whether a secret can be the address of a webhook."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


def client(address: str, timeout: int) -> WebhookClient:
    """A client of slack-sdk that tries once and logs nothing; `timeout` is in seconds."""
    made = WebhookClient(
        address, timeout=timeout, ssl=trust() if address.startswith("https") else None, logger=SILENT, retry_handlers=[]
    )
    made.proxy = None  # slack-sdk's reading of the environment knows no NO_PROXY; urllib's own does
    return made
