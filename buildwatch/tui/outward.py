"""Out of the app: to the clipboard, the web browser, a file, the pager, the editor, and to whom looks elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from buildwatch.model import Build
from buildwatch.tui import alerts, bars
from buildwatch.tui.alerts import Watched
from buildwatch.tui.rows import Kind
from buildwatch.tui.served import ServedApp
from buildwatch.words import Glyphs, glyph

if TYPE_CHECKING:
    from buildwatch.config import Settings


class OutwardApp(ServedApp):
    """What of the board goes elsewhere."""

    glyphs: Glyphs

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.watched = Watched()

    def action_copy(self) -> None:
        """The address of what is selected, or those of the marked builds; in the log, its line."""
        if self.board.side is not None and self.board.in_log:
            self.copy(self.board.side.log_view.current_text())
        elif self.board.marks:
            self.copy("\n".join(build.address for build in self.board.marked_builds()))
        else:
            self.copy(bars.address_of(self.board.live.row, self.board.selected_build))

    def action_log_together(self) -> None:
        """The logs of all steps of the build as one, or one step's."""
        if self.board.side is not None:
            self.board.side.toggle_together()

    def action_log_out(self, how: str) -> None:
        """The log into a file, the pager or the editor."""
        from buildwatch.tui import log_out

        build, side = self.board.selected_build, self.board.side
        if build is None or side is None or not side.log_view.state.lines:
            self.warn("there is no log here")
            return
        name = log_out.file_name(build.repo, str(build.number), side.log_name())
        text, line = side.log_view.whole_text(), side.log_view.current_line
        if how == "save":
            self.run_worker(self._save_log(name, text))
            return
        try:
            log_out.view(how, name, text, line, self.lend_terminal)
        except log_out.OutError as error:
            self.warn(str(error))
        except SuspendNotSupported:
            self.warn("this terminal cannot be given to another program")

    async def _save_log(self, name: str, text: Iterable[str]) -> None:
        """Write it while keys go on."""
        from buildwatch.tui import log_out

        try:
            path = await asyncio.to_thread(log_out.save, self._settings.paths.data / "logs", name, text)
        except log_out.OutError as error:
            self.warn(str(error))
        else:
            self.notify(f"saved as {path}", markup=False)

    def action_copy_url(self) -> None:
        """The web address of what is selected, or those of the marked builds."""
        marked = self.board.marked_builds()
        self.copy("\n".join(filter(None, map(self._page_of, marked))) if marked else self._url())

    def action_browse(self) -> None:
        """The page of what is selected, in the web browser."""
        import webbrowser

        url = self._url()
        if url.startswith(("http://", "https://")):
            self.run_worker(lambda: webbrowser.open(url), thread=True, exit_on_error=False)
            self.notify(url, timeout=4, markup=False)

    def _url(self) -> str:
        row, build = self.board.live.row, self.board.selected_build
        if row is None:
            return ""
        source = self._sources.get(row.server)
        if source is None or build is None or row.kind in (Kind.SERVER, Kind.NAMESPACE):
            return self.store.servers[row.server].url if row.server else ""
        return source.page_of(build, row.stage or None, row.step or None)

    def _page_of(self, build: Build) -> str:
        source = self.source(build.server)
        return source.page_of(build, None, None) if source is not None else ""

    # ends of builds

    def action_watch_end(self) -> None:
        """Tell when the selected build ends, or all that are marked; or no more."""
        builds = self.board.marked_builds() or [one for one in [self.board.selected_build] if one is not None]
        waiting = [build for build in builds if not build.status.ended and not self.shown.is_old(build.key)]
        if not waiting:
            self.warn(self._no_end(builds))
            return
        on = not all(build.key in self.watched.keys for build in waiting)
        self.watched.watch(waiting, on=on)
        keys = {build.key for build in waiting}
        self.board.live.repaint([row.key for row in self.board.live.visible_rows() if row.build in keys])
        will, many = f"will {'' if on else 'not '}be told", len(waiting) > 1
        said = f"{len(waiting)} builds: their ends {will}" if many else f"{waiting[0].address}: its end {will}"
        left_out = [build for build in builds if build.key not in keys]
        self.notify(said + f"; {self._no_end(left_out)}" * bool(left_out), timeout=3, markup=False)

    def _no_end(self, builds: list[Build]) -> str:
        """Why the ends of these cannot be told."""
        if not builds:
            return "select a build first"
        old = [build for build in builds if self.shown.is_old(build.key)]
        if len(builds) > 1 and not old:
            return f"{len(builds)} have ended already"
        if len(builds) > 1:
            return f"{len(builds)} have ended already, or are from the last time and not confirmed yet"
        address = builds[0].address
        if old:
            return f"{address} is from the last time; its server has not confirmed it yet"
        return f"{address} has ended already"

    def tell_end(self, build: Build) -> None:
        """What a person set for the end of a watched build; on the screen it is told anyway."""
        alert = self._settings.alert
        said = f"{glyph(build.status, self.glyphs)} {alerts.sentence(build, build.address)}"
        self.notify(said, severity="error" if build.status.failed else "information", timeout=20, markup=False)
        self.to_terminal(("\a" if alert.bell else "") + alerts.notification(build, alert.desktop))
        if alert.command:
            self.run_worker(self._run_alert(alerts.facts(build, self._page_of(build))), group="alerts")

    async def _run_alert(self, facts: Mapping[str, str]) -> None:
        wrong = await alerts.run(self._settings.alert, facts)
        if wrong:
            self.warn(wrong)
