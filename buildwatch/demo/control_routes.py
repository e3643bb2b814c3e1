"""The paths under `/_demo/`: faults, counts, the truth, and builds to order. Only on a server started so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from buildwatch.demo.answers import json_answer
from buildwatch.demo.control import Control, NoSuchThing, Script
from buildwatch.demo.plans import Outcome
from buildwatch.demo.spoiler import Requests

_GOODBYE_SECONDS = 0.05


class Where(msgspec.Struct, forbid_unknown_fields=True):
    """A build, and what of it. The fields beside `repo` and `number` mean what the called path says."""

    repo: str
    number: int
    stage: int = 1
    step: int | None = None
    outcome: Outcome = "success"
    exit_code: int = 0
    log: list[str] = []
    superseded: bool = False


class Switch(msgspec.Struct, forbid_unknown_fields=True):
    on: bool


class Numbers(msgspec.Struct, forbid_unknown_fields=True):
    repo: str
    count: int = 1


class NewRepo(msgspec.Struct, forbid_unknown_fields=True):
    repo: str
    private: bool = False


class Outage(msgspec.Struct, forbid_unknown_fields=True):
    """Refuse connections for so many seconds."""

    seconds: float


class Controlling:
    """Thin paths over `Control`; a wrong body is answered 400, an unknown thing 404."""

    def __init__(self, control: Control, requests: Requests) -> None:
        self._control = control
        self._requests = requests
        self._away: asyncio.Future[None] | None = None

    def routes(self) -> list[Route]:
        changes: dict[str, Callable[[bytes], Awaitable[Any]]] = {
            "faults": self._change_faults,
            "builds": self._start,
            "release": self._release,
            "say": self._say,
            "cancel": self._cancel,
            "runners": self._runners,
            "holes": self._holes,
            "life": self._life,
            "repos": self._add_repo,
            "outage": self._outage,
        }
        return [
            Route("/_demo/faults", self._faults, methods=["GET"]),
            Route("/_demo/requests", self._counts, methods=["GET"]),
            Route("/_demo/state", self._state, methods=["GET"]),
            *(Route(f"/_demo/{name}", _change(call), methods=["POST"]) for name, call in changes.items()),
        ]

    async def _faults(self, _: Request) -> Response:
        return json_answer(self._control.faults())

    async def _counts(self, request: Request) -> Response:
        try:
            since = float(request.query_params.get("since", "0"))
        except ValueError:
            return json_answer({"message": "since is not a number of seconds"}, 400)
        counts = self._requests.counts(since)
        return json_answer(
            {
                "counts": [
                    {"method": method, "path": path, "count": count} for (method, path), count in sorted(counts.items())
                ],
            }
        )

    async def _state(self, _: Request) -> Response:
        return json_answer(self._control.state())

    async def _change_faults(self, body: bytes) -> Any:
        return self._control.change_faults(msgspec.json.decode(body, type=dict[str, Any]))

    async def _start(self, body: bytes) -> Any:
        build = self._control.start(msgspec.json.decode(body, type=Script))
        return {"repo": build.repo.slug, "number": build.number, "id": build.id}

    async def _release(self, body: bytes) -> Any:
        where = msgspec.json.decode(body, type=Where)
        build = self._control.build(where.repo, where.number)
        self._control.release(build, where.stage, where.step, outcome=where.outcome, exit_code=where.exit_code)

    async def _say(self, body: bytes) -> Any:
        where = msgspec.json.decode(body, type=Where)
        build = self._control.build(where.repo, where.number)
        self._control.say(build, where.stage, where.step or 1, where.log)

    async def _cancel(self, body: bytes) -> Any:
        where = msgspec.json.decode(body, type=Where)
        build = self._control.build(where.repo, where.number)
        self._control.cancel(build, superseded=where.superseded)

    async def _runners(self, body: bytes) -> Any:
        self._control.runners(up=msgspec.json.decode(body, type=Switch).on)

    async def _holes(self, body: bytes) -> Any:
        numbers = msgspec.json.decode(body, type=Numbers)
        self._control.skip_numbers(numbers.repo, numbers.count)

    async def _add_repo(self, body: bytes) -> Any:
        wanted = msgspec.json.decode(body, type=NewRepo)
        return {"id": self._control.add_repo(wanted.repo, private=wanted.private).id}

    async def _outage(self, body: bytes) -> Any:
        seconds = msgspec.json.decode(body, type=Outage).seconds
        # The answer has to leave before the door closes.
        loop = asyncio.get_running_loop()
        loop.call_later(_GOODBYE_SECONDS, self._be_away, seconds)

    def _be_away(self, seconds: float) -> None:
        self._away = asyncio.ensure_future(self._control.outage(seconds))

    async def _life(self, body: bytes) -> Any:
        self._control.pause(paused=not msgspec.json.decode(body, type=Switch).on)


def _change(call: Callable[[bytes], Awaitable[Any]]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            return json_answer(await call(await request.body()))
        except msgspec.DecodeError as error:
            return json_answer({"message": str(error)}, 400)
        except NoSuchThing as error:
            return json_answer({"message": str(error)}, 404)

    return answer
