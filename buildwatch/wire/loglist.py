"""The lines of a log, kept small: a million of them take little more than their bytes. Pure.

Lines are kept in blocks of UTF-8, which are taken apart when one of their lines is asked for. Lines are mostly asked
for together, so the blocks that were taken apart last are kept so.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple, overload

from buildwatch.model import LogLine

BLOCK: Final = 1024
"""How many lines a block has."""

_APART: Final = 8
"""How many blocks are kept taken apart."""


class _Block(NamedTuple):
    """The lines of one block; `times` and `sources` are one number where all are the same."""

    text: bytes
    times: int | array[int]
    sources: int | array[int]


class LogLines(Sequence[LogLine]):
    """A sequence of lines that grows at its end. A line feed within a text becomes a control that is as invisible."""

    __slots__ = ("_apart", "_blocks", "_open")

    def __init__(self, lines: Iterable[LogLine] = ()) -> None:
        self._blocks: list[_Block] = []
        self._open: list[LogLine] = []  # those that make no whole block yet
        self._apart: dict[int, list[LogLine]] = {}
        self.extend(lines)

    def __len__(self) -> int:
        return len(self._blocks) * BLOCK + len(self._open)

    @overload
    def __getitem__(self, at: int) -> LogLine: ...

    @overload
    def __getitem__(self, at: slice) -> list[LogLine]: ...

    def __getitem__(self, at: int | slice) -> LogLine | list[LogLine]:
        if isinstance(at, slice):
            first, last, step = at.indices(len(self))
            if step != 1:
                return [self[index] for index in range(first, last, step)]
            return [line for lines in self._between(first, last) for line in lines]
        index = at + len(self) if at < 0 else at
        block, within = divmod(index, BLOCK)
        if block < len(self._blocks) and index >= 0:
            return (self._apart.get(block) or self._take_apart(block))[within]
        if index < 0:
            raise IndexError(at)
        return self._open[index - len(self._blocks) * BLOCK]

    def __iter__(self) -> Iterator[LogLine]:
        for lines in self._between(0, len(self)):
            yield from lines

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or len(other) != len(self):
            return NotImplemented if not isinstance(other, Sequence) else False
        return all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # so is that of a list, whose place it takes

    def __repr__(self) -> str:
        return f"LogLines({list(self)!r})"

    def append(self, line: LogLine) -> None:
        """Add one line."""
        self._open.append(line)
        if len(self._open) >= BLOCK:
            self._close()

    def extend(self, lines: Iterable[LogLine]) -> None:
        """Add lines. Whole blocks of another one are shared: nothing changes a block."""
        if isinstance(lines, LogLines) and not self._open:
            self._blocks += lines._blocks
            lines = lines._open
        self._open += lines
        if len(self._open) >= BLOCK:
            self._close()

    def add(self, times: list[int], texts: list[str]) -> None:
        """Add lines by their times and texts, at the least cost where they are a whole block."""
        if len(texts) == BLOCK and not self._open:
            self._blocks.append(_Block(_joined(texts), _packed(times), 0))
        else:
            self.extend(map(LogLine, times, texts))

    def cut(self, count: int) -> None:
        """Keep only the first `count` lines."""
        blocks = count // BLOCK
        if blocks < len(self._blocks):
            self._open = list(self._apart.get(blocks) or self._read(blocks))
            del self._blocks[blocks:]
            self._apart = {block: lines for block, lines in self._apart.items() if block < blocks}
        del self._open[count - blocks * BLOCK :]

    def texts(self, first: int, last: int) -> Iterator[tuple[int, str]]:
        """The raw texts from `first` up to but not including `last`, many at a time, joined by line feeds.

        Each with the index of its first line.
        """
        while first < last:
            block, within = divmod(first, BLOCK)
            end = min(last, (block + 1) * BLOCK)
            if block < len(self._blocks) and not within and end - first == BLOCK:
                yield first, self._blocks[block].text.decode("utf-8", "surrogatepass")
            else:
                yield first, "\n".join([line.text.replace("\n", "\x0b") for line in self[first:end]])
            first = end

    def _between(self, first: int, last: int) -> Iterator[list[LogLine]]:
        """The lines from `first` up to but not including `last`, a block at a time."""
        while first < last:
            block, within = divmod(first, BLOCK)
            end = min(last, (block + 1) * BLOCK)
            if block >= len(self._blocks):
                lines = self._open
            elif end - first == BLOCK:
                lines = self._apart.get(block) or self._read(block)
            else:
                lines = self._apart.get(block) or self._take_apart(block)
            yield lines[within : within + end - first]
            first = end

    def _close(self) -> None:
        """Make blocks of the open lines, as far as they make whole ones."""
        whole = len(self._open) - len(self._open) % BLOCK
        for first in range(0, whole, BLOCK):
            times, texts, sources = zip(*self._open[first : first + BLOCK], strict=True)
            self._blocks.append(_Block(_joined(texts), _packed(times), _packed(sources)))
        del self._open[:whole]

    def _take_apart(self, block: int) -> list[LogLine]:
        while len(self._apart) >= _APART:
            del self._apart[next(iter(self._apart))]
        lines = self._apart[block] = self._read(block)
        return lines

    def _read(self, block: int) -> list[LogLine]:
        data, times, sources = self._blocks[block]
        texts = data.decode("utf-8", "surrogatepass").split("\n")
        each = zip(
            (times,) * BLOCK if isinstance(times, int) else times,
            texts,
            (sources,) * BLOCK if isinstance(sources, int) else sources,
            strict=True,
        )
        return list(map(LogLine._make, each))


def _joined(texts: Sequence[str]) -> bytes:
    joined = "\n".join(texts)
    if joined.count("\n") >= len(texts):
        joined = "\n".join([text.replace("\n", "\x0b") for text in texts])
    return joined.encode("utf-8", "surrogatepass")


def _packed(numbers: Sequence[int]) -> int | array[int]:
    return numbers[0] if numbers.count(numbers[0]) == len(numbers) else array("q", numbers)
