"""The long JSON list of a stored log, taken apart a little at a time, so that it is never there as objects. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Generic, TypeVar, overload

import msgspec

from buildwatch.wire.fields import decode

LONG: Final = 1 << 20
"""Bytes from which on a list is taken apart when it is read."""

_CHUNK: Final = 1 << 18
_BETWEEN: Final = re.compile(rb'\}\s*,\s*(?=\{\s*"\w)')
"""Between two objects. Never within a string: there a quote ends it, and what follows one is no letter."""

Item = TypeVar("Item")


def items(data: bytes, read: Callable[[bytes], list[Item]]) -> Sequence[Item]:
    """The items of a JSON list; `read` reads a list. Raises what `read` does, and `BadAnswer` for what is not JSON.

    Of a long list an item that makes no sense is found only when it is come to: `read` must raise for none.
    """
    if len(data) < LONG or data.lstrip()[:1] != b"[":
        return read(data)
    try:
        msgspec.json.decode(data, type=msgspec.Raw)
    except msgspec.DecodeError:
        decode(data)  # raises the sentence
        return read(data)
    return _Long(data, read)


class _Long(Sequence[Item], Generic[Item]):
    """A long list that is known to be JSON."""

    def __init__(self, data: bytes, read: Callable[[bytes], list[Item]]) -> None:
        self._data = data
        self._read = read
        self._count = -1

    def __iter__(self) -> Iterator[Item]:
        data, first = self._data, self._data.index(b"[") + 1
        last = data.rindex(b"]")
        while first < last:
            cut = _BETWEEN.search(data, first + _CHUNK, last)
            end = cut.start() + 1 if cut else last
            yield from self._read(b"[" + data[first:end] + b"]")
            first = cut.end() if cut else last

    def __len__(self) -> int:
        if self._count < 0:
            self._count = sum(1 for _ in self)
        return self._count

    @overload
    def __getitem__(self, at: int) -> Item: ...

    @overload
    def __getitem__(self, at: slice) -> list[Item]: ...

    def __getitem__(self, at: int | slice) -> Item | list[Item]:
        return list(self)[at]
