"""What a person has done to builds: it is asked first, done only on yes, and told of when it is done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from buildwatch.model import Build, BuildKey
from buildwatch.tui.keymap import Keymap
from buildwatch.words import Glyphs

if TYPE_CHECKING:
    from textual.app import App

    from buildwatch.sources.actions import Action
    from buildwatch.sources.base import Source
    from buildwatch.sources.watch import Watcher
    from buildwatch.tui.together import Outcome, Share

TOGETHER = ("restart", "cancel", "approve", "decline")
"""What can be done to several builds at once. The others need a target, which is a build's own."""


class Deeds:
    """Asks and does. What `is_old` waits: it is from the last start. `sources` and `watchers` go by servers' names."""

    def __init__(
        self,
        app: App[None],
        is_old: Callable[[BuildKey], bool],
        sources: Mapping[str, Source],
        watchers: Mapping[str, Watcher],
        keymap: Keymap,
        glyphs: Glyphs,
        *,
        read_only: bool,
    ) -> None:
        self._app = app
        self._is_old = is_old
        self._sources = sources
        self._watchers = watchers
        self._keymap = keymap
        self._glyphs = glyphs
        self._read_only = read_only

    def _say(self, sentence: str) -> None:
        self._app.notify(sentence, severity="warning", markup=False)

    # one build

    def ask(self, name: str, build: Build | None) -> None:
        """Ask whether to do this to a build, then do it."""
        from buildwatch.sources.actions import Action, unknown_to
        from buildwatch.tui.dialogs import Confirm

        if build is None:
            self._say("select a build first")
            return
        if self._is_old(build.key):
            self._say(f"{build.address} is from the last time; {name} waits until its server has confirmed it")
            return
        deed, source = Action(name, build), self._sources.get(build.server)
        wrong = "" if name in ("promote", "rollback") else deed.impossible
        if source is not None and name not in source.actions:
            wrong = unknown_to(source, name)
        if self._read_only:
            wrong = f"{name} is not done: buildwatch runs read-only"
        if wrong:
            self._say(wrong)
            return
        dialog = Confirm(deed, source.kind if source is not None else "", self._keymap)
        self._app.push_screen(dialog, self._confirmed)

    def _confirmed(self, deed: Action | None) -> None:
        if deed is not None:
            self._app.run_worker(self._do(deed), group="actions")

    async def _do(self, deed: Action) -> None:
        outcome = await self._try(deed)
        if outcome.wrong:
            self._say(outcome.wrong)
            return
        made = f" is now {outcome.made.address}" if outcome.made else ""
        self._app.notify(f"{deed.name}: {deed.build.address}{made}", markup=False)

    async def _try(self, deed: Action) -> Outcome:
        from buildwatch.sources.errors import SourceError
        from buildwatch.tui.together import Outcome

        build = deed.build
        try:
            made = await deed.run(self._sources[build.server])
        except SourceError as error:
            return Outcome(deed, wrong=str(error))
        self._watchers[build.server].look_at(build)
        if made is not None:
            self._watchers[build.server].look_at(made)
        return Outcome(deed, made)

    # several builds

    def ask_for_all(self, name: str, builds: Iterable[Build], done: Callable[[Build], object]) -> None:
        """Ask once whether to do this to all of them, then do it. `done` hears of each build with which it worked."""
        from buildwatch.tui.ask_all import ConfirmAll
        from buildwatch.tui.together import shares

        if name not in TOGETHER:
            self._say(f"{name} is for one build at a time; let go of the marks first")
            return
        if self._read_only:
            self._say(f"{name} is not done: buildwatch runs read-only")
            return
        parts = shares(name, builds, self._sources, self._is_old)

        def answered(yes: bool | None) -> None:
            if yes:
                self._app.run_worker(self._do_all(name, parts, done), group="actions")

        self._app.push_screen(ConfirmAll(name, parts, self._keymap, self._glyphs), answered)

    async def _do_all(self, name: str, parts: list[Share], done: Callable[[Build], object]) -> None:
        """The servers at the same time, on each one thing after the other: no server is to be run over."""
        from buildwatch.tui.ask_all import Told

        found = await asyncio.gather(*(self._do_share(share, done) for share in parts))
        outcomes = [outcome for of_server in found for outcome in of_server]
        wrong = sum(bool(outcome.wrong) for outcome in outcomes)
        if wrong:
            head = f"{name}: {wrong} of {len(outcomes)} did not work"
            self._app.push_screen(Told(head, outcomes, self._keymap, self._glyphs))
        else:
            self._app.notify(f"{name}: {len(outcomes)} build{'s' * (len(outcomes) > 1)}", markup=False)

    async def _do_share(self, share: Share, done: Callable[[Build], object]) -> list[Outcome]:
        outcomes = []
        for deed in share.deeds:
            outcome = await self._try(deed)
            if not outcome.wrong:
                done(deed.build)
            outcomes.append(outcome)
        return outcomes
