"""The servers: those of the file, and the one of the environment.

The environment's names are those of Drone's own command line (`drone/main.go` of drone-cli): DRONE_SERVER, DRONE_TOKEN,
DRONE_SKIP_VERIFY, SOCKS_PROXY (`host:port`) and SOCKS_PROXY_OFF. They speak of one server, the one of DRONE_SERVER: it
is added to the file's, or, when the file has it already, they fill in what the file leaves open.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from buildwatch.config import secrets, token, urls
from buildwatch.config.errors import ConfigError
from buildwatch.config.settings import KINDS, ServerSettings
from buildwatch.config.tomlfile import Key, Table, check
from buildwatch.config.words import truth
from buildwatch.text import clean

SCHEMA: Final[Mapping[str, Key]] = {
    "name": Key((str,), "a short name without line breaks", form=r"\S(.{0,58}\S)?"),
    "url": Key((str,), "an address like https://drone.example.com"),
    "kind": Key((str,), "one of " + ", ".join(KINDS), KINDS),
    **secrets.schema("token"),
    "ca_file": Key((str,), "the path of a file with certificates", form=".+"),
    "insecure": Key((bool,), "true or false"),
    "proxy": Key((str,), "an address like http://proxy.example.com:3128"),
}


def from_file(table: Table, file: Path, environ: Mapping[str, str]) -> tuple[ServerSettings, ...]:
    """The file's servers, in its order. Raises `ConfigError`."""
    found: dict[str, ServerSettings] = {}
    for number, entry in enumerate(table.get("server", ()), 1):
        where = _where(file, number, entry)
        if not isinstance(entry, dict):
            raise ConfigError(f"{where} must be a table that begins with [[server]]")
        server = _server(entry, file, where, environ)
        if server.name in found:
            raise ConfigError(f'{where}: the name "{server.name}" is taken already; expected one of its own')
        found[server.name] = server
    return tuple(found.values())


def with_environment(known: tuple[ServerSettings, ...], environ: Mapping[str, str]) -> tuple[ServerSettings, ...]:
    """`known` and the server of DRONE_SERVER. Without DRONE_SERVER the other variables mean nothing."""
    text = environ.get("DRONE_SERVER", "").strip()
    if not text:
        return known
    try:
        url = urls.server_url(text)
    except urls.BadUrl as error:
        raise ConfigError(f"DRONE_SERVER {error}") from None
    same = next((server for server in known if server.url == url), None)
    if same is not None:
        return tuple(_filled(server, environ) if server is same else server for server in known)
    origins = {"name": "environment DRONE_SERVER", "url": "environment DRONE_SERVER"}
    name = _free_name(url, {server.name for server in known})
    return (*known, _filled(ServerSettings(name, url, token.absent(), origins=origins), environ))


def warnings(known: Iterable[ServerSettings], file: Path) -> tuple[str, ...]:
    """A sentence when the file holds a token and others can read it."""
    if all(server.token.key != "token" for server in known):
        return ()
    if not file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        return ()
    shown = clean(str(file))
    return (f"{shown} holds a token and others can read it; run chmod 600 on it, or use token_command",)


def _server(entry: Table, file: Path, where: str, environ: Mapping[str, str]) -> ServerSettings:
    check(entry, SCHEMA, where)
    for key in ("name", "url"):
        if key not in entry:
            raise ConfigError(f"{where}: {key} is missing; expected {SCHEMA[key].expected}")
    name = entry["name"]
    if clean(name) != name:
        raise ConfigError(f"{where}: name must be {SCHEMA['name'].expected}")
    values: dict[str, Any] = {key: entry[key] for key in ("kind", "insecure") if key in entry}
    if "ca_file" in entry:
        values["ca_file"] = secrets.path_of(entry["ca_file"], file)
    try:
        key = "url"
        url = urls.server_url(entry[key])
        if "proxy" in entry:
            key = "proxy"
            values[key] = urls.proxy_url(entry[key])
    except urls.BadUrl as error:
        raise ConfigError(f"{where}: {key} {error}") from None
    origins = dict.fromkeys(entry, file.name)
    return ServerSettings(name, url, secrets.source(entry, "token", file, where, environ), origins=origins, **values)


def _filled(server: ServerSettings, environ: Mapping[str, str]) -> ServerSettings:
    """What the file (or nobody) says of a server, and for the rest what the environment says."""
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    if not server.token.key:
        values["token"] = token.from_env("DRONE_TOKEN", environ)
        origins["token"] = "environment DRONE_TOKEN"  # noqa: S105 - where it is from
    skip = environ.get("DRONE_SKIP_VERIFY", "")
    if skip and "insecure" not in server.origins:
        values["insecure"] = truth(skip, "DRONE_SKIP_VERIFY")
        origins["insecure"] = "environment DRONE_SKIP_VERIFY"
    proxy = environ.get("SOCKS_PROXY", "")
    off = environ.get("SOCKS_PROXY_OFF", "")
    if proxy and "proxy" not in server.origins and not (off and truth(off, "SOCKS_PROXY_OFF")):
        try:
            values["proxy"] = urls.proxy_url(proxy if "://" in proxy else f"socks5://{proxy}")
        except urls.BadUrl as error:
            raise ConfigError(f"SOCKS_PROXY {error}") from None
        origins["proxy"] = "environment SOCKS_PROXY"
    return replace(server, origins={**server.origins, **origins}, **values)


def _free_name(url: str, taken: set[str]) -> str:
    """`host[:port]`; with its path, or the whole address, where another server has that name."""
    names = (urls.host_of(url), url.partition("://")[2], url)
    return next((name for name in names if name not in taken), url)


def _where(file: Path, number: int, entry: object) -> str:
    name = entry.get("name") if isinstance(entry, dict) else None
    return f"{clean(str(file))}: [[server]] {clean(name, 60) if isinstance(name, str) and name else number}"
