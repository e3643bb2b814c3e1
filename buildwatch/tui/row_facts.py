"""The facts of a repo's and a build's row, those that the view asks for, as far as there is room for them. Pure."""

from __future__ import annotations

from collections.abc import Collection

from buildwatch.config.view import USUAL_COLUMNS
from buildwatch.model import Build, Status
from buildwatch.tui.cells import Pieces, fit
from buildwatch.words import Glyphs, branch_of

_BRANCH = 9
"""Cells that a branch needs at least: fewer letters tell nothing."""

_WHO, _LEAST_WHO = 14, 9
"""Cells for who made a failed build, with the gap before it, and how many it needs at least."""

_FACTS = (("branch", 10), ("server", 9), ("event", 8), ("commit", 9), ("author", 9), ("message", 18))
"""A build's facts in the order in which they stay, each with the cells that it needs at least."""

_EVENTS = {"pull_request": "pr"}


def repo_facts(build: Build, room: int, glyphs: Glyphs, columns: Collection[str] = USUAL_COLUMNS) -> Pieces:
    """Of a repo's newest build: where, then what, as far as there is room; or the `columns`, where not all.

    Of a failed one also who made it: that is the first that one asks.
    """
    if not set(USUAL_COLUMNS) <= set(columns):
        facts = build_facts(build, max(0, room - 2), glyphs, columns)
        return [("  "[:room], "text"), *facts]
    if "server" in columns and room >= _BRANCH + 22:
        return [(fit(f"  {build.server}", 12, glyphs.ellipsis), "dim"), *repo_facts(build, room - 12, glyphs)]
    if room < _BRANCH:
        return [(" " * room, "text")]
    who = (build.author or build.author_name or build.sender) if build.status.failed else ""
    beside = max(_BRANCH, room - _WHO) if who and room >= _BRANCH + _LEAST_WHO else room
    branch = 20 if room >= 38 else beside
    where = build.deploy_to or branch_of(build)
    pieces: Pieces = [(fit("  " + where, branch, glyphs.ellipsis), "dim")]
    if room > branch:
        told = f"  {who}: {_what(build)}" if room >= 38 and who else f"  {who or _what(build)}"
        pieces.append((fit(told, room - branch, glyphs.ellipsis), "dim"))
    return pieces


def build_facts(build: Build, room: int, glyphs: Glyphs, columns: Collection[str] = USUAL_COLUMNS) -> Pieces:
    """Those of `columns` that are facts of a build; what has no room is left out, in the order of `_FACTS`."""
    width: dict[str, int] = {}
    for name, need in (fact for fact in _FACTS if fact[0] in columns):
        if need > room:
            break
        width[name] = need
        room -= need
    for name, most in (("branch", 12), ("server", 5), ("author", 5), ("message", 1000), ("branch", 1000)):
        if name in width:
            more = min(room, most)
            width[name] += more
            room -= more
    texts = {
        "server": (build.server, "dim"),
        "event": (_EVENTS.get(build.event, build.event), "dim"),
        "branch": (build.deploy_to or branch_of(build), "text"),
        "commit": (build.commit[:8], "dim"),
        "author": (build.author or build.author_name or build.sender, "text"),
        "message": (_broke(build) or _what(build), "dim"),
    }
    pieces: Pieces = [
        (fit(text, width[name] - 1, glyphs.ellipsis) + " ", style)
        for name, (text, style) in texts.items()
        if name in width
    ]
    return [*pieces, (" " * room, "text")]


def _what(build: Build) -> str:
    return build.title or build.message.partition("\n")[0]


def _broke(build: Build) -> str:
    """Of a failed build whose stages are known: what failed, in words."""
    if not build.status.failed or build.status == Status.KILLED:
        return ""
    if build.error:
        return build.error
    for stage in build.stages or ():
        for step in stage.steps:
            if step.status.failed and not step.ignored:
                why = step.error or (f"exit {step.exit_code}" if step.exit_code else step.status)
                return f"{step.name}: {why}"
        if stage.error:
            return f"{stage.name}: {stage.error}"
    return ""
