"""From the pieces of a step's output, as Drone sends them, to the lines a person reads.

A piece is what one write of the step's program gave: a part of a line, a line, many lines, or nothing. Pieces are
counted from 0 by their `pos`. A live log says its past again after each reconnect, loses pieces in the middle when the
reader or the server is slow, and begins late when the past is long (Drone 2 keeps the newest 5,000 pieces of a running
step, and the newest 5 MiB of an ended one). Source: `core/logs.go` and `livelog/stream.go` of drone/drone, and streams
of real servers.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import repeat
from operator import attrgetter

from msgspec import Struct

from buildwatch.model import LogLine
from buildwatch.wire.fields import Object, number
from buildwatch.wire.loglist import LogLines
from buildwatch.wire.overwrite import as_shown, so_far


class Piece(Struct, frozen=True, gc=False, omit_defaults=True):
    """One piece of output: its place (from 0), the text, and when it came in seconds since the step began."""

    pos: int = 0
    out: str = ""
    time: int = 0


def read_piece(of: Object) -> Piece:
    """A piece from its JSON object, as the live and the stored log hold it."""
    out = of.get("out")
    return Piece(number(of, "pos"), out if isinstance(out, str) else "", number(of, "time"))


class LogAssembler:
    """Puts pieces together as they come: twice, out of order, and with some missing.

    What is missing shows as one line ("… 878 pieces missing …") until the pieces come after all. The line that has not
    ended yet is the last of `lines`, and changes until it ends.
    """

    def __init__(self) -> None:
        self._runs: list[_Run] = []
        self._flat = LogLines()
        self._flat_moves = -1  # what `_moves` was when `_flat` was put together
        self._moves = 0  # counts each run that came, went, or grew in the middle
        self._last_at = 0  # where in `_flat` the last run begins

    def feed(self, pieces: Iterable[Piece]) -> int:
        """Take pieces in; one whose place is already filled is not looked at.

        Returns the index from which on `lines` is new: what stands before it is as it was.
        """
        ended, moves = self.ended, self._moves
        coming = sorted(pieces, key=_by_pos)
        at = 0
        while at < len(coming):
            last = self._runs[-1] if self._runs else None
            if last is None or coming[at].pos > last.stop:
                last = self._begin(len(self._runs), coming[at].pos)
            if coming[at].pos == last.stop:
                following = _following(coming[at:] if at else coming)
                last.write_all(following)
                at += len(following)
            else:
                self._fill(coming[at])
                at += 1
        return ended if moves == self._moves else 0

    @property
    def lines(self) -> LogLines:
        """All lines so far. They are this object's own: they grow with later pieces and are not to be changed."""
        if not self._runs:
            return LogLines()
        if len(self._runs) == 1 and not self._runs[0].start:
            return self._runs[0].settled()
        return self._with_gaps()

    def _begin(self, at: int, pos: int) -> _Run:
        run = _Run(pos)
        self._runs.insert(at, run)
        self._moves += 1
        return run

    def _fill(self, piece: Piece) -> None:
        """A late piece: one that the runs leave room for, or one that was there before."""
        at = bisect_right(self._runs, piece.pos, key=_by_start)
        before = self._runs[at - 1] if at else None
        if before is not None and piece.pos < before.stop:
            return
        if before is not None and piece.pos == before.stop:
            before.write(piece)
            self._moves += 1
        else:
            before = self._begin(at, piece.pos)
            before.write(piece)
            at += 1
        if at < len(self._runs) and self._runs[at].start == before.stop:
            before.join(self._runs.pop(at))

    @property
    def ended(self) -> int:
        """How many of `lines` can only change by a piece that comes late."""
        count = stop = 0
        for run in self._runs:
            count += (run.start > stop) + run.ended + (run.unended and run is not self._runs[-1])
            stop = run.stop
        return count

    def _with_gaps(self) -> LogLines:
        last = self._runs[-1]
        if self._flat_moves != self._moves:
            self._flat_moves = self._moves
            self._flat = LogLines()
            stop = 0
            for run in self._runs:
                if run.start > stop:
                    self._flat.append(_gap(run.start - stop, run.time))
                self._last_at = len(self._flat)
                stop = run.stop
                if run is not last:
                    self._flat.extend(run.settled())
        known = max(0, len(self._flat) - self._last_at - 1)  # all but the last can no longer change
        self._flat.cut(self._last_at + known)
        self._flat.extend(last.settled().since(known))
        return self._flat


def _following(pieces: list[Piece]) -> list[Piece]:
    """As many of the first pieces (in order) as follow each other without a gap."""
    places = [piece.pos for piece in pieces]
    if places == list(range(places[0], places[0] + len(places))):
        return pieces
    return pieces[: next(at for at, place in enumerate(places) if place != places[0] + at)]


def _all_as_shown(texts: list[str], together: str) -> list[str]:
    """`as_shown` of each; `together` has them all."""
    return list(map(as_shown, texts)) if "\r" in together or "\x1b" in together or "\x08" in together else texts


class _Run:
    """Pieces without a gap between them: places `start` up to but not including `stop`."""

    __slots__ = ("_began", "_head", "_lines", "_open", "_shown", "ended", "start", "stop", "time")

    def __init__(self, start: int) -> None:
        self.start = self.stop = start
        self.time = 0
        self._lines = LogLines()
        self.ended = 0  # so many of `_lines` have ended; one more may be there, a view of `_open`
        self._open: list[str] = []  # the parts of the line that has not ended
        self._began = 0  # when that line began
        self._shown = True  # whether `_lines` tells what `_open` holds
        self._head = ""  # the first line as it came, for when what stood before it comes late

    @property
    def unended(self) -> bool:
        """Whether the last line has begun and not ended."""
        return bool(self._open)

    def write(self, piece: Piece) -> None:
        """Add the piece that is at `stop`."""
        if self.stop == self.start:
            self.time = piece.time
        self.stop += 1
        if not piece.out:
            return
        self._shown = False
        if "\n" not in piece.out:
            self._add(piece.out, piece.time)
            return
        first, *rest = piece.out.split("\n")
        self._add(first, piece.time)
        self._end()
        for text in rest[:-1]:
            self._lines.append(LogLine(piece.time, as_shown(text)))
        self.ended += len(rest) - 1
        if rest[-1]:
            self._add(rest[-1], piece.time)

    def write_all(self, pieces: list[Piece]) -> None:
        """Add pieces that follow each other, the first at `stop`. Most are a line each, which go together."""
        texts = [piece.out for piece in pieces]
        together = "".join(texts)
        if not self._open and together.count("\n") == len(texts) and all(map(str.endswith, texts, repeat("\n"))):
            self._write_lines(pieces, together)
            return
        lines = [text.find("\n") + 1 == len(text) > 0 for text in texts]
        lines.append(False)
        at = 0
        while at < len(pieces):
            if self._open or not lines[at]:
                self.write(pieces[at])
                at += 1
            else:
                end = lines.index(False, at)
                self._write_lines(pieces[at:end], "".join(texts[at:end]))
                at = end

    def _write_lines(self, pieces: list[Piece], together: str) -> None:
        """Add pieces of which each is a whole line."""
        texts = together.split("\n")
        texts.pop()
        if not self.ended:
            self.time = pieces[0].time if self.stop == self.start else self.time
            self._head = texts[0] if self.start else ""
        self._lines.add([piece.time for piece in pieces], _all_as_shown(texts, together))
        self.stop += len(pieces)
        self.ended += len(pieces)

    def settled(self) -> LogLines:
        """The lines, the one that has not ended among them."""
        if not self._shown:
            self._shown = True
            self._lines.cut(self.ended)
            if self._open:
                text = so_far("".join(self._open))
                if self.ended or not self.start:
                    self._open = [text]
                self._lines.append(LogLine(self._began, as_shown(text)))
        return self._lines

    def join(self, later: _Run) -> None:
        """Add the run that begins where this one stops."""
        self.stop = later.stop
        lines = later.settled()
        self._shown = False
        if not lines:
            return
        self._add(later._head if later.ended else "".join(later._open), lines[0].time)
        if not later.ended:
            return
        self._end()
        self._lines.extend(lines[1 : later.ended])
        self.ended = len(self._lines)
        self._open = later._open
        self._began = later._began

    def _add(self, text: str, time: int) -> None:
        if not self._open:
            self._began = time
        self._open.append(text)

    def _end(self) -> None:
        text = "".join(self._open)
        self._lines.cut(self.ended)
        if not self.ended:
            self._head = text if self.start else ""
        self._lines.append(LogLine(self._began, as_shown(text)))
        self.ended += 1
        self._open = []


_by_pos = attrgetter("pos")
_by_start = attrgetter("start")


def _gap(pieces: int, time: int) -> LogLine:
    return LogLine(time, f"\x1b[2m… {pieces} piece{'s' if pieces > 1 else ''} missing …\x1b[m")
