"""Calls of slack-sdk, in threads, and what their failures mean.

The synchronous clients of slack-sdk in threads: its asynchronous ones need aiohttp, eight packages and twice the time
to start, for a client that sends one message at a time. Over urllib it is also known what was sent: what fails until
the last byte of a request is written is an `URLError`, and what fails later is not (`urllib.request.do_open`).
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import ssl
import threading
from collections.abc import Callable
from functools import cache
from http.client import HTTPException
from typing import Final, Generic, TypeVar
from urllib.error import HTTPError, URLError

import certifi
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse
from slack_sdk.webhook import WebhookResponse

from buildwatch.config.errors import ConfigError
from buildwatch.notify.slack.words import Reply

TIMEOUT: Final = 15
"""Seconds for connecting, and for each part of an answer."""

DEADLINE: Final = 40.0
"""Seconds for all of a call."""

SILENT: Final = logging.Logger("buildwatch.slack", logging.CRITICAL + 1)
"""The log of slack-sdk, which writes addresses and texts: to nobody."""

T = TypeVar("T")


class NotSent(Exception):
    """It cannot have arrived. The text says why, without an address."""


class Lost(Exception):
    """It may have arrived, but no answer came."""


class StillOut(Exception):
    """A call that was given up has not come back yet, and may still arrive."""


class Line(Generic[T]):
    """The calls of one destination: one at a time, each in a thread that keeps no process from ending."""

    def __init__(self, deadline: float = DEADLINE) -> None:
        self._deadline = deadline
        self._late: threading.Thread | None = None

    def out(self) -> bool:
        """Whether a call is under way, given up or not."""
        return self._late is not None and self._late.is_alive()

    def wait(self) -> None:
        """Wait, in this thread, until no call is under way."""
        if self._late is not None:
            self._late.join()

    async def call(self, work: Callable[[], T]) -> T:
        """What `work` returns. Raises what it raises, `Lost` after the deadline, and from then on `StillOut` until the
        call that was given up is over: nothing that was counted as lost can arrive behind the next search.
        """
        if self.out():
            raise StillOut
        loop = asyncio.get_running_loop()
        done: asyncio.Future[tuple[T | None, BaseException | None]] = loop.create_future()

        def run() -> None:
            try:
                result: tuple[T | None, BaseException | None] = (work(), None)
            except BaseException as error:  # it is raised where it is awaited
                result = (None, error)
            if not loop.is_closed():
                loop.call_soon_threadsafe(lambda: None if done.done() else done.set_result(result))

        self._late = threading.Thread(target=run, name="slack", daemon=True)
        self._late.start()
        try:
            async with asyncio.timeout(self._deadline):
                value, error = await done
        except TimeoutError:
            raise Lost(f"no answer within {self._deadline:.0f} s") from None
        self.wait()  # it has nothing left to do
        if error is not None:
            raise error
        return value  # type: ignore[return-value]  # there is a value where there is no error


@cache
def trust() -> ssl.SSLContext:
    """Whom to believe, loaded once: SSL_CERT_FILE and SSL_CERT_DIR, or everybody's certificates."""
    file, folder = map(os.environ.get, ("SSL_CERT_FILE", "SSL_CERT_DIR"))
    if file or folder:
        return ssl.create_default_context(cafile=file, capath=folder)
    return ssl.create_default_context(cafile=certifi.where())


def api_reply(call: Callable[[], SlackResponse]) -> Reply:
    """What a call of the Web API came back with. Raises `NotSent` and `Lost`."""
    try:
        response = call()
    except SlackApiError as error:
        given = error.response
        if isinstance(given, dict):  # the body was no JSON
            return Reply(int(given.get("status", 0)), dict(given.get("headers", {})), None)
        response = given
    except ConfigError as error:
        raise NotSent(str(error)) from None
    except Exception as error:  # whatever an answer made of slack-sdk
        return _failed(error)
    return Reply(response.status_code, dict(response.headers), response.data)


def webhook_reply(call: Callable[[], WebhookResponse]) -> Reply:
    """What a webhook came back with. Raises `NotSent` and `Lost`."""
    try:
        response = call()
    except Exception as error:  # whatever an answer made of slack-sdk
        return _failed(error)
    return Reply(response.status_code, dict(response.headers), response.body)


def _failed(error: Exception) -> Reply:
    """The status where one came, though its body did not. Raises `NotSent` or `Lost`."""
    answered = error if isinstance(error, HTTPError) else error.__context__
    if isinstance(answered, HTTPError):
        return Reply(answered.code, dict(answered.headers.items()), None)
    if isinstance(error, URLError):
        raise NotSent(sentence(error.reason)) from None
    if isinstance(error, TimeoutError):
        raise Lost(f"no answer within {TIMEOUT} s") from None
    if isinstance(error, OSError | HTTPException):
        raise Lost("the connection was lost before an answer") from None
    raise Lost("an answer that is none") from None


def sentence(reason: object) -> str:
    """Why there was no connection, in words of ours."""
    match reason:
        case socket.gaierror():
            return "its name cannot be resolved"
        case ConnectionRefusedError():
            return "connection refused"
        case ssl.SSLCertVerificationError():
            return "its certificate is not trusted"
        case ssl.SSLError():
            return "no secure connection"
        case TimeoutError():
            return f"no connection within {TIMEOUT} s"
        case OSError(strerror=str(why)):
            return why.lower()
    return "no connection"
