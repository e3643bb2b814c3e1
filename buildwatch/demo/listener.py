"""The listening socket: opens, closes, breaks connections off, all in the event loop it is called in.

Uvicorn's HTTP protocol without its server: no signal handlers, no timer, and a stop that waits for nobody.
"""

from __future__ import annotations

import asyncio
import socket

from starlette.types import ASGIApp
from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from buildwatch.demo.socket_protocol import LONGEST_MESSAGE, SocketProtocol

_KEEP_ALIVE = 300


class Listener:
    """Serves an application on one address. Port 0 takes a free one, and keeps it when opened again."""

    def __init__(self, app: ASGIApp, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self._config = Config(
            app,
            lifespan="off",
            ws=SocketProtocol,
            ws_max_size=LONGEST_MESSAGE,
            ws_ping_interval=None,
            ws_per_message_deflate=False,
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=_KEEP_ALIVE,
        )
        self._state = ServerState()
        self._server: asyncio.Server | None = None
        self._over = False

    async def open(self) -> None:
        """Accept connections, unless that has been stopped for good. Raises OSError: the address is taken."""
        if self._server is not None or self._over:
            return
        if not self._config.loaded:
            self._config.load()
        loop = asyncio.get_running_loop()
        bound = socket.create_server((self.host, self.port), backlog=512)
        self.port = bound.getsockname()[1]
        self._server = await loop.create_server(self._protocol, sock=bound)

    def refuse(self) -> None:
        """Close the listening socket and break every connection off: nobody is at home."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in list(self._state.connections):
            if isinstance(connection, H11Protocol | SocketProtocol) and connection.transport:
                connection.transport.abort()

    def hang_up(self, client: tuple[str, int]) -> None:
        """Close one connection, by its other side's address, after what has been written to it."""
        for connection in list(self._state.connections):
            if isinstance(connection, H11Protocol) and connection.client == client and connection.transport:
                connection.transport.close()

    async def stop(self) -> None:
        """Refuse for good, and wait until all that was being answered has ended."""
        self._over = True
        self.refuse()
        tasks = list(self._state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _protocol(self) -> asyncio.Protocol:
        return H11Protocol(config=self._config, server_state=self._state, app_state={})
