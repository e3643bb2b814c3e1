"""What is typed after the colon: what it can mean, the best first, and where it leads."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events

from buildwatch.address import Address, parse
from buildwatch.demo.control import StageScript, StepScript
from buildwatch.model import Build, Repo, RepoKey, Stage, Status, Step
from buildwatch.store import Server, Store
from buildwatch.tui import keys
from buildwatch.tui.jumps import Choice, Command, choices, place_in, score, words
from buildwatch.tui.rows import Kind

if TYPE_CHECKING:
    from tests.tui.conftest import Desk, Desks

LETTERS = st.text("abc/-é", max_size=8)
UNIT = Stage(1, "unit", steps=(Step(1, "clone"), Step(2, "test")))
SHIP = Stage(2, "ship", steps=(Step(1, "clone"), Step(2, "push")))
COMMANDS = [
    Command("quit", "quit", "app.quit"),
    Command("restart", "restart", "build.restart"),
    Command("theme dark", ""),
]


def known(*slugs: str, builds: tuple[Build, ...] = ()) -> Store:
    store = Store()
    store.set_server(Server("ci", "https://ci.example"))
    store.set_repos("ci", [Repo("ci", slug) for slug in slugs])
    for build in builds:
        store.apply(build, news=False)
    return store


def build(slug: str, number: int, *stages: Stage, id: int = 0) -> Build:
    return Build("ci", slug, id or number, number, Status.SUCCESS, title=f"change {number}", stages=stages or None)


def texts(typed: str, store: Store, most: int = 50) -> list[str]:
    return [choice.text for choice in choices(typed, store, COMMANDS, most)]


# how well letters fit


@given(LETTERS, LETTERS)
def test_letters_fit_where_they_are_there_in_their_order(wanted: str, text: str) -> None:
    rest = iter(text)
    assert (score(wanted, text) is not None) == all(letter in rest for letter in wanted)


@given(LETTERS, LETTERS, st.sampled_from("abc/-é"))
def test_more_letters_never_find_more(wanted: str, text: str, letter: str) -> None:
    if score(wanted + letter, text) is not None:
        assert score(wanted, text) is not None


@given(LETTERS.filter(bool), LETTERS, LETTERS)
def test_the_whole_is_best_then_its_begin(wanted: str, behind: str, other: str) -> None:
    whole, begun, else_ = score(wanted, wanted), score(wanted, wanted + behind), score(wanted, other)
    assert whole is not None
    assert begun is not None
    assert whole <= begun
    if else_ is not None and not other.startswith(wanted):
        assert begun < else_


@given(LETTERS, LETTERS)
def test_capitals_are_letters(wanted: str, text: str) -> None:
    assert score(wanted, text.upper()) == score(wanted, text)


@pytest.mark.parametrize(
    ("wanted", "better", "worse"),
    [
        ("pay", "acme/pay", "acme/payments"),
        ("pay", "acme/gateway-payments", "acme/prepayments"),
        ("gwp", "acme/gwpay", "acme/gateway-payments"),
        ("ab", "xaxb", "xaxxxb"),
    ],
)
def test_what_one_would_mean_comes_first(wanted: str, better: str, worse: str) -> None:
    first, second = score(wanted, better), score(wanted, worse)
    assert first is not None
    assert second is not None
    assert first < second


# what can be meant


def test_repos_and_commands_stand_side_by_side() -> None:
    store = known("acme/gateway", "acme/quiz", "release/restarter")
    assert texts("", store) == ["acme/gateway", "acme/quiz", "release/restarter", "quit", "restart", "theme dark"]
    assert texts("qui", store) == ["acme/quiz", "quit"]
    assert texts("restart", store)[0] == "restart"
    assert texts("app.quit", store) == ["quit"]
    assert texts("gateway", store) == ["acme/gateway"]
    assert texts("nothing like it", store) == []


def test_builds_by_the_begin_of_their_number() -> None:
    store = known("acme/api", "acme/web", builds=tuple(build("acme/api", n) for n in (2, 19, 20, 21, 200)))
    assert texts("api#2", store) == ["acme/api#2", "acme/api#200", "acme/api#21", "acme/api#20"]
    assert texts("#19", store) == ["acme/api#19"]
    assert texts("api#", store) == ["acme/api#200", "acme/api#21", "acme/api#20", "acme/api#19", "acme/api#2"]
    assert texts("api#x", store) == []
    assert texts("web#2", store) == []


def test_steps_by_their_letters() -> None:
    store = known("acme/api", builds=(build("acme/api", 7, UNIT, SHIP), build("acme/api", 8, UNIT)))
    assert texts("api#7:cl", store) == ["acme/api#7:unit/clone", "acme/api#7:ship/clone"]
    assert texts("api#8:", store) == ["acme/api#8:clone", "acme/api#8:test"]
    (found,) = choices("api#7:push", store, [])
    assert found[:3] == ("acme/api#7:ship/push", "", "")
    assert (found.repo, found.number, found.stage, found.step) == (RepoKey("ci", "acme/api"), 7, 2, 2)
    assert texts("api#9:", store) == []


SLUGS = st.lists(st.sampled_from(["a/b", "a/bc", "ab/c", "c/ab", "b/a-c"]), unique=True, max_size=5)


@given(SLUGS, st.text("abc/#:1290 quit", max_size=9), st.integers(1, 9))
def test_what_is_offered_is_what_it_says(slugs: list[str], typed: str, most: int) -> None:
    store = known(
        *slugs, builds=tuple(build(slug, n, UNIT, id=n * 10 + i) for i, slug in enumerate(slugs) for n in (1, 12))
    )
    found = choices(typed, store, COMMANDS, most)
    assert len(found) <= most
    assert len(set(found)) == len(found)
    assert found == choices(typed, store, COMMANDS, 100)[:most]
    for choice in found:
        if not choice.command:
            address = parse(choice.text)
            assert (address.repo, address.number or 0) == (choice.repo.slug, choice.number)
            if choice.number:
                one = next(one for one in store.builds(choice.repo) if one.number == choice.number)
                assert place_in(one, address) == (choice.stage, choice.step)
            assert choice in choices(choice.text, store, COMMANDS)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        (Address("a", 7), (0, 0)),
        (Address("a", 7, stage="ship"), (2, 0)),
        (Address("a", 7, stage="ship", step="clone"), (2, 1)),
        (Address("a", 7, stage=2, step=2), (2, 2)),
        (Address("a", 7, stage="push"), (2, 2)),
        (Address("a", 7, stage="clone"), (1, 1)),
        (Address("a", 7, stage="nowhere"), (0, 0)),
        (Address("a", 7, stage="unit", step="push"), (1, 0)),
    ],
)
def test_where_an_address_leads_within_a_build(address: Address, place: tuple[int, int]) -> None:
    assert place_in(build("acme/api", 7, UNIT, SHIP), address) == place


def test_words_are_the_ends_of_ids_where_they_are_one_things_alone() -> None:
    assert words(["app.quit", "tree.fold", "log.fold"]) == {
        "app.quit": "quit",
        "tree.fold": "tree.fold",
        "log.fold": "log.fold",
    }
    ids = [binding.id for binding in (*keys.APP, *keys.VIEWING) if binding.id]  # type: ignore[union-attr]
    assert all(id.endswith(word) for id, word in words(ids).items())


def test_a_choice_goes_on_from_a_repo_to_its_builds_to_their_steps() -> None:
    store = known("acme/api", builds=(build("acme/api", 7, UNIT),))
    (repo,) = choices("api", store, [])
    (one,) = choices(repo.text + repo.more, store, [])
    assert [step.text for step in choices(one.text + one.more, store, [])] == ["acme/api#7:clone", "acme/api#7:test"]
    assert Choice("x").more == ""


# on the screen


def was_said(desk: Desk, words: str) -> bool:
    return words in " ".join(desk.said)


async def test_it_leads_to_a_step_of_a_build_of_a_repo(desks: Desks) -> None:
    desks.ended(StageScript((StepScript("lint"), StepScript("test")), "unit"))
    desks.ended(repo="acme/search")
    async with desks.listed() as desk:
        await desk.until(lambda: len(desk.board.live.rows) == 4)
        await desk.press("h")  # the owner is folded
        await desk.press("colon")
        await desk.shows("acme/storefront #1", "acme/search #1")
        await desk.type("strf")
        await desk.until(lambda: "acme/search #1" not in desk.text)
        await desk.press("enter")
        await desk.until(lambda: desk.row.repo == RepoKey("ci.acme", "acme/storefront"))
        assert desk.row.kind is Kind.REPO
        await desk.settled()
        await desk.press("colon", *"store", "tab", "tab")
        await desk.until(lambda: "acme/storefront#1:" in desk.text)
        await desk.press("escape")
        await desk.until(lambda: len(desk.app.screen_stack) == 1)
        await desk.press("colon")
        await desk.type("store#1")
        await desk.press("enter")
        await desk.until(lambda: desk.row.kind is Kind.BUILD)
        await desk.until(lambda: any(row.kind is Kind.STEP for row in desk.board.live.rows))
        await desk.press("colon")
        await desk.type("store#1:tes")
        await desk.press("enter")
        await desk.until(lambda: desk.row.kind is Kind.STEP)
        assert desk.at.startswith("✓ test")
        assert desk.board.in_log
        await desk.settled()


async def test_a_web_address_leads_there_though_nothing_of_it_is_known_yet(desks: Desks) -> None:
    desks.ended(StageScript((StepScript("lint"), StepScript("test")), "unit"))
    desks.ended()
    async with desks.listed() as desk:
        await desk.shows("✓ storefront")
        await desk.settled()
        await desk.press("colon")
        desk.app.screen.query_one("#line").value = f"{desk.server.url}/acme/storefront/1/1/2"  # type: ignore[attr-defined]
        await desk.press("enter")
        await desk.until(lambda: desk.row.kind is Kind.STEP)
        assert desk.at.startswith("✓ test")
        for typed, said in (
            ("https://elsewhere.example/a/b/1", "is on no server of the configuration"),
            ("acme/nowhere#1", "no repo is called acme/nowhere"),
            ("acme/storefront#99", "no such thing, or no right to it"),
            ("acme/storefront#1:nowhere", "has no stage or step nowhere"),
            ("###", "names no repo"),
        ):
            await desk.press("colon")
            desk.app.screen.query_one("#line").value = typed  # type: ignore[attr-defined]
            await desk.press("enter")
            await desk.until(partial(was_said, desk, said))
        await desk.settled()


async def test_what_is_marked_is_taken_though_nothing_was_typed(desks: Desks) -> None:
    desks.ended()
    desks.ended(repo="acme/search")
    async with desks.listed() as desk:
        await desk.shows("✓ storefront", "✓ search")
        await desk.press("colon")
        await desk.shows("repo#build:step")
        await desk.press("down", "down", "enter")
        await desk.until(lambda: desk.row.repo == RepoKey("ci.acme", "acme/storefront"))


async def test_what_is_typed_at_once_goes_there(desks: Desks) -> None:
    desks.ended()
    desks.ended(repo="acme/search")
    async with desks.listed() as desk:
        await desk.shows("✓ storefront", "✓ search")
        for key in ("colon", *"storefront", "enter"):  # as a paste or a macro, without a pause
            desk.app.post_message(events.Key(key, ":" if key == "colon" else key if len(key) == 1 else None))
        await desk.until(lambda: desk.row.repo == RepoKey("ci.acme", "acme/storefront"))
        assert len(desk.app.screen_stack) == 1


async def test_the_line_is_in_sight_on_the_lowest_screen(desks: Desks) -> None:
    async with desks.listed(size=(30, 8)) as desk:
        await desk.press("colon")
        await desk.until(lambda: len(desk.app.screen_stack) == 2)
        await desk.type("theme ")
        await desk.until(lambda: desk.lines[-1].strip() == "theme")


async def test_it_takes_commands(desks: Desks) -> None:
    desks.ended()
    async with desks.listed() as desk:
        await desk.shows("✓ storefront")
        await desk.press("colon", *"failed", "enter")
        await desk.until(lambda: desk.board.view.filter == "failed")
        await desk.press("colon")
        await desk.type("view all")
        await desk.press("enter")
        await desk.until(lambda: not desk.board.view.filter)
        await desk.press("colon")
        await desk.type("theme light")
        await desk.press("enter")
        await desk.until(lambda: desk.app.theme == "light")
        await desk.press("colon", "f1")
        await desk.shows("after the colon", "a step of that build by its letters", "take it into the line")
        await desk.press("escape")
        await desk.until(lambda: len(desk.app.screen_stack) == 2)
        await desk.press("down", "up", "up", "escape")
        await desk.until(lambda: len(desk.app.screen_stack) == 1)
        await desk.press("colon", *"quit", "enter")
        await desk.until(lambda: not desk.app.is_running)
