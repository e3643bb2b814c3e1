"""Which keys do what once a person has changed some, checked as a whole, and how that is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from textual.binding import Binding, BindingType
from textual.keys import Keys, key_to_character

from buildwatch.config.errors import ConfigError, near
from buildwatch.text import clean
from buildwatch.tui import keys
from buildwatch.tui.key_names import USUAL, KeyNames

if TYPE_CHECKING:
    from buildwatch.config.keymap import KeySettings

NO_KEY: Final = "unbound"
"""What Textual is told for a binding that shall have no key: a name that no key has."""

MODIFIERS: Final = ("ctrl", "alt", "shift", "super", "hyper", "meta")

_COLUMNS: Final = 2
"""How many keys of one binding are shown."""


class Keymap:
    """All bindings by id with their keys, those that a person gave them before those of the program."""

    def __init__(
        self, changed: Mapping[str, tuple[str, ...]] | None = None, own: Mapping[str, tuple[str, ...]] | None = None
    ) -> None:
        self._changed = changed or {}
        self._own = own or {}

    @property
    def for_textual(self) -> dict[str, str]:
        """The changes as `App.set_keymap` takes them."""
        return {id: ",".join(keys) or NO_KEY for id, keys in self._changed.items()}

    def of(self, id: str) -> tuple[str, ...]:
        """The keys of a binding."""
        return self._changed.get(id, self._own.get(id, ()))

    def text(self, usual: str, ids: Iterable[str]) -> str:
        """The keys of these bindings side by side: the `usual` text, unless one of them has other keys."""
        if not any(id in self._changed for id in ids):
            return usual
        columns = list(zip_longest(*(self.of(id) for id in ids), fillvalue=""))[:_COLUMNS]
        return ", ".join(" ".join(keys.shown(key) for key in column if key) for column in columns) or "no key"

    def first(self, usual: str, id: str) -> str:
        """The key of a binding that is shown where there is room for one; empty where it has none."""
        if id not in self._changed:
            return usual
        return keys.shown(self.of(id)[0]) if self.of(id) else ""

    @property
    def names(self) -> KeyNames:
        """The keys that sentences name."""
        usual = zip(KeyNames._fields, USUAL, strict=True)
        ids = {"approve": "build.approve", "decline": "build.decline", "reload": "app.reload", "back": "app.back"}
        return KeyNames(*(self.first(key, ids.get(field, "app.quit")) for field, key in usual))


PLAIN: Final = Keymap()
"""Nothing is changed."""


def resolve(settings: KeySettings) -> Keymap:
    """The keymap that a person set. Raises `ConfigError` for an id or key that is not there, and for a key that would
    mean two things in one place.
    """
    if not settings.preset and not settings.keys:
        return PLAIN
    from buildwatch.tui.presets import PRESETS

    places = all_places()
    own = {binding.id: tuple(binding.key.split(",")) for place in places.values() for binding in place if binding.id}
    for id in settings.keys:
        if id not in own:
            raise ConfigError(
                f'{settings.where}: [keymap] there is no "{clean(id, 60)}"{near(id, own)}; docs/keys.md has all'
            )
    preset = {id: tuple(keys.split(",")) for id, keys in PRESETS[settings.preset].items()}
    given = {id: tuple(_named(key, id, settings.where) for key in keys) for id, keys in settings.keys.items()}
    keymap = Keymap(preset | given, own)
    for place, bindings in places.items():
        _check(place, bindings, keymap, settings)
    return keymap


def all_places() -> dict[str, list[Binding]]:
    """The bindings that are in force together, by the name of the place."""
    from buildwatch.tui.action_log import ActionLog
    from buildwatch.tui.ask_all import ConfirmAll, Told
    from buildwatch.tui.build_picker import BuildPicker
    from buildwatch.tui.compare_table import CompareTable
    from buildwatch.tui.comparing import Comparing
    from buildwatch.tui.confirm import Confirm
    from buildwatch.tui.help import Help
    from buildwatch.tui.jump_line import JumpLine
    from buildwatch.tui.live_tree import LiveTree
    from buildwatch.tui.log_view import LogView
    from buildwatch.tui.player import Player
    from buildwatch.tui.theme_picker import ThemePicker
    from buildwatch.tui.view_picker import ViewPicker
    from buildwatch.tui.welcome import Welcome

    everywhere = _bindings(keys.APP)
    above = [
        binding for binding in everywhere if binding.priority and binding.id not in ("app.find", "app.jump")
    ]  # neither in dialogs
    comparing = [*_bindings(CompareTable.BINDINGS), *_bindings(Comparing.BINDINGS)]
    comparing += [binding for binding in everywhere if binding.action in keys.ANYWHERE]
    return {
        "in the tree": [*_bindings(LiveTree.BINDINGS), *everywhere],
        "in the tree of a recording": [*_bindings(LiveTree.BINDINGS), *_bindings(Player.PLAYING), *everywhere],
        "in the log": [*_bindings(LogView.BINDINGS), *everywhere],
        "in the log of a recording": [*_bindings(LogView.BINDINGS), *_bindings(Player.PLAYING), *everywhere],
        "in a comparison": comparing,
        "in a comparison of a recording": [*comparing, *_bindings(Player.PLAYING)],
        "at the first start": _bindings(Welcome.BINDINGS),
    } | {
        dialog.PLACE: [*dialog.bindings(), *above]
        for dialog in (BuildPicker, JumpLine, Confirm, ConfirmAll, Told, ActionLog, Help, ViewPicker, ThemePicker)
    }


def _bindings(of: Iterable[BindingType]) -> list[Binding]:
    return [binding for binding in of if isinstance(binding, Binding)]


def _check(place: str, bindings: Iterable[Binding], keymap: Keymap, settings: KeySettings) -> None:
    taken: dict[str, str] = {}
    for id in (binding.id or "" for binding in bindings):
        for key in keymap.of(id):
            other = taken.setdefault(key, id)
            if other != id:
                both = " and ".join(sorted((other, id)))
                raise ConfigError(
                    f'{settings.where}: [keymap] "{keys.shown(key)}" would mean both {both} {place}; '
                    'give one of them another key, or "" for none'
                )


def _named(word: str, id: str, where: str) -> str:
    """A key as Textual calls it: `?` is `question_mark` there. Raises `ConfigError` where there is no such key."""
    head, plus, base = (
        word.rpartition("+") if len(word) > 1 and word[-1] != "+" else (word[:-2], word[-2:-1], word[-1:])
    )
    modifiers = head.lower().split("+") if plus else []
    name = keys.name_of(base) if len(base) == 1 else _ALIASES.get(base.lower(), base.lower())
    known = len(base) == 1 or name in _NAMES or key_to_character(name) is not None
    if not known or any(modifier not in MODIFIERS for modifier in modifiers):
        raise ConfigError(
            f'{where}: [keymap] {id} cannot be on "{clean(word, 40)}", which is no key{near(name, _NAMES)}; '
            "keys are like x, X, ?, f2, ctrl+x, alt+left, pagedown"
        )
    return "+".join([*modifiers, name])


_NAMES: Final = frozenset(key.value for key in Keys if "+" not in key.value and not key.value.startswith("<"))


_ALIASES: Final = {"esc": "escape", "return": "enter", "pgup": "pageup", "pgdn": "pagedown", "del": "delete"}
