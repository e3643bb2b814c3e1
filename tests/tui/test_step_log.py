"""A step's log beside the tree: it follows, lets go, is replaced at the end, and opens where it broke."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildwatch.demo.control import StageScript, StepScript

if TYPE_CHECKING:
    from tests.tui.conftest import Desk, Desks

NOISE = tuple(f"line {number}\n" for number in range(80))


def seen(desk: Desk) -> str:
    """What the log's pane shows."""
    return "\n".join(desk.log.render_line(y).text.rstrip() for y in range(desk.log.size.height))


async def into_log(desk: Desk) -> None:
    await desk.press("tab")
    await desk.until(lambda: desk.board.in_log)


async def test_the_head_of_a_log_names_the_step_though_the_stage_has_a_long_name(desks: Desks) -> None:
    stage = "a-matrix-with-a-long-name os=linux arch=arm64 python=3.13"
    desks.ended(StageScript((StepScript("lint"), StepScript("integration-tests")), stage), StageScript(name="other"))
    async with desks.listed((80, 24)) as desk:
        await desk.press("colon")
        await desk.type("storefront#1:integration-tests")
        await desk.press("enter")
        await desk.until(lambda: "a-matrix-with" in desk.line("log-title"))
        assert "\N{HORIZONTAL ELLIPSIS}/integration-tests" in desk.line("log-title")


async def test_a_running_log_is_followed_and_let_go_of(desks: Desks) -> None:
    async with desks.listed() as desk:
        build = await desk.running(StageScript((StepScript("test", log=("$ make test\n",), hold=True),)))
        await desk.go_to("storefront")
        await desk.press("enter")
        await desk.go_to("#1")
        await desk.until(lambda: "$ make test" in seen(desk))
        desk.say(build, *NOISE)
        await desk.until(lambda: "line 79" in seen(desk))
        await desk.shows("following · 81 lines")
        await into_log(desk)
        await desk.press("g")
        await desk.until(lambda: "$ make test" in seen(desk))
        desk.say(build, "and more\n")
        await desk.shows("1 new · 82 lines")
        assert "$ make test" in seen(desk), "whoever reads is left in peace"
        await desk.press("G")
        await desk.until(lambda: "and more" in seen(desk))
        await desk.shows("following")


async def test_at_its_end_a_log_is_replaced_by_the_stored_one(desks: Desks) -> None:
    """The end of the stream overtakes the last lines, so a live log lacks them."""
    desks.server.faults.change({"lose_log_tail": True})
    async with desks.listed() as desk:
        build = await desk.running(StageScript((StepScript("test", log=("$ make test\n",), hold=True),)))
        await desk.go_to("storefront")
        await desk.press("enter")
        await desk.go_to("#1")
        await desk.until(lambda: "$ make test" in seen(desk))
        desk.say(build, "the last words\n")
        desk.server.control.release(build)
        desk.advance(5)
        await desk.until(lambda: "the last words" in seen(desk))
        await desk.until(lambda: not desk.log.state.live)
        await desk.shows("log ✓ test", "2 lines")


async def test_the_selection_goes_on_to_the_step_that_runs(desks: Desks) -> None:
    steps = (StepScript("lint", log=("$ lint\n",), hold=True), StepScript("test", log=("$ test\n",), hold=True))
    async with desks.listed() as desk:
        build = await desk.running(StageScript(steps))
        await desk.go_to("storefront")
        await desk.press("enter")
        await desk.go_to("#1")
        await desk.until(lambda: "$ lint" in seen(desk))
        desk.server.control.release(build)
        desk.advance(3)
        await desk.until(lambda: "$ test" in seen(desk))
        await desk.shows("log ● test")


async def test_whoever_reads_a_log_keeps_it_when_the_next_step_runs(desks: Desks) -> None:
    steps = (StepScript("lint", log=("$ lint\n",), hold=True), StepScript("test", log=("$ test\n",), hold=True))
    async with desks.listed() as desk:
        build = await desk.running(StageScript(steps))
        await desk.go_to("storefront")
        await desk.press("enter")
        await desk.go_to("#1")
        await desk.until(lambda: "$ lint" in seen(desk))
        await into_log(desk)
        desk.server.control.release(build)
        desk.advance(3)
        await desk.until(
            lambda: (known := desk.known(build)) and known.stages and known.stages[0].steps[1].status == "running"
        )
        await desk.until(lambda: not desk.log.state.live)
        await desk.shows("log ✓ lint")
        assert "$ lint" in seen(desk)


async def test_a_step_that_failed_opens_at_its_first_error(desks: Desks) -> None:
    said = (*NOISE, "main.go:25: error: assignment to entry in nil map\n", *NOISE)
    red = StageScript((StepScript("lint"), StepScript("test", outcome="failure", exit_code=2, log=said)))
    desks.ended(red)
    async with desks.listed() as desk:
        await desk.go_to("storefront")
        await desk.until(lambda: "✗ test" in desk.text)
        await desk.until(lambda: "main.go:25: error" in seen(desk))
        assert "line 79" in seen(desk), "with what led to it above"
        await desk.shows("exit 2", "161 lines · 1 error")


async def test_errors_can_be_gone_through(desks: Desks) -> None:
    said = (*NOISE, "error: one\n", *NOISE, "error: two\n", *NOISE)
    desks.ended(StageScript((StepScript("test", outcome="failure", log=said),)))
    async with desks.listed() as desk:
        await desk.go_to("storefront")
        await desk.until(lambda: "error: one" in seen(desk))
        await into_log(desk)
        await desk.press("e")
        await desk.until(lambda: "error: two" in seen(desk))
        await desk.press("E")
        await desk.until(lambda: "error: one" in seen(desk))
        await desk.press("y")
        await desk.until(lambda: desk.copied == ["error: one"])


async def test_searching(desks: Desks) -> None:
    desks.ended(StageScript((StepScript("test", log=(*NOISE, "needle\n", *NOISE, "needle [/b] \\\n")),)))
    async with desks.listed() as desk:
        await desk.go_to("storefront")
        await desk.until(lambda: "line 0" in seen(desk))
        await into_log(desk)
        await desk.press("slash")
        await desk.shows("search in this log")
        await desk.type("needle")
        await desk.press("enter")
        await desk.until(lambda: "needle" in seen(desk))
        await desk.shows("1 of 2")
        await desk.press("n")
        await desk.shows("2 of 2")
        await desk.until(lambda: "needle [/b] \\" in seen(desk))
        await desk.press("N")
        await desk.shows("1 of 2")
        await desk.press("escape")
        await desk.until(lambda: desk.log.state.pattern == "")
        assert desk.board.in_log, "one level at a time"
        await desk.press("escape")
        assert not desk.board.in_log


async def test_a_search_that_finds_nothing_says_so(desks: Desks) -> None:
    desks.ended(StageScript((StepScript("test", log=NOISE),)))
    async with desks.listed() as desk:
        await desk.go_to("storefront")
        await desk.until(lambda: "line 0" in seen(desk))
        await into_log(desk)
        await desk.press("slash")
        await desk.type("[/zebra]")
        await desk.press("enter")
        await desk.shows("no '[/zebra]'")
        await desk.press("slash", "escape")
        await desk.until(lambda: desk.board.asked is None)
        assert desk.log.state.pattern == "[/zebra]", "escape leaves the search as it was"


async def test_wrap_and_times(desks: Desks) -> None:
    desks.ended(StageScript((StepScript("test", log=("x" * 300 + "the end\n",)),)))
    async with desks.listed() as desk:
        await desk.go_to("storefront")
        await desk.until(lambda: "xxx" in seen(desk))
        await into_log(desk)
        assert "the end" not in seen(desk)
        await desk.press("w")
        await desk.until(lambda: "the end" in seen(desk))
        await desk.press("t")
        await desk.until(lambda: "0:00" in seen(desk))


async def test_what_has_no_log_says_why(desks: Desks) -> None:
    first = StepScript("lint", outcome="failure", log=("broken\n",))
    desks.ended(StageScript((first, StepScript("test"), StepScript("quiet", always=True, log=()))))
    async with desks.listed() as desk:
        await desk.go_to("storefront")
        await desk.press("enter")
        await desk.until(lambda: any("#1" in row for row in desk.rows))
        await desk.go_to("#1")
        await desk.press("enter")
        await desk.go_to("test")
        await desk.shows("skipped: it has no log")
        await desk.go_to("lint")
        await desk.until(lambda: "broken" in seen(desk))


async def test_a_step_that_has_not_begun_waits_for_its_log(desks: Desks) -> None:
    steps = (StepScript("lint", hold=True), StepScript("test", hold=True, log=("$ test\n",)))
    async with desks.listed() as desk:
        build = await desk.running(StageScript(steps))
        await desk.go_to("storefront")
        await desk.press("enter")
        await desk.go_to("#1")
        await desk.press("enter")
        await desk.go_to("○ test")
        await desk.press("enter")
        await desk.until(lambda: desk.log.has_focus or desk.board.live.has_focus)
        desk.server.control.release(build)
        desk.advance(3)
        await desk.until(lambda: "$ test" in seen(desk))


async def test_a_log_whose_connection_breaks_goes_on(desks: Desks) -> None:
    async with desks.listed() as desk:
        build = await desk.running(StageScript((StepScript("test", log=("$ make test\n",), hold=True),)))
        await desk.go_to("storefront")
        await desk.press("enter")
        await desk.go_to("#1")
        await desk.until(lambda: "$ make test" in seen(desk))
        desk.server.control.refuse()
        await desk.until(lambda: "does not answer" in desk.text or "connection broke" in desk.text)
        assert "$ make test" in seen(desk)
        await desk.server.control.accept()
        desk.say(build, "back again\n")
        await desk.until(lambda: "back again" in seen(desk))
        assert seen(desk).count("$ make test") == 1, "what comes again is not shown twice"


GO = (
    "+ go vet ./...\n",
    "+ go test ./...\n",
    *(f"ok pkg{number}\n" for number in range(60)),
    "--- FAIL: TestRetry (0.02s)\n",
    "    retry_test.go:41: three attempts, want two\n",
    "FAIL\n",
    *(f"ok later{number}\n" for number in range(60)),
)


async def test_a_failed_build_tells_what_broke_and_how_often(desks: Desks) -> None:
    other = ("+ go test ./...\n", "panic: another thing\n")
    logs = (GO, other, tuple(line.replace("0.02s", "1.4s").replace(":41:", ":43:") for line in GO), GO)
    numbers = [
        desks.ended(StageScript((StepScript("test", outcome="failure", exit_code=1, log=log),))).number for log in logs
    ]
    async with desks.listed() as desk:
        await desk.go_to("storefront")
        await desk.shows("+ go test ./...", "--- FAIL: TestRetry (0.02s)", "retry_test.go:41: three attempts, want two")
        await desk.shows("seen three times since", f"first in #{numbers[0]}")
        shown = seen(desk)
        assert "⋯" in shown
        assert "+ go test ./..." in shown, "the command"
        assert "--- FAIL: TestRetry" in shown, "the error in its context"
        await into_log(desk)
        await desk.press("end")
        assert "later59" in seen(desk)
        assert "later39" not in seen(desk), "the last twenty lines only"
        await desk.press("b")
        await desk.until(lambda: "⋯" not in seen(desk))


async def test_a_failed_step_is_shown_whole_at_its_error(desks: Desks) -> None:
    desks.ended(StageScript((StepScript("test", outcome="failure", log=GO),)))
    async with desks.listed() as desk:
        await desk.go_to("storefront")
        await desk.press("enter")
        await desk.go_to("#1")
        await desk.press("enter")
        await desk.go_to("✗ test")
        await desk.until(lambda: "--- FAIL: TestRetry" in seen(desk) and "⋯" not in seen(desk))
        await into_log(desk)
        await desk.press("b")
        await desk.until(lambda: "⋯" in seen(desk))


async def test_in_a_narrow_window_the_title_tells_how_often(desks: Desks) -> None:
    for _ in range(2):
        desks.ended(StageScript((StepScript("test", outcome="failure", exit_code=1, log=GO),)))
    async with desks.listed(size=(80, 24)) as desk:
        await desk.go_to("storefront")
        await desk.until(lambda: "seen twice since" in desk.line("log-title"))


async def test_all_steps_of_a_build_are_read_as_one_log(desks: Desks) -> None:
    steps = (StepScript("lint", 3, log=("clean\n",)), StepScript("test", 3, log=("tested\n", "+ bye\n")))
    desks.ended(StageScript(steps))
    async with desks.listed() as desk:
        await desk.go_to("storefront")
        await desk.until(lambda: "tested" in seen(desk))
        await into_log(desk)
        await desk.press("m")
        await desk.until(lambda: "clean" in seen(desk))
        assert [line.split() for line in seen(desk).splitlines()[:3]] == [
            ["1", "lint", "clean"],
            ["2", "test", "tested"],
            ["3", "test", "+", "bye"],
        ]
        assert "all steps" in desk.line("log-title")
        await desk.press("t")
        await desk.until(lambda: "0:03" in seen(desk) or "0:04" in seen(desk))
        await desk.press("m")
        await desk.until(lambda: "clean" not in seen(desk) and "tested" in seen(desk))
