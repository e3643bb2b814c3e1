"""The keys: one table for the bindings, the line at the foot and the help."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from string import punctuation
from typing import TYPE_CHECKING, Final

from textual.binding import Binding, BindingType
from textual.keys import KEY_NAME_REPLACEMENTS

from buildwatch.model import Status

if TYPE_CHECKING:
    from buildwatch.tui.keymap import Keymap

APP: Final[list[BindingType]] = [
    Binding("q", "leave", "quit", id="app.quit"),
    Binding("ctrl+q", "leave", "quit, wherever one is", id="app.quit-anywhere", priority=True),
    Binding("question_mark,f1", "help", "keys of this place", id="app.help"),
    Binding("ctrl+p", "command_palette", "palette of all commands", id="app.palette"),
    Binding("colon", "jump", "go to a repo, build or step; commands", id="app.jump", priority=True),
    Binding("slash", "find", "filter, or search in the log", id="app.find", priority=True),
    Binding("escape", "back", "back one level", id="app.back"),
    Binding("tab,shift+tab", "other_pane", "tree or log", id="app.pane"),
    Binding("z", "zoom", "the selection on the whole screen", id="app.zoom"),
    Binding("i", "facts", "facts or log (where there is room for one)", id="app.facts"),
    Binding("x", "screen.failed", "failed only", id="tree.failed"),
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
    Binding("C", "act('create')", "create a new build of this repo", id="build.create"),
    Binding("d", "compare", "compare with the last green build, or another", id="build.compare"),
    Binding("W", "watch_end", "tell when this build ends, or all marked ones", id="build.watch"),
    Binding("semicolon", "doings", "all that was done on servers from here, with the answers", id="app.done"),
    Binding("T", "choose_theme", "another theme", id="app.theme"),
]

ANYWHERE: Final = frozenset({"leave", "help", "command_palette", "choose_theme", "reload", "doings"})
"""The actions of `APP` that go on in views other than the board; the others mean what is selected on it."""

BOARD_ONLY: Final = (
    frozenset(binding.action.partition("(")[0] for binding in APP if isinstance(binding, Binding)) - ANYWHERE
)

NUMBERS: Final[list[BindingType]] = [
    Binding(str(n), f"screen.view({n})", f"view {n}", show=False, id=f"tree.view-{n}") for n in range(1, 10)
]
"""Views by their numbers, in the tree and in the list of views."""

VIEWING: Final[list[BindingType]] = [
    Binding("m", "screen.mark", "mark this build for the next action", id="tree.mark"),
    Binding("M", "screen.mark_range", "mark all from the last mark to here", id="tree.mark-range"),
    Binding("p", "screen.pin", "pin this repo above the others", id="tree.pin"),
    Binding("v", "screen.views", "all views", id="tree.views"),
    Binding("S", "screen.views(True)", "save what is on show as a view", id="tree.save-view"),
    Binding("u", "screen.mine", "mine only", id="tree.mine"),
    Binding("b", "screen.group", "grouped by the next thing", id="tree.group"),
    Binding("s", "screen.sort", "sorted by the next thing", id="tree.sort"),
    *NUMBERS,
]
"""What works in the tree alone. The actions are the board's."""

Line = tuple[str, str, str]
"""Keys as they are if nobody changed them, what they do, and the ids of their bindings."""

ON_MARKS: Final = (
    "build.restart build.cancel build.approve build.decline build.promote build.rollback "
    "build.watch build.copy build.copy-url"
)
"""What is done to all marked builds, where there are such. What else is done to one, is done to the selected one."""

MOVING: Final[list[Line]] = [
    ("j k, ↓ ↑", "down, up", "tree.down tree.up"),
    ("l h, → ←", "open or go in, close or go out", "tree.into tree.out"),
    ("enter, space", "open; fold", "tree.enter tree.fold"),
    ("g G", "first, last", "tree.first tree.last"),
    ("ctrl+d ctrl+u", "half a page", "tree.half-down tree.half-up"),
    ("m M", "mark a build; all from the last mark to here", "tree.mark tree.mark-range"),
    ("r c A D P B W y Y", "are then for all marked builds at once", ON_MARKS),
    ("p", "pin a repo above the others", "tree.pin"),
    ("v S", "all views; save what is on show as one", "tree.views tree.save-view"),
    ("u", "builds of yours only, or all", "tree.mine"),
    ("b s", "grouped, sorted by the next thing", "tree.group tree.sort"),
    ("1 2 3 4 5 6 7 8 9", "a view by its number", " ".join(f"tree.view-{n}" for n in range(1, 10))),
]

IN_LOG: Final[list[Line]] = [
    ("j k, ↓ ↑", "scroll", "log.down log.up"),
    ("g G", "start; end, and follow", "log.top log.follow"),
    ("space, ctrl+d ctrl+u", "a page; half a page", "log.page-down log.half-down log.half-up"),
    ("h l, ← →", "sideways", "log.left log.right"),
    ("e E", "next, previous error", "log.error.next log.error.previous"),
    ("v V", "next, previous warning", "log.warning.next log.warning.previous"),
    ("b", "only what broke, or everything", "log.brief"),
    ("/ n N", "search, next, previous", "app.find log.search.next log.search.previous"),
    ("&", "only around the matches, only matches, all", "log.filter"),
    ("{ }", "previous, next command", "log.command.previous log.command.next"),
    ("enter, -", "fold this command; all of them", "log.fold log.fold-all"),
    ("w t #", "wrap; times; line numbers", "log.wrap log.times log.numbers"),
    ("J K, shift+↓ shift+↑", "select lines", "log.select-down log.select-up"),
    ("m", "all steps as one log", "log.together"),
    ("s p ctrl+o", "save; $PAGER; $EDITOR", "log.save log.pager log.editor"),
    ("y", "copy what is selected, else this line, else all in sight", "build.copy"),
    ("esc", "back to the tree", "app.back"),
]

IN_COMPARISON: Final[list[Line]] = [
    ("j k, ↓ ↑", "down, up", "compare.down compare.up"),
    ("g G", "first, last", "compare.first compare.last"),
    ("space, ctrl+d ctrl+u", "a page; half a page", "compare.page-down compare.half-down compare.half-up"),
    ("s", "as they ran, what grew most, the longest", "compare.sort"),
    ("x", "only what changed, or everything", "compare.changed"),
    ("u", "against the last green one", "compare.green"),
    ("w", "against the green one of a week before", "compare.week"),
    ("h l, ← →", "against the build before, after", "compare.older compare.newer"),
    ("b #", "against one from a list, or by number", "compare.choose"),
    ("H L, shift+← shift+→", "compare the build before, after this one", "compare.this-older compare.this-newer"),
    ("enter", "the log of this step", "compare.enter"),
    ("y", "copy the comparison", "compare.copy"),
    ("esc d", "back", "compare.leave"),
]

TYPING: Final[list[Line]] = [
    ("enter", "take it, and go on with the other keys", ""),
    ("esc", "leave it", "app.back"),
]
FILTER: Final[list[Line]] = [
    ("main", "what has this word: repo, branch, author, status, event or commit message", ""),
    ("!main", "what has it not", ""),
    ("failed running", "by status; words are joined by and", ""),
    ("waiting blocked", "what has not begun; what waits for an approval", ""),
    ("mine", "what is yours", ""),
    ("repo: branch: author:", "a word in this place only, like branch:main", ""),
    ("status: event: server:", "the same", ""),
    *TYPING,
]
SEARCH: Final[list[Line]] = [
    ("timeout", "a text; capitals matter where it has some", ""),
    ("/exit [^0]/", "between slashes, a regular expression", ""),
    *TYPING,
]

FOOT_TREE: Final[list[Line]] = [
    ("↵", "open", "tree.enter"),
    ("/", "filter", "app.find"),
    ("x", "failed", "tree.failed"),
    ("v", "views", "tree.views"),
    ("r", "restart", "build.restart"),
    ("c", "cancel", "build.cancel"),
    ("d", "compare", "build.compare"),
    ("o", "browser", "build.browse"),
    ("m", "mark", "tree.mark"),
    ("?", "keys", "app.help"),
    ("q", "quit", "app.quit"),
]
FOOT_EMPTY: Final[list[Line]] = [("R", "try again", "app.reload"), ("?", "keys", "app.help"), ("q", "quit", "app.quit")]
FOOT_BLOCKED: Final[list[Line]] = [("A", "approve", "build.approve"), ("D", "decline", "build.decline")]
FOOT_MARKED: Final[list[Line]] = [
    ("r", "restart", "build.restart"),
    ("c", "cancel", "build.cancel"),
    ("esc", "unmark", "app.back"),
    ("m", "mark", "tree.mark"),
    ("M", "to here", "tree.mark-range"),
    *FOOT_BLOCKED,
    ("P", "promote", "build.promote"),
    ("B", "roll back", "build.rollback"),
    ("W", "tell ends", "build.watch"),
    ("?", "keys", "app.help"),
]
FOOT_LOG: Final[list[Line]] = [
    ("e", "error", "log.error.next"),
    ("/", "search", "app.find"),
    ("b", "what broke", "log.brief"),
    ("-", "fold", "log.fold-all"),
    ("w", "wrap", "log.wrap"),
    ("t", "time", "log.times"),
    ("G", "follow", "log.follow"),
    ("z", "zoom", "app.zoom"),
    ("esc", "back", "app.back"),
    ("?", "keys", "app.help"),
]
FOOT_COMPARE: Final[list[Line]] = [
    ("s", "sort", "compare.sort"),
    ("w", "week before", "compare.week"),
    ("h", "older", "compare.older"),
    ("b", "choose", "compare.choose"),
    ("↵", "log", "compare.enter"),
    ("esc", "back", "compare.leave"),
    ("?", "keys", "app.help"),
    ("x", "changed", "compare.changed"),
    ("u", "last green", "compare.green"),
    ("y", "copy", "compare.copy"),
]
ASCII_KEYS: Final = {
    "↵": "enter",
    "j k, ↓ ↑": "j k, arrows",
    "l h, → ←": "l h, arrows",
    "h l, ← →": "h l, arrows",
    "J K, shift+↓ shift+↑": "J K, shift+arrows",
    "H L, shift+← shift+→": "H L, shift+arrows",
}


def foot(
    in_log: bool, status: Status | None, actions: frozenset[str] | None = None, *, marked: bool = False
) -> list[Line]:
    """The keys for the line at the foot, the most needed first.

    `status` is the selected build's; `actions` what its server knows, None where that is not known yet. Where builds
    are `marked`, these are what is acted on.
    """
    if marked and not in_log:
        return FOOT_MARKED
    table = [*FOOT_TREE[:1], *FOOT_BLOCKED, *FOOT_TREE[1:]] if status == Status.BLOCKED else FOOT_TREE
    table = [line for line in table if actions is None or line[1] not in ACTIONS or line[1] in actions]
    return FOOT_LOG if in_log else table


def shortest(table: Iterable[Line], keymap: Keymap) -> list[Line]:
    """One key for each line; a line whose binding has none is left out."""
    lines = [(keymap.first(key, id), word, id) for key, word, id in table]
    return [line for line in lines if line[0]]


PLACES: Final[Mapping[str, tuple[str, list[Line]]]] = {
    "tree": ("in the tree", MOVING),
    "log": ("in the log", IN_LOG),
    "filter": ("what is looked for", FILTER),
    "search": ("what is searched for", SEARCH),
    "comparison": ("comparing two builds", IN_COMPARISON),
}
"""The places that have keys of their own to show, each with its title."""

TYPED: Final = frozenset({"filter", "search"})
"""Those of them where letters are typed, so that no other key means anything."""

ACTIONS: Final = frozenset({"restart", "cancel", "approve", "decline", "promote", "rollback", "create"})


def acting(name: str) -> str:
    """The action of the binding that does this to a build."""
    return f"act('{name}')"


def help_sections(
    place: str, keymap: Keymap | None = None, more: Sequence[BindingType] = ()
) -> list[tuple[str, list[tuple[str, str]]]]:
    """What the help shows in `place` (of `PLACES`): its own keys first, then those that work everywhere.

    `more` are bindings of this app alone.
    """
    title, table = PLACES[place]
    own = [(keymap.text(key, ids.split()) if keymap else key, word) for key, word, ids in table]
    if place in TYPED:
        return [(title, own)]
    bindings = [binding for binding in [*more, *APP] if isinstance(binding, Binding)]
    if place == "comparison":
        bindings = [binding for binding in bindings if binding.action.partition("(")[0] not in BOARD_ONLY]
    everywhere = [(of(binding, keymap), binding.description) for binding in bindings]
    return [(title, own), ("everywhere", everywhere)]


def of(binding: Binding, keymap: Keymap | None = None) -> str:
    """The keys of a binding, as they are shown."""
    usual = shown(binding.key)
    return keymap.text(usual, [binding.id or ""]) if keymap else usual


def in_ascii(table: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The same keys by names that every terminal has."""
    return [(ASCII_KEYS.get(key, key), word) for key, word in table]


def shown(keys: str) -> str:
    """Keys (with a comma between two) by what is printed on them."""
    return " ".join(_shown(key) for key in keys.split(","))


def _shown(key: str) -> str:
    *modifiers, name = key.split("+")
    return "+".join([*modifiers, "esc" if name == "escape" else _SIGNS.get(name, name)])


def name_of(letter: str) -> str:
    """What Textual calls the key that prints this: `question_mark` for `?`."""
    if letter.isalnum():
        return letter
    name = unicodedata.name(letter, letter).lower().replace("-", "_").replace(" ", "_")
    return KEY_NAME_REPLACEMENTS.get(name, name)


_SIGNS: Final = {name_of(sign): sign for sign in punctuation}
