"""Which commands there are, and what each takes. A command's module is imported only when it is called."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from typing import Final, NamedTuple

from buildwatch.config import Settings


class Command(NamedTuple):
    """A command: `module` has the function `run(args, settings) -> exit status`."""

    module: str
    help: str
    arguments: Callable[[argparse.ArgumentParser], None]
    needs_server: bool = True

    def run(self, args: argparse.Namespace, settings: Settings) -> int:
        """Import it and run it; the exit status."""
        status: int = import_module(self.module).run(args, settings)
        return status


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON for programs")


def _show(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("repo", metavar="REPO[#N]", help="a build; without a number the repo's newest")
    _json(parser)


def _watch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("repo", nargs="?", metavar="REPO[#N]", help="only this repo, or this build until it has ended")
    parser.add_argument("--json", action="store_true", help="a line of JSON for every change")


def _wait(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("repo", metavar="REPO[#N]", help="a build; without a number the repo's newest")
    parser.add_argument("--timeout", type=_seconds, metavar="S", help="give up after so many seconds (exit status 4)")
    parser.epilog = (
        "exit status: 0 success, 1 failure or error, 3 killed, skipped or declined,\n"
        "4 timed out, 5 the server cannot be asked"
    )


def _seconds(text: str) -> float:
    """A length of time for argparse, which says of a ValueError what was expected."""
    seconds = float(text)
    if not 0 <= seconds < float("inf"):
        raise ValueError
    return seconds


_seconds.__name__ = "number of seconds"


COMMANDS: Final = {
    "ls": Command("buildwatch.cli.ls", "every repo and its newest build", _json),
    "show": Command("buildwatch.cli.show", "one build with its stages and steps", _show),
    "watch": Command("buildwatch.cli.watch", "every change as a line, as it comes", _watch),
    "wait": Command("buildwatch.cli.wait", "wait for the end of a build; the exit status tells it", _wait),
    "info": Command("buildwatch.cli.info", "every path and setting, and where it came from", _json, needs_server=False),
}
"""By the word that calls them, in the order of the help."""
