"""HTTP to one server: the token, the time limits, and every failure as a `SourceError`."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from io import BytesIO
from typing import Final, NamedTuple

import httpx
from socksio import SOCKSError

from buildwatch import __version__
from buildwatch.sources.errors import Broken, Denied, SourceError, Unreachable
from buildwatch.sources.lookups import make_room
from buildwatch.sources.sentences import OPEN_LIMIT, Address, is_a, refusal, strange, unreachable
from buildwatch.sources.trust import trust

USER_AGENT: Final = f"buildwatch/{__version__}"

LARGEST_ANSWER: Final = 128 * 1024 * 1024
"""Bytes. A log is at most about 6 MB and a list of a thousand repos about 4 MB."""

BEGINNING: Final = 64 * 1024
"""Bytes of an answer that are looked at before it is known who answers."""

READ_LIMIT: Final = httpx.Timeout(30, connect=10)
WRITE_LIMIT: Final = httpx.Timeout(90, connect=10)
"""Seconds. Drone 2.x looks three times for a missing `.drone.yml`, 15 s apart, before it answers a POST."""

_FAULTS: Final = (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, SOCKSError, OSError)
"""What comes up from below when a connection cannot be made or breaks. A proxy's own faults come unwrapped."""


class Answer(NamedTuple):
    """An answer as it came. The names of `headers` are looked up in any case of their letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Http:
    """Requests to one server. Counts them; hears the server's clock in each answer.

    `on_success` is called for each that was granted, whoever made it: so the server is there.
    """

    def __init__(
        self,
        address: Address,
        on_clock: Callable[[int], None] = lambda _: None,
        on_success: Callable[[], None] = lambda: None,
    ) -> None:
        self.address = address
        self.requests = 0
        self.date = 0
        """The server's clock in its last answer, unix seconds."""
        self.dated = 0.0
        """The loop's time at that."""
        self.on_success = on_success
        self._on_clock = on_clock
        self._client: httpx.AsyncClient | None = None
        self._token: asyncio.Future[str] | None = None

    def now(self) -> int:
        """The server's time, unix seconds; 0 where it has not told it."""
        return self.date + int(asyncio.get_running_loop().time() - self.dated) if self.date else 0

    async def get(self, path: str, **query: str | int) -> bytes:
        """The body of a JSON answer. Raises `SourceError`."""
        return await self._ask("GET", path, query, READ_LIMIT)

    async def peek(self, path: str) -> Answer:
        """What answers there, with what words ever: its first 64 KiB. It is not given the token before it is known.

        Raises `SourceError` where nothing answers, and for one that only says to come again.
        """
        request = await self._request("GET", path, {}, READ_LIMIT, "application/json", known=False)
        try:
            response = await self._open().send(request, stream=True)
            try:
                body = await self._beginning(response)
            finally:
                await response.aclose()
        except httpx.RemoteProtocolError:
            to, other = self.address, "https" if self.address.url.startswith("http:") else "http"
            raise Unreachable(f"{to.name} gives no HTTP answer at {to.url}; try {other}://") from None
        except _FAULTS as error:
            raise unreachable(self.address, error) from None
        if response.status_code == 429 or response.status_code >= 500:
            raise self._refusal(response, body, path)
        return Answer(response.status_code, response.headers, body)

    async def send(
        self, method: str, path: str, query: dict[str, str] | None = None, json: Mapping[str, object] | None = None
    ) -> bytes:
        """The body of the answer to an action, empty for 204. Never repeated by itself. Raises `SourceError`."""
        return await self._ask(method, path, dict(query or {}), WRITE_LIMIT, json)

    @asynccontextmanager
    async def parts(self, path: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """The body of a JSON answer as it comes; entered once the server has agreed. Both raise `SourceError`."""
        request = await self._request("GET", path, {}, READ_LIMIT, "application/json")
        try:
            response = await self._agreed(request, path, "json")
        except _FAULTS as error:
            raise unreachable(self.address, error) from None
        try:
            yield self._parts(response)
        finally:
            await response.aclose()

    @asynccontextmanager
    async def stream(self, path: str, silence: float | None = None) -> AsyncIterator[AsyncIterator[bytes]]:
        """An event stream's bytes as they come; entered once the server has agreed. Raises `SourceError`.

        After `silence` seconds without a byte it counts as cut; None where a healthy one may say nothing for minutes.
        """
        limit = httpx.Timeout(silence, connect=10)
        request = await self._request("GET", path, {}, limit, "text/event-stream")
        try:
            async with asyncio.timeout(OPEN_LIMIT):
                response = await self._agreed(request, path, "text/event-stream")
        except _FAULTS as error:
            raise unreachable(self.address, error) from None
        try:
            yield self._chunks(response)
        finally:
            await response.aclose()

    async def headers(self) -> dict[str, str]:
        """What goes with a request that is made by other means than this; it counts as one."""
        self.requests += 1
        token = await self._secret()
        return {"User-Agent": USER_AGENT} | ({"Authorization": f"Bearer {token}"} if token else {})

    def refused(self, answer: Answer, path: str) -> SourceError:
        """The error for an answer that did not agree to such a request."""
        response = httpx.Response(answer.status, headers=dict(answer.headers))
        if 200 <= answer.status < 300:
            return strange(self.address, response, path)
        return self._refusal(response, answer.body, path)

    def unreachable(self, error: Exception) -> SourceError:
        """The error for such a request that got no answer."""
        if isinstance(error, TimeoutError | httpx.HTTPError) or not isinstance(error, OSError):
            return unreachable(self.address, error)
        fault = httpx.ConnectError(str(error))
        fault.__cause__ = error
        return unreachable(self.address, fault)

    @property
    def tls(self) -> ssl.SSLContext | None:
        """Whom to believe; None at an address without TLS."""
        return None if self.address.url.startswith("http://") else trust(self.address)

    async def close(self) -> None:
        """Let go of all connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def _open(self) -> httpx.AsyncClient:
        if self._client is None:
            make_room()
            to = self.address
            try:
                self._client = httpx.AsyncClient(
                    verify=trust(to), proxy=to.proxy, trust_env=to.proxy is None, follow_redirects=False
                )
            except (httpx.InvalidURL, ValueError):
                raise Unreachable(f"{to.name}: the proxy in HTTP_PROXY, HTTPS_PROXY or ALL_PROXY is not one") from None
            except OSError:
                raise Unreachable(f"{to.name}: SSL_CERT_FILE or SSL_CERT_DIR names no certificates; unset it") from None
        return self._client

    async def _request(
        self,
        method: str,
        path: str,
        query: dict[str, str | int],
        limit: httpx.Timeout,
        accept: str,
        known: bool = True,
        json: Mapping[str, object] | None = None,
    ) -> httpx.Request:
        self.requests += 1
        headers = {"Accept": accept, "User-Agent": USER_AGENT}
        if accept == "text/event-stream":
            headers["Accept-Encoding"] = "identity"  # what is compressed on the way comes late
        token = await self._secret() if known else ""
        if token:
            headers["Authorization"] = f"Bearer {token}"
        url = self.address.url.rstrip("/") + path
        try:
            return self._open().build_request(
                method, url, params=query or None, headers=headers, timeout=limit, json=json
            )
        except httpx.InvalidURL as error:
            raise unreachable(self.address, error) from None
        except UnicodeError:
            raise Denied(f"{self.address.name} cannot be asked for what is not text", 400) from None

    async def _secret(self) -> str:
        """The token. Read once: whoever needs it meanwhile waits for the same reading, or hears the same failure."""
        if self._token is None:
            self._token = asyncio.ensure_future(_in_thread(self.address.token))
            self._token.add_done_callback(_looked_at)
        reading = self._token
        try:
            return await asyncio.shield(reading)
        except SourceError:
            if self._token is reading:
                self._token = None
            raise

    async def _agreed(self, request: httpx.Request, path: str, kind: str) -> httpx.Response:
        response = await self._open().send(request, stream=True)
        try:
            self._hear(response)
            if response.status_code != 200:
                raise self._refusal(response, await self._beginning(response), path)
            if not is_a(response, kind):
                raise strange(self.address, response, path)
        except BaseException:
            await response.aclose()
            raise
        self.on_success()
        return response

    async def _ask(
        self,
        method: str,
        path: str,
        query: dict[str, str | int],
        limit: httpx.Timeout,
        json: Mapping[str, object] | None = None,
    ) -> bytes:
        request = await self._request(method, path, query, limit, "application/json", json=json)
        try:
            response = await self._open().send(request, stream=True)
            self._hear(response)
            well = 200 <= response.status_code < 300
            try:
                if response.status_code == 204:
                    self.on_success()
                    return b""
                if well and not is_a(response, "json"):
                    raise strange(self.address, response, path)
                body = await (self._body(response) if well else self._beginning(response))
            finally:
                await response.aclose()
        except _FAULTS as error:
            raise unreachable(self.address, error) from None
        if not well:
            raise self._refusal(response, body, path)
        self.on_success()
        return body

    async def _body(self, response: httpx.Response) -> bytes:
        body = BytesIO()
        async for chunk in self._parts(response):
            body.write(chunk)
        return body.getvalue()

    async def _parts(self, response: httpx.Response) -> AsyncIterator[bytes]:
        size = 0
        try:
            async for chunk in response.aiter_bytes():
                size += len(chunk)
                if size > LARGEST_ANSWER:
                    raise Broken(f"{self.address.name} answers without end; is {self.address.url} really a Drone?")
                yield chunk
        except _FAULTS as error:
            raise unreachable(self.address, error) from None

    async def _beginning(self, response: httpx.Response) -> bytes:
        body = b""
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) >= BEGINNING:
                break
        return body[:BEGINNING]

    async def _chunks(self, response: httpx.Response) -> AsyncIterator[bytes]:
        """The bytes of a stream. One that is cut has simply ended: that is how these servers stop."""
        try:
            async for chunk in response.aiter_raw():
                yield chunk
        except _FAULTS:
            return

    def _hear(self, response: httpx.Response) -> None:
        date = response.headers.get("date")
        if date:
            try:
                self.date = int(parsedate_to_datetime(date).timestamp())
                self.dated = asyncio.get_running_loop().time()
                self._on_clock(self.date)
            except (ValueError, OverflowError):
                return

    def _refusal(self, response: httpx.Response, body: bytes, path: str) -> SourceError:
        if response.status_code == 401:
            self._token = None  # read anew when a person says that it was mended
        return refusal(self.address, response, body, path)


async def _in_thread(call: Callable[[], str]) -> str:
    """What `call` gives, in a thread of its own: those that all share are few, and names are looked up in them."""
    thread = ThreadPoolExecutor(1)
    try:
        return await asyncio.get_running_loop().run_in_executor(thread, call)
    finally:
        thread.shutdown(wait=False)


def _looked_at(reading: asyncio.Future[str]) -> None:
    """Whoever waited for a token may have gone: its failure is then nobody's."""
    if not reading.cancelled():
        reading.exception()
