"""Servers of early generations, builds for them, and what the real ones answered."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from buildwatch.demo.control import Script, StageScript, StepScript
from buildwatch.demo.driver import HandClock
from buildwatch.demo.kinds import Kind
from buildwatch.demo.server import DemoServer, running
from buildwatch.demo.state import Build

DATA = Path(__file__).parent.parent / "data" / "demo-early"
START = 1_795_433_706.0
REPOS = {"drone-0.8": "warehouse/picking", "drone-0.7": "outlet/shopfront", "drone-0.5": "cellar/fax-gateway"}
PRIVATE = {"drone-0.8": "logistics/customs", "drone-0.7": "outlet/tills", "drone-0.5": "cellar/payroll"}

Recorded = dict[str, dict[str, Any]]
Ask = Callable[[str, str], Any]


def recorded(kind: str) -> Recorded:
    """Answers of a real server: status, headers, and `json` or `text`; nothing of a page of HTML."""
    loaded: Recorded = json.loads((DATA / f"{kind}.json").read_text())
    return loaded


def recorded_events() -> dict[str, dict[str, Any]]:
    """What the streams of real servers told of some builds."""
    loaded: dict[str, dict[str, Any]] = json.loads((DATA / "events.json").read_text())
    return loaded


def quiet(kind: Kind, **how: Any) -> DemoServer:
    """A server without builds; time moves by `advance`."""
    return DemoServer(kind=kind, clock=HandClock(START), seed=1, history=0, rate=0, **how)


@asynccontextmanager
async def client(server: DemoServer, token: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """The server listening, and a client of its admin, of somebody else, or of nobody (an empty token)."""
    token = server.token if token is None else token
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with running(server), httpx.AsyncClient(base_url=server.url, headers=headers) as made:
        yield made


def flaky(repo: str, **changes: Any) -> Script:
    """A build whose third step fails, and whose last one runs all the same."""
    steps = (
        StepScript("clone", seconds=0.1),
        StepScript("setup"),
        StepScript("test", outcome="failure", exit_code=3, log=("+ make\n", "a<b", "\n", "bad\n")),
        StepScript("build"),
        StepScript("notify", always=True, log=("posting\n",)),
    )
    return Script(repo, (StageScript(steps),), **changes)


def waiting(repo: str, **changes: Any) -> Script:
    """A build whose second step waits for a hand."""
    steps = (StepScript("clone", seconds=0.1), StepScript("test", hold=True, log=()), StepScript("after"))
    return Script(repo, (StageScript(steps),), **changes)


def matrix(repo: str) -> Script:
    """A build of two stages that differ in one value."""
    steps = (StepScript("clone", seconds=0.1), StepScript("redis", detached=True), StepScript("test"))
    return Script(repo, tuple(StageScript(steps, axis={"DB": "pg", "PY": version}) for version in ("2.7", "3.6")))


def ended(server: DemoServer, script: Script) -> Build:
    build = server.control.start(script)
    server.advance(60)
    return build


def shape(value: Any, ignored: frozenset[str] = frozenset()) -> Any:
    """The fields of a value in their order with their types; of a list, those of its first item."""
    if isinstance(value, dict):
        return [(name, shape(item, ignored)) for name, item in value.items() if name not in ignored]
    if isinstance(value, list):
        return [shape(item, ignored) for item in value[:1]]
    return type(value).__name__


def assert_like(answer: httpx.Response, known: dict[str, Any], ignored: frozenset[str] = frozenset()) -> None:
    """The same status, headers and shape as the recorded answer, and the same text if it is one."""
    assert answer.status_code == known["status"]
    kind = known["headers"].get("content-type", "").lower()
    assert answer.headers.get("content-type", "").lower() == kind
    for name, value in known["headers"].items():
        assert answer.headers[name].lower() == value.lower()
    assert {"date", "last-modified"} <= set(answer.headers)
    if "json" in known:
        assert shape(answer.json(), ignored) == shape(known["json"], ignored)
    elif "text" in known:
        assert answer.text == known["text"]
