"""How the board was left, and that it begins like that the next time."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildwatch.demo.control import StageScript, StepScript
from buildwatch.tui.left import FOLDS, Left, key, keys, left, view_of
from buildwatch.tui.log_pane import Times
from buildwatch.tui.rows import Kind

if TYPE_CHECKING:
    from tests.tui.conftest import Desks

PLACES = st.tuples(
    st.sampled_from([kind.value for kind in Kind]) | st.text(max_size=4),
    st.text(max_size=4),
    st.text(max_size=4),
    st.integers(0, 99),
    st.text(max_size=4),
    st.integers(0, 9),
    st.integers(0, 9),
)


@given(st.lists(PLACES, max_size=5))
def test_keys_of_rows_come_back_and_what_is_none_is_left_out(
    places: list[tuple[str, str, str, int, str, int, int]],
) -> None:
    back = msgspec.json.decode(msgspec.json.encode(Left(toggled=tuple(places))), type=Left)
    assert back.toggled == tuple(places)
    known = {kind.value for kind in Kind}
    assert len(keys(back.toggled)) <= len({place for place in places if place[0] in known})
    assert all((key(place) is not None) == (place[0] in known) for place in places)


@pytest.mark.parametrize(
    "view",
    [{"group": "colour"}, {"filter": 7}, {"columns": ["x"]}, {"name": "x" * 99}, {"filter": "a\nb"}, {"more": 1}],
)
def test_a_view_that_makes_no_sense_is_none(view: dict[str, object]) -> None:
    assert view_of(Left(view=view)) is None


def files(desks: Desks) -> list[Path]:
    return sorted((desks.settings.paths.state / "left").iterdir())


async def test_it_begins_as_it_was_left(desks: Desks) -> None:
    desks.ended(StageScript((StepScript("lint"), StepScript("test")), "unit"))
    desks.ended(repo="acme/search")
    desks.start(repo="acme/search")  # what runs is opened for who comes the first time
    desks.server.advance(5)
    async with desks.listed() as desk:
        await desk.press("F")  # goes to what runs
        await desk.go_to("storefront")
        await desk.press("enter", "j", "enter")
        await desk.go_to("lint")
        await desk.press("s", "i")
        view, row = desk.board.view, desk.row
        desk.log.wrap, desk.log.numbers, desk.log.times = True, False, Times.OF_DAY
        await desk.settled()
        folds = set(desk.board.showing.toggled)
    assert view.sort == "newest"
    (file,) = files(desks)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert desks.server.token not in file.read_text()
    async with desks.listed() as desk:
        await desk.until(lambda: desk.row == row)
        assert desk.board.view == view
        assert desk.board.showing.toggled == folds
        assert desk.board.follow_newest
        assert (desk.log.wrap, desk.log.numbers, desk.log.times) == (True, False, Times.OF_DAY)
        assert desk.board.side is not None
        assert desk.board.side.has_class("-facts")
        await desk.until(lambda: desk.at.startswith("✓ lint"))  # once the server has confirmed it
        await desk.settled()
    async with desks.listed(fresh=True) as desk:
        await desk.until(lambda: desk.row.kind is Kind.BUILD)
        assert desk.board.view.sort == "name"
        await desk.settled()


async def test_other_servers_have_a_state_of_their_own(desks: Desks) -> None:
    desks.ended()
    async with desks.listed() as desk:
        await desk.press("x")
        await desk.until(lambda: desk.board.view.filter == "failed")
        await desk.settled()
    other = replace(desks.settings.servers[0], name="another")
    async with desks.listed(servers=(other,)) as desk:
        assert desk.board.view.filter == ""
        await desk.settled()
    assert len(files(desks)) == 2
    async with desks.listed() as desk:
        assert desk.board.view.filter == "failed"
        await desk.settled()


async def test_where_nothing_is_kept_nothing_is_written_and_nothing_read(desks: Desks) -> None:
    desks.ended()
    async with desks.listed(keep=False) as desk:
        await desk.go_to("storefront")
        await desk.press("p", "x", "s", "S")
        await desk.shows("a name for what is on show now")
        await desk.type("red")
        await desk.press("enter")
        await desk.until(lambda: desk.board.view.name == "red")
        await desk.press("v")
        await desk.shows("6 red", "filter: failed, newest first (not kept)")
        await desk.press("escape")
        desk.app.set_theme("nord", keep=True)
        assert desk.app.theme == "nord"
        await desk.settled()
    assert not desks.settings.paths.state.exists()
    assert not desks.settings.paths.cache.exists()
    async with desks.listed() as desk:
        await desk.go_to("storefront")
        await desk.press("p", "s")
        await desk.settled()
    async with desks.listed(keep=False) as desk:
        assert desk.board.showing.pins == set()
        assert desk.board.view.sort == "name"
        await desk.settled()


@pytest.mark.parametrize("times", [-1, 3, 10**12])
async def test_a_mode_of_times_that_is_none_shows_none(times: int, desks: Desks) -> None:
    desks.ended()
    async with desks.listed() as desk:
        await desk.settled()
    (file,) = files(desks)
    file.write_bytes(msgspec.json.encode({**msgspec.json.decode(file.read_bytes()), "times": times}))
    async with desks.listed() as desk:
        assert desk.log.times is Times.NONE


@pytest.mark.parametrize("content", [b"", b"[]", b'{"toggled": 7}', b"{" * 9999, b"\xff", b'{"row": ["build"]}'])
async def test_a_broken_file_is_none(content: bytes, desks: Desks) -> None:
    desks.ended()
    async with desks.listed() as desk:
        await desk.settled()
    (file,) = files(desks)
    file.write_bytes(content)
    async with desks.listed() as desk:
        await desk.shows("✓ storefront")
        await desk.settled()
    assert msgspec.json.decode(file.read_bytes(), type=Left).view["group"] == "namespace"


async def test_it_has_bounds_and_where_a_person_moves_the_cursor_stays(desks: Desks) -> None:
    desks.ended()
    async with desks.listed() as desk:
        await desk.go_to("storefront")
        template = desk.row
        desk.board.showing.toggled |= {template._replace(part=str(number)).key for number in range(2000)}
        assert len(left(desk.board).toggled) == FOLDS
        await desk.settled()
