"""The measure: the least that a Textual app can be. One `Static`, and with `clock` it is updated each second."""

from __future__ import annotations

import sys
import time

from textual.app import App, ComposeResult
from textual.widgets import Static

TEXT = "a bare app"


class Bare(App[None]):
    """One line of text."""

    def compose(self) -> ComposeResult:
        yield Static(TEXT)

    def on_mount(self) -> None:
        if sys.argv[1:] == ["clock"]:
            self.set_interval(1, lambda: self.query_one(Static).update(f"{TEXT} {time.time():.0f}"))


if __name__ == "__main__":
    Bare().run()
