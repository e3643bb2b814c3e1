"""Which two builds of a repo are compared: chosen on the board, by a key, by number, or the last green one. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from buildwatch.insight.reference import last_green
from buildwatch.model import Build, BuildKey
from buildwatch.store import Store
from buildwatch.tui.compare_text import reference_words


def pair(selected: Build | None, marked: Sequence[Build]) -> tuple[Build | None, Build | str | None]:
    """Which build to compare, and against which; None for the last green one, a sentence where nothing can be."""
    builds = [*marked, *([selected] if selected is not None and len(marked) < 2 else [])]
    builds = list({build.key: build for build in builds}.values())
    if not builds:
        return None, "select a build first"
    if len(builds) > 2:
        return None, f"{len(builds)} builds are marked: leave two of them marked to compare"
    if len({build.repo_key for build in builds}) > 1:
        return None, f"{builds[0].address} and {builds[1].address} are of two repos: mark builds of one to compare"
    older, newer = min(builds, key=lambda build: build.id), max(builds, key=lambda build: build.id)
    return newer, older if older is not newer else None


class Choice:
    """This build, and the one that it is held against: the last green one before it, until a person chooses another."""

    def __init__(self, this: Build, against: Build | None, store: Store) -> None:
        self._repo = this.repo_key
        self._store = store
        self._this = this.key
        self._that = against.key if against is not None else None
        self._older = 0.0
        self._read = {build.key: build for build in (this, against) if build is not None}  # the store may not keep them

    @property
    def this(self) -> Build:
        """The one that is asked about, as it is now."""
        return self._known(self._this)

    @property
    def that(self) -> tuple[Build | None, str]:
        """The one it is held against, and why it is that, or why there is none."""
        if self._that is not None:
            return self._known(self._that), ""
        this = self.this
        reference = last_green(this, self._store.builds(self._repo), self._older)
        return reference.build if reference else None, reference_words(reference, this, self._older)

    def green(self, older: float) -> None:
        """Against the last green one that is at least so many seconds older."""
        self._that, self._older = None, older

    def against(self, by: int) -> None:
        """Against the build before (1) or after (-1) the one that it is held against; where there is none, as it is."""
        this = self.this
        found = self._beside(self.that[0] or this, by, skip=this)
        if found is not None:
            self.take(found)

    def instead(self, by: int) -> None:
        """The build before (1) or after (-1) this one instead of it; where there is none, this one."""
        found = self._beside(self.this, by)
        if found is not None:
            self._this = found.key
            self._read[found.key] = found

    def others(self) -> list[Build]:
        """The known builds beside this one, newest first."""
        return [build for build in self._store.builds(self._repo) if build.key != self._this]

    def number(self, number: int) -> bool:
        """Against the build of that number; False where it is not known."""
        found = next((build for build in self._all() if build.number == number), None)
        if found is not None:
            self.take(found)
        return found is not None

    def take(self, build: Build) -> None:
        """Against this build, which the store need not know."""
        self._read[build.key] = build
        self._that = build.key

    def _known(self, key: BuildKey) -> Build:
        return self._store.build(key) or self._read[key]

    def _all(self) -> Iterator[Build]:
        yield from self._store.builds(self._repo)
        yield from self._read.values()

    def _beside(self, build: Build, by: int, skip: Build | None = None) -> Build | None:
        builds = [one for one in self._store.builds(self._repo) if skip is None or one.key != skip.key]
        if by > 0:
            return next((one for one in builds if one.id < build.id), None)
        return next((one for one in reversed(builds) if one.id > build.id), None)
