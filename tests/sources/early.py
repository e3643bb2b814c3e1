"""Who asks a server of Drone 0.5 to 0.8 that was recorded, and what was recorded."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from buildwatch.merge import merge_build, settled
from buildwatch.model import Build, BuildKey
from buildwatch.sources.connect import _source
from buildwatch.sources.drone0 import Drone0Source
from buildwatch.sources.errors import SourceError
from buildwatch.sources.http import Http
from buildwatch.sources.sentences import Address
from tests.sources.replay import Replay, frames, recorded, replaying

VERSIONS = {"drone08": "0.8.6", "drone07": "0.7.3", "drone05": "0.5.0+dev"}

NAMES = {"drone08": "drone-0.8", "drone07": "drone-0.7", "drone05": "drone-0.5"}

KINDS = tuple(VERSIONS)

SOCKETS = ("drone07", "drone05")


def source_of(kind: str, url: str, **more: Any) -> Drone0Source:
    source = _source(NAMES[kind], Http(Address("old", url, lambda: "secret", **more)))
    assert isinstance(source, Drone0Source)
    return source


@asynccontextmanager
async def asking(kind: str) -> AsyncIterator[tuple[Replay, Drone0Source]]:
    """A server of that kind that knows its lists, and who asks it."""
    async with replaying(VERSIONS[kind]) as site:
        of = recorded(kind)["answers"]
        site.recorded(
            kind, *(name for name in ("GET_api_user", "GET_api_user_feed", "GET_api_user_repos") if name in of)
        )
        site.recorded(kind, "GET_api_user_feed_latest=true", "GET_api_builds")
        source = source_of(kind, site.url)
        try:
            yield site, source
        finally:
            await source.close()


async def sentence(call: Awaitable[Any], kind: type[SourceError]) -> str:
    with pytest.raises(kind) as said:
        await call
    return str(said.value)


def feed(site: Replay, kind: str, name: str, share: float) -> None:
    """Stream a share of a recording: cut off within a line, or within a fragmented message."""
    told = recorded(kind)["streams"][name]
    if kind == "drone08":
        data = told.encode()
        site.stream("/stream/events", data[: int(len(data) * share)])
    else:
        rows = frames(told)
        site.socket("/ws/feed", rows[: int(len(rows) * share)], "reset" if share == 1 else "cut")


async def told_by(source: Drone0Source) -> list[Build]:
    """What the events until the feed ends say together of each build."""
    told: dict[BuildKey, Build] = {}
    async with source.events() as batches:
        async for batch in batches:
            for _, build in batch:
                told[build.key] = merge_build(told[build.key], build) if build.key in told else settled(build)
    return list(told.values())


def brief(build: Build) -> list[str]:
    return [f"{step.name} {step.status}" for stage in build.stages or () for step in stage.steps]


FLAKY = {
    "drone08": ("devs/flaky", "GET_build_flaky_failure_devs_flaky_1", "GET /api/repos/devs/flaky/logs/1/4"),
    "drone07": ("ops/flaky", "GET_build_flaky_failure_ops_flaky_1", "GET /api/repos/ops/flaky/logs/1/1/test"),
    "drone05": ("old/flaky", "GET_build_flaky_failure_old_flaky_1", "GET /api/repos/old/flaky/logs/1/1"),
}

STORED = {"drone08": "GET_api_repos_devs_flaky_logs_1_4", "drone05": "GET_logs_flaky"}


def stored(site: Replay, kind: str) -> None:
    """The stored log of the step that failed; that of 0.7 was not recorded, and is as that of 0.8."""
    of = recorded("drone08" if kind == "drone07" else kind)["answers"][STORED.get(kind, STORED["drone08"])]
    site.say(FLAKY[kind][2], of["body"], type=of["type"])
