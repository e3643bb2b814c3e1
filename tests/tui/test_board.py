"""The live tree on the screen: what it opens on, where the cursor stays, and how one gets around."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from textual import events
from textual.color import Color

from buildwatch.demo.control import Script, StageScript, StepScript
from buildwatch.demo.driver import HandClock
from buildwatch.demo.server import DemoServer, running
from buildwatch.model import Repo, RepoKey
from buildwatch.tui.cells import Pieces
from buildwatch.tui.help import Help
from buildwatch.tui.row_cells import Painter
from buildwatch.tui.rows import Kind, Row
from tests.tui.conftest import SLUG

if TYPE_CHECKING:
    from tests.tui.conftest import Desk, Desks

TWO = (
    StageScript((StepScript("lint"), StepScript("test", hold=True)), "unit"),
    StageScript(name="ship", depends_on=("unit",)),
)


async def opened(desk: Desk, *repos: str) -> None:
    """Unfold these repos."""
    for repo in repos:
        await desk.go_to(repo)
        await desk.press("enter")
        await desk.until(lambda: desk.board.showing.is_open(desk.row))
    await desk.settled()  # all their builds are there


# what it opens on


async def test_it_opens_on_the_uppermost_build_that_runs(desks: Desks) -> None:
    desks.ended()
    desks.start(repo="acme/checkout-api", message="Fix the retry policy")
    desks.start(repo="acme/search")
    desks.server.advance(5)
    async with desks.listed() as desk:
        await desk.until(lambda: desk.row.build is not None)
        assert desk.at.startswith("▾ ● #1")
        await desk.shows("● test", "Fix the retry policy", "log ● test")
        assert desk.line("foot").endswith("acme/checkout-api#1")


async def test_at_the_start_nothing_scrolls_away(clock: HandClock, desks: Desks) -> None:
    async with running(DemoServer(clock=clock, seed=1, repos=60, history=0, rate=0)) as server:
        desks.use(server)
        desks.start(repo="platform/gateway")
        server.advance(5)
        async with desks.listed((100, 24)) as desk:
            await desk.shows("● 1 running")
            assert desk.at == "▾ acme"
            assert desk.board.live.scroll_y == 0


async def test_it_opens_on_the_first_row_when_nothing_runs(desks: Desks) -> None:
    desks.ended()
    async with desks.listed() as desk:
        await desk.shows("● ci.acme live")
        assert desk.at == "▾ acme"
        assert [row.strip().split()[1:3] for row in desk.rows[1:]] == [
            ["checkout-api", "no"],
            ["search", "no"],
            ["✓", "storefront"],
        ]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_what_it_opens_on_is_in_sight(size: tuple[int, int], clock: HandClock, desks: Desks) -> None:
    async with running(DemoServer(clock=clock, seed=1, repos=40, history=1, rate=0)) as server:
        desks.use(server)
        desks.start(repo="acme/billing")
        server.advance(5)
        async with desks.listed(size) as desk:
            await desk.until(lambda: desk.row.kind is Kind.BUILD and any("● test" in row for row in desk.rows))
            assert desk.at.startswith("▾ ● #"), "also after the pane for the selection took its room"


async def test_nothing_scrolls_away_at_the_start_for_a_build_far_below(clock: HandClock, desks: Desks) -> None:
    async with running(DemoServer(clock=clock, seed=1, repos=60, history=1, rate=0)) as server:
        desks.use(server)
        desks.start(repo="platform/gateway")
        server.advance(5)
        async with desks.listed((80, 24)) as desk:
            await desk.until(lambda: desk.board.side is not None and len(desk.board.live.rows) > 60)
            assert desk.board.live.scroll_y == 0
            assert desk.board.live.cursor < 12


# where the cursor stays


async def test_the_cursor_stays_on_its_thing_while_the_world_moves(desks: Desks) -> None:
    for repo in ("acme/checkout-api", "acme/search", "acme/storefront"):
        for _ in range(8):
            desks.ended(repo=repo)
    async with desks.listed((120, 18)) as desk:
        await opened(desk, "checkout-api", "search")
        await desk.until(lambda: len(desk.board.live.rows) == 4 + 8 + 8)
        await desk.press("G")
        assert desk.board.live.scroll_y > 2
        await desk.go_to("#4")
        key = desk.row.key
        line = desk.board.live.cursor - round(desk.board.live.scroll_y)
        live = await desk.running(repo="acme/checkout-api")  # rows come above
        await desk.until(lambda: len(desk.board.live.rows) == 4 + 8 + 9)
        assert desk.row.key == key
        assert desk.board.live.cursor - round(desk.board.live.scroll_y) == line, "it does not jump on the screen"
        desk.server.control.release(live)
        desk.advance(5)
        await desk.agree(live, "success")
        await desk.running(repo="acme/search")
        await desk.until(lambda: len(desk.board.live.rows) == 4 + 9 + 9)
        assert desk.row.key == key
        assert "#4" in desk.at


async def test_what_comes_above_does_not_push_the_cursor_out_of_sight(desks: Desks) -> None:
    for repo in ("acme/checkout-api", "acme/storefront"):
        for _ in range(8):
            desks.ended(repo=repo)
    async with desks.listed((120, 18)) as desk:
        live = desk.board.live
        await opened(desk, "checkout-api", "storefront")
        await desk.settled()  # its height is what it will be
        await desk.press("g", *["j"] * (live.size.height - 1))
        assert live.scroll_y == 0
        key = desk.row.key
        await desk.running(repo="acme/checkout-api")
        await desk.until(lambda: len(live.rows) == 4 + 9 + 8)
        assert desk.row.key == key
        assert desk.at != ""


async def test_where_a_row_goes_the_cursor_stays_on_what_stood_above(desks: Desks) -> None:
    red = StageScript((StepScript("test", outcome="failure"),))
    desks.ended(red, repo="acme/search")
    desks.ended(repo="acme/storefront")
    async with desks.listed() as desk:
        await desk.go_to("storefront")
        await desk.press("x")
        await desk.until(lambda: len(desk.board.live.rows) == 2)
        assert "search" in desk.at
        await desk.press("x")
        await desk.until(lambda: len(desk.board.live.rows) == 4)
        assert "search" in desk.at


async def test_columns_stand_still_while_a_build_runs(desks: Desks) -> None:
    for _ in range(3):
        desks.ended()
    async with desks.listed((100, 30)) as desk:
        live = await desk.running()
        await desk.until(lambda: "0:0" in desk.rows[3])
        columns = set()
        for _ in range(6):
            desk.advance(7)
            desk.board.show_all()
            await desk.pilot.pause()
            columns.add(desk.rows[3].index(" / "))
        assert len(columns) == 1
        desk.server.control.release(live)
        desk.advance(9)
        await desk.agree(live, "success")


# how one gets around


async def test_keys_that_move(desks: Desks) -> None:
    for _ in range(6):
        desks.ended(repo="acme/search")
    async with desks.listed() as desk:
        live = desk.board.live
        await opened(desk, "search")
        await desk.until(lambda: len(live.rows) == 1 + 3 + 6)
        steps = [
            ("g", 0),
            ("j", 1),
            ("down", 2),
            ("k", 1),
            ("up", 0),
            ("k", 0),
            ("G", 9),
            ("j", 9),
            ("home", 0),
            ("end", 9),
            ("pageup", 0),
            ("pagedown", 9),
            ("ctrl+u", 0),
            ("ctrl+d", 9),
            ("ctrl+b", 0),
            ("ctrl+f", 9),
        ]
        for key, row in steps:
            await desk.press(key)
            assert live.cursor == row, key


async def test_into_and_out_of_what_is_selected(desks: Desks) -> None:
    desks.start(*TWO)
    desks.server.advance(8)
    async with desks.listed() as desk:
        await desk.until(lambda: desk.row.kind is Kind.BUILD and len(desk.rows) > 8)
        kinds = [desk.row.kind]
        for _ in range(2):
            await desk.press("l")
            kinds.append(desk.row.kind)
        assert kinds == [Kind.BUILD, Kind.STAGE, Kind.STEP]
        seen = []
        for _ in range(8):
            await desk.press("h")
            await desk.pilot.pause()
            seen.append((desk.row.kind, desk.board.showing.is_open(desk.row)))
        assert seen == [
            (Kind.STAGE, True),
            (Kind.STAGE, False),
            (Kind.BUILD, True),
            (Kind.BUILD, False),
            (Kind.REPO, True),
            (Kind.REPO, False),
            (Kind.NAMESPACE, True),
            (Kind.NAMESPACE, False),
        ]
        await desk.press("h")
        assert desk.row.kind is Kind.NAMESPACE, "there is nothing further out"
        for kind in (Kind.NAMESPACE, Kind.REPO, Kind.REPO, Kind.REPO, Kind.REPO, Kind.BUILD):
            await desk.press("right")
            await desk.pilot.pause()
            if kind is Kind.REPO and "storefront" not in desk.at:
                await desk.go_to("storefront")
            seen.append((desk.row.kind, True))
        await desk.until(lambda: desk.row.kind is Kind.BUILD)


async def test_space_folds_and_enter_opens(desks: Desks) -> None:
    desks.start(*TWO)
    desks.server.advance(8)
    async with desks.listed() as desk:
        await desk.until(lambda: desk.row.kind is Kind.BUILD and len(desk.rows) > 8)

        def changed(desk: Desk, was: bool) -> bool:
            return desk.board.showing.is_open(desk.row) is not was

        for key in ("space", "space", "enter", "enter"):
            was = desk.board.showing.is_open(desk.row)
            await desk.press(key)
            await desk.until(partial(changed, desk, was))
        await desk.go_to("lint")
        await desk.press("space")
        assert not desk.board.in_log, "a step has nothing to fold"
        await desk.press("enter")
        await desk.until(lambda: desk.board.in_log)
        assert desk.line("foot").endswith("acme/storefront#1:unit/lint")


async def test_tab_goes_between_the_tree_and_the_log_and_escape_back(desks: Desks) -> None:
    desks.start()
    desks.server.advance(5)
    async with desks.listed() as desk:
        await desk.shows("log ● test")
        assert desk.board.live.has_focus
        for key, in_log in (("tab", True), ("tab", False), ("shift+tab", True), ("escape", False)):
            await desk.press(key)
            assert desk.board.in_log is in_log, key
        assert "/ filter" in desk.line("foot")
        await desk.press("tab")
        await desk.until(lambda: "e error" in desk.line("foot"))


async def test_escape_goes_out_level_by_level_and_never_out_of_the_app(desks: Desks) -> None:
    desks.start()
    desks.server.advance(5)
    async with desks.listed() as desk:
        await desk.until(lambda: desk.row.kind is Kind.BUILD)
        await desk.until(lambda: any(row.kind is Kind.STEP for row in desk.board.live.rows))
        await desk.press("l", "enter")
        await desk.until(lambda: desk.board.in_log)
        await desk.press("z")
        await desk.until(lambda: desk.board.has_class("-zoom"))
        for _ in range(12):
            await desk.press("escape")
        assert not desk.board.has_class("-zoom")
        assert not desk.board.in_log
        assert desk.row.kind is Kind.NAMESPACE
        assert desk.app.is_running


def more_than(desk: Desk, count: int) -> bool:
    return sum(row.kind is Kind.BUILD for row in desk.board.live.rows) > count


async def test_older_builds_come_on_asking(clock: HandClock, desks: Desks) -> None:
    async with running(DemoServer(clock=clock, seed=1, repos=1, history=60, rate=0)) as server:
        desks.use(server)
        async with desks.listed((120, 50)) as desk:
            await desk.until(lambda: desk.row.kind is Kind.BUILD)  # it runs, so it is open
            await desk.until(lambda: desk.board.live.rows[-1].kind is Kind.OLDER)
            for count in (20, 40, 60):
                await desk.until(lambda: desk.board.live.rows[-1].kind is Kind.OLDER)
                await desk.press("G", "enter")
                await desk.until(partial(more_than, desk, count))
            await desk.until(lambda: desk.board.live.rows[-1].kind is Kind.BUILD)
            numbers = [desk.app.store.build(row.build) for row in desk.board.live.rows if row.build]
            assert [one.number for one in numbers if one] == sorted(
                (one.number for one in numbers if one), reverse=True
            )


# the mouse


async def test_a_click_selects_a_double_one_opens_and_the_fold_sign_folds(desks: Desks) -> None:
    desks.ended()
    async with desks.listed() as desk:
        live = desk.board.live
        await desk.until(lambda: len(desk.rows) == 4)
        await desk.pilot.click(live, offset=(10, 3))
        assert "storefront" in desk.at
        assert not desk.board.showing.is_open(desk.row)
        await desk.pilot.double_click(live, offset=(12, 3))
        await desk.until(lambda: len(desk.rows) == 5)
        await desk.pilot.click(live, offset=(2, 3))
        await desk.until(lambda: len(desk.rows) == 4)
        await desk.pilot.click(live, offset=(0, 0))
        await desk.until(lambda: len(desk.rows) == 1)
        await desk.pilot.click(live, offset=(10, 20))
        assert "acme" in desk.at, "there is no row"


def at(desk: Desk, id: str, word: str) -> tuple[int, int]:
    """Where a word stands in one of the lines."""
    y, line = next((y, line) for y, line in enumerate(desk.line(id).split("\n")) if word in line)
    return line.index(word), y


async def test_a_click_on_a_key_at_the_foot_does_what_the_key_does(desks: Desks) -> None:
    desks.ended(repo="acme/search")
    desks.ended(StageScript((StepScript("test", outcome="failure"),)))
    async with desks.listed() as desk:
        await desk.pilot.click("#foot", offset=at(desk, "foot", "failed"))
        await desk.until(lambda: desk.board.view.filter == "failed")
        await desk.pilot.click("#foot", offset=at(desk, "foot", "failed"))
        await desk.until(lambda: desk.board.view.filter == "")
        await desk.go_to("storefront")
        await desk.pilot.click("#foot", offset=at(desk, "foot", "restart"))
        await desk.shows("esc: leave it")
        await desk.pilot.click("Hints", offset=(desk.hints.index("leave it"), 0))
        await desk.until(lambda: desk.app.screen is desk.board)
        await desk.pilot.click("#foot", offset=(desk.board.size.width - 3, 0))
        assert desk.app.screen is desk.board, "an address does nothing"


async def test_a_click_on_counts_and_heads(desks: Desks) -> None:
    desks.ended(StageScript((StepScript("test", outcome="failure"),)))
    async with desks.listed() as desk:
        await desk.shows("1 failing")
        await desk.pilot.click("#top", offset=at(desk, "top", "failing"))
        assert desk.board.view.name == "failed"
        await desk.pilot.click("#title", offset=at(desk, "title", "time"))
        assert desk.board.view.sort == "duration"
        await desk.pilot.click("#title", offset=at(desk, "title", "age"))
        assert desk.board.view.sort == "newest"
        await desk.pilot.click("#title", offset=at(desk, "title", "age"))
        assert desk.board.view.sort == "name"
        await desk.pilot.click("#title", offset=(2, 0))
        await desk.shows("waiting for me")


async def test_the_wheel_scrolls_and_the_cursor_stays(clock: HandClock, desks: Desks) -> None:
    async with running(DemoServer(clock=clock, seed=1, repos=60, history=0, rate=0)) as server:
        desks.use(server)
        async with desks.listed((100, 24)) as desk:
            live = desk.board.live
            await desk.until(lambda: len(live.rows) > 60)
            key = desk.row.key
            live.scroll_down(animate=False)
            live.scroll_down(animate=False)
            await desk.until(lambda: live.scroll_y > 0)
            assert desk.row.key == key
            await desk.press("j")
            await desk.until(lambda: desk.at != "")


# what is shown of it


async def test_a_filter_works_while_one_types_and_escape_clears_it(desks: Desks) -> None:
    for repo in ("acme/search", "acme/storefront"):
        desks.ended(repo=repo, branch="main" if repo.endswith("h") else "develop")
    async with desks.listed() as desk:
        await desk.press("slash")
        await desk.shows("repo, branch, author, status, failed, mine")
        await desk.type("dev")
        await desk.until(lambda: len(desk.rows) == 2)
        assert "filter: dev" in desk.line("title")
        await desk.press("enter")
        await desk.until(lambda: desk.board.live.has_focus and desk.board.asked is None)
        assert len(desk.rows) == 2, "it stays"
        await desk.press("slash")
        await desk.until(lambda: desk.board.asked)
        await desk.type("zzz")
        await desk.shows("nothing matches 'devzzz'", "esc shows everything again")
        await desk.press("escape")
        await desk.until(lambda: len(desk.rows) == 4)
        assert "filter" not in desk.line("title")


async def test_letters_typed_into_the_filter_are_no_commands(desks: Desks) -> None:
    desks.ended()
    async with desks.listed() as desk:
        await desk.press("slash")
        await desk.until(lambda: desk.board.asked)
        await desk.type("qxrcADFRTojk")
        assert desk.app.is_running
        assert desk.board.view.filter == "qxrcADFRTojk"
        assert not desk.said
        assert len(desk.app.screen_stack) == 1


async def test_a_filtered_tree_follows_what_happens(desks: Desks) -> None:
    async with desks.listed() as desk:
        await desk.press("slash")
        await desk.type("running")
        await desk.press("enter")
        await desk.shows("nothing matches 'running'")
        build = await desk.running()
        await desk.until(lambda: [row.kind for row in desk.board.live.rows] == [Kind.NAMESPACE, Kind.REPO])
        desk.server.control.release(build)
        desk.advance(5)
        await desk.agree(build, "success")
        await desk.shows("nothing matches 'running'")


async def test_where_mine_are_asked_for_a_repo_stands_by_the_newest_of_mine(desks: Desks) -> None:
    desks.ended(author="dana", message="Mine")
    desks.ended(author="zoe", message="Hers")
    async with desks.listed() as desk:
        await desk.go_to("storefront")
        await desk.shows("Hers")
        user = next(iter(desk.board.store.servers.values())).user
        assert user == "dana"
        await desk.press("u")
        await desk.shows("filter: mine")
        await desk.go_to("storefront")
        await desk.shows("#1 · push", "Mine")
        assert desk.board.selected_build is not None
        assert desk.board.selected_build.number == 1, "what actions mean is what is shown"
        await desk.press("u")
        await desk.shows("#2 · push", "Hers")


async def test_failed_only_and_back(desks: Desks) -> None:
    desks.ended(repo="acme/search")
    desks.ended(StageScript((StepScript("test", outcome="failure"),)))
    async with desks.listed() as desk:
        await desk.press("x")
        await desk.until(lambda: len(desk.rows) == 2)
        assert desk.line("title").startswith(" failed ")
        await desk.press("escape")
        await desk.until(lambda: len(desk.rows) == 4)


async def test_following_goes_to_each_build_that_begins(desks: Desks) -> None:
    desks.ended()
    async with desks.listed() as desk:
        await desk.running(repo="acme/search")
        assert desk.at == "▾ acme", "not unless asked"
        await desk.press("F")
        await desk.until(lambda: "following the newest" in desk.line("title"))
        await desk.running(repo="acme/checkout-api")
        await desk.until(lambda: desk.line("foot").endswith("acme/checkout-api#1"))
        await desk.press("F")
        await desk.running(repo="acme/storefront")
        assert desk.line("foot").endswith("acme/checkout-api#1")


@pytest.mark.parametrize("place", ["acme", "storefront", "search"])
async def test_following_goes_to_the_newest_build_at_once(place: str, desks: Desks) -> None:
    desks.ended()
    desks.ended(repo="acme/search")
    async with desks.listed() as desk:
        await desk.running(repo="acme/checkout-api")
        desk.advance(5)
        await desk.running(repo="acme/search")
        desk.advance(5)
        desk.server.control.start(Script("acme/storefront", (StageScript(),)))
        await desk.until(lambda: (build := desk.app.store.newest(RepoKey("ci.acme", SLUG))) and build.number == 2)
        desk.advance(9)  # it has ended now: what runs comes first
        await desk.settled()
        await desk.go_to(place)
        await desk.press("F")
        assert desk.line("foot").endswith("acme/search#2")
        await desk.press("tab")
        assert desk.board.in_log
        await desk.shows("log ● test", "following")


async def test_following_opens_what_was_folded_and_keeps_to_the_filter(desks: Desks) -> None:
    desks.ended(repo="acme/search")
    async with desks.listed() as desk:
        await desk.running(repo="acme/checkout-api")
        await desk.go_to("acme")
        await desk.press("h")
        await desk.until(lambda: len(desk.rows) == 1)
        await desk.press("F")
        assert desk.line("foot").endswith("acme/checkout-api#1")
        desk.board.set_filter("repo:search")
        await desk.press("g", "F")
        assert desk.line("foot").endswith("acme/search#1"), "of those on show"


async def test_following_again_from_elsewhere_goes_back_before_it_ends(desks: Desks) -> None:
    desks.ended()
    async with desks.listed() as desk:
        await desk.running(repo="acme/search")
        await desk.press("F", "g")
        await desk.until(lambda: desk.at == "▾ acme")
        await desk.press("F")
        await desk.until(lambda: desk.line("foot").endswith("acme/search#1"))
        assert desk.board.follow_newest
        await desk.press("F")
        await desk.until(lambda: not desk.board.follow_newest)


@pytest.mark.parametrize("group", ["namespace", "server", "status", "author"])
async def test_following_finds_its_build_however_things_are_grouped(group: str, desks: Desks) -> None:
    desks.ended(repo="acme/checkout-api")
    desks.ended(repo="acme/search")
    async with desks.listed() as desk:
        desk.board.group_by(group)
        for _ in range(3):
            await desk.press("G", "h", "h", "h")
            await desk.pilot.pause()
        await desk.press("g", "F")
        await desk.until(lambda: desk.line("foot").endswith("acme/search#1"))


async def test_the_help_tells_the_keys_of_this_place(desks: Desks) -> None:
    desks.start()
    desks.server.advance(5)
    async with desks.listed() as desk:
        await desk.shows("log ● test")
        await desk.press("question_mark")
        await desk.shows("in the tree", "open or go in")
        await desk.press("escape")
        await desk.until(lambda: len(desk.app.screen_stack) == 1)
        await desk.press("tab")
        await desk.press("question_mark")
        await desk.shows("in the log", "next, previous error")
        await desk.press("q")
        await desk.until(lambda: len(desk.app.screen_stack) == 1)
        assert desk.app.is_running


@pytest.mark.parametrize("size", [(80, 40), (40, 40)])
async def test_the_help_keeps_keys_and_words_apart(desks: Desks, size: tuple[int, int]) -> None:
    async with desks.listed(size=size) as desk:
        desk.app.push_screen(
            Help([("here", [("space, ctrl+d ctrl+u", "a page; half of it and then some more"), ("x", "y")])])
        )
        await desk.shows("here")
        long = next(line for line in desk.lines if "ctrl+u" in line)
        assert "ctrl+u  a page" in long
        at = long.index("a page")
        below = desk.lines[desk.lines.index(long) + 1]
        assert below.strip()[0] == "x" or not below[:at].strip(), "what goes on begins below the words"
        assert next(line for line in desk.lines if line.strip().startswith("x ")).index("y") == at


async def test_the_palette_runs_a_command(desks: Desks) -> None:
    desks.ended()
    async with desks.listed() as desk:
        await desk.press("ctrl+p")
        await desk.until(lambda: len(desk.app.screen_stack) == 2)
        await desk.type("failed only")
        await desk.shows("key: x")
        await desk.press("enter", "enter")
        await desk.until(lambda: desk.board.view.filter == "failed")


async def test_another_theme_at_once(desks: Desks) -> None:
    desks.ended()
    async with desks.listed() as desk:
        ground = desk.board.live.rich_style.bgcolor
        await desk.press("T")
        await desk.shows("enter: keep")
        await desk.press("down", "down")  # the next one has the same ground
        await desk.until(lambda: desk.app.theme != "dark")
        await desk.until(lambda: desk.board.live.rich_style.bgcolor != ground)
        ink = desk.board.live.ink("text")
        assert ink.bgcolor == desk.board.live.rich_style.bgcolor
        await desk.press("escape")
        await desk.until(lambda: desk.app.theme == "dark" and desk.board.live.rich_style.bgcolor == ground)


# any size


async def test_it_can_be_resized_while_it_lives(desks: Desks) -> None:
    desks.ended()
    async with desks.listed() as desk:
        await desk.running(*TWO, message="Fix the retry policy")
        await opened(desk, "storefront")
        await desk.go_to("#2")

        def fits(desk: Desk, width: int, height: int) -> bool:
            return desk.board.size == (width, height) == desk.drawn_size

        for size in ((80, 24), (200, 60), (120, 40), (40, 12), (80, 24), (20, 6), (120, 40)):
            await desk.pilot.resize_terminal(*size)
            desk.advance(1)
            await desk.until(partial(fits, desk, *size))
            if size[1] > 6:
                await desk.until(lambda: "#2" in desk.at)
        await desk.shows("#2", "push")


async def test_where_there_is_little_room_the_selection_stands_below(desks: Desks) -> None:
    desks.start(message="Fix the retry policy")
    desks.server.advance(5)
    async with desks.listed((80, 24)) as desk:
        side = desk.board.side
        assert side is not None
        await desk.shows("log ● test")
        assert side.region.width == 80
        assert side.region.y > desk.board.live.region.y
        assert "Fix the retry policy" not in desk.text
        await desk.press("i")
        await desk.shows("Fix the retry policy")
        await desk.press("i")
        await desk.until(lambda: "Fix the retry policy" not in desk.text)
        await desk.press("l", "enter")
        await desk.until(lambda: desk.board.has_class("-zoom"))
        assert side.region.height > 18, "a log takes the whole screen there"
        await desk.press("escape")
        await desk.until(lambda: desk.board.live.region.height > 5)
        await desk.pilot.resize_terminal(120, 40)
        await desk.until(lambda: side.region.x > 0)
        await desk.shows("Fix the retry policy")


async def test_zoom_shows_the_selection_on_the_whole_screen(desks: Desks) -> None:
    desks.start(message="Fix the retry policy")
    desks.server.advance(5)
    async with desks.listed() as desk:
        await desk.shows("log ● test")
        await desk.press("z")
        side = desk.board.side
        assert side is not None
        await desk.until(lambda: side.region.width == 120)
        await desk.shows("Fix the retry policy", "log ● test")
        await desk.press("z")
        await desk.until(lambda: side.region.width < 60 and desk.board.live.has_focus)


# many


async def test_three_hundred_repos(clock: HandClock, desks: Desks) -> None:
    async with running(DemoServer(clock=clock, seed=1, repos=300, history=1, rate=0)) as server:
        desks.use(server)
        async with desks.open() as desk:
            await desk.until(lambda: sum(row.kind is Kind.REPO for row in desk.board.live.rows) == 300)
            for key in ("G", "g", "pagedown", "pagedown", "ctrl+u", "G", "k"):
                await desk.press(key)
                await desk.until(lambda: desk.at != "")
            await desk.press("slash")
            await desk.type("quota-store")
            await desk.until(lambda: any("quota-store" in row for row in desk.rows) and len(desk.rows) < 12)


async def test_only_the_histories_of_visible_repos_are_read(clock: HandClock, desks: Desks) -> None:
    async with running(DemoServer(clock=clock, seed=1, repos=80, history=0, rate=0)) as server:
        desks.use(server)
        async with desks.listed((100, 24)) as desk:

            def asked() -> int:
                counts = server.requests.counts()
                return sum(count for (_, path), count in counts.items() if path.endswith("/builds"))

            await desk.until(lambda: asked() >= 12)
            assert asked() <= 24
            before = asked()
            await desk.press("G")
            await desk.until(lambda: asked() > before)


# what changes nothing


async def test_nothing_is_painted_while_nothing_happens(desks: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    desks.ended()
    async with desks.listed() as desk:
        drawn: list[Row] = []
        draw = Painter.draw

        def counted(painter: Painter, row: Row, width: int, is_open: bool) -> Pieces:
            drawn.append(row)
            return draw(painter, row, width, is_open)

        await desk.settled()
        monkeypatch.setattr(desk.board.live, "_draw", partial(counted, desk.board.painter))
        for _ in range(10):
            await desk.pilot.pause(0.01)
        assert drawn == []
        await desk.press("j")
        assert len(drawn) == 2, "and of what changes only those rows"


async def test_durations_tick_by_themselves(desks: Desks) -> None:
    async with desks.listed() as desk:
        await desk.running()
        await desk.until(lambda: "0:01" in desk.rows[3])
        desk.clock.now += 33  # and nothing is heard of any server
        await desk.until(lambda: "0:34" in desk.rows[3])


async def test_the_clock_and_the_ages_move_on_with_each_minute(desks: Desks) -> None:
    desks.ended()
    async with desks.listed() as desk:
        await desk.until(lambda: "now" in desk.rows[3])
        assert desk.line("top").endswith("11:35")
        desk.clock.now += 59.9 - desk.clock.now % 60
        desk.board.show_all()
        desk.clock.now += 120
        await desk.until(lambda: desk.line("top").endswith("11:37") and "2m" in desk.rows[3])


async def test_what_is_taken_away_on_the_server_goes_from_the_tree(desks: Desks) -> None:
    desks.start()
    desks.server.advance(5)
    async with desks.listed() as desk:
        await desk.until(lambda: desk.row.kind is Kind.BUILD and desk.log.state.lines)
        for left in (["acme/search"], ["acme/search"], [], []):
            desk.app._tell(desk.app.store.set_repos("ci.acme", [Repo("ci.acme", slug) for slug in left]))
        await desk.shows("ci.acme has no repos for dana")
        for key in ("r", "y", "Y", "o", "enter", "j", "tab", "z", "z", "x", "escape"):
            await desk.press(key)
        assert desk.app.is_running


async def test_typing_faster_than_the_screen(desks: Desks) -> None:
    desks.ended()
    async with desks.listed() as desk:
        keys = ["slash", "escape", "slash", "a", "escape", "slash", "enter", "slash", "slash", "escape"]
        for key in keys * 3:
            desk.app.post_message(events.Key(key, {"slash": "/", "a": "a"}.get(key)))
        await desk.press("j", "escape")
        await desk.until(lambda: desk.board.asked is None and desk.board.live.has_focus)
        await desk.until(lambda: len(desk.board.query("Input")) == 0)
        assert "/ filter" in desk.line("foot")
        for key in ("slash", "q", "r", "c", "enter"):  # as in one write of a terminal far away
            desk.app.post_message(events.Key(key, {"slash": "/", "enter": None}.get(key, key)))
        await desk.until(lambda: desk.board.view.filter == "qrc" and desk.board.asked is None)
        assert desk.app.is_running
        assert len(desk.app.screen_stack) == 1


async def test_keys_right_after_what_is_typed_mean_what_they_mean(desks: Desks) -> None:
    desks.ended(StageScript((StepScript("test", log=("many\n", "one\n", "many\n", "many\n")),), "unit"))
    async with desks.listed() as desk:
        for key in ("slash", *"search", "enter", "z"):  # as in one write of a terminal far away
            desk.app.post_message(events.Key(key, {"slash": "/", "enter": None}.get(key, key)))
        await desk.until(lambda: desk.board.has_class("-zoom") and desk.board.asked is None)
        assert desk.board.view.filter == "search"
        await desk.press("z", "escape")
        await desk.go_to("storefront")
        await desk.press("tab")  # before the log is there
        await desk.until(lambda: desk.board.in_log and desk.log.state.lines == 4)
        for key in ("slash", *"many", "enter", "n", "n"):
            desk.app.post_message(events.Key(key, {"slash": "/", "enter": None}.get(key, key)))
        await desk.until(lambda: desk.log.state.match == 3)
        assert desk.log.state.pattern == "many"


# poorer terminals


async def test_ascii_draws_only_ascii_wherever_one_is(desks: Desks) -> None:
    for _ in range(12):
        desks.ended(StageScript((StepScript("test", outcome="failure", log=tuple(f"error {n}\n" for n in range(99))),)))
    desks.start(branch="feature/a-name-that-has-no-room-in-its-column", message="word " * 40)
    desks.server.advance(5)
    async with desks.listed((100, 24), glyphs="ascii") as desk:
        await desk.until(lambda: desk.row.kind is Kind.BUILD and desk.log.state.lines)
        places = [(), ("j", "j"), ("tab",), ("w", "t"), ("escape",), ("z",), ("z",), ("i",), ("slash",), ("escape",)]
        places += [("question_mark",), ("escape",), ("r",), ("escape",), ("F",), ("x",)]
        places += [("v",), ("escape",), ("S",), ("escape",), ("m", "r"), ("escape",)]
        places += [("p", "s", "b"), ("b",), ("ctrl+p",)]
        for keys in places:
            await desk.press(*keys)
            await desk.pilot.pause(0.02)
            assert [line for line in desk.lines if not line.isascii()] == [], keys


async def test_without_colour_there_is_none(desks: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    desks.ended(StageScript((StepScript("test", outcome="failure", log=("\x1b[31mred\x1b[0m\n",)),)))
    async with desks.listed() as desk:
        await desk.go_to("storefront")
        await desk.shows("✗ storefront", "✗ failure", "red")
        colors = set()
        for strip in desk.app.screen._compositor.render_strips():
            for segment in strip.apply_filter(desk.app._filters[-1], Color.parse("black")):
                for color in (segment.style.color, segment.style.bgcolor) if segment.style else ():
                    colors.add(color.get_truecolor() if color else None)
        assert all(color is None or len(set(color)) == 1 for color in colors), "all is grey"
        ground = {color for color in colors if color}
        assert len(ground) > 2, "and not all of one grey"


# folds, filters and what is in them


async def test_a_filter_finds_what_stands_folded_and_leaves_the_folds_as_they_were(desks: Desks) -> None:
    desks.ended(StageScript((StepScript("test", outcome="failure"),)), repo="acme/search")
    async with desks.listed() as desk:
        await desk.go_to("acme")
        await desk.press("h")
        await desk.until(lambda: len(desk.rows) == 1)
        await desk.press("slash")
        await desk.type("search")
        await desk.press("enter")
        await desk.until(lambda: desk.line("foot").endswith("acme/search"))
        await desk.press("y")
        assert desk.copied
        assert "acme/search" in desk.copied[-1]
        await desk.press("escape")
        await desk.until(lambda: len(desk.rows) == 1)
        await desk.press("x")
        await desk.until(lambda: any("search" in row for row in desk.rows))


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (120, 40)])
async def test_a_folded_group_tells_at_every_size_what_is_in_it(size: tuple[int, int], desks: Desks) -> None:
    desks.ended(StageScript((StepScript("test", outcome="failure"),)), repo="acme/search")
    async with desks.listed(size) as desk:
        await desk.go_to("acme")
        await desk.press("h")
        await desk.until(lambda: desk.rows == ["▸ acme  ✗ 1  3 repos"])
        await desk.running(repo="acme/storefront")
        await desk.until(lambda: desk.rows == ["▸ acme  ✗ 1  ● 1  3 repos"])
        await desk.press("l")
        await desk.until(lambda: desk.rows[0] == "▾ acme")


async def test_the_facts_of_a_group_are_of_the_repos_that_the_tree_shows(desks: Desks) -> None:
    desks.ended(StageScript((StepScript("test", outcome="failure"),)), repo="acme/search")
    async with desks.listed() as desk:
        await desk.go_to("acme")
        await desk.shows("3 repos")
        await desk.press("x")
        await desk.shows("1 repo ", "▾ acme")


async def test_escape_in_the_tree_goes_out_and_folds_nothing(desks: Desks) -> None:
    desks.start()
    desks.server.advance(5)
    async with desks.listed() as desk:
        await desk.until(lambda: any(row.kind is Kind.STEP for row in desk.board.live.rows))
        rows = desk.board.live.rows
        await desk.go_to("test")
        kinds = [desk.row.kind]
        for _ in range(6):
            await desk.press("escape")
            await desk.pilot.pause()
            kinds.append(desk.row.kind)
        assert kinds[:4] == [Kind.STEP, Kind.BUILD, Kind.REPO, Kind.NAMESPACE]
        assert set(kinds[4:]) == {Kind.NAMESPACE}
        assert desk.board.live.rows == rows
        await desk.press("h")
        await desk.until(lambda: len(desk.rows) == 1)


async def test_escape_takes_back_what_was_just_opened(desks: Desks) -> None:
    desks.ended()
    async with desks.listed() as desk:
        await desk.go_to("storefront")
        await desk.press("enter")
        await desk.until(lambda: len(desk.rows) == 5)
        await desk.press("escape")
        await desk.until(lambda: len(desk.rows) == 4)
        assert "storefront" in desk.at
        await desk.press("enter")
        await desk.until(lambda: len(desk.rows) == 5)
        await desk.press("j", "k", "escape")
        assert desk.at == "▾ acme"
        assert len(desk.rows) == 5, "not once one has gone on"
