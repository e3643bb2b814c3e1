"""A log out of the screen: into a file, and into the pager or editor that a person's environment names.

No shell is asked, and nothing of a log, a name or an address becomes part of a command but the name of a file of ours.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

LONGEST_NAME: Final = 120
"""So many letters a file's name has at most."""

_AT_LINE: Final = {
    "+{line}": (
        "less",
        "more",
        "most",
        "vi",
        "vim",
        "nvim",
        "view",
        "nano",
        "pico",
        "emacs",
        "emacsclient",
        "kak",
        "micro",
    ),
    ":{line}": ("hx", "subl", "code", "codium", "zed"),
}
"""How a program is told the line to open a file at: before the file's name, or behind it."""

_WAITS: Final = {"code": ("--wait", "--goto"), "codium": ("--wait", "--goto"), "subl": ("--wait",), "zed": ("--wait",)}
"""What a program must be told so that it ends only when the file is closed, and reads the line."""


class OutError(Exception):
    """One sentence: what did not work, and how to mend it."""


def file_name(*parts: str) -> str:
    """A file's name made of these parts, safe in every folder: `acme-api-812-test.log`."""
    joined = "-".join(filter(None, (re.sub(r"[^A-Za-z0-9._]+", "-", part).strip("-.") for part in parts)))
    return f"{joined[:LONGEST_NAME] or 'log'}.log"


def save(folder: Path, name: str, text: Iterable[str]) -> Path:
    """Write a text in parts into a file of that name, in place of an older one; others than the user cannot read it.

    Raises `OutError`.
    """
    path = folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, written = tempfile.mkstemp(dir=folder, prefix=".", suffix=".part")
        with open(handle, "w", encoding="utf-8", errors="replace") as file:
            file.writelines(text)
        os.replace(written, path)
    except OSError as error:
        raise OutError(f"the log cannot be saved in {folder}: {error.strerror or error}") from None
    return path


def program(kind: str, environ: Mapping[str, str]) -> list[str]:
    """The command of the pager or editor, as its variable gives it: words, not a line for a shell.

    Raises `OutError` where a variable's quotes do not pair.
    """
    names = {"pager": ("PAGER",), "editor": ("VISUAL", "EDITOR")}[kind]
    for name in names:
        if environ.get(name, "").strip():
            try:
                return shlex.split(environ[name])
            except ValueError:
                raise OutError(f"${name} has a quote without its pair: {environ[name]!r}") from None
    return {"pager": ["less"], "editor": ["vi"]}[kind]


def command(words: list[str], path: str, line: int) -> list[str]:
    """The command that opens a file, at a line (from 1) where the program is known to take one."""
    name = Path(words[0]).name
    form = next((form for form, known in _AT_LINE.items() if name in known), "")
    place = form.format(line=line)
    if place.startswith("+"):
        return [*words, place, path]
    return [*words, *(word for word in _WAITS.get(name, ()) if word not in words), path + place]


def view(
    kind: str, name: str, text: Iterable[str], line: int, lend: Callable[[], AbstractContextManager[None]]
) -> None:
    """Show `text` in the pager or editor until that ends, from the terminal that `lend` gives away meanwhile.

    Raises `OutError` where there is no such program.
    """
    words = program(kind, os.environ)
    with tempfile.TemporaryDirectory(prefix="buildwatch-") as folder:
        path = save(Path(folder), name, text)
        try:
            with lend():
                subprocess.run(command(words, str(path), line), check=False)  # noqa: S603  (the user's own program)
        except FileNotFoundError:
            variable = "$PAGER" if kind == "pager" else "$EDITOR"
            raise OutError(f"there is no program {words[0]!r}; set {variable} to one that is installed") from None
        except OSError as error:
            raise OutError(f"{words[0]!r} cannot be run: {error.strerror or error}") from None
