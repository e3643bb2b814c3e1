"""Answers as early Drone words them, and Woodpecker after it: text or nothing where something is wrong.

A path or a method that nobody knows is answered 200 with the web interface.
"""

from __future__ import annotations

from collections.abc import Callable
from email.utils import formatdate

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from buildwatch.demo.drone2 import encode

Handler = Callable[[Request], ASGIApp]

NOT_AUTHORIZED = "User not authorized"
NO_ROWS = "sql: no rows in result set"
_EPOCH = "Thu, 01 Jan 1970 00:00:00 GMT"
_JSON = "application/json; charset=utf-8"
_TEXT = "text/plain; charset=utf-8"
_FRESH = "no-cache, no-store, max-age=0, must-revalidate, value"


class Refused(Exception):
    """An answer other than the one asked for: a status, and a text that is often empty."""

    def __init__(self, status: int, text: str = "") -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class Answers:
    """The manner of one server. `product` names the header of its version, `now` gives unix seconds."""

    def __init__(self, product: str, version: str, now: Callable[[], float]) -> None:
        self._name = f"X-{product}-Version"
        self._product = product
        self.version = version
        self._now = now

    def headers(self, caching: str = _FRESH) -> dict[str, str]:
        return {
            "Access-Control-Allow-Origin": "*",
            "Cache-Control": caching,
            "Expires": _EPOCH,
            "Last-Modified": formatdate(self._now(), usegmt=True),
            "X-Content-Type-Options": "nosniff",
            self._name: self.version,
            "X-Frame-Options": "DENY",
            "X-Xss-Protection": "1; mode=block",
        }

    def stream_headers(self, caching: str = "no-cache") -> dict[str, str]:
        return self.headers(caching) | {
            "Connection": "keep-alive",
            "Content-Type": "text/event-stream",
            "X-Accel-Buffering": "no",
        }

    def json(self, value: object, status: int = 200) -> Response:
        return self.body(encode(value) + b"\n", _JSON, status)

    def body(self, content: bytes, media: str, status: int = 200) -> Response:
        return Response(content, status, self.headers() | {"Content-Type": media})

    def text(self, text: str, status: int = 200) -> Response:
        return self.body(text.encode(), _TEXT, status)

    def empty(self, status: int) -> Response:
        return Response(b"", status, self.headers())

    def refusal(self, refused: Refused) -> Response:
        return self.text(refused.text, refused.status) if refused.text else self.empty(refused.status)

    def page(self) -> Response:
        html = f"<!DOCTYPE html>\n<html><head><title>{self._product}</title></head><body></body></html>\n"
        return self.body(html.encode(), "text/html; charset=utf-8")


class Calls:
    """The handlers of one path by method; any other method is answered with the web interface."""

    def __init__(self, answers: Answers, **handlers: Handler) -> None:
        self._answers = answers
        self._handlers = handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        handler = self._handlers.get(scope.get("method", "GET"))
        answer: ASGIApp
        if handler is None:
            answer = self._answers.page()
        else:
            try:
                answer = handler(Request(scope, receive))
            except Refused as refused:
                answer = self._answers.refusal(refused)
        await answer(scope, receive, send)


def whole(text: str) -> int:
    """A whole number of a path or a query. Raises Refused."""
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 18:
        raise Refused(400)
    return int(text)
