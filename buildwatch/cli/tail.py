"""A log that grows, on an output where nothing that was printed can be taken back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from buildwatch.cli.output import note, say
from buildwatch.model import LogLine
from buildwatch.sources.follow import LogState


class Tail:
    """Prints one step's log. `label` goes before each line, `show` makes a raw line safe for this output."""

    def __init__(self, label: str, show: Callable[[str], str]) -> None:
        self._label = label
        self._show = show
        self._printed: list[str] = []
        self._held: Sequence[LogLine] = ()  # what came of the line that has not ended
        self._said = ""

    def take(self, state: LogState) -> None:
        """Print what is new. A line of a live log is held back until it has ended."""
        if state.live:
            self._print(state.lines[len(self._printed) : state.ended])
            self._held = state.lines[len(self._printed) :]
        elif state.said:
            self._print(self._held)
        else:
            self._end(state.lines)
        if state.said and state.said != self._said and (not state.live or state.lines):
            note(f"{self._label}{state.said}")
        self._said = state.said

    def _end(self, lines: Sequence[LogLine]) -> None:
        """The stored log, which is complete: print what is still missing, from where the live one first differs."""
        same = 0
        for printed, line in zip(self._printed, lines, strict=False):
            if printed != line.text:
                break
            same += 1
        if same < len(self._printed):
            note(f"{self._label}the live log had lost something; here it is again from line {same + 1} on")
        self._print(lines[same:])

    def _print(self, lines: Sequence[LogLine]) -> None:
        if lines:
            self._printed += [line.text for line in lines]
            say(*(self._label + self._show(line.text) for line in lines))
