"""One action on several builds, server by server: what would happen, and what did. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from buildwatch.model import Build, BuildKey
from buildwatch.sources.actions import Action, unknown_to
from buildwatch.sources.base import Source
from buildwatch.tui.cells import Pieces, fit, width_of
from buildwatch.tui.page import Page
from buildwatch.tui.styles import style_of
from buildwatch.words import Glyphs, glyph


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

    deed: Action
    made: Build | None = None
    wrong: str = ""


def shares(
    name: str, builds: Iterable[Build], sources: Mapping[str, Source], is_old: Callable[[BuildKey], bool]
) -> list[Share]:
    """This action on each of the builds: servers in the order of `sources`, repos by name, older builds first.

    What `is_old` is from the last start and has to be confirmed before anything is done to it.
    """
    of: dict[str, Share] = {}
    for build in sorted(builds, key=lambda build: (build.repo.lower(), build.repo, build.id)):
        source = sources.get(build.server)
        share = of.setdefault(build.server, Share(build.server, source.kind if source is not None else ""))
        deed = Action(name, build)
        if source is None:
            wrong = f"{build.server} is not connected yet"
        elif is_old(build.key):
            wrong = f"{build.address} is from the last time and not confirmed yet"
        else:
            wrong = deed.impossible if name in source.actions else unknown_to(source, name)
        if wrong:
            share.not_done.append((build, wrong))
        else:
            share.deeds.append(deed)
    places = {server: at for at, server in enumerate(sources)}
    return sorted(of.values(), key=lambda share: places.get(share.server, len(places)))


def question_lines(parts: Iterable[Share], width: int, g: Glyphs) -> list[Pieces]:
    """All that will happen, and what will not, with the calls where there is room for them."""
    lines: list[Pieces] = []
    for share in parts:
        lines += [[]] * bool(lines) + [[(share.server, "head")]]
        for deed in share.deeds:
            call, address = deed.call(share.kind), deed.build.address
            told = f"  {call}" if width_of(address) + 2 + width_of(call) <= width - 4 else ""
            name = (fit(address, width - 4 - width_of(told), g.ellipsis), "text")
            lines.append([*_sign(deed.build, g), name, (told, "dim")])
        for build, wrong in share.not_done:
            lines += _wrapped(_sign(build, g), f"not done: {wrong}", "dim", width, g)
    return lines


def outcome_lines(outcomes: Iterable[Outcome], width: int, g: Glyphs) -> list[Pieces]:
    """What worked and what did not, server by server, the latter first."""
    by_server: dict[str, list[Outcome]] = {}
    for one in outcomes:
        by_server.setdefault(one.deed.build.server, []).append(one)
    lines: list[Pieces] = []
    for server, of in by_server.items():
        lines += [[]] * bool(lines) + [[(server, "head")]]
        for one in sorted(of, key=lambda one: not one.wrong):
            address = one.deed.build.address
            if one.wrong:
                told, style, sign = f"{address}: {one.wrong}", "failure", g.status["failure"]
            else:
                made = f" is now {one.made.address}" if one.made is not None else ""
                told, style, sign = f"{address}{made}", "success", g.status["success"]
            lines += _wrapped([(f"  {sign} ", style)], told, "text", width, g)
    return lines


def _wrapped(sign: Pieces, text: str, style: str, width: int, g: Glyphs) -> list[Pieces]:
    """A sentence behind a sign, as many lines as it takes."""
    first, *others = Page(width - 4, 0.0, 0, g).wrap(text, style)
    return [[*sign, *first], *([("    ", "text"), *line] for line in others)]


def _sign(build: Build, g: Glyphs) -> Pieces:
    return [(f"  {glyph(build.status, g)} ", style_of(build.status))]
