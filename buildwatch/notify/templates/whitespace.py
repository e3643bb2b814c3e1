"""White space beside tags: `~`, and tags that stand alone on their line. Pure; changes the tree's texts in place.

The rules are raymond's (`parser/whitespace.go`), which are those of handlebars.js.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from buildwatch.notify.templates.tree import Block, Comment, Content, Mustache, Partial, Program, Statement, Strip

_WHITE: Final = "\t\n\f\r "
_TRIM_LEFT: Final = re.compile(r"\A[ \t]*\r?\n?")

Body = Sequence[Statement]


def control(program: Program, *, root: bool = True) -> None:
    """Take away what the tags say is to be taken away."""
    body = program.body
    for index, current in enumerate(body):
        strip = _strip_of(current)
        if strip is None:
            continue
        before = _white_before(body, index, root=root)
        after = _white_after(body, index, root=root)
        if strip.close:
            _cut_after(body, index, all=True)
        if strip.open and index > 0:
            _cut_before(body, index, all=True)
        if strip.inline_alone and before and after:
            _cut_after(body, index)
            _cut_before(body, index)
        if isinstance(current, Block):
            if strip.open_alone and before:
                first = current.program or current.inverse
                if first is not None:
                    _cut_after(first.body, -1)
                _cut_before(body, index)
            if strip.close_alone and after:
                last = current.inverse or current.program
                _cut_after(body, index)
                if last is not None:
                    _cut_before(last.body, len(last.body))


def _strip_of(node: Statement) -> Strip | None:
    if isinstance(node, Block):
        return _block(node)
    if isinstance(node, Mustache):
        return node.strip
    if isinstance(node, Comment | Partial):
        return Strip(node.strip.open, node.strip.close, inline_alone=True)
    return None


def _block(block: Block) -> Strip:
    for part in (block.program, block.inverse):
        if part is not None:
            control(part, root=False)
    program, inverse = block.program, block.inverse
    if program is None:
        program, inverse = inverse, None
    if program is None:
        raise AssertionError("a block has a program or an inverse")
    first, last = _ends_of(inverse)
    closing = first or program
    strip = Strip(
        open=block.open_strip is not None and block.open_strip.open,
        close=block.close_strip is not None and block.close_strip.close,
        open_alone=_white_after(program.body, -1),
        close_alone=_white_before(closing.body, len(closing.body)),
    )
    if block.open_strip is not None and block.open_strip.close:
        _cut_after(program.body, -1, all=True)
    opens = block.close_strip is not None and block.close_strip.open
    if first is not None and last is not None:
        if block.inverse_strip is not None:
            if block.inverse_strip.open:
                _cut_before(program.body, len(program.body), all=True)
            if block.inverse_strip.close:
                _cut_after(first.body, -1, all=True)
        if opens:
            _cut_before(last.body, len(last.body), all=True)
        if _white_before(program.body, len(program.body)) and _white_after(first.body, -1):
            _cut_before(program.body, len(program.body))
            _cut_after(first.body, -1)
    elif opens:
        _cut_before(program.body, len(program.body), all=True)
    return strip


def _ends_of(inverse: Program | None) -> tuple[Program | None, Program | None]:
    """The first and the last program of a chain of `else`."""
    first = last = inverse
    if inverse is not None and inverse.chained:
        chained = inverse.body[0]
        first = chained.program if isinstance(chained, Block) else None
        while last is not None and last.chained:
            chained = last.body[-1]
            last = chained.program if isinstance(chained, Block) else None
    return first, last


def _cut_after(body: Body, index: int, *, all: bool = False) -> None:
    node = body[index + 1] if index + 1 < len(body) else None
    if not isinstance(node, Content) or (not all and node.right):
        return
    cut = node.text.lstrip(_WHITE) if all else _TRIM_LEFT.sub("", node.text, count=1)
    node.right = cut != node.text
    node.text = cut


def _cut_before(body: Body, index: int, *, all: bool = False) -> None:
    node = body[index - 1] if index >= 1 else None
    if not isinstance(node, Content) or (not all and node.left):
        return
    cut = node.text.rstrip(_WHITE if all else " \t")
    node.left = cut != node.text
    node.text = cut


def _white_before(body: Body, index: int, *, root: bool = False) -> bool:
    if index < 1:
        return root
    node = body[index - 1]
    if not isinstance(node, Content):
        return False
    if not node.text and node.right:
        return True
    kept = node.text.rstrip(_WHITE)
    return "\n" in node.text[len(kept) :] or (not kept and root and index == 1)


def _white_after(body: Body, index: int, *, root: bool = False) -> bool:
    if index + 1 >= len(body):
        return root
    node = body[index + 1]
    if not isinstance(node, Content):
        return False
    if not node.text and node.left:
        return True
    kept = node.text.lstrip(_WHITE)
    return "\n" in node.text[: len(node.text) - len(kept)] or (not kept and root)
