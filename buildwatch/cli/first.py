"""The first start: a server is asked for by hand, what was found out is written down, and the tree opened."""

from __future__ import annotations

import argparse
from dataclasses import replace
from importlib import import_module

from buildwatch.cli.commands import COMMANDS
from buildwatch.cli.output import note
from buildwatch.cli.parser import Parser, flags
from buildwatch.cli.screen import open_screen
from buildwatch.config import ServerSettings, Settings, load, token
from buildwatch.config.first import with_token_command, with_token_file


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Ask, keep it where a person wants it kept, and show the tree; the exit status. Raises `ConfigError`."""
    welcome = import_module("buildwatch.tui.welcome")  # textual takes a while to import
    answer = welcome.Welcome(settings).run(mouse=settings.mouse)
    if answer is None:
        return 0
    if answer.how == welcome.DEMO:
        return _demo(args, settings)
    if answer.how == welcome.ONCE:
        source = token.plain(answer.token)
        server = ServerSettings(answer.name, answer.url, source, origins={"url": "the first start"})
        return open_screen(replace(settings, servers=(server,)))
    config = settings.file or settings.paths.config
    if answer.how == welcome.FILE:
        with_token_file(config, answer.name, answer.url, answer.token)
    else:
        with_token_command(config, answer.name, answer.url, answer.command)
    note(f"{config} is written; `buildwatch info` shows what is set")
    return open_screen(load(flags(args)))


def _demo(args: argparse.Namespace, settings: Settings) -> int:
    demo = COMMANDS["demo"]
    parser = Parser("buildwatch demo", description=demo.help)
    demo.arguments(parser)
    parser.parse_args([], namespace=args)
    return demo.run(args, settings)
