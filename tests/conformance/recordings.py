"""What was recorded of real servers of each kind: the frames of its streams, and how its builds were in the end.

A frame is a line of an event stream or a frame of a websocket, as it came. A build whose end was not asked for then is,
in the end, as the stream told of it last: such a snapshot is what a read of it gives.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any, Final

from buildwatch.model import Build, Repo
from buildwatch.wire import drone1, woodpecker
from buildwatch.wire.drone0 import Reader, no_run
from buildwatch.wire.drone05 import run_of, with_jobs
from buildwatch.wire.procs import with_procs
from buildwatch.wire.sse import Decoder
from tests.sources.replay import DATA, Frame, frames, recorded

Raw = dict[str, Any]
"""What a server says of a build, in its own words."""

Place = tuple[str, int]
"""A build: repo and number."""


@dataclass(frozen=True)
class Wire:
    """How a kind of server talks. `event` and `build` read what it says; `of` parts an event into repo and build."""

    kind: str
    version: str
    event: Callable[[bytes], tuple[Repo, Build]]
    build: Callable[[str, bytes], Build]
    of: Callable[[Raw], tuple[Raw, Raw]]
    stream: str
    socket: bool = False


def wire(kind: str) -> Wire:
    """A new one: those of old servers give out ids in the order in which they hear of repos."""
    if kind == "woodpecker":
        return Wire(
            kind,
            "",
            lambda data: _plain(woodpecker.read_event("s", data)),
            lambda slug, data: woodpecker.read_build("s", slug, data).build,
            lambda event: (event["repo"], event["pipeline"]),
            "/api/stream/events",
        )
    if kind in ("drone-1", "drone-2"):
        return Wire(
            kind,
            "",
            lambda data: drone1.read_event("s", data),
            lambda slug, data: _there(drone1.read_build("s", slug, data)),
            lambda event: (event, event["build"]),
            "/api/stream",
        )
    jobs = kind == "drone-0.5"
    reader = Reader("s", with_jobs, run_of) if jobs else Reader("s", with_procs, no_run)
    return Wire(
        kind,
        {"drone-0.5": "0.5.0+dev", "drone-0.7": "0.7.3", "drone-0.8": "0.8.6"}[kind],
        reader.event_row if jobs else reader.event,
        reader.build,
        lambda event: (event["repo"], event["build"]),
        "/stream/events" if kind == "drone-0.8" else "/ws/feed",
        socket=kind != "drone-0.8",
    )


def _plain(told: tuple[Repo, woodpecker.Told]) -> tuple[Repo, Build]:
    return told[0], told[1].build


def _there(build: Build | None) -> Build:
    assert build is not None
    return build


@dataclass(frozen=True)
class Recording:
    """One recorded stream and what was answered beside it. `answers` are the last ones, by build."""

    kind: str
    name: str
    frames: tuple[bytes | Frame, ...]
    answers: dict[Place, Raw]

    @cached_property
    def events(self) -> list[tuple[int, Raw]]:
        """Each event, and after how many frames it is there."""
        return [(at, json.loads(data)) for at, data in self._messages()]

    @cached_property
    def ends(self) -> dict[Place, Raw]:
        """How each build was in the end."""
        wire_of, told = wire(self.kind), {}
        for _, event in self.events:
            repo, build = wire_of.of(event)
            told[repo.get("slug") or repo["full_name"], build["number"]] = build
        return {place: self.answers.get(place, build) for place, build in told.items()}

    @cached_property
    def repos(self) -> dict[str, Raw]:
        """The repos that it tells of."""
        rows = (wire(self.kind).of(event)[0] for _, event in self.events)
        return {row.get("slug") or row["full_name"]: row for row in rows}

    def _messages(self) -> Iterator[tuple[int, bytes]]:
        decoder, part = Decoder(), b""
        for at, frame in enumerate(self.frames, 1):
            if isinstance(frame, bytes):
                yield from ((at, event.data) for event in decoder.feed(frame) if event.type == "message")
            elif frame.opcode in ("text", "continuation"):
                part += frame.data
                if frame.final:
                    yield at, part
                    part = b""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


ROOMS: Final = {"drone-0.5": "drone05", "drone-0.7": "drone07", "drone-0.8": "drone08"}
REPLAYS: Final = {"drone-1": "drone1", "drone-2": "drone2", "woodpecker": "woodpecker"}


@cache
def recordings() -> list[Recording]:
    """All of them that tell of any build."""
    found = [*_old(), *_new()]
    return [one for one in found if one.events]


def _old() -> Iterator[Recording]:
    for kind, room in ROOMS.items():
        told = recorded(room)
        answers = {
            (_slug(of["path"]), json.loads(of["body"])["number"]): json.loads(of["body"])
            for name, of in told["answers"].items()
            if name.startswith("GET_build_") and of["status"] == 200 and "/logs/" not in of["path"]
        }
        for name, builds in told["lifecycle"].items():
            answers["/".join(name.rsplit("_", 3)[1:3]), builds[-1]["number"]] = builds[-1]
        ended = {place: build for place, build in answers.items() if build["finished_at"]}
        for name, rows in told["streams"].items():
            if name.startswith(("events_", "feed_")):
                yield Recording(kind, name, tuple(_lines(rows) if isinstance(rows, str) else frames(rows)), ended)


def _new() -> Iterator[Recording]:
    for kind, room in REPLAYS.items():
        for path in sorted((DATA / room / "replay").glob("*.jsonl.gz")):
            rows = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
            lines = tuple(f"{row['line']}\n".encode() for row in rows if "line" in row)
            one = Recording(kind, path.name.partition(".")[0], lines, {})
            slugs = {str(repo["id"]): slug for slug, repo in one.repos.items()}
            answers = {
                (_slug(row["path"], slugs), row["body"]["number"]): row["body"]
                for row in rows
                if row.get("method", "GET") == "GET" and _is_one(row)
            }
            yield replace(one, answers=answers)


def _is_one(row: Raw) -> bool:
    """Whether it is the answer to a read of one build."""
    parts = row.get("path", "").split("/")
    return parts[-2:-1] in (["builds"], ["pipelines"]) and parts[-1].isdigit()


def _slug(path: str, slugs: dict[str, str] | None = None) -> str:
    parts = path.split("/")
    return "/".join(parts[3:5]) if slugs is None or parts[4] != "pipelines" else slugs[parts[3]]


def _lines(text: str) -> list[bytes]:
    return [line.encode() for line in text.splitlines(keepends=True)]
