"""Going to what was typed after `:`, or doing it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from textual.binding import Binding

from buildwatch.address import Address, AddressError, parse
from buildwatch.model import Build, RepoKey
from buildwatch.tui import keys
from buildwatch.tui.jump_line import JumpLine
from buildwatch.tui.jumps import Choice, Command, choices, place_in, words
from buildwatch.tui.themes import names

if TYPE_CHECKING:
    from buildwatch.tui.app import BuildwatchApp


class Jumper:
    """One question after `:`, and what becomes of the answer."""

    def __init__(self, app: BuildwatchApp, themes: list[str]) -> None:
        self._app = app
        bindings = [one for one in (*keys.APP, *keys.VIEWING, *app.own_bindings) if isinstance(one, Binding)]
        told = {one.id or "": one for one in bindings if one.show and one.action != "jump"}
        self._actions: dict[str, str] = {}
        self._commands: list[Command] = []
        for id, word in words(told).items():
            self._actions[word] = told[id].action
            self._commands.append(Command(word, told[id].description, id))
        self._deeds: dict[str, Callable[[], None]] = {}
        for word, said, do in app.board.commands():
            self._deeds[word] = do
            self._commands.append(Command(word, said))
        for name in sorted(themes):
            self._deeds[f"theme {name}"] = partial(app.set_theme, name, keep=True)
            self._commands.append(Command(f"theme {name}", "other colours"))

    def ask(self) -> None:
        """Show the line."""
        app = self._app
        line = JumpLine(lambda typed: choices(typed, app.shown, self._commands), app.glyphs, app.keymap)
        app.push_screen(line, self._go)

    def _go(self, chosen: str | Choice | None) -> None:
        if isinstance(chosen, str):
            self._to_address(chosen)
        elif chosen is not None and chosen.command:
            self._do(chosen.command)
        elif chosen is not None:
            self._to(chosen)

    def _do(self, word: str) -> None:
        if word in self._actions:
            self._app.call_later(self._app.run_action, self._actions[word])
        else:
            self._deeds[word]()

    def _to(self, choice: Choice) -> None:
        board = self._app.board
        if not choice.number:
            board.to_repo(choice.repo)
            return
        build = self._known(choice.repo, choice.number)
        if build is not None:
            board.go_to(build, choice.stage, choice.step)

    def _known(self, repo: RepoKey, number: int) -> Build | None:
        return next((build for build in self._app.shown.builds(repo) if build.number == number), None)

    def _to_address(self, text: str) -> None:
        """Go to what an address names, which may have to be read first."""
        app = self._app
        servers = {server.url: name for name, server in app.store.servers.items()}
        try:
            address = parse(text, servers)
        except AddressError as error:
            app.warn(str(error))
            return
        mine = [
            key
            for key, repo in app.shown.repos.items()
            if address.repo in (repo.slug, repo.name) and address.server in (None, app.store.servers[key.server].url)
        ]
        if not mine:
            app.warn(f"no repo is called {address.repo}")
        elif len(mine) > 1:
            app.warn(f"{address.repo} is more than one repo: {', '.join(' '.join(key) for key in mine[:4])}")
        elif address.number is None and not address.latest:
            app.board.to_repo(mine[0])
        else:
            app.run_worker(self._read(mine[0], address), group="jump", exclusive=True)

    async def _read(self, repo: RepoKey, address: Address) -> None:
        from buildwatch.sources.errors import SourceError

        app = self._app
        build = app.shown.newest(repo) if address.number is None else self._known(repo, address.number)
        if build is None or build.stages is None:
            number = address.number or (build.number if build is not None else 0)
            try:
                build = await app.find_build(repo, number) or build
            except SourceError as error:
                if build is None:
                    app.warn(str(error))
                    return
        if build is None:
            app.warn(f"{address.repo}#{address.number} is not among the builds that the tree has room for")
            return
        stage, step = place_in(build, address)
        if address.stage is not None and not stage:
            app.warn(f"{build.address} has no stage or step {address.stage}")
        app.board.go_to(build, stage, step)


def jumper(app: BuildwatchApp) -> Jumper:
    """One for what can be done right now."""
    return Jumper(app, list(names(app.themes_folder)))
