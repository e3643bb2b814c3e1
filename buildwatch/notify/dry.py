"""A Slack that only prints what would be sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import count

from buildwatch.notify.message import Answer, Found, Outcome, Search, Sink, Snippet
from buildwatch.notify.session import SinkOf
from buildwatch.notify.settings import NotifySettings

_NUMBERS = count(1)


class Printing:
    """A destination whose messages go to stdout, one line of JSON each."""

    def __init__(self, destination: str) -> None:
        self._destination = destination

    @property
    def can_update(self) -> bool:
        """A channel's messages can be changed, a webhook's not."""
        return self._destination.startswith("channel:")

    async def post(self, body: Mapping[str, object], *, key: str, thread: str = "", broadcast: bool = False) -> Answer:
        """Print it."""
        self._print("post", body=body, thread=thread, broadcast=broadcast)
        return Answer(Outcome.DELIVERED, ts=f"{next(_NUMBERS)}.0", channel=self._destination)

    async def update(self, body: Mapping[str, object], *, channel: str, ts: str) -> Answer:
        """Print what it would be changed to."""
        self._print("update", body=body, ts=ts)
        return Answer(Outcome.DELIVERED, ts=ts, channel=channel)

    async def search(self, key: str, *, since: float, thread: str = "") -> Search:
        """Nothing is there."""
        return Search(Found.NOT_THERE)

    async def upload(self, snippet: Snippet, *, channel: str, thread: str) -> Answer:
        """Print its name."""
        self._print("snippet", name=snippet.name, characters=len(snippet.text), thread=thread)
        return Answer(Outcome.DELIVERED)

    def _print(self, what: str, **facts: object) -> None:
        shown = {name: value for name, value in facts.items() if value}
        print(json.dumps({"to": self._destination, "what": what, **shown}), flush=True)  # noqa: T201


def printing(notify: NotifySettings) -> SinkOf:
    """Sinks for the destinations of a configuration."""
    made: dict[str, Sink] = {name: Printing(name) for name in notify.destinations}
    return made.get
