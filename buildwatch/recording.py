"""What happened on servers, one line of JSON for each thing, and where in it one is. Pure.

A recording begins with all that was known at its start and goes on with what changed: builds whole, as they were then,
so that nothing has to be put together to show them. It holds no token and no parameters of builds, which people use for
secrets; what steps printed only where that was asked for. What is read from one is as hostile as what a server sends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import fields, replace

from buildwatch.coding import decoder, encoder
from buildwatch.model import Build, Repo, Status
from buildwatch.text import clean, clean_lines
from buildwatch.wire.loglines import Piece

FORMAT: Final = 1
"""What the first line says. Another number for each change of what the lines mean."""


class RecordingError(ValueError):
    """A file that cannot be played; the text is a whole sentence without the file's name."""


class Begun(Struct, frozen=True, tag="begun", tag_field="is"):
    """The first line. Here as everywhere `at` is unix seconds of the clock of who recorded."""

    at: float
    format: int


class Watched(Struct, frozen=True, tag="server", tag_field="is", omit_defaults=True):
    """What became known of a server. Its clock was `ahead` seconds before the recorder's."""

    at: float
    name: str
    url: str
    kind: str = ""
    version: str = ""
    user: str = ""
    admin: bool = False
    global_ids: bool = True
    ahead: float = 0.0


class Listed(Struct, frozen=True, tag="repos", tag_field="is"):
    """All repos of a server."""

    at: float
    server: str
    repos: tuple[Repo, ...]


class Known(Struct, frozen=True, tag="build", tag_field="is", omit_defaults=True):
    """A build as it was from then on; `told` where that happened then, and was not only read of."""

    at: float
    build: Build
    told: bool = False


class Printed(Struct, frozen=True, tag="log", tag_field="is"):
    """All that a step has printed. The texts are as they came: not safe to show."""

    at: float
    server: str
    repo: str
    number: int
    stage: int
    step: int
    pieces: tuple[Piece, ...]


Entry = Begun | Watched | Listed | Known | Printed


def line(entry: Entry) -> bytes:
    """An entry as a line."""
    if isinstance(entry, Known):
        entry = replace(entry, build=replace(entry.build, params=()))
    return encoder.encode(entry) + b"\n"


def read(lines: Iterable[bytes]) -> list[Entry]:
    """All entries, safe to show but for what steps printed. A last line that was cut short is left out.

    Raises `RecordingError`.
    """
    entries: list[Entry] = []
    for number, text in enumerate(lines, 1):
        try:
            entry = _decoder.decode(text)
        except (msgspec.MsgspecError, RecursionError) as error:
            if entries and not text.endswith(b"\n"):
                break  # whoever recorded was killed while it wrote
            what = f"line {number} makes no sense ({clean(str(error), 120)})" if entries else "it is no recording"
            raise RecordingError(what) from None
        if not entries and not isinstance(entry, Begun):
            raise RecordingError("it is no recording")
        if isinstance(entry, Begun) and entry.format != FORMAT:
            raise RecordingError(f"it was made by another version of buildwatch (format {entry.format}, not {FORMAT})")
        entries.append(entry if isinstance(entry, Printed) else _safe(entry))
    if not any(isinstance(entry, Watched) for entry in entries):
        raise RecordingError("it is no recording" if not entries else "no server is in it")
    entries.sort(key=lambda entry: entry.at)
    return entries


class Playhead:
    """Where one is in a recording. Times are unix seconds: `now` by our own clock, all others by the recorder's.

    It stands at `first` until it is started.
    """

    def __init__(self, first: float, last: float, *, speed: float = 1.0) -> None:
        self.last = last
        self.speed = speed
        self.paused = False
        self._at = first
        self._since: float | None = None

    def start(self, now: float) -> None:
        """Begin, unless it has begun."""
        if self._since is None:
            self._since = now

    def at(self, now: float) -> float:
        """How far the recording is played."""
        moved = 0.0 if self.paused or self._since is None else max(0.0, now - self._since) * self.speed
        return min(self.last, self._at + moved)

    def over(self, now: float) -> bool:
        """Whether all of it is played."""
        return self.at(now) >= self.last

    def change(self, now: float, *, speed: float | None = None, paused: bool | None = None) -> None:
        """Go on from here in another way."""
        self._at, self._since = self.at(now), None if self._since is None else now
        self.speed = self.speed if speed is None else speed
        self.paused = self.paused if paused is None else paused

    def seconds_to(self, at: float, now: float) -> float:
        """How long until that is reached; infinite while it stands still."""
        left = at - self.at(now)
        if left <= 0:
            return 0.0
        return float("inf") if self.paused or self._since is None else left / self.speed


class Recording(NamedTuple):
    """What is played, and how far it is. Several servers of one recording share both."""

    entries: list[Entry]
    head: Playhead


_Value = TypeVar("_Value", bound=Struct)


def _safe(value: _Value) -> _Value:
    """The same, with texts that can be shown."""
    changed = {}
    for field in fields(value):
        old = getattr(value, field.name)
        new = _safe_part(old, clean_lines if field.name == "message" else clean)
        if new != old:
            changed[field.name] = new
    return replace(value, **changed) if changed else value


def _safe_part(value: object, text: Callable[[str], str]) -> object:
    if isinstance(value, Status):
        return Status(clean(value, 40))
    if isinstance(value, str):
        return text(value)
    if isinstance(value, tuple):
        return tuple(_safe_part(one, text) for one in value)
    return _safe(value) if isinstance(value, Struct) else value


_decoder: msgspec.json.Decoder[Entry] = decoder(Entry)  # type: ignore[arg-type]  # a union is no `type`
