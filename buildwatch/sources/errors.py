"""What can go wrong in talking to a server, as whole sentences a person can act on.

SourceError
├── Unreachable    nothing answers: no network, refused, timed out, TLS
├── Unauthorized   it does not accept the token (401)
├── Denied         it says no to this one thing: no right, no such thing, not possible now (400, 403, 404, 409)
├── Busy           it asks to be left alone for a while (429)
└── Broken         it answers, but not what the protocol says (5xx, a web page, bad JSON)
"""

from __future__ import annotations


class SourceError(Exception):
    """A sentence that says what, where and how to mend it. It holds no token and only safe text."""

    retry_after: float = 0.0
    """Seconds that the server asks to wait before the next request."""


class Unreachable(SourceError):
    """Nothing answers at that address, or not in time."""


class Unauthorized(SourceError):
    """The server does not accept the token. Trying again with the same one is of no use."""


class Denied(SourceError):
    """The server says no to this request. `status` is the HTTP status; a 404 is also Drone's word for 'no right'."""

    def __init__(self, said: str, status: int) -> None:
        super().__init__(said)
        self.status = status


class Busy(SourceError):
    """The server asks for fewer requests."""

    def __init__(self, said: str, retry_after: float) -> None:
        super().__init__(said)
        self.retry_after = retry_after


class Broken(SourceError):
    """The server answers, but not with what the protocol says.

    Where it says that it has a problem, `status` (5xx, else 0) and `body` are what came: some servers say so of a
    request that they do not grant.
    """

    status: int = 0
    body: bytes = b""


class Stranger(Broken):
    """What answers there may be no server of this kind at all."""
