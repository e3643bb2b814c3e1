"""A sink that does what it is told to, for the tests of the sender: Slack as a table of what arrived."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from buildwatch.notify.message import Answer, Found, Outcome, Search, Snippet


class Killed(BaseException):
    """The process is gone."""


@dataclass
class Table:
    """What Slack has: by ts, the key and the text; and what is to happen next (`script`), else all goes well."""

    can_update: bool = True
    posts: dict[str, tuple[str, str]] = field(default_factory=dict)
    snippets: list[str] = field(default_factory=list)
    script: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    at: Callable[[], float] = lambda: 0.0

    def _step(self, call: str) -> str:
        self.calls.append(call)
        return self.script.pop(0) if self.script else "ok"

    async def post(self, body: Mapping[str, object], *, key: str, thread: str = "", broadcast: bool = False) -> Answer:
        step = self._step("post")
        if step == "kill before":
            raise Killed
        refused = {"429": Outcome.NOT_SENT, "no": Outcome.REJECTED, "500": Outcome.AMBIGUOUS}
        if step in refused:
            return Answer(refused[step], step, retry_after=2.0 if step == "429" else 0.0)
        ts = f"{len(self.posts) + 1}.0"
        self.posts[ts] = (key, str(body["text"]))
        if step == "kill after":
            raise Killed
        if step == "lost":
            return Answer(Outcome.AMBIGUOUS, "the answer was lost")
        return Answer(Outcome.DELIVERED, ts=ts if self.can_update else "", channel="C1" if self.can_update else "")

    async def update(self, body: Mapping[str, object], *, channel: str, ts: str) -> Answer:
        step = self._step("update")
        if step == "kill before":
            raise Killed
        if step == "429":
            return Answer(Outcome.NOT_SENT, step, retry_after=2.0)
        if step == "500":
            return Answer(Outcome.AMBIGUOUS, step)
        self.posts[ts] = (self.posts[ts][0], str(body["text"]))
        if step == "kill after":
            raise Killed
        if step == "lost":
            return Answer(Outcome.AMBIGUOUS, "the answer was lost")
        return Answer(Outcome.DELIVERED, ts=ts, channel=channel)

    async def search(self, key: str, *, since: float, thread: str = "") -> Search:
        step = self._step("search")
        if step in ("kill before", "kill after"):
            raise Killed
        if step != "ok":
            return Search(Found.NO_ANSWER, step)
        for ts, (known, _) in self.posts.items():
            if known == key:
                return Search(Found.THERE, ts=ts, channel="C1")
        return Search(Found.NOT_THERE)

    async def upload(self, snippet: Snippet, *, channel: str, thread: str) -> Answer:
        self.snippets.append(snippet.text)
        return Answer(Outcome.DELIVERED)
