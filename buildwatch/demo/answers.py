"""Answers as Drone 2.x words them: headers, errors, and methods it does not know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from buildwatch.demo.drone2 import encode

Handler = Callable[[Request], ASGIApp]

NO_ROWS = "sql: no rows in result set"
_EPOCH = "Thu, 01 Jan 1970 00:00:00 UTC"
FRESH = {
    "Cache-Control": "no-cache, no-store, must-revalidate, private, max-age=0",
    "Expires": _EPOCH,
    "Pragma": "no-cache",
    "X-Accel-Expires": "0",
}
API_HEADERS = FRESH | {"Vary": "Origin"}
PAGE_HEADERS = FRESH | {"X-Frame-Options": "DENY", "X-Xss-Protection": "1; mode=block"}
STREAM_HEADERS = {
    "Cache-Control": "no-cache",
    "Connection": "keep-alive",
    "Content-Type": "text/event-stream",
    "Expires": _EPOCH,
    "Pragma": "no-cache",
    "Vary": "Origin",
    "X-Accel-Buffering": "no",
    "X-Accel-Expires": "0",
}


class Problem(Exception):
    """An answer other than the one asked for; the text is what the server says."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def json_answer(value: object, status: int = 200, headers: Mapping[str, str] = API_HEADERS) -> Response:
    """JSON in one line, with the line feed Go's encoder leaves behind it."""
    return Response(encode(value) + b"\n", status, {**headers, "Content-Type": "application/json"})


def empty(status: int) -> Response:
    return Response(b"", status, dict(API_HEADERS))


def not_found() -> Response:
    """What an unknown path under /api gives: plain text."""
    headers = {**API_HEADERS, "Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}
    return Response(b"404 page not found\n", 404, headers)


def page() -> Response:
    """The web interface, which is also the answer to every unknown path outside /api."""
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"/><title>Drone CI</title></head>'
        '<body><div id="root"></div></body></html>'
    )
    return Response(html.encode(), 200, {**PAGE_HEADERS, "Content-Type": "text/html; charset=UTF-8"})


def unauthorized() -> Problem:
    return Problem(HTTPStatus.UNAUTHORIZED, "Unauthorized")


def hidden() -> Problem:
    """No such repo, or no right to it: the same answer."""
    return Problem(HTTPStatus.NOT_FOUND, "Not Found")


def no_rows() -> Problem:
    return Problem(HTTPStatus.NOT_FOUND, NO_ROWS)


def number(text: str, function: str = "ParseInt") -> int:
    """A whole number as Go reads it. Raises Problem with Go's own words."""
    digits = text[1:] if text[:1] in ("+", "-") else text
    if not (digits.isascii() and digits.isdigit()):
        raise Problem(400, f'strconv.{function}: parsing "{text}": invalid syntax')
    if len(digits) > 19 or abs(int(text)) > 2**63 - 1:
        raise Problem(400, f'strconv.{function}: parsing "{text}": value out of range')
    return int(text)


class Methods:
    """The handlers of one path by method; any other method is answered 405 without a body."""

    def __init__(self, **handlers: Handler) -> None:
        self._handlers = handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        handler = self._handlers.get(scope["method"])
        answer: ASGIApp
        if handler is None:
            answer = empty(405)
        else:
            try:
                answer = handler(Request(scope, receive))
            except Problem as problem:
                answer = json_answer({"message": problem.message}, problem.status)
        await answer(scope, receive, send)
