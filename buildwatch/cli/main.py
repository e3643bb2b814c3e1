"""The entry point: finds the command, loads the settings, and turns what goes wrong into one sentence."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final

from buildwatch import __version__
from buildwatch.cli.commands import COMMANDS, Command
from buildwatch.cli.errors import UserError
from buildwatch.cli.parser import Parser, flags
from buildwatch.cli.screen import open_screen, require_terminal
from buildwatch.config import ConfigError, Settings, load
from buildwatch.config.errors import near
from buildwatch.text import clean

INTERRUPTED: Final = 130
"""What shells show for a program that Ctrl-C ended: 128 + SIGINT."""

BROKEN_PIPE: Final = 141
"""What shells show for a program whose reader has gone: 128 + SIGPIPE."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; the exit status."""
    _never_fail_to_encode()
    try:
        try:
            return _run(sys.argv[1:] if argv is None else argv)
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except UserError as error:
        return _say(str(error), error.status)
    except ConfigError as error:
        return _say(str(error), 2)
    except BrokenPipeError:
        _drop_output()
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(argv: Sequence[str]) -> int:
    args = _parser().parse_args(argv)
    if args.command is None:
        return _run_app(args)
    command = _parse(args.command, args.rest, args)
    return command.run(args, _settings(args, command.needs_server))


def call(word: str, rest: Sequence[str], settings: Settings) -> int:
    """Run a command with these settings instead of those that its flags would load; the exit status."""
    args = argparse.Namespace()
    return _parse(word, rest, args).run(args, settings)


def _parse(word: str, rest: Sequence[str], into: argparse.Namespace) -> Command:
    command = _command(word)
    parser = Parser(f"buildwatch {word}", description=command.help)
    command.arguments(parser)
    parser.parse_args(rest, namespace=into)
    return command


def _run_app(args: argparse.Namespace) -> int:
    """The screen, which is what `buildwatch` alone means; without a server it asks for one."""
    require_terminal()
    settings = _settings(args, needs_server=False)
    if settings.servers:
        return open_screen(settings)
    status: int = import_module("buildwatch.cli.first").run(args, settings)
    return status


def _parser() -> Parser:
    """The parser up to the command's word. What follows it is left to the command's own, so that only one is built."""
    width = max(map(len, COMMANDS))
    listed = "\n".join(f"  {name:{width}}  {command.help}" for name, command in COMMANDS.items())
    parser = Parser(
        "buildwatch",
        "Watch the builds of Drone CI servers as they happen. Without a command: on the screen.",
        f"commands:\n{listed}\n\n`buildwatch COMMAND --help` tells what a command takes.",
        usage="buildwatch [flags] [COMMAND …]",
    )
    parser.add_argument("--version", action="version", version=f"buildwatch {__version__}")
    parser.add_argument("command", nargs="?", metavar="COMMAND", help=argparse.SUPPRESS)
    parser.add_argument("rest", nargs=argparse.REMAINDER, metavar="…", help=argparse.SUPPRESS)
    return parser


def _command(word: str) -> Command:
    command = COMMANDS.get(word)
    if command is None:
        hint = near(word, COMMANDS) or f"; there are {', '.join(COMMANDS)}"
        raise UserError(f'there is no command "{clean(word, 60)}"{hint}')
    return command


def _settings(args: argparse.Namespace, needs_server: bool) -> Settings:
    settings = load(flags(args))
    for warning in settings.warnings:
        _say(f"warning: {warning}", 0)
    if needs_server and not settings.servers:
        raise UserError(
            f"no server is configured; set DRONE_SERVER and DRONE_TOKEN, or write {settings.paths.config} "
            "with a [[server]], or try `buildwatch demo`"
        )
    return settings


def _say(sentence: str, status: int) -> int:
    if sys.stderr is not None:
        sys.stderr.write(f"buildwatch: {sentence}\n")
    return status


def _never_fail_to_encode() -> None:
    """Where the terminal's encoding lacks a character, a question mark is better than a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _drop_output() -> None:
    """Python writes what is left in its buffer when it exits; let that go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
