"""The lines of a log, kept small: a million of them take little more than their bytes. Pure.

Lines are kept in blocks of UTF-8, which are taken apart when one of their lines is asked for. Lines are mostly asked
for together, so the blocks that were taken apart last are kept so.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple, overload

from buildwatch.model import LogLine

BLOCK: Final = 1024
"""How many lines a block has."""

_PART: Final = 1 << 17
"""So many characters are no more than a look's work."""

_APART: Final = 8
"""How many blocks are kept taken apart."""


class _Block(NamedTuple):
    """The lines of one block; `times` and `sources` are one number where all are the same."""

    text: bytes
    times: int | array[int]
    sources: int | array[int]


class LogLines(Sequence[LogLine]):
    """A sequence of lines that grows at its end. A line feed within a text becomes a control that is as invisible."""

    __slots__ = ("_apart", "_blocks", "_sources", "_texts", "_times")

    def __init__(self, lines: Iterable[LogLine] = ()) -> None:
        self._blocks: list[_Block] = []
        self._times: list[int] = []  # of those that make no whole block yet
        self._texts: list[str] = []
        self._sources: list[int] = []
        self._apart: dict[int, list[LogLine]] = {}
        self.extend(lines)

    def __len__(self) -> int:
        return len(self._blocks) * BLOCK + len(self._texts)

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
        within = index - len(self._blocks) * BLOCK
        return LogLine(self._times[within], self._texts[within], self._sources[within])

    def __iter__(self) -> Iterator[LogLine]:
        return self.since(0)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or len(other) != len(self):
            return NotImplemented if not isinstance(other, Sequence) else False
        return all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # so is that of a list, whose place it takes

    def __repr__(self) -> str:
        return f"LogLines({list(self)!r})"

    def append(self, line: LogLine) -> None:
        """Add one line."""
        self._times.append(line.time)
        self._texts.append(line.text)
        self._sources.append(line.source)
        self._close()

    def extend(self, lines: Iterable[LogLine]) -> None:
        """Add lines. Whole blocks of another one are shared where they fit: nothing changes a block."""
        if isinstance(lines, LogLines):
            if not self._texts:
                self._blocks += lines._blocks
            else:
                for block in range(len(lines._blocks)):
                    self._add(*lines._columns(block))
            self._add(lines._times, lines._texts, lines._sources)
            return
        coming = iter(lines)
        while some := list(islice(coming, BLOCK)):
            self._add(*zip(*some, strict=True))

    def add(self, times: Sequence[int], texts: Sequence[str]) -> None:
        """Add lines by their times and texts, which costs less than making them."""
        self._add(times, texts, [0] * len(texts))

    def _add(self, times: Sequence[int], texts: Sequence[str], sources: Sequence[int]) -> None:
        self._times += times
        self._texts += texts
        self._sources += sources
        self._close()

    def cut(self, count: int) -> None:
        """Keep only the first `count` lines."""
        blocks = count // BLOCK
        if blocks < len(self._blocks):
            times, texts, sources = self._columns(blocks)
            self._times, self._texts, self._sources = list(times), texts, list(sources)
            del self._blocks[blocks:]
            self._apart = {block: lines for block, lines in self._apart.items() if block < blocks}
        for column in (self._times, self._texts, self._sources):
            del column[count - blocks * BLOCK :]

    def same(self, other: LogLines) -> int:
        """How many lines at the begin are those of another one."""
        count = min(len(self), len(other))
        blocks = zip(self._blocks, other._blocks, strict=False)
        first = BLOCK * next((at for at, (mine, its) in enumerate(blocks) if mine != its), count // BLOCK)
        pairs = zip(self.since(first), other.since(first), strict=False)
        return next((first + at for at, (mine, its) in enumerate(pairs) if mine != its), count)

    def find(self, line: LogLine, first: int) -> int:
        """Where a line is, from `first` on; -1 where it is not."""
        text = line.text.encode("utf-8", "surrogatepass")
        for block in range(first // BLOCK, len(self._blocks)):
            if text in self._blocks[block].text:
                begin = max(first, block * BLOCK)
                lines = self[begin : (block + 1) * BLOCK]
                if line in lines:
                    return begin + lines.index(line)
        begin = max(first, len(self._blocks) * BLOCK)
        return next((at for at, other in enumerate(self.since(begin), begin) if other == line), -1)

    def since(self, first: int) -> Iterator[LogLine]:
        """The lines from `first` on."""
        for lines in self._between(first, len(self)):
            yield from lines

    def texts(self, first: int, last: int) -> Iterator[tuple[int, str]]:
        """The raw texts from `first` up to but not including `last`, many at a time, joined by line feeds: a block's,
        or where its lines are long so many that who looks at them is not held up.

        Each with the index of its first line.
        """
        while first < last:
            block, within = divmod(first, BLOCK)
            end = min(last, (block + 1) * BLOCK)
            of = slice(within, within + end - first)
            if block >= len(self._blocks):
                yield from _in_parts(first, [text.replace("\n", "\x0b") for text in self._texts[of]])
            elif end - first == BLOCK and len(self._blocks[block].text) <= _PART:
                yield first, self._blocks[block].text.decode("utf-8", "surrogatepass")
            else:
                lines = self._apart.get(block) or self._take_apart(block)
                yield from _in_parts(first, [line.text for line in lines[of]])
            first = end

    def _between(self, first: int, last: int) -> Iterator[list[LogLine]]:
        """The lines from `first` up to but not including `last`, a block at a time."""
        while first < last:
            block, within = divmod(first, BLOCK)
            end = min(last, (block + 1) * BLOCK)
            of = slice(within, within + end - first)
            if block >= len(self._blocks):
                yield list(map(LogLine, self._times[of], self._texts[of], self._sources[of]))
            elif end - first == BLOCK:
                yield self._apart.get(block) or self._read(block)
            else:
                yield (self._apart.get(block) or self._take_apart(block))[of]
            first = end

    def _close(self) -> None:
        """Make blocks of the open lines, as far as they make whole ones."""
        whole = len(self._texts) - len(self._texts) % BLOCK
        if not whole:
            return
        for first in range(0, whole, BLOCK):
            of = slice(first, first + BLOCK)
            block = _Block(_joined(self._texts[of]), _packed(self._times[of]), _packed(self._sources[of]))
            self._blocks.append(block)
        del self._times[:whole], self._texts[:whole], self._sources[:whole]

    def _take_apart(self, block: int) -> list[LogLine]:
        while len(self._apart) >= _APART:
            del self._apart[next(iter(self._apart))]
        lines = self._apart[block] = self._read(block)
        return lines

    def _read(self, block: int) -> list[LogLine]:
        return list(map(LogLine, *self._columns(block)))

    def _columns(self, block: int) -> tuple[Sequence[int], list[str], Sequence[int]]:
        data, times, sources = self._blocks[block]
        return (
            (times,) * BLOCK if isinstance(times, int) else times,
            data.decode("utf-8", "surrogatepass").split("\n"),
            (sources,) * BLOCK if isinstance(sources, int) else sources,
        )


def _in_parts(first: int, texts: list[str]) -> Iterator[tuple[int, str]]:
    """Texts, the first of them that of the line `first`, joined so that no part is longer than need be."""
    begin = size = 0
    for at, text in enumerate(texts, 1):
        size += len(text)
        if size > _PART // 4 or at == len(texts):
            yield first + begin, "\n".join(texts[begin:at])
            begin, size = at, 0


def _joined(texts: Sequence[str]) -> bytes:
    joined = "\n".join(texts)
    if joined.count("\n") >= len(texts):
        joined = "\n".join([text.replace("\n", "\x0b") for text in texts])
    return joined.encode("utf-8", "surrogatepass")


def _packed(numbers: Sequence[int]) -> int | array[int]:
    return numbers[0] if numbers.count(numbers[0]) == len(numbers) else array("q", numbers)
