"""Runs the demo server as a program of its own."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import random
import signal
import threading
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack

from buildwatch.demo.kinds import Kind
from buildwatch.demo.server import DemoServer, running

TOKEN_VARIABLE = "BUILDWATCH_DEMO_TOKEN"  # noqa: S105 - the name of a variable, not what is in it


class ServeError(Exception):
    """The server cannot be started; the text says why and how to mend it."""


def serve(
    *,
    kind: Kind = "drone-2",
    host: str = "127.0.0.1",
    port: int = 0,
    seed: int | None = None,
    repos: int | None = None,
    rate: float | None = None,
    history: int | None = None,
    control: bool = False,
    exit_with_parent: bool = False,
    ready: Callable[[str, str], None],
) -> None:
    """Serve until SIGTERM or SIGINT, or until stdin ends if `exit_with_parent`.

    `ready` is called once with the address and the admin's token, when connections are accepted. The token
    is that of the environment (BUILDWATCH_DEMO_TOKEN) or a random one. Raises ServeError.
    """
    _only_loopback(host)
    server = DemoServer(
        kind=kind,
        seed=_seed(seed),
        repos=repos,
        rate=rate,
        history=history,
        control=control,
        token=_token(),
        host=host,
        port=port,
    )
    asyncio.run(_serve([server], exit_with_parent, lambda: ready(server.url, server.token)))


def serve_all(
    kinds: Sequence[Kind],
    ready: Callable[[list[tuple[Kind, str, str]]], None],
    *,
    seed: int | None = None,
    rate: float | None = None,
    history: int | None = None,
    control: bool = False,
    exit_with_parent: bool = False,
) -> None:
    """Serve several servers at once on free ports, each with builds of its own; otherwise as `serve`.

    `ready` is called once with the kind, the address and the admin's token of each. All have the token of the
    environment, or each a random one.
    """
    first = _seed(seed)
    servers = [
        DemoServer(kind=kind, seed=first + index, rate=rate, history=history, control=control, token=_token())
        for index, kind in enumerate(kinds)
    ]

    def tell() -> None:
        ready([(server.kind, server.url, server.token) for server in servers])

    asyncio.run(_serve(servers, exit_with_parent, tell))


def _seed(wanted: int | None) -> int:
    return random.SystemRandom().randrange(2**32) if wanted is None else wanted


def _token() -> str | None:
    return os.environ.get(TOKEN_VARIABLE) or None


def _only_loopback(host: str) -> None:
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ServeError(f"the demo server listens on loopback only, not on {host!r}; use 127.0.0.1")


async def _serve(servers: Sequence[DemoServer], exit_with_parent: bool, ready: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    if exit_with_parent:
        threading.Thread(target=_until_orphaned, args=(loop, over), daemon=True).start()
    async with AsyncExitStack() as stack:
        for server in servers:
            try:
                await stack.enter_async_context(running(server))
            except OSError as error:
                raise ServeError(f"cannot listen on {server.url}: {error.strerror}; choose another port") from error
        ready()
        await over.wait()


def _until_orphaned(loop: asyncio.AbstractEventLoop, over: asyncio.Event) -> None:
    """Wait for the end of stdin: the parent holds the other side for as long as it lives."""
    while os.read(0, 4096):
        pass
    loop.call_soon_threadsafe(over.set)
