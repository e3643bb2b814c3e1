"""The app: what a person's keys do to the board, to builds and to the app itself."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.command import CommandPalette, Provider
from textual.screen import Screen
from textual.scrollbar import ScrollBar

from buildwatch.model import RepoKey
from buildwatch.store import Changes
from buildwatch.tui import bars, hangup, keys
from buildwatch.tui.board import Board
from buildwatch.tui.deeds import Deeds
from buildwatch.tui.doings import Doings
from buildwatch.tui.ink import WholeCells
from buildwatch.tui.keeping import Keeping
from buildwatch.tui.keymap import resolve
from buildwatch.tui.outward import OutwardApp
from buildwatch.tui.tab_title import TabTitle
from buildwatch.tui.themes import ThemeError, names
from buildwatch.tui.theming import Theming
from buildwatch.tui.verdict import Session
from buildwatch.words import ASCII, NERD, UNICODE

if TYPE_CHECKING:
    from textual.widgets import Input

    from buildwatch.config import Settings
    from buildwatch.config.view import View
    from buildwatch.tui.action_log import ActionLog
    from buildwatch.tui.comparing import Comparing, Place


TOLD = 0.5
"""Seconds between two looks at what a notifier tells."""


def _commands() -> type[Provider]:
    from buildwatch.tui.palette import Commands

    return Commands


class BuildwatchApp(OutwardApp):
    """The live tree of all servers."""

    TITLE = "buildwatch"
    CSS_PATH: ClassVar = ["app.tcss", "dialogs.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = keys.APP
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_commands}

    def __init__(self, settings: Settings) -> None:
        self._theming = Theming(settings)
        super().__init__(settings)
        self.session = Session()
        self.own_bindings: list[BindingType] = []
        self.glyphs = {"ascii": ASCII, "nerd": NERD}.get(settings.glyphs, UNICODE)
        self.keymap = resolve(settings.keymap)
        self.board = Board(self.shown, self, self.glyphs, self.keymap)
        self._keeping = Keeping(settings)
        self.board.views = self._keeping.offered
        self.board.showing.pins |= self._keeping.pins
        self.board.painter.watched = self.watched.keys
        named = (
            settings.title and os.environ.get("TERM") != "linux"
        )  # which has no tabs, and shows what it does not know
        self._tab_title = TabTitle(self.glyphs, self.to_terminal) if named else None
        self.animation_level = "none"
        self.set_class(self.glyphs is ASCII, "-ascii")
        ScrollBar.renderer = WholeCells
        self._listed_doings: ActionLog | None = None
        self.doings = Doings(self._show_doings, time.time)
        self._deeds = Deeds(
            self,
            self.shown.is_old,
            self._sources,
            self._watchers,
            self.keymap,
            self.glyphs,
            self.doings,
            read_only=settings.read_only,
        )
        self._began = time.monotonic()
        self._comparing: Comparing | None = None
        self.register_theme(self._theming.first)
        self.theme = self._theming.first.name

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own colours, for themes that do not know them."""
        return self._theming.first.variables

    def get_default_screen(self) -> Screen[None]:
        """The board."""
        return self.board

    def on_mount(self) -> None:
        """Go on once something is on the screen. A signal ends it as a key does: the terminal is given back."""
        self.set_keymap(self.keymap.for_textual)
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            self.end_by(number)
        if not self.is_headless:
            hangup.look_out(0, lambda: self.exit(None, hangup.STATUS))
        self.call_after_refresh(self.set_timer, 0.001, self._begin)

    def _connect(self) -> None:
        super()._connect()
        self._theming.look_after(self)
        if self._theming.lost:
            self.warn(self._theming.lost)
        if self._settings.told is not None:
            self.run_worker(self._read_told(self._settings.told), name="told")

    async def _read_told(self, outbox: Path) -> None:
        """Show what a notifier tells, as it does."""
        from buildwatch.tui import told

        while True:
            messages = await asyncio.to_thread(told.read, outbox)
            self.board.show_told(told.lines(messages, self.size.width, self.glyphs))
            await asyncio.sleep(TOLD)

    def _tell(self, changes: Changes) -> None:
        self.session.take(changes)
        for build in self.watched.take(changes):
            self.tell_end(build)
        super()._tell(changes)
        if self._comparing is not None:
            self._comparing.tell(changes)

    @property
    def leaving(self) -> str:
        """What the terminal has to be sent when the app has gone."""
        return self._tab_title.leaving if self._tab_title is not None else ""

    # what the board wants

    def counted(self, counts: bars.Counts) -> None:
        """Show it in the tab's title."""
        if self._tab_title is not None:
            self._tab_title.show(counts)

    def face(self) -> str:
        """The time of day, for the top line."""
        return time.strftime("%H:%M")

    # keys

    async def action_leave(self) -> None:
        """Leave at once."""
        self.exit()

    async def action_back(self) -> None:
        """One level back: what is typed, the zoom, the log, the search, the filter; never out of the app."""
        board = self.board
        if board.asked is not None:
            board.answered()
            if not board.asks_log:
                board.set_filter("")
        elif board.has_class("-zoom"):
            board.remove_class("-zoom")
            board.live.focus()
        elif board.in_log:
            log = board.side.log_view if board.side is not None else None
            if log is not None and log.state.selected:
                log.select_none()
            elif log is not None and log.state.pattern:
                log.clear_search()
            else:
                board.live.focus()
        elif board.marks:
            board.unmark_all()
        elif board.view.filter:
            board.set_filter("")
        else:
            board.live.action_back()

    def on_viewing_pinned(self) -> None:
        """Remember it for the next start."""
        self._remember("pins", lambda: self._keeping.keep_pins(self.board.showing.pins))

    def ask_views(self, *, saving: bool) -> None:
        """The list of views."""
        from buildwatch.tui.view_picker import ViewPicker

        def chosen(view: View | None) -> None:
            self.board.views = self._keeping.offered
            if view is not None:
                self.board.choose(view)

        self.push_screen(ViewPicker(self.board.view, self._keeping, self.keymap, saving=saving), chosen)

    def _remember(self, what: str, write: Callable[[], None]) -> None:
        try:
            write()
        except OSError as error:
            self.warn(f"the {what} cannot be remembered ({(error.strerror or 'no reason given').lower()})")

    def action_other_pane(self) -> None:
        """Tree or log."""
        in_log = self.board.in_log
        if in_log and self.board.has_class("-zoom"):
            return
        self.board.set_focus(self.board.live) if in_log else self.board.focus_log()

    def action_zoom(self) -> None:
        """The selection on the whole screen, and back."""
        zoomed = not self.board.has_class("-zoom")
        self.board.set_class(zoomed, "-zoom")
        self.board.focus_log() if zoomed else self.board.live.focus()

    def action_facts(self) -> None:
        """Facts or log, where there is room for only one."""
        if self.board.side is not None:
            self.board.side.toggle_class("-facts")
            self.board.show_side()

    def action_follow_newest(self) -> None:
        """Let the cursor go to the newest build, and then to each that begins; or no more."""
        self.board.follow()

    def action_reload(self) -> None:
        """Read everything again; a server that refused is tried again."""
        for watcher in self._watchers.values():
            watcher.retry()
        self.notify("reading again", timeout=2, markup=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Slash and colon go before what has the focus, so that letters right after are typed; not while one types.

        In another view the keys of the board mean nothing.
        """
        if action == "find":
            return self.board.asked is None and self.screen is self.board
        if action == "jump":
            return self.board.asked is None and self.screen in (self.board, self._comparing)
        return self.screen is not self._comparing or action not in keys.BOARD_ONLY

    def action_find(self) -> None:
        """A line to type into: a filter for the tree, a search in the log."""
        board, more = self.board, "    f1: more" if "f1" in (self.keymap.of("app.help") or ("f1",)) else ""
        if board.side is not None and board.in_log:
            prompt = f"search in this log: a text or /an expression/{more}"
            board.ask(prompt, board.side.log_view.state.pattern, self._find_in_log)
        else:
            board.ask(f"repo, branch, author, status, failed, mine, ...{more}", board.view.filter, self._find_in_tree)

    def on_input_changed(self, event: Input.Changed) -> None:
        """The tree is filtered while one types."""
        if event.input is self.board.asked and not self.board.asks_log:
            self.board.set_filter(event.value)

    def _find_in_log(self, text: str) -> None:
        """Back to the log with what was found."""
        if self.board.side is not None:
            self.board.side.log_view.set_search(text)
        self.board.answered()

    def _find_in_tree(self, text: str) -> None:
        """Back to the tree with what matches."""
        self.board.set_filter(text)
        self.board.to_first_match()
        self.board.answered()

    def action_help(self) -> None:
        """The keys of this place."""
        from buildwatch.tui.help import Help

        place = "comparison" if self._comparing is not None else "log" if self.board.in_log else "tree"
        if self.board.asked is not None:
            place = "search" if self.board.asks_log else "filter"
        sections = keys.help_sections(place, self.keymap, self.own_bindings)
        self.push_screen(Help(sections, self.keymap, in_ascii=self.glyphs is ASCII))

    def action_jump(self) -> None:
        """A line to type into where to go, or what to do."""
        from buildwatch.tui.jumping import jumper

        jumper(self).ask()

    @property
    def themes_folder(self) -> Path:
        """Where the user's own themes are."""
        return self._settings.paths.themes

    def action_command_palette(self) -> None:
        """All commands by name."""
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(CommandPalette(placeholder="a command", id="--command-palette"))

    # two builds side by side

    def action_compare(self) -> None:
        """The selected build beside the last green one before it, or beside a marked one; or two marked ones."""
        from buildwatch.tui.compare_choice import pair
        from buildwatch.tui.comparing import Comparing

        build, against = pair(self.board.selected_build, self.board.marked_builds())
        if isinstance(against, str) or build is None:
            self.warn(str(against))
            return
        if self.shown.is_old(build.key):
            self.warn(f"{build.address} is from the last time; its server has not confirmed it yet")
            return
        self._comparing = Comparing(build, self.store, self, self.glyphs, self.keymap, against=against)
        self.push_screen(self._comparing, self._compared)

    def _compared(self, place: Place | None) -> None:
        self._comparing = None
        if place is not None and not self.board.go_to(*place):
            self.warn(f"{place[0].address} is too old to be in the tree")

    # actions on builds

    def _show_doings(self) -> None:
        """Something was begun or answered."""
        self.board.show_doing(self.doings.under_way)
        if (listed := self._listed_doings) is not None and listed.is_attached:
            listed.draw()

    def action_doings(self) -> None:
        """All that was done on servers since the start, with its answers."""
        from buildwatch.tui.action_log import ActionLog

        self._listed_doings = ActionLog(self.doings, self.glyphs, self.copy, self.keymap)
        self.push_screen(self._listed_doings)

    def action_act(self, name: str) -> None:
        """Ask, then do it: to the marked builds, where there are such, else to the selected one, or to its repo."""
        marked = self.board.marked_builds()
        if name == "create" and marked:
            self.warn("create starts a build of one repo; let go of the marks first")
        elif name == "create":
            row = self.board.live.row
            repo = row.repo if row is not None else None
            self._deeds.ask_for_new(repo, self._branches(repo))
        elif marked:
            self._deeds.ask_for_all(name, marked, self.board.unmark)
        else:
            self._deeds.ask(name, self.board.selected_build)

    def _branches(self, repo: RepoKey | None) -> list[str]:
        """Those of a repo that are known, the one that is selected first."""
        build = self.board.selected_build
        known = [*([build] if build is not None else []), *(self.shown.builds(repo) if repo is not None else ())]
        return list(dict.fromkeys(one.branch for one in known if one.branch))

    # themes

    def action_choose_theme(self) -> None:
        """All themes, each shown as soon as the cursor stands on it."""
        from buildwatch.tui.theme_picker import ThemePicker

        before = self.theme

        def chosen(name: str | None) -> None:
            self.set_theme(before) if name is None else self.set_theme(name, keep=True)

        known = sorted(names(self._settings.paths.themes))
        self.push_screen(ThemePicker(known, before, lambda name: self._theming.show(self, name), self.keymap), chosen)

    def set_theme(self, name: str, *, keep: bool = False) -> None:
        """Have this theme on the screen, and, where it is to be kept, also the next time."""
        try:
            self._theming.show(self, name)
        except ThemeError as error:
            self.warn(str(error))
            return
        if keep:
            self._remember("theme", lambda: self._theming.keep(name))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every key's action, by name."""
        build = self.board.selected_build
        source = self.source(build.server) if build else None
        absent = {"command_palette", *map(keys.acting, keys.ACTIONS - source.actions if source else ())}
        if self._comparing is not None:
            absent |= {binding.action for binding in keys.APP if isinstance(binding, Binding)} - keys.ANYWHERE
            yield from self._comparing.commands()
        viewing = keys.VIEWING if self._comparing is None else []
        for binding in [*keys.APP, *viewing, *self.own_bindings]:
            if isinstance(binding, Binding) and binding.show and binding.action not in absent:
                yield SystemCommand(
                    binding.description,
                    f"key: {keys.of(binding, self.keymap)}",
                    lambda action=binding.action: self._run(action),
                )
        for word, told, do in self.board.commands() if viewing else ():
            yield SystemCommand(word, told, do, discover=False)
        for name in sorted(names(self._settings.paths.themes)):
            yield SystemCommand(
                f"theme {name}", "other colours", lambda name=name: self.set_theme(name, keep=True), discover=False
            )

    def _run(self, action: str) -> None:
        self.call_later(self.run_action, action)

    def verdict(self) -> list[str]:
        """What is left in the shell."""
        return self.session.lines(self.store, time.monotonic() - self._began, self.glyphs)


def run(settings: Settings) -> int:
    """Show the app until it is left; prints what happened meanwhile. The exit status."""
    gc.disable()  # until the board is furnished: importing and loading make much and leave no garbage
    if settings.playing is not None:
        from buildwatch.tui.player import Player

        app: BuildwatchApp = Player(settings, settings.playing)
    else:
        app = BuildwatchApp(settings)
    try:
        app.run(mouse=settings.mouse)
    finally:
        print(app.leaving, end="", flush=True)  # noqa: T201  (the terminal is as it was before)
    for line in app.verdict():
        print(line)  # noqa: T201  (this is the program's output)
    return app.return_code or 0
