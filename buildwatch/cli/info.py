"""`buildwatch info`: every path and setting, and where it came from.

No token is shown, not even its length, and no token_command is run.
"""

from __future__ import annotations

import argparse
import json
import os.path
import sys
from collections.abc import Iterator
from typing import Final, NamedTuple

from buildwatch import __version__
from buildwatch.config import ServerSettings, Settings
from buildwatch.config.settings import DEFAULT
from buildwatch.config.urls import without_user
from buildwatch.text import clean

_OPTIONS: Final = ("theme", "glyphs", "read_only", "mouse", "title", "keep")
_PLACES: Final = ("config", "themes", "state", "cache", "data")


class Fact(NamedTuple):
    """One line: what, its value as JSON has it, and where it came from."""

    name: str
    value: str | bool | None
    origin: str


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print it; 0."""
    text = json.dumps(_as_json(settings), indent=2) if args.json else "\n".join(_as_text(settings))
    sys.stdout.write(text + "\n")
    return 0


def _paths(settings: Settings) -> Iterator[Fact]:
    """`config` is the file that was read, or the one that would be."""
    for place in _PLACES:
        path = settings.file if place == "config" and settings.file else getattr(settings.paths, place)
        yield Fact(place, clean(str(path)), settings.origins[place])


def _options(settings: Settings) -> Iterator[Fact]:
    for name in _OPTIONS:
        yield Fact(name, getattr(settings, name), settings.origins[name])
    yield Fact("alert", clean(str(settings.alert)), settings.origins["alert"])
    yield Fact("keymap", clean(str(settings.keymap)), settings.origins["keymap"])
    yield Fact("views", ", ".join(view.name for view in settings.views) or "none", settings.origins["view"])


def _server(server: ServerSettings) -> Iterator[Fact]:
    def fact(name: str, value: str | bool | None) -> Fact:
        return Fact(name, value, server.origins.get(name, DEFAULT))

    yield fact("name", server.name)
    yield fact("url", server.url)
    yield fact("kind", server.kind)
    yield fact("ca_file", clean(str(server.ca_file)) if server.ca_file else None)
    yield fact("insecure", server.insecure)
    yield fact("proxy", without_user(server.proxy) if server.proxy else None)
    origin = server.origins.get(server.token.key) or server.origins.get("token", DEFAULT)
    yield Fact("token", server.token.state(), origin)


def _as_json(settings: Settings) -> dict[str, object]:
    def told(fact: Fact) -> dict[str, object]:
        return {"value": fact.value, "from": fact.origin}

    return {
        "version": __version__,
        "python": _python(),
        "paths": {
            fact.name: {"path": fact.value, "exists": os.path.exists(str(fact.value)), "from": fact.origin}
            for fact in _paths(settings)
        },
        "settings": {fact.name: told(fact) for fact in _options(settings)},
        "servers": [{fact.name: told(fact) for fact in _server(server)} for server in settings.servers],
        "warnings": list(settings.warnings),
    }


def _as_text(settings: Settings) -> Iterator[str]:
    yield f"buildwatch {__version__}, Python {_python()}"
    yield "\npaths"
    for fact in _paths(settings):
        missing = "" if os.path.exists(str(fact.value)) else ", not there"
        yield _line(fact._replace(origin=fact.origin + missing))
    yield "\nsettings"
    yield from map(_line, _options(settings))
    for server in settings.servers:
        name, *facts = _server(server)
        yield f"\nserver {name.value}  ({name.origin})"
        yield from map(_line, facts)
    if not settings.servers:
        yield "\nno server: set DRONE_SERVER and DRONE_TOKEN, or write a [[server]] into the configuration file"


def _line(fact: Fact) -> str:
    value = "none" if fact.value is None else fact.value
    shown = str(value).lower() if isinstance(value, bool) else value
    return f"  {fact.name:<10} {shown}  ({fact.origin})"


def _python() -> str:
    return ".".join(map(str, sys.version_info[:3]))
