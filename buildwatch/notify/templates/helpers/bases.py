"""Base64 and base32, with Go's word for what is wrong (`encoding/base64`, `encoding/base32`)."""

from __future__ import annotations

import base64
import string
from typing import Final

from buildwatch.notify.templates.helpers.calls import helper
from buildwatch.notify.templates.run import Run
from buildwatch.notify.templates.values import bytes_of, from_bytes

_LETTERS_64: Final = frozenset((string.ascii_letters + string.digits + "+/").encode())
_LETTERS_32: Final = frozenset((string.ascii_uppercase + "234567").encode())
_PAD: Final = ord("=")


@helper("b64enc", "string")
def b64enc(run: Run, text: str) -> str:
    """A text in base64."""
    return base64.b64encode(bytes_of(text)).decode()


@helper("b32enc", "string")
def b32enc(run: Run, text: str) -> str:
    """A text in base32."""
    return base64.b32encode(bytes_of(text)).decode()


@helper("b64dec", "string")
def b64dec(run: Run, text: str) -> str:
    """What a text in base64 says, or what is wrong with it."""
    data = bytes_of(text)
    wrong = _wrong_64(data)
    return f"illegal base64 data at input byte {wrong}" if wrong >= 0 else from_bytes(base64.b64decode(data))


@helper("b32dec", "string")
def b32dec(run: Run, text: str) -> str:
    """What a text in base32 says, or what is wrong with it."""
    data = bytes_of(text).translate(None, b"\r\n")
    wrong = _wrong_32(data)
    return f"illegal base32 data at input byte {wrong}" if wrong >= 0 else from_bytes(base64.b32decode(data))


def _wrong_64(data: bytes) -> int:
    """Where it is no base64; -1 for nowhere. Line ends count, and mean nothing."""
    at = [index for index, byte in enumerate(data) if byte not in b"\r\n"]
    for place, index in enumerate(at):
        inside = place % 4
        if data[index] in _LETTERS_64:
            continue
        if data[index] != _PAD or inside < 2:
            return index
        rest = at[place + 1 :]
        if inside == 2:
            if not rest:
                return len(data)
            if data[rest[0]] != _PAD:
                return rest[0] - 1
            rest = rest[1:]
        return rest[0] if rest else -1
    return len(data) - len(at) % 4 if len(at) % 4 else -1


def _wrong_32(data: bytes) -> int:
    """Where it is no base32; -1 for nowhere."""
    for index, byte in enumerate(data):
        inside, left = index % 8, len(data) - index - 1
        if byte == _PAD and inside >= 2 and left < 8:
            if left + inside < 7:
                return len(data)
            for more in range(7 - inside):
                if data[index + 1 + more] != _PAD:
                    return index + more
            return index if inside in (3, 6) else -1
        if byte not in _LETTERS_32:
            return index
    return len(data) - len(data) % 8 if len(data) % 8 else -1
