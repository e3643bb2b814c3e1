"""What happened while the app was open, as the three lines that are left in the shell. Pure."""

from __future__ import annotations

from buildwatch.model import Build, BuildKey, Status
from buildwatch.store import Changes, Store
from buildwatch.text import clean
from buildwatch.words import UNICODE, Glyphs, branch_of, duration, glyph


class Session:
    """Collects the ends of builds."""

    def __init__(self) -> None:
        self._ended: dict[BuildKey, Build] = {}

    def take(self, changes: Changes) -> None:
        """Look at what changed."""
        for move in changes.moves:
            if move.stage is None and move.after.ended:
                self._ended[move.build.key] = move.build

    def lines(self, store: Store, seconds: float, glyphs: Glyphs = UNICODE) -> list[str]:
        """At most three lines: what ended, what broke last, what still runs."""
        ended = list(self._ended.values())
        servers = ", ".join(server.name for server in store.servers.values()) or "nothing"
        first = f"buildwatch watched {clean(servers, 100)} for {duration(seconds)}: {_count(ended)}"
        red = [build for build in ended if build.status in (Status.FAILURE, Status.ERROR)]
        lines = [first]
        if red:
            build = red[-1]
            where = f" {glyphs.dot} ".join(filter(None, (branch_of(build), build.author or build.author_name)))
            more = f" (and {len(red) - 1} more)" if len(red) > 1 else ""
            lines.append(f"{glyph(build.status, glyphs)} {build.address} {_how(build)}{more}  {where}".rstrip())
        running = [build for build in store.unfinished() if build.status == Status.RUNNING]
        waiting = [build for build in store.unfinished() if build.status == Status.BLOCKED]
        if running or waiting:
            lines.append(_still(running, waiting, glyphs))
        return lines


def _count(ended: list[Build]) -> str:
    if not ended:
        return "no build ended"
    green = sum(build.status == Status.SUCCESS for build in ended)
    red = sum(build.status in (Status.FAILURE, Status.ERROR) for build in ended)
    other = len(ended) - green - red
    parts = [f"{green} green" * bool(green), f"{red} red" * bool(red), f"{other} stopped" * bool(other)]
    return f"{len(ended)} build{'s' * (len(ended) > 1)} ended, {', '.join(filter(None, parts))}"


def _how(build: Build) -> str:
    for stage in build.stages or ():
        for step in stage.steps:
            if step.status.failed and not step.ignored:
                code = f", exit {step.exit_code}" if step.exit_code else ""
                return f"failed in {step.name}{code}"
    return f"ended with {build.status}"


def _still(running: list[Build], waiting: list[Build], glyphs: Glyphs) -> str:
    parts = []
    for builds, status, words in ((running, Status.RUNNING, "still running"), (waiting, Status.BLOCKED, "waiting")):
        if builds:
            names = ", ".join(build.address for build in builds[:3])
            more = f" and {len(builds) - 3} more" if len(builds) > 3 else ""
            parts.append(f"{glyph(status, glyphs)} {len(builds)} {words}: {names}{more}")
    return "  ".join(parts)
