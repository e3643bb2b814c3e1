"""What lies above the board: each tells its keys on F1, letters that are typed stay text, long lists scroll."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from textual import events
from textual.widgets import Input

from buildwatch.config.keymap import KeySettings
from buildwatch.demo.control import StageScript
from buildwatch.sources.actions import NewBuild
from buildwatch.tui.cells import width_of
from buildwatch.tui.dialog import Dialog
from buildwatch.tui.help import Help
from buildwatch.tui.listing import Listing
from buildwatch.tui.view_picker import ViewPicker
from tests.tui.test_asking import calls

if TYPE_CHECKING:
    from tests.tui.conftest import Desk, Desks

PATH = "/api/repos/acme/storefront/builds"

PLACES = {
    "confirm": ("c", ["where it asks", "leave it", "y", "n"]),
    "restart": ("r", ["where it asks", "KEY=VALUE", "parameters of the new build"]),
    "target": ("P", ["where it asks", "production", "the target"]),
    "create": ("C", ["where it asks", "main", "8d3f2c1", "the commit"]),
    "all": ("m c", ["where it asks", "y", "n", "half a page down", "pagedown ctrl+f space"]),
    "all with a target": ("m P", ["where it asks", "production", "pageup ctrl+b", "down down"]),
    "views": ("v", ["among the views", "1 2 3 4 5 6 7 8 9", "drop a view that was saved here", "pagedown"]),
    "name": ("S", ["among the views", "the name under which to save"]),
    "themes": ("T", ["among the themes", "keep this theme", "esc q"]),
    "jump": ("colon", ["after the colon", "gwp#12:te", "take it into the line"]),
    "filter": ("slash", ["what is looked for", "!main", "branch:main"]),
    "actions": ("semicolon", ["in the list of all actions", "copy all of it", "ctrl+d"]),
    "builds": ("d b", ["among the builds", "the build of that number", "take this build"]),
}


@pytest.mark.parametrize("place", PLACES)
async def test_every_place_tells_its_keys_on_f1_and_goes_on_where_it_was(place: str, desks: Desks) -> None:
    opened, told = PLACES[place]
    desks.ended()
    desks.start()
    desks.server.advance(5)
    async with desks.listed() as desk:
        await desk.go_to("storefront")
        await desk.until(lambda: desk.board.selected_build is not None)
        await desk.press(*opened.split())
        before = desk.app.screen
        focused = before.focused
        await desk.press("f1")
        await desk.until(lambda: isinstance(desk.app.screen, Help))
        await desk.shows(*told, "esc: close")
        await desk.press("f1")
        await desk.until(lambda: desk.app.screen is before)
        assert before.focused is focused
        assert calls(desk) == {}


@pytest.mark.parametrize("opened", ["r", "P", "C", "S", "colon", "d b", "slash", "m P"])
async def test_where_one_types_letters_are_text(opened: str, desks: Desks) -> None:
    desks.ended()
    async with desks.listed() as desk:
        await desk.go_to("storefront")
        await desk.press(*opened.split())
        await desk.until(lambda: isinstance(desk.app.screen.focused, Input))
        line = desk.app.screen.focused
        assert isinstance(line, Input)
        await desk.type("jkynqgGs? x")
        assert line.value == "jkynqgGs? x"
        assert desk.app.screen.focused is line
        assert calls(desk) == {}


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
@pytest.mark.parametrize("opened", ["c", "r", "m c", "v", "T", "d b"])
async def test_the_hints_fit_and_end_with_f1_where_there_is_room(
    opened: str, size: tuple[int, int], desks: Desks
) -> None:
    desks.ended()
    desks.start()
    desks.server.advance(5)
    async with desks.listed(size) as desk:
        await desk.go_to("storefront")
        await desk.press(*opened.split())
        await desk.until(lambda: ": " in desk.hints)
        assert width_of(desk.hints) <= size[0]
        if size[0] == 80:
            assert desk.hints.rstrip().endswith("f1: keys")


async def test_another_key_for_help_in_dialogs_is_shown_and_works(desks: Desks) -> None:
    desks.ended()
    keymap = KeySettings("", {"dialog.help": ("f12",), "list.down": ("ctrl+n",)}, "config.toml")
    async with desks.listed(keymap=keymap) as desk:
        await desk.go_to("storefront")
        await desk.press("r")
        await desk.shows("f12: keys")
        await desk.press("f1")
        assert not isinstance(desk.app.screen, Help)
        await desk.press("f12")
        await desk.shows("keys of this place", "ctrl+n k: scroll")


@pytest.mark.parametrize(
    ("opened", "told"),
    [
        ("P", ["leave it", "do it", "keys of this place"]),
        ("S", ["none of them", "keys of this place"]),
        ("m P", ["leave it", "do it", "down", "up", "a page down", "a page up", "keys of this place"]),
    ],
)
async def test_where_one_types_no_key_is_told_that_is_text(opened: str, told: list[str], desks: Desks) -> None:
    desks.ended()
    async with desks.listed() as desk:
        await desk.go_to("storefront")
        await desk.press(*opened.split())
        await desk.until(lambda: isinstance(desk.app.screen.focused, Input))
        dialog = desk.app.screen
        assert isinstance(dialog, Dialog)
        assert [words for _, words in dialog.told_keys()] == told
        assert {words: key for key, words in dialog.told_keys()}.get("down", "down") == "down"


async def test_what_is_typed_with_the_stroke_that_asks_for_a_name_is_no_command(desks: Desks) -> None:
    """Keys that come in one write, as from a terminal far away: none of them may reach the tree."""
    desks.ended()
    async with desks.listed() as desk:
        await desk.go_to("storefront")
        for key in "SrPmq":
            desk.app.post_message(events.Key(key, key))
        await desk.shows("a name for what is on show now")
        assert len(desk.app.screen_stack) == 2
        assert isinstance(desk.app.screen, ViewPicker)
        assert desk.board.marks == {}
        await desk.until(lambda: isinstance(desk.app.screen.focused, Input))
        assert calls(desk) == {}


# long lists


async def many(desks: Desks, desk: Desk) -> Listing[object]:
    """The question before a restart of twenty builds, on a screen that has no room for them."""
    await desk.go_to("storefront")
    await desk.press("space")
    await desk.go_to("#20 ")
    await desk.press("m")
    await desk.go_to("#1 ")
    await desk.press("M", "r")
    await desk.shows("restart 20 builds?", "more builds below")
    assert isinstance(desk.app.screen, Listing)
    return desk.app.screen


def seen(desk: Desk) -> list[int]:
    """The numbers of the builds that are listed in sight."""
    return [int(line.split("acme/storefront#")[1].split()[0]) for line in desk.lines if "✓ acme/storefront#" in line]


def below(desk: Desk) -> int:
    """How many are said to be below."""
    said = [line.split("more build")[0] for line in desk.lines if "more build" in line]
    return int(said[0].split()[-1]) if said else 0


async def test_a_long_list_scrolls_and_says_how_many_are_below(desks: Desks) -> None:
    for _ in range(20):
        desks.ended()
    async with desks.listed((80, 24)) as desk:
        listing = await many(desks, desk)
        assert seen(desk)[0] == 1
        assert below(desk) == 20 - seen(desk)[-1]
        for keys, last in (
            ("j j j", None),
            ("k", None),
            ("pagedown", None),
            ("end", 20),
            ("pageup", None),
            ("home", None),
            ("G", 20),
            ("g", None),
        ):
            await desk.press(*keys.split())
            await desk.until(lambda: seen(desk) and below(desk) == 20 - seen(desk)[-1])
            assert last is None or seen(desk)[-1] == last
        assert seen(desk)[0] == 1
        for turn in (events.MouseScrollDown, events.MouseScrollDown, events.MouseScrollUp):
            first = seen(desk)[0]
            listing.post_message(turn(listing, 1, 1, 0, 0, 0, False, False, False))
            await desk.until(partial(lambda first: seen(desk)[0] != first, first))
            assert (seen(desk)[0] > first) == (turn is events.MouseScrollDown)
        await desk.until(lambda: below(desk) == 20 - seen(desk)[-1])
        await desk.press("n")
        await desk.until(lambda: desk.app.screen is desk.board)
        assert calls(desk) == {}


async def test_the_list_fits_another_size(desks: Desks) -> None:
    for _ in range(20):
        desks.ended()
    async with desks.listed((80, 24)) as desk:
        await many(desks, desk)
        await desk.pilot.resize_terminal(100, 50)
        await desk.until(lambda: seen(desk) == list(range(1, 21)))
        await desk.until(lambda: "below" not in desk.text)
        await desk.pilot.resize_terminal(60, 14)
        await desk.until(lambda: below(desk) and below(desk) == 20 - seen(desk)[-1])
        await desk.shows("esc: leave it")


async def test_the_help_scrolls_at_80x24_and_keeps_its_keys_in_sight(desks: Desks) -> None:
    async with desks.listed((80, 24)) as desk:
        await desk.press("question_mark")
        await desk.shows("in the tree", "more below", "esc: close")
        assert "start a new build" not in desk.text
        await desk.press("G")
        await desk.shows("another theme", "the end", "esc: close")
        await desk.press("question_mark")
        await desk.until(lambda: desk.app.screen is desk.board)


@pytest.mark.parametrize("opened", ["r", "m P", "question_mark", "v", "T", "d b"])
async def test_with_the_terminals_own_colours_a_frame_stands_around_it_and_the_board_is_seen(
    opened: str, desks: Desks
) -> None:
    desks.ended()
    async with desks.listed((80, 24), theme="terminal") as desk:
        await desk.go_to("storefront")
        await desk.press(*opened.split())
        await desk.until(lambda: sum("+-----" in line for line in desk.lines) == 2)
        first, last = (at for at, line in enumerate(desk.lines) if "+-----" in line)
        assert any("esc: " in line for line in desk.lines[first:last])
        assert desk.lines[0].strip().startswith(("buildwatch", "compare"))


# one target for several builds


async def test_marked_builds_are_promoted_to_one_target(desks: Desks) -> None:
    for repo in ("acme/search", "acme/storefront", "acme/storefront"):
        desks.ended(StageScript(), repo=repo, event="push")
    async with desks.listed() as desk:
        await desk.go_to("search")
        await desk.press("m", "m")
        await desk.shows("2 marked")
        await desk.press("P")
        await desk.shows("promote 2 builds?", "acme/search/builds/1/promote?target=", "target, for example production")
        await desk.press("enter")
        await desk.shows("promote needs a target")
        await desk.type("staging")
        await desk.shows("acme/storefront/builds/2/promote?target=staging")
        await desk.press("tab")
        await desk.type("FORCE")
        await desk.press("enter")
        await desk.shows("FORCE is not a parameter")
        assert calls(desk) == {}
        await desk.type("=1")
        await desk.press("enter")
        await desk.until(lambda: "promote: 2 builds" in desk.said)
        new = desks.server.world.builds[-2:]
        assert {(build.origin.event, build.origin.deploy_to) for build in new} == {("promote", "staging")}
        assert [build.origin.params.get("FORCE") for build in new] == ["1", "1"]
        assert desk.board.marks == {}


async def test_of_each_repo_one_build_goes_to_a_target(desks: Desks) -> None:
    for repo in ("acme/search", "acme/storefront", "acme/storefront"):
        desks.ended(repo=repo)
    async with desks.listed() as desk:
        await desk.go_to("search")
        await desk.press("m")
        await desk.go_to("storefront")
        await desk.press("space")
        for number in ("#1 ", "#2 "):
            await desk.go_to(number)
            await desk.press("m")
        await desk.shows("3 marked")
        await desk.press("B")
        await desk.shows("rollback 1 build (and not 2 more)?")
        await desk.shows("acme/storefront#2 is one of 2 marked builds of its repo")
        await desk.press("escape")
        assert calls(desk) == {}


async def test_the_ends_of_marked_builds_are_told(desks: Desks) -> None:
    desks.ended(repo="acme/search")
    one, two = desks.start(), desks.start(repo="acme/checkout-api")
    desks.server.advance(5)
    async with desks.listed() as desk:
        await desk.until(lambda: desk.known(one) and desk.known(two))
        for repo in ("checkout-api", "search", "storefront"):
            await desk.go_to(repo)
            await desk.press("m")
        await desk.press("W")
        assert desk.said == ["2 builds: their ends will be told; acme/search#1 has ended already"]
        assert len(desk.app.watched.keys) == 2
        assert len(desk.board.marks) == 3, "nothing was done to them"
        await desk.press("W")
        assert desk.said[-1].startswith("2 builds: their ends will not be told")
        await desk.press("W")
        desks.server.control.release(one)
        while not one.status.ended:
            desk.advance(1)
        await desk.until(lambda: any("acme/storefront#1 succeeded" in said for said in desk.said))
        await desk.press("escape")
        await desk.go_to("search")
        await desk.press("m", "W")
        assert desk.said[-1] == "acme/search#1 has ended already"


# a new build


async def test_a_new_build_of_a_branch_with_parameters(desks: Desks) -> None:
    desks.ended(branch="feature/x")
    async with desks.listed() as desk:
        await desk.go_to("storefront")
        await desk.press("C")
        await desk.shows("start a new build of acme/storefront, of its default branch?", f"POST {PATH}")
        await desk.type("feat")
        await desk.until(lambda: "feature/x" in desk.text.split("start a new build")[1])
        await desk.press("right")  # takes what is known
        await desk.shows("start a new build of acme/storefront, branch feature/x?", f"POST {PATH}?branch=feature%2Fx")
        await desk.press("tab", "tab")
        await desk.type("DEBUG=1")
        await desk.shows(f"POST {PATH}?DEBUG=1&branch=feature%2Fx", "with DEBUG=1?")
        assert calls(desk) == {}
        await desk.press("enter")
        await desk.until(lambda: "create: acme/storefront#2" in desk.said)
        new = desks.server.world.builds[-1]
        assert (new.origin.target, new.origin.params.get("DEBUG")) == ("feature/x", "1")
        await desk.until(lambda: desk.known(new))


async def test_a_new_build_needs_a_repo_and_a_server_that_can(desks: Desks) -> None:
    async with desks.listed() as desk:
        await desk.go_to("▾ acme")
        await desk.press("C")
        assert desk.said == ["select a repo first"]
        await desk.go_to("storefront")  # which never ran
        source = desk.app.source("ci.acme")
        assert source is not None
        desk.app._sources["ci.acme"] = Old(source)  # type: ignore[assignment]
        await desk.press("C")
        assert desk.said[-1] == "ci.acme runs drone-0.8, which knows no create"
        commands = {command.title for command in desk.app.get_system_commands(desk.app.screen)}
        assert "restart" in commands
    async with desks.listed(read_only=True) as desk:
        await desk.go_to("storefront")
        await desk.press("C")
        assert desk.said == ["create is not done: buildwatch runs read-only"]


class Old:
    """A source that says to be one of a server that starts no builds."""

    actions = frozenset({"restart", "cancel"})
    kind = "drone-0.8"

    def __init__(self, source: object) -> None:
        self._source = source

    def __getattr__(self, name: str) -> object:
        return getattr(self._source, name)


@pytest.mark.parametrize(
    ("wanted", "says", "call"),
    [
        (NewBuild("ci", "a/b"), "start a new build of a/b, of its default branch", "POST /api/repos/a/b/builds"),
        (
            NewBuild("ci", "a/b", "x y", "8d3f"),
            "start a new build of a/b, commit 8d3f on branch x y",
            "POST /api/repos/a/b/builds?branch=x+y&commit=8d3f",
        ),
    ],
)
def test_a_new_build_in_words_and_as_a_call(wanted: NewBuild, says: str, call: str) -> None:
    assert (wanted.says("drone-2"), wanted.call("drone-2")) == (says, call)
