"""What a person gives a command to mean a repo, a build, a stage or a step."""

from __future__ import annotations

from collections.abc import Iterable

from buildwatch import address
from buildwatch.address import Address, AddressError, Part
from buildwatch.cli.errors import UserError

__all__ = ["Address", "Part", "parse"]


def parse(text: str, servers: Iterable[str] = ()) -> Address:
    """Read an address. `servers` are the URLs of the servers that a web address may be on. Raises `UserError`."""
    try:
        return address.parse(text, servers)
    except AddressError as error:
        raise UserError(str(error)) from None
