"""What was done on servers from the screen since it is there: what is under way, how the rest was answered."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Final

from buildwatch.text import clean

if TYPE_CHECKING:
    from buildwatch.sources.actions import Deed
    from buildwatch.tui.together import Outcome

MOST: Final = 500
"""So many are kept."""

_SECRET: Final = re.compile("token|secret|passw|credential|api_?key|private", re.IGNORECASE)
_DOING: Final = {
    "restart": "restarting",
    "cancel": "cancelling",
    "approve": "approving",
    "decline": "declining",
    "promote": "promoting",
    "rollback": "rolling back to",
    "create": "starting a new build of",
}


@dataclass(slots=True, eq=False)
class Doing:
    """One thing: when it was begun (unix seconds of our clock), where, what in words, the call as it went out, and what
    the server said to it: empty while that is not known. Where it did not work, it is `wrong`.
    """

    at: float
    server: str
    name: str
    about: str
    call: str
    answer: str = ""
    wrong: bool = False

    def lines(self, when: str) -> tuple[str, str, str]:
        """What, the call, the answer, as text to copy; `when` is the time in words."""
        return f"{when}  {self.name} {self.about} on {self.server}", self.call, self.answer or "no answer yet"


class Doings:
    """All of them, the newest first. `changed` is called when one is begun or answered."""

    def __init__(self, changed: Callable[[], None], now: Callable[[], float]) -> None:
        self._changed = changed
        self._now = now
        self.all: deque[Doing] = deque(maxlen=MOST)

    def begin(self, deed: Deed, kind: str) -> Doing:
        """It goes out now, to a server of this kind."""
        call = clean(_hidden(deed).call(kind), 2000)
        doing = Doing(self._now(), deed.server, deed.name, clean(deed.about), call)
        self.all.appendleft(doing)
        self._changed()
        return doing

    def end(self, doing: Doing, outcome: Outcome) -> None:
        """That became of it."""
        doing.answer, doing.wrong = clean(answer_of(outcome), 1000), bool(outcome.wrong)
        self._changed()

    @property
    def under_way(self) -> str:
        """What no server has answered yet, in a few words; empty where there is nothing."""
        open_ones = [doing for doing in self.all if not doing.answer]
        words = []
        for name, alike in groupby(sorted(open_ones, key=lambda doing: doing.name), key=lambda doing: doing.name):
            about = [doing.about for doing in alike]
            words.append(f"{_DOING.get(name, name)} {about[0] if len(about) == 1 else len(about)}")
        return ", ".join(words)


def answer_of(outcome: Outcome) -> str:
    """What the server said, in a sentence."""
    if outcome.wrong:
        return outcome.wrong
    if outcome.made is not None:
        return f"it is now {outcome.made.address}"
    return "no pipeline matches, so no build was started" if outcome.deed.name == "create" else "done"


def _hidden(deed: Deed) -> Deed:
    """The same without the values of parameters that are secrets by their names: a list is looked at by others, too."""
    return replace(deed, params={key: "***" if _SECRET.search(key) else value for key, value in deed.params.items()})
