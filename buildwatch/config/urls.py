"""Addresses of servers and proxies, as people write them."""

from __future__ import annotations

from typing import Final
from urllib.parse import SplitResult, urlsplit

from buildwatch.text import clean

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_PROXIES: Final = ("http", "https", "socks5", "socks5h")


class BadUrl(Exception):
    """What is wrong with an address, as the end of a sentence that begins with the key. Never holds a password."""


def server_url(text: str) -> str:
    """The one way to write a server's address: lower-case host, no default port, no slash at the end, path kept.

    Raises `BadUrl`.
    """
    parts = _split(text, ("http", "https"), "https://drone.example.com")
    if "@" in parts.netloc:
        raise BadUrl("must not hold a user or password; the token has its own key")
    if "?" in text or "#" in text:
        raise BadUrl("must end before any ? or #; expected only the server's address, like https://drone.example.com")
    return f"{parts.scheme}://{_place(parts)}{parts.path.rstrip('/')}"


def proxy_url(text: str) -> str:
    """The address of a proxy; it may hold a user and password. Raises `BadUrl`."""
    _split(text, _PROXIES, "http://proxy.example.com:3128")
    return text


def host_of(url: str) -> str:
    """`host` or `host:port` of an address that `server_url` gave."""
    return urlsplit(url).netloc


def without_user(url: str) -> str:
    """A proxy's address without user and password, to show."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def _split(text: str, schemes: tuple[str, ...], example: str) -> SplitResult:
    if not text.isprintable() or " " in text:
        raise BadUrl(f"holds a space or a control character; expected an address like {example}")
    if "://" not in text:
        raise BadUrl(f"has no scheme{_shown(text)}; expected an address like {example}")
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:  # its message can quote a password
        raise BadUrl(f"is not an address{_shown(text)}; expected one like {example}") from None
    if parts.scheme not in schemes:
        raise BadUrl(f"begins with {clean(parts.scheme, 40)}://; expected {' or '.join(schemes)}")
    if not host:
        raise BadUrl(f"has no host{_shown(text)}; expected an address like {example}")
    return parts


def _place(parts: SplitResult) -> str:
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    return host if parts.port in (None, _DEFAULT_PORTS[parts.scheme]) else f"{host}:{parts.port}"


def _shown(text: str) -> str:
    """The address in quotes, unless a password may be in it."""
    return "" if "@" in text else f' ("{clean(text, 100)}")'
