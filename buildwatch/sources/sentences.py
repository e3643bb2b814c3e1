"""What goes wrong between us and a server, each as one sentence: what, where, and what to look at."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import httpx
from socksio import SOCKSError

from buildwatch.sources.errors import Broken, Busy, Denied, SourceError, Stranger, Unauthorized, Unreachable
from buildwatch.text import clean
from buildwatch.wire.drone1 import read_error

OPEN_LIMIT: Final = 30.0
"""Seconds until a server must have agreed to a stream, or said why not."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is and how to get there.

    `token` gives the secret when it is first needed: called in a thread, it may take a while and raise `SourceError`.
    """

    name: str
    url: str
    token: Callable[[], str] = field(repr=False)
    remedy: str = "set DRONE_TOKEN or token_command"
    ca_file: str | None = None
    insecure: bool = False
    proxy: str | None = None


def unreachable(to: Address, error: Exception) -> SourceError:
    """The error for a request to which no answer came, with what to look at."""
    text = str(error)
    if "CERTIFICATE_VERIFY" in text:
        return Unreachable(f"{to.name}: the certificate is not trusted; give its ca_file, or insecure = true")
    if any(word in text for word in _NO_TLS):
        return Unreachable(f"{to.name} does not speak TLS at {to.url}; try http://")
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return Unreachable(f"{to.name}: {to.url} is not an address; it should look like https://drone.example.com")
    if isinstance(error, httpx.ProxyError | SOCKSError):
        return Unreachable(f"{to.name}: the proxy does not let us through; check `proxy` or HTTPS_PROXY")
    if isinstance(error, httpx.ConnectTimeout):
        return Unreachable(f"{to.name} does not answer at {to.url} (timed out); check the address and the network")
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return Unreachable(f"{to.name} takes too long to answer (over {_seconds(error)} s)")
    if isinstance(error, httpx.ConnectError):
        why = _why(error)
        return Unreachable(f"{to.name} does not answer at {to.url} ({why}); check the address and the network")
    if "illegal status line" in text and to.url.startswith("http://"):
        return Unreachable(f"{to.name} gives no HTTP answer at {to.url}; if it speaks TLS, try https://")
    return Unreachable(f"{to.name}: the connection broke ({type(error).__name__})")


def refusal(to: Address, response: httpx.Response, body: bytes, path: str) -> SourceError:
    """The error for an answer that says no, or that something is wrong."""
    status = response.status_code
    said = clean(body.decode("utf-8", "replace"), 250) if is_a(response, "text/plain") else read_error(body)
    if status == 401:
        return Unauthorized(f"{to.name} does not accept the token (401); {to.remedy}")
    if status == 429:
        return Busy(f"{to.name} asks for fewer requests (429)", _retry_after(response))
    if status in (301, 302, 303, 307, 308):
        target = clean(response.headers.get("location", "elsewhere"), 100).partition("?")[0].removesuffix(path)
        return Stranger(f"{to.name} sends us on to {target}; if that is the server, put it in place of {to.url}")
    if status == 404 and path in _ALWAYS_THERE:
        return Stranger(f"{to.name} does not know {path} (404); is {to.url} really the address of a Drone?")
    if 400 <= status < 500:
        hint = "; no such thing, or no right to it" if status == 404 else ""
        return Denied(f"{to.name} says no to {path}: {said or _phrase(response)} ({status}){hint}", status)
    error = Broken(f"{to.name} has a problem: {said or _phrase(response)} ({status})")
    error.retry_after = _retry_after(response)
    error.status, error.body = status, body
    return error


def strange(to: Address, response: httpx.Response, path: str) -> SourceError:
    """The error for an answer that is not what such a server sends there."""
    what = "a web page" if is_a(response, "html") else clean(response.headers.get("content-type", "nothing"), 40)
    return Stranger(f"{to.name} answers {path} with {what}; is {to.url} really the address of a Drone?")


_NO_TLS: Final = ("WRONG_VERSION_NUMBER", "record layer", "RECORD_LAYER", "HTTP_REQUEST")
"""What OpenSSL says of an answer that is not TLS."""

_ALWAYS_THERE: Final = ("/version", "/api/user", "/api/user/repos", "/api/stream")
"""What every Drone since 1.0 knows."""


def _why(error: BaseException | None) -> str:
    """The reason at the bottom of a failed connection, in two words."""
    if isinstance(error, BaseExceptionGroup):
        return _why(error.exceptions[0])
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, socket.gaierror):
        return "unknown host"
    deeper = error and (error.__cause__ or error.__context__)
    return _why(deeper) if deeper else clean(str(error), 80).lower()


def is_a(response: httpx.Response, kind: str) -> bool:
    """Whether the answer says that it is of such a type."""
    return kind in response.headers.get("content-type", "").lower()


def _phrase(response: httpx.Response) -> str:
    return clean(response.reason_phrase, 60) or "no reason given"


def _retry_after(response: httpx.Response) -> float:
    """Seconds, from the header's number form; an hour at most."""
    text = response.headers.get("retry-after", "")
    return min(float(text), 3600.0) if text.isascii() and text.isdigit() else 0.0


def _seconds(error: httpx.TimeoutException | TimeoutError) -> int:
    if isinstance(error, TimeoutError):
        return int(OPEN_LIMIT)
    limit = error.request.extensions.get("timeout", {}).get("read")
    return int(limit) if limit else 30
