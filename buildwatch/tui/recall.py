"""What was seen the last time: read before the network is asked, written when the app is left and sometimes before.

One file a server in the folder for caches, for its user alone. It is sealed with the token (`buildwatch.kept`), so
nothing is shown before that is known. A token out of the environment or a file is read at once; one that a command
gives when the connection reads it: then what was kept comes a little later.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING, Final, NamedTuple

from buildwatch.model import Build, Repo, RepoKey
from buildwatch.shown import Shown

if TYPE_CHECKING:
    from buildwatch.config import ServerSettings, Settings
    from buildwatch.kept import Owner

OLDEST: Final = 60 * 86400.0
"""Seconds after which the file of a server that was not watched any more goes."""


class Page(NamedTuple):
    """What is to be kept of one server: as it was `at` that time (unix seconds of our own clock)."""

    owner: Owner
    at: float
    user: str
    repos: list[Repo]
    builds: Mapping[RepoKey, list[Build]]


class Recall:
    """What is kept of the configured servers. `shown` gets what there is."""

    def __init__(self, settings: Settings, shown: Shown) -> None:
        self._folder = settings.paths.cache / "servers"
        self._servers = {server.name: server for server in settings.servers}
        self._shown = shown
        self._reads = settings.keep and not settings.fresh
        self._writes = settings.keep
        self._tokens: dict[str, set[str]] = {}
        self.dirty = False
        """Whether something became known since it was last written."""

    def begin(self) -> bool:
        """Show what there is of the servers whose token can be had at once. Whether there is something."""
        found = [self._recall(server) for server in self._servers.values() if _is_at_hand(server)]
        return any(found)

    def _recall(self, server: ServerSettings) -> bool:
        from buildwatch.config.errors import ConfigError

        try:
            return self.knows_token(server.name, server.token.read().reveal())
        except ConfigError:
            return False

    def knows_token(self, name: str, token: str) -> bool:
        """The token of a server was read. Show what is kept for it; whether there is something."""
        before = self._tokens.get(name, set())
        listed = self._shown.confirmed.servers[name].listed
        self._tokens[name] = {token, *before} if listed else {token}
        if token in before or not self._reads:
            return False
        from buildwatch.kept import unseal  # hashing takes a while to import

        kept = unseal(self._read(name), self._owner(name, token))
        return kept is not None and self._shown.remember(name, kept)

    def noting(self, server: ServerSettings, told: Callable[[str, str], object]) -> ServerSettings:
        """The same server; whenever its token is read, in whichever thread, `told` hears its name and the token.

        A token that was not at hand is read now, in a thread, for whoever asks for it first.
        """
        read = ReadAhead(server.token.fetch, lambda token: told(server.name, token))
        if not _is_at_hand(server) and self._reads:
            Thread(target=read.ahead, daemon=True).start()
        return replace(server, token=server.token._replace(fetch=read))

    def gather(self, heard: Mapping[str, float], now: float) -> list[Page]:
        """What there is to keep of each server that told something itself, to be given to `write`."""
        self.dirty = False
        pages = []
        for name in self._servers if self._writes else ():
            found, tokens = self._shown.to_keep(name), self._tokens.get(name, set())
            if found is not None and len(tokens) == 1:  # after a change of the token nobody knows whose all that is
                owner, user = self._owner(name, next(iter(tokens))), self._shown.servers[name].user
                pages.append(Page(owner, heard.get(name) or now, user, *found))
        return pages

    def write(self, pages: Sequence[Page], now: float) -> None:
        """Keep that. It may be called in a thread. What cannot be written is not kept."""
        if not pages:
            return
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for page in pages:
                self._write(page)
            self._clear(now)

    def _write(self, page: Page) -> None:
        from buildwatch.kept import SALT, seal

        data = seal(page.at, page.user, page.repos, page.builds, page.owner, os.urandom(SALT))
        file = self._file(page.owner.name)
        new = file.with_name(f"{file.name}.{os.getpid()}")
        try:
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as opened:
                opened.write(data)
            new.replace(file)
        finally:
            new.unlink(missing_ok=True)

    def _read(self, name: str) -> bytes:
        from buildwatch.kept import LARGEST

        try:
            with self._file(name).open("rb") as file:
                return file.read(LARGEST + 1)
        except OSError:
            return b""

    def _clear(self, now: float) -> None:
        """Let go of the files of servers that nobody watches any more."""
        with os.scandir(self._folder) as files:
            for file in files:
                if file.is_file(follow_symlinks=False) and now - file.stat().st_mtime > OLDEST:
                    os.unlink(file)

    def _file(self, name: str) -> Path:
        from buildwatch.kept import file_name

        return self._folder / file_name(name, self._servers[name].url)

    def _owner(self, name: str, token: str) -> Owner:
        from buildwatch.kept import Owner

        return Owner(name, self._servers[name].url, token)


class ReadAhead:
    """A token, read once before it is asked for: commands ask people for passwords. `told` hears each reading."""

    def __init__(self, fetch: Callable[[], str], told: Callable[[str], object]) -> None:
        self._fetch = fetch
        self._told = told
        self._lock = Lock()
        self._token: str | None = None

    def __call__(self) -> str:
        """The token: that read ahead for the first who asks, another reading for each after that."""
        with self._lock:
            token, self._token = self._token, None
        return self._read() if token is None else token

    def ahead(self) -> None:
        """Read it. Whoever asks meanwhile waits. What goes wrong is told to who asks then."""
        from buildwatch.config.errors import ConfigError

        with self._lock, suppress(ConfigError):
            self._token = self._read()

    def _read(self) -> str:
        token = self._fetch()
        self._told(token)
        return token


def _is_at_hand(server: ServerSettings) -> bool:
    """Whether reading the token runs nothing and waits for nothing."""
    source = server.token
    return source.key in ("token", "token_env") or (source.key == "token_file" and os.path.isfile(source.place))
