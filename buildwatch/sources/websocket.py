"""The websockets of Drone 0.5 to 0.7, opened with the token, the trust and the proxy of all other requests.

How these end, as seen of real servers: without a close frame, when the server stops, and at times with a reset. That is
an ordinary end here, as is one that a ping shows dead. The library joins fragments and answers pings.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, TypeAlias
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidMessage,
    InvalidProxy,
    InvalidStatus,
    InvalidURI,
    ProxyError,
)

from buildwatch.sources.errors import Broken, SourceError, Stranger, Unreachable
from buildwatch.sources.http import Answer, Http
from buildwatch.sources.sentences import OPEN_LIMIT
from buildwatch.wire.sse import LIMIT

PING: Final = 30.0
"""Seconds between our pings, and until one must have been answered."""

CLOSE_LIMIT: Final = 0.25
"""Seconds that a server has to answer our farewell. Drone 0.5 never does for a log."""

WAITING: Final = 1000
"""Messages that are read ahead of whoever takes them."""

_Waiting: TypeAlias = "asyncio.Queue[bytes | ConnectionClosed]"

_TOO_BIG: Final = 1009
_SILENT: Final = logging.Logger("websocket", logging.CRITICAL + 1)
"""In place of the library's own, which would write the token into whatever log a person turns on."""


class _Connect(connect):
    """Follows no redirect: the token is for this one server."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


@asynccontextmanager
async def messages(http: Http, path: str, *, answers_pings: bool = True) -> AsyncIterator[AsyncIterator[list[bytes]]]:
    """The messages of a websocket, as many at once as have come; entered once it is open. Raises `SourceError`.

    `answers_pings` is false for one that nobody reads at the other end.
    """
    connection = await _open(http, path, PING if answers_pings else None)
    http.on_success()
    waiting: _Waiting = asyncio.Queue(WAITING)
    reading = asyncio.create_task(_read(connection, waiting))
    try:
        yield _batches(http, waiting)
    finally:
        reading.cancel()
        await connection.close()


async def _read(connection: ClientConnection, waiting: _Waiting) -> None:
    try:
        while True:
            await waiting.put(await connection.recv(decode=False))
    except ConnectionClosed as end:
        await waiting.put(end)


async def _batches(http: Http, waiting: _Waiting) -> AsyncIterator[list[bytes]]:
    while True:
        batch: list[bytes] = []
        while not (batch and waiting.empty()):
            message = await waiting.get()
            if isinstance(message, ConnectionClosed):
                if message.sent is not None and message.sent.code == _TOO_BIG:
                    raise Broken(f"{http.address.name} sends a message without end")
                yield batch
                return
            batch.append(message)
        yield batch


async def _open(http: Http, path: str, ping: float | None) -> ClientConnection:
    to = http.address
    headers = await http.headers()
    try:
        return await _Connect(
            "ws" + to.url.rstrip("/").removeprefix("http") + path,
            additional_headers=headers,
            user_agent_header=None,
            compression=None,
            proxy=to.proxy or _proxy(to.url),
            ssl=http.tls,
            open_timeout=OPEN_LIMIT,
            ping_interval=ping,
            ping_timeout=ping,
            close_timeout=CLOSE_LIMIT,
            max_size=LIMIT,
            logger=_SILENT,
        )
    except ImportError:
        raise Unreachable(f"{to.name}: a SOCKS proxy for websockets needs python-socks; please install it") from None
    except (InvalidHandshake, InvalidURI, OSError, ssl.SSLError, ValueError) as error:
        raise _fault(http, path, error) from None


def _fault(http: Http, path: str, error: Exception) -> SourceError:
    to = http.address
    if isinstance(error, InvalidStatus):
        said = error.response
        return http.refused(Answer(said.status_code, dict(said.headers.raw_items()), bytes(said.body or b"")), path)
    if isinstance(error, ProxyError | InvalidProxy):
        return http.unreachable(httpx.ProxyError("refused"))
    if isinstance(error, InvalidMessage):
        return Unreachable(f"{to.name} gives no HTTP answer at {to.url}")
    if isinstance(error, InvalidHandshake):
        return Stranger(f"{to.name} answers {path} with no websocket; is {to.url} really the address of a Drone?")
    if isinstance(error, OSError):
        return http.unreachable(error)
    return http.unreachable(httpx.InvalidURL("no address"))


def _proxy(url: str) -> str | None:
    """The proxy that the environment names for an address, as it does for all other requests to it."""
    parts = urlsplit(url)
    if proxy_bypass(parts.hostname or ""):
        return None
    proxies = getproxies()
    found = proxies.get(parts.scheme) or proxies.get("all")
    return found if not found or "://" in found else f"http://{found}"
