"""Tokens: where they come from, and a wrapper that keeps them out of everything that is printed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from buildwatch.config.errors import ConfigError
from buildwatch.text import clean

COMMAND_LIMIT: Final = 10.0
"""Seconds that a token_command may take."""

SIZE_LIMIT: Final = 4096
"""Bytes of a token_file or of a token_command's output."""

_PUBLIC_NAME: Final = re.compile("[A-Z_][A-Z0-9_]*")


class Token:
    """A secret. Only `reveal` shows it; its text, its representation and its length tell nothing."""

    __slots__ = ("_secret",)

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def reveal(self) -> str:
        """The secret itself, for the header of a request."""
        return self._secret

    def __repr__(self) -> str:
        return "Token(…)"


class TokenSource(NamedTuple):
    """Where a server's token comes from. Nothing is read and no command is run before `read`.

    `key` is the key of the file that names it (`token_env`, …, empty when none does); `place` is the variable, file or
    program, safe to show.
    """

    key: str
    place: str
    fetch: Callable[[], str]

    def read(self) -> Token:
        """The token. Raises `ConfigError`. May take as long as a token_command may."""
        secret = self.fetch()
        if not (secret.isascii() and secret.isprintable()) or " " in secret:
            raise ConfigError(f"{self} holds characters that no token has; expected one line with the token alone")
        return Token(secret)

    def state(self) -> str:
        """What a person may know of it: set and from where, or missing and why. Runs no command."""
        if self.key == "token_command":
            return f"from {self}, which is run on connecting"
        try:
            self.read()
        except ConfigError as error:
            return f"missing: {error}"
        return f"set, from {self}"

    @property
    def remedy(self) -> str:
        """What to do when the server does not accept it."""
        return f"check {self}" if self.key else "give it token_env, token_file or token_command"

    def __str__(self) -> str:
        return f"{self.key} {self.place}".strip()


def from_env(name: str, environ: Mapping[str, str], word: str = "token") -> TokenSource:
    """The token in an environment variable. A name in lower case is not shown: it may be the token itself.

    `word` is what the secret is called by its keys, here and in the functions below.
    """
    place = name if _PUBLIC_NAME.fullmatch(name) else ""

    def fetch() -> str:
        secret = environ.get(name, "").strip()
        if not secret:
            raise ConfigError(f"{place or f'the variable that {word}_env names'} is not set")
        return secret

    return TokenSource(f"{word}_env", place, fetch)


def from_file(path: Path, word: str = "token") -> TokenSource:
    """The token in the first line of a file."""
    place = clean(str(path))
    key = f"{word}_file"

    def fetch() -> str:
        try:
            with path.open("rb") as file:
                data = file.read(SIZE_LIMIT + 1)
        except OSError as error:
            raise ConfigError(f"{key} {place} cannot be read ({_why(error)})") from None
        return _first_line(data, f"{key} {place}")

    return TokenSource(key, place, fetch)


def from_command(argv: Sequence[str], word: str = "token") -> TokenSource:
    """The token in the first line that a command prints. No shell; of the command only the program is shown."""
    place = clean(argv[0], 100)
    key = f"{word}_command"
    return TokenSource(key, place, lambda: _run(list(argv), f"{key} {place}"))


def plain(secret: str, word: str = "token") -> TokenSource:
    """The token as it stands in the configuration file."""
    return TokenSource(word, "", lambda: secret.strip())


def absent(word: str = "token") -> TokenSource:
    """No token."""

    def fetch() -> str:
        raise ConfigError(f"no {word}_env, {word}_file or {word}_command")

    return TokenSource("", "", fetch)


def _run(argv: list[str], what: str) -> str:
    from buildwatch.config.command import run  # subprocess is slow to import

    try:
        status, data = run([os.path.expanduser(argv[0]), *argv[1:]], COMMAND_LIMIT, SIZE_LIMIT)
    except TimeoutError:
        hint = "run it yourself to see what it waits for"
        raise ConfigError(f"{what} gave nothing within {COMMAND_LIMIT:.0f} s; {hint}") from None
    except (OSError, ValueError) as error:
        raise ConfigError(f"{what} cannot be run ({_why(error)})") from None
    if status != 0:
        raise ConfigError(f"{what} failed (exit {status}); run it yourself to see why")
    return _first_line(data, what)


def _first_line(data: bytes, what: str) -> str:
    if len(data) > SIZE_LIMIT:
        raise ConfigError(f"{what} gives more than {SIZE_LIMIT} bytes; expected the token alone")
    line = data.decode("utf-8", "replace").partition("\n")[0].strip()
    if not line:
        raise ConfigError(f"{what} is empty; expected the token in its first line")
    return line


def _why(error: Exception) -> str:
    return (error.strerror or "no reason given").lower() if isinstance(error, OSError) else "not a possible name"
