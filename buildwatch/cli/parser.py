"""The parsers of the command line: flags that stand anywhere, and errors as one sentence."""

from __future__ import annotations

import argparse
from typing import NoReturn

from buildwatch.cli.errors import UserError
from buildwatch.config import Flags
from buildwatch.text import clean


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are `UserError` instead of a usage text and an exit."""

    def __init__(self, prog: str, description: str, epilog: str | None = None, usage: str | None = None) -> None:
        super().__init__(
            prog=prog,
            usage=usage,
            description=description,
            epilog=epilog,
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        _add_flags(self)

    def error(self, message: str) -> NoReturn:
        """Called by argparse for everything that is wrong."""
        raise UserError(f"{clean(message, 200)}; see {self.prog} --help")


def flags(args: argparse.Namespace) -> Flags:
    """The flags that stand before or after the command."""
    given = vars(args)
    return Flags(**{name: given[name] for name in Flags._fields if name in given})


def _add_flags(parser: Parser) -> None:
    """Flags of every command. None has a default: else the command's parser would undo what stands before it."""
    group = parser.add_argument_group("everywhere")
    add = group.add_argument
    none = argparse.SUPPRESS
    add("--config", metavar="FILE", default=none, help="read this configuration file instead of the usual one")
    add("--server", metavar="NAME", default=none, help="only this one of the configured servers")
    add("--read-only", action="store_true", default=none, help="allow no restart, cancel, approve or other action")
    add(
        "--fresh", action="store_true", default=none, help="begin the screen as for the first time: nothing of the last"
    )
    add("--no-keep", action="store_true", default=none, help="read and keep nothing of the screen between two starts")
    add("--theme", metavar="NAME", default=none, help="the colours of the screen")
    add(
        "--glyphs", metavar="SET", default=none, help="the signs of the screen: unicode, ascii or nerd (a patched font)"
    )
    add("--ascii", action="store_true", default=none, help="draw with ASCII characters only")
