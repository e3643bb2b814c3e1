"""The faults of answers: what goes wrong between the server and a reader, and a count of what was asked."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from email.utils import formatdate

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from buildwatch.demo.answers import json_answer, page
from buildwatch.demo.faults import Faults
from buildwatch.demo.site import Usual

CONTROL = "/_demo/"
_BEFORE_A_REPO = (["api", "repos"], ["api", "stream"], ["stream", "logs"], ["ws", "logs"])
_OF_A_REPO = ("/api/repos/{", "/api/stream/{", "/api/stream/logs/{", "/stream/logs/{", "/ws/logs/{")
_CREATIONS = ("/api/repos/{owner}/{name}/builds", "/api/repos/{n}/pipelines")
_BAD_GATEWAY = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    b"<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)


class Requests:
    """What was asked, when (unix seconds): for budgets and for tests of what a reader does."""

    def __init__(self) -> None:
        self._asked: list[tuple[float, str, str]] = []

    def note(self, at: float, method: str, path: str) -> None:
        self._asked.append((at, method, template(path)))

    def counts(self, since: float = 0.0) -> Counter[tuple[str, str]]:
        """How often each (method, path template) was asked since a time."""
        return Counter((method, path) for at, method, path in self._asked if at >= since)


def template(path: str) -> str:
    """A path with what names one thing left out: `/api/repos/{owner}/{name}/builds/{n}`."""
    parts = ["{n}" if part.isdigit() else part for part in path.split("/")]
    if parts[1:3] in _BEFORE_A_REPO and len(parts) > 4 and parts[3] not in ("{n}", "logs", "lookup"):
        parts[3:5] = ["{owner}", "{name}"]
    return "/".join(parts)


class Spoiler:
    """Stands before the server's routes. `now` gives the time after letting happen what is due."""

    def __init__(
        self, app: ASGIApp, usual: Usual, faults: Faults, requests: Requests, now: Callable[[], float]
    ) -> None:
        self._app = app
        self._usual = usual
        self._faults = faults
        self._requests = requests
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] = scope["path"].rstrip("/") or "/"
        out: Send = _Dated(send, self._now())
        if path.startswith(CONTROL):
            await self._app(scope, receive, out)
            return
        method = scope.get("method", "GET")  # a websocket begins with one
        self._requests.note(self._now(), method, path)
        answer = await self._instead(method, path)
        if answer is None:
            await self._app(scope, receive, self._spoiled(out))
        else:
            await answer(scope, receive, out)

    async def _instead(self, method: str, path: str) -> Response | None:
        """Another answer than the right one, where a fault asks for it."""
        faults = self._faults
        if faults.slow_answers:
            await asyncio.sleep(faults.slow_answers)
        if faults.retry_after is not None:
            return _too_many(faults.retry_after)
        if faults.hits(faults.bad_gateway):
            return Response(_BAD_GATEWAY, 502, media_type="text/html")
        if faults.html_instead:
            return page()
        if faults.unauthorized and path.startswith("/api/"):
            return self._usual.unauthorized()
        if faults.scm_down and template(path).startswith(_OF_A_REPO):
            return self._usual.hidden()
        if faults.create_fails_after is not None and _creates(method, path):
            await asyncio.sleep(faults.create_fails_after)
            return self._usual.failed()
        return None

    def _spoiled(self, send: Send) -> Send:
        if self._faults.null_lists:
            return _NullLists(send)
        if self._faults.hits(self._faults.truncate):
            return _Truncated(send)
        return send


def _creates(method: str, path: str) -> bool:
    return method == "POST" and template(path) in _CREATIONS


def _too_many(retry_after: int) -> Response:
    answer = json_answer({"message": "Too Many Requests"}, 429)
    answer.headers["Retry-After"] = str(retry_after)
    return answer


class _Dated:
    """Adds the Date header."""

    def __init__(self, send: Send, now: float) -> None:
        self._send = send
        self._now = now

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            date = (b"date", formatdate(self._now, usegmt=True).encode())
            message["headers"] = [*message["headers"], date]
        await self._send(message)


class _NullLists:
    """Answers `null` for every JSON list, as Go does for a list that was never made."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _finite(message):
            self._start = message
            return
        if self._start:
            body = message["body"]
            message["body"] = b"null\n" if body.startswith(b"[") else body
            length = str(len(message["body"])).encode()
            kept = [item for item in self._start["headers"] if item[0] != b"content-length"]
            self._start["headers"] = [*kept, (b"content-length", length)]
            await self._send(self._start)
            self._start = None
        await self._send(message)


class _Truncated:
    """Sends half of a body of announced length and leaves it at that."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._cut = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._cut = _finite(message)
        elif self._cut:
            body = message["body"]
            message = {"type": message["type"], "body": body[: len(body) // 2], "more_body": True}
        await self._send(message)


def _finite(start: Message) -> bool:
    return any(name == b"content-length" for name, _ in start["headers"])
