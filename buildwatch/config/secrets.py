"""The keys of a table that say where a secret comes from: `token_env`, `token_file`, `token_command`, `token`.

The same four for any other word than `token`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from buildwatch.config import token
from buildwatch.config.errors import ConfigError
from buildwatch.config.tomlfile import Key, Table


def schema(word: str) -> dict[str, Key]:
    """The four keys of a secret that is called `word`."""
    return {
        f"{word}_env": Key(
            (str,), f"the name of an environment variable, not the {word}", form="[A-Za-z_][A-Za-z0-9_]*"
        ),
        f"{word}_file": Key((str,), f"the path of a file that holds the {word}", form=".+"),
        f"{word}_command": Key((str, list), 'a command, like "pass show drone" or ["pass", "show", "drone"]'),
        word: Key((str,), f"the {word} alone", form=r"\s*\S+\s*"),
    }


def source(entry: Table, word: str, file: Path, where: str, environ: Mapping[str, str]) -> token.TokenSource:
    """Where the secret of a checked table comes from. Raises `ConfigError` when there are two; nothing is read."""
    given = [key for key in schema(word) if key in entry]
    if len(given) > 1:
        raise ConfigError(f"{where}: {' and '.join(given)} are given; expected only one of them")
    if not given:
        return token.absent(word)
    value = entry[given[0]]
    match given[0].removeprefix(word):
        case "_env":
            return token.from_env(value, environ, word)
        case "_file":
            return token.from_file(path_of(value, file), word)
        case "_command":
            return token.from_command(argv(value, given[0], where), word)
        case _:
            return token.plain(value, word)


def path_of(text: str, file: Path) -> Path:
    """A path that `file` names: `~` is the home directory, and a relative one starts at the file's folder."""
    try:
        return file.parent / Path(text).expanduser()
    except RuntimeError:  # no such user
        return file.parent / text


def argv(command: str | list[object], key: str, where: str) -> list[str]:
    """The words of a person's own command, which is run without a shell. Raises `ConfigError`."""
    import shlex  # seldom needed

    try:
        parts = shlex.split(command) if isinstance(command, str) else command
    except ValueError:
        raise ConfigError(f"{where}: {key} has a quote that is not closed") from None
    words = [word for word in parts if isinstance(word, str)]
    if len(words) < len(parts) or not words or not words[0]:
        raise ConfigError(f'{where}: {key} must be a command, like "pass show drone" or ["pass", "show", "drone"]')
    return words
