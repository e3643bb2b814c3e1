"""`buildwatch replay`: a recording on the screen, or any command that only looks, as if it happened now."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Final

from buildwatch.cli.commands import replay_options
from buildwatch.cli.errors import UserError
from buildwatch.cli.parser import Parser, flags
from buildwatch.cli.screen import open_screen, require_terminal
from buildwatch.config import ServerSettings, Settings, load, token
from buildwatch.recording import Entry, Playhead, Recording, RecordingError, Watched, read
from buildwatch.text import clean

LOOKING: Final = ("ls", "show", "logs", "watch", "wait", "notify")
"""The commands that can be played to."""


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Play a recording to the screen, or to a command."""
    words = _own_options(args)
    entries = _entries(Path(args.file))
    first, last = entries[0].at, entries[-1].at
    since, speed = getattr(args, "since", 0.0), getattr(args, "speed", 1.0)
    if since > last - first:
        raise UserError(f"--from lies past the end: {args.file} is {last - first:.0f} seconds long")
    head = Playhead(first + since, last, speed=speed)
    played = replace(load(flags(args)), servers=_servers(entries, head), read_only=True, keep=False, playing=head)
    if not words:
        require_terminal()
        return open_screen(played)
    from buildwatch.cli.main import call

    word, *rest = words
    if word not in LOOKING:
        raise UserError(f'"{clean(word, 60)}" cannot be played to; there are {", ".join(LOOKING)}')
    if word == "notify" and "--dry-run" not in rest:
        raise UserError("what is past is told nobody again; say `notify --dry-run` to see what would have been sent")
    return call(word, rest, played)


def _own_options(args: argparse.Namespace) -> list[str]:
    """The command that it is played to, once the options between it and the file are taken in."""
    words: list[str] = args.rest
    cut = next((at for at, word in enumerate(words) if word in LOOKING), len(words))
    if words and not words[0].startswith("-"):
        cut = 0
    parser = Parser("buildwatch replay", "")
    replay_options(parser)
    parser.parse_args(words[:cut], namespace=args)
    return words[cut:]


def _entries(path: Path) -> list[Entry]:
    try:
        with path.open("rb") as file:
            return read(file)
    except RecordingError as error:
        raise UserError(f"{path} cannot be played: {error}") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read ({(error.strerror or 'no reason given').lower()})") from None


def _servers(entries: list[Entry], head: Playhead) -> tuple[ServerSettings, ...]:
    """The recorded servers."""
    states = {entry.name: entry for entry in entries if isinstance(entry, Watched)}
    nothing = token.from_env("NO_TOKEN", {})
    return tuple(
        ServerSettings(name, state.url, nothing, recording=Recording(entries, head)) for name, state in states.items()
    )
