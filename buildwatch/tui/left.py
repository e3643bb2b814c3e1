"""How a person left the board, so that it begins like that the next time: view, folds, selection and layout.

One small file of JSON in the folder for state, for each set of servers that is watched together. It holds names of
repos and what was typed as a filter, no secret. What makes no sense in it is left out; a broken one is none.
"""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct

from buildwatch.config.errors import ConfigError
from buildwatch.config.view import View, from_entry, to_entry
from buildwatch.model import BuildKey, RepoKey
from buildwatch.tui.rows import Kind, Row

if TYPE_CHECKING:
    from buildwatch.config import Settings
    from buildwatch.tui.board import Board

LARGEST: Final = 256 * 1024
"""Bytes of such a file."""

FOLDS: Final = 500
"""How many rows are remembered to be open, or folded."""

Place = tuple[str, str, str, int, str, int, int]
"""A row: its kind, server, repo and build (empty, 0 for none), part, stage, step."""


class Left(Struct, frozen=True):
    """How the board was left."""

    view: dict[str, Any] = {}
    toggled: tuple[Place, ...] = ()
    row: Place | None = None
    zoomed: bool = False
    facts: bool = False
    follows: bool = False
    wrap: bool = False
    numbers: bool = True
    times: int = 0


class Leaving:
    """The file for the servers of these settings."""

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.paths.state / "left"
        self._servers = [(server.name, server.url) for server in settings.servers]
        self._reads = settings.keep and not settings.fresh
        self._writes = settings.keep

    def read(self) -> Left | None:
        """How they were left the last time; None where that is not known."""
        if not self._reads:
            return None
        try:
            with self._file().open("rb") as file:
                return msgspec.json.decode(file.read(LARGEST), type=Left)
        except (OSError, msgspec.MsgspecError, RecursionError):
            return None

    def write(self, left: Left) -> None:
        """Remember it. What cannot be written is not remembered."""
        if not self._writes:
            return
        file = self._file()
        new = file.with_name(f"{file.name}.{os.getpid()}")
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as opened:
                opened.write(msgspec.json.encode(left))
            new.replace(file)

    def _file(self) -> Path:
        from buildwatch.kept import file_name  # hashing takes a while to import

        return self._folder / f"{file_name(*(chr(10).join(part) for part in zip(*self._servers, strict=True)))}.json"


def left(board: Board) -> Left:
    """How the board stands now."""
    side, row = board.side, board.live.row
    return Left(
        view=to_entry(board.view),
        toggled=tuple(_places(sorted(board.showing.toggled, key=str)))[-FOLDS:],
        row=_place(row.key) if row is not None else None,
        zoomed=board.has_class("-zoom"),
        facts=side is not None and side.has_class("-facts"),
        follows=board.follow_newest,
        wrap=side is not None and side.log_view.wrap,
        numbers=side is None or side.log_view.numbers,
        times=int(side.log_view.times) if side is not None else 0,
    )


def view_of(left: Left) -> View | None:
    """The view that was on show; None where that makes no sense (any more)."""
    name = left.view.get("name")
    try:
        found = from_entry({**left.view, "name": name or "none"}, "")
    except ConfigError:
        return None
    return found if name else replace(found, name="")


def keys(places: Iterable[Place]) -> set[Hashable]:
    """The keys of rows, those left out that can be no row's."""
    return {key for key in map(key, places) if key is not None}


def key(place: Place) -> Hashable | None:
    """The key of a row."""
    kind, server, slug, build, part, stage, step = place
    try:
        of = Kind(kind)
    except ValueError:
        return None
    repo = RepoKey(server, slug) if slug else None
    return Row(of, 0, server, repo, BuildKey(server, build) if build else None, part, stage, step).key


def _places(keys: Iterable[Hashable]) -> Iterable[Place]:
    return (_place(key) for key in keys)


def _place(key: Any) -> Place:
    kind, server, repo, build, part, stage, step = key
    return kind.value, server, repo.slug if repo else "", build.id if build else 0, part, stage, step
