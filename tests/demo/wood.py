"""A demo server that is a Woodpecker, pipelines for it, and what a real one answered."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from buildwatch.demo.control import Script, StageScript, StepScript
from buildwatch.demo.server import DemoServer
from buildwatch.demo.state import Build
from tests.demo.early import Recorded

DATA = Path(__file__).parent.parent / "data" / "demo-woodpecker"
SLUG, PRIVATE, GATED = "workshop/chat", "robots/fleet", "workshop/recommender"
OFTEN_ABSENT = frozenset({"changed_files", "variables", "cancel_info", "environ", "cron"})
"""Fields of a pipeline or a workflow that depend on what it is of."""

RECORDED: Recorded = json.loads((DATA / "answers.json").read_text())
EVENTS: dict[str, Any] = json.loads((DATA / "events.json").read_text())

Row = list[Any]


class Wood(NamedTuple):
    """A listening server, its admin's client, and where a repo is."""

    server: DemoServer
    admin: httpx.AsyncClient
    repo: int

    @property
    def one(self) -> str:
        return f"/api/repos/{self.repo}"

    def start(self, script: Script, seconds: float = 60) -> Build:
        build = self.server.control.start(script)
        self.server.advance(seconds)
        return build


def steps(*names: str, hold: str = "", failing: str = "") -> StageScript:
    """A workflow whose steps print lines, and pieces of lines."""
    return StageScript(
        tuple(
            StepScript(
                name,
                seconds=0.1,
                hold=name == hold,
                outcome="failure" if name == failing else "success",
                exit_code=42 if name == failing else 0,
                always=name == "notify",
                log=("+ make\n", "half", " a <line>\n", "\n", "rest"),
            )
            for name in names
        ),
        name="woodpecker",
    )


FAILING = Script(SLUG, (steps("clone", "ok", "fails", "never", "notify", failing="fails"),))
SLOW = Script(SLUG, (steps("clone", "long", "after", hold="long"),))


def row_of(pipeline: dict[str, Any]) -> Row:
    """A pipeline in the form of `events.json`: the states of its workflows and steps."""
    return [
        pipeline["status"],
        [
            [
                flow["name"],
                flow["state"],
                [[s["name"], s["state"], s["exit_code"], s.get("error", "")] for s in flow["children"]],
            ]
            for flow in pipeline.get("workflows", [])
        ],
    ]
