"""Which commands there are. Each is imported only when it is called."""

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


COMMANDS: Final = {
    "info": Command("buildwatch.cli.info", "every path and setting, and where it came from", _json, needs_server=False),
}
"""By the word that calls them, in the order of the help."""
