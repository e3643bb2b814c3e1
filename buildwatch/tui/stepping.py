"""The keys that move a cursor over lines: up and down, by halves and pages, to the ends."""

from __future__ import annotations

from textual.scroll_view import ScrollView


class Stepping(ScrollView):
    """A list of lines with a cursor on one of them."""

    cursor: int = 0

    def move_to(self, at: int, below: int = 0) -> None:
        """Put the cursor on that line, or the nearest there is, with so many `below` it in sight if there is room."""
        raise NotImplementedError

    @property
    def last(self) -> int:
        """The last line."""
        raise NotImplementedError

    def action_move(self, by: int) -> None:
        """Up and down."""
        self.move_to(self.cursor + by)

    def action_first(self) -> None:
        """To the top."""
        self.move_to(0)

    def action_last(self) -> None:
        """To the end."""
        self.move_to(self.last)

    def action_half(self, direction: int) -> None:
        """Half a screen."""
        self.move_to(self.cursor + direction * max(1, self.size.height // 2))

    def action_page(self, direction: int) -> None:
        """A screen."""
        self.move_to(self.cursor + direction * max(1, self.size.height - 1))

    def _keep_in_sight(self, below: int = 0) -> None:
        top, height = round(self.scroll_y), self.size.height
        last = min(self.cursor + below, self.last, self.cursor + max(0, height - 3))
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, immediate=True, force=True)
        elif height and last >= top + height:
            self.scroll_to(y=last - height + 1, animate=False, immediate=True, force=True)
