"""A widget that paints given lines of styled text and, when given others, only those that differ."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from buildwatch.tui.cells import Pieces
from buildwatch.tui.styles import STYLE_NAMES


class Lines(Widget):
    """Shows lines made for its width. What is below the last line is blank."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"s--{name}" for name in STYLE_NAMES}

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: list[Pieces] = []
        self._styles: dict[str, Style] = {}

    def show(self, lines: list[Pieces]) -> None:
        """Show these lines."""
        old, self._lines = self._lines, lines
        if len(old) != len(lines):
            self.refresh(layout=self.styles.height is not None and self.styles.height.is_auto)
            return
        changed = [y for y, (before, after) in enumerate(zip(old, lines, strict=True)) if before != after]
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """As many lines as there are."""
        return len(self._lines)

    def notify_style_update(self) -> None:
        """A theme changed: styles are looked up anew."""
        super().notify_style_update()
        self._styles.clear()

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        if y >= len(self._lines):
            return Strip.blank(self.size.width, self._style("text"))
        segments = [Segment(text, self._style(name)) for text, name in self._lines[y]]
        return Strip(segments).adjust_cell_length(self.size.width, self._style("text"))

    def _style(self, name: str) -> Style:
        style = self._styles.get(name)
        if style is None:
            style = self._styles[name] = self.get_component_rich_style(f"s--{name}")
        return style
