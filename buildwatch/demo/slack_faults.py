"""What the demo's Slack is to do wrong, and the layer before its routes that does it. All off by default."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from random import Random
from typing import Final

import msgspec
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTROL: Final = "/_demo/"

LIES: Final = (
    (b"<html><body>It works!</body></html>", b"text/html"),
    (b'{"ok": true}', b"application/json"),
    (b'{"ok": "perhaps"}', b"application/json"),
    (b"[1, 2, 3]", b"application/json"),
    (b'{"ok": tru', b"application/json"),
    (b"", b"text/plain"),
    (b"\xff\xfe\x00", b"text/plain; charset=utf-8"),
)
"""Answers with the status 200 that are none."""


@dataclass
class SlackFaults:
    """Shares are from 0 to 1, times in seconds. May be changed while the server runs."""

    seed: int = 0
    rate_limited: float = 0.0
    """429 before anything is done, with this Retry-After."""
    retry_after: float = 1.0
    server_error: float = 0.0
    """500; of these the share `stored_errors` is done nevertheless."""
    stored_errors: float = 0.5
    lost_answers: float = 0.0
    """It is done, and the connection breaks off without an answer."""
    cut_answers: float = 0.0
    """It is done, and the answer ends in its middle."""
    lies: float = 0.0
    """Half of these are done; the answer is one of `LIES`."""
    slow: float = 0.0
    slow_seconds: float = 1.0
    """It is done at once, and answered so much later."""
    missing_scopes: list[str] | None = None
    """Scopes that the bot has not: chat:write, channels:history, channels:read, files:write."""
    no_service: bool = False
    """Webhooks have been removed."""
    invalid_auth: bool = False

    def __post_init__(self) -> None:
        self.rng = Random(self.seed)  # noqa: S311 - repeatable, not secret

    def hits(self, share: float) -> bool:
        """Whether this one is one of the `share` that go wrong; draws only when there is a share."""
        return share > 0 and self.rng.random() < share

    def change(self, values: dict[str, object]) -> None:
        """Set some of the faults. Raises msgspec.ValidationError for an unknown name or a wrong type."""
        unknown = sorted(set(values) - set(self.as_dict()))
        if unknown:
            raise msgspec.ValidationError(f"no such fault: {', '.join(unknown)}")
        wanted = msgspec.convert(self.as_dict() | values, SlackFaults)
        for item in fields(self):
            if item.name in values:
                setattr(self, item.name, getattr(wanted, item.name))
        if "seed" in values:
            self.rng.seed(self.seed)

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


class Spoiled:
    """Stands before the routes. `hang_up` breaks off the connection of a request's scope."""

    def __init__(self, app: ASGIApp, faults: SlackFaults, hang_up: Callable[[Scope], None]) -> None:
        self.counts: Counter[str] = Counter()
        self.unsaid = 0
        """How many requests were done whose answer did not say so."""
        self._app = app
        self._faults = faults
        self._hang_up = hang_up

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(CONTROL):
            await self._app(scope, receive, send)
            return
        faults = self._faults
        if faults.hits(faults.rate_limited):
            await self._answer(_too_many(faults.retry_after, scope["path"]), scope, receive, send)
            return
        failing = faults.hits(faults.server_error)
        lying = not failing and faults.hits(faults.lies)
        done = _Kept()
        if not (failing and not faults.hits(faults.stored_errors)) and not (lying and faults.hits(0.5)):
            await self._app(scope, receive, done.send)
        told = not failing and not lying
        if faults.hits(faults.slow):
            await asyncio.sleep(faults.slow_seconds)
        if failing:
            await self._answer(PlainTextResponse("server_error", 500), scope, receive, send)
        elif lying:
            body, kind = faults.rng.choice(LIES)
            await self._answer(Response(body, 200, {"Content-Type": kind.decode()}), scope, receive, send)
        elif faults.hits(faults.lost_answers):
            self._count(scope, 0)
            told = False
            self._hang_up(scope)
        elif faults.hits(faults.cut_answers):
            self._count(scope, 0)
            told = False
            await done.pass_on(send, half=True)
            self._hang_up(scope)
        else:
            self._count(scope, done.status)
            await done.pass_on(send)
        self.unsaid += done.status == 200 and not told

    async def _answer(self, answer: Response, scope: Scope, receive: Receive, send: Send) -> None:
        self._count(scope, answer.status_code)
        await answer(scope, receive, send)

    def _count(self, scope: Scope, status: int) -> None:
        path = "/services/…" if scope["path"].startswith("/services/") else scope["path"]
        self.counts[f"{path} {status}"] += 1


class _Kept:
    """An answer that is kept until it is known what becomes of it."""

    def __init__(self) -> None:
        self.status = 0
        self._messages: list[Message] = []

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        self._messages.append(message)

    async def pass_on(self, send: Send, *, half: bool = False) -> None:
        for message in self._messages:
            if half and message["type"] == "http.response.body":
                body = message["body"]
                message = {**message, "body": body[: len(body) // 2], "more_body": True}
            await send(message)


def _too_many(retry_after: float, path: str) -> Response:
    word = "ratelimited" if path.startswith("/api/") else "rate_limited"
    headers = {"Retry-After": f"{retry_after:g}"}
    body = msgspec.json.encode({"ok": False, "error": word, "retry_after": retry_after})
    return Response(body, 429, headers, media_type="application/json")
