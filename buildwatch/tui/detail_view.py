"""The widget that shows the lines of a selection. Only lines that changed are painted again."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from buildwatch.tui.cells import Pieces
from buildwatch.tui.styles import STYLE_NAMES


class DetailView(ScrollView, can_focus=False):
    """Lines of styled text, made elsewhere: `show` them again whenever something, or a second, has passed."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"detail--{name}" for name in (*STYLE_NAMES, "rule")}

    DEFAULT_CSS = """
    DetailView { overflow-x: hidden; scrollbar-size-vertical: 1; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[Pieces] = []
        self._styles: dict[str, Style] = {}

    def show(self, lines: list[Pieces]) -> None:
        """Show these lines instead."""
        before, self._lines = self._lines, lines
        if len(before) != len(lines):
            self.virtual_size = Size(self.size.width, len(lines))
            self.refresh()
            return
        top = round(self.scroll_y)
        changed = [at - top for at, (old, new) in enumerate(zip(before, lines, strict=True)) if old != new]
        width, height = self.size
        regions = [Region(0, line, width, 1) for line in changed if 0 <= line < height]
        if regions:
            self.refresh(*regions)

    def notify_style_update(self) -> None:
        """A theme changed: styles are looked up anew."""
        super().notify_style_update()
        self._styles.clear()

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        at = y + round(self.scroll_y)
        pieces = self._lines[at] if at < len(self._lines) else []
        strip = Strip([Segment(text, self._style(name)) for text, name in pieces])
        return strip.adjust_cell_length(self.size.width, self._style("text"))

    def on_resize(self) -> None:
        """There is other room now; whoever makes the lines makes them anew for it."""
        self.virtual_size = Size(self.size.width, len(self._lines))
        self.refresh()

    def _style(self, name: str) -> Style:
        style = self._styles.get(name)
        if style is None:
            style = self._styles[name] = self.get_component_rich_style(f"detail--{name}")
        return style
