"""Styles for widgets that paint their lines themselves: the theme's colour for a style's name, on the widget's ground.

Not by Textual's component classes: each would be looked up in the stylesheet for each widget at each layout, which with
two dozen names costs more than the whole first paint.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from rich.color import Color
from rich.style import Style
from textual.color import Color as TextualColor
from textual.filter import ANSIToTruecolor, LineFilter
from textual.scrollbar import ScrollBarRender
from textual.widget import Widget

from buildwatch.tui.line_cache import LineCache


class WholeCells(ScrollBarRender):
    """Scrollbars without pieces of blocks, which are neither in every font nor ASCII."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "]


class Inked(Widget):
    """A widget whose lines are pieces of text with the names of styles.

    Beside another widget class it stands second: Textual takes a widget's default rules from its first base.
    """

    _inks: dict[str, Style] | None = None

    def __init__(self, *children: Widget, **how: Any) -> None:
        super().__init__(*children, **how)
        self._styles_cache = LineCache()

    def ink(self, name: str) -> Style:
        """The style of that name; attributes may stand after it, as in `failure underline`."""
        if self._inks is None:
            self._inks = {}
        style = self._inks.get(name)
        if style is None:
            of, _, more = name.partition(" ")
            ground = self.rich_style.bgcolor
            style = Style(color=self._color(of), bgcolor=ground, bold=of == "head" or None)
            style = self._inks[name] = style + Style.parse(f"{self._attributes(of)} {more}")
        return style

    def get_line_filters(self) -> Sequence[LineFilter]:
        """All but the one for the terminal's own colours: where there are such, they stay as they are."""
        return [one for one in super().get_line_filters() if not isinstance(one, ANSIToTruecolor)]

    def ground(self, name: str) -> Style:
        """A style that changes the ground alone, to the theme's colour of that name.

        Where the theme has it reversed, all text on it gets the colour of plain text: else there would be many grounds.
        """
        attributes = self._attributes(name)
        color = self._color("text") if "reverse" in attributes else None
        return Style(color=color, bgcolor=self._color(name)) + Style.parse(attributes)

    def _color(self, name: str) -> Color:
        variables = self.app.current_theme.variables
        color = variables.get(f"bw-{name}") or self.app.get_theme_variable_defaults()[f"bw-{name}"]
        return TextualColor.parse(color).rich_color

    def _attributes(self, name: str) -> str:
        return self.app.current_theme.variables.get(f"bw-{name}-style", "")

    def notify_style_update(self) -> None:
        """A theme changed: styles are looked up anew."""
        super().notify_style_update()
        self._inks = None
