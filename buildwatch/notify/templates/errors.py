"""What is wrong with a template, and where."""

from __future__ import annotations


class TemplateError(Exception):
    """One sentence, with the place in the template's text.

    `line` and `column` count from 1, in characters. `pointer` is the line and a caret below the place, in two lines.
    """

    def __init__(self, what: str, source: str = "", position: int = 0) -> None:
        self.what = what
        before = source[:position]
        self.line = before.count("\n") + 1
        self.column = position - (before.rfind("\n") + 1) + 1
        text = source.split("\n")[self.line - 1] if source else ""
        first = max(0, self.column - 60)
        shown = text[first : first + 100].replace("\t", " ")
        self.pointer = f"{shown}\n{' ' * (self.column - 1 - first)}^"
        super().__init__(f"line {self.line}, column {self.column}: {what}")


class Fault(Exception):
    """The same before its place is known: raised while a helper runs."""
