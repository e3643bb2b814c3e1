"""Styles for widgets that paint their lines themselves: the theme's colour for a style's name, on the widget's ground.

Not by Textual's component classes: each would be looked up in the stylesheet for each widget at each layout, which with
two dozen names costs more than the whole first paint.
"""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style
from textual.scrollbar import ScrollBarRender
from textual.widget import Widget


class WholeCells(ScrollBarRender):
    """Scrollbars without pieces of blocks, which are neither in every font nor ASCII."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "]


class Inked(Widget):
    """A widget whose lines are pieces of text with the names of styles.

    Beside another widget class it stands second: Textual takes a widget's default rules from its first base.
    """

    _inks: dict[str, Style] | None = None

    def ink(self, name: str) -> Style:
        """The style of that name."""
        if self._inks is None:
            self._inks = {}
        style = self._inks.get(name)
        if style is None:
            ground = self.rich_style.bgcolor
            style = self._inks[name] = Style(color=self._color(name), bgcolor=ground, bold=name == "head" or None)
        return style

    def ground(self, name: str) -> Style:
        """A style that changes the ground alone, to the theme's colour of that name."""
        return Style(bgcolor=self._color(name))

    def _color(self, name: str) -> str:
        variables = self.app.current_theme.variables
        return variables.get(f"bw-{name}") or self.app.get_theme_variable_defaults()[f"bw-{name}"]

    def notify_style_update(self) -> None:
        """A theme changed: styles are looked up anew."""
        super().notify_style_update()
        self._inks = None
