"""Which lines of a widget were drawn, for widgets that draw lines and have nothing around them.

Textual's own cache makes each line anew for padding, borders, titles, opacity and patterns, and filters it again at
each paint, which costs as much as to draw it.
"""

from __future__ import annotations

from rich.style import Style
from textual._styles_cache import StylesCache
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class LineCache(StylesCache):
    """A line stays as it was drawn and filtered until it is said to be different."""

    def render_widget(self, widget: Widget, crop: Region) -> list[Strip]:
        """The lines of that part of the widget."""
        if any(widget.styles.gutter):
            return super().render_widget(widget, crop)
        width, _ = widget.region.size
        if width != self._width:
            self.clear()
            self._width = width
        missing = [y for y in crop.line_range if y in self._dirty_lines or y not in self._cache]
        if missing:
            ground, filters = widget.background_colors[1], widget.get_line_filters()
            beyond = Style(bgcolor=ground.rich_color)
            for y in missing:
                strip = widget.render_line(y)
                if strip.cell_length != width:
                    strip = strip.adjust_cell_length(width, beyond)
                for filter in filters:
                    strip = strip.apply_filter(filter, ground)
                self._cache[y] = strip
            self._dirty_lines.difference_update(missing)
        strips = [self._cache[y] for y in crop.line_range]
        if crop.column_span != (0, width):
            strips = [strip.crop(*crop.column_span) for strip in strips]
        return strips
