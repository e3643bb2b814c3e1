"""The keys: one table for the bindings, the line at the foot and the help."""

from __future__ import annotations

from typing import Final

from textual.binding import Binding, BindingType

from buildwatch.model import Status

APP: Final[list[BindingType]] = [
    Binding("q", "leave", "quit", id="app.quit"),
    Binding("ctrl+q", "leave", "quit, wherever one is", id="app.quit-anywhere", priority=True),
    Binding("question_mark,f1", "help", "keys of this place", id="app.help"),
    Binding("ctrl+p", "command_palette", "palette of all commands", id="app.palette"),
    Binding("slash", "find", "filter, or search in the log", id="app.find", priority=True),
    Binding("escape", "back", "back one level", id="app.back"),
    Binding("tab,shift+tab", "other_pane", "tree or log", id="app.pane"),
    Binding("z", "zoom", "the selection on the whole screen", id="app.zoom"),
    Binding("i", "facts", "facts or log (where there is room for one)", id="app.facts"),
    Binding("x", "failed_only", "failed only", id="tree.failed"),
    Binding("F", "follow_newest", "follow the newest build", id="tree.follow"),
    Binding("R", "reload", "read again; try again", id="app.reload"),
    Binding("o", "browse", "open in the browser", id="build.browse"),
    Binding("y", "copy", "copy the address (in the log: the line)", id="build.copy"),
    Binding("Y", "copy_url", "copy the web address", id="build.copy-url"),
    Binding("r", "act('restart')", "restart", id="build.restart"),
    Binding("c", "act('cancel')", "cancel", id="build.cancel"),
    Binding("A", "act('approve')", "approve", id="build.approve"),
    Binding("D", "act('decline')", "decline", id="build.decline"),
    Binding("P", "act('promote')", "promote", id="build.promote"),
    Binding("B", "act('rollback')", "roll back", id="build.rollback"),
    Binding("T", "choose_theme", "another theme", id="app.theme"),
]

MOVING: Final = [
    ("j k, ↓ ↑", "down, up"),
    ("l h, → ←", "open or go in, close or go out"),
    ("enter, space", "open; fold"),
    ("g G", "first, last"),
    ("ctrl+d ctrl+u", "half a page"),
]

IN_LOG: Final = [
    ("j k, ↓ ↑", "scroll"),
    ("g G", "start; end, and follow"),
    ("space, ctrl+d ctrl+u", "a page; half a page"),
    ("h l, ← →", "sideways"),
    ("e E", "next, previous error"),
    ("v V", "next, previous warning"),
    ("b", "only what broke, or everything"),
    ("/ n N", "search, next, previous"),
    ("&", "only around the matches, only matches, all"),
    ("{ }", "previous, next command"),
    ("enter, -", "fold this command; all of them"),
    ("w t #", "wrap; times; line numbers"),
    ("J K, shift+↓ shift+↑", "select lines"),
    ("m", "all steps as one log"),
    ("s p ctrl+o", "save; $PAGER; $EDITOR"),
    ("y", "copy the selected lines, or this one"),
    ("esc", "back to the tree"),
]

FOOT_TREE: Final = [
    ("↵", "open"),
    ("/", "filter"),
    ("x", "failed"),
    ("r", "restart"),
    ("c", "cancel"),
    ("o", "browser"),
    ("?", "keys"),
    ("q", "quit"),
]
FOOT_EMPTY: Final = [("R", "try again"), ("?", "keys"), ("q", "quit")]
FOOT_BLOCKED: Final = [("A", "approve"), ("D", "decline")]
FOOT_LOG: Final = [
    ("e", "error"),
    ("/", "search"),
    ("b", "what broke"),
    ("-", "fold"),
    ("w", "wrap"),
    ("t", "time"),
    ("G", "follow"),
    ("z", "zoom"),
    ("esc", "back"),
    ("?", "keys"),
]
ASCII_KEYS: Final = {
    "↵": "enter",
    "j k, ↓ ↑": "j k, arrows",
    "l h, → ←": "l h, arrows",
    "h l, ← →": "h l, arrows",
    "J K, shift+↓ shift+↑": "J K, shift+arrows",
}


def foot(in_log: bool, status: Status | None, actions: frozenset[str] | None = None) -> list[tuple[str, str]]:
    """The keys for the line at the foot, the most needed first.

    `status` is the selected build's; `actions` what its server knows, None where that is not known yet.
    """
    if in_log:
        return FOOT_LOG
    table = [*FOOT_TREE[:1], *FOOT_BLOCKED, *FOOT_TREE[1:]] if status == Status.BLOCKED else FOOT_TREE
    return [(key, word) for key, word in table if actions is None or word not in ACTIONS or word in actions]


ACTIONS: Final = frozenset({"restart", "cancel", "approve", "decline", "promote", "rollback"})


def acting(name: str) -> str:
    """The action of the binding that does this to a build."""
    return f"act('{name}')"


def help_sections(place: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """What the help shows in `place` ('tree' or 'log'): its own keys first, then those that work everywhere."""
    own = ("in the log", IN_LOG) if place == "log" else ("in the tree", MOVING)
    everywhere = [(shown(binding.key), binding.description) for binding in APP if isinstance(binding, Binding)]
    return [own, ("everywhere", everywhere)]


def in_ascii(table: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The same keys by names that every terminal has."""
    return [(ASCII_KEYS.get(key, key), word) for key, word in table]


def shown(keys: str) -> str:
    names = {"question_mark": "?", "slash": "/", "escape": "esc"}
    return " ".join(names.get(key, key) for key in keys.split(","))
