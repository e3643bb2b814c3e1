"""A view: which builds are shown, grouped by what, in which order, with which facts; and `[[view]]`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from buildwatch.config.errors import ConfigError
from buildwatch.config.tomlfile import Key, Table, check
from buildwatch.text import clean

GROUPS: Final = ("namespace", "server", "status", "author")
SORTS: Final = ("name", "newest", "status", "duration")
COLUMNS: Final = ("server", "branch", "event", "commit", "author", "message", "last")
"""What a row can tell beside its name, time and age; `last` is the strip of a repo's last results."""

USUAL_COLUMNS: Final = COLUMNS[1:]

LONGEST_NAME: Final = 24
LONGEST_FILTER: Final = 200
"""Letters."""

MOST: Final = 50
"""How many views a file may hold."""

SCHEMA: Final[Mapping[str, Key]] = {
    "name": Key((str,), f"a name of at most {LONGEST_NAME} letters"),
    "filter": Key((str,), f'what one would type after "/", at most {LONGEST_FILTER} letters'),
    "group": Key((str,), "one of " + ", ".join(GROUPS), GROUPS),
    "sort": Key((str,), "one of " + ", ".join(SORTS), SORTS),
    "columns": Key((list,), "a list of " + ", ".join(COLUMNS)),
}


@dataclass(frozen=True, slots=True)
class View:
    """One way to look at what there is. `name` is what it is called, empty where it has none; views that show the
    same are equal whatever they are called. `filter` is what is typed after the slash. `columns` are some of
    `COLUMNS`; rows show them in their own order, as far as there is room.
    """

    name: str = field(default="", compare=False)
    filter: str = ""
    group: str = GROUPS[0]
    sort: str = SORTS[0]
    columns: tuple[str, ...] = USUAL_COLUMNS


BUILT_IN: Final = (
    View("all"),
    View("failed", "failed"),
    View("running", "running"),
    View("mine", "mine", "author", "newest"),
    View("waiting for me", "blocked", sort="newest"),
)


def from_file(table: Table, where: str) -> tuple[View, ...]:
    """The file's views in its order, at most `MOST`. Raises `ConfigError`."""
    entries = table.get("view", ())
    if len(entries) > MOST:
        raise ConfigError(f"{where}: there are {len(entries)} [[view]] tables; at most {MOST} are shown")
    found: dict[str, View] = {}
    for number, entry in enumerate(entries, 1):
        view = from_entry(entry, f"{where}: [[view]] {number}")
        if view.name in found:
            raise ConfigError(f'{where}: [[view]] {number}: the name "{view.name}" is taken already')
        found[view.name] = view
    return tuple(found.values())


def from_entry(entry: object, where: str) -> View:
    """One view. Raises `ConfigError`."""
    if not isinstance(entry, dict):
        raise ConfigError(f"{where} must be a table that begins with [[view]]")
    check(entry, SCHEMA, where)
    if "name" not in entry:
        raise ConfigError(f"{where}: name is missing; expected {SCHEMA['name'].expected}")
    wrong = name_fault(entry["name"])
    if wrong:
        raise ConfigError(f"{where}: name {wrong}")
    text = entry.get("filter", "")
    if clean(text) != text or len(text) > LONGEST_FILTER:
        raise ConfigError(f"{where}: filter must be {SCHEMA['filter'].expected}, on one line")
    values: dict[str, Any] = {key: entry[key] for key in ("group", "sort") if key in entry}
    if "columns" in entry:
        for column in entry["columns"]:
            check({"columns": column}, _COLUMN, where)
        values["columns"] = tuple(name for name in COLUMNS if name in entry["columns"])
    return View(entry["name"], text.strip(), **values)


_COLUMN: Final[Mapping[str, Key]] = {"columns": Key((str,), f"a list of {', '.join(COLUMNS)}", COLUMNS)}


def name_fault(name: str) -> str:
    """What is wrong with the name of a view, as the end of a sentence; empty where nothing is."""
    if name and name == name.strip() and clean(name) == name and len(name) <= LONGEST_NAME:
        return ""
    return f"must be {SCHEMA['name'].expected}, on one line, without blanks at its ends"


def to_entry(view: View) -> dict[str, Any]:
    """A view as `from_entry` reads it."""
    return {
        "name": view.name,
        "filter": view.filter,
        "group": view.group,
        "sort": view.sort,
        "columns": list(view.columns),
    }


def offered(configured: tuple[View, ...], saved: tuple[View, ...]) -> tuple[View, ...]:
    """All views that can be chosen, in their order: those built in, of the file, saved on the screen. A later one of
    the same name takes the place of an earlier one.
    """
    return tuple({view.name: view for view in (*BUILT_IN, *configured, *saved)}.values())


def named(view: View, known: tuple[View, ...]) -> View:
    """The same view under the name of the first of the `known` ones that shows the same; under none where none does."""
    return replace(view, name=next((one.name for one in known if one == view), ""))
