"""Recordings of real servers through the whole chain: bytes, events and answers in, the last state that REST gave out.

Each line of a recording is what came at that second: a line of the event stream, or an answer and the path asked for.
"""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest

from buildwatch.merge import settled
from buildwatch.model import Build, RepoKey
from buildwatch.store import Move, Store
from buildwatch.wire import drone1
from buildwatch.wire.sse import Decoder

DATA = Path(__file__).parent / "data"
RECORDINGS = sorted(
    f"{path.parent.parent.name}/{path.name.partition('.')[0]}" for path in DATA.glob("drone*/replay/*.jsonl.gz")
)
CANCELLED = {
    "drone2/multistage_cancel_web": {"devs/web#3"},
    "drone2/mixed_minute": {"devs/web#10"},
    "drone1/long_cancel": {"ops/long#4"},
}
"""The builds that were cancelled while they ran: to the stream they run for ever."""

Rows = list[dict[str, Any]]


@cache
def rows(name: str) -> Rows:
    room, _, recording = name.partition("/")
    text = gzip.decompress((DATA / room / "replay" / f"{recording}.jsonl.gz").read_bytes())
    return [json.loads(line) for line in text.splitlines()]


@cache
def messages(name: str) -> list[list[Build]]:
    """What was said, each message as the builds it told of, in the order of time."""
    decoder, said = Decoder(), []
    for row in rows(name):
        said += [[build] for build in heard(decoder, row)] if "line" in row else [answer(row)]
    return said


def events(of: Rows) -> list[list[Build]]:
    """What the stream alone said."""
    decoder = Decoder()
    return [[build] for row in of if "line" in row for build in heard(decoder, row)]


def heard(decoder: Decoder, row: dict[str, Any]) -> list[Build]:
    came = decoder.feed(row["line"].encode() + b"\n")
    return [drone1.read_event("s", event.data)[1] for event in came if event.type == "message"]


def answer(row: dict[str, Any]) -> list[Build]:
    path, data = row["path"], json.dumps(row["body"]).encode()
    if path.startswith("/api/repos/"):
        build = drone1.read_build("s", "/".join(path.split("/")[3:5]), data)
        return [build] if build else []
    return [build for _, build in drone1.read_repos("s", data) if build]


def last_answers(name: str) -> dict[int, Build]:
    """What REST said last of each build: its row, and its stages where it was asked for them."""
    last: dict[int, Build] = {}
    for row in rows(name):
        for build in answer(row) if "path" in row else ():
            if build.stages is not None or build.id not in last or last[build.id].stages is None:
                last[build.id] = settled(build)
    return last


def replayed(said: Iterable[list[Build]]) -> tuple[dict[int, Build], dict[int, list[Move]]]:
    """The builds in the end, and the moves of each."""
    store, moves, ids = Store(), defaultdict(list), set()
    for message in said:
        for build in message:
            ids.add((build.repo, build.id))
            for move in store.apply(build, news=True).moves:
                moves[build.id].append(move)
    return {build.id: build for repo in {repo for repo, _ in ids} for build in store.builds(RepoKey("s", repo))}, moves


def assert_as_rest_says(name: str, builds: dict[int, Build]) -> None:
    for id, said in last_answers(name).items():
        known = builds[id]
        assert (known.status, known.started, known.finished, known.version) == (
            said.status, said.started, said.finished, said.version,
        ), known.address  # fmt: skip
        if said.stages is not None:
            assert known.stages == said.stages


@pytest.mark.parametrize("name", RECORDINGS)
def test_in_the_order_of_time(name: str) -> None:
    builds, moves = replayed(messages(name))
    assert_as_rest_says(name, builds)
    for id, told in moves.items():
        ends = [move.after for move in told if move.stage is None and move.after.ended]
        assert len(ends) == len(set(ends)), id


@pytest.mark.parametrize("name", ["drone1/gcd_success", "drone1/server_restart_mid_build"])
def test_where_only_the_stream_told_of_it(name: str) -> None:
    """The second is two streams: the server was away between them."""
    builds, _ = replayed(messages(name))
    (build,) = builds.values()
    assert build.status == "success"
    assert {step.status for stage in build.stages or () for step in stage.steps} == {"success"}


@pytest.mark.parametrize("name", RECORDINGS)
@pytest.mark.parametrize("seed", range(3))
def test_in_any_order_some_twice_and_with_every_other_event_lost(name: str, seed: int) -> None:
    random = Random(seed)
    said = [message for message in messages(name) if random.random() < 0.5]
    said += random.choices(said, k=len(said) // 2)
    said += [[build] for build in last_answers(name).values()]
    random.shuffle(said)
    builds, moves = replayed(said)
    assert_as_rest_says(name, builds)
    for told in moves.values():
        ends = [move.after for move in told if move.stage is None and move.after.ended]
        assert len(ends) == len(set(ends))


@pytest.mark.parametrize("name", RECORDINGS)
def test_twice_is_no_more_than_once(name: str) -> None:
    once, moves = replayed(messages(name))
    twice, again = replayed([*messages(name), *messages(name)])
    assert twice == once
    assert again == moves


@pytest.mark.parametrize("name", sorted(CANCELLED))
def test_only_the_answers_tell_of_a_cancel(name: str) -> None:
    streamed, _ = replayed(events(rows(name)))
    known, _ = replayed(messages(name))
    running = [id for id, build in streamed.items() if not build.status.ended]
    assert {known[id].address for id in running if known[id].status == "killed"} == CANCELLED[name]
