"""What Slack would make of a message's text, with the means of a terminal. Pure.

Everything is made safe before anything is painted, so that nothing of a message reaches the terminal but its letters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from buildwatch.text import clean

Painter = Callable[[str, str], str]
"""What paints a text of a kind."""

BROKEN: Final = "·"
"""Stands for the sign without width that breaks a mention, which a terminal would not show."""

LONGEST: Final = 40_000
"""Characters of a line: as many as Slack takes of a message."""

_CODE: Final = re.compile(r"```\n?(.*?)\n?```|`([^`\n]+)`", re.DOTALL)
_MARK: Final = re.compile(
    r"<(?P<link>https?://[^|>\s]+)(?:\|(?P<label>[^>]*))?>"
    r"|<(?P<mention>[@#][A-Z0-9]+|!subteam\^[A-Z0-9]+|!here|!channel|!everyone)(?:\|[^>]*)?>"
    r"|(?<![\w*])\*(?P<bold>[^*\n]+)\*(?![\w*])"
    r"|(?<![\w_])_(?P<italic>[^_\n]+)_(?![\w_])"
    r"|(?<![\w~])~(?P<strike>[^~\n]+)~(?![\w~])"
)
_SGR: Final = {"link": "4", "mention": "1;33", "bold": "1", "italic": "3", "strike": "9", "code": "36", "quote": "2"}


def safe(text: str) -> str:
    """`text` as lines that a terminal shows as they are, with what breaks a mention made visible. Tabs stay."""
    lines = re.split("\r\n|[\n\r\u2028\u2029]", text.replace("<\u200b", f"<{BROKEN}"))
    return "\n".join("\t".join(clean(part, LONGEST) for part in line.split("\t")) for line in lines)


def preview(text: str, *, colour: bool) -> list[str]:
    """The lines that Slack would show for a message's text. Without `colour` only what can be read."""
    paint = _paint if colour else _plain
    lines = [""]
    whole = safe(text)
    at = 0
    for found in _CODE.finditer(whole):
        _extend(lines, "".join(_prose(whole[at : found.start()], paint)))
        at = found.end()
        if found[1] is None:
            _extend(lines, paint("code", _unescaped(found[2])))
            continue
        if not lines[-1]:
            lines.pop()
        lines += [f"  {paint('code', _unescaped(line))}" for line in found[1].split("\n")]
        lines.append("")
    _extend(lines, "".join(_prose(whole[at:], paint)))
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _extend(lines: list[str], text: str) -> None:
    """Go on with the last line."""
    first, *rest = text.split("\n")
    lines[-1] += first
    lines += rest


def _prose(text: str, paint: Painter) -> Iterator[str]:
    for number, line in enumerate(text.split("\n")):
        if number:
            yield "\n"
        if line.startswith(("&gt;", ">")):
            yield paint("quote", "│ ")
            line = line.removeprefix("&gt;").removeprefix(">").lstrip()
        yield from _marked(line, paint)


def _marked(line: str, paint: Painter) -> Iterator[str]:
    at = 0
    for found in _MARK.finditer(line):
        yield _unescaped(line[at : found.start()])
        kind = found.lastgroup or ""
        if found["link"]:
            label = "".join(_marked(found["label"], _plain)) if found["label"] else _unescaped(found["link"])
            yield paint("link", label)
        elif found["mention"]:
            yield paint("mention", _mention(found["mention"]))
        else:
            yield paint(kind, "".join(_marked(found[kind], _plain)))
        at = found.end()
    yield _unescaped(line[at:])


def _mention(text: str) -> str:
    return f"@{text.removeprefix('!subteam^').removeprefix('!').removeprefix('@')}"


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _paint(kind: str, text: str) -> str:
    return f"\x1b[{_SGR[kind]}m{text}\x1b[0m" if text else ""


def _plain(kind: str, text: str) -> str:
    return text
