"""Reading a log: folded, filtered, brief, selected, with its times; and the marks on its scroll bar."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from buildwatch.model import LogLine
from buildwatch.tui.log_shown import SMALLEST, around, everything, folded, parts_of
from buildwatch.tui.log_state import LogState, Matches
from buildwatch.tui.log_view import LogView

BEGAN = 1_795_433_706


class LogApp(App[None]):
    def compose(self) -> ComposeResult:
        yield LogView()

    def on_mount(self) -> None:
        self.view.focus()

    @property
    def view(self) -> LogView:
        return self.query_one(LogView)


@pytest.fixture
def app() -> LogApp:
    return LogApp()


def screen(view: LogView) -> list[str]:
    return [view.render_line(y).text.rstrip() for y in range(view.size.height)]


def bar(view: LogView) -> str:
    """The scroll bar's cells, from the uppermost down."""
    strips = view.vertical_scrollbar.render_lines(view.vertical_scrollbar.region.reset_offset)
    return "".join(strip.text for strip in strips)


async def until(pilot: Pilot[None], true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await pilot.pause(0.01)


async def counted(pilot: Pilot[None], view: LogView) -> None:
    await until(pilot, lambda: view.state.counted)


def commands() -> list[LogLine]:
    """Three commands with ten, twenty and five lines."""
    lines = [LogLine(0, "+ git clone x"), *(LogLine(1, f"object {number}") for number in range(10))]
    lines += [LogLine(4, "+ go test ./..."), *(LogLine(5, f"ok pkg{number}") for number in range(19))]
    lines += [LogLine(65, "--- FAIL: TestX"), LogLine(66, "+ echo over"), *(LogLine(67, "over") for _ in range(5))]
    return lines


async def test_commands_are_folded_one_by_one_and_all_at_once(app: LogApp) -> None:
    async with app.run_test(size=(60, 12)) as pilot:
        view = app.view
        view.show(commands(), live=False)
        await counted(pilot, view)
        assert screen(view)[0] == "  1 ▾ + git clone x" + " " * 36 + "0:04"
        await pilot.press("enter")
        assert screen(view)[:3] == [
            "  1 ▸ + git clone x" + " " * 26 + "10 lines, 0:04",
            " 12 ▾ + go test ./..." + " " * 34 + "1:02",
            " 13   ok pkg0",
        ]
        assert view.state.folded
        await pilot.press("minus", "minus")
        assert [line.split("  ")[0] + line[-30:] for line in screen(view)[:4]] == [
            line.split("  ")[0] + line[-30:] for line in screen(view)[:3]
        ] + [""]
        assert screen(view)[1].endswith("20 lines, 1 error, 1:02")
        assert screen(view)[2].endswith("5 lines, 0:01")
        await pilot.press("e")
        await until(pilot, lambda: any("✗ --- FAIL: TestX" in row for row in screen(view)))
        await pilot.press("g")
        assert screen(view)[0].startswith("  1 ▸"), "only what is needed is opened"
        await pilot.press("minus")
        assert not view.state.folded


async def test_one_goes_from_command_to_command(app: LogApp) -> None:
    async with app.run_test(size=(60, 12)) as pilot:
        app.view.show(commands(), live=False)
        await counted(pilot, app.view)
        seen = []
        for key in ("right_curly_bracket",) * 3 + ("left_curly_bracket",):
            await pilot.press(key)
            seen.append(app.view.current_text())
        assert seen == ["+ git clone x", "+ go test ./...", "+ echo over", "+ go test ./..."]


async def test_what_comes_into_a_folded_command_stays_folded(app: LogApp) -> None:
    async with app.run_test(size=(60, 12)) as pilot:
        view = app.view
        view.show(commands(), live=True)
        await counted(pilot, view)
        await pilot.press("minus")
        view.extend([LogLine(70, "more")] * 30)
        await until(pilot, lambda: "35 lines" in screen(view)[2])
        view.extend([LogLine(71, "+ bye"), LogLine(72, "now")])
        await until(pilot, lambda: screen(view)[3].startswith(" 69 ▸ + bye"))


async def test_warnings_are_gone_to(app: LogApp) -> None:
    async with app.run_test(size=(60, 10)) as pilot:
        lines = [LogLine(0, f"line {number}") for number in range(3_000)]
        lines[700] = LogLine(0, "WARN first")
        lines[2_000] = LogLine(0, "panic: an error")
        lines[2_500] = LogLine(0, "warning: second")
        app.view.show(lines, live=False)
        seen = []
        for key in ("v", "v", "V", "V"):
            await pilot.press(key)
            await until(pilot, lambda: "rn" in app.view.current_text().lower())
            await counted(pilot, app.view)
            await pilot.pause()
            seen.append(app.view.current_text())
        assert seen == ["WARN first", "warning: second", "WARN first", "warning: second"]


async def test_a_search_shows_its_matches_alone_or_with_what_is_around(app: LogApp) -> None:
    async with app.run_test(size=(60, 20)) as pilot:
        view = app.view
        lines = [LogLine(0, f"line {number}") for number in range(999)]
        lines[500] = LogLine(0, "needle one")
        lines[505] = LogLine(0, "needle two")
        lines[990] = LogLine(0, "needle three")
        view.show(lines, live=False)
        await pilot.press("ampersand")
        assert view.state.filter is Matches.ALL, "without a search there is nothing to leave out"
        view.set_search("needle")
        await counted(pilot, view)
        await pilot.press("ampersand")
        await until(pilot, lambda: view.state.filter is Matches.AROUND)
        rows = screen(view)
        assert rows[0] == "      ⋯ 497 lines"
        assert rows[1:13] == [f"{number + 1}   " + (lines[number].text) for number in range(497, 509)], (
            "what is around the two overlaps"
        )
        assert rows[13] == "      ⋯ 478 lines"
        assert rows[-1] == "993   line 992"
        await pilot.press("ampersand")
        assert [row for row in screen(view) if row] == ["501   needle one", "506   needle two", "991   needle three"]
        view.extend([LogLine(0, "a needle more"), LogLine(0, "hay")])
        await until(pilot, lambda: "1000   a needle more" in screen(view))
        view.set_search("nothing has this")
        await counted(pilot, view)
        await until(pilot, lambda: screen(view)[0] == "no line has what is searched for")
        view.clear_search()
        assert view.state.filter is Matches.ALL
        await until(pilot, lambda: "line" in screen(view)[0])


async def test_what_broke_alone(app: LogApp) -> None:
    async with app.run_test(size=(60, 20)) as pilot:
        view = app.view

        def state() -> LogState:
            return view.state

        view.show([LogLine(0, f"line {number}") for number in range(999)], live=False)
        view.broke([(0, 1), (500, 508), (994, 999)], 503, brief=True)
        assert screen(view)[:6] == [
            "  1   line 0",
            "      ⋯ 499 lines",
            "501   line 500",
            "502   line 501",
            "503   line 502",
            "504   line 503",
        ]
        assert screen(view)[10:12] == ["      ⋯ 486 lines", "995   line 994"]
        assert view.current_text() == "line 503"
        assert state().brief
        await pilot.press("b")
        assert not state().brief
        assert any("line 503" in row for row in screen(view)), "the place stays"
        await pilot.press("b")
        await pilot.click(LogView, offset=(8, 1))
        assert not state().brief, "a click on what is left out shows it"
        view.clear()
        view.show([LogLine(0, "another")], live=False)
        await pilot.press("b")
        assert not state().brief, "nothing is known of what broke in it"


async def test_times_since_the_begin_and_of_the_day(app: LogApp) -> None:
    async with app.run_test(size=(60, 10)) as pilot:
        view = app.view
        view.show([LogLine(45, "a")], live=False, began=BEGAN)
        await pilot.press("t")
        assert screen(view)[0] == "  1  0:45   a"
        await pilot.press("t")
        assert screen(view)[0] == f"  1  {datetime.fromtimestamp(BEGAN + 45):%H:%M:%S}   a"
        await pilot.press("t", "number_sign")
        assert screen(view)[0] == "  a"


async def test_lines_are_selected_by_key_and_by_mouse(app: LogApp) -> None:
    async with app.run_test(size=(60, 10)) as pilot:
        view = app.view

        def mouse(kind: type[events.MouseEvent], y: int) -> events.MouseEvent:
            return kind(view, 8, y, 0, 0, 1, False, False, False)

        view.show([LogLine(0, f"line {number}") for number in range(100)], live=False)
        await pilot.press("J", "J", "J")
        assert view.current_text() == "line 0\nline 1\nline 2"
        assert view.state.selected == 3
        await pilot.press("shift+up")
        assert view.current_text() == "line 0\nline 1"
        assert view.select_none()
        assert not view.select_none()
        for kind, y in ((events.MouseDown, 2), (events.MouseMove, 3), (events.MouseMove, 5)):
            view.post_message(mouse(kind, y))
        await until(pilot, lambda: view.state.selected == 4)
        assert view.current_text() == "line 2\nline 3\nline 4\nline 5"
        for y in (12, 13):  # past the lower edge
            view.post_message(mouse(events.MouseMove, y))
        await until(pilot, lambda: view.state.selected > 8 and view.scroll_offset.y > 1)
        view.post_message(mouse(events.MouseUp, 13))
        await until(pilot, lambda: app.mouse_captured is None)
        selected = view.state.selected
        view.post_message(mouse(events.MouseMove, 1))  # dragged from elsewhere
        await pilot.pause()
        assert view.state.selected == selected


async def test_several_logs_read_as_one_have_names(app: LogApp) -> None:
    async with app.run_test(size=(60, 10)) as pilot:
        view = app.view
        lines = [LogLine(0, "a", 0), LogLine(1, "+ make", 1), LogLine(2, "c")]
        view.show(lines, live=False, names=["clone", "a-very-long-name-of-a-step"])
        await pilot.pause()
        assert screen(view)[:3] == [
            "  1 clone              a",
            "  2 a-very-long-nam›   + make",
            "  3 clone              c",
        ]


async def test_marks_on_the_scroll_bar(app: LogApp) -> None:
    async with app.run_test(size=(60, 10)) as pilot:
        lines = [LogLine(0, f"line {number}") for number in range(1_000)]
        lines[50] = LogLine(0, "WARN old")
        lines[320] = LogLine(0, "needle")
        lines[330] = LogLine(0, "WARN weaker than a match")
        lines[950] = LogLine(0, "panic: no")
        app.view.show(lines, live=False)
        app.view.set_search("needle")
        await counted(pilot, app.view)
        await until(pilot, lambda: bar(app.view) == "─  •     ━")


def test_what_is_on_show_of_a_log() -> None:
    shown = parts_of(100, [(0, 2), (10, 12), (11, 15), (16, 17)])
    assert [shown.line(place) for place in range(len(shown))] == [0, 1, 2, 10, 11, 12, 13, 14, 15, 16, 17]
    assert (shown.gap(2), shown.gap(17), shown.gap(15)) == (8, 83, 0)
    assert (shown.has(1), shown.has(2), shown.has(5), shown.has(15)) == (True, False, False, True)
    assert [shown.place(line) for line in (0, 2, 5, 9, 10, 99)] == [0, 2, 2, 2, 3, 10]
    assert len(everything(7)) == 7
    assert len(folded(10, [2, 6], lambda head: head == 2)) == 7


@given(st.integers(0, 60), st.lists(st.integers(0, 59), unique=True).map(sorted), st.integers(0, 5))
def test_every_line_is_on_show_or_told_of(count: int, finds: list[int], context: int) -> None:
    finds = [line for line in finds if line < count]
    shown = around(count, finds, context)
    lines = [shown.line(place) for place in range(len(shown))]
    assert lines == sorted(set(lines))
    assert all(
        shown.has(near) for line in finds for near in range(max(0, line - context), min(count, line + context + 1))
    )
    if context:
        told = sum(shown.gap(line) or 1 for line in lines)
        assert told == count
        assert all(shown.gap(line) > SMALLEST for line in lines if shown.gap(line))
    for place, line in enumerate(lines):
        assert shown.place(line) == place


@given(st.integers(0, 60), st.lists(st.integers(0, 59), unique=True).map(sorted), st.sets(st.integers(0, 59)))
def test_a_folded_command_hides_what_it_printed_and_nothing_else(
    count: int, heads: list[int], closed: set[int]
) -> None:
    heads = [head for head in heads if head < count]
    shown = folded(count, heads, closed.__contains__)
    expected, hides = [], False
    for line in range(count):
        if line in heads:
            hides = line in closed
            expected.append(line)
        elif not hides:
            expected.append(line)
    assert [shown.line(place) for place in range(len(shown))] == expected
