"""`buildwatch notify`: the daemon, and what there is to do about it: check, explain, the outbox."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

from buildwatch.cli.errors import UserError
from buildwatch.cli.output import say
from buildwatch.cli.parser import flags
from buildwatch.config import Settings, load
from buildwatch.notify.daemon import Daemon, Loaded
from buildwatch.notify.load import load_notify
from buildwatch.notify.lock import Taken
from buildwatch.notify.logging import Log
from buildwatch.notify.outbox import Outbox, StoreError
from buildwatch.notify.schema import State
from buildwatch.notify.session import SinkOf
from buildwatch.notify.settings import NotifySettings
from buildwatch.text import clean

Sinks = Callable[[NotifySettings], SinkOf]


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Run the daemon until a signal ends it, or do what else was asked for."""
    notify = load_notify(settings)
    if args.what:
        return _outbox(args, notify)
    if args.check:
        from buildwatch.cli.notify_check import run_check

        return run_check(args, settings)
    if args.explain:
        from buildwatch.cli.notify_explain import run_explain

        return run_explain(args, settings)
    return _daemon(args, settings, notify)


def _daemon(args: argparse.Namespace, settings: Settings, notify: NotifySettings) -> int:
    log = Log(notify.log_level, as_json=notify.log_format == "json")
    for warning in notify.warnings:
        log("warning", "configuration", said=warning)
    with tempfile.TemporaryDirectory(prefix="buildwatch-") if args.dry_run else nullcontext() as folder:

        def ready(settings: NotifySettings) -> NotifySettings:
            return _dry(settings, Path(folder)) if folder is not None else settings

        def loaded() -> Loaded:
            new = load(flags(args))
            return new, ready(load_notify(new))

        now = (settings, ready(notify))
        try:
            asyncio.run(_work(now, loaded, _sinks(dry=args.dry_run), log, args.since))
        except (Taken, StoreError) as error:
            raise UserError(str(error), 1) from None
        except OSError as error:
            where = "{}:{}".format(*notify.health) if notify.health else "the pages"
            raise UserError(f"{where} cannot be listened on: {error.strerror}; set [notify] health") from None
    return 0


async def _work(now: Loaded, load: Callable[[], Loaded], sinks: Sinks, log: Log, since: float) -> None:
    await Daemon(now, load, sinks, log, since=since).run()


def _sinks(*, dry: bool) -> Sinks:
    if dry:
        from buildwatch.notify.dry import printing

        return printing
    from buildwatch.notify.slack.sinks import Sinks as SlackSinks

    return lambda notify: SlackSinks(notify.slack)


def _dry(notify: NotifySettings, folder: Path) -> NotifySettings:
    """The same with an outbox of its own, that goes when we do, and no pages."""
    path = folder / "outbox.db"
    store = dataclasses.replace(notify.store, url=f"sqlite:///{path}", path=path)
    return dataclasses.replace(notify, store=store, health=None)


# the outbox


def _outbox(args: argparse.Namespace, notify: NotifySettings) -> int:
    what, verb, ids = args.what[0], args.what[1] if len(args.what) > 1 else "list", args.what[2:]
    if what != "outbox" or verb not in ("list", "retry", "drop"):
        raise UserError(
            f"there is no notify {clean(' '.join(args.what[:2]), 60)}; expected notify outbox list, retry or drop"
        )
    if not all(one.isdecimal() for one in ids) or (verb == "drop" and not ids):
        raise UserError(f"notify outbox {verb} needs the numbers of messages, as notify outbox list shows them")
    if not os.path.exists(notify.store.path):
        raise UserError(f"there is no outbox {clean(str(notify.store.path))} yet; buildwatch notify makes it", 1)
    try:
        outbox = Outbox(notify.store.url)
    except StoreError as error:
        raise UserError(str(error), 1) from None
    try:
        if verb == "list":
            return _list(outbox, as_json=args.json)
        change = outbox.retry if verb == "retry" else outbox.drop
        changed = change([int(one) for one in ids], time.time())
    finally:
        outbox.close()
    say(f"{changed} message{'s' * (changed != 1)} {'to be sent again' if verb == 'retry' else 'dropped'}")
    return 0 if changed or not ids else 1


def _list(outbox: Outbox, *, as_json: bool) -> int:
    for one in outbox.listed():
        facts = {
            "id": one.id,
            "state": str(one.state),
            "destination": one.message.destination,
            "rule": one.message.rule,
            "attempts": one.attempts,
            "said": one.said,
            "message": one.message.line,
        }
        if as_json:
            say(json.dumps(facts))
        else:
            said = f"  ({one.said})" if one.said else ""
            age = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.message.at))
            say(clean(f"{one.id:6}  {one.state:8}  {age}  {one.message.destination}  {one.message.line}{said}", 400))
    if not as_json and not outbox.listed(limit=1):
        counts = outbox.counts()
        say(f"nothing waits and nothing is dead; {counts.get(str(State.DELIVERED), 0)} messages were delivered lately")
    return 0
