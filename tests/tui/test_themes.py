"""Themes: a mistake in one is told in one sentence, and the shipped ones can be read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.color import Color
from textual.constants import DIM_FACTOR
from textual.theme import Theme

from buildwatch.demo.control import StageScript, StepScript
from buildwatch.tui.styles import STATUS_NAMES, STYLE_NAMES
from buildwatch.tui.themes import COLORS, ThemeError, load_theme, names, read_theme

if TYPE_CHECKING:
    from tests.tui.conftest import Desk, Desks

NOWHERE = Path("/nonexistent/themes")
SHIPPED = sorted(names(NOWHERE))
GROUNDS = ("background", "bar", "cursor", "cursor-away")
READABLE = 4.5
"""The contrast that text needs at least (WCAG 2, level AA)."""


def source(*, colors: dict[str, str] | None = None, status: dict[str, str] | None = None, more: str = "") -> str:
    """The text of a theme; `colors` and `status` are changes, an empty value leaves the line out."""
    lines = [more, "[colors]"]
    for table, known, changed in (("", COLORS, colors), ("[status]", STATUS_NAMES, status)):
        lines.append(table)
        entries = dict.fromkeys(known, '"#123456"') | (changed or {})
        lines += [f"{key} = {value}" for key, value in entries.items() if value]
    return "\n".join(lines)


def test_there_is_a_dark_and_a_light_one() -> None:
    assert {"dark", "light"} <= set(SHIPPED)
    assert load_theme("dark", NOWHERE).dark
    assert not load_theme("light", NOWHERE).dark


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_theme_is_complete(name: str) -> None:
    theme = load_theme(name, NOWHERE)
    missing = [style for style in STYLE_NAMES if f"bw-{style}" not in theme.variables]
    assert not missing
    theme.to_color_system().generate()


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("ground", GROUNDS)
def test_all_text_can_be_read_on_every_ground(name: str, ground: str) -> None:
    theme = load_theme(name, NOWHERE)
    texts = {style for style in STYLE_NAMES if style != "rule"}
    ratios = {style: contrast(theme, style, ground) for style in texts}
    assert {style: ratio for style, ratio in ratios.items() if ratio < READABLE} == {}


@pytest.mark.parametrize("name", SHIPPED)
def test_the_statuses_one_must_not_mix_up_have_colours_of_their_own(name: str) -> None:
    theme = load_theme(name, NOWHERE)
    colors = [theme.variables[f"bw-{status}"] for status in ("success", "failure", "running", "blocked", "killed")]
    assert len(set(colors)) == len(colors)


def contrast(theme: Theme, text: str, ground: str) -> float:
    """The contrast of two colours of a theme, from 1 to 21."""
    return ratio_of(theme.variables[f"bw-{text}"], theme.variables[f"bw-{ground}"])


def ratio_of(*colors: str) -> float:
    """The contrast of two colours, from 1 to 21."""
    dark, light = sorted(map(_luminance, colors))
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("this is not toml", r"x\.toml is not TOML: .*"),
        ('[colors]\ntext = "#12345', r"x\.toml is not TOML: .*"),
        ("", r"x\.toml: \[colors\] is missing; it holds background, bar, .*"),
        ("colors = 1", r"x\.toml: \[colors\] is missing; .*"),
        ("[colors]", r'x\.toml: colors\.background should be a colour like "#1f2b3a"'),
        (source(colors={"text": '"red"'}), r'x\.toml: colors\.text should be a colour like "#1f2b3a"'),
        (source(colors={"text": "7"}), r"x\.toml: colors\.text should be a colour .*"),
        (source(colors={"text": '"#1234567"'}), r"x\.toml: colors\.text should be a colour .*"),
        (source(colors={"text": ""}), r"x\.toml: colors\.text should be a colour .*"),
        (source(colors={"tekst": '"#123456"'}), r"x\.toml: colors\.tekst is not known; there are .*text.*"),
        (source(status={"failure": ""}), r"x\.toml: status\.failure should be a colour .*"),
        (source(status={"failed": '"#123456"'}), r"x\.toml: status\.failed is not known; there are .*failure.*"),
        (source(more="shadow = 1"), r"x\.toml: shadow is not known; there are dark, \[colors\] and \[status\]"),
        (source(more='dark = "no"'), r"x\.toml: dark should be true or false"),
    ],
)
def test_a_mistake_is_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ThemeError) as wrong:
        read_theme("x", text, "x.toml")
    assert re.fullmatch(sentence, str(wrong.value))
    assert "\n" not in str(wrong.value)


def test_a_theme_of_ones_own_is_found_and_stands_before_a_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "sea.toml").write_text(source(more="dark = false"))
    (tmp_path / "dark.toml").write_text(source(colors={"text": '"#abcdef"'}))
    assert load_theme("sea", tmp_path).background == "#123456"
    assert load_theme("dark", tmp_path).foreground == "#abcdef"
    assert names(tmp_path) == {*SHIPPED, "sea"}


def test_a_theme_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(ThemeError, match=r'^there is no theme "sea"; there are dark, light.*, and your own go into '):
        load_theme("sea", tmp_path)


@pytest.mark.parametrize("name", ["../dark", "/etc/passwd", "", ".", "dark\x1b[31m"])
def test_a_name_is_no_path(name: str, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "dark.toml").write_text(source())
    with pytest.raises(ThemeError) as wrong:
        load_theme(name, tmp_path / "own")
    assert str(wrong.value).isprintable()


def test_a_theme_that_is_no_text_is_a_sentence_too(tmp_path: Path) -> None:
    (tmp_path / "sea.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ThemeError, match=r"sea\.toml"):
        load_theme("sea", tmp_path)


@pytest.mark.parametrize("name", SHIPPED)
async def test_all_that_is_on_the_screen_can_be_read(name: str, desks: Desks) -> None:
    said = ("+ make test\n", *(f"\x1b[{code}mcolour {code}\x1b[0m\n" for code in (*range(30, 38), *range(90, 98), 2)))
    said = (*said, "warning: old\n", "error: broken\n", "x" * 200 + "\n")
    steps = (StepScript("lint"), StepScript("test", outcome="failure", log=said), StepScript("never"))
    desks.ended(StageScript(steps))
    desks.start(repo="acme/search")
    desks.start(StageScript(), repo="acme/checkout-api", blocked=True)
    desks.server.advance(5)
    async with desks.listed((140, 50), theme=name) as desk:
        await desk.go_to("storefront")
        await desk.press("enter", "j", "enter")
        await desk.until(lambda: desk.log.state.errors == 1)
        for keys in ((), ("t",), ("tab",), ("slash", "c", "enter"), ("g",)):
            await desk.press(*keys)
            await desk.pilot.pause(0.05)
            assert list(hard_to_read(desk)) == [], keys


def hard_to_read(desk: Desk) -> Iterator[tuple[str, float]]:
    """Words on the screen whose colour is too near to that of their ground."""
    for strip in desk.app.screen._compositor.render_strips():
        for text, style, _ in strip:
            if not any(letter.isalnum() for letter in text) or style is None or style.color is None:
                continue
            assert style.bgcolor is not None
            ink, ground = (Color.from_rich_color(color) for color in (style.color, style.bgcolor))
            if style.dim:
                ink = ink.blend(ground, 1 - DIM_FACTOR)
            ratio = ratio_of(ink.hex6, ground.hex6)
            if ratio < READABLE:
                yield text.strip(), round(ratio, 2)
