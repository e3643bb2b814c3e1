"""What broke in the failed steps that were looked at, and how often that was seen before.

To tell the latter the logs of the repo's last failures are read, one at a time, a few at most, and each once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple, overload

from buildwatch.insight.digest import Digest, digest
from buildwatch.insight.seen import Failure, Seen, seen
from buildwatch.model import Build, BuildKey, LogLine, RepoKey, Stage, Status, Step
from buildwatch.sources.base import Source
from buildwatch.wire.ansi import plain

READ: Final = 10
"""Of how many of a repo's failures, the newest, the logs are read."""

DWELL: Final = 0.6
"""Seconds that a failure is looked at before older ones are read."""

KEPT: Final = 2_000
"""What broke in so many failures is kept."""


class Place(NamedTuple):
    """One run of one step."""

    build: BuildKey
    run: int
    stage: int
    step: int


class Texts(Sequence[str]):
    """The plain texts of lines, made when they are asked for."""

    def __init__(self, lines: Sequence[LogLine]) -> None:
        self._lines = lines

    def __len__(self) -> int:
        return len(self._lines)

    @overload
    def __getitem__(self, at: int) -> str: ...

    @overload
    def __getitem__(self, at: slice) -> list[str]: ...

    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return [plain(line.text) for line in self._lines[at]]
        return plain(self._lines[at].text)


class Broken:
    """What is known of failures."""

    def __init__(self) -> None:
        self._digests: dict[Place, Digest] = {}
        self._failures: dict[RepoKey, dict[Place, Failure]] = {}
        self._read: set[tuple[BuildKey, int]] = set()

    def of(self, build: Build, stage: Stage, step: Step) -> Digest | None:
        """What broke in a step; None where nobody has looked."""
        return self._digests.get(place_of(build, stage, step))

    async def look(self, build: Build, stage: Stage, step: Step, lines: Sequence[LogLine]) -> Digest:
        """Find out what broke in a step that failed, from its whole log. Not in the way of keys and frames."""
        place = place_of(build, stage, step)
        known = self._digests.get(place)
        if known is None:
            known = await asyncio.to_thread(digest, Texts(lines), step.exit_code)
            if len(self._digests) >= KEPT:
                self._digests.clear()
                self._failures.clear()
                self._read.clear()
            self._digests[place] = known
            failure = Failure(build.number, build.started or build.created, f"{step.name}: {known.signature}")
            self._failures.setdefault(build.repo_key, {})[place] = failure
        return known

    def seen(self, build: Build, stage: Stage, step: Step) -> Seen | None:
        """How often what broke in a step was seen; None where nobody has looked."""
        failures = self._failures.get(build.repo_key, {})
        this = failures.get(place_of(build, stage, step))
        return seen(this, failures.values()) if this else None

    async def read_older(
        self, source: Source, build: Build, builds: Iterable[Build], learned: Callable[[], None]
    ) -> None:
        """Read what broke in the last failures among a repo's `builds` (newest first); calls `learned` after each.

        What cannot be read is left out.
        """
        from buildwatch.sources.errors import Denied, SourceError
        from buildwatch.sources.stored import whole_log

        await asyncio.sleep(DWELL)
        for other in _failed(build, builds):
            if (other.key, other.run) in self._read:
                continue
            self._read.add((other.key, other.run))
            try:
                told = other if other.stages is not None else await source.build(other.repo, other.number)
                found = broke(told)
                if found is None or self.of(told, *found) is not None:
                    continue
                lines = await whole_log(source, told.repo, told.number, found[0].number, found[1].number)
            except Denied:
                continue
            except SourceError:
                self._read.discard((other.key, other.run))
                return
            await self.look(told, *found, lines)
            learned()


def place_of(build: Build, stage: Stage, step: Step) -> Place:
    """Which run of which step."""
    return Place(build.key, build.run, stage.number, step.number)


def broke(build: Build) -> tuple[Stage, Step] | None:
    """The first step of a build whose failure counts."""
    for stage in build.stages or ():
        for step in stage.steps:
            if step.status in (Status.FAILURE, Status.ERROR) and not step.ignored:
                return stage, step
    return None


def _failed(build: Build, builds: Iterable[Build]) -> Iterator[Build]:
    failed = (other for other in builds if other.status == Status.FAILURE and other.id != build.id)
    return (other for other, _ in zip(failed, range(READ), strict=False))
