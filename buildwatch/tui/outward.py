"""Out of the app: to the clipboard, the web browser, a file, the pager and the editor."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from textual.app import SuspendNotSupported

from buildwatch.tui import bars
from buildwatch.tui.rows import Kind
from buildwatch.tui.served import ServedApp


class OutwardApp(ServedApp):
    """What of the board goes elsewhere."""

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
        """The web address of what is selected."""
        self.copy(self._url())

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
