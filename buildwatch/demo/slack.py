"""A Slack on loopback: incoming webhooks and the methods of the Web API that a notifier needs, with faults on order.

In a program: `async with running(SlackServer(seed=1)) as slack:` gives `slack.api_url`, `slack.token`,
`slack.webhook("builds")`, and `slack.workspace` with the messages. As a program of its own:

    python -m buildwatch.demo.slack --port 14999 --seed 1 --control

prints `ready API_URL TOKEN WEBHOOK` once it listens. The token is that of BUILDWATCH_DEMO_SLACK_TOKEN, or a random one.
With `--control` there are, as JSON, GET `/_demo/messages`, `/_demo/files`, `/_demo/requests`, `/_demo/faults`, and POST
`/_demo/faults` (fields of `SlackFaults`), `/_demo/clear` and `/_demo/outage` (`{"seconds": S}`, nobody listens).

Channels: #builds (C0BUILDS), #deploys (C0DEPLOYS), #alerts (C0ALERTS), #old (archived), #secret (without the bot).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router

from buildwatch.demo.listener import Listener
from buildwatch.demo.slack_faults import SlackFaults, Spoiled
from buildwatch.demo.slack_methods import Methods
from buildwatch.demo.slack_state import Workspace

TOKEN_VARIABLE: Final = "BUILDWATCH_DEMO_SLACK_TOKEN"  # noqa: S105 - the name of a variable, not what is in it


class SlackServer:
    """A workspace with one bot. `control` opens the paths under `/_demo/`; what it does wrong is in `faults`."""

    def __init__(
        self,
        *,
        seed: int = 0,
        faults: SlackFaults | None = None,
        control: bool = False,
        token: str | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.token = token or f"xoxb-demo-{secrets.token_hex(12)}"
        self.faults = faults or SlackFaults(seed=seed)
        self.workspace = Workspace()
        self._hook = secrets.token_hex(12)
        routes = Methods(self.workspace, self.faults, self.token, self._hook, lambda: self.url).routes()
        if control:
            routes += self._control()
        self._spoiled = Spoiled(Router(routes), self.faults, lambda scope: self._listener.hang_up(scope["client"]))
        self._listener = Listener(self._spoiled, host, port)
        self._away: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where it listens, once started."""
        return f"http://{self._listener.host}:{self._listener.port}"

    @property
    def api_url(self) -> str:
        """The Web API's address, with its slash."""
        return f"{self.url}/api/"

    @property
    def asked(self) -> dict[str, int]:
        """How often each path was called, with the status that it was answered; 0 where the answer was lost."""
        return dict(self._spoiled.counts)

    @property
    def unsaid(self) -> int:
        """How many requests were done whose answer did not say so."""
        return self._spoiled.unsaid

    def webhook(self, channel: str = "builds") -> str:
        """The address of the incoming webhook of a channel."""
        return f"{self.url}/services/T0DEMO/{channel}/{self._hook}"

    async def start(self) -> None:
        """Listen. Raises OSError when the address is taken."""
        await self._listener.open()

    async def stop(self) -> None:
        """End at once."""
        if self._away is not None:
            self._away.cancel()
        await self._listener.stop()

    def refuse(self) -> None:
        """Nobody listens until `start` is called again."""
        self._listener.refuse()

    def _control(self) -> list[Route]:
        return [
            Route("/_demo/messages", self._messages, methods=["GET"]),
            Route("/_demo/files", self._files, methods=["GET"]),
            Route("/_demo/requests", self._requests, methods=["GET"]),
            Route("/_demo/faults", self._faults, methods=["GET", "POST"]),
            Route("/_demo/clear", self._clear, methods=["POST"]),
            Route("/_demo/outage", self._outage, methods=["POST"]),
        ]

    async def _messages(self, request: Request) -> Response:
        channel = request.query_params.get("channel", "")
        found = [asdict(one) for one in self.workspace.messages if channel in ("", one.channel, one.channel_name)]
        return _json({"messages": found})

    async def _files(self, _: Request) -> Response:
        return _json({"files": [asdict(one) for one in self.workspace.files]})

    async def _requests(self, _: Request) -> Response:
        return _json({"counts": self.asked})

    async def _faults(self, request: Request) -> Response:
        if request.method == "POST":
            try:
                self.faults.change(msgspec.json.decode(await request.body(), type=dict[str, object]))
            except msgspec.MsgspecError as error:
                return _json({"message": str(error)}, 400)
        return _json(self.faults.as_dict())

    async def _clear(self, _: Request) -> Response:
        self.workspace.clear()
        self._spoiled.counts.clear()
        return _json({})

    async def _outage(self, request: Request) -> Response:
        try:
            seconds = float(msgspec.json.decode(await request.body(), type=dict[str, float])["seconds"])
        except (msgspec.MsgspecError, KeyError):
            return _json({"message": "expected seconds"}, 400)
        self._away = asyncio.create_task(self._be_away(seconds))
        return _json({})

    async def _be_away(self, seconds: float) -> None:
        await asyncio.sleep(0.05)  # let the answer leave
        self.refuse()
        await asyncio.sleep(seconds)
        await self.start()


def _json(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")


@asynccontextmanager
async def running(server: SlackServer) -> AsyncIterator[SlackServer]:
    """Run a server in this event loop for as long as the block lasts."""
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


async def serve(server: SlackServer) -> None:
    """Serve until SIGTERM or SIGINT, and tell where on stdout."""
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    async with running(server):
        sys.stdout.write(f"ready {server.api_url} {server.token} {server.webhook()}\n")
        sys.stdout.flush()
        await over.wait()


def main() -> int:
    """`python -m buildwatch.demo.slack`."""
    parser = argparse.ArgumentParser(prog="python -m buildwatch.demo.slack", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--control", action="store_true")
    chosen = parser.parse_args()
    token = os.environ.get(TOKEN_VARIABLE) or None
    try:
        asyncio.run(serve(SlackServer(seed=chosen.seed, control=chosen.control, token=token, port=chosen.port)))
    except OSError as error:
        sys.stderr.write(f"cannot listen on port {chosen.port}: {error.strerror}; choose another\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
