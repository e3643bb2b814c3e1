"""`buildwatch notify --check`: everything that can be known to be wrong before anything is told."""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from buildwatch.cli.errors import UserError
from buildwatch.cli.findings import tell
from buildwatch.cli.output import output
from buildwatch.cli.servers import ask, connected
from buildwatch.config import ConfigError, Settings
from buildwatch.findings import Finding
from buildwatch.model import Status
from buildwatch.notify.context import context
from buildwatch.notify.load import load_notify
from buildwatch.notify.sample import sample
from buildwatch.notify.settings import NotifySettings, Rule, TemplateText
from buildwatch.notify.slack.channel import Workspace
from buildwatch.notify.slack_check import Survey
from buildwatch.notify.templates import TemplateError
from buildwatch.text import clean


def run_check(args: argparse.Namespace, settings: Settings) -> int:
    """Check it all and say what was found, each in a line; 0 where there is no problem, else 1."""
    return asyncio.run(_run(args, settings))


async def _run(args: argparse.Namespace, settings: Settings) -> int:
    return await tell(_findings(settings, load_notify(settings)), output(settings), as_json=args.json)


async def _findings(settings: Settings, notify: NotifySettings) -> AsyncIterator[Finding]:
    for finding in [*_configuration(settings, notify), *_templates(notify), *_store(notify.store.path)]:
        yield finding
    for finding in await asyncio.to_thread(lambda: list(_slack(notify))):
        yield finding
    async for finding in _servers(settings):
        yield finding


def _configuration(settings: Settings, notify: NotifySettings) -> Iterator[Finding]:
    counts = f"{_count(len(notify.rules), 'rule')}, {_count(len(notify.silences), 'silence')}"
    yield Finding("ok", f"{clean(str(notify.file))} can be read: {counts}")
    for warning in notify.warnings:
        yield Finding("warning", warning)
    now = time.time()
    for silence in notify.silences:
        if silence.end <= now:
            yield Finding("warning", f'the silence "{silence.reason}" has ended; it can be taken out')
    for rule in notify.rules:
        yield from _rule(rule, settings, notify)


def _rule(rule: Rule, settings: Settings, notify: NotifySettings) -> Iterator[Finding]:
    asked = rule.matcher.fields.get("server")
    if asked is not None and not any(asked.match(server.name) for server in settings.servers):
        there = ", ".join(server.name for server in settings.servers) or "none"
        yield Finding("warning", f"rule {rule.name} speaks of no configured server; there are {there}")
    if "author" in rule.mentions and not notify.users:
        yield Finding("warning", f"rule {rule.name} mentions the author, but [users] is empty")


def _templates(notify: NotifySettings) -> Iterator[Finding]:
    given = {status: context(sample(status)) for status in (Status.FAILURE, Status.SUCCESS, Status.KILLED)}
    bad = 0
    for text in (text for rule in notify.rules for text in (rule.template, rule.details) if text is not None):
        for finding in dict.fromkeys(_template(text, status, given[status]) for status in given):
            if finding is not None:
                bad += 1
                yield finding
        for name, line, column in text.template.unknown(given[Status.FAILURE]):
            place = f"{text.where}, line {line}, column {column}"
            yield Finding("warning", f"{place}: {clean(name, 100)} stands for nothing")
    if not bad:
        yield Finding("ok", "all templates render a sample build")


def _template(text: TemplateText, status: Status, given: object) -> Finding | None:
    try:
        text.template.render(given, now=time.time(), slack_safe=True)
    except TemplateError as error:
        return Finding("problem", f"{text.where}, {clean(str(error), 300)}")
    return None


def _store(path: Path) -> Iterator[Finding]:
    """Whether the outbox's file can be written, or made."""
    shown = clean(str(path))
    if path.exists():
        usable = path.is_file() and os.access(path, os.W_OK)
    else:
        nearest = next(folder for folder in path.parents if folder.exists())
        usable = nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
    if usable:
        yield Finding("ok", f"the outbox is {shown}")
    else:
        yield Finding("problem", f"the outbox {shown} cannot be written; set [store] url to a file that can")


def _slack(notify: NotifySettings) -> Iterator[Finding]:
    channels = tuple(one.removeprefix("channel:") for one in notify.destinations if one.startswith("channel:"))
    if channels:
        yield from Survey(Workspace(notify.slack.token.read, notify.slack.api_url)).check(channels)
    for name, source in notify.slack.webhooks.items():
        try:
            address = source.read().reveal()
        except ConfigError as error:
            yield Finding("problem", f"the webhook {name} is missing: {error}")
            continue
        if address.startswith(("https://", "http://")):
            yield Finding("ok", f"the webhook {name} is set; whether Slack takes it is seen only when one is sent")
        else:
            yield Finding(
                "problem", f"the webhook {name} is no web address; expected https://hooks.slack.com/services/…"
            )


async def _servers(settings: Settings) -> AsyncIterator[Finding]:
    if not settings.servers:
        yield Finding("problem", "no server is configured; set DRONE_SERVER and DRONE_TOKEN, or write a [[server]]")
    async with connected(settings) as servers:
        for server in servers:
            try:
                user = await ask(server.source.user)
                version = await ask(server.source.version)
            except UserError as error:
                yield Finding("problem", str(error))
            else:
                yield Finding(
                    "ok", f"{server.source.name} accepts the token of {user.login} ({server.source.kind} {version})"
                )


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
