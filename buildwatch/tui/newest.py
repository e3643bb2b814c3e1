"""Which build `F` goes to: of those on show the one that began last, what runs before what has ended. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from buildwatch.model import Build, Status
from buildwatch.store import Known
from buildwatch.tui.rows import Showing


def newest(store: Known, showing: Showing, times: Mapping[str, float]) -> Build | None:
    """The newest of all builds that the filter shows, whatever is folded; None where there is none.

    `times` are the servers' clocks (unix seconds): they differ, so that what is compared is how long ago each build
    began, or, where it has not begun, was made.
    """
    best: tuple[bool, float, Build] | None = None
    for repo in store.repos.values():
        me = store.servers[repo.server].user
        now = times.get(repo.server, 0.0)
        for build in store.builds(repo.key):
            place = (build.status == Status.RUNNING, (build.started or build.created) - now, build)
            if (best is None or place[:2] > best[:2]) and (not showing.filter or showing.filter.shows(repo, build, me)):
                best = place
    return best[2] if best is not None else None
