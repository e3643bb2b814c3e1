"""Server-sent events, bytes in and events out, without I/O.

Follows the WHATWG event stream rules for `event` and `data`; `id` and `retry` mean nothing to the servers read here
and are skipped. Works on bytes: splitting decoded text at every Unicode line end, as text readers do, would cut a JSON
string that holds U+2028 in two.
"""

from __future__ import annotations

from typing import NamedTuple

LIMIT = 16 * 1024 * 1024
"""The largest event, in bytes, that is taken: about a thousand times the largest real one."""


class Event(NamedTuple):
    """One event: its type ('message' unless told) and its data, lines joined by a newline."""

    type: str
    data: bytes


class TooLarge(ValueError):
    """An event, or a line of one, passed `LIMIT`: what is on the other end is not an event stream."""


class Decoder:
    """Takes the bytes of one stream piece by piece and gives the events they complete."""

    def __init__(self) -> None:
        self._rest = b""
        self._after_cr = False
        self._started = False
        self._type = b""
        self._data: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that `chunk` completes. Raises `TooLarge`."""
        lines = self._lines(chunk)
        events: list[Event] = []
        for line in lines:
            if not line:
                if self._data:
                    type = self._type.decode("utf-8", "replace") if self._type else "message"
                    events.append(Event(type, self._data[0] if len(self._data) == 1 else b"\n".join(self._data)))
                self._type, self._data, self._size = b"", [], 0
            elif line.startswith(b"data"):
                self._field(line)
            elif line == b"event" or line.startswith(b"event:"):
                self._type = line[6:].removeprefix(b" ")
        if self._size + len(self._rest) > LIMIT:
            raise TooLarge(f"more than {LIMIT} bytes in one event")
        return events

    def _field(self, line: bytes) -> None:
        if line == b"data":
            self._data.append(b"")
        elif line[4:5] == b":":
            self._data.append(line[6:] if line[5:6] == b" " else line[5:])
        else:
            return
        self._size += len(line)

    def _lines(self, chunk: bytes) -> list[bytes]:
        """The lines that `chunk` completes, without their ends (LF, CR LF or CR)."""
        if self._after_cr and chunk:
            chunk = chunk.removeprefix(b"\n")
            self._after_cr = False
        text = self._rest + chunk if self._rest else chunk
        if not self._started:
            if len(text) < 3 and b"\xef\xbb\xbf".startswith(text):
                self._rest = text
                return []
            text = text.removeprefix(b"\xef\xbb\xbf")
            self._started = True
        if b"\r" in text:
            self._after_cr = text.endswith(b"\r")
            text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        lines = text.split(b"\n")
        self._rest = lines.pop()
        return lines
