"""Screens of one size, as SVG one after the other, as one moving SVG. Only what changes in a row is kept twice.

Works on what `App.export_screenshot` of Textual writes: rectangles and texts of a row lie at the row's height.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

ROW = 24.4
"""Height of a row, in units of the picture."""

_RULE = re.compile(r"\.terminal-\d+-(r\d+) \{ (.*?) \}")
_PIECE = re.compile(
    r'<rect fill="[^"]*" x="[^"]*" y="(?P<top>[^"]*)"[^>]*/>|<text [^>]* y="(?P<base>[^"]*)"[^>]*>.*?</text>'
)
_CLASS = re.compile(r'class="terminal-\d+-(r\d+)"')
_ID = re.compile(r"terminal-\d+")
_NEEDLESS = re.compile(r' (?:clip-path="url\([^)]*\)"|shape-rendering="[^"]*")')


@dataclass(frozen=True)
class Frame:
    """A screen, and how long it is shown, in seconds."""

    svg: str
    seconds: float


def animated(frames: Sequence[Frame]) -> str:
    """The film, again and again. A viewer that moves nothing shows the last screen."""
    classes: dict[str, str] = {}
    rows = [_rows(frame.svg, classes) for frame in frames]
    before, rest = _ID.sub("film", frames[0].svg).split('<g transform="translate(9, 41)"', 1)
    before = re.sub(r'<clipPath id="film-line-.*?</clipPath>\n?', "", before, flags=re.DOTALL)
    before = re.sub(r"( *\.film-r\d+ \{.*?\}\n?)+", _rules(classes), before, count=1)
    ends = [0.0]
    for frame in frames:
        ends.append(ends[-1] + frame.seconds)
    drawn = "\n".join(
        _shown(text, [shown.get(at, "") == text for shown in rows], ends)
        for at in sorted({at for shown in rows for at in shown})
        for text in dict.fromkeys(shown[at] for shown in rows if at in shown)
    )
    group = rest[: rest.index(">") + 1]
    screen = f'<g class="film-matrix" shape-rendering="crispEdges">\n{drawn}\n</g>'
    return f'{before}<g transform="translate(9, 41)"{group}\n{screen}\n</g>\n</svg>\n'


def _rows(svg: str, classes: dict[str, str]) -> dict[int, str]:
    """What is drawn in each row, with classes that mean the same in all frames."""
    rules = dict(_RULE.findall(svg))
    screen = svg[svg.index('<g transform="translate(9, 41)"') :]
    rows: dict[int, list[str]] = {}
    for piece in _PIECE.finditer(screen):
        at = round((float(piece["top"]) - 1.5) / ROW if piece["top"] else (float(piece["base"]) - 20) / ROW)
        text = _CLASS.sub(lambda old: f'class="{classes.setdefault(rules[old[1]], f"c{len(classes)}")}"', piece[0])
        rows.setdefault(at, []).append(_NEEDLESS.sub("", text))
    return {at: "".join(pieces) for at, pieces in rows.items()}


def _rules(classes: dict[str, str]) -> str:
    return "\n".join(f".{name} {{ {rule} }}" for rule, name in classes.items()) + "\n"


def _shown(text: str, when: Sequence[bool], ends: Sequence[float]) -> str:
    """A row's content that is seen in some of the frames."""
    if all(when):
        return f"<g>{text}</g>"
    changes = [at for at in range(len(when)) if at == 0 or when[at] != when[at - 1]]
    times = ";".join(f"{ends[at] / ends[-1]:.4f}" for at in changes)
    values = ";".join("visible" if when[at] else "hidden" for at in changes)
    moving = (
        f'<animate attributeName="visibility" calcMode="discrete" dur="{ends[-1]:g}s" repeatCount="indefinite" '
        f'keyTimes="{times}" values="{values}"/>'
    )
    return f'<g visibility="{"visible" if when[-1] else "hidden"}">{moving}{text}</g>'
