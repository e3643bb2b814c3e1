"""One server, watched for the outbox: what happens is accounted for as it is heard, and so is what happened meanwhile.

A witness that begins where another one stopped gives the store what was known then: builds that ran, the last ends, and
up to where each repo was accounted for. What the server says differently now moved, and is told.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from buildwatch.ledger import Mark
from buildwatch.notify.occasions import build_of
from buildwatch.notify.outbox import Facts, Noted, Outbox
from buildwatch.sources.base import Source
from buildwatch.sources.watch import Watcher
from buildwatch.store import Changes, Store


class Witness:
    """Watches one server. `told` hears what is new to the outbox, after it is in it; `heard` hears all changes."""

    def __init__(
        self,
        source: Source,
        store: Store,
        outbox: Outbox,
        told: Callable[[list[Noted]], None],
        *,
        heard: Callable[[Changes], None] = lambda _: None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.name = source.name
        self._store = store
        self._outbox = outbox
        self._told = told
        self._heard = heard
        self._now = now
        self._marks = {mark.repo: mark for mark in outbox.marks(self.name)}
        self.first = not self._marks
        """Whether the server was never watched before: then what is there is the baseline, of which nothing is told."""
        self._running = {build.key: build for build in outbox.running(self.name)}
        for build in self._running.values():
            store.apply(build, news=False)
        for end in outbox.newest_ends(self.name):
            store.apply(build_of(end), news=False)
        self.watcher = Watcher(source, store, self._on_changes, now=now, marks=dict(self._marks))

    def _on_changes(self, changes: Changes) -> None:
        facts = Facts()
        for key in changes.builds:
            build = self._store.build(key)
            if build is None:
                continue
            if build.status.ended:
                self._running.pop(key, None)
            elif key not in self._running:
                self._running[key] = build
                facts.running.append(build)
        at = self._now()
        facts.moved = [
            Noted(move.build, str(move.before or ""), move.after, at)
            for move in changes.moves
            if move.stage is None and move.step is None
        ]
        facts.marks = self._moved_marks(changes)
        if facts:
            told = self._outbox.account(facts)
            if told:
                self._told(told)
        self._heard(changes)

    def _moved_marks(self, changes: Changes) -> list[Mark]:
        server = self._store.servers.get(self.name)
        if server is None or not server.listed:
            return []
        slugs = {key.slug for key in changes.repos if key.server == self.name}
        if self.name in changes.servers:
            slugs |= {key.slug for key in self._store.repos if key.server == self.name}
        moved = [mark for slug in sorted(slugs) if (mark := self.watcher.mark(slug)) != self._marks.get(slug)]
        self._marks.update((mark.repo, mark) for mark in moved)
        return moved
