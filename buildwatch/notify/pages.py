"""The daemon's own web pages: is it alive, is it ready, and its numbers for Prometheus."""

from __future__ import annotations

import socket
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from uvicorn import Config, Server

from buildwatch.notify.health import Health, page


def application(health: Callable[[], Health]) -> Starlette:
    """`/healthz`, `/readyz` and `/metrics`."""

    async def healthz(_: Request) -> Response:
        return _said(health().alive)

    async def readyz(_: Request) -> Response:
        now = health()
        return _said(now.alive or now.ready)

    async def metrics(_: Request) -> Response:
        return PlainTextResponse(page(health().metrics), media_type="text/plain; version=0.0.4")

    return Starlette(routes=[Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)])


def _said(wrong: str) -> Response:
    return PlainTextResponse(f"{wrong or 'ok'}\n", status_code=503 if wrong else 200)


class Pages(Server):
    """Serves them until cancelled, and leaves signals alone. Raises OSError where the address is taken."""

    def __init__(self, health: Callable[[], Health], host: str, port: int) -> None:
        super().__init__(
            Config(
                application(health), host=host, port=port, lifespan="off", log_config=None, access_log=False, ws="none"
            )
        )

    async def run_forever(self) -> None:
        """Serve."""
        bound = socket.create_server((self.config.host, self.config.port))
        self.port = bound.getsockname()[1]
        try:
            await self._serve([bound])
        finally:
            bound.close()
