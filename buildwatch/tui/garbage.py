"""When Python looks for garbage in cycles: not among what the app is made of, and less often than it would."""

from __future__ import annotations

import gc
from typing import Final

MANY: Final = 2_000
"""So many more objects than were let go of, after which the new ones are looked at, in half a millisecond."""


def collect_what_comes() -> None:
    """Begin to collect garbage, from what is made from now on, if none is collected yet.

    What is there by now are modules, classes and widgets, which stay. To look at all of them again and again was a
    seventh of all that the app did while builds ran, in pauses of 30 to 70 ms for which keys waited.
    """
    if gc.isenabled():
        return
    gc.freeze()
    gc.set_threshold(MANY, 10, 10)
    gc.enable()
