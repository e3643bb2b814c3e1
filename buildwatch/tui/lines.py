"""A widget that paints given lines of styled text and, when given others, only those that differ."""

from __future__ import annotations

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip

from buildwatch.tui.cells import Pieces, width_of
from buildwatch.tui.ink import Inked


class Lines(Inked):
    """Shows lines made for its width. What is below the last line is blank."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: list[Pieces] = []

    def show(self, lines: list[Pieces]) -> None:
        """Show these lines."""
        old, self._lines = self._lines, lines
        if len(old) != len(lines):
            self.refresh(layout=self.styles.height is not None and self.styles.height.is_auto)
            return
        changed = [y for y, (before, after) in enumerate(zip(old, lines, strict=True)) if before != after]
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    def style_at(self, x: int, y: int) -> str:
        """The name of the style of what stands at a cell; empty where nothing does."""
        for text, style in self._lines[y] if 0 <= y < len(self._lines) else ():
            x -= width_of(text)
            if x < 0:
                return style
        return ""

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """As many lines as there are."""
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        if y >= len(self._lines):
            return Strip.blank(self.size.width, self.ink("text"))
        segments = [Segment(text, self.ink(name)) for text, name in self._lines[y]]
        return Strip(segments).adjust_cell_length(self.size.width, self.ink("text"))
