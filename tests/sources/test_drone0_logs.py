"""The logs of Drone 0.5 to 0.8, stored and live."""

from __future__ import annotations

import pytest

from buildwatch.sources.drone0 import Drone0Source
from buildwatch.sources.errors import Denied
from buildwatch.wire.loglines import LogAssembler, Piece
from tests.sources.early import FLAKY, KINDS, SOCKETS, asking, sentence, stored
from tests.sources.replay import Replay, frames, recorded
from tests.sources.stored import log_of


def text(pieces: list[Piece]) -> list[str]:
    log = LogAssembler()
    log.feed(pieces)
    return [line.text for line in log.lines]


TESTED = ['+ echo "running tests"', "running tests", "+ sleep 1", '+ echo "AssertionError 1 != 2" >&2']

TESTED += ["AssertionError 1 != 2", "+ exit 3"]


def step_of(kind: str) -> int:
    return 3 if kind == "drone05" else 4


@pytest.mark.parametrize("kind", KINDS)
async def test_a_stored_log(kind: str) -> None:
    slug, build, _ = FLAKY[kind]
    async with asking(kind) as (site, source):
        site.recorded(kind, build)
        stored(site, kind)
        assert text(await log_of(source, slug, 1, 1, step_of(kind))) == TESTED
        site.say(FLAKY[kind][2], "", status=404, type="")
        with pytest.raises(Denied) as said:
            await log_of(source, slug, 1, 1, step_of(kind))
        assert said.value.status == 404


@pytest.mark.parametrize("kind", SOCKETS)
async def test_a_step_that_there_is_not_has_no_log(kind: str) -> None:
    slug, build, _ = FLAKY[kind]
    async with asking(kind) as (site, source):
        site.recorded(kind, build)
        stored(site, kind)
        assert "has no step 99 in its stage 1" in await sentence(log_of(source, slug, 1, 1, 99), Denied)
        assert "has no step 4 in its stage 9" in await sentence(log_of(source, slug, 1, 9, 4), Denied)


def live(site: Replay, kind: str, cut: float = 1.0, end: str = "cut") -> None:
    if kind == "drone08":
        told = recorded(kind)["streams"]["logs_flaky_failure_1_1_root"].encode()
        site.stream("/stream/logs/devs/flaky/1/1", told[: int(len(told) * cut)])
        return
    name = "logs_flaky_failure_1_1_root" if kind == "drone07" else "logs_flaky_failure_1_1_job"
    rows = frames(recorded(kind)["streams"][name])
    site.socket(f"/ws/logs/{FLAKY[kind][0]}/1/1", rows[: int(len(rows) * cut)], end)


async def follow(source: Drone0Source, kind: str, step: int) -> list[Piece]:
    pieces: list[Piece] = []
    async with source.follow(FLAKY[kind][0], 1, 1, step) as batches:
        async for batch in batches:
            pieces += batch
    return pieces


@pytest.mark.parametrize("kind", KINDS)
async def test_a_live_log_holds_one_step_and_goes_on_where_it_was_cut(kind: str) -> None:
    async with asking(kind) as (site, source):
        site.recorded(kind, FLAKY[kind][1])
        stored(site, kind)
        log = LogAssembler()
        for cut in (0.2, 0.55, 0.8, 1.0):
            live(site, kind, cut, "reset" if cut == 1.0 else "cut")
            log.feed(await follow(source, kind, step_of(kind)))
        assert [line.text for line in log.lines] == TESTED


@pytest.mark.parametrize("kind", SOCKETS)
async def test_a_live_log_that_stays_open_can_be_left(kind: str) -> None:
    async with asking(kind) as (site, source):
        site.recorded(kind, FLAKY[kind][1])
        stored(site, kind)
        live(site, kind, end="open")
        pieces: list[Piece] = []
        async with source.follow(FLAKY[kind][0], 1, 1, step_of(kind)) as batches:
            async for batch in batches:
                pieces += batch
                if len(pieces) == len(TESTED):
                    break
        assert text(pieces) == TESTED


@pytest.mark.parametrize("kind", SOCKETS)
async def test_a_log_that_is_not_written_now_is_refused(kind: str) -> None:
    async with asking(kind) as (site, source):
        site.recorded(kind, FLAKY[kind][1])
        stored(site, kind)
        with pytest.raises(Denied) as said:
            await follow(source, kind, step_of(kind))
        assert said.value.status == 404


@pytest.mark.parametrize("word", ["eof", "stream not found", "process not found", "build not found"])
async def test_the_end_of_a_live_log_of_0_8_is_a_word(word: str) -> None:
    async with asking("drone08") as (site, source):
        site.recorded("drone08", FLAKY["drone08"][1])
        line = 'data: {"proc":"test","pos":0,"out":"a\\n"}\n\n'
        site.stream("/stream/logs/devs/flaky/1/1", f": ping\n\n{line}event: error\ndata: {word}\n\n{line}")
        assert [piece.out for piece in await follow(source, "drone08", 4)] == ["a\n"]


async def test_lines_of_a_burst_in_any_order_are_sorted() -> None:
    async with asking("drone08") as (site, source):
        site.recorded("drone08", "GET_build_parallel_group_devs_quiet_5")
        lines = [
            f'id: {at}\ndata: {{"proc":"backend","pos":{at ^ 1},"out":"line {at ^ 1}\\n"}}\n\n' for at in range(400)
        ]
        site.stream("/stream/logs/devs/quiet/5/1", "".join(lines))
        async with source.follow("devs/quiet", 5, 1, 4) as batches:
            pieces = [piece async for batch in batches for piece in batch]
        assert text(pieces) == [f"line {at}" for at in range(400)]
