"""What a person has done to builds: it is asked first, done only on yes, and told of when it is done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from buildwatch.model import Build, BuildKey, RepoKey
from buildwatch.tui.doings import Doings
from buildwatch.tui.keymap import Keymap
from buildwatch.words import Glyphs

if TYPE_CHECKING:
    from textual.app import App

    from buildwatch.sources.actions import Deed
    from buildwatch.sources.base import Source
    from buildwatch.sources.watch import Watcher
    from buildwatch.tui.together import Outcome, Share


class Deeds:
    """Asks and does. What `is_old` waits: it is from the last start. `sources` and `watchers` go by servers' names, and
    `doings` has all that is done.
    """

    def __init__(
        self,
        app: App[None],
        is_old: Callable[[BuildKey], bool],
        sources: Mapping[str, Source],
        watchers: Mapping[str, Watcher],
        keymap: Keymap,
        glyphs: Glyphs,
        doings: Doings,
        *,
        read_only: bool,
    ) -> None:
        self._app = app
        self._is_old = is_old
        self._sources = sources
        self._watchers = watchers
        self._keymap = keymap
        self._glyphs = glyphs
        self._doings = doings
        self._read_only = read_only

    def _say(self, sentence: str) -> None:
        self._app.notify(sentence, severity="warning", markup=False)

    # one build

    def ask(self, name: str, build: Build | None) -> None:
        """Ask whether to do this to a build, then do it."""
        from buildwatch.sources.actions import Action
        from buildwatch.tui.together import NEEDS_TARGET

        if build is None:
            self._say("select a build first")
        elif self._is_old(build.key):
            self._say(f"{build.address} is from the last time; {name} waits until its server has confirmed it")
        else:
            deed = Action(name, build)
            self._ask(deed, "" if name in NEEDS_TARGET else deed.impossible)

    def ask_for_new(self, repo: RepoKey | None, branches: Iterable[str]) -> None:
        """Ask for what a new build of a repo is to be made, then make it. `branches` are those that are known."""
        from buildwatch.sources.actions import NewBuild

        if repo is None:
            self._say("select a repo first")
        else:
            self._ask(NewBuild(*repo), "", branches)

    def _ask(self, deed: Deed, wrong: str, branches: Iterable[str] = ()) -> None:
        from buildwatch.sources.actions import unknown_to
        from buildwatch.tui.confirm import Confirm

        source = self._sources.get(deed.server)
        if source is None:
            wrong = f"{deed.server} is not connected yet"
        elif deed.name not in source.actions:
            wrong = unknown_to(source, deed.name)
        if self._read_only:
            wrong = f"{deed.name} is not done: buildwatch runs read-only"
        if wrong or source is None:
            self._say(wrong)
            return
        self._app.push_screen(Confirm(deed, source.kind, self._keymap, branches), self._confirmed)

    def _confirmed(self, deed: Deed | None) -> None:
        if deed is not None:
            self._app.run_worker(self._do(deed), group="actions")

    async def _do(self, deed: Deed) -> None:
        outcome = await self._try(deed)
        if outcome.wrong:
            self._say(outcome.wrong)
            return
        said = f"{deed.about} is now {outcome.made.address}" if outcome.made else deed.about
        if deed.name == "create":
            none = f"the server started no build of {deed.about}: no pipeline matches"
            said = outcome.made.address if outcome.made else none
        self._app.notify(f"{deed.name}: {said}", markup=False)

    async def _try(self, deed: Deed) -> Outcome:
        from buildwatch.sources.actions import Action
        from buildwatch.sources.errors import SourceError
        from buildwatch.tui.together import Outcome

        source = self._sources[deed.server]
        doing, outcome = self._doings.begin(deed, source.kind), Outcome(deed, wrong="given up before the answer came")
        try:
            made = await deed.run(source)
            outcome = Outcome(deed, made)
        except SourceError as error:
            outcome = Outcome(deed, wrong=str(error))
            return outcome
        finally:
            self._doings.end(doing, outcome)
        if isinstance(deed, Action):
            self._watchers[deed.server].look_at(deed.build)
        if made is not None:
            self._watchers[deed.server].look_at(made)
        return outcome

    # several builds

    def ask_for_all(self, name: str, builds: Iterable[Build], done: Callable[[Build], object]) -> None:
        """Ask once whether to do this to all of them, then do it. `done` hears of each build with which it worked."""
        from buildwatch.tui.ask_all import ConfirmAll
        from buildwatch.tui.together import shares

        if self._read_only:
            self._say(f"{name} is not done: buildwatch runs read-only")
            return
        marked = list(builds)

        def answered(parts: list[Share] | None) -> None:
            if parts:
                self._app.run_worker(self._do_all(name, parts, done), group="actions")

        dialog = ConfirmAll(
            name,
            lambda typed: shares(name, marked, self._sources, self._is_old, typed),
            self._keymap,
            self._glyphs,
        )
        self._app.push_screen(dialog, answered)

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
