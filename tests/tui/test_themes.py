"""Themes: a mistake in one is told in one sentence, and the shipped ones can be read."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.color import Color
from textual.constants import DIM_FACTOR
from textual.theme import Theme

from buildwatch.config import Paths, chosen
from buildwatch.demo.control import StageScript, StepScript
from buildwatch.insight.strip import Bar
from buildwatch.model import Status
from buildwatch.tui.app import BuildwatchApp
from buildwatch.tui.cells import width_of
from buildwatch.tui.row_cells import bar_sign
from buildwatch.tui.styles import STATUS_NAMES, STYLE_NAMES, bar_style
from buildwatch.tui.themes import COLORS, GROUNDS, ThemeError, load_theme, names, read_theme
from buildwatch.words import ASCII, NERD, UNICODE

if TYPE_CHECKING:
    from tests.tui.conftest import Desk, Desks

NOWHERE = Path("/nonexistent/themes")
SHIPPED = sorted(names(NOWHERE))
OF_COLOURS = [name for name in SHIPPED if not load_theme(name, NOWHERE).ansi]
TEXTS = sorted(set(STYLE_NAMES) - {"rule"})
READABLE = 4.5
"""The contrast that text needs at least (WCAG 2, level AA)."""
BEST = 7.0
"""The same of level AAA."""
APART = 25.0
"""How far two colours must be from each other in CIE L*a*b* at least; a difference of 2.3 can just be seen."""

MACHADO = {
    "red": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "green": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "blue": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
"""What eyes see that lack a receptor, in linear sRGB: Machado, Oliveira and Fernandes 2009, severity 1."""

PALETTES = {
    "vga": """#000000 #aa0000 #00aa00 #aa5500 #0000aa #aa00aa #00aaaa #aaaaaa
              #555555 #ff5555 #55ff55 #ffff55 #5555ff #ff55ff #55ffff #ffffff""",
    "xterm": """#000000 #cd0000 #00cd00 #cdcd00 #0000ee #cd00cd #00cdcd #e5e5e5
                #7f7f7f #ff0000 #00ff00 #ffff00 #5c5cff #ff00ff #00ffff #ffffff""",
    "tango": """#000000 #cc0000 #4e9a06 #c4a000 #3465a4 #75507b #06989a #d3d7cf
                #555753 #ef2929 #8ae234 #fce94f #729fcf #ad7fa8 #34e2e2 #eeeeec""",
    "campbell": """#0c0c0c #c50f1f #13a10e #c19c00 #0037da #881798 #3a96dd #cccccc
                   #767676 #e74856 #16c60c #f9f1a5 #3b78ff #b4009e #61d6d6 #f2f2f2""",
}
"""The sixteen colours of usual terminals."""


def source(*, colors: dict[str, str] | None = None, status: dict[str, str] | None = None, more: str = "") -> str:
    """The text of a theme; `colors` and `status` are changes, an empty value leaves the line out."""
    lines = [more, "[colors]"]
    for table, known, changed in (("", COLORS, colors), ("[status]", STATUS_NAMES, status)):
        lines.append(table)
        entries = dict.fromkeys(known, '"#123456"') | (changed or {})
        lines += [f"{key} = {value}" for key, value in entries.items() if value]
    return "\n".join(lines)


def test_there_is_one_for_everybody() -> None:
    assert {"dark", "light", "high-contrast", "deuteranopia", "tritanopia", "terminal", "monochrome"} <= set(SHIPPED)
    assert len(SHIPPED) >= 8
    assert load_theme("dark", NOWHERE).dark
    assert not load_theme("light", NOWHERE).dark


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_theme_is_complete(name: str) -> None:
    theme = load_theme(name, NOWHERE)
    missing = [style for style in STYLE_NAMES if f"bw-{style}" not in theme.variables]
    assert not missing
    theme.to_color_system().generate()


@pytest.mark.parametrize("name", OF_COLOURS)
@pytest.mark.parametrize("ground", GROUNDS)
def test_all_text_can_be_read_on_every_ground(name: str, ground: str) -> None:
    theme = load_theme(name, NOWHERE)
    ratios = {style: contrast(theme, style, ground) for style in TEXTS}
    needed = BEST if name.startswith("high-contrast") else READABLE
    assert {style: ratio for style, ratio in ratios.items() if ratio < needed} == {}


@pytest.mark.parametrize("terminal", PALETTES)
@pytest.mark.parametrize("name", sorted(set(SHIPPED) - set(OF_COLOURS)))
def test_the_terminals_own_colours_can_be_read_in_the_usual_ones(name: str, terminal: str) -> None:
    theme, palette = load_theme(name, NOWHERE), PALETTES[terminal].split()
    assert {theme.variables[f"bw-{ground}"] for ground in GROUNDS} == {"ansi_default"}, "no ground but the terminal's"
    ink, paper = (palette[7], palette[0]) if theme.dark else ("#000000", "#ffffff")
    for style in TEXTS:
        number = Color.parse(theme.variables[f"bw-{style}"]).ansi
        assert number is not None
        assert "dim" not in theme.variables.get(f"bw-{style}-style", ""), "each terminal dims as it likes"
        assert ratio_of(ink if number < 0 else palette[number], paper) >= READABLE, style


@pytest.mark.parametrize("name", SHIPPED)
def test_the_statuses_one_must_not_mix_up_have_looks_of_their_own(name: str) -> None:
    variables = load_theme(name, NOWHERE).variables
    looks = [
        (variables[f"bw-{status}"], variables.get(f"bw-{status}-style"))
        for status in ("success", "failure", "running", "blocked", "killed")
    ]
    assert len(set(looks)) == len(looks)


@pytest.mark.parametrize(
    ("name", "lacks"),
    [
        ("deuteranopia", "green"),
        ("deuteranopia", "red"),
        ("tritanopia", "blue"),
        ("deuteranopia", ""),
        ("tritanopia", ""),
    ],
)
def test_the_statuses_stay_apart_for_eyes_that_lack_a_receptor(name: str, lacks: str) -> None:
    variables = load_theme(name, NOWHERE).variables
    seen = {
        status: as_seen(variables[f"bw-{status}"], lacks) for status in ("success", "failure", "running", "blocked")
    }
    apart = {pair: math.dist(seen[pair[0]], seen[pair[1]]) for pair in combinations(seen, 2)}
    assert {pair: round(far) for pair, far in apart.items() if far < APART} == {}


def test_the_ordinary_theme_would_not_do_for_them() -> None:
    variables = load_theme("dark", NOWHERE).variables
    for lacks, pair in (("green", ("success", "failure")), ("blue", ("success", "running"))):
        assert math.dist(*(as_seen(variables[f"bw-{status}"], lacks) for status in pair)) < APART


def test_no_two_statuses_have_the_same_sign() -> None:
    for glyphs in (UNICODE, ASCII, NERD):
        signs = {sign for status, sign in glyphs.status.items() if status != "waiting"} | {glyphs.unknown}
        assert len(signs) == len(STATUS_NAMES) - 1, "but for waiting and pending"
        assert {width_of(sign) for sign in signs} == {1}


def test_a_strip_tells_what_failed_without_colour() -> None:
    assert {str(status): bar_style(status) for status in (Status.SUCCESS, Status.FAILURE, Status.ERROR)} == {
        "success": "success",
        "failure": "failure underline",
        "error": "error underline",
    }
    for status in (Status.KILLED, Status.RUNNING, Status.DECLINED):
        assert bar_sign(Bar(3, status), UNICODE) == UNICODE.status[status]
    assert bar_sign(Bar(3, Status.FAILURE), UNICODE) == UNICODE.bars[3]


def as_seen(color: str, lacks: str) -> tuple[float, float, float]:
    """A colour in CIE L*a*b* (D65) as it looks to an eye without one of its three receptors; '' for all three."""
    rgb = [_linear(int(color[at : at + 2], 16) / 255) for at in (1, 3, 5)]
    if lacks:
        rgb = [
            min(1.0, max(0.0, sum(part * share for part, share in zip(rgb, row, strict=True))))
            for row in MACHADO[lacks]
        ]
    red, green, blue = rgb
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    x, y, z = (part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in (x, y, z))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def contrast(theme: Theme, text: str, ground: str) -> float:
    """The contrast of two colours of a theme, from 1 to 21."""
    return ratio_of(theme.variables[f"bw-{text}"], theme.variables[f"bw-{ground}"])


def ratio_of(*colors: str) -> float:
    """The contrast of two colours, from 1 to 21."""
    dark, light = sorted(map(_luminance, colors))
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = map(_linear, parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    """How much light a value of sRGB (0 to 1) stands for."""
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("this is not toml", r"x\.toml is not TOML: .*"),
        ('[colors]\ntext = "#12345', r"x\.toml is not TOML: .*"),
        ("", r"x\.toml: \[colors\] is missing; it holds background, bar, .*"),
        ("colors = 1", r"x\.toml: \[colors\] is missing; .*"),
        ("[colors]", r'x\.toml: colors\.background should be a colour like "#1f2b3a" or .*'),
        (
            source(colors={"text": '"rot"'}),
            r'x\.toml: colors\.text should be a colour like "#1f2b3a" or .* may stand before it',
        ),
        (source(colors={"text": '"blink #123456"'}), r"x\.toml: colors\.text should be a colour .*bold, dim, .*"),
        (source(colors={"text": '"#123456 bold"'}), r"x\.toml: colors\.text should be a colour .*"),
        (source(colors={"text": '""'}), r"x\.toml: colors\.text should be a colour .*"),
        (
            source(colors={"text": '"red"'}),
            r"x\.toml: colours like #1f2b3a and the terminal's own .*",
        ),
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
    with pytest.raises(ThemeError, match=r'^there is no theme "sea"; there are dark, .*light.*, and your own go into '):
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


@pytest.mark.parametrize("name", OF_COLOURS)
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


def own(paths: Paths, name: str, **colors: str) -> Path:
    """A theme of a user's own: the dark one but for some colours."""
    text = (Path(__file__).parents[2] / "themes" / "dark.toml").read_text()
    for key, color in colors.items():
        text = re.sub(rf'(?m)^{key} = ".*"$', f'{key} = "{color}"', text)
    paths.themes.mkdir(parents=True, exist_ok=True)
    new = paths.themes / f"{name}.new"
    new.write_text(text)
    return new.replace(paths.themes / f"{name}.toml")  # as editors do, so that it is always whole


async def test_a_theme_of_ones_own_is_shown_anew_when_it_is_saved(desks: Desks) -> None:
    file = own(desks.settings.paths, "sea", text="#abcdef")
    async with desks.listed(theme="sea") as desk:
        assert text_color(desk) == "#abcdef"
        own(desks.settings.paths, "sea", text="#fedcba")
        await desk.until(lambda: text_color(desk) == "#fedcba")
        file.write_text("[colors")
        await desk.until(lambda: any("sea.toml is not TOML" in said for said in desk.said))
        assert text_color(desk) == "#fedcba"
        file.unlink()
        own(desks.settings.paths, "sea", text="#ccddee")
        await desk.until(lambda: text_color(desk) == "#ccddee")
        assert len(desk.said) == 1


async def test_the_choice_is_shown_at_once_kept_and_taken_back(desks: Desks) -> None:
    own(desks.settings.paths, "broken").write_text("shadow = 1")
    async with desks.listed() as desk:
        ground = desk.board.live.rich_style.bgcolor
        await desk.press("T")
        await desk.shows("enter: keep")
        await desk.press("home")
        await desk.shows("shadow is not known")
        assert desk.app.theme == "dark"
        await desk.press("end")
        await desk.until(lambda: desk.app.theme == "tritanopia")
        await desk.press("escape")
        await desk.until(lambda: desk.app.theme == "dark" and desk.board.live.rich_style.bgcolor == ground)
        assert remembered(desks) == "dark"
        await desk.press("T", "end", "enter")
        await desk.until(lambda: desk.app.theme == "tritanopia" and len(desk.app.screen_stack) == 1)
        assert remembered(desks) == "tritanopia"
        await desk.press("ctrl+p")
        await desk.until(lambda: len(desk.app.screen_stack) == 2)
        await desk.type("theme nord")
        await desk.shows("other colours")
        await desk.press("enter", "enter")
        await desk.until(lambda: desk.app.theme == "nord")
        assert remembered(desks) == "nord"


async def test_a_chosen_theme_that_is_gone_is_told_and_the_configured_one_shown(desks: Desks) -> None:
    origins = {"theme": "chosen on the screen"}
    async with desks.open(theme="sea", origins=origins) as desk:
        await desk.until(lambda: any('there is no theme "sea"' in said for said in desk.said))
        assert desk.app.theme == "dark"
    with pytest.raises(ThemeError):
        BuildwatchApp(replace(desks.settings, theme="sea"))


async def test_the_terminals_own_colours_reach_the_terminal(desks: Desks) -> None:
    desks.ended(StageScript((StepScript("test", outcome="failure"),)))
    async with desks.listed(theme="terminal") as desk:
        styles = [style for strip in desk.app.screen._compositor.render_strips() for _, style, _ in strip if style]
        colors = {color.name for style in styles for color in (style.color, style.bgcolor) if color is not None}
        assert {"default", "color(9)"} <= colors
        assert [name for name in colors if name.startswith("#")] == []
        assert any(style.reverse for style in styles), "the cursor"


@pytest.mark.parametrize(
    ("environ", "theme"),
    [
        ({"COLORTERM": "truecolor", "TERM": "xterm"}, "dark"),
        ({"COLORTERM": "", "TERM": "tmux-256color"}, "dark"),
        ({"COLORTERM": "", "TERM": "linux"}, "terminal"),
        ({"COLORTERM": "truecolor", "TERM": "xterm", "NO_COLOR": "1"}, "monochrome"),
        ({"COLORTERM": "", "TERM": "linux", "NO_COLOR": ""}, "monochrome"),
    ],
)
def test_who_chose_no_theme_has_one_that_the_terminal_can_show(
    desks: Desks, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], theme: str
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert BuildwatchApp(desks.settings).theme == theme
    asked = {**desks.settings.origins, "theme": "flag --theme"}
    assert BuildwatchApp(replace(desks.settings, origins=asked)).theme == "dark", "whoever asked for it has it"


async def test_without_colour_the_terminals_own_are_left_alone(desks: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with desks.listed(theme="terminal") as desk:
        assert drawn_colors(desk) == {"default"}
        desk.app.set_theme("dark")
        await desk.until(lambda: "default" not in drawn_colors(desk))
        for color in drawn_colors(desk):
            assert len({color[at : at + 2] for at in (1, 3, 5)}) == 1, "greys"


def drawn_colors(desk: Desk) -> set[str]:
    """The colours that reach the terminal, past the filters."""
    live = desk.board.live
    strip = live.render_line(0)
    for filter in desk.app.get_line_filters():
        strip = strip.apply_filter(filter, live.background_colors[1])
    return {color.name for _, style, _ in strip if style for color in (style.color, style.bgcolor) if color}


def text_color(desk: Desk) -> str:
    color = desk.board.live.ink("text").color
    assert color is not None
    return color.name


def remembered(desks: Desks) -> str:
    """The theme with which the next start begins."""
    settings = desks.settings
    of = [(server.name, server.url) for server in settings.servers]
    return chosen.read(settings.paths.state, settings.theme_set, of) or settings.theme_set
