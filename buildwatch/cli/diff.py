"""`buildwatch diff`: two builds step by step: what grew, what is new and gone, and what that makes of the whole."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Iterator
from functools import partial
from itertools import count
from typing import Final

from buildwatch.cli.address import parse
from buildwatch.cli.errors import UserError
from buildwatch.cli.facts import Object, line
from buildwatch.cli.meant import build_of, find
from buildwatch.cli.output import Output, output, say
from buildwatch.cli.servers import Server, ask, connected, find_build, find_repo
from buildwatch.config import Settings
from buildwatch.insight.compare import compare
from buildwatch.insight.compare_words import percent, sentences, signed
from buildwatch.insight.comparison import Change, Comparison, Kind, Line, Order, Side, ordered
from buildwatch.insight.reference import last_green
from buildwatch.model import Build
from buildwatch.words import ago, duration, glyph

NOTHING: Final = 1
"""Exit status when there is no green build to compare with."""

PAGES: Final = 5
"""So many pages of a repo's builds are searched for a green one."""


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print how the first build stands against the second; 0, or 1 where there is no green one to compare with."""
    return asyncio.run(_run(args, settings))


async def _run(args: argparse.Namespace, settings: Settings) -> int:
    urls = [server.url for server in settings.servers]
    async with connected(settings) as servers:
        meant = await find(servers, args.this)
        server, slug = meant.server, meant.slug
        this = await build_of(meant, "branch")
        if args.that is None:
            that = await _reference(server, this, args.older)
        else:
            other = parse(f"{slug}{args.that}" if args.that.startswith("#") else args.that, urls)
            where = (server, slug) if args.that.startswith("#") else await find_repo(servers, other)
            that = await find_build(*where, other)
    of = compare(that, this, server.now())
    order = next(order for order in Order if order.name.lower() == args.sort)
    if args.json:
        say(json.dumps(_as_json(of, order), indent=2))
    else:
        say(*_as_text(of, order, server.now(), output(settings)))
    return 0


async def _reference(server: Server, this: Build, older: float) -> Build:
    """The last green build before `this`, with its stages. Raises `UserError` where there is none."""
    known: list[Build] = []
    for page in count(1):
        found = await ask(partial(server.source.builds, this.repo, page, 100))
        known += found
        reference = last_green(this, known, older)
        near = reference is not None and reference.of == this.branch
        if near or len(found) < server.source.page_size or not server.source.pages or page >= PAGES:
            break
    if reference is None:
        asked = " that old" if older else ""
        raise UserError(f"{this.address} has no green build{asked} before it to compare with; name one", NOTHING)
    return await ask(lambda: server.source.build(this.repo, reference.build.number))


def _as_text(of: Comparison, order: Order, now: float, out: Output) -> Iterator[str]:
    heads = [[build.address, *_head(build, now, out)] for build in (of.that, of.this)]
    yield from out.table(heads)
    yield ""
    yield from sentences(of)
    lines = ordered(of, order)
    totals = [
        ("waited to begin", of.waited),
        ("waited for runners", of.runners),
        ("nothing ran", of.idle),
        ("total", of.total),
    ]
    rows = [["", f"#{of.that.number}", f"#{of.this.number}", "", "", ""]]
    rows += [_row(one, order is not Order.RUN and of.several, of.several, out) for one in lines]
    rows += [_total(name, change, out) for name, change in totals if change.that or change.this or change is of.total]
    yield ""
    yield from out.table(rows, right=[1, 2, 3, 4])


def _head(build: Build, now: float, out: Output) -> list[str]:
    when = ago(now - build.created) if build.created else ""
    return [out.status(build.status), build.branch, build.commit[:8], out.dim(when)]


def _row(of: Line, flat: bool, several: bool, out: Output) -> list[str]:
    name = f"{of.stage}/{of.step}" if flat and of.step else of.step or of.stage
    remark = "" if of.kind is Kind.BOTH else "not yet" if of.kind is Kind.AHEAD else of.kind.value
    remarks = [remark, f"was called {of.was}" if of.was else "", f"was {_status(of.that)}" if of.turned else ""]
    indent = "  " if of.step and several and not flat else ""
    told = ", ".join(filter(None, remarks))
    return [indent + name, _side(of.that, out), _side(of.this, out), *_change(of.change, out), told]


def _total(name: str, change: Change, out: Output) -> list[str]:
    that, this = (duration(length) if length is not None else "" for length in change[:2])
    return [out.dim(name), that, this, *_change(change, out), ""]


def _status(side: Side | None) -> str:
    return side.row.status if side is not None else ""


def _side(side: Side | None, out: Output) -> str:
    """The sign of its status and how long it ran."""
    if side is None:
        return ""
    took = duration(side.row.took) if side.row.took is not None else side.row.status
    return out.painted(f"{glyph(side.row.status, out.glyphs)} {took}", side.row.status)


def _change(change: Change, out: Output) -> list[str]:
    delta, share = change.delta, change.share
    told = signed(delta) + out.glyphs.ellipsis * change.open if delta is not None else ""
    return [told, percent(share) if share is not None and delta and round(delta) else ""]


def _as_json(of: Comparison, order: Order) -> Object:
    return {
        "server": of.this.server,
        "repo": of.this.repo,
        "that": line(of.that),
        "this": line(of.this),
        "summary": sentences(of),
        "total": _amounts(of.total),
        "waited": _amounts(of.waited),
        "runners": _amounts(of.runners),
        "idle": _amounts(of.idle),
        "lines": [
            {
                "stage": one.stage,
                "step": one.step,
                "kind": one.kind.value,
                "was": one.was,
                "that_status": _status(one.that),
                "this_status": _status(one.this),
                "critical": one.this is not None and one.this.critical,
                **_amounts(one.change),
            }
            for one in ordered(of, order)
        ],
    }


def _amounts(change: Change) -> Object:
    """Lengths in seconds and their difference, null where there is none; `open` where it may still grow."""
    return {
        "that_seconds": change.that,
        "this_seconds": change.this,
        "delta_seconds": change.delta,
        "share": change.share,
        "open": change.open,
    }
