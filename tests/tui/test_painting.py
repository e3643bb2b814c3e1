"""What is painted, and that it costs no more than it has to."""

from __future__ import annotations

import gc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import Color
from textual._styles_cache import StylesCache
from textual.strip import Strip
from textual.widget import Widget

from buildwatch.model import LogLine
from buildwatch.tui.garbage import collect_what_comes
from buildwatch.tui.ink import WholeCells
from buildwatch.tui.line_cache import LineCache
from buildwatch.tui.log_bar import handle
from tests.tui.conftest import HELD, Desk, Desks

SIZES = st.integers(0, 60)


def looks(strips: list[Strip]) -> list[list[tuple[str, object]]]:
    """Each line's cells with what their style shows."""
    return [[(letter, style) for text, style, _ in strip.simplify() for letter in text] for strip in strips]


async def with_log(desk: Desk) -> None:
    """Open a build that runs, and says something."""
    build = await desk.running(HELD)
    await desk.go_to("storefront")
    await desk.press("enter")
    await desk.go_to("#1")
    desk.say(build, "one", "two")
    await desk.until(lambda: desk.board.side is not None and desk.log.state.lines)


@pytest.mark.parametrize("how", [{}, {"theme": "terminal"}, {"theme": "light"}], ids=["dark", "terminal", "light"])
async def test_lines_look_as_textual_itself_would_draw_them(how: dict[str, Any], desks: Desks) -> None:
    async with desks.listed(**how) as desk:
        await with_log(desk)
        widgets = [widget for widget in desk.board.walk_children(Widget) if isinstance(widget._styles_cache, LineCache)]
        assert len(widgets) >= 8
        for widget in widgets:
            region = widget.region.reset_offset
            assert looks(widget.render_lines(region)) == looks(StylesCache().render_widget(widget, region)), widget


async def test_a_key_has_its_whole_answer_in_the_next_frame(desks: Desks) -> None:
    async with desks.listed() as desk:
        await desk.until(lambda: desk.line("facts"))
        desk.board.live.action_first()
        before = desk.line("facts")
        desk.board.live.action_move(1)  # no message was heard, nothing painted since
        assert desk.line("facts") != before


@given(SIZES, SIZES, SIZES, SIZES)
def test_the_handle_of_a_bar_is_where_textual_draws_it(height: int, rows: int, seen: int, top: int) -> None:
    first, last = handle(height, rows, seen, min(top, max(0, rows - seen)))
    assert 0 <= first <= last <= height
    if height and 0 < seen < rows and height != rows:
        top = min(top, rows - seen)
        drawn = WholeCells.render_bar(height, rows, seen, top, back_color=Color.parse("red"))
        cells = [bool(segment.style and segment.style.reverse) for segment in drawn.segments]
        assert cells == [first <= y < last for y in range(height)]


async def test_of_a_bar_only_cells_that_look_different_are_painted(desks: Desks) -> None:
    async with desks.listed() as desk:
        await with_log(desk)
        log = desk.log
        log.show([LogLine(0, f"line {at}") for at in range(1000)], live=True)
        await desk.pilot.pause(0.05)
        bar = log.vertical_scrollbar
        bar._repaint_regions.clear()
        log.extend([LogLine(1, "one more")])
        log._flush_now()
        assert len(bar._repaint_regions) <= 2
        log._scroll(800)
        assert all(region.height == 1 for region in bar._repaint_regions)
        assert 2 <= len(bar._repaint_regions) < bar.size.height // 2, "from where the handle was to where it is"


def test_what_is_there_at_the_start_is_not_looked_at_again() -> None:
    before = gc.get_threshold()
    gc.disable()
    try:
        collect_what_comes()
        assert gc.isenabled()
        assert gc.get_freeze_count() > 1000
        assert gc.get_threshold() > before
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
        gc.enable()
    collect_what_comes()
    assert gc.get_threshold() == before, "somebody else has it enabled"
