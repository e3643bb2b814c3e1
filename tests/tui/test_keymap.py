"""Other keys: each binding can have some, presets hold together, faults are one sentence, the screen shows what is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.binding import BindingsMap

from buildwatch.config import ConfigError
from buildwatch.config.keymap import KeySettings
from buildwatch.model import Build, Status
from buildwatch.store import Link, Server
from buildwatch.tui import board_text, keys, meaning
from buildwatch.tui.key_names import KeyNames
from buildwatch.tui.keymap import PLAIN, all_places, resolve
from buildwatch.tui.presets import PRESETS
from buildwatch.words import UNICODE

if TYPE_CHECKING:
    from tests.tui.conftest import Desks

PLACES = all_places()
IDS = sorted({binding.id for place in PLACES.values() for binding in place if binding.id})


def given(keys: Mapping[str, str] | None = None, preset: str = "") -> KeySettings:
    return KeySettings(preset, {id: tuple(text.split()) for id, text in (keys or {}).items()}, "config.toml")


def in_force(place: str, settings: KeySettings) -> dict[str, set[str]]:
    """What Textual makes of it: the ids of the bindings of each key in a place."""
    bindings = BindingsMap(PLACES[place])
    bindings.apply_keymap(resolve(settings).for_textual)
    return {key: {binding.id or "" for binding in found} for key, found in bindings.key_to_bindings.items()}


@pytest.mark.parametrize("id", IDS)
def test_every_binding_can_have_another_key(id: str) -> None:
    for place, bindings in PLACES.items():
        if id in {binding.id for binding in bindings}:
            found = in_force(place, given({id: "f9 alt+x"}))
            assert [key for key, ids in found.items() if id in ids] == ["f9", "alt+x"]
            none = in_force(place, given({id: ""}))
            assert [key for key, ids in none.items() if id in ids and key != "unbound"] == []


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_holds_together(preset: str) -> None:
    for place in PLACES:
        found = in_force(place, given(preset=preset))
        assert {key: ids for key, ids in found.items() if len(ids) > 1} == {}


def test_keys_can_be_swapped() -> None:
    found = in_force("in the tree", given({"build.restart": "c", "build.cancel": "r"}))
    assert (found["c"], found["r"]) == ({"build.restart"}, {"build.cancel"})


@pytest.mark.parametrize(
    ("word", "key"),
    [
        ("?", "question_mark"),
        ("Q", "Q"),
        ("ctrl+X", "ctrl+X"),
        ("Ctrl+x", "ctrl+x"),
        ("alt+<", "alt+less_than_sign"),
        ("+", "plus"),
        ("ctrl++", "ctrl+plus"),
        ("-", "minus"),
        ("esc", "escape"),
        ("PageDown", "pagedown"),
        ("f12", "f12"),
        ("left_curly_bracket", "left_curly_bracket"),
        (",", "comma"),
        ("é", "é"),
    ],
)
def test_keys_by_what_is_printed_on_them(word: str, key: str) -> None:
    others = (id for id in IDS if id != "tree.failed")
    nowhere_else = dict.fromkeys(others, "") | {"tree.failed": word}
    keymap = resolve(given(nowhere_else))
    assert keymap.of("tree.failed") == (key,)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (given({"app.quitt": "Q"}), r'there is no "app\.quitt"; did you mean "app\.quit"\?; docs/keys\.md has all'),
        (given({"x\x1b[31m": "Q"}), r'there is no "x"; docs/keys\.md has all'),
        (given({"app.quit": "ctrl+"}), r'app\.quit cannot be on "ctrl\+", which is no key.*'),
        (given({"app.quit": "pagedwn"}), r'.*"pagedwn", which is no key; did you mean "pagedown"\?; keys are like .*'),
        (given({"app.quit": "hyperspace+x"}), r'.*cannot be on "hyperspace\+x", which is no key.*'),
        (given({"app.quit": "r"}), r'"r" would mean both app\.quit and build\.restart in the tree; give one .*'),
        (given({"log.wrap": "z"}), r'"z" would mean both app\.zoom and log\.wrap in the log; .*'),
        (given({"confirm.yes": "n"}), r'"n" would mean both confirm\.no and confirm\.yes where it asks; .*'),
        (
            given({"help.close": "ctrl+q"}),
            r'"ctrl\+q" would mean both app\.quit-anywhere and help\.close in .*',
        ),
        (given({"themes.down": "q"}), r'"q" would mean both themes\.down and themes\.leave among the themes; .*'),
        (given({"tree.failed": "ctrl+n"}, "emacs"), r'"ctrl\+n" would mean both tree\.down and tree\.failed in .*'),
    ],
)
def test_a_fault_is_one_sentence(settings: KeySettings, sentence: str) -> None:
    with pytest.raises(ConfigError) as wrong:
        resolve(settings)
    found = str(wrong.value)
    assert re.fullmatch(r"config\.toml: \[keymap\] " + sentence, found)
    assert found.isprintable()


def test_nothing_changed_costs_nothing() -> None:
    assert resolve(given()) is PLAIN
    assert PLAIN.for_textual == {}


def test_the_help_and_the_foot_show_what_is_in_force() -> None:
    keymap = resolve(given({"tree.down": "ctrl+n down", "app.find": "f3", "tree.failed": "", "build.restart": "f5"}))
    tree, everywhere = ({word: key for key, word in table} for _, table in keys.help_sections("tree", keymap))
    assert tree["down, up"] == "ctrl+n k, down up"
    assert everywhere["filter, or search in the log"] == "f3"
    assert everywhere["failed only"] == "no key"
    assert everywhere["quit"] == "q"
    foot = keys.shortest(keys.foot(False, None), keymap)
    assert ("f3", "filter", "app.find") in foot
    assert ("f5", "restart", "build.restart") in foot
    assert "failed" not in {word for _, word, _ in foot}


def test_sentences_name_the_keys_that_are_in_force() -> None:
    names = resolve(given({"build.approve": "f7", "build.decline": "", "app.reload": "f5"})).names
    waits = Build("ci", "acme/api", 7, 7, status=Status.BLOCKED)
    assert meaning.of_build(waits, None, 0, names)[0].text == "waits for approval: f7 approves"
    assert meaning.of_build(waits, None, 0)[0].text == "waits for approval: A approves, D declines"
    refused = Server("ci", "https://ci.example.com", link=Link.REFUSED, said="ci does not accept the token")
    (line,) = board_text.banner([refused], 80, UNICODE, names)
    assert "".join(text for text, _ in line).strip() == "ci does not accept the token; then press f5"
    assert PLAIN.names == KeyNames()


def test_the_tables_name_bindings_that_there_are() -> None:
    tables: tuple[list[keys.Line], ...] = (
        keys.MOVING,
        keys.IN_LOG,
        keys.FILTER,
        keys.SEARCH,
        keys.FOOT_TREE,
        keys.FOOT_MARKED,
        keys.FOOT_EMPTY,
        keys.FOOT_BLOCKED,
        keys.FOOT_LOG,
    )
    tables = (*tables, keys.IN_COMPARISON, keys.FOOT_COMPARE)
    named = {id for table in tables for _, _, ids in table for id in ids.split()}
    assert named <= set(IDS)
    own = {binding.id or "": keys.of(binding).split() for place in PLACES.values() for binding in place}
    for table in tables:
        for shown, word, ids in table:
            first = shown.replace(",", " ").split()[0]
            assert first == "↵" or not ids or any(first in own[id] for id in ids.split()), word


def test_the_page_of_keys_names_every_id() -> None:
    page = (Path(__file__).parents[2] / "docs" / "keys.md").read_text()
    places = "app|tree|log|build|builds|compare|first|jump|play|confirm|dialog|list|help|views|themes|done"
    named = set(re.findall(rf"`((?:{places})\.[a-z0-9.-]+)`", page))
    assert named | {f"tree.view-{number}" for number in range(1, 10)} == set(IDS)


async def test_other_keys_on_the_screen(desks: Desks) -> None:
    keymap = given({"tree.failed": "f4", "app.help": "f2", "build.restart": "f6", "confirm.yes": "j"}, "emacs")
    build = desks.ended()
    async with desks.listed(keymap=keymap) as desk:
        await desk.shows("f4 failed")
        await desk.press("x", "question_mark")
        await desk.press("f4")
        await desk.until(lambda: desk.board.view.filter == "failed")
        await desk.press("f4", "ctrl+n", "ctrl+n")
        await desk.until(lambda: not desk.board.view.filter and desk.board.live.cursor == 2)
        await desk.press("f2")
        await desk.shows("ctrl+n ctrl+p")
        await desk.press("ctrl+g")
        await desk.until(lambda: len(desk.app.screen_stack) == 1)
        await desk.go_to("storefront")
        await desk.press("f6")
        await desk.shows("enter: do it ctrl+g: leave it")
        await desk.press("ctrl+g")
        await desk.until(lambda: len(desk.app.screen_stack) == 1)
        assert build.number == 1
