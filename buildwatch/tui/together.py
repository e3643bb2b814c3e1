"""One action on several builds, server by server: what would happen, and what did. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from buildwatch.model import Build, BuildKey
from buildwatch.sources.actions import Action, Deed, unknown_to
from buildwatch.sources.base import Source
from buildwatch.tui.cells import Pieces, fit, width_of
from buildwatch.tui.page import Page
from buildwatch.tui.styles import style_of
from buildwatch.words import Glyphs, glyph

NOTHING: Final[Mapping[str, str]] = MappingProxyType({})

NEEDS_TARGET: Final = frozenset({"promote", "rollback"})
"""The actions that take a build somewhere: one target for all of them, and of each repo one build."""


@dataclass(slots=True)
class Share:
    """The part of one server: what is to be done there and, by build, why something cannot be."""

    server: str
    kind: str
    deeds: list[Action] = field(default_factory=list)
    not_done: list[tuple[Build, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one deed: the build that it made, if any, or a sentence that says why it was not done."""

    deed: Deed
    made: Build | None = None
    wrong: str = ""


def shares(
    name: str,
    builds: Iterable[Build],
    sources: Mapping[str, Source],
    is_old: Callable[[BuildKey], bool],
    typed: Mapping[str, str] = NOTHING,
) -> list[Share]:
    """This action on each of the builds, with what was `typed` for it (`Action.filled`): servers in the order of
    `sources`, repos by name, older builds first. Raises ValueError with a sentence for what makes no sense.

    What `is_old` is from the last start and has to be confirmed before anything is done to it.
    """
    of: dict[str, Share] = {}
    ordered = sorted(builds, key=lambda build: (build.repo.lower(), build.repo, build.id))
    of_repo = Counter(build.repo_key for build in ordered)
    for build in ordered:
        source = sources.get(build.server)
        share = of.setdefault(build.server, Share(build.server, source.kind if source is not None else ""))
        deed = Action(name, build).filled(typed)
        if source is None:
            wrong = f"{build.server} is not connected yet"
        elif is_old(build.key):
            wrong = f"{build.address} is from the last time and not confirmed yet"
        elif name not in source.actions:
            wrong = unknown_to(source, name)
        elif name in NEEDS_TARGET:
            many = of_repo[build.repo_key]
            wrong = f"{build.address} is one of {many} marked builds of its repo" * (many > 1)
        else:
            wrong = deed.impossible
        if wrong:
            share.not_done.append((build, wrong))
        else:
            share.deeds.append(deed)
    places = {server: at for at, server in enumerate(sources)}
    return sorted(of.values(), key=lambda share: places.get(share.server, len(places)))


def question_lines(parts: Iterable[Share], width: int, g: Glyphs) -> list[list[Pieces]]:
    """All that will happen, and what will not, with the calls where there is room for them; the lines of each build."""
    things: list[list[Pieces]] = []
    for share in parts:
        of_server: list[list[Pieces]] = []
        for deed in share.deeds:
            call, address = deed.call(share.kind), deed.build.address
            told = f"  {call}" if width_of(address) + 2 + width_of(call) <= width - 4 else ""
            name = (fit(address, width - 4 - width_of(told), g.ellipsis), "text")
            of_server.append([[*_sign(deed.build, g), name, (told, "dim")]])
        for build, wrong in share.not_done:
            of_server.append(_wrapped(_sign(build, g), f"not done: {wrong}", "dim", width, g))
        things += _headed(share.server, of_server, first=not things)
    return things


def outcome_lines(outcomes: Iterable[Outcome], width: int, g: Glyphs) -> list[list[Pieces]]:
    """What worked and what did not, server by server, the latter first; the lines of each build."""
    by_server: dict[str, list[Outcome]] = {}
    for one in outcomes:
        by_server.setdefault(one.deed.server, []).append(one)
    things: list[list[Pieces]] = []
    for server, of in by_server.items():
        of_server = []
        for one in sorted(of, key=lambda one: not one.wrong):
            about = one.deed.about
            if one.wrong:
                told, style, sign = f"{about}: {one.wrong}", "failure", g.status["failure"]
            else:
                made = f" is now {one.made.address}" if one.made is not None else ""
                told, style, sign = f"{about}{made}", "success", g.status["success"]
            of_server.append(_wrapped([(f"  {sign} ", style)], told, "text", width, g))
        things += _headed(server, of_server, first=not things)
    return things


def _headed(server: str, things: list[list[Pieces]], *, first: bool) -> list[list[Pieces]]:
    """The things of a server, the first below its name."""
    head: list[Pieces] = [*([] if first else [[]]), [(server, "head")]]
    return [[*head, *things[0]], *things[1:]] if things else []


def _wrapped(sign: Pieces, text: str, style: str, width: int, g: Glyphs) -> list[Pieces]:
    """A sentence behind a sign, as many lines as it takes."""
    first, *others = Page(width - 4, 0.0, 0, g).wrap(text, style)
    return [[*sign, *first], *([("    ", "text"), *line] for line in others)]


def _sign(build: Build, g: Glyphs) -> Pieces:
    return [(f"  {glyph(build.status, g)} ", style_of(build.status))]
