"""Whom to believe of those who say that they are a server: loading certificates takes 20 ms, so it is done once."""

from __future__ import annotations

import os
import ssl
from functools import cache

import httpx

from buildwatch.sources.errors import Unreachable
from buildwatch.sources.sentences import Address


def trust(to: Address) -> ssl.SSLContext:
    """Whom to believe at an address; a plain one does without certificates. Raises `Unreachable`, or OSError for what
    the environment names."""
    if to.insecure or not to.ca_file or to.url.startswith("http://"):
        verify = not to.insecure and not to.url.startswith("http://")
        return _usual_trust(verify, *map(os.environ.get, ("SSL_CERT_FILE", "SSL_CERT_DIR")))
    try:
        return _own_trust(to.ca_file)
    except (OSError, ssl.SSLError):
        raise Unreachable(f"{to.name}: ca_file {to.ca_file} cannot be read as certificates") from None


@cache
def _own_trust(ca_file: str) -> ssl.SSLContext:
    """Certificates that a person names, loaded once for all servers that have them."""
    return ssl.create_default_context(cafile=ca_file)


@cache
def _usual_trust(verify: bool, *environment: str | None) -> ssl.SSLContext:
    """Everybody's certificates, loaded once for all servers; `environment` is what httpx looks at itself for them."""
    del environment
    return httpx.create_ssl_context(verify=verify)
