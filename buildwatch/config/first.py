"""The first configuration, written where there is none: a server and where its token comes from. Never over a file."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Final

from buildwatch.config.errors import ConfigError
from buildwatch.text import clean

HEAD: Final = "# written by buildwatch at its first start; docs/ tells what else can stand here\n\n"


def text(name: str, url: str, key: str, value: str) -> str:
    """The lines of one server. `key` is `token_file` or `token_command`."""
    fields = {"name": name, "url": url, key: value}
    return "[[server]]\n" + "".join(f"{field} = {_quoted(value)}\n" for field, value in fields.items())


def with_token_file(config: Path, name: str, url: str, token: str) -> None:
    """Write `config` and beside it a file with the token, both for their user alone. Raises `ConfigError`."""
    secret = config.with_name(f"{_file_name(name)}.token")
    _create(secret, f"{token}\n")
    try:
        _create(config, HEAD + text(name, url, "token_file", secret.name))
    except ConfigError:
        secret.unlink(missing_ok=True)
        raise


def with_token_command(config: Path, name: str, url: str, command: str) -> None:
    """Write `config` with a command that prints the token. Raises `ConfigError`."""
    _create(config, HEAD + text(name, url, "token_command", command))


def _create(file: Path, content: str) -> None:
    try:
        os.makedirs(file.parent, mode=0o700, exist_ok=True)
    except OSError as error:
        raise _unwritten(file, error) from None
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:
            opened.write(content)
    except FileExistsError:
        raise ConfigError(f"{clean(str(file))} is there already and is left as it is; nothing was written") from None
    except OSError as error:
        raise _unwritten(file, error) from None


def _unwritten(file: Path, error: OSError) -> ConfigError:
    why = (error.strerror or "no reason given").lower()
    return ConfigError(f"{clean(str(file))} cannot be written ({why}); nothing was written")


def _quoted(value: str) -> str:
    """A TOML basic string: JSON's escapes are among TOML's, but for the one control character that JSON lets stand."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _file_name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9.-]+", "-", name).strip(".-")[:60] or "server"
