"""Scenarios as real servers went through them: the end, the logs, and a token that is not accepted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from buildwatch.merge import merge_build, settled
from buildwatch.model import Build
from buildwatch.sources.connect import _source
from buildwatch.sources.errors import Unauthorized
from buildwatch.sources.http import Http
from buildwatch.sources.sentences import Address
from buildwatch.wire import woodpecker
from buildwatch.wire.drone0 import read_log_event
from buildwatch.wire.loglines import LogAssembler, Piece
from buildwatch.wire.sse import Decoder
from tests.conformance.recorded import ROWS, Row, brief
from tests.conformance.recordings import ROOMS, recordings, wire
from tests.sources.replay import DATA, frames, recorded, replaying, texts

ALL = [
    pytest.param(row, id=f"{scenario}-{row.kind}-{row.slug}#{row.number}")
    for scenario in ROWS
    for row in ROWS[scenario]
]


@pytest.mark.parametrize("row", ALL)
def test_the_end(row: Row) -> None:
    """What the stream told and what was read in the end say together how it ended; so does what was read alone."""
    (recording,) = [one for one in recordings() if (one.kind, one.name) == (row.kind, row.recording)]
    of = wire(row.kind)
    told = [of.event(json.dumps(event).encode())[1] for _, event in recording.events]
    known: Build | None = None
    for build in told:
        if (build.repo, build.number) == (row.slug, row.number):
            known = settled(build) if known is None else merge_build(known, build)
    assert known is not None
    end = settled(of.build(row.slug, json.dumps(recording.ends[row.slug, row.number]).encode()))
    assert brief(end) == row.end
    if row.kind != "drone-0.5":  # whose events tell nothing but that there is something to be read
        assert brief(merge_build(known, end)) == row.end


@pytest.mark.parametrize("kind", ["drone-0.7", "drone-0.8"])
def test_a_refusal_that_no_event_tells(kind: str) -> None:
    name = {"drone-0.7": "GET_build_gated_decline_ops_gated_2", "drone-0.8": "GET_build_gated_decline_devs_gated_6"}
    of = recorded(ROOMS[kind])["answers"][name[kind]]
    assert brief(settled(wire(kind).build("a/b", of["body"].encode()))) == "declined"


def refusal(kind: str) -> dict[str, Any]:
    """The answer to `GET /api/user` with a wrong token."""
    if kind in ROOMS:
        answer: dict[str, Any] = recorded(ROOMS[kind])["answers"]["ERR_401_garbage_token"]
        return answer
    answers = json.loads((DATA / ("woodpecker" if kind == "woodpecker" else "drone2") / "answers.json").read_text())
    found: dict[str, Any] = next(of for of in answers.values() if of["status"] == 401)
    return found | {"type": found.get("type", "application/json"), "body": found.get("text") or found.get("json")}


@pytest.mark.parametrize("kind", [*ROOMS, "drone-2", "woodpecker"])
async def test_a_wrong_token(kind: str) -> None:
    of = refusal(kind)
    async with replaying("") as site:
        site.say("GET /api/user", of["body"], status=401, type=of["type"])
        source = _source(kind, Http(Address("s", site.url, lambda: "secret")))
        with pytest.raises(Unauthorized, match="does not accept the token"):
            await source.user()
        await source.close()


def logs() -> list[Any]:
    """All recorded live logs: what came frame by frame, as steps and pieces."""
    found = []
    for kind, room in ROOMS.items():
        for name, told in recorded(room)["streams"].items():
            if name.startswith("logs_"):
                data = sse(told) if isinstance(told, str) else texts(frames(told))
                lines = [read_log_event(one) for one in data]
                found.append(
                    pytest.param([(line.step, line.piece) for line in lines if not line.ends], id=f"{kind} {name}")
                )
    for name, told in json.loads((DATA / "woodpecker" / "logs.json").read_text())["streams"].items():
        pieces = [("", woodpecker.read_log_event(one)) for one in sse(told)]
        found.append(pytest.param(pieces, id=f"woodpecker {name}"))
    return found


def sse(told: str) -> list[bytes]:
    return [event.data for event in Decoder().feed(told.encode()) if event.type == "message"]


def read(*parts: list[tuple[str, Piece]]) -> dict[str, list[str]]:
    """The lines of each step, fed part by part."""
    logs: dict[str, LogAssembler] = {}
    for part in parts:
        for step in {step for step, _ in part}:
            logs.setdefault(step, LogAssembler()).feed([piece for of, piece in part if of == step])
    return {step: [line.text for line in log.lines] for step, log in logs.items()}


@pytest.mark.parametrize("log", logs())
def test_a_log_that_is_cut_anywhere_or_joined_late(log: list[tuple[str, Piece]]) -> None:
    """The server tells all from the begin again: nothing is missing, and nothing is there twice."""
    whole = read(log)
    for cut in range(0, len(log) + 1, max(1, len(log) // 60)):
        assert read(log[:cut], log) == whole
        assert read(log[cut:], log) == whole
