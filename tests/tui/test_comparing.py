"""Two builds side by side: which two, in what order, while one runs, and the way there and back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace as replace_build

from buildwatch.demo.control import StageScript, StepScript
from buildwatch.tui.cells import Pieces
from buildwatch.tui.compare_choice import pair
from buildwatch.tui.compare_lines import CompareLines
from buildwatch.tui.compare_table import CompareTable
from buildwatch.tui.comparing import Comparing
from tests.insight.test_compare import green

if TYPE_CHECKING:
    from tests.tui.conftest import Desk, Desks

SIZES = [(80, 24), (120, 40), (200, 60)]


def pipeline(test: float = 20, lint: float = 6, *, publish: bool = True) -> StageScript:
    steps = [StepScript("compile", 8), StepScript("test", test), StepScript("lint", lint)]
    return StageScript((*steps, StepScript("publish", 4)) if publish else tuple(steps), "unit")


@asynccontextmanager
async def opened(desks: Desks, size: tuple[int, int] = (120, 40), **settings: Any) -> AsyncIterator[Desk]:
    """The app, which is left when it has come to rest: what is cut off while it connects leaves warnings."""
    async with desks.listed(size, **settings) as desk:
        yield desk
        await desk.settled()


def table(desk: Desk) -> CompareTable:
    return desk.app.screen.query_one(CompareTable)


def steps(desk: Desk) -> list[str]:
    """The first word of each line of the table that is on the screen."""
    widget = table(desk)
    texts = [widget.render_line(y).text for y in range(widget.size.height)]
    return [text.split()[0] for text in texts if text.strip()]


def comparing(desk: Desk) -> bool:
    return isinstance(desk.app.screen, Comparing)


async def open_at(desk: Desk, number: int) -> None:
    """The comparison of the build of that number."""
    await desk.go_to("storefront")
    await desk.press("l")
    await desk.go_to(f"#{number} ")
    await desk.press("d")
    await desk.until(lambda: comparing(desk))


@pytest.mark.parametrize("size", SIZES)
async def test_one_key_says_whether_it_is_slower_and_where(desks: Desks, size: tuple[int, int]) -> None:
    old = desks.ended(pipeline())
    desks.ended(pipeline(), branch="topic")
    new = desks.ended(pipeline(test=61))
    async with opened(desks, size) as desk:
        await open_at(desk, new.number)
        await desk.shows("longer than", "test +0:41", f"last green on {old.origin.target}")
        assert f"against #{old.number} ✓ success" in desk.text
        await desk.until(lambda: steps(desk) == ["compile", "test", "lint", "publish"])
        assert any("test" in line and "▲ +0:41" in line and "+205%" in line for line in desk.lines)
        assert max(map(len, desk.lines)) <= size[0]


async def test_of_many_steps_only_what_is_seen_is_drawn(desks: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    many = StageScript(tuple(StepScript(f"part-{nth:03}", 1) for nth in range(300)), "unit")
    desks.ended(many)
    new = desks.ended(many)
    drawn: list[int] = []
    row = CompareLines.row

    def drawing(self: CompareLines, at: int) -> Pieces:
        drawn.append(at)
        return row(self, at)

    monkeypatch.setattr(CompareLines, "row", drawing)
    async with opened(desks) as desk:
        await open_at(desk, new.number)
        await desk.until(lambda: steps(desk)[:2] == ["part-000", "part-001"])
        await desk.settled()
        assert max(drawn) <= 40
        drawn.clear()
        await desk.press("j")
        await desk.until(lambda: "part-001" in desk.lines[-1])
        assert sorted(set(drawn)) == [0, 1]


async def test_what_grew_most_comes_first_and_what_is_as_it_was_can_go(desks: Desks) -> None:
    desks.ended(pipeline())
    new = desks.ended(pipeline(test=30, lint=26, publish=False))
    async with opened(desks) as desk:
        await open_at(desk, new.number)
        await desk.until(lambda: steps(desk) == ["compile", "test", "lint", "publish"])
        await desk.press("s")
        await desk.until(lambda: steps(desk)[:2] == ["lint", "test"])
        assert steps(desk)[-1] == "publish", "what is gone made it shorter"
        await desk.press("x")
        await desk.until(lambda: steps(desk) == ["lint", "test", "publish"])
        await desk.press("s", "x", "s")
        await desk.until(lambda: steps(desk) == ["compile", "test", "lint", "publish"])


async def test_it_can_be_held_against_any_build(desks: Desks) -> None:
    first, second, third, new = (desks.ended(pipeline(test=10 + n)) for n in range(4))
    async with opened(desks) as desk:
        await open_at(desk, new.number)
        await desk.shows(f"against #{third.number}")
        await desk.press("h")
        await desk.shows(f"against #{second.number}")
        await desk.press("h", "h", "h")
        await desk.shows(f"against #{first.number}")
        await desk.press("l")
        await desk.shows(f"against #{second.number}", "test +0:02")
        await desk.press("number_sign")
        await desk.type(str(first.number))
        await desk.press("enter")
        await desk.shows(f"against #{first.number}", "test +0:03")
        await desk.press("u")
        await desk.shows(f"against #{third.number}")
        await desk.press("H")
        await desk.shows(f"this #{third.number}", f"against #{second.number}")
        await desk.press("w")
        await desk.shows(f"no green build a week older than #{third.number} is known", "b chooses another build")


async def test_two_marked_builds_are_compared(desks: Desks) -> None:
    first, second, third = (desks.ended(pipeline(test=10 + n)) for n in range(3))
    async with opened(desks) as desk:
        await desk.go_to("storefront")
        await desk.press("l")
        await desk.go_to(f"#{first.number} ")
        await desk.press("m")
        await desk.go_to(f"#{third.number} ")
        await desk.press("d")
        await desk.shows(f"this #{third.number}", f"against #{first.number}")
        await desk.press("escape")
        await desk.until(lambda: not comparing(desk))
        await desk.press("m")
        await desk.go_to(f"#{second.number} ")
        await desk.press("d")
        await desk.shows(f"this #{third.number}", f"against #{first.number}", "test +0:02")


def test_which_two_builds_are_meant() -> None:
    one, two, three = green(1), green(2), green(3)
    other = replace_build(two, repo="acme/lcm")
    assert pair(two, []) == (two, None)
    assert pair(two, [two]) == (two, None)
    assert pair(one, [three]) == pair(three, [one]) == pair(two, [one, three]) == (three, one)
    for selected, marked, said in (
        (None, [], "select a build first"),
        (one, [one, two, three], "3 builds are marked"),
        (one, [other], "are of two repos"),
    ):
        assert said in str(pair(selected, marked)[1])


async def test_a_build_from_a_list_by_a_word(desks: Desks) -> None:
    topic = desks.ended(pipeline(), branch="topic/slow")
    desks.ended(pipeline())
    new = desks.ended(pipeline())
    async with opened(desks) as desk:
        await open_at(desk, new.number)
        await desk.press("b")
        await desk.shows("a number, or words")
        await desk.type("slow")
        await desk.until(
            lambda: desk.text.count("topic/slow") == 1 and f"#{new.number - 1}" not in desk.text.split("slow")[1]
        )
        await desk.press("enter")
        await desk.shows(f"against #{topic.number}")
        await desk.press("b", "escape")
        await desk.until(lambda: comparing(desk))
        assert f"against #{topic.number}" in desk.text


async def test_a_number_that_is_not_there_is_told(desks: Desks) -> None:
    desks.ended(pipeline())
    new = desks.ended(pipeline())
    async with opened(desks) as desk:
        await open_at(desk, new.number)
        await desk.press("b")
        await desk.type("999")
        await desk.press("enter")
        await desk.until(lambda: any("#999 cannot be read" in said for said in desk.said))
        assert comparing(desk)


async def test_while_it_runs_the_comparison_grows_and_nothing_is_negative(desks: Desks) -> None:
    old = desks.ended(StageScript((StepScript("test", 20), StepScript("publish", 5)), "unit"))
    async with opened(desks) as desk:
        new = await desk.running(StageScript((StepScript("test", hold=True), StepScript("publish", 5)), "unit"))
        await open_at(desk, new.number)
        await desk.shows(f"#{new.number} still runs", f"against #{old.number}")
        desk.advance(15)
        await desk.shows("● 0:1")
        assert " -0:" not in desk.text
        desk.advance(15)
        await desk.until(lambda: any("test" in line and "+0:" in line and "…" in line for line in desk.lines))
        assert " -0:" not in desk.text
        desk.server.control.release(new)
        for _ in range(12):
            desk.advance(1)
        await desk.agree(new, "success")
        await desk.shows("longer than", "test +0:")


async def test_without_a_green_build_it_says_so(desks: Desks) -> None:
    red = desks.ended(StageScript((StepScript("test", 3, "failure"),), "unit"))
    async with opened(desks) as desk:
        await open_at(desk, red.number)
        await desk.shows(f"no green build before #{red.number} is known", "nothing to compare with")
        await desk.press("s", "x", "y", "enter", "h", "l", "j")
        assert comparing(desk)
        assert desk.copied == []


async def test_the_log_of_the_step_and_the_way_back(desks: Desks) -> None:
    desks.ended(pipeline())
    new = desks.ended(pipeline(test=30))
    async with opened(desks) as desk:
        await open_at(desk, new.number)
        await desk.until(lambda: len(steps(desk)) == 4)
        await desk.press("escape")
        await desk.until(lambda: not comparing(desk))
        assert f"#{new.number}" in desk.at
        await desk.press("d")
        await desk.until(lambda: comparing(desk) and len(steps(desk)) == 4)
        await desk.press("s")
        await desk.until(lambda: steps(desk)[0] == "test")
        await desk.press("enter")
        await desk.until(lambda: not comparing(desk) and desk.board.in_log)
        assert desk.at.split()[:2] == ["✓", "test"]
        assert desk.row.build == desk.known(new).key  # type: ignore[union-attr]


async def test_the_keys_of_the_board_mean_nothing_here(desks: Desks) -> None:
    desks.ended(pipeline())
    new = desks.ended(pipeline(test=30))
    async with opened(desks) as desk:
        await open_at(desk, new.number)
        await desk.until(lambda: len(steps(desk)) == 4)
        await desk.press("r", "c", "z", "slash", "F")
        assert comparing(desk)
        assert desk.board.view.filter == ""
        await desk.press("question_mark")
        await desk.shows("comparing two builds", "only what changed")
        assert "restart" not in desk.text
        await desk.press("escape")
        await desk.until(lambda: comparing(desk))
        await desk.press("y")
        assert desk.copied[0].startswith(f"acme/storefront#{new.number}\n#{new.number} took")
        assert "test" in desk.copied[0]


async def test_the_palette_has_the_keys_of_this_place(desks: Desks) -> None:
    desks.ended(pipeline())
    new = desks.ended(pipeline(test=30))
    async with opened(desks) as desk:
        before = {command.title for command in desk.app.get_system_commands(desk.app.screen)}
        assert "compare with the last green build, or another" in before
        await open_at(desk, new.number)
        await desk.until(lambda: len(steps(desk)) == 4)
        commands = {command.title: command for command in desk.app.get_system_commands(desk.app.screen)}
        assert {"only what changed", "copy the comparison as text", "another theme", "quit"} <= commands.keys()
        assert not {"restart", "failed only", "compare with the last green build, or another"} & commands.keys()
        commands["order: as they ran, grew most, longest"].callback()
        await desk.until(lambda: steps(desk)[0] == "test")


async def test_resized_meanwhile_it_fits_and_the_cursor_stays(desks: Desks) -> None:
    many = StageScript(tuple(StepScript(f"step-{n}", 1) for n in range(40)), "unit")
    desks.ended(many)
    new = desks.ended(many)
    async with opened(desks, (200, 60)) as desk:
        await open_at(desk, new.number)
        await desk.until(lambda: len(steps(desk)) == 40)
        await desk.press("G")
        for size in SIZES[:2]:
            await desk.pilot.resize_terminal(*size)
            await desk.settled()
            assert desk.drawn_size == size
            line = table(desk).line
            assert line is not None
            assert line.step == "step-39"
            assert "step-39" in desk.text
            assert any(text.strip().startswith("total") for text in desk.lines)
        for size in ((30, 9), (9, 3), (120, 40)):
            await desk.pilot.resize_terminal(*size)
            await desk.settled()
            assert desk.drawn_size == size
        assert "step-39" in desk.text


async def test_a_click_selects_a_step_and_another_opens_its_log(desks: Desks) -> None:
    desks.ended(pipeline())
    new = desks.ended(pipeline(test=30))
    async with opened(desks) as desk:
        await open_at(desk, new.number)
        await desk.until(lambda: len(steps(desk)) == 4)
        await desk.pilot.click("#compare-table", offset=(5, 2))
        await desk.until(lambda: (line := table(desk).line) is not None and line.step == "lint")
        await desk.pilot.click("#compare-table", offset=(5, 2))
        await desk.until(lambda: not comparing(desk) and desk.at.split()[:2] == ["✓", "lint"])


async def test_in_ascii_and_without_colours_all_is_told_by_signs(desks: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    desks.ended(pipeline())
    red = desks.ended(
        StageScript((StepScript("compile", 8), StepScript("test", 40, "failure"), StepScript("lint", 6)), "unit")
    )
    async with opened(desks, glyphs="ascii") as desk:
        await open_at(desk, red.number)
        await desk.until(lambda: len(steps(desk)) == 4)
        text = "\n".join(desk.lines)
        assert text.isascii()
        assert "was success" in next(line for line in desk.lines if "test" in line and "x 0:40" in line)
        assert "gone" in next(line for line in desk.lines if "publish" in line)


async def test_a_build_that_becomes_known_comes_to_the_list(desks: Desks) -> None:
    desks.ended(pipeline())
    new = desks.ended(pipeline())
    async with opened(desks) as desk:
        await open_at(desk, new.number)
        await desk.press("b")
        await desk.shows("a number, or words")
        later = desks.ended(pipeline(), branch="topic/late")
        await desk.agree(later, "success")
        await desk.shows("topic/late")
