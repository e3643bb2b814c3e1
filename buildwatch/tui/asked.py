"""The line that one types a filter or a search into."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.widgets import Input


class Asked(Input):
    """Says at once that it is finished. Keys typed right after that are no longer its own, though they came to it.

    They came because all keys of one write of the terminal are given to what has the focus, before any of them is
    heard there.
    """

    def __init__(self, value: str, prompt: str, entered: Callable[[str], None]) -> None:
        super().__init__(value, placeholder=prompt, classes="ask", select_on_focus=False)
        self._entered = entered
        self._over = False

    async def _on_key(self, event: events.Key) -> None:
        if self._over:
            self.app.post_message(events.Key(event.key, event.character))
        elif event.key == "enter":
            self._over = True
            self._entered(self.value)
        else:
            await super()._on_key(event)
            return
        event.stop()
        event.prevent_default()
