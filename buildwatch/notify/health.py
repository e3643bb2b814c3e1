"""The daemon's own web pages: is it alive, is it ready, and its numbers for Prometheus."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from uvicorn import Config, Server


@dataclass(frozen=True, slots=True)
class Health:
    """How the daemon is. `alive` and `ready` are empty when all is well, else a sentence; `metrics` by full name."""

    alive: str = ""
    ready: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)


HELP: Mapping[str, tuple[str, str]] = {
    "buildwatch_builds_seen_total": ("counter", "Moves of builds that were accounted for."),
    "buildwatch_builds_ended_total": ("counter", "Ends of builds that were accounted for."),
    "buildwatch_rules_matched_total": ("counter", "Messages that rules made."),
    "buildwatch_messages_sent_total": ("counter", "Messages that are in Slack."),
    "buildwatch_messages_failed_total": ("counter", "Attempts of which nobody can say whether they arrived."),
    "buildwatch_messages_retried_total": ("counter", "Attempts that were put off."),
    "buildwatch_messages_dead_total": ("counter", "Messages that Slack refused for good."),
    "buildwatch_queue_depth": ("gauge", "Messages in the queue, by state."),
    "buildwatch_lag_seconds": ("gauge", "How long the oldest message that is due waits."),
    "buildwatch_last_delivery_seconds": ("gauge", "From an event to its message in Slack, the last time."),
    "buildwatch_stream_up": ("gauge", "Whether a server's event stream is open, by server."),
    "buildwatch_server_up": ("gauge", "Whether a server answers, by server."),
}


def page(metrics: Mapping[str, float]) -> str:
    """Numbers in the text format of Prometheus. Names may have labels."""
    lines: list[str] = []
    for name, (kind, what) in HELP.items():
        own = {full: value for full, value in metrics.items() if full.partition("{")[0] == name}
        if own:
            lines += [f"# HELP {name} {what}", f"# TYPE {name} {kind}"]
            lines += [f"{full} {value:g}" for full, value in sorted(own.items())]
    return "\n".join(lines) + "\n"


def label(name: str, **labels: str) -> str:
    """A number's name with its labels."""
    shown = ",".join(f'{key}="{_escaped(value)}"' for key, value in labels.items())
    return f"{name}{{{shown}}}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


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
