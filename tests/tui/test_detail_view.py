"""The widget that shows the lines of a selection."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Region

from buildwatch.tui.cells import Pieces
from buildwatch.tui.detail_view import DetailView

LINES: list[Pieces] = [[("acme/gcd #9", "head"), ("  ", "text"), ("●", "running")], [], [("push", "dim")]]


class Shell(App[None]):
    CSS = """
    DetailView { width: 30; height: 5; }
    DetailView > .detail--running { color: $primary; }
    """

    def compose(self) -> ComposeResult:
        yield DetailView()

    @property
    def view(self) -> DetailView:
        return self.query_one(DetailView)


def seen(view: DetailView) -> list[str]:
    return [view.render_line(y).text for y in range(view.size.height)]


async def test_it_shows_the_lines_as_wide_as_it_is() -> None:
    async with Shell().run_test() as pilot:
        view = pilot.app.query_one(DetailView)
        view.show(LINES)
        await pilot.pause()
        assert seen(view) == [line.ljust(30) for line in ("acme/gcd #9  ●", "", "push", "", "")]


async def test_only_what_changed_is_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Shell().run_test() as pilot:
        view = pilot.app.query_one(DetailView)
        view.show(LINES)
        await pilot.pause()
        painted: list[tuple[Region, ...]] = []
        monkeypatch.setattr(view, "refresh", lambda *regions: painted.append(regions))
        view.show([*LINES])
        assert painted == []
        view.show([LINES[0], LINES[1], [("tag", "dim")]])
        assert painted == [(Region(0, 2, 30, 1),)]


async def test_more_lines_than_there_is_room_for_can_be_scrolled() -> None:
    async with Shell().run_test() as pilot:
        view = pilot.app.query_one(DetailView)
        view.show([[(f"line {n}", "text")] for n in range(20)])
        await pilot.pause()
        view.scroll_to(y=10, animate=False, immediate=True)
        await pilot.pause()
        assert seen(view)[0].startswith("line 10")
        view.show([[("only one", "text")]])
        await pilot.pause()
        assert seen(view)[0].startswith("only one")


async def test_outside_text_is_never_markup() -> None:
    async with Shell().run_test() as pilot:
        view = pilot.app.query_one(DetailView)
        view.show([[("[/red] [b]x[/b] [@click=app.quit]", "text")]])
        await pilot.pause()
        assert seen(view)[0].startswith("[/red] [b]x[/b] [@click=app.qu")


async def test_another_theme_paints_in_its_colours() -> None:
    async with Shell().run_test() as pilot:
        view = pilot.app.query_one(DetailView)
        view.show(LINES)
        await pilot.pause()

        def colour() -> object:
            return next(style.color for text, style, _ in view.render_line(0) if text == "●" and style)

        before = colour()
        pilot.app.theme = "gruvbox"
        await pilot.pause()
        assert colour() != before
