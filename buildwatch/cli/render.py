"""`buildwatch render`: what a template of the notifier prints, and what Slack would make of it."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Final

from buildwatch.cli.errors import UserError
from buildwatch.cli.mrkdwn_view import BROKEN, preview, safe
from buildwatch.cli.output import note, output, say
from buildwatch.config import Settings
from buildwatch.model import Status
from buildwatch.notify import compose
from buildwatch.notify.builtin import BUILTINS
from buildwatch.notify.context import context
from buildwatch.notify.sample import sample
from buildwatch.notify.templates import LARGEST, Template, TemplateError, drone_context
from buildwatch.notify.templates.values import Struct
from buildwatch.text import clean

_SUFFIXES: Final = (".hbs", ".handlebars", ".tmpl", ".tpl", ".txt", ".md")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print it; 0. The text is exactly what the template prints; the preview is what the notifier would send of it."""
    source, where = _source(args.template)
    template = compiled(source, where)
    given = _context(args, settings)
    now = time.time()
    try:
        text = template.render(given, now=now).strip(" \n")
        sent = template.render(given, now=now, slack_safe=True).strip(" \n")
    except TemplateError as error:
        raise _fault(error, where) from None
    if isinstance(given, Struct):
        for name, line, column in template.unknown(context(sample())):
            note(f"{where}, line {line}, column {column}: {clean(name, 100)} stands for nothing")
    if args.raw:
        say(safe(text) if sys.stdout.isatty() else text)
        return 0
    out = output(settings)
    bar = out.painted("▌" if out.glyphs.separator == "│" else "|", Status(str(_status(given))))
    lines = preview(compose.sent(sent), colour=out.colour)
    say(out.dim("text"), safe(text), "", out.dim("in Slack"), *(f"{bar} {line}".rstrip() for line in lines))
    if any(f"<{BROKEN}" in line for line in lines):
        note(f"{BROKEN} stands for a sign without width: what comes from outside mentions nobody")
    return 0


def compiled(source: str, where: str) -> Template:
    """A template. Raises `UserError` with its place and a pointer to it."""
    try:
        return Template(source)
    except TemplateError as error:
        raise _fault(error, where) from None


def _fault(error: TemplateError, where: str) -> UserError:
    pointer = "\n".join(f"  {clean(line, 200)}" for line in error.pointer.split("\n"))
    return UserError(f"{where}, {clean(str(error), 300)}\n{pointer}")


def _source(text: str) -> tuple[str, str]:
    """The template's text, and what it is called: a built-in one, a file, stdin (`-`), or the text itself."""
    name = text.removeprefix("builtin:")
    if name != text:
        if name not in BUILTINS:
            raise UserError(f'there is no built-in template "{clean(name, 60)}"; there are {", ".join(BUILTINS)}')
        return BUILTINS[name].text, text
    if text == "-":
        return sys.stdin.read(LARGEST + 1), "the template"
    if "{{" in text or "\n" in text or not _is_file(text):
        if text.endswith(_SUFFIXES) and "{{" not in text:
            raise UserError(f"there is no file {clean(text, 200)}; expected a template's file, or its text")
        return text, "the template"
    return _read(Path(text), "the template"), clean(text, 200)


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):  # too long for a name, or with a null character
        return False


def _read(path: Path, what: str) -> str:
    shown = clean(str(path), 200)
    try:
        with path.open("rb") as file:
            return file.read(4 * LARGEST + 1).decode()
    except OSError as error:
        raise UserError(f"{what} {shown} cannot be read ({(error.strerror or 'no reason given').lower()})") from None
    except UnicodeDecodeError:
        raise UserError(f"{what} {shown} is not text in UTF-8") from None


def _context(args: argparse.Namespace, settings: Settings) -> object:
    if args.context:
        return _from_json(args.context)
    if args.build:
        from buildwatch.cli import notify_facts  # brings the network with it

        if not settings.servers:
            raise UserError("no server is configured to read --build from; set DRONE_SERVER and DRONE_TOKEN")
        found = asyncio.run(notify_facts.read(settings, args.build))
        return context(notify_facts.only_end(found, clean(args.build, 100)))
    return context(sample())


def _from_json(name: str) -> object:
    """`{"repo": {…}, "build": {…}}` from a file, or that under `context`: then what else is in it are names of its own.

    An object without either is the context itself.
    """
    shown = clean(name, 200)
    expected = 'expected {"repo": {…}, "build": {…}}'
    try:
        found = json.loads(_read(Path(name), "the context"))
    except (ValueError, RecursionError):
        raise UserError(f"the context {shown} is not JSON; {expected}") from None
    inner = found.get("context", found) if isinstance(found, dict) else None
    if not isinstance(inner, dict):
        raise UserError(f"the context {shown} is no object; {expected}")
    if any(isinstance(inner.get(part), dict) for part in ("repo", "build")):
        return drone_context(inner, inner)
    return inner


def _status(given: object) -> object:
    build = given.get("build") if isinstance(given, Struct) else None
    return build.get("status") if isinstance(build, Struct) else ""
