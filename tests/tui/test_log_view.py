"""The log on the screen: following, letting go, searching, wrapping, and nothing of a log reaching the terminal."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import textwrap
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.strip import Strip

from buildwatch.model import LogLine
from buildwatch.tui.log_find import Finds, Hit, place_in
from buildwatch.tui.log_paint import paint
from buildwatch.tui.log_rows import RowMap
from buildwatch.tui.log_state import LogState
from buildwatch.tui.log_view import LogView
from buildwatch.wire.loglist import LogLines


def log(*texts: str, start: int = 0) -> list[LogLine]:
    return [LogLine(start + index, text) for index, text in enumerate(texts)]


def numbered(count: int, start: int = 0) -> list[LogLine]:
    return [LogLine(number, f"line {number}") for number in range(start, start + count)]


class LogApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.states: list[LogState] = []

    def compose(self) -> ComposeResult:
        yield LogView()

    def on_mount(self) -> None:
        self.view.focus()

    def on_log_view_state_changed(self, event: LogView.StateChanged) -> None:
        self.states.append(event.state)

    @property
    def view(self) -> LogView:
        return self.query_one(LogView)


def screen(view: LogView) -> list[str]:
    return [view.render_line(y).text.rstrip() for y in range(view.size.height)]


def first(view: LogView) -> str:
    return screen(view)[0].strip()


async def until(pilot: Pilot[None], true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await pilot.pause(0.01)


@pytest.fixture
def app() -> LogApp:
    return LogApp()


async def test_a_live_log_is_followed_until_one_scrolls_up(app: LogApp) -> None:
    async with app.run_test(size=(60, 10)) as pilot:
        view = app.view
        view.show(numbered(50), live=True)
        assert screen(view)[-1] == " 50   line 49"
        view.extend(numbered(5, 50))
        await until(pilot, lambda: screen(view)[-1] == " 55   line 54")
        await pilot.press("k")
        assert not view.following
        before = screen(view)
        view.extend(numbered(132, 55))
        await until(pilot, lambda: "▼ 132 new, f to follow" in screen(view)[-1])
        assert screen(view)[:-1] == before[:-1]
        assert view.state.new == 132
        await pilot.press("G")
        assert view.state.following
        assert screen(view)[-1] == "187   line 186"
        assert view.vertical_scrollbar.window_virtual_size == 187
        assert app.states[-1] == view.state


async def test_a_log_that_is_being_read_is_shown_from_its_first_line_or_followed(app: LogApp) -> None:
    async with app.run_test(size=(60, 10)) as pilot:
        view = app.view
        view.show_more(numbered(200), 0, reading=True, began=0)
        assert first(view) == "1   line 0"
        assert view.state.reading
        assert view.at_begin
        view.show_more(numbered(400), 200, reading=True, began=0)
        await until(pilot, lambda: view.vertical_scrollbar.window_virtual_size == 400)
        assert first(view) == "1   line 0"
        assert view.state.new == 0, "it is no news"
        assert screen(view)[-1] == " 10   line 9"
        await pilot.press("G")
        view.show_more(numbered(3000), 400, reading=True, began=0)
        await until(pilot, lambda: screen(view)[-1] == "3000   line 2999")
        view.show_more(numbered(3001), 3000, reading=False, began=0)
        assert screen(view)[-1] == "3001   line 3000"
        assert not view.state.reading


async def test_what_is_sought_in_a_log_that_is_being_read_is_found_when_it_comes(app: LogApp) -> None:
    async with app.run_test(size=(60, 10)) as pilot:
        view = app.view
        view.show_more(numbered(200), 0, reading=True, began=0)
        view.set_search("line 2500")
        await until(pilot, lambda: view.searched)
        assert (view.state.matches, view.state.match) == (0, 0)
        view.show_more(numbered(3000), 200, reading=True, began=0)
        await until(pilot, lambda: view.state.match == 1)
        assert view.current_line == 2501
        view.clear_search()
        view.action_seek_error(forward=True)
        await pilot.pause(0.05)
        view.show_more([*numbered(3000), LogLine(0, "error: here")], 3000, reading=False, began=0)
        await until(pilot, lambda: view.current_line == 3001)


async def test_an_expression_is_searched_for_and_a_wrong_one_told_of(app: LogApp) -> None:
    async with app.run_test(size=(60, 10)) as pilot:
        view = app.view
        view.show(numbered(3000), live=False)
        view.set_search("/ 2\\d9[89]$/")
        await until(pilot, lambda: view.searched and view.state.match == 1)
        assert view.state.matches == 20
        assert view.current_line == 2099
        await pilot.press("n")
        assert (view.state.match, view.current_line) == (2, 2100)
        view.set_search("/ 2(/")
        assert (view.state.pattern, view.state.matches) == ("", 0)
        assert view.state.fault.startswith(" 2( is no regular expression (missing )")
        view.set_search("line 7")
        assert view.state.fault == ""


async def test_where_a_line_s_link_leads_is_told_when_it_is_clicked(app: LogApp) -> None:
    async with app.run_test(size=(60, 10)) as pilot:
        app.view.show(log("first", "see \x1b]8;;https://ci.example/1\x07this\x1b]8;;\x07"), live=False)
        assert screen(app.view)[1].endswith("see this")
        await pilot.click(LogView, offset=(20, 1))
        assert list(app.states[-1].links) == ["https://ci.example/1"]
        await pilot.click(LogView, offset=(20, 0))
        assert not app.states[-1].links


async def test_scrolling_back_to_the_end_follows_again(app: LogApp) -> None:
    async with app.run_test(size=(60, 10)) as pilot:
        app.view.show(numbered(50), live=True)
        await pilot.press("ctrl+u", "k")
        assert not app.view.following
        await pilot.press("ctrl+f")
        assert app.view.following


async def test_the_unended_line_is_replaced(app: LogApp) -> None:
    async with app.run_test(size=(60, 10)) as pilot:
        app.view.show(log("one", "prog"), live=True)
        app.view.extend(log("progress", "next"), replace_last=1)
        await until(pilot, lambda: screen(app.view)[:3] == ["  1   one", "  2   progress", "  3   next"])


async def test_keys_that_scroll(app: LogApp) -> None:
    async with app.run_test(size=(60, 11)) as pilot:
        app.view.show(numbered(100), live=False)
        assert first(app.view) == "1   line 0"
        for key, line in (
            ("j", 1), ("down", 2), ("k", 1), ("ctrl+d", 6), ("ctrl+f", 16), ("pagedown", 26),
            ("pageup", 16), ("ctrl+b", 6), ("ctrl+u", 1), ("end", 89), ("g", 0),
        ):  # fmt: skip
            await pilot.press(key)
            assert first(app.view) == f"{line + 1}   line {line}", key


async def test_a_finished_log_takes_the_live_one_s_place_without_a_jump(app: LogApp) -> None:
    async with app.run_test(size=(60, 10)) as pilot:
        lost = [LogLine(20, "… 30 pieces missing …")]
        app.view.show(numbered(20) + lost + numbered(60, 50), live=True)
        await pilot.press("ctrl+b")
        before = [line[4:] for line in screen(app.view)]
        assert before[0].strip() == "line 91"
        app.view.show(numbered(130), live=False)
        assert [line[4:] for line in screen(app.view)][:-1] == before[:-1]
        assert first(app.view) == "92   line 91"


@pytest.mark.parametrize(
    ("old", "new", "top", "expected"),
    [
        ("abc", "abcd", 2, (3, 2)),
        ("abc", "", 2, (0, 0)),
        ("", "abc", 0, (0, 0)),
        ("a-def", "abcdef", 2, (1, 3)),
        ("a-def", "abcdef", 1, (1, 2)),
        ("abc", "xyz", 2, (0, 0)),
        ("abxxx", "abyyy", 3, (2, 2)),
        ("abc", "a", 2, (1, 0)),
    ],
)
def test_the_place_in_a_replaced_log(old: str, new: str, top: int, expected: tuple[int, int]) -> None:
    times = dict(zip("abcdef-xyz", (0, 1, 2, 3, 4, 5, 1, 0, 0, 0), strict=True))
    before, after = (LogLines(LogLine(times[c], c) for c in text) for text in (old, new))
    assert place_in(before, after, top) == expected


async def test_search_counts_marks_and_goes_round(app: LogApp) -> None:
    async with app.run_test(size=(60, 10)) as pilot:
        lines = numbered(300)
        lines[3] = LogLine(3, "a \x1b[31mnee\x1b[0mdle, a Needle")
        lines[250] = LogLine(250, "needle")
        app.view.show(lines, live=False)
        app.view.set_search("needle")
        await until(pilot, lambda: app.view.state.counted)
        places = [(app.view.state.match, app.view.state.matches)]
        for key in ("n", "n", "n", "N"):
            await pilot.press(key)
            places.append((app.view.state.match, app.view.state.matches))
        assert places == [(1, 3), (2, 3), (3, 3), (1, 3), (3, 3)]
        assert any("needle" in row for row in screen(app.view))
        assert app.view.current_text() == "needle"
        app.view.set_search("Needle")
        await until(pilot, lambda: app.view.state.counted)
        assert app.view.state.matches == 1
        app.view.clear_search()
        assert app.view.state == LogState(300, following=False)


async def test_a_match_far_to_the_right_is_brought_into_sight(app: LogApp) -> None:
    async with app.run_test(size=(60, 10)) as pilot:
        app.view.show(log("x" * 5000 + "needle" + "y" * 5000), live=False)
        app.view.set_search("needle")
        await until(pilot, lambda: "needle" in first(app.view))
        assert re.fullmatch(r"1   ‹x+needley+›", first(app.view))
        await pilot.press("w")
        app.view.set_search("needle")
        await until(pilot, lambda: any("needle" in row for row in screen(app.view)))


async def test_new_lines_are_searched_too(app: LogApp) -> None:
    async with app.run_test(size=(60, 10)) as pilot:
        app.view.show(log("needle", "need"), live=True)
        app.view.set_search("needle")
        app.view.extend(log("needle", "needle needle"), replace_last=1)
        await until(pilot, lambda: app.view.state.matches == 4)


async def test_errors_are_counted_and_gone_to(app: LogApp) -> None:
    async with app.run_test(size=(60, 10)) as pilot:
        lines = numbered(20_000)
        lines[5] = LogLine(5, "WARN old")
        lines[40] = LogLine(40, "panic: first")
        lines[19_000] = LogLine(19_000, "\x1b[1mE\x1b[0mrror: second")
        app.view.show(lines, live=False)
        app.view.first_error()
        await until(pilot, lambda: any("✗ panic: first" in row for row in screen(app.view)))
        await pilot.press("e")
        await until(pilot, lambda: any("✗ Error: second" in row for row in screen(app.view)))
        assert app.view.current_text() == "Error: second"
        await pilot.press("E")
        await until(pilot, lambda: any("panic: first" in row for row in screen(app.view)))
        await until(pilot, lambda: app.view.state.counted)
        assert (app.view.state.errors, app.view.state.warnings) == (2, 1)


async def test_wrapping_keeps_the_line_and_shows_every_character(app: LogApp) -> None:
    async with app.run_test(size=(46, 20)) as pilot:
        text = "".join(chr(ord("a") + index % 26) for index in range(100)) + "日本語" * 20
        app.view.show([*numbered(50), LogLine(0, text), *numbered(50)], live=False)
        app.view.action_move(48)
        top = first(app.view)
        assert any(row.endswith("›") for row in screen(app.view))
        await pilot.press("w")
        assert first(app.view) == top
        assert text in "".join(row[6:] for row in screen(app.view))
        assert all(cell_len(row) < 46 for row in screen(app.view))
        await pilot.press("w")
        assert first(app.view) == top


async def test_resizing_keeps_the_line(app: LogApp) -> None:
    async with app.run_test(size=(60, 20)) as pilot:
        app.view.wrap = True
        app.view.show([LogLine(0, f"{number} " + "x" * 500) for number in range(2_000)], live=False)
        await until(pilot, lambda: app.view.state.counted)
        await pilot.press("end", "ctrl+u", "ctrl+u", "ctrl+u")
        top = int(first(app.view).split()[0]) if not first(app.view).startswith("x") else 0
        line = app.view.current_text().split(" ")[0]
        for width in (100, 45, 140):
            await pilot.resize_terminal(width, 20)
            await until(pilot, lambda: app.view.size.width in (100, 45, 140) and bool(first(app.view)))
            assert app.view.current_text().split(" ")[0] == line
            assert first(app.view).startswith(str(int(line) + 1))
        assert top < 2_000


async def test_a_wrapped_live_log_is_followed(app: LogApp) -> None:
    async with app.run_test(size=(60, 10)) as pilot:
        app.view.wrap = True
        app.view.show([LogLine(0, "x" * 300)] * 1_000, live=True)
        app.view.extend(log("y" * 100 + "end"))
        await until(pilot, lambda: screen(app.view)[-1].endswith("yend"))
        await until(pilot, lambda: app.view.virtual_size.height == 6 * 1_000 + 2)
        assert screen(app.view)[-1].endswith("yend")


async def test_moving_sideways_stops_where_lines_stop(app: LogApp) -> None:
    async with app.run_test(size=(60, 10)) as pilot:
        app.view.show(log("+" + "x" * 59 + "end", "short"), live=False)
        assert first(app.view).endswith("x›")
        await pilot.press("l", "l", "right")
        assert first(app.view).endswith("xend")
        assert screen(app.view)[1] == "  2   ‹"
        await pilot.press("h", "left")
        assert screen(app.view)[1] == "  2   short"


async def test_times_and_numbers(app: LogApp) -> None:
    async with app.run_test(size=(60, 10)) as pilot:
        app.view.show([LogLine(45, "a"), LogLine(3661, "b")], live=False)
        await pilot.press("t")
        assert screen(app.view)[:2] == ["  1     0:45   a", "  2  1:01:01   b"]
        app.view.numbers = False
        assert screen(app.view)[0] == "    0:45   a"
        await pilot.resize_terminal(30, 10)
        await until(pilot, lambda: screen(app.view)[0] == "  a")


async def test_an_empty_log_says_why(app: LogApp) -> None:
    async with app.run_test(size=(60, 10)):
        app.view.show(numbered(5), live=False)
        app.view.clear("this step was skipped")
        assert screen(app.view)[:2] == ["this step was skipped", ""]
        assert app.view.current_text() == ""
        assert app.view.state == LogState()


async def test_a_click_makes_a_line_the_current_one(app: LogApp) -> None:
    async with app.run_test(size=(60, 10)) as pilot:
        app.view.show(log("a", "\x1b[1mb\x1b[0m\tc"), live=False)
        assert app.view.current_text() == "a\nb\tc"
        await pilot.click(LogView, offset=(8, 1))
        assert app.view.current_text() == "b\tc"


def test_keys_can_be_told_apart_by_their_ids() -> None:
    ids = [binding.id for binding in LogView.BINDINGS]  # type: ignore[union-attr]
    assert all(name and name.startswith("log.") for name in ids)
    assert len(set(ids)) == len(ids)


async def test_a_busy_log_is_not_painted_for_every_line(app: LogApp) -> None:
    async with app.run_test(size=(60, 10)) as pilot:
        app.view.show(numbered(100), live=True)
        seen = set()
        for number in range(100, 400):
            app.view.extend(numbered(1, number))
            seen.add(app.view.scroll_offset.y)
        assert len(seen) <= 10
        await until(pilot, lambda: screen(app.view)[-1] == "400   line 399")


def test_rows_of_lines_and_lines_of_rows() -> None:
    heights = [1 + number % 3 for number in range(2_000)]
    rows = RowMap(heights.__getitem__)
    rows.reset(1_500, wrapped=True)
    assert rows.line_at(5_000)[0] == 1_499
    rows.change(1_500, 2_000)
    while not rows.measured:
        rows.measure(lambda: True)
    assert rows.rows == sum(heights)
    every = [(line, nth) for line, height in enumerate(heights) for nth in range(height)]
    assert [rows.line_at(row) for row in range(rows.rows)] == every
    assert [rows.row_of(line) for line in range(2_000)] == [sum(heights[:line]) for line in range(2_000)]
    rows.change(300, 300)
    assert rows.line_at(9_999) == (299, heights[299] - 1)
    rows.change(0, 0)
    assert (rows.rows, rows.line_at(3)) == (0, (0, 0))


def test_finds_in_order() -> None:
    finds = Finds()
    finds.add(2, ([0, 3], [1, 3]))
    finds.add(9, ([0], [1]))
    every = [Hit(2, 0), Hit(5, 0), Hit(5, 1), Hit(5, 2), Hit(9, 0)]
    assert [finds.ordinal(hit) for hit in every] == [1, 2, 3, 4, 5]
    assert [finds.after(hit) for hit in every] == [*every[1:], None]
    assert [finds.before(hit) for hit in every] == [None, *every[:-1]]
    assert (finds.after(Hit(3, 0)), finds.before(Hit(3, 0)), finds.ordinal(Hit(3, 0))) == (Hit(5, 0), Hit(2, 0), 0)
    finds.forget_from(5)
    assert (finds.total, finds.last()) == (1, Hit(2, 0))


HOSTILE_APP = """
    import sys
    from textual.app import App
    from textual.containers import Horizontal
    from textual.widgets import Static
    from buildwatch.model import LogLine
    from buildwatch.tui.log_view import LogView

    HOSTILE = [
        *(chr(code) + "m" + chr(code) for code in [*range(32), *range(0x7F, 0xA0)]),
        "\\x1b]52;c;T1dORUQ=\\x07", "\\x1b]0;OWNED\\x07", "\\x1b]0;OWNED\\x1b\\\\", "\\x1b]8;;http://OWNED\\x1b\\\\x",
        "\\x1bPtmux;\\x1b\\x1b]52;c;T1dORUQ=\\x07\\x1b\\\\", "\\x1b[2J\\x1b[1;1HTOP", "\\x1b[5n\\x1b[6n\\x1b[c",
        "\\x1b[?1049l\\x1bc\\x1b7\\x1b(0", "\\x9b2J\\x9d0;OWNED\\x9c", "\\x1b[3A\\x1b[20D\\x1b[K\\x1b[10X", "\\ud800",
        "x" * 3000, "日" * 500, "a" + "\\u0336\\u0489" * 300, "\\u202egnp.exe\\u2066", "👩\\u200d👩\\u200d👧\\ufe0f🇫🇷",
        b"\\xff\\xfe\\xc3(".decode("utf-8", "replace"), "\\x1b[" + "9" * 5000 + "m", "[bold]markup[/] [/nope]",
    ]

    class Hostile(App):
        CSS = "Static { width: 12; } LogView { width: 1fr; }"
        def compose(self):
            yield Horizontal(LogView(), Static("NEIGHBOUR|\\n" * 24, markup=False))
        def on_mount(self):
            self.rest = HOSTILE
            self.view = self.query_one(LogView)
            self.view.wrap = sys.argv[1] == "wrap"
            self.set_interval(0.05, self.more)
        def more(self):
            self.view.extend([LogLine(0, f"B{text}E") for text in self.rest[:8]])
            self.view.action_follow()
            self.rest = self.rest[8:]
            if not self.rest:
                self.set_timer(0.3, self.exit)

    Hostile().run(mouse=False)
"""


def output_of(program: str, *arguments: str, columns: int = 80, rows: int = 24) -> str:
    """What a program writes to a real terminal of that size."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "TEXTUAL_ANIMATIONS": "none"}
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment,
        start_new_session=True,
    )
    os.close(theirs)
    output = b""
    try:
        while chunk := os.read(ours, 65536):
            output += chunk
    except OSError:
        pass  # the terminal is gone when the program is
    os.close(ours)
    assert process.wait(10) == 0
    return output.decode()


SEQUENCE = re.compile(
    r"\x1b\[([0-?]*)([ -/]*[@-~])|\x1b[\]PX^_].*?(?:\x07|\x1b\\)|\x1b[ -/]*[0-~]|[\x00-\x09\x0b-\x1f\x7f-\x9f]",
    re.DOTALL,
)


@pytest.mark.parametrize("mode", ["wrap", "cut"])
def test_nothing_of_a_hostile_log_reaches_the_terminal(mode: str) -> None:
    output = output_of(HOSTILE_APP, mode)
    assert "NEIGHBOUR|" in output
    assert "markup[/] [/nope]" in output
    ordinary = {"m", "H", "h", "l", "u", "p", "q", "t", "n", "c", "$p"}
    questions = []
    for match in SEQUENCE.finditer(output):
        assert match[2] is not None or match[0] in {"\r", "\x1b]22;default\x07"}, match[0]
        assert match[2] in ordinary | {None}, match[0]
        if match[2] in {"n", "c"}:
            questions.append(match[0])
    assert questions == []
    assert "OWNED" not in output
    assert "T1dORUQ" not in output
    assert "\x1b[1;1HTOP" not in output
    shown = screen_of(output.partition("\x1b[?1049l")[0], 80, 24)
    assert [line[-12:] for line in shown] == ["NEIGHBOUR|  "] * 24
    assert "B[bold]markup[/] [/nope]E" in shown[-1]


def screen_of(output: str, columns: int, rows: int) -> list[str]:
    """What a terminal that obeys cursor addresses and nothing else shows in the end. Nothing may run off its edge."""
    cells = [[" "] * columns for _ in range(rows)]
    row = column = at = 0
    for match in [*SEQUENCE.finditer(output), None]:
        for char in output[at : match.start() if match else None]:
            if char == "\n":
                row += 1
                continue
            width = cell_len(char)
            if not width:
                continue
            assert column + width <= columns, (row, column, char)
            cells[row][column : column + width] = [char] + [""] * (width - 1)
            column += width
        if match and match[2] == "H":
            row, column = (int(number or 1) - 1 for number in (match[1] + ";" * (";" not in match[1])).split(";"))
        elif match and match[0] == "\r":
            column = 0
        at = match.end() if match else at
    return ["".join(line) for line in cells]


async def test_the_log_takes_apart_only_what_it_shows(app: LogApp, monkeypatch: pytest.MonkeyPatch) -> None:
    painted: list[int] = []

    def counted(line: LogLine, number: int, *rest: Any) -> list[Strip]:
        painted.append(number)
        return paint(line, number, *rest)

    monkeypatch.setattr("buildwatch.tui.log_pane.paint", counted)
    async with app.run_test(size=(60, 10)) as pilot:
        app.view.show(numbered(5_000), live=False)
        await until(pilot, lambda: app.view.state.counted)
        screen(app.view)
        await pilot.press("j")
        screen(app.view)
    assert sorted(painted) == list(range(1, 12))


async def test_states_are_told_once(app: LogApp) -> None:
    async with app.run_test(size=(60, 10)) as pilot:
        app.view.show(numbered(5), live=True)
        app.view.show(numbered(5), live=True)
        await until(pilot, lambda: bool(app.states) and app.states[-1].counted)
    assert all(before != after for before, after in pairwise(app.states))
