"""The keys: each can be changed by its id, none means two things in one place, and the help tells all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import pytest
from textual.binding import Binding, BindingType

from buildwatch.model import Status
from buildwatch.tui import keys
from buildwatch.tui.app import BuildwatchApp
from buildwatch.tui.confirm import Confirm
from buildwatch.tui.help import Help
from buildwatch.tui.live_tree import LiveTree
from buildwatch.tui.log_view import LogView

PLACES: dict[str, Sequence[BindingType]] = {
    "app": keys.APP,
    "tree": LiveTree.BINDINGS,
    "log": LogView.BINDINGS,
    "confirm": Confirm.bindings(),
    "help": Help.bindings(),
}


def bindings(of: Iterable[BindingType]) -> list[Binding]:
    return [binding for binding in of if isinstance(binding, Binding)]


def keys_of(of: Iterable[BindingType]) -> list[str]:
    return [key for binding in bindings(of) for key in binding.key.split(",")]


@pytest.mark.parametrize("place", PLACES)
def test_every_key_has_an_id_of_its_own(place: str) -> None:
    known = bindings(PLACES[place])
    assert len(known) == len(PLACES[place]), "all are of the form that can have an id"
    assert all(binding.id for binding in known)


def test_ids_are_unique() -> None:
    ids = Counter(id for id, _ in {(binding.id, binding.action) for of in PLACES.values() for binding in bindings(of)})
    assert [id for id, count in ids.items() if count > 1] == []


@pytest.mark.parametrize("place", PLACES)
def test_no_key_means_two_things_in_one_place(place: str) -> None:
    assert [key for key, count in Counter(keys_of(PLACES[place])).items() if count > 1] == []


@pytest.mark.parametrize("place", ["tree", "log"])
def test_a_place_takes_no_key_from_the_app(place: str) -> None:
    assert set(keys_of(PLACES[place])) & set(keys_of(keys.APP)) == set()


@pytest.mark.parametrize(
    "key", ["q", "ctrl+q", "question_mark", "escape", "slash", "tab", "r", "c", "A", "D", "o", "y", "Y"]
)
def test_the_keys_that_the_issue_names(key: str) -> None:
    assert key in keys_of(BuildwatchApp.BINDINGS)


def test_both_panes_move_alike() -> None:
    for key in ("j", "k", "down", "up", "g", "G", "home", "end", "ctrl+d", "ctrl+u", "pageup", "pagedown", "h", "l"):
        assert key in keys_of(LiveTree.BINDINGS), key
        assert key in keys_of(LogView.BINDINGS), key


@pytest.mark.parametrize(("place", "own"), [("tree", LiveTree.BINDINGS), ("log", LogView.BINDINGS)])
def test_the_help_names_every_key(place: str, own: list[BindingType]) -> None:
    named = {
        key for _, table in keys.help_sections(place) for shown, _ in table for key in shown.replace(",", " ").split()
    }
    shown = {"↓": "down", "↑": "up", "←": "left", "→": "right", "?": "question_mark", "/": "slash", "esc": "escape"}
    shown |= {":": "colon", ";": "semicolon"}
    shown |= {"&": "ampersand", "{": "left_curly_bracket", "}": "right_curly_bracket", "#": "number_sign"}
    shown |= {"-": "minus", "shift+↓": "shift+down", "shift+↑": "shift+up"}
    named = {shown.get(key, key) for key in named}
    silent = {"home", "end", "pagedown", "pageup", "ctrl+f", "ctrl+b", "f"}  # what everybody tries anyway
    assert set(keys_of(own)) | set(keys_of(keys.APP)) <= named | silent


def test_the_foot_names_only_keys_that_work_there() -> None:
    signs = {"↵": "enter", "/": "slash", "?": "question_mark", "esc": "escape", "-": "minus"}
    for in_log, own in ((False, LiveTree.BINDINGS), (True, LogView.BINDINGS)):
        for status, marked in ((Status.BLOCKED, False), (Status.RUNNING, False), (None, False), (None, True)):
            for key, word, _ in keys.foot(in_log, status, marked=marked):
                assert signs.get(key, key) in {*keys_of(own), *keys_of(keys.APP)}
                assert word.islower()


def test_a_build_that_waits_offers_the_answer_first() -> None:
    approve = ("A", "approve", "build.approve")
    assert keys.foot(False, Status.BLOCKED)[1:3] == [approve, ("D", "decline", "build.decline")]
    assert approve not in keys.foot(False, Status.RUNNING)
    assert approve not in keys.foot(True, Status.BLOCKED)
